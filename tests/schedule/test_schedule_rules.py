"""Contact time, clashes, hours, holidays and local time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courseware.schedule.rules import (
    Booking,
    ModuleHours,
    NoSuchTime,
    Span,
    WarningKind,
    clashes,
    contact_minutes,
    hours_off_plan,
    moment,
    on_public_holidays,
    utc_offset,
)

MORNING = datetime(2025, 4, 7, 4, 0, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return MORNING + timedelta(minutes=minutes)


def span(begins: int, ends: int) -> Span:
    return Span(at(begins), at(ends))


def booking(code: str, begins: int, ends: int, *, trainer="", venue="", cohort="") -> Booking:
    return Booking(
        code,
        span(begins, ends),
        trainers={trainer: f"{trainer}'s name"} if trainer else {},
        venues={venue: f"Room {venue}"} if venue else {},
        cohort=cohort,
    )


def test_contact_time_is_the_session_less_its_break():
    assert contact_minutes(span(0, 195), [span(90, 105)]) == 180


def test_breaks_that_overlap_are_taken_off_once():
    assert contact_minutes(span(0, 100), [span(40, 60), span(50, 70), span(45, 50)]) == 70


def test_only_the_part_of_a_break_inside_the_session_is_taken_off():
    assert contact_minutes(span(0, 60), [span(-10, 10), span(55, 90), span(200, 300)]) == 45


def test_a_session_that_is_all_break_has_no_contact_time():
    assert contact_minutes(span(0, 60), [span(-5, 70)]) == 0


@given(st.lists(st.tuples(st.integers(-60, 260), st.integers(0, 120)), max_size=8))
def test_contact_time_is_the_number_of_minutes_in_no_break(breaks):
    session = span(0, 200)
    pauses = [span(begins, begins + length) for begins, length in breaks]
    taught = {
        minute
        for minute in range(200)
        if not any(begins <= minute < begins + length for begins, length in breaks)
    }
    assert contact_minutes(session, pauses) == len(taught)


def test_a_trainer_in_two_sessions_at_once_is_named_with_both():
    (warning,) = clashes(
        [booking("S01", 0, 60, trainer="marat"), booking("S02", 59, 120, trainer="marat")]
    )
    assert warning.kind is WarningKind.TRAINER_TWICE
    assert warning.sessions == ("S01", "S02")
    assert str(warning.sentence) == "marat's name is to be in two sessions at once: S01 and S02."


def test_sessions_that_follow_each_other_do_not_clash():
    sessions = [booking("S01", 0, 60, venue="B"), booking("S02", 60, 120, venue="B")]
    assert clashes(sessions) == []


def test_a_room_taken_by_another_cohort_is_a_clash_that_names_the_cohort():
    (warning,) = clashes(
        [booking("S01", 0, 60, venue="B")], [booking("A7", 30, 90, venue="B", cohort="logistics")]
    )
    assert str(warning.sentence) == (
        "Room B is booked by two sessions at once: S01 and A7 of logistics."
    )
    assert warning.sessions == ("S01",)


def test_clashes_between_two_other_cohorts_are_not_ours():
    others = [
        booking("A", 0, 60, trainer="x", cohort="one"),
        booking("B", 0, 60, trainer="x", cohort="two"),
    ]
    assert clashes([booking("S01", 100, 160, trainer="x")], others) == []


def test_a_long_session_clashes_with_each_that_runs_within_it():
    found = clashes(
        [
            booking("S01", 0, 300, trainer="x"),
            booking("S02", 10, 20, trainer="x"),
            booking("S03", 30, 40, trainer="x"),
        ]
    )
    assert [warning.sessions for warning in found] == [("S01", "S02"), ("S01", "S03")]


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(1, 90), st.booleans()), min_size=1, max_size=12
    )
)
def test_every_clash_is_found_and_none_is_invented(times):
    bookings = [
        booking(f"S{n:02}", begins, begins + length, trainer="x", cohort="" if ours else "other")
        for n, (begins, length, ours) in enumerate(times)
    ]
    expected = {
        frozenset((first.code, second.code))
        for n, first in enumerate(bookings)
        for second in bookings[n + 1 :]
        if first.span.starts_at < second.span.ends_at
        and second.span.starts_at < first.span.ends_at
        and not (first.cohort and second.cohort)
    }
    ours = [one for one in bookings if not one.cohort]
    others = [one for one in bookings if one.cohort]
    found = clashes(ours, others)
    assert len(found) == len(expected)


def test_a_module_short_of_hours_says_how_many_are_missing():
    (warning,) = hours_off_plan([ModuleHours("M2", planned=225, scheduled=135)], 45)
    assert warning.kind is WarningKind.MODULE_UNDER
    assert str(warning.sentence) == ("Module M2: 3 of 5 hours are scheduled; 2 are missing.")


def test_a_module_with_too_many_hours_says_how_many():
    (warning,) = hours_off_plan([ModuleHours("M2", planned=180, scheduled=202)], 45)
    assert warning.kind is WarningKind.MODULE_OVER
    assert str(warning.sentence) == (
        "Module M2: 4.49 hours are scheduled, 4 are planned; 0.49 are too many."
    )


def test_a_module_with_its_hours_is_not_mentioned():
    assert hours_off_plan([ModuleHours("M1", planned=180, scheduled=180)], 45) == []


def test_a_session_on_a_holiday_of_either_country_is_mentioned_once_for_each():
    holidays = {"KZ": {date(2025, 5, 1): "Unity Day"}, "TJ": {date(2025, 5, 9): "Victory Day"}}
    found = on_public_holidays([("S01", date(2025, 5, 1)), ("S02", date(2025, 5, 2))], holidays)
    assert [str(warning.sentence) for warning in found] == [
        "S01 is on a public holiday of Kazakhstan: Unity Day."
    ]


def test_a_local_time_becomes_the_moment_it_names():
    assert moment(date(2025, 4, 7), time(9), ZoneInfo("Asia/Dushanbe")) == MORNING


def test_kazakhstan_changed_its_clocks_in_march_2024():
    almaty = ZoneInfo("Asia/Almaty")
    assert moment(date(2024, 2, 1), time(9), almaty) == datetime(2024, 2, 1, 3, tzinfo=UTC)
    assert moment(date(2025, 2, 1), time(9), almaty) == datetime(2025, 2, 1, 4, tzinfo=UTC)


def test_a_time_that_clocks_jump_over_is_refused():
    with pytest.raises(NoSuchTime):
        moment(date(2025, 3, 30), time(2, 30), ZoneInfo("Europe/Berlin"))


def test_a_time_that_comes_twice_is_the_first():
    berlin = ZoneInfo("Europe/Berlin")
    assert moment(date(2025, 10, 26), time(2, 30), berlin) == datetime(
        2025, 10, 26, 0, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Asia/Dushanbe", "UTC+5"),
        ("Asia/Kolkata", "UTC+5:30"),
        ("America/St_Johns", "UTC−2:30"),
        ("UTC", "UTC"),
    ],
)
def test_an_offset_is_written_as_people_do(zone, expected):
    assert utc_offset(MORNING, ZoneInfo(zone)) == expected
