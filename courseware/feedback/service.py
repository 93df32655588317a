"""Asking for feedback: questionnaires, rounds, tickets, and answers that lead to nobody."""

import hashlib
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any

from flask import current_app
from sqlalchemy import delete, exists, func, insert, select, text, update
from sqlalchemy.orm import joinedload, selectinload

from courseware import audit, mail
from courseware.accounts.models import User
from courseware.accounts.rules import normal_email
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db, new_public_id, only_once
from courseware.errors import Refused
from courseware.feedback.answer_rules import Answer
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackLink,
    FeedbackResponse,
    FeedbackRound,
    FeedbackTicket,
    Questionnaire,
)
from courseware.feedback.questionnaire_rules import plain, questionnaire_from
from courseware.feedback.rules import About
from courseware.feedback.rules import Questionnaire as Questions
from courseware.messages import N_, Message
from courseware.permissions import Role, roles_on
from courseware.programmes.models import Programme
from courseware.schedule.models import SessionTrainer, TrainerPart, TrainingSession
from courseware.schedule.service import list_sessions
from courseware.yaml_files import read_yaml

AddressOf = Callable[[str], str]

DAYS_OPEN = {About.SESSION: 7, About.COURSE: 14}
"""For how many days a round stays open unless somebody says otherwise."""


@roles_on.register
def _roles_on_round(subject: FeedbackRound, user: User) -> set[Role]:
    return roles_on(subject.cohort, user)


@roles_on.register
def _roles_on_questionnaire(subject: Questionnaire, user: User) -> set[Role]:
    return roles_on(subject.programme, user)


# Questionnaires -----------------------------------------------------------------------------


def shipped_questionnaires() -> dict[str, Questions]:
    """The questionnaires that come with the product, by code."""
    folder = files("courseware.feedback") / "questionnaires"
    found = [questionnaire_from(read_yaml(each.read_bytes()).value) for each in folder.iterdir()]
    return {each.code: each for each in sorted(found, key=lambda each: each.code)}


def questions_of(questionnaire: Questionnaire) -> Questions:
    """A stored questionnaire as the value that rules work with."""
    return questionnaire_from(questionnaire.definition)


def find_questionnaire(public_id: str) -> Questionnaire | None:
    """The questionnaire at this address."""
    return db.session.scalar(select(Questionnaire).where(Questionnaire.public_id == public_id))


def find_questionnaire_by_code(programme: Programme, code: str) -> Questionnaire | None:
    """The questionnaire that a programme has under this code."""
    return db.session.scalar(
        select(Questionnaire).where(
            Questionnaire.programme_id == programme.id, Questionnaire.code == code
        )
    )


def list_questionnaires(programme: Programme) -> list[Questionnaire]:
    """The questionnaires of a programme by code."""
    return list(
        db.session.scalars(
            select(Questionnaire)
            .where(Questionnaire.programme_id == programme.id)
            .order_by(Questionnaire.code)
        )
    )


def take_questionnaire(
    programme: Programme, code: str, *, by: User | None, now: datetime
) -> Questionnaire:
    """The programme's questionnaire with this code; a shipped one is copied at its first use."""
    found = find_questionnaire_by_code(programme, code)
    if found is not None:
        return found
    shipped = shipped_questionnaires().get(code)
    if shipped is None:
        raise Refused(
            Message(
                N_("The programme has no questionnaire “%(code)s”. Upload it first."), code=code
            )
        )
    return save_questionnaire(programme, shipped, by=by, now=now)


def has_answers(questionnaire: Questionnaire) -> bool:
    """Whether anybody has answered it; from then on its questions stay as they are."""
    asked = select(FeedbackRound.id).where(FeedbackRound.questionnaire_id == questionnaire.id)
    return bool(
        db.session.scalar(
            select(
                exists().where(FeedbackResponse.round_id.in_(asked))
                | exists().where(FeedbackAnswer.round_id.in_(asked))
            )
        )
    )


def save_questionnaire(
    programme: Programme, questions: Questions, *, by: User | None, now: datetime
) -> Questionnaire:
    """Add a questionnaire to a programme, or change the one with its code before any answer.

    Saving the same questions again changes nothing.
    """
    found = find_questionnaire_by_code(programme, questions.code)
    if found is None:
        found = Questionnaire(
            programme=programme,
            code=questions.code,
            about=questions.about,
            definition=plain(questions),
        )
        db.session.add(found)
        db.session.flush()
        audit.record("add questionnaire", found, by=by, now=now, code=questions.code)
        return found
    if questions_of(found) == questions:
        return found
    if has_answers(found):
        raise Refused(
            Message(
                N_(
                    "“%(code)s” has been answered, so its questions stay as they are. Give the "
                    "changed questionnaire another code."
                ),
                code=questions.code,
            )
        )
    if found.about is not questions.about and _rounds_of(found):
        raise Refused(
            Message(
                N_("“%(code)s” has been opened and cannot be about something else now."),
                code=questions.code,
            )
        )
    found.about, found.definition = questions.about, plain(questions)
    audit.record("change questionnaire", found, by=by, now=now, code=questions.code)
    return found


