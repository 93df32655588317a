"""What a stranger is told: of a code, and of a file that somebody holds."""

import hashlib
import hmac
import io
import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import pikepdf
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certificates import CertificateFacts
from courseware import keys
from courseware.credentials import badge_service
from courseware.credentials.models import Credential, Duplicate
from courseware.credentials.paper_service import state_of
from courseware.credentials.print_service import BADGE
from courseware.credentials.rules import CredentialState, initials
from courseware.credentials.seal_service import SealState, seal_of
from courseware.credentials.service import file_of, find_credential_by_code
from courseware.db import db, new_public_id
from courseware.errors import Refused
from courseware.files import FileMissing

MOST_STREAMS = 400
MOST_INFLATED = 8 * 2**20
_LINK = re.compile(rb"/verify/([A-Za-z0-9_-]{16,40})")


class Comparison(StrEnum):
    """What comparing a file with the issued ones says.

    `FOLLOWED`: the file that we issued, with something added behind its seal.
    """

    SAME = "same"
    DUPLICATE = "duplicate"
    FOLLOWED = "followed"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ComparedFile:
    """An uploaded file: identical with an issued one, or at least naming one, or neither."""

    comparison: Comparison
    credential: Credential | None
    seal: SealState = SealState.NONE
    duplicate: Duplicate | None = None


def compare_file(data: bytes) -> ComparedFile:
    """Compare a file with everything issued, by its SHA-256 and its seal.

    A file that is not identical may still carry the link of a certificate: then the certificate
    is given, so that its facts can be compared. Such a file may be forged or merely saved again.
    """
    seal = seal_of(data)
    found = _issued_as(hashlib.sha256(data).hexdigest())
    if found is not None:
        return ComparedFile(found.comparison, found.credential, seal.state, found.duplicate)
    if seal.sealed_sha256 and (found := _issued_as(seal.sealed_sha256)) is not None:
        return ComparedFile(Comparison.FOLLOWED, found.credential, seal.state, found.duplicate)
    for code in codes_in(data):
        if (credential := find_credential_by_code(code)) is not None:
            return ComparedFile(Comparison.OTHER, credential, seal.state)
    return ComparedFile(Comparison.UNKNOWN, None, seal.state)


def _issued_as(sha256: str) -> ComparedFile | None:
    credential = db.session.scalar(
        select(Credential)
        .where(Credential.file_sha256 == sha256, Credential.issued_at.is_not(None))
        .options(joinedload(Credential.revocation))
    )
    if credential is not None:
        return ComparedFile(Comparison.SAME, credential)
    duplicate = db.session.scalar(select(Duplicate).where(Duplicate.file_sha256 == sha256))
    if duplicate is not None:
        return ComparedFile(Comparison.DUPLICATE, duplicate.credential, SealState.NONE, duplicate)
    return None


def codes_in(data: bytes) -> list[str]:
    """The verification codes that a PDF links to; looks into at most 8 MB of inflated streams."""
    found = [match.decode() for match in _LINK.findall(data)]
    left = MOST_INFLATED
    for number, match in enumerate(re.finditer(rb"stream\r?\n", data)):
        if found or number >= MOST_STREAMS or left <= 0:
            break
        try:
            inflated = zlib.decompressobj().decompress(data[match.end() : match.end() + left], left)
        except zlib.error:
            continue
        left -= len(inflated)
        found = [code.decode() for code in _LINK.findall(inflated)]
    return list(dict.fromkeys(found))[:5]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a certificate, as strangers may know it."""

    kind: str
    at: datetime
    number: str
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class PublicCertificate:
    """A certificate as a stranger sees it: the names are hidden where the holder wants it."""

    credential: Credential
    facts: CertificateFacts
    state: CredentialState
    names: tuple[str, ...]
    is_hidden: bool
    history: tuple[Event, ...]

    @property
    def successor(self) -> Credential | None:
        """The certificate that replaced this one."""
        return self.credential.superseded_by


def public_certificate(credential: Credential, *, reveal: str = "") -> PublicCertificate:
    """What is shown of a certificate; `reveal` is the holder's personal code, if one was given."""
    facts = CertificateFacts.from_json(credential.facts)
    is_hidden = not may_see_name(credential, reveal)
    return PublicCertificate(
        credential=credential,
        facts=facts,
        state=state_of(credential),
        names=tuple(map(initials, facts.recipient.names)) if is_hidden else facts.recipient.names,
        is_hidden=is_hidden,
        history=history_of(credential, is_hidden=is_hidden),
    )


def may_see_name(credential: Credential, reveal: str) -> bool:
    """Whether the name is shown: always, unless the holder hid it and the code is not theirs."""
    if not credential.name_hidden:
        return True
    kept = credential.reveal_code or ""
    return bool(kept) and hmac.compare_digest(reveal.encode(), kept.encode())


def _chain_of(credential: Credential) -> list[Credential]:
    """The certificate with those that it corrects and those that correct it, the oldest first."""
    chain = [credential]
    while (older := chain[0].supersedes) is not None:
        chain.insert(0, older)
    while (newer := chain[-1].superseded_by) is not None and newer.issued_at is not None:
        chain.append(newer)
    return chain


def history_of(credential: Credential, *, is_hidden: bool = False) -> tuple[Event, ...]:
    """What happened to the chain of certificates that this one belongs to, the oldest first.

    Why one was corrected may tell a name; it is left out where the name is hidden.
    """
    events = []
    for one in _chain_of(credential):
        if one.issued_at is not None:
            kind = "corrected" if one.supersedes is not None else "issued"
            reason = "" if is_hidden else one.correction_reason
            events.append(Event(kind, one.issued_at, one.number, one.verification_code, reason))
        events += [Event("duplicate", each.made_at, one.number) for each in one.duplicates]
        if one.revocation is not None:
            events.append(
                Event("revoked", one.revocation.revoked_at, one.number, "", one.revocation.reason)
            )
    return tuple(sorted(events, key=lambda event: event.at))


def hide_name(credential: Credential, *, is_hidden: bool) -> None:
    """Show initials instead of the name on the public page, or the name again.

    Hiding makes a new personal code, so that links that were passed on before show nothing more.
    The same goes for the certificates that this one corrects and that correct it.
    """
    for one in _chain_of(credential):
        if is_hidden != one.name_hidden:
            one.name_hidden = is_hidden
            one.reveal_code = new_public_id() if is_hidden else None


def personal_address(credential: Credential) -> str:
    """The link with which the holder shows the name."""
    base = current_app.config["SETTINGS"].base_url
    return f"{base}/verify/{credential.verification_code}?name={credential.reveal_code}"


def badge_as_issued(credential: Credential, *, reveal: str = "") -> bytes:
    """The Open Badges credential, as it lies in the issued file; without the name where hidden."""
    if not may_see_name(credential, reveal):
        return badge_service.badge_for(credential, with_name=False)
    try:
        with pikepdf.open(io.BytesIO(file_of(credential))) as pdf:
            return pdf.attachments[BADGE].get_file().read_bytes()
    except (KeyError, FileMissing, Refused, pikepdf.PdfError):
        return badge_service.badge_for(credential)  # issued before badges were put in


def offline_keys() -> list[dict[str, str]]:
    """The public keys that the page without network verifies with."""
    return [{"id": key.short_id.hex(), "key": key.public.hex()} for key in keys.current().badges]
