"""Decisions about questionnaires and answers."""

from enum import StrEnum

SMALLEST_GROUP = 5


class About(StrEnum):
    """What a questionnaire asks about."""

    SESSION = "session"
    COURSE = "course"
