import html
import io
import zipfile

import pytest

from courseware import jobs
from courseware.credentials import exports, journal_exports, service
from courseware.credentials.verification_service import Comparison, codes_in, compare_file
from courseware.db import db
from courseware.tables import read_rows


@pytest.fixture
def issued(earned, make, after):
    """A cohort of two with their certificates, and its coordinator."""
    cohort, enrolments = earned(
        names=[("Ann O’Neil", ""), ("Jamshed Ghafforzoda", "Ҷамшед Ғаффорзода")]
    )
    coordinator = make.coordinator(cohort)
    service.issue_certificates(cohort, by=coordinator, now=after)
    db.session.commit()
    jobs.run_waiting()
    db.session.expire_all()
    return cohort, enrolments, coordinator


def test_a_coordinator_sees_who_issues_and_downloads(browser, earned, make):
    cohort, enrolments = earned(2)
    absent = make.enrolment(cohort)
    client = browser(make.coordinator(cohort))
    address = f"/cohorts/{cohort.public_id}/certificates"

    page = client.get(address).text
    assert "Issue 2 certificates" in page
    assert absent.user.name_latin in html.unescape(page)
    assert "0 h credited, 3.2 h needed" in page

    answer = client.post(address)
    assert answer.status_code == 303
    batch = service.list_batches(cohort)[0]
    progress = client.get(f"/certificates/batches/{batch.public_id}/progress").json
    assert progress == {
        "done": 0,
        "whole": 2,
        "finished": False,
        "text": "0 of 2 certificates printed",
    }
    assert f"/certificates/batches/{batch.public_id}/progress" in client.get(address).text

    jobs.run_waiting()
    progress = client.get(f"/certificates/batches/{batch.public_id}/progress").json
    assert (progress["done"], progress["finished"]) == (2, True)
    page = client.get(address).text
    for credential in service.list_credentials(cohort):
        assert credential.number in page


def test_the_preview_is_a_picture_and_a_pdf(browser, earned, make):
    cohort, _ = earned(1)
    client = browser(make.coordinator(cohort))
    address = f"/cohorts/{cohort.public_id}/certificates/preview"
    picture, paper = client.get(address + ".png"), client.get(address + ".pdf")
    assert picture.data.startswith(b"\x89PNG") and len(picture.data) < 150_000
    assert paper.data.startswith(b"%PDF")


def test_a_participant_downloads_the_own_certificate_and_no_other(browser, issued):
    _, (mine, other), _ = issued
    client = browser(mine.user)
    own, foreign = service.credential_of(mine), service.credential_of(other)

    answer = client.get(f"/certificates/{own.public_id}/download")
    assert answer.data == service.file_of(own)
    assert f"{own.number} Ann O" in answer.headers["Content-Disposition"]
    assert f'href="/certificates/{own.public_id}"' in client.get("/").text
    assert client.get(f"/certificates/{foreign.public_id}/download").status_code in (403, 404)
    assert client.get(f"/certificates/{own.public_id}/revoke").status_code == 403


def test_a_file_name_keeps_its_letters(browser, issued):
    _, (_, enrolment), coordinator = issued
    credential = service.credential_of(enrolment)
    header = browser(coordinator).get(f"/certificates/{credential.public_id}/download").headers
    assert "filename*=UTF-8''" in header["Content-Disposition"]
    assert "%D2%B6%D0%B0%D0%BC%D1%88%D0%B5%D0%B4" in header["Content-Disposition"]


def test_a_stranger_verifies_by_the_address_in_the_code(client, issued):
    _, (_, enrolment), _ = issued
    credential = service.credential_of(enrolment)
    facts = service.facts_of(credential)
    path = facts.verification_url.removeprefix("http://localhost")

    page = client.get(path)

    assert page.status_code == 200
    for said in (
        "This certificate is valid",
        "Jamshed Ghafforzoda",
        "Ҷамшед Ғаффорзода",
        "4 academic hours of 45 minutes",
        credential.number,
        *(partner.names["en"] for partner in facts.partners),
    ):
        assert said in page.text


def test_a_number_alone_finds_nothing(client, issued):
    _, (enrolment, _), _ = issued
    number = service.credential_of(enrolment).number
    assert client.get(f"/verify/{number}").status_code == 404
    answer = client.post("/verify/code", data={"code": number})
    assert answer.status_code == 404
    assert "No such certificate was issued here" in answer.text


def test_a_typed_code_or_whole_address_leads_to_the_page(client, issued):
    _, (enrolment, _), _ = issued
    credential = service.credential_of(enrolment)
    for typed in (
        f" {credential.verification_code} ",
        service.facts_of(credential).verification_url,
    ):
        answer = client.post("/verify/code", data={"code": typed})
        assert answer.status_code == 303
        assert answer.location.endswith(f"/verify/{credential.verification_code}")


