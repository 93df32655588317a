"""Google Meet, Moodle and hostile files: one form for all, a sentence for each that is none."""

from datetime import date, datetime
from pathlib import Path

import pytest

from courseware.attendance.imports import read_report, read_reports
from courseware.attendance.moment_rules import UnknownDay
from courseware.attendance.report_rules import ReportedInterval, ReportKind
from courseware.attendance.rules import AttendanceStatus
from courseware.errors import BadInput
from courseware.tables import Sheet, read_rows, write_xlsx

FILES = Path(__file__).parent / "files"
THE_DAY = date(2025, 4, 14)


def at(hour: int, minute: int = 0, *, day: int = 14) -> datetime:
    return datetime(2025, 4, day, hour, minute)


def test_google_meet_has_first_and_last_moment_as_times_of_the_day():
    report = read_report((FILES / "meet.csv").read_bytes(), "meet.csv", on=THE_DAY)
    assert report.kind == ReportKind.MEET
    assert [(each.name, each.email) for each in report.people] == [
        ("Aida Sarsen", "aida.sarsen@example.org"),
        ("Далер Раҳимов", ""),
        ("Gulnur Abenova", "gulnur@example.org"),
    ]
    assert report.people[0].intervals == (ReportedInterval(at(9), at(12, 15)),)


def test_who_was_away_between_has_only_the_minutes_that_google_counted():
    daler = read_report((FILES / "meet.csv").read_bytes(), "meet.csv", on=THE_DAY).people[1]
    assert (daler.minutes, daler.times_known) == (90, False)
    assert daler.intervals == (ReportedInterval(at(9, 5), at(12, 15)),)


def test_a_file_with_times_of_the_day_asks_for_the_day():
    with pytest.raises(UnknownDay):
        read_report((FILES / "meet.csv").read_bytes(), "meet.csv")


def test_google_meet_with_days_needs_no_help():
    text = (FILES / "meet.csv").read_text("utf-8")
    text = text.replace("9:00 AM", "2025-04-14 9:00:00 AM").replace("12:15 PM", "2025-04-14 12:15")
    text = text.replace("9:05 AM", "2025-04-14 9:05").replace("9:10:00 AM", "2025-04-14 9:10")
    assert read_report(text.encode(), "meet.csv").people[0].intervals == (
        ReportedInterval(at(9), at(12, 15)),
    )


@pytest.fixture(params=["txt", "xlsx"])
def moodle(request) -> bytes:
    """The export as text and as a workbook: the same rows."""
    data = (FILES / "moodle.txt").read_bytes()
    if request.param == "txt":
        return data
    lines = [line.split("\t") for line in data.decode().splitlines()]
    return write_xlsx(Sheet("Attendances", lines[0], lines[1:]))


def test_one_moodle_file_is_about_several_sessions(moodle):
    reports = read_reports(moodle, "moodle")
    assert [(each.kind, each.started) for each in reports] == [
        (ReportKind.MOODLE, at(9)),
        (ReportKind.MOODLE, at(14)),
    ]
    morning, afternoon = reports
    assert [(each.name, each.status, each.note) for each in morning.people] == [
        ("Aida Sarsen", AttendanceStatus.PRESENT, ""),
        ("Daler Rahimov", AttendanceStatus.LATE, "bus from Khujand"),
        ("Gulnur Abenova", AttendanceStatus.EXCUSED, "at the dentist"),
    ]
    assert [(each.name, each.status) for each in afternoon.people] == [
        ("Aida Sarsen", AttendanceStatus.PRESENT),
        ("Daler Rahimov", AttendanceStatus.ABSENT),
        ("Bekzat Omar", AttendanceStatus.PRESENT),
    ]


def test_who_was_late_in_moodle_has_no_known_time(moodle):
    daler = read_reports(moodle, "moodle")[0].people[1]
    assert (daler.times_known, daler.email) == (False, "daler@example.org")


def test_a_russian_moodle_file_is_understood():
    (report,) = read_reports((FILES / "moodle-russian.txt").read_bytes(), "moodle.txt")
    assert report.started == at(9)
    assert [(each.name, each.status) for each in report.people] == [
        ("Аида Сарсен", AttendanceStatus.PRESENT),
        ("Далер Раҳимов", AttendanceStatus.ABSENT),
    ]


