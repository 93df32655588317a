"""Sign-in sheets to print, and signed ones that come back as evidence."""

import io
from datetime import date

import pikepdf
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from courseware import images
from courseware.attendance import evidence_service, paper_exports, paper_service
from courseware.attendance.models import RegisterEvidence
from courseware.db import db
from courseware.schedule.models import SessionTrainer, TrainerPart


def logo() -> bytes:
    target = io.BytesIO()
    Image.new("RGBA", (480, 130), "navy").save(target, "PNG")
    return target.getvalue()


@pytest.fixture
def course(make):
    """Two sessions on 7 April and one whose UTC day is another: all of one day in Dushanbe."""
    cohort = make.cohort()
    morning = make.training_session(cohort, starts="2025-04-06 19:30", code="S01", pause=15)
    later = make.training_session(cohort, starts="2025-04-07 04:00", code="S02", title="Contracts")
    trainer = make.trainer(cohort, leads=morning, name_latin="Saule Lead")
    other = make.user(name_latin="Rustam Other")
    morning.trainers.append(SessionTrainer(user=other, part=TrainerPart.CO_TRAINER))
    make.enrolment(cohort, user=make.user(name_latin="Aida Sarsen", name_native="Аида Сарсен"))
    make.enrolment(cohort, user=make.user(name_latin="Bekzat Omar", name_native=""))
    db.session.flush()
    return cohort, morning, later, trainer


def words_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def test_a_sheet_says_who_what_when_where_and_its_code_opens_the_session(course, browser):
    cohort, morning, _later, trainer = course
    one, another = (each.organisation for each in cohort.programme.partners)
    one.logo_sha256, another.logo_sha256 = images.take_logo(logo()), "0" * 64  # a lost file
    db.session.flush()
    answer = browser(trainer).get(f"/sessions/{morning.public_id}/sign-in-sheet.pdf?language=ru")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert f"{cohort.code}-S01-sign-in-sheet.pdf" in answer.headers["Content-Disposition"]
    said = words_of(answer.data)
    lead, host = (each.organisation.names["ru"] for each in cohort.programme.partners)
    for expected in (
        lead, host, cohort.programme.titles["ru"], "00:30–02:15", "7 апреля 2025 г.",
        "UTC+5", morning.venues[0].venue.name, "Saule Lead", "Rustam Other", "Aida Sarsen",
        "Аида Сарсен", "Bekzat Omar", "45", "1 / 1",
    ):  # fmt: skip
        assert expected in said, expected
    page = pypdfium2.PdfDocument(answer.data)[0].render(scale=3).to_pil()
    assert [code.text for code in zxingcpp.read_barcodes(page)] == [
        f"http://localhost/sessions/{morning.public_id}"
    ]
    with pikepdf.open(io.BytesIO(answer.data)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert (
            len(pdf.pages[0].get_images()) == 1
        )  # a sheet does without a logo that cannot be read


def test_two_languages_stand_beside_each_other_where_they_differ(course, app):
    cohort, morning, later, _trainer = course
    sheet = paper_service.sheet_of_session(later)
    with app.test_request_context():
        page = paper_exports.sheet_page(sheet, ["ru", "tg"], address_of=lambda each: each.code)
    assert '<span lang="ru">7 апреля' not in page  # with the day of the week before it
    assert "7 апреля 2025 г." in page and "7 апрели соли 2025" in page
    assert page.count("Contracts") == 1  # the session's title is in one language
    assert paper_exports.languages_of(cohort, ["xx", "kk", "kk", "tg", "en"]) == ["kk", "tg"]
    assert paper_exports.languages_of(cohort) == ["en"]


def test_a_day_is_one_sheet_with_a_column_for_each_session_in_the_zone_of_the_cohort(
    course, browser
):
    cohort, morning, later, trainer = course
    (day,) = paper_service.list_days(cohort)
    assert (day.day, day.sessions) == (date(2025, 4, 7), (morning, later))
    answer = browser(trainer).get(f"/cohorts/{cohort.public_id}/sign-in-sheets/2025-04-07.pdf")
    said = words_of(answer.data)
    assert "S01 · 00:30–02:15" in said and "S02 · 09:00–10:30" in said
    for missing in ("2025-04-08", "x", "2025-02-31"):
        wrong = browser(trainer).get(f"/cohorts/{cohort.public_id}/sign-in-sheets/{missing}.pdf")
        assert wrong.status_code == 404


def test_a_day_of_six_sessions_is_two_sheets_and_a_cohort_of_nobody_has_empty_lines(make, app):
    cohort = make.cohort()
    for hour in range(6):
        make.training_session(cohort, starts=f"2025-04-07 {2 + 2 * hour:02}:00")
    (day,) = paper_service.list_days(cohort)
    with app.test_request_context():
        page = paper_exports.sheet_page(
            paper_service.sheet_of_day(day), ["en"], address_of=lambda each: each.code
        )
    assert page.count('<section class="sheet">') == 2
    assert page.count("Not on the list") == 2


def photo(colour="white") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (600, 800), colour).save(target, "JPEG")
    return target.getvalue()


def test_a_photograph_of_the_signed_sheet_stays_with_the_register_once(course, browser):
    _cohort, morning, _later, trainer = course
    client = browser(trainer)
    address = f"/sessions/{morning.public_id}/signed-sheets"
    sent = [(io.BytesIO(photo()), "paper/one.jpg"), (io.BytesIO(photo("pink")), "two.jpg")]
    assert client.post(address, data={"file": sent}).status_code == 303
    again = {"file": (io.BytesIO(photo()), "one.jpg")}
    assert client.post(address, data=again).status_code == 303
    first, second = evidence_service.list_evidence(morning)
    assert (first.file_name, second.file_name, first.uploaded_by) == ("one.jpg", "two.jpg", trainer)
    assert first.public_id in client.get(address).text
    picture = client.get(f"/signed-sheets/{first.public_id}.jpg")
    assert Image.open(io.BytesIO(picture.data)).format == "JPEG"
    assert "no-store" in picture.headers["Cache-Control"]
    client.post(f"/signed-sheets/{first.public_id}/remove")
    assert evidence_service.list_evidence(morning) == [second]
    assert client.get(f"/signed-sheets/{first.public_id}.jpg").status_code == 404
    assert db.session.get(RegisterEvidence, first.id).removed_by == trainer


def test_what_is_no_picture_is_refused_beside_the_field_and_the_others_are_kept(course, browser):
    _cohort, morning, _later, trainer = course
    client = browser(trainer)
    address = f"/sessions/{morning.public_id}/signed-sheets"
    sent = [(io.BytesIO(photo()), "one.jpg"), (io.BytesIO(b"MZ\x90 a program"), "sheet.jpg")]
    answer = client.post(address, data={"file": sent})
    assert answer.status_code == 422
    assert "sheet.jpg: This is not a PNG or JPEG picture" in answer.text
    assert "1 page is attached." in answer.text
    assert client.post(address, data={}).status_code == 422
    (kept,) = evidence_service.list_evidence(morning)
    assert kept.file_name == "one.jpg"


def test_the_sheets_of_a_cohort_show_which_came_back(course, browser):
    cohort, morning, later, trainer = course
    client = browser(trainer)
    sent = {"file": (io.BytesIO(photo()), "one.jpg")}
    client.post(f"/sessions/{morning.public_id}/signed-sheets", data=sent)
    page = client.get(f"/cohorts/{cohort.public_id}/sign-in-sheets?language=tg&language=").text
    assert "1 page" in page and "language=tg" in page
    assert evidence_service.count_evidence([morning, later]) == {morning.id: 1}
