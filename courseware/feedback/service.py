"""Asking for feedback: rounds, their answers, and whom they are about."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import joinedload, lazyload

from courseware import audit
from courseware.accounts.models import User
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db, new_public_id, only_once
from courseware.errors import Refused
from courseware.feedback.answer_rules import Answer
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackCode,
    FeedbackResponse,
    FeedbackRound,
    FeedbackTicket,
    Questionnaire,
)
from courseware.feedback.rules import MOMENTS, About, Moment
from courseware.messages import N_, Message
from courseware.permissions import Role, roles_on
from courseware.schedule.models import SessionTrainer, TrainerPart, TrainingSession
from courseware.schedule.service import list_sessions

DAYS_OPEN = {
    About.SESSION: 7,
    About.COURSE: 14,
    About.SKILLS: 7,
    About.FOLLOW_UP: 21,
    About.NEEDS: 21,
}
"""For how many days a round stays open unless somebody says otherwise."""


@roles_on.register
def _roles_on_round(subject: FeedbackRound, user: User) -> set[Role]:
    return roles_on(subject.cohort, user)


def find_round(public_id: str) -> FeedbackRound | None:
    """The round at this address, with its session and trainers."""
    return db.session.scalar(
        select(FeedbackRound).where(FeedbackRound.public_id == public_id).options(*WHOLE)
    )


WHOLE = (
    joinedload(FeedbackRound.training_session)
    .selectinload(TrainingSession.trainers)
    .joinedload(SessionTrainer.user),
)


def find_round_at(
    cohort: Cohort,
    questionnaire: Questionnaire,
    training_session: TrainingSession | None,
    moment: Moment | None = None,
) -> FeedbackRound | None:
    """The round that asks this questionnaire about this session or the course, at this moment."""
    return db.session.scalar(
        select(FeedbackRound).where(
            FeedbackRound.cohort_id == cohort.id,
            FeedbackRound.questionnaire_id == questionnaire.id,
            FeedbackRound.place == (training_session.code if training_session else ""),
            FeedbackRound.moment == (moment or MOMENTS[questionnaire.about][0]),
        )
    )


def is_open(asked: FeedbackRound, *, now: datetime) -> bool:
    """Whether answers are taken."""
    return asked.opened_at is not None and asked.closed_at is None and now < asked.closes_at


def open_round(
    cohort: Cohort,
    questionnaire: Questionnaire,
    training_session: TrainingSession | None,
    *,
    moment: Moment | None = None,
    closes_at: datetime | None = None,
    is_by_mail: bool = False,
    reminders: int = 0,
    by: User | None,
    now: datetime,
) -> FeedbackRound:
    """Ask a cohort now; what was planned for later is asked at once. Twice is refused."""
    moment = moment or MOMENTS[questionnaire.about][0]
    if (questionnaire.about is About.SESSION) != (training_session is not None):
        raise Refused(
            Message(
                N_("“%(code)s” is about %(about)s; open it for that."),
                code=questionnaire.code,
                about=questionnaire.about.value,
            )
        )
    if moment not in MOMENTS[questionnaire.about]:
        raise Refused(Message(N_("This questionnaire is not asked at this moment.")))
    closes_at = closes_at or now + timedelta(days=DAYS_OPEN[questionnaire.about])
    if closes_at <= now:
        raise Refused(Message(N_("Feedback cannot close before it opens. Choose a later day.")))
    asked = find_round_at(cohort, questionnaire, training_session, moment)
    if asked is None:
        asked = FeedbackRound(
            questionnaire=questionnaire,
            cohort=cohort,
            training_session=training_session,
            place=training_session.code if training_session else "",
            moment=moment,
            opens_at=now,
            closes_at=closes_at,
        )
        if not only_once(db.session, asked):
            raise Refused(_OPENED_BEFORE)
    elif asked.opened_at is not None:
        raise Refused(_OPENED_BEFORE)
    asked.opens_at, asked.closes_at = now, closes_at
    asked.is_by_mail, asked.reminders = is_by_mail, reminders
    if not begin_round(asked, by=by, now=now):
        raise Refused(_OPENED_BEFORE)
    return asked


_OPENED_BEFORE = Message(N_("This feedback has been opened before. Nothing was changed."))


def begin_round(asked: FeedbackRound, *, by: User | None, now: datetime) -> bool:
    """Open a planned round: everybody enrolled gets a ticket. False where another was quicker.

    What is opened late stays open as long as it was planned to; before a course, only until then.
    """
    locked = db.session.scalar(
        select(FeedbackRound)
        .where(FeedbackRound.id == asked.id)
        .with_for_update(of=FeedbackRound)
        .execution_options(populate_existing=True)
    )
    if locked is None or locked.opened_at is not None:
        return False
    if locked.moment is not Moment.BEFORE:
        locked.closes_at += now - locked.opens_at
    locked.opens_at = locked.opened_at = now
    if locked.questionnaire.about is not About.NEEDS:  # companies are not enrolled: they get codes
        enrolments = db.session.scalars(active_enrolments(locked.cohort)).all()
        tickets = [
            {"round_id": locked.id, "enrolment_id": each.id, "is_spent": False}
            for each in enrolments
        ]
        if tickets:
            db.session.execute(insert(FeedbackTicket), tickets)
    code = locked.questionnaire.code
    audit.record("open feedback", locked, by=by, now=now, questionnaire=code)
    return True


def active_enrolments(cohort: Cohort) -> Any:
    return (
        select(Enrolment)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None))
        .order_by(Enrolment.id)
    )


@dataclass(frozen=True)
class Seat:
    """Who may answer: a ticket of somebody enrolled, or a code that belongs to nobody."""

    asked: FeedbackRound
    enrolment_id: int | None
    is_spent: bool
    token: str = ""
    code_hash: str = ""


def make_ticket(asked: FeedbackRound, enrolment_id: int) -> None:
    if db.session.get(FeedbackTicket, (asked.id, enrolment_id)) is None:
        only_once(db.session, FeedbackTicket(round_id=asked.id, enrolment_id=enrolment_id))


class Spent(Refused):
    """This person has answered before."""


def trainers_asked_about(asked: FeedbackRound) -> list[User]:
    """Whom the trainers' part of a round is about: lead first."""
    if asked.training_session is None:
        return []
    return [each.user for each in asked.training_session.trainers]


