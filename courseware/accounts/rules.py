"""Decisions about people and signing in."""

from datetime import timedelta
from enum import StrEnum

SIGN_IN_LINK_LASTS = timedelta(minutes=30)
SHORTEST_PASSWORD = 12


class Gender(StrEnum):
    """As a person says of themselves; donors ask for it, nobody must answer."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNDISCLOSED = "undisclosed"


def normal_email(text: str) -> str:
    """The form in which an e-mail address is stored and compared."""
    return text.strip().lower()
