"""Credentials: issuing with numbers without gaps, finding, revoking."""

import logging
import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certificates import CertificateFacts
from courseware import audit, jobs, mail
from courseware.accounts.models import User
from courseware.cohorts.models import Cohort, Enrolment
from courseware.credentials.models import Credential, IssueBatch, NumberSeries, Revocation
from courseware.credentials.preflight_service import credentials_of, preflight, print_facts
from courseware.credentials.rules import BatchState, number_in, series_name, series_problem
from courseware.db import db, new_public_id, only_once
from courseware.errors import Refused
from courseware.files import read_file, store_file
from courseware.messages import Message
from courseware.permissions import Role, roles_on
from courseware.texts import choose

ISSUE = "issue certificates"
LONGEST_REASON = 400


@roles_on.register
def _roles_on_credential(subject: Credential, user: User) -> set[Role]:
    return roles_on(subject.enrolment, user)


@roles_on.register
def _roles_on_batch(subject: IssueBatch, user: User) -> set[Role]:
    return roles_on(subject.cohort, user) - {Role.PARTICIPANT}


def issue_certificates(cohort: Cohort, *, by: User, now: datetime) -> IssueBatch:
    """Reserve record and number for everyone who is ready, and queue the printing.

    One transaction: facts are frozen and numbers given without a gap, or nothing happens. Doing
    it again only reaches those who have become ready since. Raises Refused when there is nobody.
    """
    programme = cohort.programme
    if wrong := series_problem(programme.series_pattern):
        raise Refused(wrong)
    year = now.astimezone(ZoneInfo(cohort.timezone)).year
    series = _locked_series(series_name(programme.series_pattern, year))
    # Read after the lock is held: another coordinator may just have issued to some of them.
    found = preflight(cohort, now=now)
    ready, paper = found.ready, found.paper
    if not ready:
        raise Refused(
            Message("There is nobody to issue a certificate to now. Look at the reasons below.")
        )
    print_facts(paper.facts_for(ready[0], now=now))  # the layout must hold
    batch = IssueBatch(cohort=cohort, state=BatchState.QUEUED, asked_at=now, asked_by_id=by.id)
    batch.public_id = new_public_id()
    for candidate in ready:
        series.last_serial += 1
        number = number_in(series.name, series.last_serial)
        code = new_public_id()
        facts = paper.facts_for(candidate, now=now, number=number, code=code)
        batch.credentials.append(
            Credential(
                kind=candidate.kind,
                enrolment_id=candidate.enrolment.id,
                supersedes_id=candidate.supersedes.id if candidate.supersedes else None,
                verification_code=code,
                series=series,
                serial=series.last_serial,
                number=number,
                facts=facts.as_json(),
                reserved_at=now,
            )
        )
    db.session.add(batch)
    db.session.flush()
    audit.record("issue certificates", batch, by=by, now=now, count=len(ready))
    jobs.queue(ISSUE, batch.public_id, now=now)
    return batch


