"""Laying out takes seconds; nobody who wants to save something waits for it."""

import sqlite3

import pytest
import weasyprint

from courseware import jobs, typesetting
from courseware.db import db
from courseware.feedback import report_file_service, slip_service


@pytest.fixture
def others(app, monkeypatch):
    """Another connection that begins to write each time a document is laid out."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("Only SQLite has one writer at a time.")
    written = []

    def write_meanwhile(lay_out):
        def also(*given, **more):
            other = sqlite3.connect(db.engine.url.database, timeout=0, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
            other.close()
            written.append(lay_out)
            return lay_out(*given, **more)

        return also

    monkeypatch.setattr(typesetting.subprocess, "run", write_meanwhile(typesetting.subprocess.run))
    monkeypatch.setattr(weasyprint.HTML, "write_pdf", write_meanwhile(weasyprint.HTML.write_pdf))
    return written


def test_a_report_asked_for_on_the_page_keeps_nobody_waiting(make, browser, others):
    cohort = make.cohort()
    coordinator = make.coordinator(cohort)
    db.session.commit()
    page = f"/cohorts/{cohort.public_id}/feedback/reports"
    answer = browser(coordinator).post(page, data={"language": "en", "kind": "pdf"})
    assert answer.status_code == 303
    assert len(others) == 1
    (found,) = report_file_service.list_report_files(cohort)
    assert report_file_service.content_of(found).startswith(b"%PDF")


def test_a_report_made_in_the_background_keeps_nobody_waiting(make, others):
    cohort = make.cohort()
    found = report_file_service.ask_for_report(
        cohort, "pdf", "en+ru", by=make.coordinator(cohort), now=make.NOW
    )
    report_file_service.make_later(found, now=make.NOW)
    db.session.commit()
    jobs.run_waiting()
    assert len(others) == 1
    assert found.finished_at is not None


def test_slips_keep_nobody_waiting_and_are_good_afterwards(asking, make, browser, others):
    asked = asking.course(people=2).asked
    coordinator = make.coordinator(asked.cohort)
    db.session.commit()
    page = f"/feedback/rounds/{asked.public_id}/slips"
    answer = browser(coordinator).post(page, data={"count": "3"})
    assert answer.data.startswith(b"%PDF")
    assert others
    assert slip_service.count_slips(asked) == 3
    asking.close(asked)
    assert browser(coordinator).post(page, data={"count": "2"}).status_code == 409
    assert slip_service.count_slips(asked) == 3
