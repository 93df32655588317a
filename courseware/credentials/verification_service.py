"""Whether a file is the one that was issued, asked by anybody who holds a copy."""

import hashlib
import re
import zlib
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from courseware.credentials.models import Credential
from courseware.credentials.service import find_credential_by_code
from courseware.db import db

MOST_STREAMS = 400
MOST_INFLATED = 8 * 2**20
_LINK = re.compile(rb"/verify/([A-Za-z0-9_-]{16,40})")


class Comparison(StrEnum):
    """What comparing a file with the issued ones says."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ComparedFile:
    """An uploaded file: identical with an issued one, or at least naming one, or neither."""

    comparison: Comparison
    credential: Credential | None


def compare_file(data: bytes) -> ComparedFile:
    """Compare a file with everything issued, by its SHA-256.

    A file that is not identical may still carry the link of a certificate: then the certificate
    is given, so that its facts can be compared. Such a file may be forged or merely saved again.
    """
    same = db.session.scalar(
        select(Credential)
        .where(
            Credential.file_sha256 == hashlib.sha256(data).hexdigest(),
            Credential.issued_at.is_not(None),
        )
        .options(joinedload(Credential.revocation))
    )
    if same is not None:
        return ComparedFile(Comparison.SAME, same)
    for code in codes_in(data):
        if (found := find_credential_by_code(code)) is not None:
            return ComparedFile(Comparison.OTHER, found)
    return ComparedFile(Comparison.UNKNOWN, None)


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
