"""When feedback is asked by itself: moments, reminders, and the plan that most programmes want."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from courseware.feedback.rules import MOMENTS, About, Moment
from courseware.messages import N_, Message

MOST_MINUTES = 60 * 24 * 730
MOST_REMINDERS = 2
LATE = timedelta(days=1)
"""What should have been asked longer ago than this is not asked any more when a plan is made."""


@dataclass(frozen=True)
class Ask:
    """One line of a plan: when something is asked, for how long, how loudly.

    `minutes` are counted from the moment, and are negative before it.
    """

    moment: Moment
    minutes: int = 0
    days_open: int = 7
    is_by_mail: bool = True
    reminders: int = MOST_REMINDERS


USUAL = (
    (About.SESSION, Ask(Moment.SESSION, minutes=0, days_open=3)),
    (About.SKILLS, Ask(Moment.BEFORE, minutes=-7 * 1440, days_open=8)),
    (About.SKILLS, Ask(Moment.AFTER, minutes=0, days_open=14)),
    (About.COURSE, Ask(Moment.AFTER, minutes=0, days_open=14)),
    (About.FOLLOW_UP, Ask(Moment.FOLLOW_UP, minutes=90 * 1440, days_open=21)),
)
"""What is asked, and when, unless a programme wants it otherwise."""

FOLLOW_UP_AFTER = timedelta(days=90)


@dataclass(frozen=True)
class Span:
    """From when to when a session or a course takes place."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Times:
    """When a round opens and closes."""

    opens_at: datetime
    closes_at: datetime

    def is_worth_planning(self, moment: Moment, now: datetime) -> bool:
        """Whether it can still be asked at about the right time; before a course, until the end."""
        return self.closes_at > now and (moment is Moment.BEFORE or self.opens_at > now - LATE)


def times_of(ask: Ask, span: Span) -> Times:
    """When a line of a plan is asked about this session, or about this course."""
    start = span.begins if ask.moment is Moment.BEFORE else span.ends
    opens_at = start + timedelta(minutes=ask.minutes)
    return Times(opens_at, opens_at + timedelta(days=ask.days_open))


def reminders_due(opened_at: datetime, closes_at: datetime, reminders: int, now: datetime) -> int:
    """How many reminders should have gone by now: two at a third and at two thirds of the time."""
    if now >= closes_at:
        return 0
    part = (closes_at - opened_at) / (reminders + 1)
    return sum(1 for turn in range(1, reminders + 1) if now >= opened_at + part * turn)


UNITS = {"minutes": 1, "hours": 60, "days": 1440}


def in_units(minutes: int) -> tuple[int, str]:
    """Minutes in the largest unit that they fill: 1440 are one day."""
    for unit in ("days", "hours"):
        if minutes and minutes % UNITS[unit] == 0:
            return minutes // UNITS[unit], unit
    return minutes, "minutes"


def check_ask(values: dict[str, Any], about: About | None) -> tuple[Ask | None, dict[str, Message]]:
    """Read a line of a plan as a form says it, or one sentence for each field that is wrong."""
    wrong: dict[str, Message] = {}
    moment = values.get("moment", "")
    if about is None:
        wrong["questionnaire"] = Message(N_("Choose a questionnaire."))
    elif moment not in MOMENTS[about]:
        wrong["moment"] = Message(N_("This questionnaire is not asked at this moment."))
    number = _whole(values.get("number", ""), 0, MOST_MINUTES)
    unit = values.get("unit", "")
    minutes = 0 if number is None or unit not in UNITS else number * UNITS[unit]
    if number is None or unit not in UNITS or minutes > MOST_MINUTES:
        wrong["number"] = Message(N_("Enter a whole number, at most two years."))
    if values.get("side") == "before":
        minutes = -minutes
    days = _whole(values.get("days_open", ""), 1, 365)
    if days is None:
        wrong["days_open"] = Message(N_("Enter a number of days from 1 to 365."))
    reminders = _whole(values.get("reminders", ""), 0, MOST_REMINDERS)
    if reminders is None:
        wrong["reminders"] = Message(N_("Choose none, one or two."))
    if wrong or days is None or reminders is None:
        return None, wrong
    return Ask(Moment(moment), minutes, days, values.get("is_by_mail") == "yes", reminders), {}


def _whole(text: str, least: int, most: int) -> int | None:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        return None
    return int(text) if least <= int(text) <= most else None
