"""Credentials: numbered records, the files made from them, and their withdrawal."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courseware.accounts.models import User
from courseware.cohorts.models import Cohort, Enrolment
from courseware.credentials.rules import BatchState
from courseware.db import db, new_public_id


class NumberSeries(db.Model):
    """The counter of one series; its row is locked while a number is taken."""

    __tablename__ = "number_series"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    last_serial: Mapped[int] = mapped_column(default=0)


class IssueBatch(db.Model):
    """One act of issuing: who asked for it, for how many, and how far it is."""

    __tablename__ = "issue_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    state: Mapped[BatchState]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    finished_at: Mapped[datetime | None]

    cohort: Mapped[Cohort] = relationship(lazy="joined", innerjoin=True)
    asked_by: Mapped[User] = relationship()
    credentials: Mapped[list["Credential"]] = relationship(
        back_populates="batch", order_by="Credential.id"
    )


class Credential(db.Model):
    """The lasting record that a participant completed a programme.

    Number, facts and enrolment never change after they are written (a trigger guards them); the
    file's hash is set once. `verification_code` carries 128 random bits: a number finds nothing.
    """

    __tablename__ = "credential"
    __table_args__ = (UniqueConstraint("series_id", "serial"), UniqueConstraint("enrolment_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    verification_code: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("issue_batch.id"), index=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("number_series.id"))
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(String(80), unique=True)
    facts: Mapped[dict[str, Any]]
    reserved_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    file_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    failure: Mapped[str] = mapped_column(String(400), default="")

    enrolment: Mapped[Enrolment] = relationship()
    batch: Mapped[IssueBatch] = relationship(back_populates="credentials")
    series: Mapped[NumberSeries] = relationship()
    revocation: Mapped["Revocation | None"] = relationship(back_populates="credential")


class Revocation(db.Model):
    """The withdrawal of a credential, with its reason. Nothing is deleted."""

    __tablename__ = "revocation"

    id: Mapped[int] = mapped_column(primary_key=True)
    credential_id: Mapped[int] = mapped_column(ForeignKey("credential.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(400))
    revoked_at: Mapped[datetime]
    revoked_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    credential: Mapped[Credential] = relationship(back_populates="revocation")
    revoked_by: Mapped[User] = relationship()
