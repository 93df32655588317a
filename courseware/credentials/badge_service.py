"""Open Badges 3.0: each certificate as a signed credential, and lists of what is in force.

Signed with eddsa-rdfc-2022. RDF canonicalisation takes 10 ms and more; it is done once for each
shape of document, and proved equal to the short way on the first document of that shape.
"""

import base64
import gzip
import json
import threading
from datetime import datetime
from functools import cache
from typing import Any

from flask import current_app
from sqlalchemy import select

from certificates import CertificateFacts
from courseware import keys
from courseware.credentials.badge_rules import (
    CONTEXTS,
    STATUS_LIST_LENGTH,
    Issued,
    Json,
    NotFilled,
    Shape,
    badge_of,
    hash_of,
    holes,
    status_list_address,
)
from courseware.credentials.models import Credential, Revocation
from courseware.db import db

MIME = "application/vc"

_shapes: dict[str, Shape | None] = {}
_configs: dict[tuple[str, str, str], str] = {}
_canonicalising = threading.Lock()  # the processor's caches are not for several threads


def did() -> str:
    """The decentralised identifier of this installation: did:web and its host."""
    address: str = current_app.config["SETTINGS"].base_url
    return "did:web:" + address.partition("://")[2].replace(":", "%3A")


def method_of(key: keys.BadgeKey) -> str:
    """The name of a key in the did:web document."""
    return f"{did()}#{key.multibase}"


def did_document() -> Json:
    """The public keys under the installation's identifier, those that were rotated out included."""
    found = keys.current()
    badges = [_method(method_of(key), key.multibase) for key in reversed(found.badges)]
    seals = [_method(f"{did()}#{key.multibase}", key.multibase) for key in reversed(found.seals)]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did(),
        "verificationMethod": [*badges, *seals],
        "assertionMethod": [method["id"] for method in badges],
        "service": [
            {
                "id": f"{did()}#issuer",
                "type": "LinkedDomains",
                "serviceEndpoint": current_app.config["SETTINGS"].base_url,
            }
        ],
    }


def _method(name: str, key: str) -> Json:
    return {"id": name, "type": "Multikey", "controller": did(), "publicKeyMultibase": key}


def sign_badge(
    facts: CertificateFacts, *, status_index: int, at: datetime, with_name: bool = True
) -> bytes:
    """The badge of these facts as signed JSON; the same bytes for the same facts and key."""
    issued = Issued(
        facts=facts,
        site=current_app.config["SETTINGS"].base_url,
        did=did(),
        at=_iso(at),
        status_index=status_index,
        with_name=with_name,
    )
    return _signed(badge_of(issued), at)


def badge_for(credential: Credential, *, with_name: bool = True) -> bytes:
    """The badge of an issued credential, signed with the key of today."""
    return sign_badge(
        CertificateFacts.from_json(credential.facts),
        status_index=credential.id,
        at=credential.reserved_at,
        with_name=with_name,
    )


def status_list(purpose: str, number: int, *, now: datetime) -> bytes | None:
    """The signed list of what is revoked (or, for `refresh`, superseded); None beyond the last.

    A superseded credential counts as revoked for others' verifiers, because its paper is not to be
    relied on; `refresh` tells them that there is a newer one.
    """
    first = number * STATUS_LIST_LENGTH
    newest = db.session.scalar(select(Credential.id).order_by(Credential.id.desc()).limit(1)) or 0
    if number and first > newest:
        return None
    here = Credential.id.between(first, first + STATUS_LIST_LENGTH - 1)
    superseded = select(Credential.supersedes_id).where(
        Credential.supersedes_id.between(first, first + STATUS_LIST_LENGTH - 1),
        Credential.issued_at.is_not(None),
    )
    indices = set(db.session.scalars(superseded))
    if purpose == "revocation":
        revoked = select(Revocation.credential_id).join(Credential).where(here)
        indices |= set(db.session.scalars(revoked))
    places = {index - first for index in indices if index is not None}
    return sign_status_list(purpose, number, places, now=now)


def sign_status_list(purpose: str, number: int, indices: set[int], *, now: datetime) -> bytes:
    """The list with these bits set, signed; the same bytes within an hour."""
    site = current_app.config["SETTINGS"].base_url
    address = status_list_address(site, purpose, number)
    begin = now.replace(minute=0, second=0)
    document = {
        "@context": [CONTEXTS[0]],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did(),
        "validFrom": _iso(begin),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": _bits(indices),
        },
    }
    return _signed(document, begin)


def _bits(indices: set[int]) -> str:
    bits = bytearray(STATUS_LIST_LENGTH // 8)
    for index in indices:
        bits[index // 8] |= 0x80 >> (index % 8)
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _signed(document: Json, at: datetime) -> bytes:
    key = keys.current().badge
    method, created = method_of(key), _iso(at)
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": created,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    contexts = document["@context"]
    config = _configs.get((str(contexts), method, created))
    if config is None:
        if len(_configs) > 100:
            _configs.clear()
        config = canonicalise({"@context": contexts, **proof})
        _configs[str(contexts), method, created] = config
    value = keys.multibase(key.sign(hash_of(config, canonical_form(document))))
    document["proof"] = {**proof, "proofValue": value}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def canonical_form(document: Json) -> str:
    """The canonical N-Quads of a document, the short way where it is proved to be right."""
    skeleton, texts = holes(document)
    name = json.dumps(skeleton)
    if name not in _shapes:
        if len(_shapes) > 500:
            _shapes.clear()
        whole = canonicalise(document)
        try:
            shape = Shape.of(canonicalise(skeleton))
            _shapes[name] = shape if shape.fill(texts) == whole else None
        except NotFilled:
            _shapes[name] = None
        return whole
    known = _shapes[name]
    if known is None:
        return canonicalise(document)
    try:
        return known.fill(texts)
    except NotFilled:
        return canonicalise(document)


def canonicalise(document: Any) -> str:
    """RDFC-1.0 by the JSON-LD processor, with contexts from the package and never the network."""
    from pyld import jsonld

    with _canonicalising:
        options = {
            "algorithm": "URDNA2015",
            "format": "application/n-quads",
            "documentLoader": _contexts(),
        }
        return str(jsonld.normalize(document, options))


@cache
def _contexts() -> Any:
    from openbadgeslib.ob3.contexts import document_loader

    return document_loader()
