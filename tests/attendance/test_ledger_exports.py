"""The ledger as files: the unit stands with every total, and every entry with its history."""

from datetime import timedelta
from io import BytesIO

import pytest
from python_calamine import load_workbook

from courseware.attendance import service
from courseware.attendance.rules import AttendanceStatus, MarkSource, Presence
from courseware.attendance.service import WantedMark
from courseware.db import db
from courseware.schedule.service import record_delivery
from courseware.tables import read_rows, read_table

PRESENT = WantedMark(Presence(AttendanceStatus.PRESENT))
ABSENT = WantedMark(Presence(AttendanceStatus.ABSENT), note='=cmd|"/c calc"!A1')


@pytest.fixture
def course(make):
    """Two sessions of 90 minutes; one participant was corrected from present to late."""
    cohort = make.cohort(make.programme(module_minutes=270, academic_hour_minutes=45))
    first = make.training_session(cohort, starts="2025-04-07 04:00", code="S01", title="Needs")
    second = make.training_session(cohort, starts="2025-04-08 04:00", code="S02")
    trainer = make.trainer(cohort, leads=first, name_latin="Saule Lead")
    aida = make.enrolment(cohort, user=make.user(name_latin="Aida Sarsen", name_native="Аида"))
    bekzat = make.enrolment(cohort, user=make.user(name_latin="Bekzat Omar", name_native=""))
    arrived = first.starts_at + timedelta(minutes=30)
    late = WantedMark(Presence(AttendanceStatus.LATE, arrived_at=arrived), note="bus")
    minute = timedelta(minutes=1)
    for at, (enrolment, mark, source) in enumerate(
        (
            (aida, PRESENT, MarkSource.CHECK_IN),
            (aida, late, MarkSource.TRAINER),
            (bekzat, ABSENT, MarkSource.TRAINER),
            (bekzat, WantedMark(None), MarkSource.COORDINATOR),
        )
    ):
        service.record_marks(
            first, {enrolment.id: mark}, by=trainer, now=make.NOW + at * minute, source=source
        )
    db.session.commit()
    return cohort, first, second, trainer, aida, bekzat


def test_every_entry_is_a_row_with_times_minutes_unit_and_whether_it_counts(course, browser, make):
    cohort, *_rest = course
    answer = browser(make.coordinator(cohort)).get(f"/cohorts/{cohort.public_id}/attendance.csv")
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert b"'=cmd" in answer.data  # no spreadsheet program calculates it
    table = read_table(answer.data)
    wanted = (
        "Session", "Date", "Start", "End", "Delivered, minutes", "Name", "Entry", "Mark", "Came at",
        "Minutes by this entry", "Academic hours by this entry", "Academic hour, minutes",
        "In force", "How it was made", "Who made it", "Note",
    )  # fmt: skip
    columns = [table.column(title) for title in wanted]
    time = ("S01", "2025-04-07", "09:00", "10:30", "90")
    formula = '=cmd|"/c calc"!A1'
    assert [tuple(row[column] for column in columns) for row in table.rows] == [
        (*time, "Aida Sarsen", "1", "present", "", "90", "2", "45", "no", "check-in",
         "Saule Lead", ""),
        (*time, "Aida Sarsen", "2", "late", "09:30", "60", "1.3333", "45", "yes", "trainer",
         "Saule Lead", "bus"),
        (*time, "Bekzat Omar", "1", "absent", "", "0", "0", "45", "no", "trainer",
         "Saule Lead", formula),
        (*time, "Bekzat Omar", "2", "taken back", "", "0", "0", "45", "no", "coordinator",
         "Saule Lead", ""),
    ]  # fmt: skip


def test_the_workbook_has_the_matrix_with_its_unit_and_the_figures(course, browser, make):
    cohort, *_rest = course
    answer = browser(make.coordinator(cohort)).get(f"/cohorts/{cohort.public_id}/attendance.xlsx")
    unit, requirement, head, *rows = read_rows(answer.data)
    assert "academic hours of 45 minutes" in unit[0]
    assert "9.6 of 12 hours (80 %)" in requirement[0]
    assert head.cells[:4] == ("Name", "Name in own script", "Organisation", "Planned")
    aida = dict(zip(head.cells, rows[0].cells, strict=False))
    assert (aida["Credited"], aida["Credited, minutes"], aida["Still reachable"]) == (
        "1.3333", "60", "11.3333",
    )  # fmt: skip


def test_every_sheet_says_when_a_session_really_was(course, browser, make):
    cohort, first, *_rest = course
    record_delivery(
        first, starts_at=first.starts_at + timedelta(minutes=15), ends_at=first.ends_at,
        reason="late bus", by=None, now=make.NOW,
    )  # fmt: skip
    db.session.commit()
    answer = browser(make.coordinator(cohort)).get(f"/cohorts/{cohort.public_id}/attendance.xlsx")
    book = load_workbook(BytesIO(answer.data))
    heads = next(row for row in book.get_sheet_by_index(1).to_python() if row[0] == "Name")
    assert heads[5] == "S01 07.04. 09:15–10:30, 75 minutes"
    rows = book.get_sheet_by_index(2).to_python()
    marks = rows[next(n for n, row in enumerate(rows) if row[0] == "Name") :]
    aida = dict(zip(marks[0], marks[1], strict=True))
    assert aida["When"] == "2025-04-07 09:15–10:30"
    assert (aida["Came at"], aida["Attended, minutes"]) == ("09:30", 60)


@pytest.mark.parametrize("ending", ["", ".csv", ".xlsx"])
def test_page_and_files_take_the_same_queries_for_one_participant_and_for_many(
    course, browser, queries, make, ending
):
    cohort, first, *_rest = course
    by = make.coordinator(cohort)
    client, counts = browser(by), []
    for participants in (1, 20):
        people = make.enrolments(cohort, participants)
        service.record_marks(first, {each.id: PRESENT for each in people}, by=by, now=make.NOW)
        with queries() as seen:
            client.get(f"/cohorts/{cohort.public_id}/attendance{ending}")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 16, counts
