"""What a mark says, which mark is in force, and how many minutes it stands for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Protocol, TypeVar

Minutes = int

TOLERANCE = timedelta(minutes=5)
"""Joining this much after the start, or leaving this much before the end, is still *present*.

Only the word changes: the minutes are always those that were really attended.
"""


class AttendanceStatus(StrEnum):
    """What a mark says. That there is no mark is not one of them: it is not absence."""

    PRESENT = "present"
    LATE = "late"
    LEFT_EARLY = "left_early"
    PARTIAL = "partial"
    EXCUSED = "excused"
    ABSENT = "absent"

    # By identity: a ledger asks this some ten thousand times.
    @property
    def was_here(self) -> bool:
        """Whether the participant was there for at least a part."""
        return self is not AttendanceStatus.EXCUSED and self is not AttendanceStatus.ABSENT

    @property
    def needs_arrival(self) -> bool:
        """Whether the mark is worth nothing without the time of arrival."""
        return self is AttendanceStatus.LATE or self is AttendanceStatus.PARTIAL

    @property
    def needs_leaving(self) -> bool:
        """Whether the mark is worth nothing without the time of leaving."""
        return self is AttendanceStatus.LEFT_EARLY or self is AttendanceStatus.PARTIAL


class MarkSource(StrEnum):
    """How a mark was made."""

    TRAINER = "trainer"
    COORDINATOR = "coordinator"
    CHECK_IN = "check_in"
    IMPORT = "import"
    PAPER = "paper"
    OFFLINE = "offline"
    NOTICE = "notice"


class ImportState(StrEnum):
    """How far an imported file has come."""

    ASKING = "asking"
    REVIEW = "review"
    ACCEPTED = "accepted"
    DISCARDED = "discarded"
    WITHDRAWN = "withdrawn"


STRENGTH = {
    MarkSource.TRAINER: 4,
    MarkSource.COORDINATOR: 4,
    MarkSource.OFFLINE: 4,
    MarkSource.PAPER: 3,
    MarkSource.CHECK_IN: 2,
    MarkSource.IMPORT: 1,
    MarkSource.NOTICE: 0,
}
"""Whoever answers for the register is believed before a signed sheet, that before a
participant's own check-in, that before a machine's report, and that before an absence
announced beforehand. Offline is a trainer's mark that was sent later."""


class Entry(Protocol):
    """One entry in the history of a cell of the register."""

    @property
    def id(self) -> int: ...
    @property
    def source(self) -> MarkSource: ...
    @property
    def marked_at(self) -> datetime: ...
    @property
    def takes_back(self) -> bool: ...


AnyEntry = TypeVar("AnyEntry", bound=Entry)


def mark_in_force(entries: Iterable[AnyEntry]) -> AnyEntry | None:
    """The entry that counts: the newest of the strongest source.

    Taking a mark back ends all that was said before, and nothing that is said after it: a cell is
    *not marked* again until somebody says something. The order of `entries` does not matter.
    """
    ordered = sorted(entries, key=lambda each: (each.marked_at, each.id))
    ends = max((n for n, each in enumerate(ordered) if each.takes_back), default=0)
    return max(
        ordered[ends:],
        key=lambda each: (not each.takes_back, STRENGTH[each.source], each.marked_at, each.id),
        default=None,
    )


@dataclass(frozen=True, order=True)
class Interval:
    """A stretch of time; the end does not belong to it."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> int:
        return max(0, int((self.end - self.start).total_seconds()))


def union(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The same time without overlaps, in order; what touches is joined."""
    joined: list[Interval] = []
    for interval in sorted(each for each in intervals if each.start < each.end):
        if joined and interval.start <= joined[-1].end:
            if interval.end > joined[-1].end:
                joined[-1] = Interval(joined[-1].start, interval.end)
        else:
            joined.append(interval)
    return tuple(joined)


