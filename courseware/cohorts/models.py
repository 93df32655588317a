"""A cohort, who is enrolled in it and who runs it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courseware.accounts.models import User
from courseware.db import db, new_public_id
from courseware.partners.models import Organisation
from courseware.permissions import Role
from courseware.programmes.models import Programme


class Cohort(db.Model):
    """One delivery of a programme to one group."""

    __tablename__ = "cohort"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"), index=True)
    code: Mapped[str] = mapped_column(String(60), unique=True)
    starts_on: Mapped[date]
    timezone: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]

    programme: Mapped[Programme] = relationship(lazy="joined", innerjoin=True)


class Enrolment(db.Model):
    """A participant's place in a cohort, with what donors ask about them at that time."""

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("cohort_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    position: Mapped[str] = mapped_column(String(200), default="")
    enrolled_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    name_confirmed_at: Mapped[datetime | None]

    cohort: Mapped[Cohort] = relationship()
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    organisation: Mapped[Organisation | None] = relationship()


class CohortRole(db.Model):
    """A person's role in one cohort: trainer or coordinator."""

    __tablename__ = "cohort_role"
    __table_args__ = (UniqueConstraint("cohort_id", "user_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[Role]

    cohort: Mapped[Cohort] = relationship()
    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    organisation: Mapped[Organisation | None] = relationship()


class ImportDraft(db.Model):
    """An uploaded file between its preview and its acceptance, seen by its uploader only."""

    __tablename__ = "import_draft"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    kind: Mapped[str] = mapped_column(String(40))
    file_name: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes]
    uploaded_at: Mapped[datetime]

    cohort: Mapped[Cohort] = relationship()
