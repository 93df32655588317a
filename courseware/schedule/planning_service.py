"""Planning sessions: what an import would change, and making them as a sheet or a form says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from courseware import audit
from courseware.accounts.models import User
from courseware.accounts.service import add_user
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import give_cohort_role
from courseware.db import db, new_public_id
from courseware.errors import BadInput, Refused
from courseware.messages import N_, Message
from courseware.partners.models import Organisation
from courseware.permissions import Role
from courseware.schedule.calendar_service import feed_of_cohort
from courseware.schedule.imports import ScheduleSheet, read_schedule
from courseware.schedule.models import (
    SessionBreak,
    SessionTrainer,
    SessionVenue,
    TrainingSession,
    Venue,
)
from courseware.schedule.planning_rules import PlannedSession, PlannedTrainer, PlannedVenue
from courseware.schedule.rules import Booking, ScheduleWarning, Span, contact_minutes
from courseware.schedule.service import (
    Meeting,
    codes_of_partners,
    list_modules,
    list_sessions,
    meeting_of,
    venue_key,
    warnings_about,
)
from courseware.tables import Row, Table, UnreadableTable, read_table

MOST_SENTENCES = 50


def read_for(cohort: Cohort, content: bytes, file_name: str) -> ScheduleSheet:
    """What a file says for a cohort. Raises BadInput with a sentence for each wrong row."""
    try:
        table = read_table(content, file_name)
    except UnreadableTable as error:
        raise BadInput(error.messages) from error
    sheet = _read(cohort, table)
    problems = [*sheet.problems, *unknown_trainers(sheet.sessions)]
    if len(problems) > MOST_SENTENCES:
        more = Message("… and %(more)s more like these.", more=len(problems) - MOST_SENTENCES)
        problems = [*problems[:MOST_SENTENCES], more]
    if problems:
        raise BadInput(problems)
    return sheet


def read_one(cohort: Cohort, cells: Mapping[str, str]) -> ScheduleSheet:
    """One session from its cells by column; what is wrong is among the `faults`."""
    return _read(cohort, Table(tuple(cells), (Row(1, tuple(cells.values())),)))


def _read(cohort: Cohort, table: Table) -> ScheduleSheet:
    return read_schedule(
        table,
        zone=ZoneInfo(cohort.timezone),
        modules=[module.code for module in list_modules(cohort.programme)],
        partners=list(codes_of_partners(cohort.programme)),
    )


@dataclass(frozen=True)
class RowVerdict:
    """What an import would do with one row: a new session, a changed one, or nothing."""

    planned: PlannedSession
    verdict: str
    changes: tuple[Message, ...] = ()


def verdicts_of(cohort: Cohort, planned: Sequence[PlannedSession]) -> list[RowVerdict]:
    """Compare the rows of a file with the sessions that there are."""
    existing = {one.code.casefold(): one for one in list_sessions(cohort)}
    partners = codes_of_partners(cohort.programme)
    verdicts = []
    for row in planned:
        found = existing.get(row.code.casefold())
        if found is None:
            verdicts.append(RowVerdict(row, "new"))
            continue
        changes = _changes(found, row, partners)
        verdicts.append(RowVerdict(row, "changed" if changes else "same", changes))
    return verdicts


def _changes(
    one: TrainingSession, row: PlannedSession, partners: dict[str, Organisation]
) -> tuple[Message, ...]:
    """In which respects a session differs from its row."""
    now = (
        (N_("code"), one.code, row.code),
        (N_("module"), one.module.code, row.module),
        (N_("title"), one.title, row.title),
        (N_("time"), Span(one.starts_at, one.ends_at), row.span),
        (N_("breaks"), [Span(each.starts_at, each.ends_at) for each in one.breaks],
         list(row.breaks)),
        (N_("venue"), [_place(each.venue) for each in one.venues],
         _places(row.venues, row.city, partners)),
        (N_("link"), one.link, row.link),
        (N_("trainers"), {(each.user.email, each.part) for each in one.trainers},
         {(each.email, each.part) for each in row.trainers}),
    )  # fmt: skip
    return tuple(Message(word) for word, before, after in now if before != after)


Place = tuple[int | None, str, str]
"""The organisation, the name and the city of a venue."""


def _place(venue: Venue) -> Place:
    return venue.organisation_id, venue.name, venue.city


def _places(
    venues: Sequence[PlannedVenue], city: str, partners: dict[str, Organisation]
) -> list[Place]:
    """The venues of a row. The city of the row is that of the first; another room of another
    partner stands in that partner's own city."""
    places = []
    for at, venue in enumerate(venues):
        organisation = partners.get(venue.partner)
        own = (organisation.city.get("en", "") if organisation else "") or city
        places.append(
            (organisation.id if organisation else None, venue.name, city if at == 0 else own)
        )
    return places