def submit_answers(
    seat: Seat, answers: Sequence[Answer], *, pair: str | None = None, now: datetime
) -> None:
    """Spend the ticket or code and store the answers, apart from each other.

    Of two submissions at once, one is refused. Nothing is written to the audit log.
    """
    asked = db.session.scalar(
        select(FeedbackRound)
        .where(FeedbackRound.id == seat.asked.id)
        .with_for_update(read=True, of=FeedbackRound)
        .options(lazyload(FeedbackRound.questionnaire), lazyload(FeedbackRound.cohort))
        .execution_options(populate_existing=True)
    )
    if asked is None or not is_open(asked, now=now):
        raise Refused(Message(N_("This feedback is closed. Your answers were not stored.")))
    _spend(asked, seat)
    store_responses(asked, [answers], trainer_ids(asked.training_session), pair=pair)


def _spend(asked: FeedbackRound, seat: Seat) -> None:
    if seat.enrolment_id is None:
        if _all_have_answered(asked):
            raise Refused(
                Message(N_("As many people as are enrolled have answered. Nothing was stored."))
            )
        is_mine = _mark_spent(FeedbackCode, asked, FeedbackCode.token_hash == seat.code_hash)
    else:
        ticket = FeedbackTicket.enrolment_id == seat.enrolment_id
        is_mine = _mark_spent(FeedbackTicket, asked, ticket)
        if not is_mine:  # unless it is spent, there is none yet: somebody enrolled late
            make_ticket(asked, seat.enrolment_id)
            is_mine = _mark_spent(FeedbackTicket, asked, ticket)
    if not is_mine:
        raise Spent(Message(N_("Your feedback has been given already. Thank you.")))


def _mark_spent(table: Any, asked: FeedbackRound, mine: Any) -> bool:
    spent = db.session.execute(
        update(table)
        .where(table.round_id == asked.id, mine, table.is_spent.is_(False))
        .values(is_spent=True)
        .execution_options(synchronize_session=False)
    )
    return bool(spent.rowcount == 1)  # type: ignore[attr-defined]


