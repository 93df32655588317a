"""All routes of feedback: for those who run it, for those who answer, for questionnaires."""

from courseware.feedback import (
    answer_views,
    comment_views,
    question_views,
    questionnaire_views,
    recommendation_views,
    slip_views,
    summary_views,
)
from courseware.feedback.cohort_views import bp

__all__ = [
    "answer_views",
    "bp",
    "comment_views",
    "question_views",
    "questionnaire_views",
    "recommendation_views",
    "slip_views",
    "summary_views",
]
