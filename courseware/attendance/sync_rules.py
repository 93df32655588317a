"""Marks that a device kept until there was a network: what each says, what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from courseware.attendance.rules import Presence
from courseware.messages import Message

NO_MARK = "none"
SENT_LATER = timedelta(minutes=2)
"""A mark that reaches us later than this after it was made was made without a network."""
LONGEST_WAIT = timedelta(days=60)


class Outcome(StrEnum):
    """What became of a mark that was sent. A device keeps all but the saved ones."""

    SAVED = "saved"
    MEANWHILE = "meanwhile"
    REFUSED = "refused"


@dataclass(frozen=True)
class SentMark:
    """One mark as a device sent it; `seen` is what the cell said when it was made."""

    key: str
    enrolment: str
    presence: Presence | None = None
    note: str = ""
    seen: str = NO_MARK
    waited: timedelta = timedelta()
    problem: str = ""


@dataclass(frozen=True)
class SentWalkIn:
    """Somebody who is not on the list, as a device sent it."""

    key: str
    name: str
    arrived_at: datetime | None = None
    waited: timedelta = timedelta()
    problem: str = ""


@dataclass(frozen=True)
class Answer:
    """What became of one mark; the sentence says why it was refused."""

    key: str
    outcome: Outcome
    sentence: Message | str = ""


def signature(presence: Presence | None, zone: ZoneInfo) -> str:
    """What a cell says, in short; a device sends it back, and we see whether it has changed."""
    if presence is None:
        return NO_MARK
    times = (_clock(presence.arrived_at, zone), _clock(presence.left_at, zone))
    return "|".join((presence.status, *times))


def _clock(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}" if moment else ""


def waiting_time(made: datetime | None, sent: datetime | None) -> timedelta:
    """How long a mark waited on a device, by that device's own clock, right or wrong."""
    if made is None or sent is None:
        return timedelta()
    return min(max(sent - made, timedelta()), LONGEST_WAIT)
