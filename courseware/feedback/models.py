"""Questionnaires, and answers that lead to nobody.

`FeedbackTicket` knows who may answer and whether they did, but neither when nor what.
`FeedbackResponse` and `FeedbackAnswer` know what was answered, but neither who nor when; their
keys are random, so that no order is left to join the two.
"""

from datetime import date, datetime
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

from courseware.accounts.models import User
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db, new_public_id
from courseware.feedback.recommendation_rules import Addressee, RecommendationState
from courseware.feedback.rules import About, Moment
from courseware.partners.models import Organisation
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


class QuestionnaireCorrection(db.Model):
    """One wording of an answered questionnaire, put right: what it said, what it says, and why."""

    __tablename__ = "questionnaire_correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaire.id"), index=True)
    place: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8))
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(String(400))
    corrected_at: Mapped[datetime]
    corrected_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    questionnaire: Mapped[Questionnaire] = relationship()
    corrected_by: Mapped[User | None] = relationship()


class FeedbackPlan(db.Model):
    """What a programme asks by itself: which questionnaire, when, for how long, how loudly.

    `minutes` are counted from the moment: the end of the session's last block, the beginning or
    the end of the course; they may be negative. A follow-up is counted in `minutes` as well.
    """

    __tablename__ = "feedback_plan"
    __table_args__ = (
        UniqueConstraint("programme_id", "questionnaire_id", "moment"),
        CheckConstraint("days_open BETWEEN 1 AND 365", name="days_open"),
        CheckConstraint("reminders BETWEEN 0 AND 2", name="two_reminders_at_most"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaire.id"), index=True)
    moment: Mapped[Moment]
    minutes: Mapped[int] = mapped_column(default=0)
    days_open: Mapped[int] = mapped_column(default=7)
    is_by_mail: Mapped[bool] = mapped_column(default=True)
    reminders: Mapped[int] = mapped_column(default=2)

    programme: Mapped[Programme] = relationship()
    questionnaire: Mapped[Questionnaire] = relationship(lazy="joined", innerjoin=True)


class FeedbackRound(db.Model):
    """One asking: a questionnaire put to a cohort, about one session or about the course.

    `place` is the session's code, or "" for the course, so that a UNIQUE constraint can see it.
    A round that is planned has no `opened_at`; it gets its tickets when it opens. What a closed
    round counted is kept in `FeedbackTally` and in the numbers here, because it cannot change.
    Imported answers make a closed round that nobody was invited to here: it has no tickets.
    """

    __tablename__ = "feedback_round"
    __table_args__ = (UniqueConstraint("cohort_id", "questionnaire_id", "place", "moment"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaire.id"), index=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    training_session_id: Mapped[int | None] = mapped_column(
        ForeignKey("training_session.id"), index=True
    )
    place: Mapped[str] = mapped_column(String(40), default="")
    moment: Mapped[Moment]
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("feedback_plan.id"), index=True)
    opens_at: Mapped[datetime]
    opened_at: Mapped[datetime | None] = mapped_column(index=True)
    closes_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    is_by_mail: Mapped[bool] = mapped_column(default=False)
    reminders: Mapped[int] = mapped_column(default=0)
    reminders_sent: Mapped[int] = mapped_column(default=0)
    invited: Mapped[int | None]
    answered: Mapped[int | None]
    rated: Mapped[int | None]
    """Of a closed round: the responses with three ratings or more …"""
    rated_alike: Mapped[int | None]
    """… and those of them that gave the same rating to every item."""
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


class FeedbackCode(db.Model):
    """The right to answer once of whoever holds a slip of paper or a company's link.

    It belongs to no enrolment; only the hash of what is printed is kept.
    """

    __tablename__ = "feedback_code"
    __table_args__ = {"sqlite_with_rowid": False}

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("feedback_round.id"), index=True)
    is_spent: Mapped[bool] = mapped_column(default=False)

    round: Mapped[FeedbackRound] = relationship()


class FeedbackPairing(db.Model):
    """The salt by which the personal codes of a cohort's before and after are made unreadable.

    It is destroyed when the last of the paired rounds closes, and every `pair` becomes a random
    value then, so that no code can be tried any more.
    """

    __tablename__ = "feedback_pairing"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), primary_key=True)
    questionnaire_id: Mapped[int] = mapped_column(
        ForeignKey("questionnaire.id"), primary_key=True, index=True
    )
    salt: Mapped[bytes | None]