def _all_have_answered(asked: FeedbackRound) -> bool:
    """Whether what was spent is as much as there are tickets, where there are tickets."""
    tickets = select(func.count()).where(FeedbackTicket.round_id == asked.id)
    codes = select(func.count()).where(FeedbackCode.round_id == asked.id, FeedbackCode.is_spent)
    counts = db.session.execute(
        select(
            tickets.scalar_subquery(),
            tickets.where(FeedbackTicket.is_spent).scalar_subquery(),
            codes.scalar_subquery(),
        )
    ).one()
    return bool(counts[0]) and counts[1] + counts[2] >= counts[0]


def store_responses(
    asked: FeedbackRound,
    responses: Sequence[Sequence[Answer]],
    trainer_ids: Mapping[str, int],
    *,
    pair: str | None = None,
) -> None:
    """Write responses under random keys, texts apart from figures."""
    rows, answers = [], []
    for response in responses:
        key = new_public_id()
        rows.append({"key": key, "round_id": asked.id, "pair": pair})
        for answer in response:
            answers.append(
                {
                    "key": new_public_id(),
                    "round_id": asked.id,
                    "response_key": key if answer.text is None else None,
                    "question": answer.question,
                    "trainer_id": trainer_ids[answer.trainer] if answer.trainer else None,
                    "value": answer.value,
                    "text": answer.text,
                }
            )
    chance = random.SystemRandom()
    chance.shuffle(rows)
    chance.shuffle(answers)
    if rows:
        db.session.execute(insert(FeedbackResponse), rows)
    if answers:
        db.session.execute(insert(FeedbackAnswer), answers)


def sessions_by_code(cohort: Cohort) -> dict[str, TrainingSession]:
    """The sessions of a cohort by their code in small letters."""
    return {each.code.casefold(): each for each in list_sessions(cohort)}


def trainer_tags(training_session: TrainingSession) -> dict[str, str]:
    """What may name a trainer in the head of a column: the address, lead, co-trainer, …"""
    tags: dict[str, str] = {}
    others = 0
    for each in training_session.trainers:
        if each.user.email:
            tags[each.user.email.casefold()] = each.user.public_id
        if each.part is TrainerPart.LEAD:
            tags.setdefault("lead", each.user.public_id)
            continue
        others += 1
        tags["co-trainer" if others == 1 else f"co-trainer {others}"] = each.user.public_id
    return tags


def trainer_ids(training_session: TrainingSession | None) -> dict[str, int]:
    """The trainers of a session: public ids and the ids they are stored under."""
    if training_session is None:
        return {}
    return {each.user.public_id: each.user.id for each in training_session.trainers}


def count_enrolled(cohort: Cohort) -> int:
    """How many people are enrolled."""
    active = active_enrolments(cohort).order_by(None).subquery()
    return db.session.scalar(select(func.count()).select_from(active)) or 0


def list_imported_rounds(
    cohort: Cohort, questionnaire: Questionnaire, file_hash: str, session: str
) -> list[FeedbackRound]:
    """The rounds that this very file made earlier."""
    found = db.session.scalars(
        select(FeedbackRound).where(
            FeedbackRound.cohort_id == cohort.id,
            FeedbackRound.questionnaire_id == questionnaire.id,
            FeedbackRound.file_hash == file_hash,
        )
    )
    return [each for each in found if not session or each.place.casefold() == session.casefold()]


def add_imported_round(
    cohort: Cohort,
    questionnaire: Questionnaire,
    training_session: TrainingSession | None,
    *,
    invited: int | None,
    file_hash: str,
    by: User | None,
    now: datetime,
) -> FeedbackRound:
    """A round whose answers come from a file: closed from its beginning, without tickets."""
    asked = FeedbackRound(
        questionnaire=questionnaire,
        cohort=cohort,
        training_session=training_session,
        place=training_session.code if training_session else "",
        moment=MOMENTS[questionnaire.about][0],
        opens_at=now,
        opened_at=now,
        closes_at=now,
        closed_at=now,
        invited=invited,
        file_hash=file_hash,
    )
    if not only_once(db.session, asked):
        raise Refused(
            Message(
                N_("There is feedback “%(code)s” on %(place)s already. Nothing was imported."),
                code=questionnaire.code,
                place=asked.place or cohort.code,
            )
        )
    audit.record("import feedback", asked, by=by, now=now, questionnaire=questionnaire.code)
    return asked
