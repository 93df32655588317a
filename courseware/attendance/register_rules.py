"""How a register stands, when it closes by itself, and when its trainers are reminded of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from courseware.attendance.rules import AttendanceStatus, Presence

REMINDED_FOR = timedelta(days=3)
"""A reminder that could not go out for so long is no longer sent: it would help nobody."""


OPENS = timedelta(hours=1)
"""So long before its session a register takes marks: who teaches prepares the room."""


def is_too_early(marks: Iterable[Presence | None], *, starts_at: datetime, now: datetime) -> bool:
    """Whether one of these marks says of a session to come how it was; an excuse can be known."""
    return now < starts_at - OPENS and any(
        each is not None and each.status is not AttendanceStatus.EXCUSED for each in marks
    )


class RegisterState(StrEnum):
    """What can be done with a register now."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    REOPENED = "reopened"

    @property
    def takes_marks(self) -> bool:
        """Whether marks can be made: before the session too, for an absence that is known."""
        return self is not RegisterState.CLOSED


def register_state(
    *, starts_at: datetime, closed_at: datetime | None, reopened_at: datetime | None, now: datetime
) -> RegisterState:
    """The state that follows from the session's time and from what was done to its register."""
    if closed_at is not None:
        return RegisterState.CLOSED
    if reopened_at is not None:
        return RegisterState.REOPENED
    return RegisterState.PLANNED if now < starts_at else RegisterState.OPEN


def closes_at(
    *, ends_at: datetime, known_since: datetime, reopened_at: datetime | None, days: int
) -> datetime | None:
    """When a register closes by itself; None where the programme leaves that to people.

    The time runs from the end of the session. For a cohort that was entered afterwards it runs
    from then (`known_since`), and for a register that was opened again from the reopening.
    """
    if days == 0:
        return None
    return max(ends_at, known_since, reopened_at or ends_at) + timedelta(days=days)


def reminder_is_due(*, ends_at: datetime, known_since: datetime, hours: int, now: datetime) -> bool:
    """Whether trainers are reminded now of a register that is not filled.

    Nobody is reminded of a session that was entered after it had taken place.
    """
    if hours == 0 or known_since > ends_at:
        return False
    due = ends_at + timedelta(hours=hours)
    return due <= now < due + REMINDED_FOR
