"""What a stranger is told: twelve ways to deceive, and the machine-readable side of it all."""

import base64
import gzip
import io
import json
from dataclasses import replace
from datetime import timedelta

import pikepdf
import pytest
from openbadgeslib.ob3 import (
    OB3LdpVerifier,
    OB3VerificationError,
    verify_data_integrity_proof,
)
from openbadgeslib.ob3.did import resolve_verification_method
from sqlalchemy import text

from courseware import clock, jobs, keys
from courseware.credentials import badge_service, log_service, print_service, service
from courseware.credentials.log_rules import root_of
from courseware.credentials.models import Credential, Duplicate
from courseware.credentials.rules import LeafKind
from courseware.credentials.seal_service import SealState, seal_of
from courseware.credentials.verification_service import Comparison, compare_file, hide_name
from courseware.db import db, new_public_id
from courseware.files import store_file
from courseware.security import limiter


@pytest.fixture
def issued(earned, make, after):
    """A cohort of two with their certificates, and its coordinator."""
    cohort, enrolments = earned(
        names=[("Ann Oneil", ""), ("Jamshed Ghafforzoda", "Ҷамшед Ғаффорзода")]
    )
    coordinator = make.coordinator(cohort)
    service.issue_certificates(cohort, by=coordinator, now=after)
    db.session.commit()
    jobs.run_waiting()
    db.session.expire_all()
    return cohort, [service.credential_of(each) for each in enrolments], coordinator


def corrected(old, now):
    """A credential that supersedes `old`, as a correction makes it."""
    code = new_public_id()
    facts = {
        **old.facts, "number": old.number + "-A",
        "verification_url": f"http://localhost/verify/{code}",
    }  # fmt: skip
    new = Credential(
        enrolment_id=old.enrolment_id, batch_id=old.batch_id, series_id=old.series_id,
        serial=old.serial + 1000, number=old.number + "-A", verification_code=code, facts=facts,
        reserved_at=now, supersedes_id=old.id, correction_reason="The name was misspelt.",
    )  # fmt: skip
    db.session.add(new)
    db.session.flush()
    new.file_sha256, new.issued_at = store_file(f"%PDF {new.number}".encode()), now
    log_service.append_issue(new, now=now)
    db.session.commit()
    return new


def asked(client, data):
    return client.post("/verify/file", data={"file": (io.BytesIO(data), "a.pdf")})


def saved_again(data):
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return target.getvalue()


