"""What participants ask for: to be excused beforehand, to have a mark looked at again."""

from enum import StrEnum


class NoticeState(StrEnum):
    """How far an announced absence has come."""

    ANNOUNCED = "announced"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"


class ReviewState(StrEnum):
    """How far a question about a mark has come."""

    ASKED = "asked"
    CHANGED = "changed"
    KEPT = "kept"
