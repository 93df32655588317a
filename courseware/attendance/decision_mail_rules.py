"""When coordinators are told what waits for a decision, and what is new in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

MORNING = time(7)
"""What came about until then is told, where the cohort meets: before the first session of a day."""

FIRST = timedelta(days=7)
"""What is older than this when a cohort is looked at for the first time is no news."""


@dataclass(frozen=True)
class Arisen:
    """When something came about that waits for a decision, and by whom where it was staff."""

    at: datetime
    by_id: int | None = None


def last_morning(now: datetime, zone: str) -> datetime:
    """The last seven o'clock until now."""
    local = now.astimezone(ZoneInfo(zone))
    morning = datetime.combine(local.date(), MORNING, local.tzinfo)
    return morning if morning <= local else morning - timedelta(days=1)


def is_news(arisen: Iterable[Arisen], *, since: datetime, until: datetime, reader_id: int) -> bool:
    """Whether something came about in this time that the reader did not do."""
    return any(since < each.at <= until and each.by_id != reader_id for each in arisen)
