"""Which sessions a file belongs to, by the times and the codes in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from courseware.attendance.report_rules import (
    MeetingReport,
    ReportedPerson,
    ReportKind,
    in_utc,
)
from courseware.attendance.rules import Interval, SessionTime, seconds_inside

LEAST_SHARE = 0.2
"""A session counts as covered by a file from this share of the best session's time on.

Less is a meeting that ran over, or a laptop that stayed in it.
"""
RIVAL_SHARE = 0.5
NEAR = timedelta(minutes=45)
"""How far from its session a start may be that a file states without people's times."""


@dataclass(frozen=True)
class Slot:
    """A session as far as a file can tell that it is meant."""

    id: int
    code: str
    time: SessionTime


@dataclass(frozen=True)
class Fit:
    """How much of the time in a file lies inside one session."""

    slot: Slot
    seconds: int


@dataclass(frozen=True)
class Proposal:
    """The sessions of a file; where `is_certain` is False, a person has to choose one of them."""

    slots: tuple[Slot, ...]
    is_certain: bool


def fits(report: MeetingReport, slots: Sequence[Slot], zone: ZoneInfo) -> list[Fit]:
    """The sessions that a report touches, the one with most time in it first."""
    if report.session_code:
        wanted = report.session_code.casefold()
        return [Fit(slot, 1) for slot in slots if slot.code.casefold() == wanted]
    found = [Fit(slot, _seconds(report, slot.time, zone)) for slot in slots]
    return sorted(
        (fit for fit in found if fit.seconds > 0),
        key=lambda fit: (-fit.seconds, fit.slot.time.start, fit.slot.id),
    )


def _seconds(report: MeetingReport, at: SessionTime, zone: ZoneInfo) -> int:
    if report.kind is ReportKind.MOODLE:
        if report.started is None:
            return 0
        off = abs(in_utc(report.started, zone) - at.start)
        return max(0, round((NEAR - off).total_seconds())) if off <= NEAR else 0
    timed = [
        seconds_inside(
            [Interval(in_utc(start, zone), in_utc(end, zone)) for start, end in spans], at
        )
        for person in report.people
        if person.times_known and (spans := _spans(person, report))
    ]
    if any(timed):
        return sum(timed)
    if report.started is None or report.ended is None:
        return 0
    whole = Interval(in_utc(report.started, zone), in_utc(report.ended, zone))
    return seconds_inside([whole], at)


def _spans(person: ReportedPerson, report: MeetingReport) -> list[tuple[datetime, datetime]]:
    """Somebody's times; where one is missing, the meeting's own, for it ends with the meeting."""
    return [
        (start, end)
        for each in person.intervals
        if (start := each.start or report.started) and (end := each.end or report.ended)
    ]


def propose(report: MeetingReport, slots: Sequence[Slot], zone: ZoneInfo) -> Proposal:
    """The sessions that a report is for.

    A meeting that went through several sessions is for each of them, unless it has only
    totals, which nobody can divide. Of sessions at the same time a person has to choose.
    """
    found = fits(report, slots, zone)
    if not found:
        return Proposal((), is_certain=False)
    if report.is_sheet:
        is_alone = len(found) == 1 or found[0].seconds > found[1].seconds
        return Proposal(tuple(fit.slot for fit in found), is_certain=is_alone)
    best = found[0].seconds
    near = [fit for fit in found if fit.seconds >= LEAST_SHARE * best]
    taken: list[Fit] = []
    for fit in near:
        rivals = [each for each in taken if _overlap(each.slot.time, fit.slot.time)]
        if any(fit.seconds >= RIVAL_SHARE * each.seconds for each in rivals):
            return Proposal(tuple(each.slot for each in found), is_certain=False)
        if not rivals:
            taken.append(fit)
    is_divisible = len(taken) == 1 or report.times_known
    chosen = taken if is_divisible else found
    is_certain = is_divisible and _begins_or_ends_with(report, [each.slot for each in taken], zone)
    return Proposal(tuple(each.slot for each in chosen), is_certain=is_certain)


def _begins_or_ends_with(report: MeetingReport, slots: Sequence[Slot], zone: ZoneInfo) -> bool:
    """Whether the meeting has an end in common with its sessions, or goes over both.

    What lies across a session may be of another clock: three hours of Berlin's morning
    fall into an afternoon in Dushanbe.
    """
    bounds = bounds_of(report)
    if bounds is None:
        return True
    start, end = (in_utc(each, zone) for each in bounds)
    first = min(slot.time.start for slot in slots)
    last = max(slot.time.end for slot in slots)
    return abs(start - first) <= NEAR or abs(end - last) <= NEAR or (start <= first and last <= end)


def bounds_of(report: MeetingReport) -> tuple[datetime, datetime] | None:
    """The first and the last moment that a report knows of people, else of its meeting."""
    moments = [
        moment
        for person in report.people
        for each in person.intervals
        for moment in (each.start, each.end)
        if moment is not None
    ] or [moment for moment in (report.started, report.ended) if moment is not None]
    return (min(moments), max(moments)) if len(moments) > 1 else None


OFFSETS = tuple(
    sorted([60 * hour for hour in range(-12, 15)] + [210, 270, 330, 345, 390, 570, -210])
)
"""The clocks of the world, in minutes ahead of UTC."""
SAME = timedelta(minutes=20)


def clock_name(minutes: int) -> str:
    """A clock as people write it: UTC+2, UTC+5:30."""
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def clock_choices() -> list[tuple[int, str]]:
    """Every clock that a file may be on, with its name."""
    return [(minutes, clock_name(minutes)) for minutes in OFFSETS]


def read_clock_choice(text: str) -> int | None:
    """What somebody chose of them; None for the cohort's own clock, and for what is none."""
    return next((minutes for minutes in OFFSETS if str(minutes) == text), None)


@dataclass(frozen=True)
class FittingOffset:
    """On which clock the times of a file would be those of a session."""

    minutes: int
    slot: Slot


def fitting_offset(
    report: MeetingReport, slots: Sequence[Slot], zone: ZoneInfo
) -> FittingOffset | None:
    """The one clock on which a meeting begins and ends with one session; None if none or many."""
    bounds = bounds_of(report)
    if bounds is None or report.is_sheet:
        return None
    found = []
    for minutes in OFFSETS:
        start, end = (each.replace(tzinfo=UTC) - timedelta(minutes=minutes) for each in bounds)
        for slot in slots:
            at = slot.time
            is_own = at.start.astimezone(zone).utcoffset() == timedelta(minutes=minutes)
            if not is_own and abs(start - at.start) <= SAME and abs(end - at.end) <= SAME:
                found.append(FittingOffset(minutes, slot))
    return found[0] if len(found) == 1 else None


def chosen_slots(proposal: Proposal, report: MeetingReport) -> tuple[Slot, ...]:
    """The sessions to import into: none while a person has to choose."""
    if not proposal.is_certain:
        return ()
    first_only = report.is_sheet
    return (
        proposal.slots[:1]
        if first_only
        else tuple(sorted(proposal.slots, key=lambda slot: (slot.time.start, slot.id)))
    )


_DAY = re.compile(r"(?<!\d)(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")


def day_in_name(file_name: str) -> date | None:
    """The day in the name of a file, year first, for files that say none inside."""
    for year, month, day in _DAY.findall(file_name):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def _overlap(one: SessionTime, other: SessionTime) -> bool:
    return one.start < other.end and other.start < one.end
