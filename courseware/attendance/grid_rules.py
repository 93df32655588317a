"""Marks as short as a hand writes them on paper: P, L 09:20, T 09:20-10:10."""

import re
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from courseware.attendance.rules import AttendanceStatus, Presence

LETTERS = {
    AttendanceStatus.PRESENT: "P",
    AttendanceStatus.LATE: "L",
    AttendanceStatus.LEFT_EARLY: "Y",
    AttendanceStatus.PARTIAL: "T",
    AttendanceStatus.EXCUSED: "E",
    AttendanceStatus.ABSENT: "A",
}
"""One letter for each status; the same on every keyboard, and no two of one beginning."""
_STATUSES = {letter: status for status, letter in LETTERS.items()}
_NOTHING = {"", "X", "-", "–"}
# Letters that a Cyrillic keyboard gives for the same keys, or that look the same. Where the two
# differ (Е is the key of T, У that of E and looks like Y), a time says which was meant.
_CYRILLIC = str.maketrans("ЗДФЧРАХТЕУ", "PLAXPAXTEE")
_CYRILLIC_WITH_TIME = str.maketrans("ЕУ", "TY")
_CELL = re.compile(
    r"(?P<letter>[A-Z])\s*"
    r"(?:(?P<first>\d{1,2}[:.]?\d{2})?\s*(?:[-–]\s*(?P<last>\d{1,2}[:.]?\d{2}))?)?",
    re.ASCII,
)


MOST_CELLS = 1_200
"""What a page of the sheet holds, names included: 92 participants of 12 sessions, 48 of 24. That is
some 150 kB; ten times as many are slow to type in, and too much to send as one form."""
LEAST_ROWS = 20


def rows_on_a_page(people: int, sessions: int) -> int:
    """How many participants stand on one page, all pages being about equally long."""
    most = max(LEAST_ROWS, MOST_CELLS // (sessions + 1))
    return -(-people // max(1, -(-people // most)))


@dataclass(frozen=True)
class CellSaid:
    """What was typed into one cell; no status takes the mark back."""

    status: AttendanceStatus | None
    came: time | None = None
    left: time | None = None


def cell_text(presence: Presence | None, zone: ZoneInfo) -> str:
    """A mark as it stands in its cell, and as it could be typed."""
    if presence is None:
        return ""
    letter = LETTERS[presence.status]
    if not presence.times_known:
        return letter
    came = _clock(presence.arrived_at, zone) if presence.status.needs_arrival else ""
    left = _clock(presence.left_at, zone) if presence.status.needs_leaving else ""
    return f"{letter} {'-'.join(filter(None, (came, left)))}".strip()


def _clock(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}" if moment else ""


def read_cell(text: str) -> CellSaid | None:
    """What `text` says, or None where it is no mark: “p”, “L 9:20”, “t0920-1010”, “x”."""
    typed = text.strip().upper()
    if any(letter.isdigit() for letter in typed):
        typed = typed.translate(_CYRILLIC_WITH_TIME)
    typed = typed.translate(_CYRILLIC)
    if typed in _NOTHING:
        return CellSaid(None)
    found = _CELL.fullmatch(typed)
    status = _STATUSES.get(found["letter"]) if found else None
    if found is None or status is None:
        return None
    try:
        first, last = _time(found["first"]), _time(found["last"])
    except ValueError:
        return None
    if not status.needs_arrival and last is None:
        first, last = None, first
    return CellSaid(status, first, last)


def _time(text: str | None) -> time | None:
    if not text:
        return None
    digits = text.replace(":", "").replace(".", "")
    return time(int(digits[:-2]), int(digits[-2:]))