def pointed_at(data, code):
    """The file with every link led to another's code: another's QR on one's own paper."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for page in pdf.pages:
            for note in page.get("/Annots", []):
                if "/A" in note and "/URI" in note.A:
                    note.A.URI = pikepdf.String(f"http://localhost/verify/{code}")
        pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return target.getvalue()


def test_every_way_to_deceive_gets_the_right_verdict(client, issued, after):
    _, (ann, jamshed), coordinator = issued
    file, other = service.file_of(ann), service.file_of(jamshed)
    plain = service.facts_of(ann)
    duplicate = print_service.print_final(plain, status_index=ann.id, at=after + timedelta(days=1))
    db.session.add(
        Duplicate(
            credential_id=ann.id, ordinal=1, reason="Lost in a fire", made_at=after,
            file_sha256=store_file(duplicate), made_by_id=coordinator.id,
        )
    )  # fmt: skip
    db.session.commit()
    broken = bytearray(file)
    broken[len(file) // 2] ^= 1
    other_code = ann.verification_code[:-1] + ("B" if ann.verification_code[-1] == "A" else "A")
    own_facts = ("Ann Oneil", ann.number, "4 academic hours of 45 minutes")

    battery = [
        # what is held, as a file or a path; what must be said; what must not
        ("the file itself", file, ("the file we issued, and it is valid", *own_facts), ()),
        ("one byte altered", bytes(broken), ("not the file we issued; compare", *own_facts), ()),
        (
            "saved again by a program",
            saved_again(file),
            ("not the file we issued; compare", "may only have been saved again", *own_facts),
            ("forge",),
        ),
        (
            "a comment added behind the seal",
            file + b"\n% a comment of a reader\n",
            ("the file we issued, and something was added", *own_facts),
            (),
        ),
        (
            "another's link on one's own paper",
            pointed_at(file, jamshed.verification_code),
            ("not the file we issued; compare", "Jamshed Ghafforzoda", jamshed.number),
            ("Ann Oneil",),
        ),
        ("a duplicate we made", duplicate, ("a duplicate that we issued", *own_facts), ()),
        ("a file of nobody", b"%PDF-1.7 nothing", ("not issued here",), ("is valid",)),
        ("the number for a code", f"/verify/{ann.number}", ("No such certificate",), ("Ann",)),
        (
            "one letter of the code changed",
            f"/verify/{other_code}",
            ("No such certificate",),
            ("Ann",),
        ),
    ]
    wrong = [
        (name, said)
        for name, held, must, must_not in battery
        for answer in [client.get(held) if isinstance(held, str) else asked(client, held)]
        for said in [answer.text]
        if any(each not in said for each in must) or any(each in said for each in must_not)
    ]
    assert [name for name, _said in wrong] == []

    service.revoke_credential(jamshed, reason="Issued by mistake", by=coordinator, now=after)
    newer = corrected(ann, after + timedelta(days=2))
    db.session.commit()
    for answer in (client.get(f"/verify/{jamshed.verification_code}"), asked(client, other)):
        assert "This certificate was revoked" in answer.text
        assert "Issued by mistake" in answer.text and "is valid" not in answer.text
    for answer in (client.get(f"/verify/{ann.verification_code}"), asked(client, file)):
        assert "was replaced by another one" in answer.text and newer.number in answer.text
        assert "The name was misspelt." in answer.text and "is valid" not in answer.text
    page = client.get(f"/verify/{newer.verification_code}").text
    assert "This certificate is valid" in page
    assert page.index("Duplicate made") < page.index("Issued in place of the earlier one")


def test_a_file_that_we_sealed_but_have_no_record_of_is_not_called_foreign(client, issued, after):
    """As when somebody deletes the record: the paper's own seal speaks for its holder."""
    _, (ann, _), _ = issued
    facts = replace(
        service.facts_of(ann), verification_url=f"http://localhost/verify/{new_public_id()}"
    )
    lost = print_service.print_final(facts, status_index=9, at=after)
    found = compare_file(lost)
    assert (found.comparison, found.seal) == (Comparison.UNKNOWN, SealState.INTACT)
    answer = asked(client, lost)
    assert answer.status_code == 404 and "bears our seal, but no such certificate" in answer.text
    keys_of_others = keys.keys_folder()
    for path in keys_of_others.iterdir():
        path.unlink()
    assert compare_file(lost).seal == SealState.BROKEN  # another installation's seal


@pytest.mark.parametrize(
    "data",
    [
        b"/ByteRange [0 1 2 3]",
        b"/ByteRange [0 10 20 9999999999]",
        b"/ByteRange[0 20 40 9]" + b"<" + b"00" * 9 + b">" + b"x" * 60,
        b"/ByteRange [5 6 7 8]" * 1000,
        b"/ByteRange [" + b"9" * 100_000,
    ],
)
def test_a_hostile_seal_is_broken_or_none(app, data):
    assert seal_of(data).state in (SealState.BROKEN, SealState.NONE)


def test_ten_thousand_random_codes_find_nothing_and_are_soon_refused(make_app, issued):
    if db.engine.dialect.name == "sqlite":
        for _ in range(10_000):
            assert service.find_credential_by_code(new_public_id()) is None
    limiter.enabled = True  # before the application is made, which asks for it
    try:
        app = make_app()
        client = app.test_client()
        answers = [client.get(f"/verify/{new_public_id()}").status_code for _ in range(40)]
        assert answers == [404] * 20 + [429] * 20
    finally:
        limiter.enabled = False
        limiter.reset()


