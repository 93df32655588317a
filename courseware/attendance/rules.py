"""Decisions about marks."""

from enum import StrEnum


class AttendanceStatus(StrEnum):
    PRESENT = "present"
    LATE = "late"
    LEFT_EARLY = "left_early"
    PARTIAL = "partial"
    EXCUSED = "excused"
    ABSENT = "absent"


class MarkSource(StrEnum):
    """How a mark was made."""

    TRAINER = "trainer"
    COORDINATOR = "coordinator"
    CHECK_IN = "check_in"
    IMPORT = "import"
    PAPER = "paper"
    OFFLINE = "offline"


class ImportState(StrEnum):
    REVIEW = "review"
    ACCEPTED = "accepted"
    DISCARDED = "discarded"