def unknown_trainers(planned: Sequence[PlannedSession]) -> list[Message]:
    """A sentence for each trainer who is nobody we know and has no name in the file."""
    named = {one.email: one for row in planned for one in row.trainers if one.name}
    wanted = {one.email for row in planned for one in row.trainers}
    missing = wanted - set(named)
    if not missing:
        return []
    known = set(db.session.scalars(select(User.email).where(User.email.in_(missing))))
    return [
        Message(
            "Row %(row)s: nobody with the address %(email)s is known. "
            "Write the name into the column “lead name” or “co-trainer names”.",
            row=next(row.row for row in planned if email in {one.email for one in row.trainers}),
            email=email,
        )
        for email in sorted(missing - known)
    ]


def import_schedule(
    cohort: Cohort, planned: Sequence[PlannedSession], *, by: User | None, now: datetime
) -> list[RowVerdict]:
    """Make the sessions of a cohort as the rows say; sessions not in the file stay as they are.

    The same rows a second time change nothing.
    """
    verdicts = verdicts_of(cohort, planned)
    planner = _Planner(cohort, planned, by=by, now=now)
    for verdict in verdicts:
        if verdict.verdict != "same":
            planner.save(verdict.planned)
    db.session.flush()
    if any(verdict.verdict != "same" for verdict in verdicts):
        audit.record(
            "import schedule", cohort, by=by, now=now,
            new=sum(verdict.verdict == "new" for verdict in verdicts),
            changed=sum(verdict.verdict == "changed" for verdict in verdicts),
        )  # fmt: skip
    feed_of_cohort(cohort)
    return verdicts


def save_session(
    cohort: Cohort,
    planned: PlannedSession,
    *,
    by: User | None,
    now: datetime,
    existing: TrainingSession | None = None,
) -> TrainingSession:
    """Make one session as planned: `existing`, or the one with its code, or a new one."""
    planner = _Planner(cohort, [planned], by=by, now=now)
    key = planned.code.casefold()
    if existing is not None:
        same_code = planner.sessions.get(key)
        if same_code is not None and same_code is not existing:
            raise Refused(
                Message(
                    "There is a session %(code)s already. Choose another code.",
                    code=same_code.code,
                )
            )
        planner.sessions[key] = existing
    saved = planner.save(planned)
    db.session.flush()
    feed_of_cohort(cohort)
    return saved


