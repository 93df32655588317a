"""The payload in the QR code: small, read back, and refused when anything of it is changed."""

import base64
from dataclasses import replace
from datetime import date, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from courseware.credentials.offline_rules import (
    MOST_BYTES,
    OfflineFacts,
    pack,
    unpack,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
FACTS = OfflineFacts(
    number="EKTU-TSUC-2025-0001",
    names=("Jamshed Ghafforzoda", "Ҷамшед Ғаффорзода"),
    programme="Research services for private companies",
    issuers="EKTU+TSUC",
    minutes=36 * 45,
    academic_hour_minutes=45,
    issued_on=date(2025, 6, 2),
    delivered_from=date(2025, 4, 7),
    delivered_to=date(2025, 5, 30),
    credited=1530,
)
names = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs",)), max_size=80)


def packed(facts):
    return pack(facts, key_id=b"abcd", sign=KEY.sign)


def size(text):
    return len(base64.b32decode(text + "=" * (-len(text) % 8)))


def test_the_facts_come_back_signed_and_both_names_fit():
    text = packed(FACTS)
    facts, key_id, signed, signature = unpack(text)
    KEY.public_key().verify(signature, signed)
    assert key_id == b"abcd"
    assert facts == replace(FACTS, programme=facts.programme)
    assert facts.programme.endswith("…") and FACTS.programme.startswith(facts.programme[:-1])
    assert size(text) <= MOST_BYTES
    assert text.isalnum() and text == text.upper()  # what QR codes pack into 5.5 bits a letter


def test_a_cyrillic_letter_takes_one_byte():
    short = replace(FACTS, names=("Қодирӣ",), programme="Ҳунар")
    longer = replace(FACTS, names=("Қодирӣӣӣ",), programme="Ҳунар")
    assert size(packed(longer)) - size(packed(short)) == 2


@given(names, names, names, st.integers(0, 100_000), st.none() | st.integers(0, 70_000))
def test_whatever_the_names_it_stays_small_and_readable(first, second, title, minutes, credited):
    facts = replace(
        FACTS, names=(first, second), programme=title, minutes=minutes, credited=credited
    )
    text = packed(facts)
    assert size(text) <= MOST_BYTES
    found, _key, signed, signature = unpack(text)
    KEY.public_key().verify(signature, signed)
    assert found.number == FACTS.number


@given(st.integers(0, 8 * 160), st.integers(0, 7))
def test_a_changed_bit_is_noticed(place, bit):
    text = packed(FACTS)
    data = bytearray(base64.b32decode(text + "=" * (-len(text) % 8)))
    data[place % len(data)] ^= 1 << bit
    changed = base64.b32encode(data).decode().rstrip("=")
    try:
        _facts, key_id, signed, signature = unpack(changed)
    except ValueError:
        return
    if key_id == b"abcd":
        with pytest.raises(InvalidSignature):
            KEY.public_key().verify(signature, signed)


@pytest.mark.parametrize("text", ["", "A", "NONSENSE", "1" * 200, "A" * 200, "É", "AE" * 120])
def test_what_is_no_payload_is_said_to_be_none(text):
    with pytest.raises(ValueError, match="payload"):
        unpack(text)


def test_days_out_of_reach_and_statements_do_no_harm():
    facts = replace(
        FACTS, issued_on=date(1999, 1, 1), delivered_to=date(2000, 1, 1) + timedelta(70_000),
        is_statement=True, credited=None,
    )  # fmt: skip
    found, *_ = unpack(packed(facts))
    assert (found.issued_on, found.is_statement, found.credited) == (date(2000, 1, 1), True, None)
