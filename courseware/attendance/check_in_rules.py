"""Checking in: codes that change, who is known how, and what follows from the minute."""

import hmac
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Protocol, TypeVar

from courseware.attendance.rules import (
    PRESENT,
    TOLERANCE,
    AttendanceStatus,
    Presence,
    SessionTime,
)
from courseware.messages import N_, Message

SCAN_LASTS = timedelta(minutes=15)
"""How long a scanned code stands for its minute: time to sign in, or to wait for a mail."""

MAIL_CODE_LASTS = timedelta(minutes=15)
MAIL_CODE_DIGITS = 6
MOST_MAIL_CODES = 3
"""So many are sent to one person within the time that one lasts."""
MOST_TRIES = 5

DIGITS = 8
"""Of the code on the wall: digits, because keyboards of four alphabets have them in one place."""

_OLDEST_STEPS = 1000


class CheckInState(StrEnum):
    """How far a check-in has come. Only the first two make a mark."""

    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    DECLINED = "declined"

    @property
    def makes_a_mark(self) -> bool:
        return self in (CheckInState.ACCEPTED, CheckInState.CONFIRMED)


class KnownBy(StrEnum):
    """How we know who checked in."""

    SIGN_IN = "sign_in"
    DEVICE = "device"
    LINK = "link"
    MAIL = "mail"
    TRAINER = "trainer"
    NOBODY = "nobody"

    @property
    def binds_the_device(self) -> bool:
        """Whether the phone is remembered: not for a tap that was given in passing."""
        return self in (KnownBy.SIGN_IN, KnownBy.LINK, KnownBy.MAIL)


class CodeVerdict(StrEnum):
    """What a code is worth for one session at one moment."""

    GOOD = "good"
    OLD = "old"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Window:
    """From when until when a session can be checked in to."""

    opens: datetime
    closes: datetime

    def contains(self, moment: datetime) -> bool:
        return self.opens <= moment < self.closes


def window_of(time: SessionTime, opens_minutes: int) -> Window:
    """From some minutes before a session until its end."""
    return Window(time.start - timedelta(minutes=opens_minutes), time.end)


def step_of(moment: datetime, seconds: int) -> int:
    """The number of the stretch of so many seconds that `moment` lies in."""
    return int(moment.timestamp()) // seconds


def seconds_left(moment: datetime, seconds: int) -> int:
    """How long the code of this moment is still shown."""
    return seconds - int(moment.timestamp()) % seconds


def code_of(secret: bytes, session: str, step: int) -> str:
    """The code of a session for one step: nothing is stored, and nobody without the secret knows.

    `session` is what tells sessions apart for ever.
    """
    digest = hmac.digest(secret, f"check-in code:{session}:{step}".encode(), "sha256")
    return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}}"


def as_digits(typed: str) -> str:
    """A code as people type it, without blanks and dashes, in digits of any script."""
    return "".join(str(int(each)) for each in typed[:60] if each.isdecimal())


def judge_code(
    typed: str, *, secret: bytes, session: str, window: Window, now: datetime, seconds: int
) -> CodeVerdict:
    """Whether `typed` is this session's code now, or the one just before it; else why not.

    A code that is still to come is unknown: nobody can have seen it.
    """
    code = as_digits(typed)
    step = step_of(now, seconds)
    good = [hmac.compare_digest(code, code_of(secret, session, each)) for each in (step, step - 1)]
    if any(good):
        return CodeVerdict.GOOD
    first = max(step_of(window.opens, seconds), step - _OLDEST_STEPS)
    if len(code) == DIGITS and any(
        code == code_of(secret, session, each) for each in range(first, step - 1)
    ):
        return CodeVerdict.OLD
    return CodeVerdict.UNKNOWN


def in_groups(code: str) -> str:
    """A code in groups of four, as it is read aloud."""
    return " ".join(code[place : place + 4] for place in range(0, len(code), 4))


def presence_at(checked: datetime, time: SessionTime) -> Presence:
    """The mark that follows from the minute of a check-in."""
    arrived = checked.replace(second=0, microsecond=0)
    if arrived <= time.start + TOLERANCE:
        return PRESENT
    return Presence(AttendanceStatus.LATE, arrived_at=arrived)


