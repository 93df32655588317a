"""Checking in: codes that change, who is known how, and what follows from the minute."""

from enum import StrEnum


class CheckInState(StrEnum):
    """How far a check-in has come. Only the first two make a mark."""

    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    WAITING = "waiting"
    DECLINED = "declined"


class KnownBy(StrEnum):
    """How we know who checked in."""

    SIGN_IN = "sign_in"
    DEVICE = "device"
    LINK = "link"
    MAIL = "mail"
    TRAINER = "trainer"
    NOBODY = "nobody"
