"""What a trainer sees first."""

from datetime import UTC, datetime, timedelta

from courseware.home.rules import RegisterState, TaughtSession, plan_day

NINE = datetime(2025, 4, 8, 4, 0, tzinfo=UTC)  # 09:00 in Dushanbe


def taught(name, hours_from_nine, *, is_closed=False):
    begins = NINE + timedelta(hours=hours_from_nine)
    return TaughtSession(
        training_session=name,
        starts_at=begins,
        ends_at=begins + timedelta(minutes=90),
        zone="Asia/Dushanbe",
        is_closed=is_closed,
    )


def names(sessions):
    return [each.training_session for each in sessions]


def test_the_session_that_runs_is_the_large_one():
    day = plan_day([taught("later", 4), taught("now", 0)], NINE + timedelta(minutes=30))

    assert day.next_up.training_session == "now"
    assert names(day.today) == ["later"]


def test_before_the_first_session_the_next_one_is_the_large_one():
    day = plan_day([taught("next", 0), taught("tomorrow", 24)], NINE - timedelta(hours=1))

    assert day.next_up.training_session == "next"
    assert names(day.coming) == ["tomorrow"]


def test_a_session_that_just_ended_stays_large_until_its_register_is_closed():
    after = NINE + timedelta(minutes=100)

    still_open = plan_day([taught("morning", 0), taught("noon", 3)], after)
    closed = plan_day([taught("morning", 0, is_closed=True), taught("noon", 3)], after)

    assert still_open.next_up.training_session == "morning"
    assert closed.next_up.training_session == "noon"
    assert names(closed.today) == ["morning"]


def test_yesterdays_open_register_is_missing_and_a_closed_one_is_gone():
    day = plan_day(
        [taught("open", -24), taught("closed", -26, is_closed=True), taught("today", 1)], NINE
    )

    assert names(day.missing) == ["open"]
    assert day.today == ()


def test_today_is_the_day_where_the_session_takes_place():
    # 01:00 in Dushanbe on the 9th is still 20:00 UTC on the 8th.
    day = plan_day([taught("next", 16.5), taught("the 9th", 24)], NINE + timedelta(hours=16))

    assert names(day.today) == ["the 9th"]


def test_a_register_that_was_never_opened_needs_somebody_once_the_session_is_over():
    session = taught("morning", 0)

    assert session.register_state(NINE - timedelta(minutes=1)) is RegisterState.AHEAD
    assert session.register_state(NINE) is RegisterState.OPEN
    assert session.register_state(NINE + timedelta(minutes=90)) is RegisterState.NEEDS_YOU
