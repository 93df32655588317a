"""Which session a file is for: by the time in it, and asked where time does not tell."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from courseware.attendance.proposal_rules import (
    Slot,
    chosen_slots,
    clock_name,
    day_in_name,
    fitting_offset,
    propose,
    read_clock_choice,
)
from courseware.attendance.report_rules import (
    MeetingReport,
    ReportedInterval,
    ReportedPerson,
    ReportKind,
)
from courseware.attendance.rules import SessionTime

DUSHANBE = ZoneInfo("Asia/Dushanbe")


def at(hour: float, day: int = 14) -> datetime:
    """A moment on the clock of Dushanbe, as a file writes it."""
    return datetime(2025, 4, day) + timedelta(hours=hour)


def slot(number: int, start: float, end: float, day: int = 14) -> Slot:
    spans = [at(hour, day).replace(tzinfo=DUSHANBE).astimezone(UTC) for hour in (start, end)]
    return Slot(number, f"S{number:02}", SessionTime(*spans))


MORNING, AFTERNOON, NEXT_DAY = slot(1, 9, 12), slot(2, 13, 15), slot(3, 9, 12, day=15)
SLOTS = [MORNING, AFTERNOON, NEXT_DAY]


def meeting(*spans: tuple[float, float], kind=ReportKind.TEAMS) -> MeetingReport:
    people = tuple(
        ReportedPerson(f"P{n}", intervals=(ReportedInterval(at(start), at(end)),))
        for n, (start, end) in enumerate(spans)
    )
    return MeetingReport(kind, people)


def codes(report: MeetingReport, slots=SLOTS) -> list[str]:
    return [each.code for each in chosen_slots(propose(report, slots, DUSHANBE), report)]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(8.9, 12.1)], ["S01"]),
        ([(9, 12), (9, 13.1)], ["S01"]),  # somebody stayed a little
        ([(9, 15), (9, 12)], ["S01", "S02"]),  # one meeting for the whole day
        ([(17, 18)], []),
        ([], []),
    ],
)
def test_a_meeting_is_for_the_sessions_that_it_went_through(spans, expected):
    assert codes(meeting(*spans)) == expected


def test_of_two_sessions_at_one_time_a_person_chooses():
    parallel = slot(4, 9, 12)
    proposal = propose(meeting((9, 12)), [*SLOTS, parallel], DUSHANBE)
    assert (proposal.is_certain, [each.code for each in proposal.slots]) == (False, ["S01", "S04"])


def test_totals_cannot_be_divided_between_sessions():
    person = ReportedPerson("P", minutes=200, times_known=False)
    report = MeetingReport(ReportKind.ZOOM_TOTALS, (person,), started=at(9), ended=at(15))
    proposal = propose(report, SLOTS, DUSHANBE)
    assert (proposal.is_certain, len(proposal.slots)) == (False, 2)
    one = MeetingReport(ReportKind.ZOOM_TOTALS, (person,), started=at(9), ended=at(12))
    assert codes(one) == ["S01"]


def test_a_column_of_moodle_is_for_the_session_that_begins_then():
    people = (ReportedPerson("P"),)
    assert codes(MeetingReport(ReportKind.MOODLE, people, started=at(13.25))) == ["S02"]
    assert codes(MeetingReport(ReportKind.MOODLE, people, started=at(16))) == []


def test_our_own_sheet_names_its_session():
    people = (ReportedPerson("P"),)
    assert codes(MeetingReport(ReportKind.REGISTER, people, session_code="s03")) == ["S03"]
    assert codes(MeetingReport(ReportKind.REGISTER, people, session_code="S99")) == []
    assert codes(MeetingReport(ReportKind.REGISTER, people)) == []


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("Module 3 - 2025-04-14 09_00 - Attendance report.csv", date(2025, 4, 14)),
        ("20250414.csv", date(2025, 4, 14)),
        ("2025-02-31.csv", None),
        ("report.csv", None),
    ],
)
def test_the_name_of_a_file_may_say_the_day(name, day):
    assert day_in_name(name) == day


def test_a_meeting_across_a_session_may_be_on_another_clock():
    across = meeting((10, 13.5), (10, 13.4))
    proposal = propose(across, [MORNING], DUSHANBE)
    assert (proposal.is_certain, [each.code for each in proposal.slots]) == (False, ["S01"])


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((6, 9.1), (120, "S01")),  # Berlin in summer
        ((4, 7), (0, "S01")),  # UTC
        ((7.5, 9.5), (-30, None)),  # no clock is half an hour behind UTC
        ((9, 12), None),  # our own clock asks nothing of anybody
    ],
)
def test_the_clock_on_which_a_file_fits_one_session_is_found(span, expected):
    found = fitting_offset(meeting(span), [MORNING, AFTERNOON], DUSHANBE)
    if expected is None or expected[1] is None:
        assert found is None
    else:
        assert found is not None
        assert (found.minutes, found.slot.code) == expected


@pytest.mark.parametrize(
    ("minutes", "name"), [(120, "UTC+2"), (330, "UTC+5:30"), (-210, "UTC-3:30")]
)
def test_a_clock_is_named_as_people_write_it(minutes, name):
    assert (clock_name(minutes), read_clock_choice(str(minutes))) == (name, minutes)
    assert read_clock_choice(name) is None
