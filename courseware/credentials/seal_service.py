"""Whether a PDF bears our seal unbroken: the signature over its bytes, made with one of our keys.

Read without a PDF library: a hostile file costs no more than its own length.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from asn1crypto import cms
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from courseware import keys

_RANGE = re.compile(rb"/ByteRange\s{0,9}\[\s{0,9}(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})")
_MOST_CONTENTS = 200_000


class SealState(StrEnum):
    """What the seal in a file is worth.

    `FOLLOWED`: unbroken for the part it covers, and something was added behind it. `BROKEN`: what
    it covers was changed, or it is not of our key.
    """

    INTACT = "intact"
    FOLLOWED = "followed"
    BROKEN = "broken"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal in a file: its state, and the SHA-256 of the file as it was when it was sealed."""

    state: SealState
    sealed_sha256: str = ""


def seal_of(data: bytes) -> Seal:
    """The first seal of a file, checked against all our keys."""
    match = _RANGE.search(data)
    if match is None:
        return Seal(SealState.NONE)
    start, length, second, rest = map(int, match.groups())
    end = second + rest
    if start or not length < second <= end <= len(data) or second - length > _MOST_CONTENTS:
        return Seal(SealState.BROKEN)
    digest = hashlib.sha256(data[:length])
    digest.update(data[second:end])
    try:
        contents = bytes.fromhex(data[length:second].strip(b"<> \r\n").decode("ascii"))
        is_ours = _is_ours(contents, digest.digest())
    except (ValueError, KeyError, TypeError, IndexError):
        is_ours = False
    if not is_ours:
        return Seal(SealState.BROKEN)
    state = SealState.INTACT if not data[end:].strip() else SealState.FOLLOWED
    return Seal(state, hashlib.sha256(data[:end]).hexdigest())


def _is_ours(contents: bytes, digest: bytes) -> bool:
    signer = cms.ContentInfo.load(contents)["content"]["signer_infos"][0]
    attributes = signer["signed_attrs"]
    said = {each["type"].native: each["values"][0].native for each in attributes}
    if said["message_digest"] != digest:
        return False
    signed, signature = attributes.untag().dump(), signer["signature"].native
    for seal in keys.current().seals:
        public = seal.certificate.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        try:
            public.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
            return True
        except InvalidSignature:
            continue
    return False