def _locked_series(name: str) -> NumberSeries:
    """The counter of a series, held by this transaction until it ends."""
    if db.session.scalar(select(NumberSeries.id).where(NumberSeries.name == name)) is None:
        only_once(db.session, NumberSeries(name=name, last_serial=0))
    return db.session.scalars(
        select(NumberSeries)
        .where(NumberSeries.name == name)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def unprinted_credentials(batch_public_id: str) -> list[str]:
    """The public ids of a batch's credentials that have no file yet, in the order of numbers."""
    found = db.session.scalars(
        select(Credential.public_id)
        .join(IssueBatch)
        .where(IssueBatch.public_id == batch_public_id, Credential.file_sha256.is_(None))
        .order_by(Credential.id)
    )
    return list(found)


def begin_batch(batch: IssueBatch) -> None:
    """Say that the printing has begun."""
    if batch.state == BatchState.QUEUED:
        batch.state = BatchState.PRINTING


def facts_to_print(credential_public_id: str) -> CertificateFacts | None:
    """The frozen facts of a credential that has no file yet; None when it is printed."""
    credential = find_credential(credential_public_id)
    if credential is None or credential.file_sha256 is not None:
        return None
    return facts_of(credential)


def print_file(facts: CertificateFacts) -> str:
    """Print and store one certificate, and give back its SHA-256; touches no database."""
    return store_file(print_facts(facts))


def finish_credential(credential: Credential, *, sha256: str, now: datetime) -> None:
    """Mark a credential as issued with this file, and tell its holder; done once."""
    if credential.file_sha256 is not None:
        return
    credential.file_sha256, credential.issued_at, credential.failure = sha256, now, ""
    person = credential.enrolment.user
    if person.email:
        mail.queue(
            person.email,
            "certificate_issued",
            now=now,
            in_language=person.language or "en",
            person=person,
            facts=facts_of(credential),
            programme=choose(credential.facts["programme"], person.language or "en"),
        )


def note_failure(credential_public_id: str, error: Exception) -> None:
    """Write down why a certificate could not be printed; its number stays its own."""
    logging.getLogger("courseware.credentials").error(
        "certificate %s could not be printed", credential_public_id, exc_info=error
    )
    credential = find_credential(credential_public_id)
    if credential is not None:
        said = str(error) if isinstance(error, Refused | OSError) else type(error).__name__
        credential.failure = said[:LONGEST_REASON]


def finish_batch(batch: IssueBatch, *, now: datetime) -> None:
    """Close a batch of which everything is printed; one with failures stays open."""
    if not unprinted_credentials(batch.public_id):
        batch.state, batch.finished_at = BatchState.DONE, now


def print_again(batch: IssueBatch, *, by: User, now: datetime) -> None:
    """Try again what could not be printed: the same records, the same numbers."""
    if batch.state == BatchState.DONE:
        raise Refused(Message("Everything of this issue is printed."))
    audit.record("print again", batch, by=by, now=now)
    jobs.queue(ISSUE, batch.public_id, now=now)


def facts_of(credential: Credential) -> CertificateFacts:
    """What was frozen when the certificate was issued."""
    return CertificateFacts.from_json(credential.facts)


def find_credential(public_id: str) -> Credential | None:
    """The credential at this address of ours."""
    return db.session.scalar(select(Credential).where(Credential.public_id == public_id))


def find_credential_by_number(number: str) -> Credential | None:
    """The credential with this printed number; for commands, never for strangers."""
    return db.session.scalar(select(Credential).where(Credential.number == number.strip()))


def find_credential_by_code(text: str) -> Credential | None:
    """The issued credential with this verification code; a whole address may be given too."""
    code = text.strip().rstrip("/").rpartition("/")[2]
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,40}", code):
        return None
    return db.session.scalar(
        select(Credential).where(
            Credential.verification_code == code, Credential.issued_at.is_not(None)
        )
    )


def find_batch(public_id: str) -> IssueBatch | None:
    """The act of issuing at this address of ours."""
    return db.session.scalar(select(IssueBatch).where(IssueBatch.public_id == public_id))


def credential_of(enrolment: Enrolment) -> Credential | None:
    """The credential of a participant, issued or being printed."""
    return credentials_of([enrolment]).get(enrolment.id)


def list_batches(cohort: Cohort) -> list[IssueBatch]:
    """All acts of issuing of a cohort, the newest first."""
    found = db.session.scalars(
        select(IssueBatch)
        .where(IssueBatch.cohort_id == cohort.id)
        .order_by(IssueBatch.id.desc())
        .options(joinedload(IssueBatch.asked_by))
    )
    return list(found)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is."""

    done: int
    whole: int
    failures: tuple[str, ...]


def progress_of(batch: IssueBatch) -> Progress:
    """Printed and all, with what went wrong."""
    rows = db.session.execute(
        select(Credential.number, Credential.file_sha256, Credential.failure)
        .where(Credential.batch_id == batch.id)
        .order_by(Credential.id)
    ).all()
    return Progress(
        done=sum(1 for row in rows if row.file_sha256),
        whole=len(rows),
        failures=tuple(f"{row.number}: {row.failure}" for row in rows if row.failure),
    )


def list_credentials(cohort: Cohort) -> list[Credential]:
    """The register of a cohort: every credential issued, by series and number."""
    found = db.session.scalars(
        select(Credential)
        .join(Enrolment)
        .where(Enrolment.cohort_id == cohort.id, Credential.issued_at.is_not(None))
        .order_by(Credential.series_id, Credential.serial)
        .options(
            joinedload(Credential.enrolment),
            joinedload(Credential.revocation).joinedload(Revocation.revoked_by),
        )
    )
    return list(found)


def file_of(credential: Credential) -> bytes:
    """The certificate as it was issued, byte for byte. Raises FileMissing."""
    if credential.file_sha256 is None:
        raise Refused(Message("This certificate is still being printed. Try again in a minute."))
    return read_file(credential.file_sha256)


def revoke_credential(credential: Credential, *, reason: str, by: User, now: datetime) -> None:
    """Withdraw a credential, with a reason that everybody who verifies it will read."""
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(Message("Give a reason: it is shown to everybody who verifies."))
    if len(reason) > LONGEST_REASON:
        raise Refused(
            Message("The reason is longer than %(most)s characters.", most=LONGEST_REASON)
        )
    if credential.issued_at is None:
        raise Refused(Message("This certificate has not been issued yet."))
    revocation = Revocation(
        credential_id=credential.id, reason=reason, revoked_at=now, revoked_by_id=by.id
    )
    if not only_once(db.session, revocation):
        raise Refused(Message("%(number)s was revoked before.", number=credential.number))
    audit.record("revoke certificate", credential, by=by, now=now, reason=reason)
