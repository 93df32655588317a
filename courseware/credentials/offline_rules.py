"""What the QR code says without network: a few facts, packed tightly and signed.

The form is described in docs/offline-payload.md and read by static/offline.js; change all three.
"""

import base64
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

VERSION = 1
MOST_BYTES = 170
SIGNATURE_BYTES = 64
CONTEXT = b"courseware offline 1\0"
"""Stands before the payload when it is signed, so that no other signature of ours fits."""

_DAY_ZERO = date(2000, 1, 1)
_HEADER = struct.Struct(">B4sBHHHHBH")
_NOTHING = 0xFFFF
_LETTERS = (
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюяЁё"
    "ӘәҒғҚқҢңӨөҰұҮүҺһІіӢӣӮӯҲҳҶҷ«»–—…’“”№·ʼ\u00a0ÄäÖöÜüÉéÇçŞşĞğİıÑñÁáÍíÓó"
)
"""What the bytes from 0x80 mean; those from 0x20 to 0x7E are ASCII."""
_BYTE_OF = {letter: 0x80 + at for at, letter in enumerate(_LETTERS)} | {
    chr(code): code for code in range(0x20, 0x7F)
}
_ESCAPE = 0x01


@dataclass(frozen=True, slots=True)
class OfflineFacts:
    """What a stranger without network can read. Times are minutes; `credited` may be unknown."""

    number: str
    names: tuple[str, ...]
    programme: str
    issuers: str
    minutes: int
    academic_hour_minutes: int
    issued_on: date
    delivered_from: date
    delivered_to: date
    credited: int | None = None
    is_statement: bool = False


def pack(facts: OfflineFacts, *, key_id: bytes, sign: Callable[[bytes], bytes]) -> str:
    """The signed payload in base32 without padding: letters that a QR code packs well.

    Number and first name stand whole (up to 44 and 40 letters); the second name, then the title are
    what is left out or cut (with “…”) to keep within MOST_BYTES.
    """
    left = MOST_BYTES - SIGNATURE_BYTES - _HEADER.size - 5
    number, issuers = _packed(facts.number, 44), _packed(facts.issuers, 16)
    left -= len(number) + len(issuers)
    first = _packed(facts.names[0] if facts.names else "", min(40, left))
    left -= len(first)
    second = _packed(facts.names[1], 40) if len(facts.names) > 1 else b""
    if left - len(second) < 12:
        second = b""
    title = _packed(facts.programme, max(0, left - len(second)))
    header = _HEADER.pack(
        VERSION,
        key_id,
        1 if facts.is_statement else 0,
        _day(facts.issued_on),
        _day(facts.delivered_from),
        _day(facts.delivered_to),
        min(facts.minutes, _NOTHING - 1),
        min(facts.academic_hour_minutes, 255),
        _NOTHING if facts.credited is None else min(facts.credited, _NOTHING - 1),
    )
    texts = (number, first, second, title, issuers)
    body = header + b"".join(bytes([len(text)]) + text for text in texts)
    return base64.b32encode(body + sign(CONTEXT + body)).decode().rstrip("=")


def unpack(text: str) -> tuple[OfflineFacts, bytes, bytes, bytes]:
    """The facts of a payload, its key's id, what is signed, and the signature. Raises ValueError.

    Nothing is verified here.
    """
    text = text.strip().upper()
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        raise ValueError("This is no payload of a certificate.") from None
    if len(data) < _HEADER.size + 5 + SIGNATURE_BYTES or data[0] != VERSION:
        raise ValueError("This is no payload of a certificate.")
    body, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    _version, key_id, kind, issued, first, last, minutes, hour, credited = _HEADER.unpack_from(body)
    texts, at = [], _HEADER.size
    for _ in range(5):
        end = at + 1 + body[at] if at < len(body) else len(body) + 1
        if end > len(body):
            raise ValueError("This payload is cut short.")
        texts.append(_unpacked(body[at + 1 : end]))
        at = end
    if at != len(body):
        raise ValueError("This payload is too long.")
    facts = OfflineFacts(
        number=texts[0],
        names=tuple(name for name in texts[1:3] if name),
        programme=texts[3],
        issuers=texts[4],
        minutes=minutes,
        academic_hour_minutes=hour,
        issued_on=_DAY_ZERO + timedelta(days=issued),
        delivered_from=_DAY_ZERO + timedelta(days=first),
        delivered_to=_DAY_ZERO + timedelta(days=last),
        credited=None if credited == _NOTHING else credited,
        is_statement=kind == 1,
    )
    return facts, key_id, CONTEXT + body, signature


def _day(day: date) -> int:
    return min(max(0, (day - _DAY_ZERO).days), _NOTHING)


def _packed(text: str, most: int) -> bytes:
    """`text` in our letters, cut with “…” to at most `most` bytes."""
    pieces = [_piece(letter) for letter in text if letter >= " "]
    if sum(map(len, pieces)) <= most:
        return b"".join(pieces)
    while pieces and sum(map(len, pieces)) > most - 1:
        pieces.pop()
    return b"".join(pieces).rstrip(b" ") + _piece("…") if most > 1 else b""


def _piece(letter: str) -> bytes:
    known = _BYTE_OF.get(letter)
    return bytes([known]) if known else bytes([_ESCAPE]) + ord(letter).to_bytes(3, "big")


def _unpacked(data: bytes) -> str:
    letters, at = [], 0
    while at < len(data):
        byte = data[at]
        if byte == _ESCAPE:
            code = int.from_bytes(data[at + 1 : at + 4], "big")
            if len(data) < at + 4 or code > 0x10FFFF or 0xD800 <= code < 0xE000:
                raise ValueError("This payload has a letter that there is not.")
            letters.append(chr(code))
            at += 4
            continue
        if 0x20 <= byte < 0x7F:
            letters.append(chr(byte))
        elif 0x80 <= byte < 0x80 + len(_LETTERS):
            letters.append(_LETTERS[byte - 0x80])
        else:
            raise ValueError("This payload has a letter that there is not.")
        at += 1
    return "".join(letters)
