"""Credentials: agreed lists, numbered records, the files made from them, corrections, the log."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from courseware.accounts.models import User
from courseware.cohorts.models import Cohort, Enrolment
from courseware.credentials.rules import BatchState, CredentialKind, Decision, LeafKind, Mailing
from courseware.db import db, new_public_id
from courseware.partners.models import Organisation


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
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("issue_proposal.id"))
    state: Mapped[BatchState]
    mailing: Mapped[Mailing] = mapped_column(default=Mailing.LINK)
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
    A correction is a new credential that `supersedes` the old one; an enrolment has one chain.
    """

    __tablename__ = "credential"
    __table_args__ = (
        UniqueConstraint("series_id", "serial"),
        UniqueConstraint("supersedes_id"),
        Index(
            "uq_credential_first_of_enrolment",
            "enrolment_id",
            unique=True,
            sqlite_where=text("supersedes_id IS NULL"),
            postgresql_where=text("supersedes_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    verification_code: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    kind: Mapped[CredentialKind] = mapped_column(default=CredentialKind.CERTIFICATE)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("issue_batch.id"), index=True)
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("credential.id"))
    correction_reason: Mapped[str] = mapped_column(String(400), default="")
    series_id: Mapped[int] = mapped_column(ForeignKey("number_series.id"))
    serial: Mapped[int]
    number: Mapped[str] = mapped_column(String(80), unique=True)
    facts: Mapped[dict[str, Any]]
    reserved_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    file_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    failure: Mapped[str] = mapped_column(String(400), default="")
    name_hidden: Mapped[bool] = mapped_column(default=False)
    reveal_code: Mapped[str | None] = mapped_column(String(40), unique=True)

    enrolment: Mapped[Enrolment] = relationship()
    batch: Mapped[IssueBatch] = relationship(back_populates="credentials")
    series: Mapped[NumberSeries] = relationship()
    revocation: Mapped["Revocation | None"] = relationship(back_populates="credential")
    supersedes: Mapped["Credential | None"] = relationship(
        back_populates="superseded_by", remote_side=[id]
    )
    superseded_by: Mapped["Credential | None"] = relationship(
        back_populates="supersedes", uselist=False
    )
    duplicates: Mapped[list["Duplicate"]] = relationship(
        back_populates="credential", order_by="Duplicate.ordinal"
    )


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


class Duplicate(db.Model):
    """Another paper of the same credential, marked as a duplicate, for one that was lost."""

    __tablename__ = "duplicate"
    __table_args__ = (
        UniqueConstraint("credential_id", "ordinal"),
        CheckConstraint("ordinal > 0", name="counted_from_one"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    credential_id: Mapped[int] = mapped_column(ForeignKey("credential.id"))
    ordinal: Mapped[int]
    reason: Mapped[str] = mapped_column(String(400))
    file_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    credential: Mapped[Credential] = relationship(back_populates="duplicates")
    made_by: Mapped[User] = relationship()


class Approver(db.Model):
    """Who agrees to the certificates of a cohort for one partner; needs no account."""

    __tablename__ = "approver"
    __table_args__ = (UniqueConstraint("cohort_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2), default="en")

    cohort: Mapped[Cohort] = relationship()
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class IssueProposal(db.Model):
    """A list of certificates as it was put before the approvers."""

    __tablename__ = "issue_proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id"), index=True)
    proposed_at: Mapped[datetime]
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    withdrawn_at: Mapped[datetime | None]

    cohort: Mapped[Cohort] = relationship(lazy="joined", innerjoin=True)
    proposed_by: Mapped[User] = relationship()
    rows: Mapped[list["ProposedCertificate"]] = relationship(
        back_populates="proposal", order_by="ProposedCertificate.id"
    )
    agreements: Mapped[list["Agreement"]] = relationship(
        back_populates="proposal", order_by="Agreement.id"
    )


class ProposedCertificate(db.Model):
    """One row of a proposed list: what would be printed, and its SHA-256. Never changed."""

    __tablename__ = "proposed_certificate"
    __table_args__ = (UniqueConstraint("proposal_id", "enrolment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("issue_proposal.id"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), index=True)
    kind: Mapped[CredentialKind]
    facts: Mapped[dict[str, Any]]
    facts_sha256: Mapped[str] = mapped_column(String(64))

    proposal: Mapped[IssueProposal] = relationship(back_populates="rows")
    enrolment: Mapped[Enrolment] = relationship()


class Agreement(db.Model):
    """What one partner's approver said of a proposed list; decided once.

    `code_sha256` is the hash of the secret in the approver's link; name and e-mail are those of
    the time of asking.
    """

    __tablename__ = "agreement"
    __table_args__ = (UniqueConstraint("proposal_id", "organisation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("issue_proposal.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2), default="en")
    code_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    asked_at: Mapped[datetime]
    decision: Mapped[Decision | None]
    comment: Mapped[str] = mapped_column(String(2000), default="")
    decided_at: Mapped[datetime | None]

    proposal: Mapped[IssueProposal] = relationship(back_populates="agreements")
    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)


class LogTail(db.Model):
    """How many leaves the transparency log has; its one row is locked while a leaf is added."""

    __tablename__ = "log_tail"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(default=0)


class LogLeaf(db.Model):
    """One entry of the transparency log, at its place from 0. Only ever added."""

    __tablename__ = "log_leaf"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[LeafKind]
    credential_id: Mapped[int] = mapped_column(ForeignKey("credential.id"), index=True)
    body: Mapped[dict[str, Any]]
    leaf_sha256: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime]

    credential: Mapped[Credential] = relationship()


class LogHead(db.Model):
    """The root of the log as it was published at the end of a day, signed. Only ever added."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(unique=True)
    size: Mapped[int]
    root_sha256: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(80))
    signature: Mapped[str] = mapped_column(String(200))
    published_at: Mapped[datetime]