def test_the_holder_hides_the_name_and_shows_it_by_a_link(browser, client, issued, after):
    cohort, (ann, jamshed), coordinator = issued
    holder = browser(jamshed.enrolment.user)
    own = f"/certificates/{jamshed.public_id}/name"
    assert holder.post(own, data={"hidden": "yes"}).status_code == 303
    assert holder.get(f"/certificates/{ann.public_id}/name").status_code in (403, 404)
    assert browser(coordinator).post(own, data={"hidden": "no"}).status_code == 403

    page = client.get(f"/verify/{jamshed.verification_code}").text
    assert "J. G." in page and "Ҷ. Ғ." in page and "Ghafforzoda" not in page
    badge = client.get(
        f"/verify/{jamshed.verification_code}", headers={"Accept": "application/ld+json"}
    )
    assert "Ghafforzoda" not in badge.text
    shown = holder.get(own).text
    link = shown.split("/verify/")[1].split('"')[0]
    assert "Jamshed Ghafforzoda" in client.get(f"/verify/{link}").text
    wrong = client.get(f"/verify/{jamshed.verification_code}?name={new_public_id()}").text
    assert "Ghafforzoda" not in wrong

    holder.post(own, data={"hidden": "no"})
    holder.post(own, data={"hidden": "yes"})
    assert "Ghafforzoda" not in client.get(f"/verify/{link}").text

    newer = corrected(jamshed, after)
    hide_name(newer, is_hidden=True)
    page = client.get(f"/verify/{jamshed.verification_code}").text
    assert newer.number in page and "misspelt" not in page
    hide_name(newer, is_hidden=False)
    assert "Jamshed Ghafforzoda" in client.get(f"/verify/{jamshed.verification_code}").text


def test_a_key_that_cannot_be_read_stops_issuing_before_a_number_is_taken(browser, earned, make):
    cohort, _ = earned(2)
    client = browser(make.coordinator(cohort))
    (keys.keys_folder() / "badge-1.pem").write_text("nonsense")
    answer = client.post(f"/cohorts/{cohort.public_id}/certificates")
    assert answer.status_code == 409 and "badge-1.pem cannot be read" in answer.text
    assert db.session.query(Credential).count() == 0


def published(client):
    """What others download from us, by address."""

    def download(address):
        answer = client.get(
            address.replace("https://localhost", "").replace("http://localhost", "").split("#")[0]
        )
        assert answer.status_code == 200, address
        return answer.data

    return download


