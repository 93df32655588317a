"""What the same people said before and after a course, joined by a code that only they know."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from courseware.cohorts.models import Cohort
from courseware.db import db
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackResponse,
    FeedbackRound,
    Questionnaire,
)
from courseware.feedback.results_rules import Results
from courseware.feedback.rules import About, Moment
from courseware.feedback.skills_rules import Pair, Skills, skills_of


def read_skills(cohort: Cohort, found: Sequence[Results]) -> tuple[Skills, ...]:
    """The before and after of a cohort, from the results that were `found` for it.

    Told once both rounds are closed. Two queries for each questionnaire that was asked twice.
    """
    told = {
        (each.questionnaire.code, each.moment): each
        for each in found
        if each.questionnaire.about is About.SKILLS
    }
    compared = []
    for (code, moment), after in told.items():
        before = told.get((code, Moment.BEFORE))
        if moment is Moment.AFTER and before is not None:
            compared.append(skills_of(before, after, _pairs(cohort, code)))
    return tuple(compared)


def _pairs(cohort: Cohort, code: str) -> dict[str, list[Pair]]:
    """The pairs of ratings by question, in the order of their codes, which tells nothing."""
    rounds = (
        select(FeedbackRound.id)
        .join(Questionnaire, Questionnaire.id == FeedbackRound.questionnaire_id)
        .where(
            FeedbackRound.cohort_id == cohort.id,
            FeedbackRound.closed_at.is_not(None),
            Questionnaire.code == code,
        )
    )
    # A code that two people made up alike leads to neither of them.
    shared = set(
        db.session.scalars(
            select(FeedbackResponse.pair)
            .where(FeedbackResponse.round_id.in_(rounds), FeedbackResponse.pair.is_not(None))
            .group_by(FeedbackResponse.round_id, FeedbackResponse.pair)
            .having(func.count() > 1)
        )
    )
    first, second = aliased(FeedbackResponse), aliased(FeedbackResponse)
    before, after = aliased(FeedbackAnswer), aliased(FeedbackAnswer)
    rows = db.session.execute(
        select(before.question, first.pair, before.value, after.value)
        .select_from(first)
        .join(second, second.pair == first.pair)
        .join(before, before.response_key == first.key)
        .join(after, (after.response_key == second.key) & (after.question == before.question))
        .where(
            first.round_id.in_(rounds.where(FeedbackRound.moment == Moment.BEFORE)),
            second.round_id.in_(rounds.where(FeedbackRound.moment == Moment.AFTER)),
            before.value > 0,
            after.value > 0,
        )
        .order_by(before.question, first.pair)
    )
    pairs: dict[str, list[Pair]] = {}
    for question, pair, rated, rated_later in rows:
        if pair not in shared:
            pairs.setdefault(question, []).append((rated or 0, rated_later or 0))
    return pairs
