"""The keys that seal files and sign badges: files outside the database, made once, never lost.

`<var>/keys/` (0700) holds `seal-<n>.pem` with its self-signed certificate `seal-<n>.crt` (P-256,
the seal in a PDF) and `badge-<n>.pem` (Ed25519: badges, the status list, the log and the payload in
the QR code). The newest of a kind signs; all of them go on verifying, so none may be deleted.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from flask import current_app
from flask.cli import AppGroup

from courseware import clock
from courseware.cli import answer, json_option, settings
from courseware.errors import Refused
from courseware.messages import Message
from courseware.operating import Finding, check

FOLDER = "keys"
KINDS = ("seal", "badge")
CERTIFICATE_YEARS = 25
_NAME = re.compile(r"(seal|badge)-([1-9][0-9]{0,5})\.pem")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PEM = serialization.Encoding.PEM
_RAW = serialization.Encoding.Raw


@dataclass(frozen=True)
class SealKey:
    """A P-256 key and its certificate, as PEM."""

    number: int
    key_pem: bytes
    certificate_pem: bytes

    @cached_property
    def certificate(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate_pem)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as people compare it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()

    @cached_property
    def multibase(self) -> str:
        """The public key as a Multikey of kind p256-pub."""
        point = self.certificate.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
        )
        return multibase(b"\x80\x24" + point)


@dataclass(frozen=True)
class BadgeKey:
    """An Ed25519 key."""

    number: int
    private: ed25519.Ed25519PrivateKey

    @cached_property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.private.public_key().public_bytes(_RAW, serialization.PublicFormat.Raw)

    @cached_property
    def multibase(self) -> str:
        """The public key as a Multikey of kind ed25519-pub: what did:web documents carry."""
        return multibase(b"\xed\x01" + self.public)

    @cached_property
    def short_id(self) -> bytes:
        """Four bytes that name this key where there is little room: in the QR code."""
        return hashlib.sha256(self.public).digest()[:4]

    def sign(self, data: bytes) -> bytes:
        """64 bytes; the same for the same data."""
        return self.private.sign(data)


@dataclass(frozen=True)
class Keys:
    """Every key of both kinds, the oldest first."""

    seals: tuple[SealKey, ...]
    badges: tuple[BadgeKey, ...]

    @property
    def seal(self) -> SealKey:
        """The one that seals now."""
        return self.seals[-1]

    @property
    def badge(self) -> BadgeKey:
        """The one that signs now."""
        return self.badges[-1]


def multibase(data: bytes) -> str:
    """`data` in base58btc, with the multibase prefix `z`."""
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        digits = _BASE58[rest] + digits
    return "z" + "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def from_multibase(text: str) -> bytes:
    """The bytes behind `multibase`. Raises ValueError."""
    if not text.startswith("z"):
        raise ValueError("This is not base58btc.")
    number = 0
    for digit in text[1:]:
        number = number * 58 + _BASE58.index(digit)
    zeros = len(text[1:]) - len(text[1:].lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def current() -> Keys:
    """All keys, made now if there are none. Raises Refused where one is unusable."""
    folder = keys_folder()
    try:
        stamp = _stamp(folder)
        if not all(
            any(name.startswith(kind) and name.endswith(".pem") for name, *_ in stamp)
            for kind in KINDS
        ):
            with _held(folder):
                for kind in KINDS:
                    if not _numbers(folder, kind):
                        _make(folder, kind, 1)
            stamp = _stamp(folder)
    except OSError as error:
        raise Refused(
            Message(
                "The folder of keys %(folder)s cannot be used: %(reason)s. Give it back to the "
                "user that runs the server, and run: courseware doctor",
                folder=str(folder),
                reason=error.strerror or str(error),
            )
        ) from error
    return _read(folder, stamp)


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What lies in the folder, so that a key that is changed there is read again."""
    if not folder.exists():
        return ()
    return tuple(
        sorted(
            (entry.name, entry.stat().st_mtime_ns, entry.stat().st_size)
            for entry in os.scandir(folder)
            if _NAME.fullmatch(entry.name) or entry.name.endswith(".crt")
        )
    )


def rotate() -> Keys:
    """Make a new key of each kind; what the old ones signed stays good."""
    folder, found = keys_folder(), current()
    with _held(folder):
        _make(folder, "seal", max(_numbers(folder, "seal")) + 1)
        _make(folder, "badge", max(_numbers(folder, "badge")) + 1)
    assert len(found.seals) < len(current().seals)
    return current()


def keys_folder() -> Path:
    """Where the keys lie."""
    return Path(current_app.config["VAR_FOLDER"]) / FOLDER


