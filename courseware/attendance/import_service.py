"""A meeting report on its way into a register: proposed, reviewed, accepted as a whole."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from courseware.accounts.models import User
from courseware.attendance.matching_rules import (
    Directory,
    Known,
    Match,
    MatchedBy,
)
from courseware.attendance.models import AttendanceAlias, AttendanceImport, AttendanceMark
from courseware.attendance.report_rules import (
    MeetingReport,
    ReportedPerson,
    ReportKind,
    intervals_at,
    merged,
    outside_session,
    presence_at,
    report_as_json,
    report_from_json,
    touches,
)
from courseware.attendance.rules import (
    STRENGTH,
    AttendanceStatus,
    ImportState,
    Interval,
    MarkSource,
    Minutes,
    Presence,
    SessionTime,
    minutes_of,
    seconds_inside,
)
from courseware.attendance.service import (
    MarkInForce,
    WantedMark,
    add_entries,
    entry_values,
    marks_in_force,
    refuse_if_closed,
    refuse_without_times,
    shown_names,
    time_of,
    zone_of,
)
from courseware.cohorts.models import Cohort, CohortRole, Enrolment
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.messages import N_, Message
from courseware.names import name_key
from courseware.permissions import Role, roles_on
from courseware.schedule.models import TrainingSession

NOTHING_CHANGED = N_("Nothing was imported.")


@roles_on.register
def _roles_on_attendance_import(subject: AttendanceImport, user: User) -> set[Role]:
    return roles_on(subject.training_session or subject.cohort, user)


def session_of(proposed: AttendanceImport) -> TrainingSession:
    """The session whose register the import is for. Raises Refused until one is chosen."""
    if proposed.training_session is None:
        raise Refused(N_("It is not decided yet which session this file belongs to."))
    return proposed.training_session


@dataclass(frozen=True)
class Candidate:
    """Somebody enrolled who may be chosen for a name."""

    enrolment_id: int
    public_id: str
    user_id: int
    names: tuple[str, ...]
    email: str


@dataclass(frozen=True)
class ReviewRow:
    """One name of the report: who it is taken for, and how we know."""

    index: int
    person: ReportedPerson
    match: Match
    chosen: Candidate | None
    is_left_out: bool
    suggestions: tuple[tuple[Candidate, Message], ...]
    intervals: tuple[Interval, ...]
    presence: Presence
    minutes: Minutes

    @property
    def is_unknown(self) -> bool:
        """Whether a person still has to say who this is."""
        return self.chosen is None and not self.is_left_out


@dataclass(frozen=True)
class ReviewedMark:
    """The mark that one participant would get from all their names in the report."""

    candidate: Candidate
    presence: Presence
    minutes: Minutes
    seconds: int
    note: str
    current: MarkInForce | None
    source: MarkSource

    @property
    def counts(self) -> bool:
        """Whether it would be in force: a stronger mark stays."""
        return self.current is None or STRENGTH[self.current.source] <= STRENGTH[self.source]


@dataclass(frozen=True)
class ImportReview:
    """What an import would do, as it stands."""

    training_session: TrainingSession
    report: MeetingReport
    time: SessionTime
    zone: ZoneInfo
    rows: tuple[ReviewRow, ...]
    marks: tuple[ReviewedMark, ...]
    candidates: tuple[Candidate, ...]
    rest: tuple[Candidate, ...]

    @property
    def unknown(self) -> list[ReviewRow]:
        return [row for row in self.rows if row.is_unknown]


def propose_import(
    training_session: TrainingSession,
    report: MeetingReport,
    *,
    file_name: str,
    data: bytes,
    by: User | None,
    now: datetime,
) -> AttendanceImport:
    """Keep a report for review. Raises BadInput when it is of another meeting."""
    refuse_if_closed(training_session)
    time, zone = time_of(training_session), zone_of(training_session)
    if not touches(report, time, zone):
        raise BadInput([_another_meeting(training_session, report, zone), NOTHING_CHANGED])
    proposed = AttendanceImport(
        cohort_id=training_session.cohort_id,
        training_session=training_session,
        file_name=file_name[:200],
        file_sha256=hashlib.sha256(data).hexdigest(),
        kind=report.kind,
        report=report_as_json(report),
        state=ImportState.REVIEW,
        uploaded_at=now,
        uploaded_by=by,
    )
    db.session.add(proposed)
    db.session.flush()
    return proposed


def _another_meeting(
    training_session: TrainingSession, report: MeetingReport, zone: ZoneInfo
) -> Message:
    start = training_session.starts_at.astimezone(zone)
    end = training_session.ends_at.astimezone(zone)
    return Message(
        N_(
            "Nobody in this report was there during session %(code)s (%(session)s, "
            "%(zone)s): the meeting was %(meeting)s. Choose the session of that time."
        ),
        code=training_session.code,
        session=outside_session(start.replace(tzinfo=None), end.replace(tzinfo=None)),
        zone=zone.key,
        meeting=_span_of(report),
    )


def _span_of(report: MeetingReport) -> str:
    if report.started and report.ended:
        return outside_session(report.started, report.ended)
    moments = [
        moment
        for person in report.people
        for interval in person.intervals
        for moment in (interval.start, interval.end)
        if moment is not None
    ]
    return outside_session(min(moments, default=None), max(moments, default=None)) or "?"


def find_import(public_id: str) -> AttendanceImport | None:
    """The import at this address."""
    return db.session.scalar(
        select(AttendanceImport).where(AttendanceImport.public_id == public_id)
    )


def was_accepted_before(proposed: AttendanceImport) -> bool:
    """Whether the very same file was accepted into this session already."""
    return (
        db.session.scalar(
            select(AttendanceImport.id).where(
                AttendanceImport.training_session_id == proposed.training_session_id,
                AttendanceImport.file_sha256 == proposed.file_sha256,
                AttendanceImport.state == ImportState.ACCEPTED,
                AttendanceImport.id != proposed.id,
            )
        )
        is not None
    )


def review_of(
    proposed: AttendanceImport, choices: Mapping[int, int | None] | None = None
) -> ImportReview:
    """What accepting would do. `choices`: place of a name → enrolment, or None to leave it out."""
    return review_report(session_of(proposed), report_from_json(proposed.report), choices or {})


def review_report(
    training_session: TrainingSession,
    report: MeetingReport,
    choices: Mapping[int, int | None],
    *,
    aliases: Mapping[str, int | None] | None = None,
) -> ImportReview:
    """The same for a report that is not kept; `aliases` are further ones, by name key."""
    time, zone = time_of(training_session), zone_of(training_session)
    candidates = list_candidates(training_session.cohort)
    by_id = {each.enrolment_id: each for each in candidates}
    directory = _directory(training_session, candidates, aliases or {})
    rows = []
    for index, person in enumerate(report.people):
        match = directory.match(person.name, person.email)
        chosen_id = choices.get(index, match.id)
        is_left_out = chosen_id is None and (
            index in choices or match.by in (MatchedBy.LEFT_OUT, MatchedBy.TRAINER)
        )
        presence = presence_at(person, time, zone)
        rows.append(
            ReviewRow(
                index=index,
                person=person,
                match=match,
                chosen=by_id.get(chosen_id) if chosen_id is not None else None,
                is_left_out=is_left_out,
                suggestions=tuple(
                    (by_id[each.id], each.reason) for each in match.suggestions if each.id in by_id
                ),
                intervals=intervals_at(person, time, zone),
                presence=presence,
                minutes=minutes_of(presence, time),
            )
        )
    marks = _marks_of(training_session, report, rows, time, zone)
    named = {mark.candidate.enrolment_id for mark in marks}
    return ImportReview(
        training_session=training_session,
        report=report,
        time=time,
        zone=zone,
        rows=tuple(rows),
        marks=tuple(marks),
        candidates=tuple(candidates),
        rest=tuple(each for each in candidates if each.enrolment_id not in named),
    )


def _marks_of(
    training_session: TrainingSession,
    report: MeetingReport,
    rows: list[ReviewRow],
    time: SessionTime,
    zone: ZoneInfo,
) -> list[ReviewedMark]:
    gathered: dict[int, list[ReviewRow]] = {}
    for row in rows:
        if row.chosen is not None:
            gathered.setdefault(row.chosen.enrolment_id, []).append(row)
    standing = marks_in_force(AttendanceMark.training_session_id == training_session.id)
    source = source_for(report)
    marks = []
    for enrolment_id, mine in gathered.items():
        person = merged([row.person for row in mine])
        presence = presence_at(person, time, zone)
        candidate = mine[0].chosen
        assert candidate is not None
        marks.append(
            ReviewedMark(
                candidate=candidate,
                presence=presence,
                minutes=minutes_of(presence, time),
                seconds=_seconds_of(presence, time),
                note=person.note,
                current=standing.get((training_session.id, enrolment_id)),
                source=source,
            )
        )
    return sorted(marks, key=lambda mark: mark.candidate.names[0].casefold())


def _seconds_of(presence: Presence, time: SessionTime) -> int:
    if presence.intervals:
        return seconds_inside(presence.intervals, time)
    return 60 * minutes_of(presence, time)


def source_for(report: MeetingReport) -> MarkSource:
    """A sheet that a person filled is paper; a program's report is an import."""
    return MarkSource.PAPER if report.kind == ReportKind.REGISTER else MarkSource.IMPORT


