"""Registers and the entries in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courseware.accounts.models import User
from courseware.attendance.rules import AttendanceStatus, ImportState, MarkSource
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db, new_public_id
from courseware.schedule.models import TrainingSession


class Register(db.Model):
    """The state of one session's register; a session without a row has an open register."""

    __tablename__ = "register"

    id: Mapped[int] = mapped_column(primary_key=True)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"), unique=True)
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    closed_by: Mapped[User | None] = relationship()


class AttendanceImport(db.Model):
    """A meeting report or sheet that was read, reviewed, and accepted or discarded as a whole."""

    __tablename__ = "attendance_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    file_sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40))
    report: Mapped[dict[str, Any]]
    state: Mapped[ImportState]
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """None: from the command line, where nobody is signed in."""
    accepted_at: Mapped[datetime | None]

    training_session: Mapped[TrainingSession] = relationship()
    uploaded_by: Mapped[User | None] = relationship()


class AttendanceMark(db.Model):
    """One entry in the history of a register: who said what about whom, when and how.

    Entries are only ever added; a trigger refuses to change or delete one. The mark in force is
    the newest entry of the strongest source; see `rules.mark_in_force`.
    """

    __tablename__ = "attendance_mark"
    __table_args__ = (
        CheckConstraint("minutes IS NULL OR minutes >= 0", name="minutes_not_negative"),
        UniqueConstraint("entry_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_key: Mapped[str] = mapped_column(String(80), default=new_public_id)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"), index=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    status: Mapped[AttendanceStatus | None]
    """None takes a mark back: the participant is unmarked again."""
    arrived_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    intervals: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    """[[from, until], …] in ISO 8601 UTC, as a meeting report gave them."""
    minutes: Mapped[int | None]
    """What a report without times stated: an upper bound."""
    source: Mapped[MarkSource]
    note: Mapped[str] = mapped_column(String(400), default="")
    marked_at: Mapped[datetime]
    marked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("attendance_import.id"))

    training_session: Mapped[TrainingSession] = relationship()
    enrolment: Mapped[Enrolment] = relationship()
    marked_by: Mapped[User | None] = relationship()


class AttendanceAlias(db.Model):
    """A name that somebody uses in meetings, remembered once a person has said whose it is."""

    __tablename__ = "attendance_alias"
    __table_args__ = (UniqueConstraint("cohort_id", "name_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    name_key: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """None: the name is nobody's, such as that of a device in the room, and is left out."""

    cohort: Mapped[Cohort] = relationship()
    user: Mapped[User | None] = relationship()
