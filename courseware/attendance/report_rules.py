"""What a meeting report says, whatever program wrote it, and how its dates are read."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
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


class DateOrder(StrEnum):
    """In which order a file writes day, month and year."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


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

    A meeting report gives `intervals`, or only total `minutes` (`times_known` False);
    our own register sheet gives a `status` with times of the day.
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

    @property
    def is_sheet(self) -> bool:
        """Whether it holds marks that a person made, and not the times of a meeting."""
        return self.kind in (ReportKind.REGISTER, ReportKind.MOODLE)

    @property
    def times_known(self) -> bool:
        return all(person.times_known for person in self.people)


class AmbiguousDates(Exception):
    """The dates of a file can be read in two ways and nothing known decides between them."""

    def __init__(self, readings: dict[DateOrder, date]) -> None:
        super().__init__("The dates can be read in two ways.")
        self.readings = readings


class UnknownDay(Exception):
    """A file has times of the day and does not say of which day."""


class UnreadableDate(Exception):
    """A text that should be a date and time is none in any order."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


_NUMERIC = re.compile(
    r"^\D{0,3}(?P<a>\d{1,4})(?P<mark>[./-])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,4})"
    r"[\s,T]+(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?(?:\.\d+)?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?(?:Z|\s*[+-]\d\d:?\d\d)?$"
)
_IN_WORDS = re.compile(
    r"^(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}),? (?P<year>\d{4}),?"
    r"[\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?$"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u0000]")
_SPACES = re.compile(r"\s+")
_CENTURY = range(2000, 2100)


def clean(text: str) -> str:
    """A cell without invisible marks, with single spaces."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()


def read_moment(text: str, order: DateOrder) -> datetime | None:
    """The date and time in `text`, on the clock of the file; None if it is none in that order."""
    text = clean(text)
    if found := _NUMERIC.match(text):
        first, second, third = found["a"], found["b"], found["c"]
        if len(first) == 4:
            year, month, day = first, second, third
        elif found["mark"] == "." or order == DateOrder.DAY_FIRST:
            day, month, year = first, second, third
        else:
            month, day, year = first, second, third
        if found["mark"] == "." and len(first) != 4 and order != DateOrder.DAY_FIRST:
            return None  # nobody writes the month first with full stops
        return _moment(int(year), int(month), int(day), found)
    if (found := _IN_WORDS.match(text)) and found["month"][:3].lower() in _MONTHS:
        month_number = _MONTHS.index(found["month"][:3].lower()) + 1
        return _moment(int(found["year"]), month_number, int(found["day"]), found)
    return None


def _moment(year: int, month: int, day: int, found: re.Match[str]) -> datetime | None:
    year += 2000 if year < 100 else 0
    hour = int(found["hour"])
    half = (found["half"] or "").lower()[:1]
    # Some exports write "13:05:00 PM"; then the half of the day says nothing new.
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    if year not in _CENTURY:
        return None
    try:
        return datetime(year, month, day, hour, int(found["minute"]), int(found["second"] or 0))
    except ValueError:
        return None


def date_order_of(texts: Iterable[str], *, on: date | None) -> DateOrder:
    """In which order the file writes its dates.

    An order in which one of the dates does not exist is out. Where both remain, the one
    that falls on the day of the session (`on`, or a day beside it: another time zone)
    is meant. Raises AmbiguousDates where nothing decides, UnreadableDate for no date.
    """
    wanted = [text for text in texts if clean(text)]
    readings: dict[DateOrder, list[datetime]] = {}
    for order in DateOrder:
        moments = [read_moment(text, order) for text in wanted]
        if all(moment is not None for moment in moments):
            readings[order] = [moment for moment in moments if moment is not None]
    if not readings:
        raise UnreadableDate(_first_unreadable(wanted))
    possible = list(readings)
    if len(possible) == 1 or readings[possible[0]] == readings[possible[1]]:
        return possible[0]
    if on is not None:
        near = [
            order
            for order in possible
            if any(abs(moment.date() - on) <= timedelta(days=1) for moment in readings[order])
        ]
        if len(near) == 1:
            return near[0]
    raise AmbiguousDates({order: readings[order][0].date() for order in possible})


def _first_unreadable(texts: Sequence[str]) -> str:
    for text in texts:
        if all(read_moment(text, order) is None for order in DateOrder):
            return text
    # Each can be read in some order, but no order reads them all: show one of them.
    return next(text for text in texts if read_moment(text, DateOrder.DAY_FIRST) is None)


@dataclass(frozen=True)
class PresenceInReport:
    """What a file says of one participant at the session it was imported into."""

    presence: Presence
    intervals: tuple[Interval, ...]


def merged(people: Sequence[ReportedPerson]) -> ReportedPerson:
    """Several names of one participant as one: all their times, or the sum of their totals.

    The sum of totals is an upper bound: who was there with two devices is counted twice
    until it is limited to the session.
    """
    first = people[0]
    if len(people) == 1:
        return first
    totals = [each.minutes for each in people if each.minutes is not None]
    return replace(
        first,
        intervals=tuple(interval for each in people for interval in each.intervals),
        minutes=sum(totals) if totals else None,
        times_known=all(each.times_known for each in people),
    )


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
        return presence_from_total(person.minutes or 0, at)
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
