"""The Merkle tree of the log: against the definition in RFC 6962, and against every forgery."""

import hashlib
import json

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from courseware import keys
from courseware.credentials import log_rules as log
from courseware.credentials.log_service import verify_signature
from courseware.credentials.proof_commands import check_file
from courseware.errors import Refused

LEAVES = [hashlib.sha256(bytes([number])).digest() for number in range(70)]
sizes = st.integers(1, len(LEAVES))


def tree(leaves):
    """Section 2.1 of the RFC, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + tree(leaves[:half]) + tree(leaves[half:])).digest()


def path(position, leaves):
    """Section 2.1.1, word for word."""
    if len(leaves) == 1:
        return []
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if position < half:
        return [*path(position, leaves[:half]), tree(leaves[half:])]
    return [*path(position - half, leaves[half:]), tree(leaves[:half])]


@pytest.mark.parametrize("size", range(len(LEAVES) + 1))
def test_the_root_is_the_one_of_the_standard(size):
    assert log.root_of(LEAVES[:size]) == tree(LEAVES[:size])


def test_an_example_that_others_computed():
    # The test vectors of Certificate Transparency's reference implementation.
    inputs = ["", "00", "10", "2021", "3031", "40414243"]
    leaves = [hashlib.sha256(b"\0" + bytes.fromhex(text)).digest() for text in inputs]
    assert log.root_of(leaves[:1]).hex().startswith("6e340b9cffb37a98")
    assert log.root_of(leaves[:2]).hex().startswith("fac54203e7cc696c")
    assert log.root_of(leaves[:3]).hex().startswith("aeb6bcfe274b70a1")


@given(st.data())
def test_each_leaf_is_proved_and_by_the_standard_s_own_path(data):
    size = data.draw(sizes)
    position = data.draw(st.integers(0, size - 1))
    leaves = LEAVES[:size]
    found = log.inclusion_path(position, leaves)
    assert found == path(position, leaves)
    assert log.root_by_path(leaves[position], position, size, found) == log.root_of(leaves)


@given(st.data())
def test_no_other_leaf_place_or_path_is_proved(data):
    size = data.draw(sizes)
    position = data.draw(st.integers(0, size - 1))
    leaves = LEAVES[:size]
    found, root = log.inclusion_path(position, leaves), log.root_of(leaves)
    assert log.root_by_path(b"x" * 32, position, size, found) != root
    assert log.root_by_path(leaves[position], position, size, [*found, b"x" * 32]) != root
    assert log.root_by_path(leaves[position], size, size, found) is None
    other = data.draw(st.integers(0, size - 1))
    if other != position:
        assert log.root_by_path(leaves[position], other, size, found) != root
    for at in range(len(found)):
        changed = [*found[:at], b"x" * 32, *found[at + 1 :]]
        assert log.root_by_path(leaves[position], position, size, changed) != root
        assert log.root_by_path(leaves[position], position, size, found[:at]) != root


@given(st.data())
def test_a_later_log_is_proved_to_begin_with_the_earlier_and_with_no_other(data):
    second = data.draw(sizes)
    first = data.draw(st.integers(1, second))
    leaves = LEAVES[:second]
    old, new = log.root_of(leaves[:first]), log.root_of(leaves)
    found = log.consistency_path(first, leaves)
    assert log.is_consistent(first, old, second, new, found)
    assert not log.is_consistent(first, b"x" * 32, second, new, found)
    assert not log.is_consistent(first, old, second, b"x" * 32, found)
    changed = data.draw(st.integers(0, first - 1))
    forged = [*leaves[:changed], b"x" * 32, *leaves[changed + 1 :]]
    assert not log.is_consistent(
        first, old, second, log.root_of(forged), log.consistency_path(first, forged)
    )


@given(st.dictionaries(st.text(), st.text() | st.integers(), max_size=4))
def test_a_leaf_is_the_same_whatever_the_order_of_its_words(body):
    turned = dict(reversed(body.items()))
    assert log.leaf_hash(body) == log.leaf_hash(turned)
    assert json.loads(log.canonical(body)) == body


@pytest.fixture
def proof():
    key = Ed25519PrivateKey.generate()
    bodies = [{"kind": "issued", "number": f"A-{number}"} for number in range(9)]
    leaves = [log.leaf_hash(body) for body in bodies]
    head = log.Head("https://c.example", 9, log.root_of(leaves).hex(), "2025-06-02T00:00:00Z")
    return {
        "what": log.PROOF,
        "leaves": [
            {
                "body": bodies[4],
                "position": 4,
                "path": [part.hex() for part in log.inclusion_path(4, leaves)],
            }
        ],
        "head": {
            "origin": head.origin, "size": 9, "root": head.root, "at": head.at,
            "key": keys.multibase(b"\xed\x01" + key.public_key().public_bytes_raw()),
            "signature": key.sign(head.as_signed()).hex(),
        },
    }  # fmt: skip


def test_a_proof_file_is_enough_by_itself(proof):
    found = log.check_proof(proof, verify_signature)
    assert found.leaves == ({"kind": "issued", "number": "A-4"},)
    assert found.head.size == 9


def test_the_command_that_checks_needs_no_application_and_no_database(proof, tmp_path):
    place = tmp_path / "proof.json"
    place.write_text(json.dumps(proof))
    done = CliRunner().invoke(check_file, [str(place)])
    assert done.exit_code == 0, done.output
    assert "issued  A-4" in done.output and "https://c.example/issuer" in done.output
    place.write_text(json.dumps(proof | {"leaves": []}))
    with pytest.raises(Refused, match="names no leaf"):
        CliRunner().invoke(check_file, [str(place)], catch_exceptions=False)


@pytest.mark.parametrize(
    ("where", "to", "said"),
    [
        (("leaves", 0, "body", "number"), "A-5", "not in the log"),
        (("leaves", 0, "position"), 5, "not in the log"),
        (("leaves", 0, "path", 0), "0" * 64, "not in the log"),
        (("leaves", 0, "path", 0), "x", "lacks what a proof has"),
        (("head", "root"), "0" * 64, "not signed"),
        (("head", "size"), 8, "not signed"),
        (("head", "origin"), "https://other.example", "not signed"),
        (("head", "signature"), "00" * 64, "not signed"),
        (("head", "key"), "z6Mk", "not signed"),
        (("leaves",), [], "names no leaf"),
        (("head",), None, "lacks what a proof has"),
        (("what",), "something", "no proof of inclusion"),
    ],
)
def test_whatever_is_changed_in_a_proof_is_seen(proof, where, to, said):
    place = proof
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = to
    with pytest.raises(log.ProofWrong, match=said):
        log.check_proof(proof, verify_signature)


@pytest.mark.parametrize("nonsense", [None, [], "x", 3, {}, {"what": log.PROOF}])
def test_what_is_no_proof_is_said_to_be_none(nonsense):
    with pytest.raises(log.ProofWrong):
        log.check_proof(nonsense, verify_signature)