def _rounds_of(questionnaire: Questionnaire) -> int:
    return (
        db.session.scalar(
            select(func.count(FeedbackRound.id)).where(
                FeedbackRound.questionnaire_id == questionnaire.id
            )
        )
        or 0
    )


# Rounds -------------------------------------------------------------------------------------


def find_round(public_id: str) -> FeedbackRound | None:
    """The round at this address, with its session and trainers."""
    return db.session.scalar(
        select(FeedbackRound).where(FeedbackRound.public_id == public_id).options(*_WHOLE)
    )


_WHOLE = (
    joinedload(FeedbackRound.training_session)
    .selectinload(TrainingSession.trainers)
    .joinedload(SessionTrainer.user),
)


def find_round_at(
    cohort: Cohort, questionnaire: Questionnaire, training_session: TrainingSession | None
) -> FeedbackRound | None:
    """The round that asks this questionnaire about this session, or about the course."""
    return db.session.scalar(
        select(FeedbackRound).where(
            FeedbackRound.cohort_id == cohort.id,
            FeedbackRound.questionnaire_id == questionnaire.id,
            FeedbackRound.place == (training_session.code if training_session else ""),
        )
    )


def is_open(asked: FeedbackRound, *, now: datetime) -> bool:
    """Whether answers are taken."""
    return asked.closed_at is None and asked.opens_at <= now < asked.closes_at


def open_round(
    cohort: Cohort,
    questionnaire: Questionnaire,
    training_session: TrainingSession | None,
    *,
    closes_at: datetime | None = None,
    by: User | None,
    now: datetime,
) -> FeedbackRound:
    """Ask a cohort: everybody enrolled gets a ticket. Asking the same twice is refused."""
    if (questionnaire.about is About.SESSION) != (training_session is not None):
        raise Refused(
            Message(
                N_("“%(code)s” is about %(about)s; open it for that."),
                code=questionnaire.code,
                about=questionnaire.about.value,
            )
        )
    asked = FeedbackRound(
        questionnaire=questionnaire,
        cohort=cohort,
        training_session=training_session,
        place=training_session.code if training_session else "",
        opens_at=now,
        closes_at=closes_at or now + timedelta(days=DAYS_OPEN[questionnaire.about]),
    )
    if asked.closes_at <= now:
        raise Refused(Message(N_("Feedback cannot close before it opens. Choose a later day.")))
    if not only_once(db.session, asked):
        raise Refused(Message(N_("This feedback has been opened before. Nothing was changed.")))
    enrolments = db.session.scalars(_active(cohort)).all()
    if enrolments:
        tickets = [
            {"round_id": asked.id, "enrolment_id": each.id, "is_spent": False}
            for each in enrolments
        ]
        db.session.execute(insert(FeedbackTicket), tickets)
    audit.record("open feedback", asked, by=by, now=now, questionnaire=questionnaire.code)
    return asked


def _active(cohort: Cohort) -> Any:
    return (
        select(Enrolment)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None))
        .order_by(Enrolment.id)
    )


def close_round(asked: FeedbackRound, *, by: User | None, now: datetime) -> None:
    """End a round, and write its answers and tickets anew in random order.

    Whatever order and transactions the rows had is gone with this; see `sweep_traces` for what
    the database keeps of the old rows.
    """
    locked = db.session.scalar(
        select(FeedbackRound)
        .where(FeedbackRound.id == asked.id)
        .with_for_update(of=FeedbackRound)
        .execution_options(populate_existing=True)
    )
    if locked is None or locked.closed_at is not None:
        raise Refused(Message(N_("This feedback is closed already.")))
    locked.closed_at = now
    _rewrite(locked.id)
    audit.record("close feedback", locked, by=by, now=now)


