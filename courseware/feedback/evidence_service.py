"""What a recommendation can stand on: a figure that is told, or a comment that is shown."""

from collections.abc import Callable, Sequence

from sqlalchemy import select

from courseware.accounts.models import User
from courseware.cohorts.models import Cohort
from courseware.db import db
from courseware.feedback.comment_service import find_comment
from courseware.feedback.questionnaire_service import find_questionnaire_by_code, questions_of
from courseware.feedback.recommendation_rules import Evidence, Part, hundredths
from courseware.feedback.results_rules import GroupResult, Results
from courseware.feedback.results_service import read_results
from courseware.feedback.rules import Kind, Texts
from courseware.feedback.summary_rules import Summary


def find_evidence(
    cohort: Cohort,
    *,
    questionnaire: str = "",
    question: str = "",
    group: str = "",
    comment: str = "",
) -> Evidence | None:
    """What a recommendation would stand on; None for what is not told, or not of this cohort.

    A figure is named by the key of its results (or the code of its questionnaire), the key of
    its question and its group: "" for all, "module:M1", "session:S03", "trainer:<public id>",
    "university:<code>".
    A comment is named by its key.
    """
    if comment:
        return _comment_evidence(cohort, comment)
    results = next(
        (
            each
            for each in read_results(cohort)
            if questionnaire in (each.key, each.questionnaire.code)
        ),
        None,
    )
    part, _colon, code = (group or Part.ALL).partition(":")
    if results is None or part not in list(Part):
        return None
    asked = results.questionnaire.question(question)
    found = _group(results, Part(part), code)
    summary = found[1] if found else None
    told = summary(question) if summary else None
    if asked is None or told is None or told.mean is None or told.is_hidden:
        return None
    return Evidence(
        questionnaire=results.key,
        question=question,
        titles=dict(asked.title),
        part=Part(part),
        group=code,
        group_titles=found[0] if found else None,
        n=told.n,
        hundredths=hundredths(told.mean),
        points=10 if asked.kind is Kind.RECOMMENDATION else asked.points,
    )


def _group(
    results: Results, part: Part, code: str
) -> tuple[Texts, Callable[[str], Summary | None]] | None:
    if part is Part.ALL:
        return {}, results.summary
    groups: Sequence[GroupResult] = {
        Part.MODULE: results.modules,
        Part.SESSION: results.sessions,
        Part.TRAINER: results.trainers,
        Part.UNIVERSITY: results.universities,
    }[part]
    if part is Part.TRAINER:
        person = db.session.scalar(select(User).where(User.public_id == code))
        code = str(person.id) if person else ""
    found = next((each for each in groups if each.code == code), None)
    return (dict(found.titles), found.summary) if found else None


def _comment_evidence(cohort: Cohort, key: str) -> Evidence | None:
    found = find_comment(cohort, key)
    if found is None or found.hidden_reason:
        return None
    asked = find_questionnaire_by_code(cohort.programme, found.questionnaire)
    question = questions_of(asked).question(found.question) if asked else None
    return Evidence(
        questionnaire=found.questionnaire,
        question=found.question,
        titles=dict(question.title) if question else None,
        comment=key,
    )


def comment_text(cohort: Cohort, evidence: Evidence) -> str:
    """The comment that a recommendation stands on; empty where it is hidden by now."""
    found = find_comment(cohort, evidence.comment) if evidence.comment else None
    return found.text if found is not None and not found.hidden_reason else ""
