"""What a meeting report says, whatever program wrote it, and the mark that follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, timezone
from enum import StrEnum
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from courseware.attendance.rules import (
    AttendanceStatus,
    Interval,
    Minutes,
    Presence,
    SessionTime,
    presence_from_intervals,
    presence_from_total,
    seconds_inside,
    total_seconds,
    union,
    whole_minutes,
)


class ReportKind(StrEnum):
    """Which program's file it is; recognised by its content, never by its name."""

    TEAMS = "teams"
    TEAMS_LIST = "teams_list"
    ZOOM = "zoom"
    ZOOM_TOTALS = "zoom_totals"
    MEET = "meet"
    MOODLE = "moodle"
    REGISTER = "register"


SHEETS = frozenset({ReportKind.REGISTER, ReportKind.MOODLE})
"""Files with marks that a person made, and not the times of a meeting."""


@dataclass(frozen=True)
class ReportedInterval:
    """From joining to leaving, on the clock of the file.

    None where the file does not say: then the session's own start or end is meant.
    """

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class ReportedPerson:
    """One name in a file, with everything that the file says of it.

    A meeting report gives `intervals`, or only total `minutes` (`times_known` False): then
    `intervals`, where there are any, say between which moments those minutes lie.
    Our own register sheet gives a `status` with times of the day.
    """

    name: str
    email: str = ""
    intervals: tuple[ReportedInterval, ...] = ()
    minutes: Minutes | None = None
    times_known: bool = True
    status: AttendanceStatus | None = None
    arrived: time | None = None
    left: time | None = None
    note: str = ""
    row: int = 0

    @property
    def overlaps(self) -> bool:
        """Whether some of the times lie over each other: two devices, or two people."""
        known = sorted((each.start, each.end) for each in self.intervals if each.start and each.end)
        return any(one[1] > other[0] for one, other in pairwise(known))


@dataclass(frozen=True)
class MeetingReport:
    """A file that was read: what it is, which meeting, and who is in it."""

    kind: ReportKind
    people: tuple[ReportedPerson, ...]
    title: str = ""
    started: datetime | None = None
    ended: datetime | None = None
    session_code: str = ""
    """The session that our own sheet names."""
    clock: int | None = None
    """By how many minutes the clock of the file was ahead of UTC; None: the cohort's own clock."""
    joined_with: tuple[str, ...] = ()
    """The imports whose times are in it as well."""

    @property
    def is_sheet(self) -> bool:
        """Whether it holds marks that a person made, and not the times of a meeting."""
        return self.kind in SHEETS

    @property
    def times_known(self) -> bool:
        return all(person.times_known for person in self.people)


def merged(people: Sequence[ReportedPerson]) -> ReportedPerson:
    """Several names of one participant as one: all their times, or the sum of their totals.

    The sum of totals is an upper bound: who was there with two devices is counted twice
    until it is limited to the session.
    """
    first = people[0]
    if len(people) == 1:
        return first
    intervals = tuple(interval for each in people for interval in each.intervals)
    if first.status is not None or all(each.times_known for each in people):
        are_known = all(each.times_known for each in people)
        return replace(first, intervals=intervals, times_known=are_known)
    return replace(
        first,
        intervals=intervals if all(each.intervals for each in people) else (),
        minutes=sum(_total_of(each) for each in people),
        times_known=False,
    )


def _total_of(person: ReportedPerson) -> Minutes:
    """All minutes that a file gives somebody; a whole day where it does not say how long."""
    if not person.times_known:
        return person.minutes or 0
    spans = union(
        Interval(each.start, each.end) for each in person.intervals if each.start and each.end
    )
    is_open = any(each.start is None or each.end is None for each in person.intervals)
    return 24 * 60 if is_open else whole_minutes(total_seconds(spans))


def joined(one: MeetingReport, other: MeetingReport) -> MeetingReport:
    """Two reports of one session as one, with everybody in them."""
    starts = [each for each in (one.started, other.started) if each]
    ends = [each for each in (one.ended, other.ended) if each]
    return replace(
        one,
        people=one.people + other.people,
        title=one.title or other.title,
        started=min(starts, default=None),
        ended=max(ends, default=None),
        joined_with=one.joined_with + other.joined_with,
    )


def on_clock(report: MeetingReport, clock: int | None, zone: ZoneInfo) -> MeetingReport:
    """A report read anew as if its file were on `clock`, with its times on the clock of `zone`.

    `clock` is in minutes ahead of UTC; None is the clock of `zone` itself.
    """
    if clock == report.clock:
        return report
    was, is_now = (zone if each is None else _offset(each) for each in (report.clock, clock))

    def moved(moment: datetime | None) -> datetime | None:
        if moment is None:
            return None
        in_file = moment.replace(tzinfo=zone).astimezone(was).replace(tzinfo=is_now)
        return in_file.astimezone(zone).replace(tzinfo=None)

    return replace(
        report,
        clock=clock,
        started=moved(report.started),
        ended=moved(report.ended),
        people=tuple(
            replace(
                person,
                intervals=tuple(
                    ReportedInterval(moved(each.start), moved(each.end))
                    for each in person.intervals
                ),
            )
            for person in report.people
        ),
    )


def _offset(minutes: int) -> timezone:
    return timezone(timedelta(minutes=minutes))