def list_candidates(cohort: Cohort) -> list[Candidate]:
    """Everybody enrolled, by name."""
    rows = db.session.execute(
        select(
            Enrolment.id,
            Enrolment.public_id,
            User.id,
            User.name_latin,
            User.name_native,
            User.email,
        )
        .join(User, Enrolment.user_id == User.id)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None))
    )
    candidates = [
        Candidate(id, public_id, user_id, shown_names(latin, native, email), email or "")
        for id, public_id, user_id, latin, native, email in rows
    ]
    return sorted(candidates, key=lambda each: (each.names[0].casefold(), each.enrolment_id))


def _directory(
    training_session: TrainingSession,
    candidates: list[Candidate],
    more_aliases: Mapping[str, int | None],
) -> Directory:
    by_user = {each.user_id: each.enrolment_id for each in candidates}
    aliases: dict[str, int | None] = {}
    for alias in db.session.scalars(
        select(AttendanceAlias).where(AttendanceAlias.cohort_id == training_session.cohort_id)
    ):
        if alias.user_id is None:
            aliases[alias.name_key] = None
        elif alias.user_id in by_user:
            aliases[alias.name_key] = by_user[alias.user_id]
    aliases.update(more_aliases)
    staff = {trainer.user_id: trainer.user for trainer in training_session.trainers}
    for role in db.session.scalars(
        select(CohortRole).where(CohortRole.cohort_id == training_session.cohort_id)
    ):
        staff.setdefault(role.user_id, role.user)
    return Directory(
        [Known(each.enrolment_id, each.email, each.names) for each in candidates],
        aliases=aliases,
        trainers=[
            Known(id, user.email or "", user.names)
            for id, user in staff.items()
            if id not in by_user
        ],
    )