class FeedbackResponse(db.Model):
    """One set of answers, by nobody known, at no time known.

    `pair` joins the answers before with the answers after a course, by a code that only the
    participant knows.
    """

    __tablename__ = "feedback_response"
    __table_args__ = {"sqlite_with_rowid": False}

    key: Mapped[str] = mapped_column(String(40), primary_key=True, default=new_public_id)
    round_id: Mapped[int] = mapped_column(ForeignKey("feedback_round.id"), index=True)
    pair: Mapped[str | None] = mapped_column(String(64), index=True)


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
    question: Mapped[str] = mapped_column(String(90))
    trainer_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    value: Mapped[int | None]
    text: Mapped[str | None] = mapped_column(Text)


class FeedbackTally(db.Model):
    """How often each value was given in a closed round: counted once, because it cannot change.

    `trainer_id` is 0 where a question is about nobody, so that it can be part of the key.
    """

    __tablename__ = "feedback_tally"
    __table_args__ = {"sqlite_with_rowid": False}

    round_id: Mapped[int] = mapped_column(ForeignKey("feedback_round.id"), primary_key=True)
    question: Mapped[str] = mapped_column(String(90), primary_key=True)
    trainer_id: Mapped[int] = mapped_column(primary_key=True, default=0)
    value: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int]


class CommentNote(db.Model):
    """What a coordinator noted about one comment of a closed round."""

    __tablename__ = "comment_note"

    answer_key: Mapped[str] = mapped_column(ForeignKey("feedback_answer.key"), primary_key=True)
    themes: Mapped[list[str]] = mapped_column(default=list)
    translations: Mapped[dict[str, str]] = mapped_column(default=dict)
    hidden_at: Mapped[datetime | None]
    hidden_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    hidden_reason: Mapped[str] = mapped_column(String(400), default="")

    answer: Mapped[FeedbackAnswer] = relationship()
    hidden_by: Mapped[User | None] = relationship()


class Recommendation(db.Model):
    """What follows from a figure or a comment: for whom, by whom, until when, and what came of it.

    `evidence` says where it comes from: see recommendation_rules.Evidence.
    """

    __tablename__ = "recommendation"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    addressee: Mapped[Addressee]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    due_on: Mapped[date | None]
    state: Mapped[RecommendationState]
    answer: Mapped[str] = mapped_column(Text, default="")
    is_shared: Mapped[bool] = mapped_column(default=True)
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    reminded_at: Mapped[datetime | None]

    cohort: Mapped[Cohort] = relationship(lazy="joined", innerjoin=True)
    organisation: Mapped[Organisation | None] = relationship()
    owner: Mapped[User | None] = relationship(foreign_keys=[owner_id])
    made_by: Mapped[User | None] = relationship(foreign_keys=[made_by_id])
    steps: Mapped[list["RecommendationStep"]] = relationship(
        order_by="RecommendationStep.id", cascade="all, delete-orphan"
    )


class RecommendationStep(db.Model):
    """One change of a recommendation: when, by whom, to which state, with what note."""

    __tablename__ = "recommendation_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    recommendation_id: Mapped[int] = mapped_column(ForeignKey("recommendation.id"), index=True)
    state: Mapped[RecommendationState]
    note: Mapped[str] = mapped_column(Text, default="")
    taken_at: Mapped[datetime]
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    taken_by: Mapped[User | None] = relationship()


class ReportFile(db.Model):
    """A feedback report that is made in the background, and the file when it is there.

    `languages` are one code or two, joined by "+": "en", "ru+tg".
    """

    __tablename__ = "feedback_report_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    languages: Mapped[str] = mapped_column(String(20))
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    steps: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]
    sha256: Mapped[str] = mapped_column(String(64), default="")
    error: Mapped[str] = mapped_column(String(400), default="")

    cohort: Mapped[Cohort] = relationship(lazy="joined", innerjoin=True)
    asked_by: Mapped[User | None] = relationship()
