"""All routes of feedback: for those who run it, for those who answer, for questionnaires."""

from courseware.feedback import (
    answer_views,
    asking_views,
    comment_views,
    compare_views,
    plan_views,
    question_views,
    questionnaire_views,
    recommendation_views,
    report_views,
    slip_views,
    summary_views,
)
from courseware.feedback.cohort_views import bp

__all__ = [
    "answer_views",
    "asking_views",
    "bp",
    "comment_views",
    "compare_views",
    "plan_views",
    "question_views",
    "questionnaire_views",
    "recommendation_views",
    "report_views",
    "slip_views",
    "summary_views",
]