def accept_import(
    proposed: AttendanceImport,
    choices: Mapping[int, int | None],
    *,
    remember: Collection[int] = (),
    rest_is_absent: bool = False,
    by: User | None,
    now: datetime,
) -> ImportReview:
    """Write the marks of a reviewed report; all of them or, with a sentence, none.

    A name that nobody has explained stops it. Accepting twice changes nothing.
    """
    review = review_of(proposed, choices)
    if proposed.state != ImportState.REVIEW:
        if proposed.state == ImportState.ACCEPTED:
            return review
        raise Refused(N_("This import was discarded. Upload the file again."))
    refuse_if_closed(session_of(proposed))
    refuse_unclear(review)
    source = source_for(review.report)
    wanted = {
        mark.candidate.enrolment_id: WantedMark(mark.presence, mark.note) for mark in review.marks
    }
    if rest_is_absent:
        standing = {
            enrolment_id
            for _session, enrolment_id in marks_in_force(
                AttendanceMark.training_session_id == proposed.training_session_id
            )
        }
        absent = WantedMark(Presence(AttendanceStatus.ABSENT))
        wanted.update(
            {each.enrolment_id: absent for each in review.rest if each.enrolment_id not in standing}
        )
    refuse_without_times(wanted.values())
    _append(proposed, wanted, source=source, by=by, now=now)
    _remember(proposed.cohort, review, remember)
    proposed.state, proposed.accepted_at = ImportState.ACCEPTED, now
    return review


