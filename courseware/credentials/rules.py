"""Decisions about who has earned a credential."""

from enum import StrEnum


class BatchState(StrEnum):
    QUEUED = "queued"
    PRINTING = "printing"
    DONE = "done"
