"""Meeting reports and the ledger from the command line: all or nothing, sentences with rows."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from courseware.attendance.models import AttendanceAlias, AttendanceImport, AttendanceMark
from courseware.attendance.rules import MarkSource
from courseware.db import db
from courseware.schedule.models import SessionBreak
from courseware.tables import read_rows

FILES = Path(__file__).parent / "files"


@pytest.fixture
def course(make):
    """Session S03 on 14 April 2025, 9:00–12:15 in Dushanbe with a break of a quarter of an hour."""
    cohort = make.cohort(code="spring")
    session = make.training_session(cohort, starts="2025-04-14 04:00", minutes=195, code="S03")
    session.breaks.append(
        SessionBreak(
            starts_at=datetime(2025, 4, 14, 5, 30, tzinfo=UTC),
            ends_at=datetime(2025, 4, 14, 5, 45, tzinfo=UTC),
        )
    )
    people = {
        "aida": ("Aida Sarsen", "Аида Сәрсен", "aida.sarsen@example.org"),
        "daler": ("Daler Rahimov", "Далер Раҳимов", "daler@example.org"),
        "gulnur": ("Gulnur Abenova", "Гүлнұр Әбенова", "gulnur@example.org"),
        "bekzat": ("Bekzat Omar", "", "bekzat@example.org"),
        "davron": ("Davron Karimov", "Даврон Каримов", "davron@example.org"),
    }
    for latin, native, email in people.values():
        make.enrolment(cohort, user=make.user(name_latin=latin, name_native=native, email=email))
    db.session.flush()
    return cohort, session


def count(model) -> int:
    db.session.rollback()  # as at the end of a process: only what was committed is there
    return db.session.scalar(select(func.count()).select_from(model))


def aliases(folder: Path, text: str) -> Path:
    file = folder / "aliases.csv"
    file.write_text("name,e-mail\n" + text, "utf-8")
    return file


def minutes(result) -> dict[str, int]:
    return {one["name"]: one["minutes"] for one in json.loads(result.output)["participants"]}


def test_an_unknown_name_ends_with_a_sentence_and_nothing_is_changed(course, command):
    result = command("attendance", "import", "spring", "S03", FILES / "teams-english.csv")
    assert result.exit_code == 1
    assert "Row 24: nobody enrolled is known as “Room B-204”" in result.output
    assert (count(AttendanceMark), count(AttendanceImport), count(AttendanceAlias)) == (0, 0, 0)


def test_a_teams_report_gives_minutes_clipped_to_the_session_less_its_break(
    course, command, tmp_path
):
    names = aliases(tmp_path, "Room B-204,\n")
    file = FILES / "teams-english.csv"
    result = command("attendance", "import", "spring", "s03", file, "--aliases", names, "--json")
    assert result.exit_code == 0, result.output
    # Daler: 9:20:30–10:00:30 and 10:15:30–12:15, of which 10:30–10:45 is the break.
    assert minutes(result) == {
        "Aida Sarsen": 180,
        "Bekzat Omar": 0,
        "Daler Rahimov": 145,
        "Gulnur Abenova": 120,
    }
    value = json.loads(result.output)
    daler = value["participants"][2]
    assert (daler["status"], daler["seconds"], daler["times_known"]) == ("partial", 8670, True)
    assert (value["left_out"], value["not_in_report"]) == (["Room B-204"], ["Davron Karimov"])
    assert count(AttendanceMark) == 4


def test_a_second_import_of_the_same_file_changes_nothing(course, command, tmp_path):
    names = aliases(tmp_path, "Room B-204,\n")
    words = ("attendance", "import", "spring", "S03", FILES / "teams-english.csv")
    assert command(*words, "--aliases", names).exit_code == 0
    before = count(AttendanceMark)
    # The alias is remembered, so the file needs no further help.
    assert command(*words).exit_code == 0
    assert count(AttendanceMark) == before


def test_two_devices_of_one_person_are_an_upper_bound_where_only_totals_are_known(
    course, command, tmp_path
):
    names = aliases(tmp_path, "Daler's iPad (Rahimov),daler@example.org\n")
    result = command(
        "attendance", "import", "spring", "S03", FILES / "zoom-totals.csv",
        "--aliases", names, "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert minutes(result) == {"Aida Sarsen": 180, "Daler Rahimov": 180}
    assert not any(one["times_known"] for one in json.loads(result.output)["participants"])


def test_our_own_sheet_is_stronger_than_a_report(course, command, tmp_path):
    names = aliases(tmp_path, "Room B-204,\n")
    teams = ("attendance", "import", "spring", "S03", FILES / "teams-english.csv")
    assert command(*teams, "--aliases", names).exit_code == 0
    result = command("attendance", "import", "spring", "S03", FILES / "register.csv", "--json")
    assert minutes(result) == {
        "Aida Sarsen": 180,
        "Bekzat Omar": 0,
        "Daler Rahimov": 160,
        "Gulnur Abenova": 120,
    }
    again = command(*teams, "--json")
    assert not any(one["in_force"] for one in json.loads(again.output)["participants"])
    sources = {mark.source for mark in db.session.scalars(select(AttendanceMark))}
    assert sources == {MarkSource.IMPORT, MarkSource.PAPER}


def test_everybody_who_is_not_in_the_report_can_be_marked_absent(course, command, tmp_path):
    names = aliases(tmp_path, "Room B-204,\n")
    words = ("attendance", "import", "spring", "S03", FILES / "teams-english.csv")
    assert command(*words, "--aliases", names, "--others-absent").exit_code == 0
    assert count(AttendanceMark) == 5


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("autumn", "S03", FILES / "register.csv"), "There is no cohort “autumn”."),
        (("spring", "S99", FILES / "register.csv"), "has no session “S99”"),
        (("spring", "S03", FILES / "register-wrong.csv"), "Row 2: “here” is not a mark."),
        (("spring", "S03", FILES / "teams-list.csv"), "--dates day_first"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(course, command, words, sentence):
    result = command("attendance", "import", *words)
    assert result.exit_code == 1
    assert sentence in result.output
    assert count(AttendanceMark) == 0


def test_an_alias_of_nobody_enrolled_is_refused_with_its_row(course, command, tmp_path):
    names = aliases(tmp_path, "Room B-204,\nBeka,nobody@example.org\n")
    words = ("attendance", "import", "spring", "S03", FILES / "teams-english.csv")
    result = command(*words, "--aliases", names)
    assert result.exit_code == 1
    assert "aliases.csv, row 3: nobody with the address “nobody@example.org”" in result.output


def test_a_person_twice_in_a_sheet_is_refused_with_the_row(course, command, tmp_path):
    file = tmp_path / "register.csv"
    file.write_text(
        "name,e-mail,mark\nAida Sarsen,,present\n,aida.sarsen@example.org,absent\n", "utf-8"
    )
    result = command("attendance", "import", "spring", "S03", file)
    assert result.exit_code == 1
    assert "Row 3: Aida Sarsen stands in row 2 already." in result.output


def test_the_ledger_is_printed_written_and_given_to_machines(course, command, tmp_path):
    assert command("attendance", "import", "spring", "S03", FILES / "register.csv").exit_code == 0
    text = command("ledger", "spring").output
    assert "Aida Sarsen: 4 of 36; still reachable: 36; behind" in text
    value = json.loads(command("ledger", "spring", "--json").output)
    assert (value["planned_minutes"], value["delivered_minutes"]) == (1620, 180)
    daler = next(one for one in value["participants"] if one["name"] == "Daler Rahimov")
    assert (daler["credited_minutes"], daler["sessions"]["S03"]["status"]) == (160, "late")
    output = tmp_path / "ledger.xlsx"
    assert command("ledger", "spring", "--output", output).exit_code == 0
    assert "Aida Sarsen" in {row[0] for row in read_rows(output.read_bytes())}
    assert command("ledger", "spring", "--output", tmp_path / "ledger.pdf").exit_code == 1
    nowhere = tmp_path / "nowhere" / "ledger.xlsx"
    assert "cannot be written" in command("ledger", "spring", "--output", nowhere).output


def test_several_files_are_imported_into_the_sessions_of_their_time_or_none(
    course, command, make, tmp_path
):
    cohort, _session = course
    make.training_session(cohort, starts="2025-04-14 09:00", minutes=120, code="S04")
    words = ("attendance", "import-files", "spring", FILES / "moodle.txt")
    refused = command(*words, FILES / "teams-english.csv")
    assert refused.exit_code == 1
    assert "teams-english.csv: Row 24: nobody enrolled is known as “Room B-204”" in refused.output
    assert (count(AttendanceMark), count(AttendanceImport)) == (0, 0)
    result = command(*words, "--json")
    assert result.exit_code == 0, result.output
    assert [
        (each["session"], each["participants"]) for each in json.loads(result.output)["imports"]
    ] == [("S03", 3), ("S04", 3)]
    listed = json.loads(command("attendance", "imports", "spring", "--json").output)["imports"]
    assert {(each["kind"], each["state"]) for each in listed} == {("moodle", "accepted")}
    gone = command("attendance", "withdraw", listed[0]["import"], "--whole-file", "--json")
    assert json.loads(gone.output)["entries"] == 6
    assert command("attendance", "withdraw", "nothing").exit_code == 1


def test_files_that_a_person_must_be_asked_about_are_refused_with_the_way_out(
    course, command, make
):
    cohort, _session = course
    words = ("attendance", "import-files", "spring")
    result = command(*words, FILES / "teams-list.csv", FILES / "register.csv")
    assert result.exit_code == 1
    assert "teams-list.csv: the dates are 2025-05-04 or 2025-04-05." in result.output
    assert "register.csv: the session cannot be told by the time." in result.output
    make.training_session(cohort, starts="2025-05-04 03:30", minutes=120, code="S09")
    make.training_session(cohort, starts="2025-04-05 03:30", minutes=120, code="S02")
    result = command(*words, FILES / "teams-list.csv", "--dates", "day_first", "--json")
    assert [each["session"] for each in json.loads(result.output)["imports"]] == ["S09"]
