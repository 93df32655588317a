"""Reading what is compared: the groups of one cohort, and the cohorts of a programme over time."""

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select

from courseware.accounts.models import User
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import list_cohorts, list_cohorts_of
from courseware.db import db
from courseware.feedback.compare_rules import CohortFacts
from courseware.feedback.models import (
    FeedbackCode,
    FeedbackRound,
    FeedbackTally,
    FeedbackTicket,
    Questionnaire,
)
from courseware.feedback.questionnaire_service import questions_of
from courseware.feedback.results_rules import Cell, Results, RoundFacts, University, results_of
from courseware.feedback.results_service import read_results
from courseware.feedback.rules import Moment
from courseware.permissions import Permission, may
from courseware.schedule.models import SessionTrainer, TrainingSession
from courseware.schedule.service import organisations_of_trainers


def read_groups(cohort: Cohort) -> tuple[Results, ...]:
    """What the closed rounds of a cohort told, also by the universities of the trainers."""
    found: dict[int, University] = {}
    for trainer, organisation in organisations_of_trainers(cohort).items():
        known = found.get(organisation.id)
        found[organisation.id] = University(
            organisation.short_name,
            organisation.names,
            (known.trainers if known else frozenset()) | {trainer},
        )
    universities = sorted(found.values(), key=lambda each: (each.code, sorted(each.trainers)))
    return read_results(cohort, universities=universities)


def cohorts_to_compare(cohort: Cohort, user: User) -> list[Cohort]:
    """The cohorts of the same programme whose feedback this person may read, the earliest first."""
    if may(user, Permission.SEE_FEEDBACK, cohort.programme):
        found = list_cohorts_of(cohort.programme)
    else:
        found = [
            each
            for each in list_cohorts(user)
            if each.programme_id == cohort.programme_id and may(user, Permission.SEE_FEEDBACK, each)
        ]
    return sorted(found, key=lambda each: (each.starts_on, each.id))


def public_ids_of_trainers(cohort: Cohort) -> dict[str, str]:
    """The addresses of those who lead sessions, by their number as a text."""
    led = (
        select(User.id, User.public_id)
        .join(SessionTrainer, SessionTrainer.user_id == User.id)
        .join(TrainingSession, TrainingSession.id == SessionTrainer.training_session_id)
        .where(TrainingSession.cohort_id == cohort.id)
        .distinct()
    )
    return {str(row.id): row.public_id for row in db.session.execute(led)}


def read_cohorts(cohorts: Sequence[Cohort], key: str) -> list[CohortFacts]:
    """What each of several cohorts of one programme told at one asking: see Results.key.

    Only totals: no groups and no comments. A fixed number of queries, however many cohorts.
    """
    code, _dash, moment = key.rpartition("-")
    wanted = (
        select(FeedbackRound.id)
        .join(Questionnaire, Questionnaire.id == FeedbackRound.questionnaire_id)
        .where(
            FeedbackRound.cohort_id.in_([each.id for each in cohorts]),
            FeedbackRound.closed_at.is_not(None),
            FeedbackRound.moment == Moment(moment),
            Questionnaire.code == code,
        )
    )
    invited = _invited(wanted)
    questions = {
        each.id: questions_of(each)
        for each in db.session.scalars(
            select(Questionnaire).where(
                Questionnaire.id.in_(
                    select(FeedbackRound.questionnaire_id).where(FeedbackRound.id.in_(wanted))
                )
            )
        )
    }
    rounds: dict[int, list[RoundFacts]] = {}
    asked = FeedbackRound
    for row in db.session.execute(
        # By the time of closing, because pools of small groups must not change later.
        select(
            asked.id, asked.cohort_id, asked.questionnaire_id, asked.moment, asked.answered,
            asked.invited, asked.file_hash, asked.rated, asked.rated_alike,
        )
        .where(asked.id.in_(wanted))
        .order_by(asked.closed_at, asked.id)
    ):  # fmt: skip
        facts = RoundFacts(
            id=row.id,
            questionnaire=questions[row.questionnaire_id],
            moment=row.moment,
            answered=row.answered or 0,
            invited=row.invited if row.file_hash else invited.get(row.id),
            rated=row.rated or 0,
            rated_alike=row.rated_alike or 0,
        )
        rounds.setdefault(row.cohort_id, []).append(facts)
    cohort_of = {each.id: cohort for cohort, of in rounds.items() for each in of}
    counts: dict[int, dict[Cell, dict[int, int]]] = {}
    tally = FeedbackTally
    for round_id, question, trainer, value, count in db.session.execute(
        select(tally.round_id, tally.question, tally.trainer_id, tally.value, tally.count).where(
            tally.round_id.in_(wanted)
        )
    ):
        of = counts.setdefault(cohort_of[round_id], {})
        of.setdefault((round_id, question, trainer or None), {})[value] = count
    told = []
    for cohort in cohorts:
        for results in results_of(rounds.get(cohort.id, ()), counts.get(cohort.id, {}), {}):
            told.append(CohortFacts(cohort.code, {}, results))
    return told


def _invited(wanted: object) -> dict[int, int]:
    """How many may answer: those with a ticket, else those for whom a code was made."""
    found: dict[int, int] = {}
    tables: Iterable = (FeedbackCode, FeedbackTicket)
    for table in tables:
        counted = select(table.round_id, func.count()).where(table.round_id.in_(wanted))
        for round_id, count in db.session.execute(counted.group_by(table.round_id)):
            found[round_id] = count
    return found