class _Planner:
    """Makes sessions as rows say; what rows refer to is read once, however many there are."""

    def __init__(
        self, cohort: Cohort, rows: Sequence[PlannedSession], *, by: User | None, now: datetime
    ) -> None:
        self.cohort, self.by, self.now = cohort, by, now
        self.sessions = {one.code.casefold(): one for one in list_sessions(cohort)}
        self.modules = {module.code: module for module in list_modules(cohort.programme)}
        self.partners = codes_of_partners(cohort.programme)
        self.names = {each.email: each.name for row in rows for each in row.trainers if each.name}
        addresses = {each.email for row in rows for each in row.trainers}
        found = db.session.scalars(select(User).where(User.email.in_(addresses)))
        self.people = {user.email: user for user in found}
        rooms = {venue.name for row in rows for venue in row.venues}
        places = db.session.scalars(select(Venue).where(Venue.name.in_(rooms)))
        self.venues = {_place(venue): venue for venue in places}
        self.trainers: set[str] = set()

    def save(self, row: PlannedSession) -> TrainingSession:
        """Make or change the session of a row; the caller flushes."""
        with db.session.no_autoflush:
            one = self.sessions.get(row.code.casefold())
            is_new = one is None
            if one is None:
                one = TrainingSession(cohort=self.cohort, public_id=new_public_id(), changes=0)
                db.session.add(one)
                self.sessions[row.code.casefold()] = one
            else:
                one.changes += 1
            one.code, one.title, one.link = row.code, row.title, row.link
            one.module = self.modules[row.module]
            one.starts_at, one.ends_at = row.span.starts_at, row.span.ends_at
            one.breaks = [
                SessionBreak(starts_at=each.starts_at, ends_at=each.ends_at) for each in row.breaks
            ]
            places = _places(row.venues, row.city, self.partners)
            self._hold_at(one, list(dict.fromkeys(places)))
            self._lead_by(one, row.trainers)
            act = "add session" if is_new else "change session"
            audit.record(act, one, by=self.by, now=self.now, code=one.code)
            return one

    def _hold_at(self, one: TrainingSession, places: Sequence[Place]) -> None:
        """Set the venues of a session, in this order."""
        if [_place(each.venue) for each in one.venues] == places:
            return
        if one.venues:
            one.venues.clear()
            db.session.flush()  # the old rows go before the new come, or they could clash
        for place in places:
            venue = self.venues.get(place)
            if venue is None:
                organisation_id, name, city = place
                venue = Venue(organisation_id=organisation_id, name=name, city=city)
                self.venues[place] = venue
            one.venues.append(SessionVenue(venue=venue))

    def _lead_by(self, one: TrainingSession, trainers: Sequence[PlannedTrainer]) -> None:
        """Set the trainers of a session; each gets the role of trainer in the cohort."""
        wanted = [(each.email, each.part) for each in trainers]
        if [(each.user.email, each.part) for each in one.trainers] != wanted:
            if one.trainers:
                one.trainers.clear()
                db.session.flush()
            one.trainers.extend(
                SessionTrainer(user=self._person(email), part=part) for email, part in wanted
            )
        for each in trainers:
            key = f"{each.email} {each.partner}"
            if key not in self.trainers:
                self.trainers.add(key)
                give_cohort_role(
                    self.cohort, self._person(each.email), Role.TRAINER,
                    organisation=self.partners.get(each.partner), by=self.by, now=self.now,
                )  # fmt: skip

    def _person(self, email: str) -> User:
        """The trainer with this address, added where nobody has it yet."""
        if email not in self.people:
            name = self.names.get(email, "")
            if not name:
                raise Refused(
                    Message(
                        "Nobody with the address %(email)s is known. Give their name too.",
                        email=email,
                    )
                )
            is_native = any("\u0400" <= letter <= "\u04ff" for letter in name)
            self.people[email] = add_user(
                email=email,
                name_latin="" if is_native else name,
                name_native=name if is_native else "",
                by=self.by,
                now=self.now,
            )
        return self.people[email]


def sessions_not_in(cohort: Cohort, planned: Sequence[PlannedSession]) -> list[TrainingSession]:
    """The sessions of a cohort that a file does not mention; an import leaves them as they are."""
    named = {row.code.casefold() for row in planned}
    return [one for one in list_sessions(cohort) if one.code.casefold() not in named]


def names_of_trainers(planned: Sequence[PlannedSession]) -> dict[str, str]:
    """What the trainers of a file are called, by address: as we know them, else as it says."""
    named = {each.email: each.shown for row in planned for each in row.trainers}
    known = db.session.scalars(select(User).where(User.email.in_(named)))
    return {**named, **{user.email: user.name for user in known if user.email}}


def warnings_after(cohort: Cohort, planned: Sequence[PlannedSession]) -> list[ScheduleWarning]:
    """What a coordinator should look at if these rows were imported."""
    partners = codes_of_partners(cohort.programme)
    names = names_of_trainers(planned)
    meetings = [meeting_of(one) for one in sessions_not_in(cohort, planned)]
    for row in planned:
        booking = Booking(
            code=row.code,
            span=row.span,
            trainers={each.email: names[each.email] for each in row.trainers},
            venues={
                venue_key(*place): place[1] for place in _places(row.venues, row.city, partners)
            },
        )
        meetings.append(Meeting(booking, row.module, contact_minutes(row.span, row.breaks)))
    return warnings_about(cohort, meetings)
