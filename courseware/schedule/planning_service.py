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
from courseware.programmes.models import Module
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
    known = _known_of(cohort)
    for verdict in verdicts:
        if verdict.verdict != "same":
            _save(cohort, verdict.planned, known, by=by, now=now)
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
    known = _known_of(cohort)
    if existing is not None:
        same_code = known.sessions.get(planned.code.casefold())
        if same_code is not None and same_code is not existing:
            raise Refused(
                Message(
                    "There is a session %(code)s already. Choose another code.",
                    code=same_code.code,
                )
            )
        known.sessions[planned.code.casefold()] = existing
    return _save(cohort, planned, known, by=by, now=now)


@dataclass
class _Known:
    """What rows refer to by code."""

    sessions: dict[str, TrainingSession]
    modules: dict[str, Module]
    partners: dict[str, Organisation]


def _known_of(cohort: Cohort) -> _Known:
    return _Known(
        sessions={one.code.casefold(): one for one in list_sessions(cohort)},
        modules={module.code: module for module in list_modules(cohort.programme)},
        partners=codes_of_partners(cohort.programme),
    )


def _save(
    cohort: Cohort, planned: PlannedSession, known: _Known, *, by: User | None, now: datetime
) -> TrainingSession:
    one = known.sessions.get(planned.code.casefold())
    is_new = one is None
    if one is None:
        one = TrainingSession(cohort=cohort, public_id=new_public_id(), changes=0)
        db.session.add(one)
        known.sessions[planned.code.casefold()] = one
    else:
        one.changes += 1
    one.code, one.title, one.link = planned.code, planned.title, planned.link
    one.module = known.modules[planned.module]
    one.starts_at, one.ends_at = planned.span.starts_at, planned.span.ends_at
    one.breaks = [
        SessionBreak(starts_at=each.starts_at, ends_at=each.ends_at) for each in planned.breaks
    ]
    _hold_at(
        one, [_venue(place) for place in _places(planned.venues, planned.city, known.partners)]
    )
    _lead_by(one, planned.trainers, known.partners, by=by, now=now)
    db.session.flush()
    audit.record("add session" if is_new else "change session", one, by=by, now=now, code=one.code)
    feed_of_cohort(cohort)
    return one


def _venue(place: Place) -> Venue:
    organisation_id, name, city = place
    found = db.session.scalar(
        select(Venue).where(
            Venue.organisation_id == organisation_id, Venue.name == name, Venue.city == city
        )
    )
    if found is None:
        found = Venue(organisation_id=organisation_id, name=name, city=city)
        db.session.add(found)
        db.session.flush()
    return found


def _hold_at(one: TrainingSession, venues: Sequence[Venue]) -> None:
    """Set the venues of a session in their order, keeping rows that stay."""
    if [each.venue_id for each in one.venues] == [venue.id for venue in venues]:
        return
    one.venues.clear()
    db.session.flush()
    one.venues.extend(SessionVenue(venue=venue) for venue in dict.fromkeys(venues))


def _lead_by(
    one: TrainingSession,
    trainers: Sequence[PlannedTrainer],
    partners: dict[str, Organisation],
    *,
    by: User | None,
    now: datetime,
) -> None:
    """Set the trainers of a session; each gets the role of trainer in the cohort."""
    wanted = [(_trainer(each, by=by, now=now), each) for each in trainers]
    if [(each.user_id, each.part) for each in one.trainers] != [
        (user.id, each.part) for user, each in wanted
    ]:
        one.trainers.clear()
        db.session.flush()
        one.trainers.extend(SessionTrainer(user=user, part=each.part) for user, each in wanted)
    for user, each in wanted:
        give_cohort_role(
            one.cohort,
            user,
            Role.TRAINER,
            organisation=partners.get(each.partner),
            by=by,
            now=now,
        )


def _trainer(planned: PlannedTrainer, *, by: User | None, now: datetime) -> User:
    found = db.session.scalar(select(User).where(User.email == planned.email))
    if found is not None:
        return found
    if not planned.name:
        raise Refused(
            Message(
                "Nobody with the address %(email)s is known. Give their name too.",
                email=planned.email,
            )
        )
    is_native = any("\u0400" <= letter <= "\u04ff" for letter in planned.name)
    return add_user(
        email=planned.email,
        name_latin="" if is_native else planned.name,
        name_native=planned.name if is_native else "",
        by=by,
        now=now,
    )


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