@lru_cache(maxsize=8)
def _read(folder: Path, _stamp: object) -> Keys:
    seals = tuple(_read_seal(folder, number) for number in _numbers(folder, "seal"))
    badges = tuple(_read_badge(folder, number) for number in _numbers(folder, "badge"))
    return Keys(seals, badges)


def _read_seal(folder: Path, number: int) -> SealKey:
    place = folder / f"seal-{number}.pem"
    with _sentence_for(place):
        found = SealKey(number, place.read_bytes(), place.with_suffix(".crt").read_bytes())
        private = serialization.load_pem_private_key(found.key_pem, None)
        if private.public_key() != found.certificate.public_key():
            raise ValueError("its certificate is of another key")
    return found


def _read_badge(folder: Path, number: int) -> BadgeKey:
    place = folder / f"badge-{number}.pem"
    with _sentence_for(place):
        private = serialization.load_pem_private_key(place.read_bytes(), None)
        if not isinstance(private, ed25519.Ed25519PrivateKey):
            raise ValueError("it is not an Ed25519 key")
    return BadgeKey(number, private)


@contextmanager
def _sentence_for(place: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Refused(
            Message(
                "The key %(file)s cannot be read: %(reason)s. Nothing was signed. Make it readable "
                "for the user that runs the server, or put it back from a backup.",
                file=str(place),
                reason=reason.splitlines()[0] if reason else type(error).__name__,
            )
        ) from error


def _numbers(folder: Path, kind: str) -> list[int]:
    if not folder.is_dir():
        return []
    matches = (_NAME.fullmatch(name) for name in os.listdir(folder))
    return sorted(int(match[2]) for match in matches if match and match[1] == kind)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """One process at a time makes keys."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path, kind: str, number: int) -> None:
    place = folder / f"{kind}-{number}.pem"
    private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    if kind == "seal":
        private = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(private, clock.now())
        _write(place.with_suffix(".crt"), certificate.public_bytes(_PEM))
    else:
        private = ed25519.Ed25519PrivateKey.generate()
    # The key last: what has a key is whole.
    _write(
        place,
        private.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


def _write(place: Path, data: bytes) -> None:
    part = place.with_name(place.name + ".part")
    with open(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, place)


def _certificate(private: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    host = settings().host
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Courseware"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Certificates of {host}"[:64]),
        ]
    )
    begin = now - timedelta(days=1)  # clocks differ
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365 * CERTIFICATE_YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, content_commitment=True, key_encipherment=False,
                data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
                encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False
        )
        .sign(private, hashes.SHA256())
    )  # fmt: skip


@check
def _keys_are_safe() -> Iterator[Finding]:
    folder = keys_folder()
    if not _numbers(folder, "seal"):
        yield True, "The keys of certificates will be made when the first one is needed."
        return
    try:
        found = current()
    except Refused as error:
        yield False, str(error.message)
        return
    open_ones = [
        path.name for path in (folder, *sorted(folder.iterdir())) if path.stat().st_mode & 0o077
    ]
    if open_ones:
        yield (
            False,
            (
                f"Others can read the keys of certificates ({', '.join(open_ones)}). "
                f"Run: chmod -R go= {folder}"
            ),
        )
    else:
        yield (
            True,
            (
                f"The keys of certificates are readable by their owner only "
                f"(seal {found.seal.number}, badge {found.badge.number})."
            ),
        )


keys_group = AppGroup("keys", help="The keys that seal certificates and sign badges.")


def _as_values(found: Keys) -> list[dict[str, object]]:
    return [
        {
            "kind": "seal",
            "number": seal.number,
            "signs": seal is found.seal,
            "fingerprint": seal.fingerprint,
            "until": seal.certificate.not_valid_after_utc.date(),
        }
        for seal in found.seals
    ] + [
        {
            "kind": "badge",
            "number": badge.number,
            "signs": badge is found.badge,
            "key": badge.multibase,
            "short_id": badge.short_id.hex(),
        }
        for badge in found.badges
    ]


def _answer(found: Keys, as_json: bool) -> None:
    values = _as_values(found)
    lines = [
        f"{value['kind']:5}  {value['number']:>3}  {'signs' if value['signs'] else 'verifies':8}  "
        f"{value.get('fingerprint') or value.get('key')}"
        for value in values
    ]
    answer("\n".join(lines), values, as_json)


@keys_group.command("list")
@json_option
def list_keys(as_json: bool) -> None:
    """List every key with its fingerprint; the newest of a kind signs, all verify."""
    _answer(current(), as_json)


@keys_group.command("rotate")
@json_option
def rotate_keys(as_json: bool) -> None:
    """Make new keys; certificates issued with the old ones go on verifying. Back up afterwards."""
    found = rotate()
    _answer(found, as_json)
    if not as_json:
        click.echo("From now on the new keys sign. Make a backup: the keys are in no database.")


commands = [keys_group]
