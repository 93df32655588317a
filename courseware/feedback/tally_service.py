"""Counting a closed round once: it cannot change, so nothing has to be counted again."""

from sqlalchemy import delete, func, insert, literal_column, select

from courseware.db import db
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackResponse,
    FeedbackRound,
    FeedbackTally,
)
from courseware.feedback.questionnaire_service import questions_of
from courseware.feedback.tally_rules import LEAST_RATINGS, rating_keys


def count_round(asked: FeedbackRound) -> None:
    """Keep what a round counted: each value of each question, responses, ratings all alike.

    To be called once the round's answers are all there: by closing it, and by importing it.
    """
    db.session.execute(delete(FeedbackTally).where(FeedbackTally.round_id == asked.id))
    trainer = func.coalesce(FeedbackAnswer.trainer_id, literal_column("0"))
    cell = (FeedbackAnswer.round_id, FeedbackAnswer.question, trainer, FeedbackAnswer.value)
    db.session.execute(
        insert(FeedbackTally).from_select(
            ["round_id", "question", "trainer_id", "value", "count"],
            select(*cell, func.count())
            .where(FeedbackAnswer.round_id == asked.id, FeedbackAnswer.value.is_not(None))
            .group_by(*cell),
        )
    )
    asked.answered = db.session.scalar(
        select(func.count()).where(FeedbackResponse.round_id == asked.id)
    )
    asked.rated, asked.rated_alike = _count_alike(asked)


def _count_alike(asked: FeedbackRound) -> tuple[int, int]:
    """How many responses rated enough to tell, and how many of them rated everything alike."""
    keys = rating_keys(questions_of(asked.questionnaire))
    if not keys:
        return 0, 0
    least, most = func.min(FeedbackAnswer.value), func.max(FeedbackAnswer.value)
    rated = (
        select((least == most).label("is_alike"))
        .where(
            FeedbackAnswer.round_id == asked.id,
            FeedbackAnswer.question.in_(keys),
            FeedbackAnswer.value > 0,
            FeedbackAnswer.response_key.is_not(None),
        )
        .group_by(FeedbackAnswer.response_key)
        .having(func.count() >= LEAST_RATINGS)
        .subquery()
    )
    row = db.session.execute(
        select(func.count(), func.count().filter(rated.c.is_alike)).select_from(rated)
    ).one()
    return row[0], row[1]
