"""Registers and the entries in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courseware.accounts.models import User
from courseware.attendance.check_in_rules import CheckInState, KnownBy
from courseware.attendance.ledger_rules import Standing
from courseware.attendance.moment_rules import DateOrder
from courseware.attendance.request_rules import NoticeState, ReviewState
from courseware.attendance.rules import AttendanceStatus, ImportState, MarkSource
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db, new_public_id
from courseware.schedule.models import TrainingSession


class Register(db.Model):
    """What was done to one session's register; how it stands follows from it and from the time.

    A session without a row has a register that nobody closed, reopened or was reminded of.
    """

    __tablename__ = "register"

    id: Mapped[int] = mapped_column(primary_key=True)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"), unique=True)
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """None beside a `closed_at`: it closed by itself."""
    reopened_at: Mapped[datetime | None]
    reopened_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    reopen_reason: Mapped[str] = mapped_column(String(400), default="")
    reminded_at: Mapped[datetime | None]

    closed_by: Mapped[User | None] = relationship(foreign_keys=closed_by_id)
    reopened_by: Mapped[User | None] = relationship(foreign_keys=reopened_by_id)


class AttendanceImport(db.Model):
    """A meeting report or sheet that was read, reviewed, and accepted or discarded as a whole.

    Files that were dropped together share a `desk`. As long as something must be asked (which
    session, how the dates are read) there is no session yet and `content` keeps the file.
    """

    __tablename__ = "attendance_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    training_session_id: Mapped[int | None] = mapped_column(
        ForeignKey("training_session.id"), index=True
    )
    desk: Mapped[str] = mapped_column(String(40), default="", index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    file_sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40))
    report: Mapped[dict[str, Any]]
    date_order: Mapped[DateOrder | None]
    content: Mapped[bytes | None]
    state: Mapped[ImportState]
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """None: from the command line, where nobody is signed in."""
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    cohort: Mapped[Cohort] = relationship()
    training_session: Mapped[TrainingSession | None] = relationship()
    uploaded_by: Mapped[User | None] = relationship(foreign_keys=uploaded_by_id)
    withdrawn_by: Mapped[User | None] = relationship(foreign_keys=withdrawn_by_id)


class AttendanceMark(db.Model):
    """One entry in the history of a register: who said what about whom, when and how.

    Entries are only ever added; a trigger refuses to change or delete one. The mark in force is
    the newest entry of the strongest source; see `rules.mark_in_force`.
    """

    __tablename__ = "attendance_mark"
    __table_args__ = (
        CheckConstraint("minutes IS NULL OR minutes >= 0", name="minutes_not_negative"),
        UniqueConstraint("entry_key"),
        Index(
            "ix_attendance_mark_taken_back",
            "training_session_id",
            "enrolment_id",
            sqlite_where=text("status IS NULL"),
            postgresql_where=text("status IS NULL"),
        ),
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
    made_at: Mapped[datetime | None]
    """When it was made, where it waited on a device without a network; `marked_at` is its arrival.
    """
    settles: Mapped[bool] = mapped_column(default=False)
    """Whether it was made in sight of the whole history and ends a disagreement."""

    training_session: Mapped[TrainingSession] = relationship()
    enrolment: Mapped[Enrolment] = relationship()
    marked_by: Mapped[User | None] = relationship()

    @property
    def takes_back(self) -> bool:
        return self.status is None


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


class CheckIn(db.Model):
    """One participant's check-in to one session, from the first scan to the trainer's tap."""

    __tablename__ = "check_in"
    __table_args__ = (UniqueConstraint("training_session_id", "enrolment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    state: Mapped[CheckInState]
    known_by: Mapped[KnownBy]
    device_sha256: Mapped[str] = mapped_column(String(64), default="")
    network_sha256: Mapped[str] = mapped_column(String(64), default="")
    checked_at: Mapped[datetime]
    """When the code was shown to us; what the status follows from."""
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    training_session: Mapped[TrainingSession] = relationship()
    enrolment: Mapped[Enrolment] = relationship()
    decided_by: Mapped[User | None] = relationship()


class CheckInDevice(db.Model):
    """A phone that is known to be somebody's; it checks in and gives feedback, no more."""

    __tablename__ = "check_in_device"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    token_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20), default="")
    """What it said it was, such as “Android”, so that its owner can tell it from another one."""
    made_at: Mapped[datetime]

    user: Mapped[User] = relationship()


