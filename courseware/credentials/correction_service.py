"""After issuing: corrections that supersede, duplicates of lost papers, the history of each."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from certificates import CertificateFacts, Recipient
from courseware import audit, mail
from courseware.accounts.models import User
from courseware.accounts.service import save_profile
from courseware.credentials import log_service
from courseware.credentials.correction_rules import (
    Change,
    another_name,
    changes_between,
    refused_correction,
)
from courseware.credentials.models import Approver, Credential, Duplicate
from courseware.credentials.paper_service import state_of
from courseware.credentials.preflight_service import facts_now
from courseware.credentials.print_service import print_final, with_offline
from courseware.credentials.proposed_service import hold_cohort
from courseware.credentials.room_service import problems_of_paper
from courseware.credentials.rules import (
    CredentialKind,
    CredentialState,
    LeafKind,
    Mailing,
    Requirement,
    Unmet,
    reason_problem,
)
from courseware.credentials.service import (
    facts_of,
    locked_series,
    open_batch,
    queue_printing,
    refuse_clock_set_back,
    take_number,
)
from courseware.db import db, new_public_id, only_once
from courseware.errors import Refused
from courseware.files import read_file, store_file
from courseware.messages import Message
from courseware.names import clean_name, name_problem


@dataclass(frozen=True, slots=True)
class Correction:
    """What a corrected certificate would say, what that changes, and every reason against it."""

    facts: CertificateFacts
    changes: tuple[Change, ...]
    problems: tuple[Message, ...]


def draft_correction(
    credential: Credential, *, name_latin: str, name_native: str, now: datetime,
    number: str | None = None, code: str | None = None,
) -> Correction:  # fmt: skip
    """The certificate as it would be printed now with these names; nothing is written.

    Everything but the names comes from the records, as at the first issue: a title or an hour is
    corrected where it is kept, and printed anew from there.
    """
    numbered = {"number": number, "code": code} if number and code else {}
    found, unmet = facts_now(
        credential.enrolment,
        now=now,
        kind=credential.kind,
        supersedes=credential.number,
        **numbered,
    )
    names = Recipient(latin=clean_name(name_latin), native=clean_name(name_native))
    facts = replace(found, recipient=names)
    changes = changes_between(credential.facts, facts.as_json())
    return Correction(facts, changes, tuple(_against(credential, facts, changes, unmet, now=now)))


def _against(
    credential: Credential,
    facts: CertificateFacts,
    changes: tuple[Change, ...],
    unmet: tuple[Unmet, ...],
    *,
    now: datetime,
) -> list[Message]:
    state = state_of(credential)
    refused = refused_correction(
        state,
        issued_at=credential.issued_at,
        days=credential.enrolment.cohort.programme.correction_days,
        now=now,
    )
    if refused is not None:
        return [refused]
    if credential.superseded_by is not None:
        return [Message("A correction of this certificate is being printed already.")]
    wrong = [problem for name in facts.recipient.names if (problem := name_problem(name))]
    wrong += problems_of_paper(facts) if not wrong else ()
    if not wrong and (
        said := another_name(facts_of(credential).recipient.names, facts.recipient.names)
    ):
        wrong.append(said)
    if credential.kind == CredentialKind.CERTIFICATE:
        wrong += [each.message for each in unmet if each.requirement == Requirement.HOURS]
    if not changes and state != CredentialState.REVOKED:
        wrong.append(
            Message(
                "Nothing would be printed differently. For a lost paper, make a duplicate instead."
            )
        )
    return wrong


def supersede_credential(
    credential: Credential, *, name_latin: str, name_native: str, reason: str,
    by: User, now: datetime, mailing: Mailing = Mailing.LINK,
) -> Credential:  # fmt: skip
    """Issue a corrected credential with a number of its own, which supersedes `credential`.

    The old one stays in force until the new one is printed, and verifiable for good. A changed
    name is corrected in the list of people too. The approvers of the cohort are told. Raises
    Refused with the first reason against it.
    """
    said = _given_reason(reason)
    cohort = credential.enrolment.cohort
    hold_cohort(cohort)
    series = locked_series(cohort, now=now)
    db.session.refresh(credential)  # another coordinator may have been faster
    refuse_clock_set_back(now)
    number, code = take_number(series), new_public_id()
    draft = draft_correction(
        credential, name_latin=name_latin, name_native=name_native, now=now,
        number=number, code=code,
    )  # fmt: skip
    if draft.problems:
        raise Refused(draft.problems[0])
    batch = open_batch(cohort, mailing=mailing, by=by, now=now)
    corrected = Credential(
        kind=credential.kind,
        enrolment_id=credential.enrolment_id,
        supersedes_id=credential.id,
        correction_reason=said,
        verification_code=code,
        series=series,
        serial=series.last_serial,
        number=number,
        facts=with_offline(draft.facts, cohort).as_json(),
        reserved_at=now,
        name_hidden=credential.name_hidden,
        reveal_code=new_public_id() if credential.name_hidden else None,
    )
    batch.credentials.append(corrected)
    try:
        queue_printing(batch, now=now)
    except IntegrityError as error:
        raise Refused(
            Message("A correction of this certificate is being printed already.")
        ) from error
    _correct_name(credential.enrolment.user, draft.facts.recipient, by=by, now=now)
    _tell_approvers(credential, corrected, draft, by=by, now=now)
    audit.record(
        "correct certificate", credential, by=by, now=now, reason=said, number=corrected.number
    )
    return corrected


def _correct_name(person: User, names: Recipient, *, by: User, now: datetime) -> None:
    if (person.name_latin, person.name_native) != (names.latin, names.native):
        save_profile(
            person, name_latin=names.latin, name_native=names.native, gender=person.gender,
            language=person.language, by=by, now=now,
        )  # fmt: skip


def _tell_approvers(
    old: Credential, new: Credential, draft: Correction, *, by: User, now: datetime
) -> None:
    approvers = db.session.scalars(
        select(Approver).where(Approver.cohort_id == old.enrolment.cohort_id).order_by(Approver.id)
    )
    for approver in approvers:
        mail.queue(
            approver.email,
            "certificate_corrected",
            now=now,
            in_language=approver.language,
            approver=approver,
            old=old,
            new=new,
            changes=draft.changes,
            facts=draft.facts,
            by=by,
        )


def _given_reason(reason: str) -> str:
    said = " ".join(reason.split())
    if problem := reason_problem(said):
        raise Refused(problem)
    return said


def print_duplicate(credential: Credential) -> tuple[int, str]:
    """Print and store the next duplicate: its ordinal and its hash. Writes nothing down."""
    if state_of(credential) != CredentialState.VALID:
        raise Refused(Message("Only a certificate in force is given again as a duplicate."))
    ordinal = len(credential.duplicates) + 1
    facts = replace(facts_of(credential), duplicate=ordinal)
    pdf = print_final(facts, status_index=credential.id, at=credential.reserved_at)
    return ordinal, store_file(pdf)


def record_duplicate(
    credential: Credential, printed: tuple[int, str], *, reason: str, by: User, now: datetime
) -> Duplicate:
    """Write down a duplicate that `print_duplicate` has made; each ordinal is given once."""
    ordinal, sha256 = printed
    said = _given_reason(reason)
    if state_of(credential) != CredentialState.VALID:
        raise Refused(Message("Only a certificate in force is given again as a duplicate."))
    duplicate = Duplicate(
        public_id=new_public_id(),
        credential_id=credential.id,
        ordinal=ordinal,
        reason=said,
        file_sha256=sha256,
        made_at=now,
        made_by_id=by.id,
    )
    if not only_once(db.session, duplicate):
        raise Refused(Message("Another duplicate was made at the same moment. Try again."))
    db.session.expire(credential, ["duplicates"])
    log_service.append(LeafKind.DUPLICATED, credential, now=now, file=sha256, reason=said)
    audit.record("make duplicate", credential, by=by, now=now, reason=said, ordinal=ordinal)
    return duplicate


def duplicate_of(credential: Credential, ordinal: int) -> Duplicate | None:
    """The duplicate with this ordinal."""
    return next((each for each in credential.duplicates if each.ordinal == ordinal), None)


def file_of_duplicate(duplicate: Duplicate) -> bytes:
    """The duplicate as it was made, byte for byte. Raises FileMissing."""
    return read_file(duplicate.file_sha256)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a credential.

    `other` is the credential that it superseded (for ISSUED) or that superseded it; `ordinal`
    counts duplicates. `by` is for coordinators only, never for whoever verifies.
    """

    kind: LeafKind
    at: datetime
    reason: str = ""
    other: Credential | None = None
    ordinal: int = 0
    by: User | None = None