def test_a_revoked_certificate_says_when_and_why(browser, client, issued):
    _, (enrolment, _), coordinator = issued
    credential = service.credential_of(enrolment)
    staff = browser(coordinator)
    assert staff.post(f"/certificates/{credential.public_id}/revoke").status_code == 422
    answer = staff.post(
        f"/certificates/{credential.public_id}/revoke", data={"reason": "Issued by mistake"}
    )
    assert answer.status_code == 303

    page = client.get(f"/verify/{credential.verification_code}").text
    assert "This certificate was revoked" in page
    assert "Issued by mistake" in page
    assert "is valid" not in page


def test_the_issued_file_is_recognised_and_a_changed_one_only_compared(client, issued):
    _, (enrolment, _), _ = issued
    credential = service.credential_of(enrolment)
    data = service.file_of(credential)

    middle = len(data) // 2
    altered = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]

    same = client.post("/verify/file", data={"file": (io.BytesIO(data), "a.pdf")})
    changed = client.post("/verify/file", data={"file": (io.BytesIO(altered), "a.pdf")})
    foreign = client.post("/verify/file", data={"file": (io.BytesIO(b"%PDF-1.7"), "a.pdf")})
    nothing = client.post("/verify/file", data={})

    assert "This is the file we issued, and it is valid" in same.text
    assert "This is not the file we issued; compare these facts" in changed.text
    assert "Ann O’Neil" in changed.text
    assert foreign.status_code == 404 and "This file was not issued here" in foreign.text
    assert nothing.status_code == 422


def test_a_file_saved_again_by_another_program_is_not_called_unknown(issued):
    import pikepdf

    _, (enrolment, _), _ = issued
    credential = service.credential_of(enrolment)
    again = io.BytesIO()
    with pikepdf.open(io.BytesIO(service.file_of(credential))) as pdf:
        pdf.save(again, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True)
    found = compare_file(again.getvalue())
    assert (found.comparison, found.credential) == (Comparison.OTHER, credential)


def test_reading_a_hostile_file_is_limited():
    import zlib

    bomb = b"stream\n" + zlib.compress(b"\0" * 200_000_000) + b"endstream"
    assert codes_in(bomb * 3) == []
    assert codes_in(b"stream\n" * 100_000) == []


def test_the_archive_has_every_certificate_in_force_and_the_register(issued, after):
    cohort, (one, two), coordinator = issued
    service.revoke_credential(
        service.credential_of(one), reason="A test", by=coordinator, now=after
    )
    db.session.commit()
    kept = service.credential_of(two)

    with zipfile.ZipFile(journal_exports.write_archive(cohort)) as archive:
        names = archive.namelist()
        assert names == [
            f"{kept.number} Jamshed Ghafforzoda Ҷамшед Ғаффорзода.pdf",
            f"register-{cohort.code}.xlsx",
        ]
        assert archive.getinfo(names[0]).flag_bits & 0x800
        assert archive.read(names[0]) == service.file_of(kept)


def test_all_in_force_are_one_file_for_the_printer_and_one_journal_to_sign(issued, after):
    import pikepdf

    cohort, (one, two), coordinator = issued
    single = pikepdf.open(io.BytesIO(service.file_of(service.credential_of(two))))
    service.revoke_credential(
        service.credential_of(one), reason="A test", by=coordinator, now=after
    )
    db.session.commit()
    with journal_exports.write_all_in_one(cohort) as file, pikepdf.open(file) as pdf:
        assert len(pdf.pages) == len(single.pages)
        assert "/AcroForm" not in pdf.Root
    with pikepdf.open(io.BytesIO(journal_exports.write_journal(cohort, today=after.date()))) as pdf:
        assert len(pdf.pages) == 1


def test_the_register_lists_every_number_with_its_status(app, issued, after):
    cohort, (one, _), coordinator = issued
    service.revoke_credential(service.credential_of(one), reason="=1+1", by=coordinator, now=after)
    db.session.commit()
    rows = read_rows(exports.write_register(cohort), "register.xlsx")
    cells = [cell for row in rows for cell in row.cells]
    for credential in service.list_credentials(cohort):
        assert credential.number in cells
        assert credential.file_sha256 in cells
    assert "revoked" in cells and "=1+1" in cells


def test_strangers_and_trainers_do_not_issue(browser, earned, make):
    cohort, _ = earned(1)
    address = f"/cohorts/{cohort.public_id}/certificates"
    assert browser().get(address).location.startswith("/sign-in")
    assert browser(make.user()).get(address).status_code == 404
    assert browser(make.trainer(cohort)).get(address).status_code == 403
    assert browser(make.trainer(cohort)).post(address).status_code == 403


def test_the_page_takes_the_same_queries_for_two_and_for_thirty(browser, earned, make, queries):
    counts = []
    for people in (2, 30):
        cohort, _ = earned(people)
        client = browser(make.coordinator(cohort))
        address = f"/cohorts/{cohort.public_id}/certificates"
        client.get(address)
        with queries() as seen:
            assert client.get(address).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]
