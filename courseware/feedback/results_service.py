"""Reading what was answered: counted by the database, told only from closed rounds."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import selectinload

from courseware.accounts.models import User
from courseware.cohorts.models import Cohort
from courseware.db import db
from courseware.feedback.models import (
    CommentNote,
    FeedbackAnswer,
    FeedbackCode,
    FeedbackResponse,
    FeedbackRound,
    FeedbackTally,
    FeedbackTicket,
)
from courseware.feedback.questionnaire_service import questions_of
from courseware.feedback.results_rules import Cell, Results, RoundFacts, University, results_of
from courseware.feedback.rules import Questionnaire
from courseware.feedback.summary_rules import ResponseRate
from courseware.permissions import Permission, may
from courseware.schedule.models import SessionTrainer, TrainingSession


@dataclass(frozen=True)
class RoundLine:
    """One round in a list: how many answered, of how many."""

    asked: FeedbackRound
    rate: ResponseRate


def list_rounds(cohort: Cohort) -> list[RoundLine]:
    """All rounds of a cohort with their response rates: the course first, then by session."""
    rows = db.session.execute(
        select(FeedbackRound, _answered(), _invited())
        .where(FeedbackRound.cohort_id == cohort.id)
        .order_by(FeedbackRound.place, FeedbackRound.id)
        .options(
            selectinload(FeedbackRound.training_session)
            .selectinload(TrainingSession.trainers)
            .joinedload(SessionTrainer.user)
        )
    ).all()
    return [RoundLine(asked, _rate(asked, *counted)) for asked, *counted in rows]


def rate_of(asked: FeedbackRound) -> ResponseRate:
    """How many answered one round, of how many."""
    row = db.session.execute(
        select(_answered(), _invited()).where(FeedbackRound.id == asked.id)
    ).one()
    return _rate(asked, *row)


def _rate(asked: FeedbackRound, answered: int, invited: int) -> ResponseRate:
    return ResponseRate(answered, asked.invited if asked.is_imported else invited)


def _answered() -> ColumnElement[int]:
    """How many answered; of a closed round that is known."""
    responses = (
        select(func.count())
        .where(FeedbackResponse.round_id == FeedbackRound.id)
        .correlate(FeedbackRound)
        .scalar_subquery()
    )
    return func.coalesce(FeedbackRound.answered, responses)


def _invited() -> ColumnElement[int]:
    """How many may answer: those with a ticket, else those for whom a code was made."""
    tickets, codes = (
        select(func.count())
        .where(table.round_id == FeedbackRound.id)
        .correlate(FeedbackRound)
        .scalar_subquery()
        for table in (FeedbackTicket, FeedbackCode)
    )
    return func.coalesce(func.nullif(tickets, 0), codes)


def read_results(
    cohort: Cohort,
    lines: Sequence[RoundLine] | None = None,
    universities: Iterable[University] = (),
    *,
    with_comments: bool = True,
) -> tuple[Results, ...]:
    """What the closed rounds of a cohort told. Two queries beside those of `list_rounds`.

    Hidden comments are left out.
    """
    lines = list_rounds(cohort) if lines is None else lines
    closed = [line for line in lines if line.asked.closed_at is not None]
    # By the time of closing, because pools of small groups must not change later.
    closed.sort(key=lambda line: (line.asked.closed_at, line.asked.id))
    if not closed:
        return ()
    stored = {line.asked.questionnaire_id: line.asked.questionnaire for line in closed}
    questions = {key: questions_of(each) for key, each in stored.items()}
    rounds = [_facts(line, questions[line.asked.questionnaire_id]) for line in closed]
    wanted = select(FeedbackRound.id).where(
        FeedbackRound.cohort_id == cohort.id, FeedbackRound.closed_at.is_not(None)
    )
    tally = FeedbackTally
    counts: dict[Cell, dict[int, int]] = {}
    for round_id, question, trainer, value, count in db.session.execute(
        select(tally.round_id, tally.question, tally.trainer_id, tally.value, tally.count).where(
            tally.round_id.in_(wanted)
        )
    ):
        counts.setdefault((round_id, question, trainer or None), {})[value] = count
    keys = {each.key for asked in questions.values() for each in asked.items if each.is_text}
    comments = _comments(wanted, keys) if with_comments and keys else {}
    return results_of(rounds, counts, comments, universities)


def _comments(rounds: Select[Any], questions: Set[str]) -> dict[Cell, list[str]]:
    """What was written and not hidden; the questions are named so that an index finds them."""
    found: dict[Cell, list[str]] = {}
    answer = FeedbackAnswer
    for round_id, question, about, text in db.session.execute(
        select(answer.round_id, answer.question, answer.trainer_id, answer.text)
        .outerjoin(CommentNote, CommentNote.answer_key == answer.key)
        .where(
            answer.round_id.in_(rounds),
            answer.question.in_(sorted(questions)),
            answer.text.is_not(None),
            CommentNote.hidden_at.is_(None),
        )
        .order_by(answer.key)
    ):
        found.setdefault((round_id, question, about), []).append(text or "")
    return found


def read_earlier(cohort: Cohort, *, by: User) -> dict[str, Results]:
    """What the last cohort of the programme told before this one, by the key of the results.

    Nothing, where `by` may not read that cohort's feedback.
    """
    starts = (Cohort.starts_on < cohort.starts_on) | (
        (Cohort.starts_on == cohort.starts_on) & (Cohort.id < cohort.id)
    )
    earlier = db.session.scalar(
        select(Cohort)
        .where(
            Cohort.programme_id == cohort.programme_id,
            starts,
            select(FeedbackRound.id)
            .where(FeedbackRound.cohort_id == Cohort.id, FeedbackRound.closed_at.is_not(None))
            .exists(),
        )
        .order_by(Cohort.starts_on.desc(), Cohort.id.desc())
        .limit(1)
    )
    if earlier is None or not may(by, Permission.SEE_FEEDBACK, earlier):
        return {}
    return {each.key: each for each in read_results(earlier, with_comments=False)}


def _facts(line: RoundLine, questions: Questionnaire) -> RoundFacts:
    asked, training_session = line.asked, line.asked.training_session
    facts = RoundFacts(
        id=asked.id,
        questionnaire=questions,
        moment=asked.moment,
        answered=line.rate.answered,
        invited=line.rate.invited,
        rated=asked.rated or 0,
        rated_alike=asked.rated_alike or 0,
    )
    if training_session is None:
        return facts
    module = training_session.module
    return replace(
        facts,
        code=training_session.code,
        title=training_session.title,
        module_code=module.code,
        module_titles=module.titles,
        trainers=tuple((each.user.id, each.user.name) for each in training_session.trainers),
    )
