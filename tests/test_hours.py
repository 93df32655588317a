from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courseware.hours import academic, minutes_from_hours, plain, written, written_hours
from courseware.messages import Message


def test_an_academic_hour_of_45_minutes_counts_90_minutes_as_two_hours():
    assert academic(90, 45) == Fraction(2)


@pytest.mark.parametrize(
    ("text", "hour", "minutes"),
    [
        ("6", 45, 270),
        ("1,5", 50, 75),
        ("1.5", 60, 90),
        ("1/3", 45, 15),
        (36, 45, 1620),
        (2.4, 50, 120),
    ],
)
def test_hours_become_whole_minutes(text, hour, minutes):
    assert minutes_from_hours(text, hour) == minutes


def test_half_an_academic_hour_of_45_minutes_is_refused_because_it_is_not_whole_minutes():
    answer = minutes_from_hours("1.5", 45)
    assert isinstance(answer, Message)
    assert "1.5 academic hours of 45 minutes are not whole minutes" in str(answer)


@pytest.mark.parametrize("text", ["", "six", "-1", "1e5", "NaN", "٣", "1/0", True, "9" * 50])
def test_what_is_not_a_number_of_hours_is_a_sentence(text):
    assert "is not a number of hours" in str(minutes_from_hours(text, 45))


@given(st.integers(0, 10_000), st.sampled_from([45, 50, 60]))
def test_every_number_of_minutes_survives_being_written_as_a_fraction_of_hours(minutes, hour):
    hours = academic(minutes, hour)
    text = f"{hours.numerator}/{hours.denominator}"
    assert minutes_from_hours(text, hour) == minutes


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (36, "36"),
        (Fraction(3, 2), "1.5"),
        (Fraction(2, 3), "0.67"),
        (Fraction(-1, 2), "-0.5"),
        (0, "0"),
        (Fraction(10), "10"),
        (Fraction(-1, 1000), "0"),
        (Fraction(2675, 1000), "2.68"),
    ],
)
def test_hours_are_written_without_trailing_zeros(hours, text):
    assert written(hours) == text


def test_the_decimal_mark_follows_the_language():
    assert written_hours(75, 50, mark=",") == "1,5"


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0 min"), (45, "45 min"), (90, "1 h 30 min"), (120, "2 h")]
)
def test_minutes_are_written_plainly(minutes, text):
    assert plain(minutes) == text