def history_of(credential: Credential) -> list[Event]:
    """Everything that happened to a credential since its issue, the oldest first."""
    events = []
    if credential.issued_at is not None:
        old = credential.supersedes
        events.append(
            Event(
                LeafKind.ISSUED,
                credential.issued_at,
                reason=credential.correction_reason,
                other=old,
                by=credential.batch.asked_by,
            )
        )
    for each in credential.duplicates:
        events.append(
            Event(
                LeafKind.DUPLICATED,
                each.made_at,
                reason=each.reason,
                ordinal=each.ordinal,
                by=each.made_by,
            )
        )
    if credential.revocation is not None:
        events.append(
            Event(
                LeafKind.REVOKED,
                credential.revocation.revoked_at,
                reason=credential.revocation.reason,
                by=credential.revocation.revoked_by,
            )
        )
    new = credential.superseded_by
    if new is not None and new.issued_at is not None:
        events.append(
            Event(
                LeafKind.SUPERSEDED,
                new.issued_at,
                reason=new.correction_reason,
                other=new,
                by=new.batch.asked_by,
            )
        )
    return sorted(events, key=lambda event: event.at)


def newest_of(credential: Credential) -> Credential:
    """The end of the chain of corrections that `credential` is part of."""
    while credential.superseded_by is not None:
        credential = credential.superseded_by
    return credential
