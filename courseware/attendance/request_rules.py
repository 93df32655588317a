"""What participants ask for: to be excused beforehand, to have a mark looked at again."""

from datetime import datetime, timedelta
from enum import StrEnum

from courseware.messages import N_, Message

LONGEST_TEXT = 2_000
MOST_PAGES = 5
"""Pages of a paper that goes with a notice."""


class NoticeState(StrEnum):
    """How far an announced absence has come."""

    ANNOUNCED = "announced"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TAKEN_BACK = "taken_back"

    @property
    def can_be_announced_again(self) -> bool:
        """Whether the participant may say so once more, with another reason or a paper."""
        return self in (NoticeState.DECLINED, NoticeState.TAKEN_BACK)


class ReviewState(StrEnum):
    """How far a question about a mark has come."""

    ASKED = "asked"
    CHANGED = "changed"
    KEPT = "kept"


def notice_problem(
    *, code: str, starts_at: datetime, before: NoticeState | None, now: datetime
) -> Message | None:
    """Why an absence from a session cannot be announced; None where it can."""
    if now >= starts_at:
        return Message(
            N_(
                "Session %(code)s has begun: an absence is announced beforehand. "
                "Speak with the trainer."
            ),
            code=code,
        )
    if before is not None and not before.can_be_announced_again:
        return Message(
            N_("You have announced your absence from session %(code)s already."), code=code
        )
    return None


def can_be_reviewed_until(*, ends_at: datetime, days: int) -> datetime | None:
    """The last moment to ask about a mark; None where the programme takes no questions."""
    return ends_at + timedelta(days=days) if days else None


def review_problem(
    *, code: str, ends_at: datetime, days: int, was_asked: bool, now: datetime
) -> Message | None:
    """Why a mark cannot be asked about; None where it can."""
    until = can_be_reviewed_until(ends_at=ends_at, days=days)
    if was_asked:
        return Message(N_("You have asked about session %(code)s already."), code=code)
    if until is None:
        return Message(
            N_("This programme takes no questions about marks. Speak with the coordinator.")
        )
    if now < ends_at:
        return Message(
            N_("Session %(code)s is not over yet. Ask when its register is filled."), code=code
        )
    if now > until:
        return Message(
            N_(
                "A mark can be asked about for %(days)s days after its session, and session "
                "%(code)s is longer ago. Speak with the coordinator."
            ),
            days=days,
            code=code,
        )
    return None
