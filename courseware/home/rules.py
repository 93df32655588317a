"""What comes first on a first page: plain values in, plain values out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo


class RegisterState(StrEnum):
    """How far the register of one session is, for whoever has to fill it."""

    AHEAD = "ahead"
    OPEN = "open"
    NEEDS_YOU = "needs_you"
    CLOSED = "closed"


@dataclass(frozen=True)
class TaughtSession:
    """One session as its trainer or coordinator meets it on the first page."""

    training_session: Any
    starts_at: datetime
    ends_at: datetime
    zone: str
    is_closed: bool
    marked: int = 0
    enrolled: int = 0
    companions: tuple[str, ...] = ()
    """Those who lead it together with the reader."""

    @property
    def day(self) -> date:
        """The day it is on, where it takes place."""
        return self.starts_at.astimezone(ZoneInfo(self.zone)).date()

    def register_state(self, now: datetime) -> RegisterState:
        """Closed; else ahead, open while it runs, and in need of somebody once it is over."""
        if self.is_closed:
            return RegisterState.CLOSED
        if now < self.starts_at:
            return RegisterState.AHEAD
        return RegisterState.OPEN if now < self.ends_at else RegisterState.NEEDS_YOU


@dataclass(frozen=True)
class TeachingDay:
    """A trainer's first page: one session large, then what is missing, today and what follows."""

    next_up: TaughtSession | None
    missing: tuple[TaughtSession, ...]
    today: tuple[TaughtSession, ...]
    coming: tuple[TaughtSession, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.next_up or self.missing or self.today)


JUST_OVER = timedelta(minutes=45)
"""A session stays the large one this long after its end while its register is open."""


def plan_day(sessions: Iterable[TaughtSession], now: datetime) -> TeachingDay:
    """Sort a trainer's sessions by what has to be done about them.

    The large one is the session that runs, or has just ended with an open register, or else
    the next to come. `missing` are earlier ones with an open register, oldest first; `today`
    the others of the same day; `coming` the next five.
    """
    ordered = sorted(sessions, key=lambda each: (each.starts_at, each.ends_at))
    next_up = next(
        (
            each
            for each in ordered
            if each.ends_at > now or (not each.is_closed and each.ends_at + JUST_OVER > now)
        ),
        None,
    )
    others = [each for each in ordered if each is not next_up]
    missing = [each for each in others if each.register_state(now) is RegisterState.NEEDS_YOU]
    today = [
        each
        for each in others
        if each not in missing and each.day == now.astimezone(ZoneInfo(each.zone)).date()
    ]
    coming = [each for each in others if each.starts_at > now and each not in today]
    return TeachingDay(next_up, tuple(missing), tuple(today), tuple(coming[:5]))