def refuse_unclear(review: ImportReview) -> None:
    """Raise BadInput for names that nobody has explained and for people named twice in a sheet."""
    wrong = [
        Message(
            N_("Row %(row)s: nobody enrolled is known as “%(name)s”%(hint)s."),
            row=row.person.row,
            name=row.person.name,
            hint=_hint(row),
        )
        for row in review.unknown
    ]
    if review.report.kind == ReportKind.REGISTER:
        seen: dict[int, int] = {}
        for row in review.rows:
            if row.chosen is None:
                continue
            first = seen.setdefault(row.chosen.enrolment_id, row.person.row)
            if first != row.person.row:
                wrong.append(
                    Message(
                        N_("Row %(row)s: %(name)s stands in row %(first)s already."),
                        row=row.person.row,
                        name=row.chosen.names[0],
                        first=first,
                    )
                )
    if wrong:
        raise BadInput(
            [
                *wrong,
                Message(
                    N_(
                        "Nothing was imported. Say whose these names are, or that they are "
                        "nobody's, and import the file again."
                    )
                ),
            ]
        )


def _hint(row: ReviewRow) -> Message | str:
    if not row.suggestions:
        return ""
    candidate, reason = row.suggestions[0]
    return Message(N_("; perhaps %(name)s: %(reason)s"), name=candidate.names[0], reason=reason)


def _append(
    proposed: AttendanceImport,
    wanted: Mapping[int, WantedMark],
    *,
    source: MarkSource,
    by: User | None,
    now: datetime,
) -> None:
    """Add what differs from the newest entry of the same source, so a repeat adds nothing."""
    session_id = session_of(proposed).id
    newest = marks_in_force(
        AttendanceMark.training_session_id == session_id, AttendanceMark.source == source
    )
    entries = []
    for enrolment_id, mark in wanted.items():
        before = newest.get((session_id, enrolment_id))
        if before and before.presence == mark.presence and before.note == mark.note:
            continue
        entries.append(
            entry_values(
                session_id,
                enrolment_id,
                mark,
                source=source,
                by=by,
                now=now,
                import_id=proposed.id,
            )
        )
    add_entries(entries)


def _remember(cohort: Cohort, review: ImportReview, places: Collection[int]) -> None:
    known = {
        alias.name_key: alias
        for alias in db.session.scalars(
            select(AttendanceAlias).where(AttendanceAlias.cohort_id == cohort.id)
        )
    }
    for row in review.rows:
        if row.index not in places or row.is_unknown:
            continue
        key = alias_key(row.person)
        user_id = row.chosen.user_id if row.chosen else None
        if key in known:
            known[key].user_id = user_id
        elif key:
            known[key] = AttendanceAlias(cohort_id=cohort.id, name_key=key, user_id=user_id)
            db.session.add(known[key])


def keys_of(person: ReportedPerson) -> list[str]:
    """Under which keys somebody may have written this name into a file of aliases."""
    return [key for key in (person.email.lower(), name_key(person.name)) if key]


def alias_key(person: ReportedPerson) -> str:
    """Under which a name is remembered: the name as it is shown, else the address."""
    return (name_key(person.name) or person.email.lower())[:254]


def discard_import(proposed: AttendanceImport) -> None:
    """Put a proposed import away; nothing was written."""
    if proposed.state == ImportState.ACCEPTED:
        raise Refused(N_("This import was accepted already; correct the marks instead."))
    proposed.state = ImportState.DISCARDED


def interval_values(intervals: tuple[Interval, ...]) -> list[list[Any]]:
    """Intervals as plain values, for machines."""
    return [[each.start.isoformat(), each.end.isoformat()] for each in intervals]
