import pytest

from courseware.programmes.rules import HoursBalance, release_problems, series_problem


def test_a_programme_whose_modules_add_up_may_be_released():
    assert release_problems(HoursBalance(1620, 1620, 45), modules=6) == []


def test_a_difference_is_refused_at_release_with_both_figures():
    said = release_problems(HoursBalance(1575, 1620, 45), modules=6)
    assert str(said[0]) == "The modules add up to 35 hours: 1 fewer than the promised 36."
    said = release_problems(HoursBalance(1650, 1620, 60), modules=6)
    assert str(said[0]) == "The modules add up to 27.5 hours: 0.5 more than the promised 27."


def test_a_programme_without_modules_is_not_released():
    assert "no modules" in str(release_problems(HoursBalance(0, 0, 45), modules=0)[0])


@pytest.mark.parametrize(
    "series", ["EKTU-TSUC-{year}-{number:04}", "{number}", "A/{number:03}/{year}"]
)
def test_a_number_series_has_one_number(series):
    assert series_problem(series) is None


@pytest.mark.parametrize(
    "series",
    [
        "",
        "EKTU",
        "{number}{number}",
        "{number:99}",
        "{0}",
        "{number.__class__}",
        "x{number}\n",
        "№{number}",
        "{number}" + "x" * 60,
    ],
)
def test_anything_else_is_not_a_number_series(series):
    assert "is not a number series" in str(series_problem(series))