def clip(intervals: Iterable[Interval], to: Iterable[Interval]) -> tuple[Interval, ...]:
    """The part of `intervals` that lies inside `to`, each moment once."""
    inside = []
    spans = union(to)
    for interval in union(intervals):
        for span in spans:
            start, end = max(interval.start, span.start), min(interval.end, span.end)
            if start < end:
                inside.append(Interval(start, end))
    return tuple(inside)


def without(intervals: Iterable[Interval], holes: Iterable[Interval]) -> tuple[Interval, ...]:
    """The part of `intervals` that lies outside `holes`."""
    left = list(union(intervals))
    for hole in union(holes):
        left = [
            part
            for interval in left
            for part in (
                Interval(interval.start, min(interval.end, hole.start)),
                Interval(max(interval.start, hole.end), interval.end),
            )
            if part.start < part.end
        ]
    return tuple(left)


def total_seconds(intervals: Iterable[Interval]) -> int:
    """Seconds in `intervals`, each moment once."""
    return sum(interval.seconds for interval in union(intervals))


def whole_minutes(seconds: int) -> Minutes:
    """Seconds as minutes, rounded to the nearest one, half a minute upwards."""
    return (seconds + 30) // 60


@dataclass(frozen=True)
class SessionTime:
    """When a session takes place; contact time is this time less the breaks."""

    start: datetime
    end: datetime
    breaks: tuple[Interval, ...] = ()

    @cached_property
    def spans(self) -> tuple[Interval, ...]:
        """The session less its breaks."""
        return without([Interval(self.start, self.end)], self.breaks)

    @cached_property
    def minutes(self) -> Minutes:
        """Contact time."""
        return whole_minutes(total_seconds(self.spans))


@dataclass(frozen=True, slots=True)
class Presence:
    """What an entry says about one participant at one session, and what it rests on.

    `intervals` are the exact times of a meeting report. `reported_minutes` is all
    that is known when a report has totals and no times (`times_known` is False):
    an upper bound, because two devices may have been counted twice.
    """

    status: AttendanceStatus
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    intervals: tuple[Interval, ...] = ()
    reported_minutes: Minutes | None = None
    times_known: bool = True

    @property
    def lacks_arrival(self) -> bool:
        return self._rests_on_times and self.status.needs_arrival and self.arrived_at is None

    @property
    def lacks_leaving(self) -> bool:
        return self._rests_on_times and self.status.needs_leaving and self.left_at is None

    def is_within(self, at: "SessionTime") -> bool:
        """Whether the times that were typed can be those of somebody who came to this session."""
        came, left = self.arrived_at or at.start, self.left_at or at.end
        return at.start <= came < at.end and at.start < left <= at.end

    @property
    def _rests_on_times(self) -> bool:
        return self.times_known and not self.intervals


PRESENT = Presence(AttendanceStatus.PRESENT)
"""By far the most frequent mark: present throughout, nothing more known."""

PLAIN = {
    AttendanceStatus.PRESENT: PRESENT,
    AttendanceStatus.ABSENT: Presence(AttendanceStatus.ABSENT),
    AttendanceStatus.EXCUSED: Presence(AttendanceStatus.EXCUSED),
}
"""What most marks of a ledger say, and nothing more."""


ANSWERING = frozenset(
    {MarkSource.TRAINER, MarkSource.COORDINATOR, MarkSource.OFFLINE, MarkSource.PAPER}
)
"""Whoever makes a mark in one of these ways answers for the register: two of them can disagree.
A check-in or a meeting report that is overruled was corrected, and nobody disagrees."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One entry as a statement: who says what about a cell. `presence` None takes a mark back."""

    id: int
    source: MarkSource
    marked_at: datetime
    marked_by_id: int | None
    presence: Presence | None
    settles: bool = False
    note: str = ""

    @property
    def takes_back(self) -> bool:
        return self.presence is None


