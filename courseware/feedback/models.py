"""Questionnaires, and answers that lead to nobody.

`FeedbackTicket` knows who may answer and whether they did, but neither when nor what.
`FeedbackResponse` and `FeedbackAnswer` know what was answered, but neither who nor when; their
keys are random, so that no order is left to join the two.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

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
    """One asking: a questionnaire put to a cohort, about one session or about the course.

    `place` is the session's code, or "" for the course, so that a UNIQUE constraint can see it.
    Imported answers make a closed round that nobody was invited to here: it has no tickets.
    """

    __tablename__ = "feedback_round"
    __table_args__ = (UniqueConstraint("cohort_id", "questionnaire_id", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaire.id"), index=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    training_session_id: Mapped[int | None] = mapped_column(
        ForeignKey("training_session.id"), index=True
    )
    place: Mapped[str] = mapped_column(String(40), default="")
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    invited: Mapped[int | None]
    file_hash: Mapped[str] = mapped_column(String(64), default="")

    questionnaire: Mapped[Questionnaire] = relationship(lazy="joined", innerjoin=True)
    cohort: Mapped[Cohort] = relationship(lazy="joined", innerjoin=True)
    training_session: Mapped[TrainingSession | None] = relationship()

    @property
    def is_imported(self) -> bool:
        """Whether its answers came from a file."""
        return bool(self.file_hash)


class FeedbackTicket(db.Model):
    """The right of one enrolled person to answer once. It holds no time, on purpose."""

    __tablename__ = "feedback_ticket"
    __table_args__ = {"sqlite_with_rowid": False}

    round_id: Mapped[int] = mapped_column(ForeignKey("feedback_round.id"), primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(
        ForeignKey("enrolment.id"), primary_key=True, index=True
    )
    is_spent: Mapped[bool] = mapped_column(default=False)

    round: Mapped[FeedbackRound] = relationship()
    enrolment: Mapped[Enrolment] = relationship()


class FeedbackLink(db.Model):
    """A mailed link to a ticket; only the hash of its token is kept."""

    __tablename__ = "feedback_link"
    __table_args__ = (
        ForeignKeyConstraint(
            ["round_id", "enrolment_id"],
            ["feedback_ticket.round_id", "feedback_ticket.enrolment_id"],
            name="fk_feedback_link_ticket",
        ),
        {"sqlite_with_rowid": False},
    )

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    round_id: Mapped[int]
    enrolment_id: Mapped[int]

    ticket: Mapped[FeedbackTicket] = relationship()


class FeedbackResponse(db.Model):
    """One set of answers, by nobody known, at no time known."""

    __tablename__ = "feedback_response"
    __table_args__ = {"sqlite_with_rowid": False}

    key: Mapped[str] = mapped_column(String(40), primary_key=True, default=new_public_id)
    round_id: Mapped[int] = mapped_column(ForeignKey("feedback_round.id"), index=True)


class FeedbackAnswer(db.Model):
    """One answer: a number for scales and choices, or a text.

    A text has no response key: what somebody wrote may give them away, and must then not lead to
    their ratings.
    """

    __tablename__ = "feedback_answer"
    __table_args__ = (
        CheckConstraint("(value IS NULL) <> (text IS NULL)", name="value_or_text"),
        CheckConstraint("text IS NULL OR response_key IS NULL", name="text_stands_alone"),
        Index("ix_feedback_answer_counted", "round_id", "question", "trainer_id", "value"),
        {"sqlite_with_rowid": False},
    )

    key: Mapped[str] = mapped_column(String(40), primary_key=True, default=new_public_id)
    response_key: Mapped[str | None] = mapped_column(
        ForeignKey("feedback_response.key"), index=True
    )
    round_id: Mapped[int] = mapped_column(ForeignKey("feedback_round.id"))
    question: Mapped[str] = mapped_column(String(60))
    trainer_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    value: Mapped[int | None]
    text: Mapped[str | None] = mapped_column(Text)
