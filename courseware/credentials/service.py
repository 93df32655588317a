"""Credentials: issuing with numbers without gaps, finding, revoking."""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from certificates import CertificateFacts
from courseware import audit, jobs, mail
from courseware.accounts.models import User
from courseware.cohorts.models import Cohort, Enrolment
from courseware.credentials import log_service
from courseware.credentials.models import (
    Credential,
    Duplicate,
    IssueBatch,
    NumberSeries,
    Revocation,
)
from courseware.credentials.preflight_service import credentials_of, facts_for, preflight
from courseware.credentials.print_service import print_final, with_offline
from courseware.credentials.proposed_service import hold_cohort
from courseware.credentials.rules import (
    LONGEST_REASON,
    BatchState,
    LeafKind,
    Mailing,
    download_name,
    number_in,
    reason_problem,
    series_name,
    series_problem,
)
from courseware.db import db, new_public_id, only_once
from courseware.errors import Refused
from courseware.files import read_file, store_file
from courseware.messages import Message
from courseware.permissions import Role, roles_on
from courseware.texts import choose

ISSUE = "issue certificates"
CLOCKS_DIFFER = timedelta(minutes=5)


@roles_on.register
def _roles_on_credential(subject: Credential, user: User) -> set[Role]:
    return roles_on(subject.enrolment, user)


@roles_on.register
def _roles_on_batch(subject: IssueBatch, user: User) -> set[Role]:
    return roles_on(subject.cohort, user) - {Role.PARTICIPANT}


def issue_certificates(
    cohort: Cohort, *, by: User, now: datetime, mailing: Mailing = Mailing.LINK
) -> IssueBatch:
    """Reserve record and number for everyone who is ready, and queue the printing.

    One transaction: facts are frozen and numbers given without a gap, or nothing happens. Doing
    it again only reaches those who have become ready since. Raises Refused when there is nobody.
    """
    hold_cohort(cohort)
    series = locked_series(cohort, now=now)
    refuse_clock_set_back(now)
    # Read after the lock is held: another coordinator may just have issued to some of them.
    found = preflight(cohort, now=now)
    ready, paper = found.ready, found.paper
    if not ready:
        raise Refused(
            Message("There is nobody to issue a certificate to now. Look at the reasons below.")
        )
    batch = open_batch(cohort, mailing=mailing, by=by, now=now)
    batch.proposal_id = max(
        (each.proposed.proposal_id for each in ready if each.proposed), default=None
    )
    for candidate in ready:
        number, code = take_number(series), new_public_id()
        facts = facts_for(paper, candidate, now=now, number=number, code=code)
        facts = with_offline(facts, cohort)
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
    queue_printing(batch, now=now)
    audit.record("issue certificates", batch, by=by, now=now, count=len(ready))
    return batch


def open_batch(cohort: Cohort, *, mailing: Mailing, by: User, now: datetime) -> IssueBatch:
    """A new act of issuing, to add credentials to."""
    return IssueBatch(
        cohort=cohort,
        public_id=new_public_id(),
        state=BatchState.QUEUED,
        mailing=mailing,
        asked_at=now,
        asked_by_id=by.id,
    )


def queue_printing(batch: IssueBatch, *, now: datetime) -> None:
    """Write a batch with its credentials down, and ask for the printing."""
    db.session.add(batch)
    db.session.flush()
    jobs.queue(ISSUE, batch.public_id, now=now)


def take_number(series: NumberSeries) -> str:
    """The next number of a series whose lock is held."""
    series.last_serial += 1
    return number_in(series.name, series.last_serial)


def refuse_clock_set_back(now: datetime) -> None:
    """Refuse to issue before what has been issued: numbers and dates must run the same way."""
    newest = db.session.scalar(select(func.max(Credential.reserved_at)))
    if newest is not None and now < newest - CLOCKS_DIFFER:
        raise Refused(
            Message(
                "The clock of the server says %(now)s UTC, but the last certificate was issued at "
                "%(newest)s UTC. Nothing was issued. Set the clock right and try again.",
                now=f"{now:%Y-%m-%d %H:%M}",
                newest=f"{newest:%Y-%m-%d %H:%M}",
            )
        )