def disagreement(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The statements about one cell that contradict each other, the newest first.

    What somebody says last counts as what they say. An entry that settles ends what was before
    it; whoever says something else after it disagrees anew. An absence that was announced and
    accepted contradicts a mark of plain absence, and who checks in after being marked away
    contradicts that mark. The order of `statements` does not matter.
    """
    ordered = sorted(statements, key=lambda each: (each.marked_at, each.id))
    settled = max((n for n, each in enumerate(ordered) if each.settles), default=0)
    ordered = ordered[settled:]
    last = {each.marked_by_id: each for each in ordered if each.source in ANSWERING}
    notice = next((each for each in reversed(ordered) if each.source is MarkSource.NOTICE), None)
    voices = list(last.values())
    if not any(each.presence != voices[0].presence for each in voices):
        voices = []
    counts = mark_in_force(ordered)
    if counts is not None and counts.presence is not None:
        against = []
        if counts.presence.status is AttendanceStatus.ABSENT and notice and notice.presence:
            against.append(notice)
        if not counts.presence.status.was_here:
            against += _checked_in_after(counts, ordered)
        if against:
            voices = [*(voices or [counts]), *against]
    return tuple(sorted(voices, key=lambda each: (each.marked_at, each.id), reverse=True))


def _checked_in_after(counts: Statement, ordered: Iterable[Statement]) -> list[Statement]:
    return [
        each
        for each in ordered
        if each.source is MarkSource.CHECK_IN
        and each.presence is not None
        and each.marked_at > counts.marked_at
    ][-1:]


def minutes_of(presence: Presence, at: SessionTime) -> Minutes:
    """The contact minutes that `presence` stands for, never more than the session has.

    Reckoned anew from the times each time, so that a session which ended early, or
    whose break was moved, changes every figure that rests on it.
    """
    if presence is PRESENT:
        return at.minutes
    if not presence.status.was_here:
        return 0
    if presence.intervals:
        return whole_minutes(seconds_inside(presence.intervals, at))
    if not presence.times_known:
        return min(presence.reported_minutes or 0, at.minutes)
    if presence.status is AttendanceStatus.PRESENT:
        return at.minutes
    arrived = presence.arrived_at if presence.status.needs_arrival else None
    left = presence.left_at if presence.status.needs_leaving else None
    here = Interval(arrived or at.start, left or at.end)
    return whole_minutes(seconds_inside([here], at))


def seconds_inside(intervals: Iterable[Interval], at: SessionTime) -> int:
    """Contact seconds of a session that `intervals` cover; overlapping devices count once."""
    return sum(interval.seconds for interval in clip(intervals, at.spans))


def presence_from_intervals(intervals: Sequence[Interval], at: SessionTime) -> Presence:
    """The mark that follows from the times of a meeting report."""
    inside = clip(intervals, at.spans)
    if not inside:
        return Presence(AttendanceStatus.ABSENT)
    first, last = inside[0].start, inside[-1].end
    missed = without(at.spans, inside)
    late = _seconds([each for each in missed if each.end <= first])
    early = _seconds([each for each in missed if each.start >= last])
    between = _seconds(missed) - late - early
    tolerance = int(TOLERANCE.total_seconds())
    is_late, is_early, is_broken = late > tolerance, early > tolerance, between > tolerance
    if is_broken or (is_late and is_early):
        status = AttendanceStatus.PARTIAL
    elif is_late:
        status = AttendanceStatus.LATE
    elif is_early:
        status = AttendanceStatus.LEFT_EARLY
    else:
        status = AttendanceStatus.PRESENT
    return Presence(
        status,
        arrived_at=first if status.needs_arrival else None,
        left_at=last if status.needs_leaving else None,
        intervals=union(intervals),
    )


def presence_from_total(minutes: Minutes, at: SessionTime) -> Presence:
    """The mark that follows from a report that has total minutes and no times."""
    bounded = max(0, min(minutes, at.minutes))
    if bounded == 0:
        return Presence(AttendanceStatus.ABSENT)
    missed = timedelta(minutes=at.minutes - bounded)
    status = AttendanceStatus.PRESENT if missed <= TOLERANCE else AttendanceStatus.PARTIAL
    return Presence(status, reported_minutes=bounded, times_known=False)


def _seconds(intervals: Iterable[Interval]) -> int:
    return sum(interval.seconds for interval in intervals)
