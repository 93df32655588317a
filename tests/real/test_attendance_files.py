"""Real reports, written by others: read where the folder is present, skipped where it is not."""

import csv
import io
import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from courseware.attendance.imports import read_report
from courseware.attendance.report_rules import ReportKind, presence_at
from courseware.attendance.rules import (
    AttendanceStatus,
    Interval,
    SessionTime,
    clip,
    minutes_of,
    total_seconds,
    whole_minutes,
)

BRUSSELS = ZoneInfo("Europe/Brussels")


@pytest.fixture
def attendance(shared_data):
    folder = shared_data / "attendance"
    if not folder.is_dir():
        pytest.skip("the folder of real attendance files is not here")
    return folder


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=BRUSSELS).astimezone(UTC)


def test_each_person_of_the_teams_report_gets_the_union_of_their_intervals(attendance):
    file = attendance / "dvaneynde-IDL-14-11-22.csv"
    at = SessionTime(
        local(2022, 11, 14, 9, 30),
        local(2022, 11, 14, 9, 50),
        (Interval(local(2022, 11, 14, 9, 40), local(2022, 11, 14, 9, 42)),),
    )
    report = read_report(file.read_bytes(), file.name, on=date(2022, 11, 14))
    assert report.kind == ReportKind.TEAMS
    assert report.title == "Scrum Meeting"
    # Read the third section a second time, as plainly as can be.
    lines = file.read_bytes().decode("utf-16").splitlines()
    rows = [line.split("\t") for line in lines[lines.index("3. In-Meeting activities") + 2 :]]
    expected: dict[str, list[Interval]] = {}
    for name, joined, left, *_rest in rows:
        moments = [
            datetime.strptime(text, "%d/%m/%y, %H:%M:%S").replace(tzinfo=BRUSSELS)
            for text in (joined, left)
        ]
        expected.setdefault(name, []).append(Interval(*moments))
    assert len(report.people) == len(expected) == 7
    for person in report.people:
        minutes = minutes_of(presence_at(person, at, BRUSSELS), at)
        seconds = total_seconds(clip(expected[person.name], at.spans))
        assert minutes == whole_minutes(seconds)
        assert person.email


def test_the_word_follows_from_the_minute_in_the_teams_report(attendance):
    file = attendance / "dvaneynde-IDL-14-11-22.csv"
    at = SessionTime(local(2022, 11, 14, 9, 30), local(2022, 11, 14, 9, 50))
    report = read_report(file.read_bytes(), file.name, on=date(2022, 11, 14))
    marks = {each.name: presence_at(each, at, BRUSSELS) for each in report.people}
    assert marks["De Compostela, Santiago"].status == AttendanceStatus.LATE
    assert minutes_of(marks["De Compostela, Santiago"], at) == 15
    assert marks["Johnny Walker"].status == AttendanceStatus.PRESENT
    assert minutes_of(marks["Johnny Walker"], at) == 19


@pytest.mark.parametrize("day", [date(2020, 12, 11), date(2020, 11, 12)])
def test_the_older_teams_list_is_read_by_the_day_of_the_session(attendance, day):
    file = attendance / "dominikhoebert-meetingAttendanceList.csv"
    report = read_report(file.read_bytes(), file.name, on=day)
    assert report.kind == ReportKind.TEAMS_LIST
    assert report.started is not None
    assert report.started.date() == day


def test_people_of_the_older_teams_list_leave_and_join_again(attendance):
    file = attendance / "dominikhoebert-meetingAttendanceList.csv"
    report = read_report(file.read_bytes(), file.name, on=date(2020, 12, 11))
    people = {person.name: person for person in report.people}
    assert len(people["Mustermann Max"].intervals) == 4
    at = SessionTime(local(2020, 12, 11, 12, 30), local(2020, 12, 11, 14, 0))
    presence = presence_at(people["Mustermann Max"], at, BRUSSELS)
    # 12:30:00–12:45:18 and 13:45:41–13:56:48
    assert minutes_of(presence, at) == 26
    assert presence.status == AttendanceStatus.PARTIAL


def test_zoom_totals_are_an_upper_bound_limited_to_the_session(attendance):
    file = attendance / "zoomGroupStats-meeting001_participants.csv"
    report = read_report(file.read_bytes(), file.name, on=date(2020, 9, 24))
    assert report.kind == ReportKind.ZOOM_TOTALS
    assert report.started == datetime(2020, 9, 24, 11, 35, 16)
    table = list(csv.reader(io.StringIO(file.read_text("utf-8-sig"))))[4:]
    totals = {row[0]: int(row[2]) for row in table if row}
    at = SessionTime(local(2020, 9, 24, 11, 40), local(2020, 9, 24, 12, 40))
    for person in report.people:
        presence = presence_at(person, at, BRUSSELS)
        assert not presence.times_known
        assert minutes_of(presence, at) == min(totals[person.name], 60)
    assert len(report.people) == len(totals) == 10


def enrol_everybody(make, cohort, report):
    """Enrol everybody of a report, by address where it has one, else by name."""
    for person in report.people:
        make.enrolment(
            cohort,
            user=make.user(name_latin=person.name, name_native="", email=person.email or None),
        )


def test_the_real_teams_report_comes_into_a_session_of_that_time(attendance, make, command):
    file = attendance / "dvaneynde-IDL-14-11-22.csv"
    report = read_report(file.read_bytes(), file.name, on=date(2022, 11, 14))
    cohort = make.cohort(code="scrum", timezone="Europe/Brussels")
    make.training_session(cohort, starts="2022-11-14 08:30", minutes=20, code="S01")
    enrol_everybody(make, cohort, report)
    result = command("attendance", "import", "scrum", "S01", file, "--json")
    assert result.exit_code == 0, result.output
    at = SessionTime(local(2022, 11, 14, 9, 30), local(2022, 11, 14, 9, 50))
    expected = {
        person.name: whole_minutes(
            total_seconds(
                clip(
                    [
                        Interval(
                            each.start.replace(tzinfo=BRUSSELS), each.end.replace(tzinfo=BRUSSELS)
                        )
                        for each in person.intervals
                    ],
                    at.spans,
                )
            )
        )
        for person in report.people
    }
    found = {one["name"]: one["minutes"] for one in json.loads(result.output)["participants"]}
    assert found == expected


def test_the_real_zoom_totals_come_into_a_session_with_no_times_known(attendance, make, command):
    file = attendance / "zoomGroupStats-meeting001_participants.csv"
    report = read_report(file.read_bytes(), file.name, on=date(2020, 9, 24))
    cohort = make.cohort(code="reunion", timezone="America/Chicago")
    make.training_session(cohort, starts="2020-09-24 16:40", minutes=60, code="S01")
    enrol_everybody(make, cohort, report)
    result = command("attendance", "import", "reunion", "S01", file, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)["participants"]
    assert len(found) == 10
    assert {one["minutes"] for one in found} == {53, 54, 57, 58, 60}
    assert not any(one["times_known"] for one in found)


def test_a_real_report_is_refused_for_a_session_of_another_day(attendance, make, command):
    cohort = make.cohort(code="other")
    make.training_session(cohort, starts="2022-11-15 08:30", minutes=20, code="S01")
    file = attendance / "dvaneynde-IDL-14-11-22.csv"
    result = command("attendance", "import", "other", "S01", file)
    assert result.exit_code == 1
    assert "the meeting was 2022-11-14 09:29–09:50" in result.output
