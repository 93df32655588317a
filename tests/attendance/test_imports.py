"""Reports of other programs become one form; the files beside this test are invented."""

from datetime import date, datetime, time
from pathlib import Path

import pytest

from courseware.attendance.imports import read_report
from courseware.attendance.moment_rules import AmbiguousDates, DateOrder
from courseware.attendance.report_rules import ReportedInterval, ReportKind
from courseware.attendance.rules import AttendanceStatus
from courseware.errors import BadInput

FILES = Path(__file__).parent / "files"
THE_DAY = date(2025, 4, 14)


def read(name: str, *, on: date | None = THE_DAY, order: DateOrder | None = None):
    return read_report((FILES / name).read_bytes(), name, on=on, order=order)


def person(report, name):
    return next(each for each in report.people if each.name == name)


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2025, 4, 14, hour, minute, second)


def test_a_teams_report_gives_the_intervals_of_its_third_section():
    report = read("teams-english.csv")
    assert report.kind == ReportKind.TEAMS
    assert report.title == "Module 3: needs of companies"
    assert (report.started, report.ended) == (at(8, 52, 10), at(12, 16, 2))
    assert len(report.people) == 5
    daler = person(report, "Rahimov, Daler")
    assert daler.email == "daler@example.org"
    assert daler.intervals == (
        ReportedInterval(at(9, 20, 30), at(10, 0, 30)),
        ReportedInterval(at(10, 15, 30), at(12, 15, 40)),
    )


def test_an_address_that_the_third_section_leaves_out_comes_from_the_second():
    assert person(read("teams-english.csv"), "Гүлнұр Әбенова").email == "gulnur@example.org"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("teams-russian.csv", "Даврон Каримов"),
        ("teams-german.csv", "Jörg Löwe"),
        ("zoom-joins-russian.csv", "Гүлнұр Әбенова"),
        ("zoom-2024.csv", "Aida Sarsen"),
    ],
)
def test_translated_headings_are_understood(file, name):
    assert person(read(file), name).intervals == (ReportedInterval(at(9), at(12, 15)),)


def test_a_russian_teams_report_with_commas_keeps_quotation_marks_in_names():
    report = read("teams-russian.csv")
    assert report.title == "Модуль 3: потребности компаний"
    assert [each.name for each in report.people] == ["Даврон Каримов", 'Нигора "Нига" Шарипова']


def test_headings_in_a_language_that_we_do_not_know_are_read_by_their_places():
    text = (FILES / "teams-english.csv").read_bytes().decode("utf-16")
    for known, unknown in [("Join time", "Hora"), ("Leave time", "Salida"), ("Name", "Nombre")]:
        text = text.replace(known, unknown)
    report = read_report(text.encode(), "teams.csv", on=THE_DAY)
    assert person(report, "Room B-204").intervals == (
        ReportedInterval(at(8, 52, 10), at(12, 16, 2)),
    )


def test_the_older_list_lets_people_leave_and_join_again():
    report = read("teams-list.csv", on=date(2025, 5, 4))
    assert report.kind == ReportKind.TEAMS_LIST
    day = {"year": 2025, "month": 5, "day": 4}
    assert person(report, "Aida Sarsen").intervals == (
        ReportedInterval(
            datetime(**day, hour=8, minute=58, second=1), datetime(**day, hour=9, minute=30)
        ),
        ReportedInterval(datetime(**day, hour=9, minute=45), None),
    )
    assert person(report, "Bekzat Omar").intervals == (
        ReportedInterval(None, datetime(**day, hour=10)),
    )


def test_zoom_rows_are_gathered_and_the_waiting_room_is_not_attendance():
    report = read("zoom-joins.csv")
    assert (report.kind, report.title) == (ReportKind.ZOOM, "Module 3")
    assert (report.started, report.ended) == (at(8, 50), at(12, 20))
    assert [each.name for each in report.people] == [
        "Aida (Aida Sarsen)",
        "Rahimov, Daler",
        "iPhone",
    ]
    assert person(report, "Rahimov, Daler").intervals == (ReportedInterval(at(9, 30), at(12, 20)),)