@pytest.mark.parametrize(
    ("cell", "status"),
    [
        ("A (2/2)", AttendanceStatus.PRESENT),  # anwesend
        ("Online (2/2)", AttendanceStatus.PRESENT),
        ("X (0/2)", AttendanceStatus.ABSENT),
        ("L (2/2)", AttendanceStatus.LATE),
        ("E", AttendanceStatus.EXCUSED),
    ],
)
def test_points_tell_where_a_course_has_letters_of_its_own(cell, status):
    text = f"Surname\tFirst name\t14/04/2025 09:00 All\nSarsen\tAida\t{cell}\n"
    assert read_report(text.encode(), "moodle.txt").people[0].status == status


@pytest.mark.parametrize(
    ("heading", "cell", "sentence"),
    [
        ("14 Apr 2025 9.00AM", "Q (1/2)", "Row 2: the mark “Q (1/2)” is not known."),
        ("31 Feb 2025 9.00AM", "P (2/2)", "Row 1: “31 Feb 2025 9.00AM” is not a date and time."),
        ("14 Apr 1900 9.00AM", "P (2/2)", "Row 1: “14 Apr 1900 9.00AM” is not a date and time."),
        ("31/02/2025 09:00", "P (2/2)", "Row 1: “31/02/2025 09:00” is not"),
    ],
)
def test_what_moodle_cannot_mean_is_named_with_its_row(heading, cell, sentence):
    text = f"Last name\tFirst name\t{heading} All\nSarsen\tAida\t{cell}\n"
    with pytest.raises(BadInput) as error:
        read_reports(text.encode(), "moodle.txt")
    assert sentence in str(error.value.messages[0])


def test_our_own_sheet_may_be_about_several_sessions():
    text = "name,mark,session\nAida,present,S01\nAida,absent,S02\nDaler,present,S01\n"
    reports = read_reports(text.encode(), "sheet.csv")
    assert [(each.session_code, [one.name for one in each.people]) for each in reports] == [
        ("S01", ["Aida", "Daler"]),
        ("S02", ["Aida"]),
    ]


def _bomb() -> bytes:
    import io
    import zipfile

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * 80_000_000)
    return target.getvalue()


HOSTILE = {
    "a million columns": lambda: b"Name,Join time,Leave time\n" + b"a," * 1_000_000 + b"\n",
    "a million tabs": lambda: b"1. Summary\n" + b"a\t" * 1_000_000,
    "a million lines": lambda: b"Full Name\tUser Action\tTimestamp\n" + b"x\t\n" * 1_000_000,
    "a bomb": _bomb,
    "half of UTF-16": lambda: "Name\tJoin time\tLeave time\n".encode("utf-16")[:-1],
    "neither text nor table": lambda: bytes(range(256)) * 40,
    "an open quotation mark": lambda: b'Name,Join time,Leave time\n"' + b"x" * 200_000,
    "more names than a class has": lambda: (
        b"Name,Join time,Leave time\n"
        + b"".join(b"N%d,2025-04-14 09:00,2025-04-14 10:00\n" % n for n in range(1_001))
    ),
    "lines of nothing": lambda: b"\n" * 300_000,
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_a_hostile_file_gets_a_sentence(kind):
    with pytest.raises(BadInput) as error:
        read_reports(HOSTILE[kind](), "file.csv", on=THE_DAY)
    assert str(error.value.messages[0])


def test_real_files_of_others_are_read(shared_data):
    folder = shared_data / "attendance"
    teams = read_report((folder / "dvaneynde-IDL-14-11-22.csv").read_bytes(), "a.csv")
    listed = read_report(
        (folder / "dominikhoebert-meetingAttendanceList.csv").read_bytes(),
        "b.csv",
        on=date(2020, 12, 11),
    )
    zoom = read_report((folder / "zoomGroupStats-meeting001_participants.csv").read_bytes(), "c")
    assert (teams.kind, teams.started) == (ReportKind.TEAMS, datetime(2022, 11, 14, 9, 29, 7))
    assert (listed.kind, zoom.kind) == (ReportKind.TEAMS_LIST, ReportKind.ZOOM_TOTALS)
    with pytest.raises(BadInput):
        read_reports((folder / "carpentries-attendance-per-day.csv").read_bytes(), "d.csv")


def test_a_sheet_of_ours_names_its_session():
    data = write_xlsx(Sheet("S01", ["name", "mark", "session"], [["Aida", "present", "S01"]]))
    assert read_rows(data)[1].cells == ("Aida", "present", "S01")
    assert read_report(data, "x.xlsx").session_code == "S01"