class PersonalLink(db.Model):
    """That a personal link was taken anew: only the newest one works. No row: the first one."""

    __tablename__ = "personal_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), unique=True)
    number: Mapped[int] = mapped_column(default=0)
    renewed_at: Mapped[datetime]


class CheckInCode(db.Model):
    """A code sent by mail to whoever picked a name, to be typed on the same device."""

    __tablename__ = "check_in_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    device_sha256: Mapped[str] = mapped_column(String(64))
    code_sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]

    enrolment: Mapped[Enrolment] = relationship()


class AbsenceNotice(db.Model):
    """A participant says beforehand that they will not be there; a coordinator decides."""

    __tablename__ = "absence_notice"
    __table_args__ = (UniqueConstraint("training_session_id", "enrolment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    reason: Mapped[str] = mapped_column(String(2000))
    pages: Mapped[list[str]] = mapped_column(default=list)
    """SHA-256 of each page of the paper that goes with it, drawn anew by us."""
    attachment_name: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[NoticeState]
    announced_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    answer: Mapped[str] = mapped_column(String(2000), default="")

    training_session: Mapped[TrainingSession] = relationship()
    enrolment: Mapped[Enrolment] = relationship()
    decided_by: Mapped[User | None] = relationship()


class MarkReview(db.Model):
    """A participant asks to look at a mark again; the answer is kept with it."""

    __tablename__ = "mark_review"
    __table_args__ = (UniqueConstraint("training_session_id", "enrolment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    text: Mapped[str] = mapped_column(String(2000))
    state: Mapped[ReviewState]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    answer: Mapped[str] = mapped_column(String(2000), default="")

    training_session: Mapped[TrainingSession] = relationship()
    enrolment: Mapped[Enrolment] = relationship()
    answered_by: Mapped[User | None] = relationship()


class WalkIn(db.Model):
    """Somebody who came without being enrolled: a name, until a coordinator says who it is."""

    __tablename__ = "walk_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    entry_key: Mapped[str] = mapped_column(String(80), unique=True, default=new_public_id)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    arrived_at: Mapped[datetime | None]
    """None: there from the beginning."""
    added_at: Mapped[datetime]
    added_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    enrolment_id: Mapped[int | None] = mapped_column(ForeignKey("enrolment.id"))
    settled_at: Mapped[datetime | None]
    """When it was joined to an enrolment or, where that is None, put aside."""
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    training_session: Mapped[TrainingSession] = relationship()
    added_by: Mapped[User] = relationship(foreign_keys=added_by_id)
    enrolment: Mapped[Enrolment | None] = relationship()
    settled_by: Mapped[User | None] = relationship(foreign_keys=settled_by_id)


class RegisterEvidence(db.Model):
    """A page of a signed sheet, photographed or scanned; the picture is drawn anew by us."""

    __tablename__ = "register_evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(200))
    page: Mapped[int] = mapped_column(default=1)
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    removed_at: Mapped[datetime | None]
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    training_session: Mapped[TrainingSession] = relationship()
    uploaded_by: Mapped[User] = relationship(foreign_keys=uploaded_by_id)
    removed_by: Mapped[User | None] = relationship(foreign_keys=removed_by_id)


class HoursWarning(db.Model):
    """That a participant was told once how they stand."""

    __tablename__ = "hours_warning"
    __table_args__ = (UniqueConstraint("enrolment_id", "standing"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    standing: Mapped[Standing]
    warned_at: Mapped[datetime]


class DecisionMail(db.Model):
    """Until when the coordinators of a cohort were told by mail what waits for a decision."""

    __tablename__ = "decision_mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), unique=True)
    told_until: Mapped[datetime]


class DecisionMailRefusal(db.Model):
    """That a coordinator wants no mail about what waits in a cohort."""

    __tablename__ = "decision_mail_refusal"
    __table_args__ = (UniqueConstraint("cohort_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
