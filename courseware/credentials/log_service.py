"""The transparency log: a leaf in the same transaction as the act, a signed head for each day."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519
from flask import current_app
from sqlalchemy import func, select

from courseware import keys
from courseware.credentials.log_rules import (
    PROOF,
    Head,
    canonical,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root_of,
    sha256_of,
)
from courseware.credentials.models import Credential, LogHead, LogLeaf, LogTail
from courseware.credentials.rules import LeafKind
from courseware.db import db, only_once
from courseware.errors import Refused
from courseware.messages import Message

PAGE = 10_000


def append(
    kind: LeafKind,
    credential: Credential,
    *,
    now: datetime,
    file: str | None = None,
    by: str = "",
    reason: str = "",
) -> LogLeaf:
    """Add a leaf, in the transaction of the act that it bears witness to.

    `file` is the hash of the file, where it is not the credential's own; `by` the number of the
    credential that supersedes. Only hashes of the code, the facts and the reason go in.
    """
    body: dict[str, Any] = {
        "kind": kind.value,
        "number": credential.number,
        "credential": sha256_of(credential.verification_code),
        "facts": sha256_of(credential.facts),
        "file": file or credential.file_sha256 or "",
        "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if by:
        body["by"] = by
    if reason:
        body["reason"] = sha256_of(reason)
    tail = _locked_tail()
    leaf = LogLeaf(
        position=tail.size,
        kind=kind,
        credential_id=credential.id,
        body=body,
        leaf_sha256=leaf_hash(body).hex(),
        added_at=now,
    )
    db.session.add(leaf)
    tail.size += 1
    return leaf


def _locked_tail() -> LogTail:
    """The end of the log, held by this transaction until it ends; asked for once in it."""
    transaction = db.session().get_transaction()
    kept: tuple[object, LogTail] | None = db.session.info.get("log tail")
    if kept is not None and kept[0] is transaction and kept[1] in db.session:
        return kept[1]
    tail = db.session.scalars(
        select(LogTail)
        .where(LogTail.id == 1)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    db.session.info["log tail"] = (transaction, tail)
    return tail


def append_issue(credential: Credential, *, now: datetime) -> None:
    """Add the leaf of a credential that was just issued, and of the one that it supersedes."""
    append(LeafKind.ISSUED, credential, now=now)
    if credential.supersedes is not None:
        append(LeafKind.SUPERSEDED, credential.supersedes, now=now, by=credential.number)


def append_unlogged(*, now: datetime) -> int:
    """Add the leaves of what was issued before there was a log; says how many."""
    if not _unlogged():
        return 0
    _locked_tail()  # another worker may be at it
    missing = _unlogged()
    for credential in missing:
        append_issue(credential, now=now)
        if credential.revocation is not None:
            append(LeafKind.REVOKED, credential, now=now, reason=credential.revocation.reason)
    return len(missing)


def _unlogged() -> Sequence[Credential]:
    logged = select(LogLeaf.credential_id).where(LogLeaf.kind == LeafKind.ISSUED)
    return db.session.scalars(
        select(Credential)
        .where(Credential.issued_at.is_not(None), Credential.id.not_in(logged))
        .order_by(Credential.id)
    ).all()


def leaf_hashes(first: int = 0, most: int | None = None) -> list[bytes]:
    """The hashes of the leaves, from a place on."""
    found = select(LogLeaf.leaf_sha256).where(LogLeaf.position >= first).order_by(LogLeaf.position)
    return [bytes.fromhex(text) for text in db.session.scalars(found.limit(most))]


def size_of_log() -> int:
    """How many leaves there are."""
    return db.session.scalar(select(LogTail.size)) or 0


def publish_head(*, now: datetime) -> LogHead | None:
    """Publish the head of the day (in UTC) that is over, once; None when there is nothing new."""
    midnight = datetime.combine(now.date(), time(), tzinfo=UTC)
    day = midnight.date() - timedelta(days=1)
    last = newest_head()
    later = db.session.scalar(
        select(func.min(LogLeaf.position)).where(LogLeaf.added_at >= midnight)
    )
    size = size_of_log() if later is None else later
    if not size or (last is not None and (last.day >= day or last.size == size)):
        return None
    key, head = keys.current().badge, head_of(leaf_hashes(most=size), now=now)
    row = LogHead(
        day=day,
        size=head.size,
        root_sha256=head.root,
        key_id=key.multibase,
        signature=key.sign(head.as_signed()).hex(),
        published_at=now,
    )
    return row if only_once(db.session, row) else None


def head_of(leaves: list[bytes], *, now: datetime) -> Head:
    """The state of the log with these leaves."""
    return Head(
        origin=current_app.config["SETTINGS"].base_url,
        size=len(leaves),
        root=root_of(leaves).hex(),
        at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def newest_head() -> LogHead | None:
    """The last published head."""
    return db.session.scalar(select(LogHead).order_by(LogHead.id.desc()).limit(1))


def list_heads(most: int = 400) -> list[LogHead]:
    """The published heads, the newest first."""
    return list(db.session.scalars(select(LogHead).order_by(LogHead.id.desc()).limit(most)))


def published(row: LogHead) -> dict[str, Any]:
    """A published head as others read it."""
    origin = current_app.config["SETTINGS"].base_url
    at = row.published_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return _signed_head(Head(origin, row.size, row.root_sha256, at), row.key_id, row.signature)


def _signed_head(head: Head, key: str, signature: str) -> dict[str, Any]:
    return {
        "origin": head.origin,
        "size": head.size,
        "root": head.root,
        "at": head.at,
        "key": key,
        "signature": signature,
    }


def prove(credential: Credential, *, now: datetime) -> dict[str, Any]:
    """The proof that what happened to a credential is in the log: a file for a third party.

    The head in it is signed now; where one was published before, so is the proof that the log of
    then is the beginning of the log of now.
    """
    rows = db.session.scalars(
        select(LogLeaf).where(LogLeaf.credential_id == credential.id).order_by(LogLeaf.position)
    ).all()
    if not rows:
        raise Refused(
            Message(
                "%(number)s is not in the log yet. The worker adds it within a minute.",
                number=credential.number,
            )
        )
    leaves = leaf_hashes()
    key, head = keys.current().badge, head_of(leaves, now=now)
    proof: dict[str, Any] = {
        "what": PROOF,
        "number": credential.number,
        "leaves": [
            {
                "body": row.body,
                "position": row.position,
                "path": [part.hex() for part in inclusion_path(row.position, leaves)],
            }
            for row in rows
        ],
        "head": _signed_head(head, key.multibase, key.sign(head.as_signed()).hex()),
    }
    if (last := newest_head()) is not None and last.size <= len(leaves):
        proof["published"] = published(last)
        proof["consistency"] = [part.hex() for part in consistency_path(last.size, leaves)]
    return proof


def verify_signature(key: str, data: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature holds; for `log_rules.check_proof`."""
    try:
        raw = keys.from_multibase(key)
        if raw[:2] != b"\xed\x01":
            return False
        ed25519.Ed25519PublicKey.from_public_bytes(raw[2:]).verify(signature, data)
    except (ValueError, InvalidSignature):
        return False
    return True


def damage_of_log() -> str | None:
    """What is wrong with the log in the database, for the doctor; None when it is whole."""
    leaves: list[bytes] = []
    for position, (at, body, kept) in enumerate(
        db.session.execute(
            select(LogLeaf.position, LogLeaf.body, LogLeaf.leaf_sha256).order_by(LogLeaf.position)
        )
    ):
        if at != position or leaf_hash(_plain(body)).hex() != kept:
            return f"The log of certificates is damaged at leaf {position}."
        leaves.append(bytes.fromhex(kept))
    if len(leaves) != size_of_log():
        return "The log of certificates has lost leaves at its end."
    for head in list_heads(3):
        if head.size > len(leaves) or root_of(leaves[: head.size]).hex() != head.root_sha256:
            return f"The log of certificates is not what was published for {head.day}."
    return None


def _plain(body: Mapping[str, Any]) -> dict[str, Any]:
    return dict(body)


def as_file(proof: dict[str, Any]) -> bytes:
    """A proof as the bytes of a file."""
    return canonical(proof)
