"""Codes on the wall, the minute of a check-in, and what a trainer should see of phones."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courseware.attendance.check_in_rules import (
    CodeVerdict,
    Window,
    as_digits,
    code_of,
    from_one_device,
    in_groups,
    in_one_second,
    judge_code,
    network_of,
    presence_at,
    seconds_left,
    step_of,
    window_of,
)
from courseware.attendance.rules import PRESENT, AttendanceStatus, SessionTime, minutes_of

START = datetime(2025, 4, 7, 9, 0, tzinfo=UTC)
TIME = SessionTime(START, START + timedelta(minutes=90))
WINDOW = window_of(TIME, 15)
SECRET = b"for-tests-only"


def judge(typed: str, *, now: datetime, session: str = "S01", seconds: int = 20) -> CodeVerdict:
    return judge_code(
        typed, secret=SECRET, session=session, window=WINDOW, now=now, seconds=seconds
    )


def code_at(moment: datetime, session: str = "S01") -> str:
    return code_of(SECRET, session, step_of(moment, 20))


def test_check_in_opens_before_a_session_and_ends_with_it():
    assert Window(START - timedelta(minutes=15), TIME.end) == WINDOW
    assert WINDOW.contains(WINDOW.opens) and not WINDOW.contains(WINDOW.closes)


@given(seconds=st.integers(0, 19), passed=st.integers(0, 39))
def test_a_code_is_good_while_it_is_shown_and_one_step_longer(seconds, passed):
    shown = START + timedelta(seconds=seconds)
    verdict = judge(code_at(shown), now=shown + timedelta(seconds=passed))
    steps = (seconds + passed) // 20
    assert verdict is (CodeVerdict.GOOD if steps <= 1 else CodeVerdict.OLD)


def test_a_code_of_another_session_of_another_secret_or_of_the_future_is_unknown():
    assert judge(code_at(START, "S02"), now=START) is CodeVerdict.UNKNOWN
    assert judge(code_of(b"another", "S01", step_of(START, 20)), now=START) is CodeVerdict.UNKNOWN
    assert judge(code_at(START + timedelta(seconds=20)), now=START) is CodeVerdict.UNKNOWN


@pytest.mark.parametrize(
    "typed", ["", "0", "abcdefgh", "１２", "\0", "٣" * 8, "9" * 400, "🎓" * 20, "-1", "1e8"]
)
def test_what_is_no_code_is_unknown(typed):
    assert judge(typed, now=START) is CodeVerdict.UNKNOWN


def test_digits_may_be_typed_with_blanks_and_in_any_script():
    code = code_at(START)
    assert as_digits(in_groups(code)) == code
    assert judge(f" {code[:4]}-{code[4:]} ", now=START) is CodeVerdict.GOOD
    assert as_digits("١٢٣") == "123"


def test_how_long_a_code_is_still_shown():
    assert [seconds_left(START + timedelta(seconds=each), 20) for each in (0, 1, 19)] == [20, 19, 1]


@pytest.mark.parametrize(
    ("minutes", "status", "credited"),
    [
        (-15, AttendanceStatus.PRESENT, 90),
        (0, AttendanceStatus.PRESENT, 90),
        (5, AttendanceStatus.PRESENT, 90),
        (6, AttendanceStatus.LATE, 84),
        (89, AttendanceStatus.LATE, 1),
    ],
)
def test_the_mark_follows_from_the_minute(minutes, status, credited):
    presence = presence_at(START + timedelta(minutes=minutes, seconds=40), TIME)
    assert (presence.status, minutes_of(presence, TIME)) == (status, credited)
    assert (presence == PRESENT) is (status is AttendanceStatus.PRESENT)


@dataclass(frozen=True)
class Seen:
    device_sha256: str
    network_sha256: str
    checked_at: datetime


def seen(device: str, network: str, second: int) -> Seen:
    return Seen(device, network, START + timedelta(seconds=second))


def test_one_phone_for_several_people_is_seen():
    lent, own, again = seen("a", "room", 5), seen("b", "room", 6), seen("a", "room", 3)
    assert from_one_device([lent, own, again]) == [[again, lent]]
    assert from_one_device([seen("", "room", 1), seen("", "room", 2)]) == []


def test_different_networks_within_one_second_are_seen():
    here, elsewhere, later = seen("a", "room", 1), seen("b", "home", 1), seen("c", "home", 2)
    assert in_one_second([here, elsewhere, later]) == [[elsewhere, here]]
    assert in_one_second([here, seen("b", "room", 1)]) == []


def test_a_network_is_an_address_or_the_half_of_a_long_one():
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::9")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("192.0.2.2") != "192.0.2.1"
    assert network_of("unknown") == "unknown"