def network_of(address: str) -> str:
    """What an address has in common with its neighbours: IPv6 gives every phone many of them."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


# Refusals ---------------------------------------------------------------------------------------


def not_open_message(code: str, opens: str) -> Message:
    """`opens` is a day and time in the zone of the cohort."""
    return Message(
        N_("Check-in to session %(code)s opens on %(opens)s. Scan the code again then."),
        code=code,
        opens=opens,
    )


def over_message(code: str) -> Message:
    return Message(
        N_("Session %(code)s is over, and its check-in too. Ask the trainer to mark you."),
        code=code,
    )


def old_code_message(seconds: int) -> Message:
    return Message(
        N_(
            "This code is no longer good: it changes every %(seconds)s seconds. Scan or type the "
            "one that is on the wall now."
        ),
        seconds=seconds,
    )


def other_session_message(code: str, other: str) -> Message:
    return Message(
        N_(
            "This code belongs to session %(other)s and not to session %(code)s. Scan the code in "
            "the room that you are in."
        ),
        code=code,
        other=other,
    )


def unknown_code_message(code: str = "") -> Message:
    if code:
        return Message(
            N_("This is no code of session %(code)s. Scan or type the one that is on the wall."),
            code=code,
        )
    return Message(
        N_(
            "No session has this code now. Type all %(digits)s digits that are on the wall; they "
            "change every few seconds."
        ),
        digits=DIGITS,
    )


def closed_message(code: str) -> Message:
    return Message(
        N_("The register of session %(code)s is closed. Ask the trainer to mark you."), code=code
    )


STALE_SCAN = Message(
    N_("Your scan is older than %(minutes)s minutes. Scan the code on the wall again."),
    minutes=int(SCAN_LASTS.total_seconds()) // 60,
)
FOREIGN_SCAN = Message(
    N_("This page belongs to another phone or another session. Scan the code on the wall.")
)
NOT_ENROLLED = Message(
    N_("This participant is not, or no longer, enrolled here. Ask the trainer or the coordinator.")
)
NO_ADDRESS = Message(
    N_("We have no e-mail address for this name. Ask the trainer to confirm you instead.")
)
ENOUGH_CODES = Message(
    N_(
        "%(most)s codes were sent for this name within %(minutes)s minutes. Type the newest, or "
        "ask the trainer to confirm you."
    ),
    most=MOST_MAIL_CODES,
    minutes=int(MAIL_CODE_LASTS.total_seconds()) // 60,
)
WRONG_MAIL_CODE = Message(
    N_("This is not the newest code that we sent for this name to be typed on this phone.")
)
STALE_MAIL_CODE = Message(
    N_("This code was used, is too old or was tried too often. Ask for another one.")
)


# Phones -----------------------------------------------------------------------------------------

_KINDS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def phone_kind(user_agent: str) -> str:
    """What a phone says it is, as its owner would call it; empty where that is not known."""
    return next((kind for sign, kind in _KINDS if sign in user_agent[:400]), "")


# What the trainer should see --------------------------------------------------------------------


class Seen(Protocol):
    """What is known of the phone that a check-in came from."""

    @property
    def device_sha256(self) -> str: ...
    @property
    def network_sha256(self) -> str: ...
    @property
    def checked_at(self) -> datetime: ...


AnySeen = TypeVar("AnySeen", bound=Seen)


def from_one_device(seen: Iterable[AnySeen]) -> list[list[AnySeen]]:
    """Check-ins of several people from one phone, in the order in which they began."""
    known = sorted(
        (each for each in seen if each.device_sha256),
        key=lambda each: (each.device_sha256, each.checked_at),
    )
    groups = [list(group) for _device, group in groupby(known, lambda each: each.device_sha256)]
    return sorted(
        (group for group in groups if len(group) > 1), key=lambda group: group[0].checked_at
    )


def in_one_second(seen: Iterable[AnySeen]) -> list[list[AnySeen]]:
    """Check-ins of the same second that came from different networks.

    It proves nothing: one phone is in the room's network and another has its own. It is what is
    seen as well when a code is passed on to somebody who is elsewhere.
    """
    ordered = sorted(seen, key=lambda each: (each.checked_at, each.network_sha256))
    groups = [
        list(group)
        for _second, group in groupby(
            ordered, lambda each: each.checked_at.astimezone(UTC).replace(microsecond=0)
        )
    ]
    return [group for group in groups if len({each.network_sha256 for each in group}) > 1]
