"""Questionnaires, and answers that lead to nobody.

`FeedbackTicket` knows who may answer and whether they did, but neither when nor what.
`FeedbackResponse` and `FeedbackAnswer` know what was answered, but neither who nor when; their
keys are random, so that no order is left to join the two.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courseware.accounts.models import User
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db, new_public_id
from courseware.feedback.rules import About
from courseware.programmes.models import Programme
from courseware.schedule.models import TrainingSession


class Questionnaire(db.Model):
    """A questionnaire of a programme; its questions are kept as the YAML's own structure."""

    __tablename__ = "questionnaire"
    __table_args__ = (UniqueConstraint("programme_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    code: Mapped[str] = mapped_column(String(60))
    about: Mapped[About]
    definition: Mapped[dict[str, Any]]

    programme: Mapped[Programme] = relationship(lazy="joined", innerjoin=True)


class FeedbackRound(db.Model):
    """One asking: a questionnaire put to a cohort, about one session or about the course."""

    __tablename__ = "feedback_round"
    __table_args__ = (UniqueConstraint("questionnaire_id", "cohort_id", "training_session_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaire.id"), index=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    training_session_id: Mapped[int | None] = mapped_column(
        ForeignKey("training_session.id"), index=True
    )
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    questionnaire: Mapped[Questionnaire] = relationship(lazy="joined", innerjoin=True)
    cohort: Mapped[Cohort] = relationship(lazy="joined", innerjoin=True)
    training_session: Mapped[TrainingSession | None] = relationship()


class FeedbackTicket(db.Model):
    """The right of one enrolled person to answer once. It holds no time, on purpose."""

    __tablename__ = "feedback_ticket"
    __table_args__ = (UniqueConstraint("round_id", "enrolment_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("feedback_round.id"), index=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    is_spent: Mapped[bool] = mapped_column(default=False)

    round: Mapped[FeedbackRound] = relationship()
    enrolment: Mapped[Enrolment] = relationship()


class FeedbackResponse(db.Model):
    """One set of answers, by nobody known, at no time known."""

    __tablename__ = "feedback_response"
    __table_args__ = {"sqlite_with_rowid": False}

    key: Mapped[str] = mapped_column(String(40), primary_key=True, default=new_public_id)
    round_id: Mapped[int] = mapped_column(ForeignKey("feedback_round.id"), index=True)
    language: Mapped[str] = mapped_column(String(5), default="")

    answers: Mapped[list["FeedbackAnswer"]] = relationship(cascade="all, delete-orphan")


class FeedbackAnswer(db.Model):
    """One answer: a number for scales and choices, or a text."""

    __tablename__ = "feedback_answer"
    __table_args__ = {"sqlite_with_rowid": False}

    key: Mapped[str] = mapped_column(String(40), primary_key=True, default=new_public_id)
    response_key: Mapped[str] = mapped_column(ForeignKey("feedback_response.key"), index=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("feedback_round.id"), index=True)
    question: Mapped[str] = mapped_column(String(60))
    trainer_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    value: Mapped[int | None]
    text: Mapped[str | None] = mapped_column(Text)

    trainer: Mapped[User | None] = relationship()
