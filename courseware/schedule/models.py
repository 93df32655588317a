"""Training sessions, where they are held and who leads them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courseware.accounts.models import User
from courseware.cohorts.models import Cohort
from courseware.db import db, new_public_id
from courseware.partners.models import Organisation
from courseware.programmes.models import Module
from courseware.schedule.rules import Span, TrainerPart, contact_minutes


class Venue(db.Model):
    """A room of an organisation, or a place in a city."""

    __tablename__ = "venue"
    __table_args__ = (UniqueConstraint("name", "city", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(120), default="")

    organisation: Mapped[Organisation | None] = relationship()

    @property
    def as_typed(self) -> str:
        """As people write it in the schedule sheet: `TSUC: Room B-204`."""
        code = self.organisation.code if self.organisation else None
        return f"{code}: {self.name}" if code else self.name


class TrainingSession(db.Model):
    """One meeting: planned start and end, and, where they differed, the times it really had."""

    __tablename__ = "training_session"
    __table_args__ = (
        UniqueConstraint("cohort_id", "code"),
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    module_id: Mapped[int] = mapped_column(ForeignKey("module.id"), index=True)
    code: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(300), default="")
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    link: Mapped[str] = mapped_column(String(500), default="")
    actual_starts_at: Mapped[datetime | None]
    actual_ends_at: Mapped[datetime | None]
    actual_reason: Mapped[str] = mapped_column(String(400), default="")
    changes: Mapped[int] = mapped_column(default=0)

    cohort: Mapped[Cohort] = relationship(lazy="joined", innerjoin=True)
    module: Mapped[Module] = relationship(lazy="joined", innerjoin=True)
    breaks: Mapped[list["SessionBreak"]] = relationship(
        order_by="SessionBreak.starts_at", cascade="all, delete-orphan", lazy="selectin"
    )
    venues: Mapped[list["SessionVenue"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="SessionVenue.id"
    )
    trainers: Mapped[list["SessionTrainer"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="SessionTrainer.id"
    )

    @property
    def planned_span(self) -> Span:
        """From its planned start to its planned end."""
        return Span(self.starts_at, self.ends_at)

    @property
    def span(self) -> Span:
        """When it really took place, as far as that is recorded, else the plan."""
        return Span(self.actual_starts_at or self.starts_at, self.actual_ends_at or self.ends_at)

    @property
    def break_spans(self) -> list[Span]:
        """Its breaks, which do not count as contact time."""
        return [Span(each.starts_at, each.ends_at) for each in self.breaks]

    @property
    def contact_minutes(self) -> int:
        """Planned minutes less breaks."""
        return contact_minutes(self.planned_span, self.break_spans)

    @property
    def delivered_minutes(self) -> int:
        """Minutes that really took place, less breaks; the plan where nothing else is recorded."""
        return contact_minutes(self.span, self.break_spans)

    @property
    def lead(self) -> User | None:
        """Who leads it, if anybody is named yet."""
        return next((one.user for one in self.trainers if one.part is TrainerPart.LEAD), None)

    @property
    def co_trainers(self) -> list[User]:
        """Who leads it together with the lead."""
        return [one.user for one in self.trainers if one.part is TrainerPart.CO_TRAINER]


class SessionBreak(db.Model):
    """A pause; it does not count as contact time."""

    __tablename__ = "session_break"

    id: Mapped[int] = mapped_column(primary_key=True)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class SessionVenue(db.Model):
    """A place of a session; a session may have one for each partner."""

    __tablename__ = "session_venue"
    __table_args__ = (UniqueConstraint("training_session_id", "venue_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"), index=True)
    venue_id: Mapped[int] = mapped_column(ForeignKey("venue.id"), index=True)

    venue: Mapped[Venue] = relationship(lazy="joined", innerjoin=True)


class SessionTrainer(db.Model):
    """Who leads a session: one lead, any number of co-trainers."""

    __tablename__ = "session_trainer"
    __table_args__ = (UniqueConstraint("training_session_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    training_session_id: Mapped[int] = mapped_column(ForeignKey("training_session.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    part: Mapped[TrainerPart]

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class CalendarFeed(db.Model):
    """The secret address of a calendar: of a whole cohort, or of one person in all cohorts."""

    __tablename__ = "calendar_feed"
    __table_args__ = (UniqueConstraint("user_id"), UniqueConstraint("cohort_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohort.id"))

    user: Mapped[User | None] = relationship()
    cohort: Mapped[Cohort | None] = relationship()