def _rewrite(round_id: int) -> None:
    keys: dict[str | None, str | None] = {None: None}
    responses = db.session.scalars(
        select(FeedbackResponse.key).where(FeedbackResponse.round_id == round_id)
    ).all()
    keys |= {key: new_public_id() for key in responses}
    columns = (
        FeedbackAnswer.response_key,
        FeedbackAnswer.question,
        FeedbackAnswer.trainer_id,
        FeedbackAnswer.value,
        FeedbackAnswer.text,
    )
    answers = [
        {
            "key": new_public_id(),
            "round_id": round_id,
            "response_key": keys[row.response_key],
            "question": row.question,
            "trainer_id": row.trainer_id,
            "value": row.value,
            "text": row.text,
        }
        for row in db.session.execute(select(*columns).where(FeedbackAnswer.round_id == round_id))
    ]
    tickets = [
        {"round_id": round_id, "enrolment_id": row.enrolment_id, "is_spent": row.is_spent}
        for row in db.session.execute(
            select(FeedbackTicket.enrolment_id, FeedbackTicket.is_spent).where(
                FeedbackTicket.round_id == round_id
            )
        )
    ]
    links = [
        {"round_id": round_id, "enrolment_id": row.enrolment_id, "token_hash": row.token_hash}
        for row in db.session.execute(
            select(FeedbackLink.enrolment_id, FeedbackLink.token_hash).where(
                FeedbackLink.round_id == round_id
            )
        )
    ]
    for table in (FeedbackAnswer, FeedbackResponse, FeedbackLink, FeedbackTicket):
        db.session.execute(delete(table).where(table.round_id == round_id))
    kept = [{"key": key, "round_id": round_id} for key in keys.values() if key is not None]
    chance = random.SystemRandom()
    for table, rows in (
        (FeedbackTicket, tickets),
        (FeedbackLink, links),
        (FeedbackResponse, kept),
        (FeedbackAnswer, answers),
    ):
        chance.shuffle(rows)
        if rows:
            db.session.execute(insert(table), rows)


def sweep_traces() -> None:
    """Let the database forget the old copies of rewritten rows, as far as it can.

    To be called after the commit that closed a round. SQLite overwrites deleted rows anyway
    (secure_delete); this empties its write-ahead log. PostgreSQL drops the dead rows.
    """
    db.session.rollback()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if db.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            return
        for table in (FeedbackAnswer, FeedbackResponse, FeedbackLink, FeedbackTicket):
            connection.execute(text(f"VACUUM {table.__tablename__}"))


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
    active = _active(cohort).order_by(None).subquery()
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
        opens_at=now,
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


# Tickets and links --------------------------------------------------------------------------


@dataclass(frozen=True)
class Seat:
    """Who may answer: the round, the enrolment, and whether its ticket is spent."""

    asked: FeedbackRound
    enrolment_id: int
    is_spent: bool
    token: str = ""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def find_seat(token: str) -> Seat | None:
    """The ticket that a mailed link belongs to."""
    found = db.session.execute(
        select(FeedbackRound, FeedbackTicket.enrolment_id, FeedbackTicket.is_spent)
        .join(FeedbackTicket, FeedbackTicket.round_id == FeedbackRound.id)
        .join(
            FeedbackLink,
            (FeedbackLink.round_id == FeedbackTicket.round_id)
            & (FeedbackLink.enrolment_id == FeedbackTicket.enrolment_id),
        )
        .where(FeedbackLink.token_hash == _digest(token))
        .options(*_WHOLE)
    ).first()
    return Seat(found[0], found[1], found[2], token) if found else None


def find_seat_of(asked: FeedbackRound, user: User) -> Seat | None:
    """The ticket of somebody who is signed in and enrolled; made now for who enrolled late."""
    found = db.session.execute(
        select(Enrolment.id, FeedbackTicket.is_spent)
        .outerjoin(
            FeedbackTicket,
            (FeedbackTicket.enrolment_id == Enrolment.id) & (FeedbackTicket.round_id == asked.id),
        )
        .where(
            Enrolment.cohort_id == asked.cohort_id,
            Enrolment.user_id == user.id,
            Enrolment.withdrawn_at.is_(None),
        )
    ).first()
    if found is None or asked.is_imported:
        return None
    return Seat(asked, found[0], bool(found[1]))


def send_links(asked: FeedbackRound, *, address_of: AddressOf, now: datetime) -> int:
    """Mail everybody enrolled who has an address their personal link; answers how many."""
    enrolments = db.session.scalars(_active(asked.cohort)).all()
    receivers = [each for each in enrolments if each.user.email and each.user.is_active]
    for enrolment in receivers:
        _send_link(asked, enrolment, address_of=address_of, now=now)
    return len(receivers)


