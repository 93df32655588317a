"""A programme with its modules, partners and signatories."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courseware.accounts.models import User
from courseware.db import db, new_public_id
from courseware.partners.models import Organisation
from courseware.partners.rules import Part
from courseware.permissions import Role
from courseware.programmes.rules import AssessmentKind, Participation


class Programme(db.Model):
    """What is offered: ordered modules, planned hours, rules for the certificate."""

    __tablename__ = "programme"
    __table_args__ = (
        CheckConstraint("academic_hour_minutes IN (45, 50, 60)", name="academic_hour_known"),
        CheckConstraint("threshold_percent BETWEEN 0 AND 100", name="threshold_is_a_share"),
        CheckConstraint("promised_minutes > 0", name="promises_hours"),
        CheckConstraint("correction_days >= 0", name="correction_time_not_negative"),
        CheckConstraint("register_days >= 0", name="register_days_not_negative"),
        CheckConstraint("reminder_hours >= 0", name="reminder_hours_not_negative"),
        CheckConstraint("feedback_limit BETWEEN 10 AND 50", name="feedback_limit_on_the_scale"),
        CheckConstraint("review_days >= 0", name="review_days_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    titles: Mapped[dict[str, str]]
    summaries: Mapped[dict[str, str]] = mapped_column(default=dict)
    academic_hour_minutes: Mapped[int] = mapped_column(default=45)
    promised_minutes: Mapped[int]
    threshold_percent: Mapped[int] = mapped_column(default=80)
    feedback_required: Mapped[bool] = mapped_column(default=False)
    name_confirmation_required: Mapped[bool] = mapped_column(default=True)
    excused_earns_hours: Mapped[bool] = mapped_column(default=False)
    series_pattern: Mapped[str] = mapped_column(String(80))
    certificate_languages: Mapped[list[str]]
    design: Mapped[str] = mapped_column(String(40), default="academic")
    accent: Mapped[str] = mapped_column(String(7), default="")
    design_texts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    statements_allowed: Mapped[bool] = mapped_column(default=False)
    correction_days: Mapped[int] = mapped_column(default=30)
    register_days: Mapped[int] = mapped_column(default=14)
    """A register closes by itself so long after its session; 0: never."""
    reminder_hours: Mapped[int] = mapped_column(default=3)
    """So long after a session its trainers are reminded of an unfilled register; 0: never."""
    review_days: Mapped[int] = mapped_column(default=14)
    """So long after a session a participant can ask to have a mark looked at; 0: never."""
    warn_participants: Mapped[bool] = mapped_column(default=False)
    """Whether whoever falls below the hours that the certificate asks for is told by mail."""
    feedback_limit: Mapped[int] = mapped_column(default=35)
    """In tenths of a scale of five points: a mean below it asks for a recommendation."""
    agreement_required: Mapped[bool] = mapped_column(default=True)
    participation: Mapped[Participation] = mapped_column(default=Participation.BLENDED)
    assessment: Mapped[AssessmentKind] = mapped_column(default=AssessmentKind.ATTENDANCE)
    released_at: Mapped[datetime | None]

    modules: Mapped[list["Module"]] = relationship(
        back_populates="programme", order_by="Module.position", cascade="all, delete-orphan"
    )
    partners: Mapped[list["ProgrammePartner"]] = relationship(
        back_populates="programme",
        order_by="ProgrammePartner.position",
        cascade="all, delete-orphan",
    )
    signatories: Mapped[list["Signatory"]] = relationship(
        back_populates="programme", order_by="Signatory.position", cascade="all, delete-orphan"
    )

    @property
    def planned_minutes(self) -> int:
        """The sum of the modules."""
        return sum(module.planned_minutes for module in self.modules)


class Module(db.Model):
    """One part of a programme, with its planned contact time in minutes and its outcomes."""

    __tablename__ = "module"
    __table_args__ = (
        UniqueConstraint("programme_id", "code"),
        CheckConstraint("planned_minutes > 0", name="has_hours"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    position: Mapped[int]
    code: Mapped[str] = mapped_column(String(40))
    titles: Mapped[dict[str, str]]
    planned_minutes: Mapped[int]
    outcomes: Mapped[list[dict[str, str]]] = mapped_column(default=list)

    programme: Mapped[Programme] = relationship(back_populates="modules")


class ProgrammePartner(db.Model):
    """The part that an organisation plays in a programme."""

    __tablename__ = "programme_partner"
    __table_args__ = (UniqueConstraint("programme_id", "organisation_id", "part"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    part: Mapped[Part]
    position: Mapped[int]

    programme: Mapped[Programme] = relationship(back_populates="partners")
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class Signatory(db.Model):
    """Whose name stands on the paper, with their office and organisation."""

    __tablename__ = "signatory"

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    position: Mapped[int]
    names: Mapped[dict[str, str]]
    offices: Mapped[dict[str, str]]
    signature_sha256: Mapped[str | None] = mapped_column(String(64))

    programme: Mapped[Programme] = relationship(back_populates="signatories")
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class ProgrammeRole(db.Model):
    """A person's role in a programme and in all of its cohorts."""

    __tablename__ = "programme_role"
    __table_args__ = (UniqueConstraint("programme_id", "user_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    role: Mapped[Role]

    programme: Mapped[Programme] = relationship()
    user: Mapped[User] = relationship()