def locked_series(cohort: Cohort, *, now: datetime) -> NumberSeries:
    """The counter of the cohort's series, held by this transaction until it ends."""
    pattern = cohort.programme.series_pattern
    if wrong := series_problem(pattern):
        raise Refused(wrong)
    name = series_name(pattern, now.astimezone(ZoneInfo(cohort.timezone)).year)
    if db.session.scalar(select(NumberSeries.id).where(NumberSeries.name == name)) is None:
        only_once(db.session, NumberSeries(name=name, last_serial=0))
    return db.session.scalars(
        select(NumberSeries)
        .where(NumberSeries.name == name)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def begin_batch(batch: IssueBatch) -> None:
    """Say that the printing has begun."""
    if batch.state == BatchState.QUEUED:
        batch.state = BatchState.PRINTING


@dataclass(frozen=True, slots=True)
class Waiting:
    """A credential without a file, and what is frozen to print it from."""

    id: int
    facts: CertificateFacts
    reserved_at: datetime


def waiting_to_be_printed(batch_public_id: str, *, behind: int, most: int) -> list[Waiting]:
    """The next credentials of a batch without a file, in the order of their numbers."""
    rows = db.session.execute(
        select(Credential.id, Credential.facts, Credential.reserved_at)
        .join(IssueBatch)
        .where(
            IssueBatch.public_id == batch_public_id,
            Credential.file_sha256.is_(None),
            Credential.id > behind,
        )
        .order_by(Credential.id)
        .limit(most)
    )
    return [Waiting(row.id, CertificateFacts.from_json(row.facts), row.reserved_at) for row in rows]


def print_file(one: Waiting) -> str:
    """Print and store one certificate, and give back its SHA-256; touches no database."""
    return store_file(print_final(one.facts, status_index=one.id, at=one.reserved_at))


def finish_credentials(printed: Mapping[int, str | Exception], *, now: datetime) -> None:
    """Mark credentials as issued with these files, and tell their holders; each is done once.

    An exception in the place of a hash is written beside the credential; its number stays its
    own. Rows are locked in the order of their ids: another worker may be at the same ones.
    """
    found = db.session.scalars(
        select(Credential)
        .where(Credential.id.in_(printed))
        .order_by(Credential.id)
        .options(
            joinedload(Credential.enrolment, innerjoin=True),
            joinedload(Credential.batch, innerjoin=True),
        )
        .with_for_update(of=Credential)
        .execution_options(populate_existing=True)
    )
    for credential in found.all():
        if credential.file_sha256 is not None:
            continue
        result = printed[credential.id]
        if isinstance(result, Exception):
            _note_failure(credential, result)
        else:
            _finish(credential, sha256=result, now=now)


def _finish(credential: Credential, *, sha256: str, now: datetime) -> None:
    credential.file_sha256, credential.failure = sha256, ""
    credential.issued_at = max(now, credential.reserved_at)  # the clock may have been set back
    log_service.append_issue(credential, now=credential.issued_at)
    person = credential.enrolment.user
    mailing = credential.batch.mailing
    if person.email and mailing != Mailing.NONE:
        file = mail.Attachment(sha256, file_name_of(credential))
        mail.queue(
            person.email,
            "certificate_issued",
            now=now,
            in_language=person.language or "en",
            attachment=file if mailing == Mailing.FILE else None,
            person=person,
            facts=facts_of(credential),
            is_attached=mailing == Mailing.FILE,
            address=f"{current_app.config['SETTINGS'].base_url}/certificates/{credential.public_id}",
            programme=choose(credential.facts["programme"], person.language or "en"),
        )


def file_name_of(credential: Credential) -> str:
    """What a certificate is called when it is downloaded: number and person."""
    return download_name(credential.number, " ".join(facts_of(credential).recipient.names))


def _note_failure(credential: Credential, error: Exception) -> None:
    logging.getLogger("courseware.credentials").error(
        "certificate %s could not be printed", credential.number, exc_info=error
    )
    if isinstance(error, OSError):
        said = f"The file could not be written: {error.strerror or error}."
    else:
        said = str(error) if isinstance(error, Refused) else type(error).__name__
    credential.failure = said[:LONGEST_REASON]


def finish_batch(batch: IssueBatch, *, now: datetime) -> None:
    """Close a batch of which everything is printed; one with failures stays open."""
    if not waiting_to_be_printed(batch.public_id, behind=0, most=1):
        batch.state, batch.finished_at = BatchState.DONE, max(now, batch.asked_at)


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
    failures = [f"{row.number}: {row.failure}" for row in rows if row.failure]
    if not failures and batch.state != BatchState.DONE:
        failures = list(filter(None, [jobs.last_error(ISSUE, batch.public_id)]))
    return Progress(
        done=sum(1 for row in rows if row.file_sha256), whole=len(rows), failures=tuple(failures)
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
            joinedload(Credential.supersedes),
            joinedload(Credential.superseded_by),
            selectinload(Credential.duplicates),
        )
    )
    return list(found)


def list_issued_files() -> list[tuple[str, str]]:
    """Number and SHA-256 of every file that was issued, duplicates too."""
    own = select(Credential.number, Credential.file_sha256).where(
        Credential.file_sha256.is_not(None)
    )
    again = select(Credential.number, Duplicate.file_sha256).join(Duplicate.credential)
    rows = [*db.session.execute(own.order_by(Credential.id)), *db.session.execute(again)]
    return [(row.number, row.file_sha256) for row in rows if row.file_sha256]


def file_of(credential: Credential) -> bytes:
    """The certificate as it was issued, byte for byte. Raises FileMissing."""
    if credential.file_sha256 is None:
        raise Refused(Message("This certificate is still being printed. Try again in a minute."))
    return read_file(credential.file_sha256)


def revoke_credential(credential: Credential, *, reason: str, by: User, now: datetime) -> None:
    """Withdraw a credential, with a reason that everybody who verifies it will read."""
    reason = " ".join(reason.split())
    if problem := reason_problem(reason):
        raise Refused(problem)
    if credential.issued_at is None:
        raise Refused(Message("This certificate has not been issued yet."))
    revocation = Revocation(
        credential_id=credential.id, reason=reason, revoked_at=now, revoked_by_id=by.id
    )
    if not only_once(db.session, revocation):
        raise Refused(Message("%(number)s was revoked before.", number=credential.number))
    audit.record("revoke certificate", credential, by=by, now=now, reason=reason)
    log_service.append(LeafKind.REVOKED, credential, now=now, reason=reason)
