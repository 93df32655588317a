"""The schedule from the command line."""

import json

import pytest

SHEET = """session;module;date;start;end;breaks;lead;lead name
S01;M1;07.04.2025;09:00;12:15;10:30-10:45;marat@ektu.example;Marat Jünisov
"""


@pytest.fixture
def run(app):
    from courseware.cli import make_group

    def run(*arguments):
        group = make_group(lambda: app)
        return app.test_cli_runner().invoke(group, [str(one) for one in arguments])

    return run


@pytest.fixture
def sheet(tmp_path):
    def write(text=SHEET):
        file = tmp_path / "schedule.csv"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_importing_a_sheet_says_what_it_did_and_lists_the_sessions(run, make, sheet):
    make.cohort(code="spring")
    result = run("schedule", "import", "spring", sheet())
    assert result.exit_code == 0, result.output
    assert "spring: 1 sessions new, 0 changed, 0 unchanged." in result.output
    assert "Warning: Module M1: 4 of 18 hours are scheduled; 14 are missing." in result.output

    listed = run("sessions", "spring")
    assert "S01    Mon 07 Apr 2025  09:00–12:15  M1" in listed.output
    again = json.loads(run("schedule", "import", "spring", sheet(), "--json").output)
    assert (again["new"], again["changed"], again["same"]) == (0, 0, 1)
    value = json.loads(run("sessions", "spring", "--json").output)
    assert value["sessions"][0]["starts_at"] == "2025-04-07T09:00:00+05:00"
    assert value["scheduled_minutes"] == 180


def test_a_wrong_sheet_ends_with_its_rows_and_changes_nothing(run, make, sheet):
    make.cohort(code="spring")
    result = run("schedule", "import", "spring", sheet(SHEET.replace("09:00", "9 Uhr")))
    assert result.exit_code == 1
    assert "Row 2: “9 Uhr” is not a time." in result.output
    assert json.loads(run("sessions", "spring", "--json").output)["sessions"] == []


def test_an_unknown_cohort_is_named(run):
    result = run("sessions", "autumn")
    assert result.exit_code == 1
    assert "There is no cohort “autumn”." in result.output
