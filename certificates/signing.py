"""The seal of the issuer: a PAdES signature over the whole file, with an elliptic P-256 key.

pyHanko makes the form of the signature (CMS) once. What differs from file to file is the digest
and the signature over it; only these are replaced, in a gap that the first writing leaves.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from .checks import N_, CannotPrint, Problem

FIELD = "Seal"
# Of the lengths that a signature of this kind has, the one that every second has.
_USUAL_LENGTH = 71
_STAND_IN = bytes(range(100, 132))


NO_ANSWER = N_(
    "The time-stamp authority %(address)s does not answer. Nothing was issued. Try again later."
)
NOT_TRUSTED = N_(
    "The time-stamp authority %(address)s cannot be trusted: give its root certificates in "
    "COURSEWARE_TIMESTAMP_ROOTS. Nothing was issued."
)


class KeyUnreadable(CannotPrint):
    """The key or the certificate of the seal cannot be read; the problem says what to do."""

    def __init__(self) -> None:
        super().__init__(
            [
                Problem(
                    N_(
                        "The key of the seal cannot be read. Restore it from the backup, "
                        "or make a new one with: courseware keys rotate"
                    )
                )
            ]
        )


@dataclass(frozen=True)
class Seal:
    """What signs: a private key (P-256), its certificate, and where time is stamped, if anywhere.

    With a time-stamp authority the files carry what is needed to verify them for decades (B-LTA);
    each file then asks the authority over the network. `chain_pem` are further certificates; those
    that sign themselves are trusted as roots of the chain and of the authority.
    """

    key_pem: bytes = field(repr=False)
    certificate_pem: bytes
    chain_pem: bytes = b""
    timestamp_url: str | None = None


class Signer:
    """A seal made ready: signs what files say. Raises KeyUnreadable where its key is no key."""

    def __init__(self, seal: Seal, *, timestamper: Any = None) -> None:
        self.seal = seal
        self._timestamper = timestamper
        try:
            key = serialization.load_pem_private_key(seal.key_pem, None)
            certificate = x509.load_pem_x509_certificate(seal.certificate_pem)
            self._chain = x509.load_pem_x509_certificates(seal.chain_pem) if seal.chain_pem else []
        except (ValueError, TypeError) as error:
            raise KeyUnreadable from error
        if (
            not isinstance(key, ec.EllipticCurvePrivateKey)
            or not isinstance(key.curve, ec.SECP256R1)
            or key.public_key() != certificate.public_key()
        ):
            raise KeyUnreadable
        self._key = key
        self._certificate = certificate

    @property
    def is_archival(self) -> bool:
        """Whether time is stamped too, and the file made to be verified for decades."""
        return bool(self.seal.timestamp_url or self._timestamper)

    @cached_property
    def _pyhanko(self) -> Any:
        from asn1crypto import keys
        from asn1crypto import x509 as asn1
        from pyhanko.sign.signers import SimpleSigner
        from pyhanko_certvalidator.registry import SimpleCertificateStore

        def read(certificate: x509.Certificate) -> Any:
            return asn1.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))

        store = SimpleCertificateStore()
        store.register_multiple([read(each) for each in self._chain])
        plain = self._key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return SimpleSigner(
            signing_cert=read(self._certificate),
            signing_key=keys.PrivateKeyInfo.load(plain),
            cert_registry=store,
        )

    @cached_property
    def _form(self) -> _Form:
        """The signature as pyHanko makes it, over a digest that stands in for others."""
        import asyncio

        while True:
            made = asyncio.run(
                self._pyhanko.async_sign(_STAND_IN, "sha256", use_pades=True, is_pdf_sig=True)
            )
            (about,) = made["content"]["signer_infos"]
            signature = about["signature"].native
            if len(signature) == _USUAL_LENGTH:
                break
        data = made.dump()
        signed = about["signed_attrs"].dump()
        return _Form(
            data=data,
            attributes=b"\x31" + signed[1:],  # what is signed is tagged as a plain set
            digest_at=data.index(_STAND_IN),
            digest_in_attributes_at=signed.index(_STAND_IN),
            signature_at=data.index(signature),
        )

    @cached_property
    def room(self) -> int:
        """How many bytes a signature has."""
        return len(self._form.data)

    def sign(self, digest: bytes) -> bytes:
        """The signature (CMS) over a file with this SHA-256; always as long as `room`."""
        form = self._form
        attributes = _replaced(form.attributes, form.digest_in_attributes_at, digest)
        how = ec.ECDSA(hashes.SHA256())
        while len(signature := self._key.sign(attributes, how)) != _USUAL_LENGTH:
            pass
        data = _replaced(form.data, form.digest_at, digest)
        return _replaced(data, form.signature_at, signature)

    def archive(self, pdf: bytes) -> bytes:
        """Sign the empty field of `pdf` with stamped time, for decades (PAdES B-LTA).

        Raises CannotPrint where the authority does not answer.
        """
        from asn1crypto import x509 as asn1
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.sign.fields import SigSeedSubFilter
        from pyhanko.sign.general import SigningError
        from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
        from pyhanko.sign.timestamps import HTTPTimeStamper, TimestampRequestError
        from pyhanko_certvalidator import ValidationContext
        from pyhanko_certvalidator.errors import PathError, ValidationError

        certificates = [
            asn1.Certificate.load(each.public_bytes(serialization.Encoding.DER))
            for each in (self._certificate, *self._chain)
        ]
        context = ValidationContext(
            trust_roots=[each for each in certificates if each.self_issued],
            other_certs=certificates,
            allow_fetching=True,
        )
        about = PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            embed_validation_info=True,
            use_pades_lta=True,
            validation_context=context,
        )
        stamper = self._timestamper or HTTPTimeStamper(self.seal.timestamp_url)
        target = io.BytesIO()
        try:
            PdfSigner(about, self._pyhanko, timestamper=stamper).sign_pdf(
                IncrementalPdfFileWriter(io.BytesIO(pdf)), output=target
            )
        except (TimestampRequestError, OSError) as error:
            raise _cannot_stamp(NO_ANSWER, self.seal) from error
        except (SigningError, PathError, ValidationError) as error:
            raise _cannot_stamp(NOT_TRUSTED, self.seal) from error
        return target.getvalue()


def _cannot_stamp(sentence: str, seal: Seal) -> CannotPrint:
    return CannotPrint([Problem(sentence, {"address": seal.timestamp_url or ""})])


@dataclass(frozen=True, slots=True)
class _Form:
    data: bytes
    attributes: bytes
    digest_at: int
    digest_in_attributes_at: int
    signature_at: int


def _replaced(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]
