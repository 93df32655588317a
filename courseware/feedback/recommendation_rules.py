"""Recommendations: for whom they are, how far they are, and which evidence they stand on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import Any

from courseware.feedback.rules import Best, Kind, Question, Texts, clean
from courseware.messages import N_, Message

LONGEST_RECOMMENDATION = 1000
LONGEST_NOTE = 2000
REMINDER_EVERY = timedelta(days=7)
"""Nobody is reminded of the same recommendation more often."""

USUAL_TIME = timedelta(days=60)
"""Within this time a recommendation is due, unless somebody says otherwise."""

TENTHS_LOW, TENTHS_HIGH = 10, 50
"""The limit of a programme is given in tenths of a scale from 1 to 5."""


class Addressee(StrEnum):
    """Who a recommendation is for."""

    PARTNER = "partner"
    COMPANY = "company"
    MINISTRY = "ministry"


class RecommendationState(StrEnum):
    """How far a recommendation is."""

    OPEN = "open"
    UNDER_WAY = "under_way"
    DONE = "done"
    DROPPED = "dropped"

    @property
    def is_finished(self) -> bool:
        """Whether nobody has to do anything any more."""
        return self in (RecommendationState.DONE, RecommendationState.DROPPED)


class Part(StrEnum):
    """Which answers a figure was made of."""

    ALL = "all"
    MODULE = "module"
    SESSION = "session"
    TRAINER = "trainer"
    UNIVERSITY = "university"


@dataclass(frozen=True)
class Evidence:
    """What a recommendation stands on, as it was when the recommendation was made.

    A figure: the question with its n, its mean in hundredths and the points of its scale. A
    comment: only its key, so that a comment that is hidden later is hidden here as well.
    """

    questionnaire: str = ""
    question: str = ""
    titles: Texts | None = None
    part: Part = Part.ALL
    group: str = ""
    group_titles: Texts | None = None
    n: int = 0
    hundredths: int | None = None
    points: int = 0
    comment: str = ""

    @property
    def is_figure(self) -> bool:
        return self.hundredths is not None

    @property
    def is_about_a_person(self) -> bool:
        """Whether it may say something of one trainer, which is not for everybody."""
        return self.part in (Part.TRAINER, Part.UNIVERSITY) or bool(self.comment)

    @property
    def mean(self) -> Fraction | None:
        return None if self.hundredths is None else Fraction(self.hundredths, 100)

    def plain(self) -> dict[str, Any]:
        """As it is stored; what is empty is left out."""
        return {
            name: value.value if isinstance(value, Part) else value
            for name, value in self.__dict__.items()
            if value not in (None, "", 0, {}) and value is not Part.ALL
        }


def evidence_from(stored: Mapping[str, Any]) -> Evidence:
    """The evidence as `plain` wrote it; keys of a later version are passed over."""
    known = {name: stored[name] for name in Evidence.__dataclass_fields__ if name in stored}
    if "part" in known:
        known["part"] = Part(known["part"])
    return Evidence(**known)


def hundredths(mean: Fraction) -> int:
    """A mean in whole hundredths, rounded half up."""
    return int(mean * 200 + 1) // 2


def limit_on(question: Question, tenths: int) -> Fraction | None:
    """A programme's limit on the scale of this question; None where no end of it is good.

    The limit keeps its place between the ends: 3.5 of 1–5 is 6.25 on the scale from 0 to 10.
    """
    if question.kind is Kind.RECOMMENDATION:
        return _limit_between(0, 10, tenths)
    if question.kind is Kind.SCALE and question.best is Best.HIGH:
        return _limit_between(1, question.points, tenths)
    return None


@cache
def _limit_between(low: int, high: int, tenths: int) -> Fraction:
    return low + (high - low) * Fraction(tenths - TENTHS_LOW, TENTHS_HIGH - TENTHS_LOW)


def is_low(question: Question, mean: Fraction | None, tenths: int) -> bool:
    """Whether a mean is under the programme's limit."""
    limit = limit_on(question, tenths)
    return mean is not None and limit is not None and mean < limit


def is_overdue(state: RecommendationState, due_on: date | None, today: date) -> bool:
    """Whether it should have been finished before today."""
    return not state.is_finished and due_on is not None and due_on < today


@dataclass(frozen=True)
class Said:
    """What somebody typed of a recommendation, cleaned."""

    text: str
    addressee: Addressee
    due_on: date | None
    answer: str = ""
    is_shared: bool = True


def check_said(values: Mapping[str, str]) -> tuple[Said | None, dict[str, Message]]:
    """Read what a form says, or one sentence for each field that is wrong."""
    wrong: dict[str, Message] = {}
    text, answer = clean(values.get("text", "")), clean(values.get("answer", ""))
    if not text:
        wrong["text"] = Message(N_("Say what should change."))
    elif len(text) > LONGEST_RECOMMENDATION:
        wrong["text"] = _too_long(LONGEST_RECOMMENDATION)
    if len(answer) > LONGEST_NOTE:
        wrong["answer"] = _too_long(LONGEST_NOTE)
    addressee = values.get("addressee", "")
    if addressee not in list(Addressee):
        wrong["addressee"] = Message(N_("Choose whom it is for."))
    due_on, typed = None, values.get("due_on", "").strip()
    if typed:
        try:
            due_on = date.fromisoformat(typed)
        except ValueError:
            wrong["due_on"] = Message(N_("Write the day as 2026-05-31, or leave it empty."))
    if wrong:
        return None, wrong
    return (
        Said(text, Addressee(addressee), due_on, answer, values.get("is_shared", "") == "yes"),
        {},
    )


def check_step(state: RecommendationState, note: str, answer: str) -> Message | None:
    """Why a step to `state` cannot be taken; None where it can."""
    if state is RecommendationState.DROPPED and not note:
        return Message(N_("Say why it is dropped."))
    if state is RecommendationState.DONE and not answer:
        return Message(N_("Say what was done: the next participants read it."))
    if len(note) > LONGEST_NOTE:
        return _too_long(LONGEST_NOTE)
    return None


def _too_long(most: int) -> Message:
    return Message(N_("At most %(most)s characters fit here."), most=most)
