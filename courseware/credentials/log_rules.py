"""The transparency log: a Merkle tree as in RFC 6962, its proofs, and how they are checked.

Each issue, supersession, duplicate and revocation is a leaf. Who has one head can prove of any
leaf that it is in the log, and of any later head that nothing before it was changed or taken out.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PROOF = "courseware proof of inclusion 1"
_HASH = re.compile(r"[0-9a-f]{64}")
Verify = Callable[[str, bytes, bytes], bool]
"""Whether a signature (third) of a key in multibase (first) over bytes (second) holds."""


class ProofWrong(Exception):
    """A proof that proves nothing; the sentence says what does not fit."""


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, without spaces, in UTF-8: the same bytes for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256_of(value: Any) -> str:
    """The hash of a JSON value in its canonical form, or of a text."""
    data = value.encode() if isinstance(value, str) else canonical(value)
    return hashlib.sha256(data).hexdigest()


def leaf_hash(body: Mapping[str, Any]) -> bytes:
    """The hash of a leaf, from what it says."""
    return hashlib.sha256(b"\0" + canonical(body)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over the hashes of all leaves."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    # Pairing from the left and carrying an odd one up makes the same tree as RFC 6962's recursion.
    while len(level) > 1:
        paired = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def _split(size: int) -> int:
    """The largest power of two that is smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_path(position: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes that lead from a leaf to the root, from the leaf upwards."""
    if not 0 <= position < len(leaves):
        raise IndexError("There is no such leaf.")
    path, level = [], list(leaves)
    while len(level) > 1:
        other = position ^ 1
        if other < len(level):
            path.append(level[other])
        paired = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = paired + level[len(paired) * 2 :]
        position //= 2
    return path


def consistency_path(first: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The hashes that prove that the tree of the `first` leaves is the beginning of this one."""
    if not 0 < first <= len(leaves):
        raise IndexError("There was no such tree.")

    def prove(size: int, part: Sequence[bytes], *, is_whole: bool) -> list[bytes]:
        if size == len(part):
            return [] if is_whole else [root_of(part)]
        half = _split(len(part))
        if size <= half:
            return [*prove(size, part[:half], is_whole=is_whole), root_of(part[half:])]
        return [*prove(size - half, part[half:], is_whole=False), root_of(part[:half])]

    return prove(first, leaves, is_whole=True)


def root_by_path(leaf: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that follows from a leaf and its path; None where the path does not fit the tree."""
    if not 0 <= position < size:
        return None
    found, place, last, left = leaf, position, size - 1, list(path)
    while last:
        if place & 1 or place < last:
            if not left:
                return None
            other = left.pop(0)
            found = _node(other, found) if place & 1 else _node(found, other)
        place, last = place >> 1, last >> 1
    return None if left else found


def is_consistent(
    first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]
) -> bool:
    """Whether the log of `second` leaves begins with, unchanged, that of `first`."""
    if first == second:
        return first_root == second_root and not path
    if not 0 < first < second:
        return False
    left = list(path)
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if place:
        if not left:
            return False
        old = new = left.pop(0)
    else:
        old = new = first_root
    while last:
        if place & 1:
            if not left:
                return False
            other = left.pop(0)
            old, new = _node(other, old), _node(other, new)
        elif place < last:
            if not left:
                return False
            new = _node(new, left.pop(0))
        place, last = place >> 1, last >> 1
    return not left and old == first_root and new == second_root


@dataclass(frozen=True, slots=True)
class Head:
    """The state of a log at a moment: what is signed and published."""

    origin: str
    size: int
    root: str
    at: str

    def as_signed(self) -> bytes:
        """The bytes under the signature."""
        lines = ("courseware log head 1", self.origin, str(self.size), self.root, self.at, "")
        return "\n".join(lines).encode()


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof file proves: what the log says of a certificate, under whose head."""

    leaves: tuple[Mapping[str, Any], ...]
    head: Head
    key: str


def check_proof(proof: Any, verify: Verify) -> Proved:
    """Check a proof file with nothing but itself. Raises ProofWrong."""
    try:
        if proof["what"] != PROOF:
            raise ProofWrong("This is no proof of inclusion of ours.")
        given = proof["head"]
        head = Head(given["origin"], int(given["size"]), given["root"], given["at"])
        key, signature = str(given["key"]), bytes.fromhex(given["signature"])
        leaves = [
            (dict(leaf["body"]), int(leaf["position"]), [_bytes(part) for part in leaf["path"]])
            for leaf in proof["leaves"]
        ]
        root = _bytes(head.root)
    except ProofWrong:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ProofWrong("This file is no proof: it lacks what a proof has.") from error
    if not verify(key, head.as_signed(), signature):
        raise ProofWrong("The head of the log is not signed by the key that the file names.")
    if not leaves:
        raise ProofWrong("The file names no leaf.")
    for body, position, path in leaves:
        if root_by_path(leaf_hash(body), position, head.size, path) != root:
            raise ProofWrong(f"Leaf {position} is not in the log: its path leads to another root.")
    return Proved(tuple(body for body, _position, _path in leaves), head, key)


def _bytes(text: str) -> bytes:
    if not _HASH.fullmatch(text):
        raise ValueError("This is no hash.")
    return bytes.fromhex(text)