def send_link_to(asked: FeedbackRound, email: str, *, address_of: AddressOf, now: datetime) -> None:
    """Mail one person their link; for an address that is not enrolled nothing happens."""
    enrolment = db.session.scalar(
        _active(asked.cohort)
        .join(User, Enrolment.user_id == User.id)
        .where(User.email == normal_email(email), User.is_active)
    )
    if enrolment is not None and is_open(asked, now=now):
        _send_link(asked, enrolment, address_of=address_of, now=now)


def _send_link(
    asked: FeedbackRound, enrolment: Enrolment, *, address_of: AddressOf, now: datetime
) -> None:
    token = secrets.token_urlsafe(24)
    _make_ticket(asked, enrolment.id)
    db.session.add(
        FeedbackLink(token_hash=_digest(token), round_id=asked.id, enrolment_id=enrolment.id)
    )
    db.session.flush()
    mail.queue(
        enrolment.user.email or "",
        "feedback_link",
        now=now,
        in_language=enrolment.user.language or current_app.config["SETTINGS"].language,
        user=enrolment.user,
        asked=asked,
        link=address_of(token),
    )


def _make_ticket(asked: FeedbackRound, enrolment_id: int) -> None:
    if db.session.get(FeedbackTicket, (asked.id, enrolment_id)) is None:
        only_once(db.session, FeedbackTicket(round_id=asked.id, enrolment_id=enrolment_id))


# Answering ----------------------------------------------------------------------------------


class Spent(Refused):
    """This person has answered before."""


def trainers_asked_about(asked: FeedbackRound) -> list[User]:
    """Whom the trainers' part of a round is about: lead first."""
    if asked.training_session is None:
        return []
    return [each.user for each in asked.training_session.trainers]


def submit_answers(seat: Seat, answers: Sequence[Answer], *, now: datetime) -> None:
    """Spend the ticket and store the answers, apart from each other.

    Of two submissions at once, one is refused. Nothing is written to the audit log.
    """
    asked = db.session.scalar(
        select(FeedbackRound)
        .where(FeedbackRound.id == seat.asked.id)
        .with_for_update(read=True, of=FeedbackRound)
        .execution_options(populate_existing=True)
    )
    if asked is None or not is_open(asked, now=now):
        raise Refused(Message(N_("This feedback is closed. Your answers were not stored.")))
    _make_ticket(asked, seat.enrolment_id)
    spent = db.session.execute(
        update(FeedbackTicket)
        .where(
            FeedbackTicket.round_id == asked.id,
            FeedbackTicket.enrolment_id == seat.enrolment_id,
            FeedbackTicket.is_spent.is_(False),
        )
        .values(is_spent=True)
        .execution_options(synchronize_session=False)
    )
    if spent.rowcount != 1:  # type: ignore[attr-defined]
        raise Spent(Message(N_("Your feedback has been given already. Thank you.")))
    store_responses(asked, [answers], trainer_ids(asked.training_session))


def store_responses(
    asked: FeedbackRound,
    responses: Sequence[Sequence[Answer]],
    trainer_ids: Mapping[str, int],
) -> None:
    """Write responses under random keys, texts apart from figures."""
    rows, answers = [], []
    for response in responses:
        key = new_public_id()
        rows.append({"key": key, "round_id": asked.id})
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


# What is due --------------------------------------------------------------------------------


def list_feedback_due(user: User, *, now: datetime) -> list[FeedbackRound]:
    """The open rounds that this participant has not answered, those that close first first."""
    return list(
        db.session.scalars(
            select(FeedbackRound)
            .join(FeedbackTicket, FeedbackTicket.round_id == FeedbackRound.id)
            .join(Enrolment, Enrolment.id == FeedbackTicket.enrolment_id)
            .where(
                Enrolment.user_id == user.id,
                Enrolment.withdrawn_at.is_(None),
                FeedbackTicket.is_spent.is_(False),
                FeedbackRound.closed_at.is_(None),
                FeedbackRound.opens_at <= now,
                FeedbackRound.closes_at > now,
            )
            .order_by(FeedbackRound.closes_at, FeedbackRound.id)
            .options(selectinload(FeedbackRound.training_session))
        )
    )


def list_rounds_to_close(*, now: datetime) -> list[FeedbackRound]:
    """Rounds whose time is over and which nobody has closed yet."""
    return list(
        db.session.scalars(
            select(FeedbackRound)
            .where(FeedbackRound.closed_at.is_(None), FeedbackRound.closes_at <= now)
            .order_by(FeedbackRound.closes_at, FeedbackRound.id)
        )
    )
