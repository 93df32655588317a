import pytest
from hypothesis import given
from hypothesis import strategies as st

from courseware.credentials.rules import (
    CredentialState,
    Evidence,
    Requirement,
    Verdict,
    download_name,
    hours_text,
    number_in,
    series_name,
    series_problem,
    unmet_requirements,
    verdict_of,
)
from courseware.messages import Message


def evidence(**changes) -> Evidence:
    values = {
        "planned": 1620,
        "needed": 1296,
        "credited": 1296,
        "reachable": 1620,
        "threshold_percent": 80,
        "academic_hour_minutes": 45,
    }
    return Evidence(**(values | changes))


def said(found) -> list[tuple[Requirement, bool, str]]:
    return [(each.requirement, each.can_still_be_met, str(each.message)) for each in found]


def test_the_threshold_itself_is_enough():
    assert unmet_requirements(evidence()) == ()


def test_one_minute_less_is_not_enough_and_is_not_rounded_up():
    assert said(unmet_requirements(evidence(credited=1295))) == [
        (
            Requirement.HOURS,
            True,
            "28.77 h credited, 28.8 h needed (80 % of the programme). "
            "Up to 36 h can still be reached.",
        )
    ]


def test_hours_that_can_no_longer_be_reached_say_so():
    ((_, can_be, words),) = said(unmet_requirements(evidence(credited=900, reachable=1200)))
    assert not can_be
    assert words.endswith("At most 26.66 h can still be reached, so it is no longer possible.")


def test_every_unmet_requirement_is_named_at_once():
    found = unmet_requirements(
        evidence(
            credited=0, feedback_required=True, feedback_asked=1, name_confirmation_required=True
        )
    )
    assert [each.requirement for each in found] == list(Requirement)


@pytest.mark.parametrize(
    ("asked", "given", "closed", "expected"),
    [
        (0, 0, 0, [True]),
        (1, 0, 0, [True]),
        (1, 0, 1, [False]),
        (1, 1, 0, []),
        (2, 1, 0, [True]),
    ],
)
def test_feedback_is_unmet_until_every_course_questionnaire_is_answered(
    asked, given, closed, expected
):
    found = unmet_requirements(
        evidence(
            feedback_required=True,
            feedback_asked=asked,
            feedback_given=given,
            feedback_closed=closed,
        )
    )
    assert [each.can_still_be_met for each in found] == expected


def test_feedback_and_name_are_not_asked_where_the_programme_does_not_ask():
    assert unmet_requirements(evidence(feedback_asked=1, name_confirmed=False)) == ()


def test_the_verdict_follows_from_what_is_unmet_wrong_or_done():
    hours = unmet_requirements(evidence(credited=0))
    name = unmet_requirements(evidence(name_confirmation_required=True))
    wrong = [Message("too wide")]
    assert verdict_of(None, (), []) == Verdict.READY
    assert verdict_of(None, (), wrong) == Verdict.NEEDS_YOU
    assert verdict_of(None, name, []) == Verdict.NEEDS_YOU
    assert verdict_of(None, hours, wrong) == Verdict.NOT_ELIGIBLE
    assert verdict_of(CredentialState.VALID, hours, wrong) == Verdict.ISSUED
    assert verdict_of(CredentialState.REVOKED, (), []) == Verdict.REVOKED
    assert verdict_of(CredentialState.PRINTING, (), []) == Verdict.PRINTING


@pytest.mark.parametrize(
    "pattern",
    ["EKTU-TSUC-{year}-{number:04}", "{number}", "A/{number:6} {year}", "X.{year}.{number:03}"],
)
def test_a_pattern_with_one_number_is_taken(pattern):
    assert series_problem(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "EKTU-2025",
        "{number}-{number}",
        "{year}",
        "{number:04",
        "{0}",
        "{number!r}",
        "{number:>99999999}",
        "{number.__class__}",
        "{year:04}-{number}",
        "№{number}",
        "{{number}}",
        "<b>{number}",
        "x" * 60 + "{number}",
    ],
)
def test_any_other_pattern_is_refused_with_an_example(pattern):
    assert "for example EKTU-TSUC-{year}-{number:04}" in str(series_problem(pattern))


def test_numbers_run_within_the_series_of_a_year():
    series = series_name("EKTU-TSUC-{year}-{number:04}", 2025)
    assert number_in(series, 1) == "EKTU-TSUC-2025-0001"
    assert number_in(series, 12345) == "EKTU-TSUC-2025-12345"


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_two_serials_never_give_one_number(one, other):
    series = series_name("A-{year}-{number:04}", 2025)
    assert (number_in(series, one) == number_in(series, other)) == (one == other)


@given(st.integers(0, 10**5), st.sampled_from([45, 50, 60]))
def test_hours_in_a_sentence_are_never_more_than_they_are(minutes, hour):
    assert float(hours_text(minutes, hour)) * hour <= minutes + 1e-6


def test_a_download_is_named_by_number_and_person_in_any_script():
    assert download_name("A/2025 1", "Ҷамшед Ғаффорзода") == "A-2025-1 Ҷамшед Ғаффорзода.pdf"
    assert download_name("A-1", "../../etc: <x>") == "A-1 etc x.pdf"