def test_others_verify_the_badge_and_its_status_by_what_we_publish(client, issued, after):
    _, (ann, jamshed), coordinator = issued
    answer = client.get(f"/verify/{ann.verification_code}", headers={"Accept": "application/vc"})
    assert answer.mimetype == "application/vc" and "Accept" in answer.vary
    badge = json.loads(answer.data)
    with pikepdf.open(io.BytesIO(service.file_of(ann))) as pdf:
        assert pdf.attachments["badge.json"].get_file().read_bytes() == answer.data

    keys.rotate()
    verifier = OB3LdpVerifier.for_issuer_did(badge_service.did())
    download = published(client)
    found = verifier.verify(badge, download=download, check_status=True, verify_status_list=False)
    assert [each.identity_hash for each in found.identifiers] == ["Ann Oneil"]
    assert found.achievement.name == ann.facts["programme"]["en"]
    subject = badge["credentialSubject"]
    assert subject["licenseNumber"] == ann.number
    assert subject["achievement"]["resultDescription"][0]["valueMax"] == "4"
    assert "45 minutes" in subject["achievement"]["resultDescription"][0]["name"]
    assert {subject["achievement"]["creator"]["address"]["addressCountry"]} <= {"KZ", "TJ"}

    service.revoke_credential(ann, reason="A test", by=coordinator, now=after)
    corrected(jamshed, after)
    db.session.commit()
    with pytest.raises(OB3VerificationError, match="is set at index"):
        verifier.verify(badge, download=download, check_status=True, verify_status_list=False)
    for purpose, expected in (("revocation", {ann.id, jamshed.id}), ("refresh", {jamshed.id})):
        listed = json.loads(client.get(f"/status/{purpose}/0").data)
        key = resolve_verification_method(listed["proof"]["verificationMethod"], download)
        verify_data_integrity_proof(listed, key)
        packed = listed["credentialSubject"]["encodedList"][1:]
        bits = gzip.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        assert len(bits) * 8 == 2**17
        assert {n for n in range(2**17) if bits[n // 8] & (0x80 >> n % 8)} == expected
    assert client.get("/status/revocation/1").status_code == 404

    badge["credentialSubject"]["identifier"][0]["identityHash"] = "Somebody Else"
    with pytest.raises(OB3VerificationError):
        verifier.verify(badge, download=download)


def test_a_proof_from_the_log_is_checked_with_nothing_but_itself(
    client, command, issued, after, tmp_path
):
    _, (ann, jamshed), coordinator = issued
    assert log_service.publish_head(now=clock.now() + timedelta(days=1)).size == 2
    service.revoke_credential(ann, reason="A test", by=coordinator, now=after)
    db.session.commit()
    place = tmp_path / "proof.json"
    done = command("certificates", "prove", ann.number, "--output", place)
    assert done.exit_code == 0 and "2 of 3 leaves" in done.stdout
    proof = json.loads(place.read_bytes())
    assert [leaf["body"]["kind"] for leaf in proof["leaves"]] == ["issued", "revoked"]
    assert proof["published"]["size"] == 2
    assert "Ann" not in place.read_text()

    db.session.execute(text("DROP TABLE log_head"))
    db.session.rollback()
    checked = command("certificates", "check-proof", place, "--json")
    assert checked.exit_code == 0 and json.loads(checked.stdout)["size"] == 3
    place.write_text(place.read_text().replace(ann.number, jamshed.number))
    assert command("certificates", "check-proof", place).exit_code == 1
    place.write_text("{")
    assert "no JSON" in command("certificates", "check-proof", place).stderr


def test_the_log_is_public_and_its_head_is_published_once_a_day(client, issued, command):
    today = clock.now()
    assert log_service.publish_head(now=today) is None  # the day of issue is not over
    day = today + timedelta(days=1)
    assert log_service.publish_head(now=day).day == today.date()
    assert log_service.publish_head(now=day) is None
    assert log_service.publish_head(now=day + timedelta(days=1)) is None  # nothing is new
    db.session.commit()
    (head,) = json.loads(client.get("/log/heads.json").data)
    leaves = json.loads(client.get("/log/leaves.json?first=0").data)["leaves"]
    assert root_of([bytes.fromhex(leaf) for leaf in leaves]).hex() == head["root"]
    assert head["root"] in client.get("/log").text
    assert "log of certificates is whole (2 leaves)" in command("doctor").stdout


def test_what_was_issued_before_there_was_a_log_is_added_to_it(issued, after, app):
    _, credentials, _ = issued
    assert log_service.append_unlogged(now=after) == 0
    leaf = log_service.append(LeafKind.DUPLICATED, credentials[0], now=after, file="0" * 64)
    db.session.flush()
    assert leaf.position == 2


def test_the_pages_of_keys_and_without_network_are_there(client, issued):
    found = keys.rotate()
    page = client.get("/issuer").text
    assert found.seal.fingerprint in page and found.badges[0].multibase in page
    assert client.get("/issuer/seal-1.crt").data == found.seals[0].certificate_pem
    assert client.get("/issuer/seal-9.crt").status_code == 404
    document = json.loads(client.get("/.well-known/did.json").data)
    assert len(document["verificationMethod"]) == 4 and len(document["assertionMethod"]) == 2
    offline = client.get("/verify/offline").text
    assert found.badge.short_id.hex() in offline
    assert "/verify/offline" in client.get("/verify/offline-worker.js").text
