"""Which mark counts, and how many minutes it stands for."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courseware.attendance.rules import (
    AttendanceStatus,
    Interval,
    MarkSource,
    Presence,
    SessionTime,
    clip,
    mark_in_force,
    minutes_of,
    presence_from_intervals,
    presence_from_total,
    total_seconds,
    union,
    without,
)

MORNING = datetime(2025, 4, 14, 4, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return MORNING + timedelta(minutes=minutes)


def between(start: float, end: float) -> Interval:
    return Interval(at(start), at(end))


# 195 minutes with two breaks of 15: 165 minutes of contact time.
SESSION = SessionTime(at(0), at(195), (between(90, 105), between(150, 165)))


@dataclass(frozen=True)
class Said:
    id: int
    source: MarkSource
    marked_at: datetime
    status: AttendanceStatus | None = AttendanceStatus.PRESENT

    @property
    def takes_back(self) -> bool:
        return self.status is None


def test_breaks_are_not_contact_time():
    assert SESSION.minutes == 165


@pytest.mark.parametrize(
    ("presence", "minutes"),
    [
        (Presence(AttendanceStatus.PRESENT), 165),
        (Presence(AttendanceStatus.LATE, arrived_at=at(20)), 145),
        (Presence(AttendanceStatus.LATE, arrived_at=at(95)), 75),
        (Presence(AttendanceStatus.LEFT_EARLY, left_at=at(100)), 90),
        (Presence(AttendanceStatus.PARTIAL, arrived_at=at(30), left_at=at(120)), 75),
        (Presence(AttendanceStatus.PARTIAL, arrived_at=at(-60), left_at=at(900)), 165),
        (Presence(AttendanceStatus.EXCUSED), 0),
        (Presence(AttendanceStatus.ABSENT), 0),
    ],
)
def test_minutes_of_a_mark(presence, minutes):
    assert minutes_of(presence, SESSION) == minutes


def test_a_session_that_ended_early_gives_fewer_minutes_to_everybody():
    short = SessionTime(at(0), at(60))
    assert minutes_of(Presence(AttendanceStatus.PRESENT), short) == 60
    assert minutes_of(Presence(AttendanceStatus.LATE, arrived_at=at(20)), short) == 40
    assert minutes_of(presence_from_total(165, SESSION), short) == 60


def test_a_participant_who_rejoined_online_is_credited_once_for_overlapping_minutes():
    presence = presence_from_intervals([between(0, 80), between(40, 195)], SESSION)
    assert minutes_of(presence, SESSION) == 165


@pytest.mark.parametrize(
    ("intervals", "status"),
    [
        ([between(-10, 200)], AttendanceStatus.PRESENT),
        ([between(4, 192)], AttendanceStatus.PRESENT),
        ([between(0, 90), between(105, 195)], AttendanceStatus.PRESENT),
        ([between(20, 195)], AttendanceStatus.LATE),
        ([between(0, 100)], AttendanceStatus.LEFT_EARLY),
        ([between(20, 100)], AttendanceStatus.PARTIAL),
        ([between(0, 20), between(60, 195)], AttendanceStatus.PARTIAL),
        ([between(91, 104)], AttendanceStatus.ABSENT),
        ([between(300, 400)], AttendanceStatus.ABSENT),
        ([], AttendanceStatus.ABSENT),
    ],
)
def test_the_word_follows_from_the_times(intervals, status):
    assert presence_from_intervals(intervals, SESSION).status == status


def test_totals_are_an_upper_bound_limited_to_the_session_and_say_so():
    presence = presence_from_total(500, SESSION)
    assert (presence.status, presence.times_known) == (AttendanceStatus.PRESENT, False)
    assert minutes_of(presence, SESSION) == 165
    part = presence_from_total(100, SESSION)
    assert (part.status, minutes_of(part, SESSION)) == (AttendanceStatus.PARTIAL, 100)
    assert not part.lacks_arrival


def test_late_without_a_time_lacks_it():
    assert Presence(AttendanceStatus.LATE).lacks_arrival
    assert Presence(AttendanceStatus.LEFT_EARLY).lacks_leaving
    assert not Presence(AttendanceStatus.PRESENT).lacks_arrival


def test_a_trainer_is_believed_before_a_later_report():
    trainer = Said(1, MarkSource.TRAINER, at(0))
    report = Said(2, MarkSource.IMPORT, at(500))
    assert mark_in_force([report, trainer]) is trainer


def test_within_the_same_strength_the_newest_counts():
    first = Said(1, MarkSource.TRAINER, at(0))
    second = Said(2, MarkSource.COORDINATOR, at(1))
    assert mark_in_force([second, first]) is second


def test_nothing_said_is_no_mark():
    assert mark_in_force([]) is None


def test_taking_back_ends_what_was_said_before_and_nothing_that_comes_after():
    mark = Said(1, MarkSource.TRAINER, at(0))
    back = Said(2, MarkSource.COORDINATOR, at(1), None)
    scan = Said(3, MarkSource.CHECK_IN, at(2))
    assert mark_in_force([mark, back]) is back
    assert mark_in_force([scan, back, mark]) is scan
    assert mark_in_force([Said(0, MarkSource.CHECK_IN, at(0)), back]) is back


entries = st.lists(
    st.tuples(
        st.sampled_from(MarkSource),
        st.integers(0, 50),
        st.sampled_from([AttendanceStatus.PRESENT, None]),
    ),
    max_size=12,
).map(
    lambda said: [
        Said(id, source, at(when), status) for id, (source, when, status) in enumerate(said)
    ]
)


@given(entries, st.randoms())
def test_the_order_in_which_entries_arrive_does_not_matter(said, random):
    shuffled = list(said)
    random.shuffle(shuffled)
    assert mark_in_force(shuffled) == mark_in_force(said)


minutes = st.integers(-100, 400)
some_intervals = st.lists(st.tuples(minutes, minutes).map(lambda pair: between(*pair)), max_size=8)


def moments(intervals) -> set[int]:
    """The whole minutes that intervals cover, counted one by one."""
    return {
        minute
        for interval in intervals
        for minute in range(-100, 400)
        if interval.start <= at(minute) < interval.end
    }


@given(some_intervals)
def test_a_union_covers_the_same_minutes_once(intervals):
    assert total_seconds(intervals) == 60 * len(moments(intervals))
    joined = union(intervals)
    assert moments(joined) == moments(intervals)
    assert all(first.end < second.start for first, second in zip(joined, joined[1:]))
    assert union(joined) == joined


@given(some_intervals, some_intervals)
def test_clipping_and_cutting_divide_what_there_is(intervals, others):
    inside, outside = clip(intervals, others), without(intervals, others)
    assert moments(inside) == moments(intervals) & moments(others)
    assert moments(outside) == moments(intervals) - moments(others)


@given(some_intervals, some_intervals)
def test_more_time_in_a_report_never_gives_fewer_minutes(intervals, more):
    fewer = minutes_of(presence_from_intervals(intervals, SESSION), SESSION)
    assert fewer <= minutes_of(presence_from_intervals(intervals + more, SESSION), SESSION)
    assert 0 <= fewer <= SESSION.minutes