def test_zoom_totals_say_that_no_times_are_known():
    report = read("zoom-totals.csv")
    assert report.kind == ReportKind.ZOOM_TOTALS
    assert [(each.minutes, each.times_known) for each in report.people] == [
        (205, False),
        (120, False),
        (100, False),
    ]


def test_our_own_sheet_gives_marks_with_their_times():
    report = read("register.csv")
    assert report.kind == ReportKind.REGISTER
    assert [(each.email, each.status, each.arrived, each.left) for each in report.people] == [
        ("aida.sarsen@example.org", AttendanceStatus.PRESENT, None, None),
        ("daler@example.org", AttendanceStatus.LATE, time(9, 20), None),
        ("gulnur@example.org", AttendanceStatus.PARTIAL, time(9), time(11, 15)),
        ("bekzat@example.org", AttendanceStatus.EXCUSED, None, None),
    ]
    assert report.people[1].note == "bus from Khujand"


def test_a_wrong_sheet_names_each_row():
    with pytest.raises(BadInput) as error:
        read("register-wrong.csv")
    assert [str(message) for message in error.value.messages] == [
        "Row 2: “here” is not a mark. Write present, late, left early, partial, excused or "
        "absent, or leave it empty.",
        "Row 3: write in “from” when the participant came.",
        "Row 4: “9 o'clock” is not a time of the day. Write it like 09:15.",
        "Row 4: write in “from” when the participant came.",
        "Nothing was imported. Correct the file and import it again.",
    ]


def test_day_and_month_are_told_apart_by_the_day_of_the_session():
    assert read("teams-list.csv", on=date(2025, 5, 4)).started == datetime(2025, 5, 4, 8, 58, 1)
    assert read("teams-list.csv", on=date(2025, 4, 5)).started == datetime(2025, 4, 5, 8, 58, 1)


def test_a_date_that_nothing_decides_is_asked_about_with_both_readings():
    with pytest.raises(AmbiguousDates) as asked:
        read("teams-list.csv", on=None)
    assert asked.value.readings == {
        DateOrder.DAY_FIRST: date(2025, 5, 4),
        DateOrder.MONTH_FIRST: date(2025, 4, 5),
    }
    report = read("teams-list.csv", on=None, order=DateOrder.MONTH_FIRST)
    assert report.started == datetime(2025, 4, 5, 8, 58, 1)


@pytest.mark.parametrize("value", ["31/02/25, 09:00:00", "14/04/1900, 09:00:00", "soon"])
def test_what_is_no_date_is_named_with_its_row(value):
    text = (FILES / "teams-english.csv").read_bytes().decode("utf-16")
    text = text.replace("14/04/25, 09:20:30\t14/04/25, 10:00:30", f"{value}\t14/04/25, 10:00:30")
    with pytest.raises(BadInput) as error:
        read_report(text.encode(), "teams.csv", on=THE_DAY)
    assert str(error.value.messages[0]) == f"Row 21: “{value}” is not a date and time."


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x00\x00",
        b"%PDF-1.7 not a report",
        b"PK\x03\x04 not a workbook",
        b"name,colour\nAida,blue\n",
        b"\xff\xfe\x00",
        ("a," * 100_000).encode(),
        b'"' * 5000,
    ],
)
def test_a_file_that_is_something_else_gets_a_sentence(data):
    with pytest.raises(BadInput) as error:
        read_report(data, "file.csv", on=THE_DAY)
    assert error.value.messages


def test_every_byte_order_and_mark_gives_the_same_report():
    text = (FILES / "teams-english.csv").read_bytes().decode("utf-16")
    reports = {
        read_report(data, "teams.csv", on=THE_DAY)
        for data in (
            text.encode("utf-16"),
            text.encode("utf-16-be"),
            text.encode("utf-16-le"),
            text.encode(),
            b"\xef\xbb\xbf" + text.encode(),
            text.replace("\n", "\r\n").encode(),
        )
    }
    assert len(reports) == 1
