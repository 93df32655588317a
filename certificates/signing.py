"""The seal of the issuer: a PAdES signature over the whole file, with an elliptic P-256 key."""

from __future__ import annotations

from dataclasses import dataclass, field


class KeyUnreadable(Exception):
    """The key or the certificate of the seal cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What signs: a private key (P-256), its certificate, and where time is stamped, if anywhere.

    With a time-stamp authority the files carry what is needed to verify them for decades (B-LTA);
    each file then asks the authority once, over the network.
    """

    key_pem: bytes = field(repr=False)
    certificate_pem: bytes
    chain_pem: bytes = b""
    timestamp_url: str | None = None