def intervals_at(person: ReportedPerson, at: SessionTime, zone: ZoneInfo) -> tuple[Interval, ...]:
    """The person's times in UTC; a missing end is the session's, a missing start too."""
    found = []
    for interval in person.intervals:
        start = in_utc(interval.start, zone) if interval.start else at.start
        end = in_utc(interval.end, zone) if interval.end else max(at.end, start)
        if start < end:
            found.append(Interval(start, end))
    return tuple(found)


def presence_at(person: ReportedPerson, at: SessionTime, zone: ZoneInfo) -> Presence:
    """The mark that follows for a session from what a file says of one person."""
    if person.status is not None:
        if not person.times_known:
            # Late, but nobody wrote when: the whole session is an upper bound.
            return Presence(person.status, reported_minutes=at.minutes, times_known=False)
        return Presence(
            person.status,
            arrived_at=_on_the_day(person.arrived, at, zone),
            left_at=_on_the_day(person.left, at, zone),
        )
    if not person.times_known:
        total = person.minutes or 0
        if person.intervals:
            inside = seconds_inside(intervals_at(person, at, zone), at)
            total = min(total, whole_minutes(inside))
        return presence_from_total(total, at)
    return presence_from_intervals(intervals_at(person, at, zone), at)


def _on_the_day(clock: time | None, at: SessionTime, zone: ZoneInfo) -> datetime | None:
    if clock is None:
        return None
    return moment_on_the_day(clock, at, zone)


def moment_on_the_day(clock: time, at: SessionTime, zone: ZoneInfo) -> datetime:
    """A time of the day at a session, in UTC; a session may run over midnight."""
    start = at.start.astimezone(zone)
    moment = datetime.combine(start.date(), clock, tzinfo=zone)
    # A little before the start is an early arrival; long before it is the next day.
    if moment < start - timedelta(hours=6) and at.end.astimezone(zone).date() > start.date():
        moment = datetime.combine(at.end.astimezone(zone).date(), clock, tzinfo=zone)
    return moment.astimezone(UTC)


def in_utc(moment: datetime, zone: ZoneInfo) -> datetime:
    """A moment on the clock of the file, in UTC."""
    return moment.replace(tzinfo=zone).astimezone(UTC)


def touches(report: MeetingReport, at: SessionTime, zone: ZoneInfo) -> bool:
    """Whether anybody in the report was there while the session took place.

    A report that does not touch its session is of another meeting, or in another zone.
    """
    if report.is_sheet or not report.times_known:
        return _totals_touch(report, at, zone)
    return any(
        interval.start < at.end and interval.end > at.start
        for person in report.people
        for interval in intervals_at(person, at, zone)
    )


def _totals_touch(report: MeetingReport, at: SessionTime, zone: ZoneInfo) -> bool:
    if report.started is None or report.ended is None:
        return True
    return in_utc(report.started, zone) < at.end and in_utc(report.ended, zone) > at.start


def outside_session(started: datetime | None, ended: datetime | None) -> str:
    """When the meeting of a report was, for the sentence that it is another one."""
    if started is None or ended is None:
        return ""
    last = f"{ended:%H:%M}" if ended.date() == started.date() else f"{ended:%Y-%m-%d %H:%M}"
    return f"{started:%Y-%m-%d %H:%M}–{last}"


def report_as_json(report: MeetingReport) -> dict[str, Any]:
    """A report as plain values, to be kept until somebody has reviewed it."""
    return {
        "kind": report.kind.value,
        "title": report.title,
        "started": _written(report.started),
        "ended": _written(report.ended),
        "session_code": report.session_code,
        "clock": report.clock,
        "joined_with": list(report.joined_with),
        "people": [
            {
                "name": person.name,
                "email": person.email,
                "intervals": [
                    [_written(interval.start), _written(interval.end)]
                    for interval in person.intervals
                ],
                "minutes": person.minutes,
                "times_known": person.times_known,
                "status": person.status.value if person.status else None,
                "arrived": person.arrived.isoformat() if person.arrived else None,
                "left": person.left.isoformat() if person.left else None,
                "note": person.note,
                "row": person.row,
            }
            for person in report.people
        ],
    }


def report_from_json(kept: Mapping[str, Any]) -> MeetingReport:
    """The report that `report_as_json` wrote."""
    return MeetingReport(
        kind=ReportKind(kept["kind"]),
        title=kept["title"],
        started=_moment_from(kept["started"]),
        ended=_moment_from(kept["ended"]),
        session_code=kept.get("session_code", ""),
        clock=kept.get("clock"),
        joined_with=tuple(kept.get("joined_with", ())),
        people=tuple(
            ReportedPerson(
                name=person["name"],
                email=person["email"],
                intervals=tuple(
                    ReportedInterval(_moment_from(start), _moment_from(end))
                    for start, end in person["intervals"]
                ),
                minutes=person["minutes"],
                times_known=person["times_known"],
                status=AttendanceStatus(person["status"]) if person["status"] else None,
                arrived=time.fromisoformat(person["arrived"]) if person["arrived"] else None,
                left=time.fromisoformat(person["left"]) if person["left"] else None,
                note=person["note"],
                row=person["row"],
            )
            for person in kept["people"]
        ),
    )


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment_from(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
