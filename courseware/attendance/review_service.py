"""What a file would do to a register: whose each name is, and the mark that follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from courseware.attendance.alias_service import Candidate, people_of
from courseware.attendance.marks_service import MarkInForce, marks_in_force
from courseware.attendance.matching_rules import Match, MatchedBy, is_nobodys_name
from courseware.attendance.models import AttendanceMark
from courseware.attendance.report_rules import (
    MeetingReport,
    ReportedPerson,
    ReportKind,
    intervals_at,
    merged,
    presence_at,
)
from courseware.attendance.rules import (
    STRENGTH,
    Interval,
    MarkSource,
    Minutes,
    Presence,
    SessionTime,
    minutes_of,
    seconds_inside,
    union,
)
from courseware.attendance.service import (
    time_of,
    zone_of,
)
from courseware.errors import BadInput
from courseware.messages import N_, Message
from courseware.schedule.models import TrainingSession

MOST_SUGGESTED = 200
"""For how many unknown names of one file we say whom they resemble: looking takes its time."""


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
    def is_nobodys(self) -> bool:
        """Whether the name will be somebody else's next time."""
        return is_nobodys_name(self.person.name)

    @property
    def is_doubled(self) -> bool:
        """Whether whoever has this name was there twice at once, with no address to tell why."""
        return not self.person.email and self.person.overlaps

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
    unmarked: tuple[Candidate, ...]
    """Those of the rest about whom the register says nothing either."""

    @property
    def unknown(self) -> list[ReviewRow]:
        return [row for row in self.rows if row.is_unknown]

    def others(self, row: ReviewRow) -> list[str]:
        """The other names in the file of whoever this name is."""
        return [
            each.person.name
            for each in self.rows
            if row.chosen is not None and each is not row and each.chosen is row.chosen
        ]

    def joined(self, row: ReviewRow) -> ReviewedMark | None:
        """The mark from all names of somebody, where this is the last of several."""
        mine = [each for each in self.rows if row.chosen is not None and each.chosen is row.chosen]
        if len(mine) < 2 or mine[-1] is not row:
            return None
        return next(mark for mark in self.marks if mark.candidate is row.chosen)


def review_report(
    training_session: TrainingSession,
    report: MeetingReport,
    choices: Mapping[int, int | None],
    *,
    aliases: Mapping[str, int | None] | None = None,
) -> ImportReview:
    """What a report would do to the register of a session.

    `choices`: place of a name → enrolment, or None to leave it out. `aliases` are further
    ones, by name key.
    """
    time, zone = time_of(training_session), zone_of(training_session)
    people = people_of(training_session.cohort)
    candidates, by_id = people.candidates, people.by_id
    directory = people.directory(aliases)
    rows: list[ReviewRow] = []
    unknown = 0
    for index, person in enumerate(report.people):
        match = directory.match(person.name, person.email, suggest=unknown < MOST_SUGGESTED)
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
                intervals=union(intervals_at(person, time, zone)) if person.times_known else (),
                presence=presence,
                minutes=minutes_of(presence, time),
            )
        )
        unknown += rows[-1].is_unknown
    standing = marks_in_force(AttendanceMark.training_session_id == training_session.id)
    marks = _marks_of(training_session, report, rows, time, zone, standing)
    named = {mark.candidate.enrolment_id for mark in marks}
    marked = {enrolment_id for _session, enrolment_id in standing}
    rest = tuple(each for each in candidates if each.enrolment_id not in named)
    return ImportReview(
        training_session=training_session,
        report=report,
        time=time,
        zone=zone,
        rows=tuple(rows),
        marks=tuple(marks),
        candidates=candidates,
        rest=rest,
        unmarked=tuple(each for each in rest if each.enrolment_id not in marked),
    )


def _marks_of(
    training_session: TrainingSession,
    report: MeetingReport,
    rows: list[ReviewRow],
    time: SessionTime,
    zone: ZoneInfo,
    standing: Mapping[tuple[int, int], MarkInForce],
) -> list[ReviewedMark]:
    gathered: dict[int, list[ReviewRow]] = {}
    for row in rows:
        if row.chosen is not None:
            gathered.setdefault(row.chosen.enrolment_id, []).append(row)
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
    """A sheet that a person filled is paper; what another program says is an import."""
    return MarkSource.PAPER if report.kind is ReportKind.REGISTER else MarkSource.IMPORT


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
    if review.report.is_sheet:
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
