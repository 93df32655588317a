"""The hours ledger adds up, whatever was marked and however the schedule looks."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from courseware.attendance.ledger_rules import (
    Course,
    HeldSession,
    PlannedModule,
    Requirement,
    Standing,
    participant_ledger,
)
from courseware.attendance.rules import (
    AttendanceStatus,
    Interval,
    MarkSource,
    Presence,
    SessionTime,
    mark_in_force,
    presence_from_intervals,
    presence_from_total,
)
from courseware.attendance.what_if_rules import what_if

MORNING = datetime(2025, 4, 7, 4, 0, tzinfo=UTC)
PRESENT = Presence(AttendanceStatus.PRESENT)
ABSENT = Presence(AttendanceStatus.ABSENT)
EXCUSED = Presence(AttendanceStatus.EXCUSED)


def held(number: int, minutes: int = 90, *, module: int | None = 1, ended: bool = True):
    start = MORNING + timedelta(days=number)
    return HeldSession(
        id=number,
        module_id=module,
        scheduled=SessionTime(start, start + timedelta(minutes=minutes)),
        has_ended=ended,
    )


def course(*sessions, modules=((1, 270),), percent=80, excused_earns_hours=False):
    return Course.of(
        [PlannedModule(id, planned) for id, planned in modules],
        sessions,
        Requirement(percent, excused_earns_hours),
    )


def test_a_session_nobody_marked_counts_as_unmarked_not_as_absent():
    ledger = participant_ledger(course(held(1), held(2), held(3)), {1: PRESENT})
    assert (ledger.credited, ledger.unmarked, ledger.reachable) == (90, 180, 270)
    assert ledger.sessions[1].status is None


def test_the_three_figures():
    the_course = course(held(1), held(2), held(3, ended=False))
    ledger = participant_ledger(the_course, {1: PRESENT, 2: ABSENT})
    assert (ledger.credited, ledger.planned, ledger.reachable) == (90, 270, 180)
    assert ledger.needed == 216
    assert ledger.standing == Standing.OUT_OF_REACH


def test_a_mark_counts_only_when_its_session_has_ended():
    ledger = participant_ledger(course(held(1, ended=False)), {1: PRESENT})
    assert (ledger.delivered, ledger.attended, ledger.credited) == (0, 0, 0)
    assert ledger.reachable == 270


def test_hours_that_are_planned_and_not_yet_scheduled_can_still_be_reached():
    ledger = participant_ledger(course(held(1)), {1: PRESENT})
    assert (ledger.credited, ledger.reachable) == (90, 270)


def test_what_was_missed_can_be_made_good_only_where_more_is_given_than_planned():
    generous = course(held(1), held(2), held(3), held(4, ended=False))
    assert participant_ledger(generous, {1: ABSENT, 2: PRESENT, 3: PRESENT}).reachable == 270


def test_more_than_planned_of_one_module_does_not_replace_another():
    the_course = course(held(1, 200, module=1), held(2, 90, module=2), modules=((1, 90), (2, 90)))
    ledger = participant_ledger(the_course, {1: PRESENT, 2: ABSENT})
    assert (ledger.attended, ledger.credited) == (200, 90)
    assert [each.credited for each in ledger.modules] == [90, 0]


def test_an_excuse_earns_hours_only_where_the_programme_says_so():
    strict = participant_ledger(course(held(1)), {1: EXCUSED})
    assert (strict.attended, strict.excused, strict.credited) == (0, 90, 0)
    kind = participant_ledger(course(held(1), excused_earns_hours=True), {1: EXCUSED})
    assert (kind.attended, kind.excused, kind.credited) == (0, 90, 90)


def test_the_real_time_of_a_session_counts():
    start = MORNING
    early = HeldSession(
        id=1,
        module_id=1,
        scheduled=SessionTime(start, start + timedelta(minutes=90)),
        actual=SessionTime(start, start + timedelta(minutes=60)),
        has_ended=True,
    )
    ledger = participant_ledger(course(early), {1: PRESENT})
    assert (early.scheduled.minutes, ledger.delivered, ledger.credited) == (90, 60, 60)


def test_needed_minutes_are_rounded_up():
    assert Requirement(80).needed_of(1620) == 1296
    assert Requirement(80).needed_of(101) == 81
    assert Requirement(0).needed_of(101) == 0


def test_standing():
    three = (held(1), held(2), held(3, ended=False))
    assert participant_ledger(course(*three), {1: PRESENT}).standing == Standing.ON_COURSE
    whole = course(held(1), held(2), held(3))
    everything = {1: PRESENT, 2: PRESENT, 3: PRESENT}
    assert participant_ledger(whole, everything).standing == Standing.REACHED
    gentle = course(held(1), held(2), held(3, ended=False), percent=60)
    assert participant_ledger(gentle, {1: PRESENT, 2: ABSENT}).standing == Standing.BEHIND
    assert participant_ledger(whole, {1: PRESENT}).standing == Standing.BEHIND
    assert participant_ledger(course(), {}).standing == Standing.ON_COURSE


@st.composite
def cases(draw):
    """A course of up to three modules and eight sessions, and any marks."""
    modules = [
        PlannedModule(id, draw(st.integers(0, 400))) for id in range(draw(st.integers(1, 3)))
    ]
    sessions, marks = [], {}
    for number in range(draw(st.integers(0, 8))):
        start = MORNING + timedelta(minutes=draw(st.integers(0, 10_000)))
        length = draw(st.integers(10, 240))
        pause = draw(st.integers(0, 30))
        breaks = (Interval(start + timedelta(minutes=5), start + timedelta(minutes=5 + pause)),)
        scheduled = SessionTime(start, start + timedelta(minutes=length), breaks)
        real = draw(st.none() | st.integers(1, 300))
        sessions.append(
            HeldSession(
                id=number,
                module_id=draw(st.none() | st.sampled_from([each.id for each in modules])),
                scheduled=scheduled,
                actual=real and SessionTime(start, start + timedelta(minutes=real), breaks),
                has_ended=draw(st.booleans()),
            )
        )
        if draw(st.booleans()):
            marks[number] = draw(presences(scheduled))
    requirement = Requirement(draw(st.integers(0, 100)), draw(st.booleans()))
    return modules, sessions, requirement, marks


@st.composite
def presences(draw, time: SessionTime):
    moments = st.integers(-60, 400).map(lambda minute: time.start + timedelta(minutes=minute))
    kind = draw(st.sampled_from(["said", "report", "total"]))
    if kind == "total":
        return presence_from_total(draw(st.integers(0, 500)), time)
    if kind == "report":
        pairs = draw(st.lists(st.tuples(moments, moments), max_size=4))
        return presence_from_intervals([Interval(*pair) for pair in pairs], time)
    return Presence(
        draw(st.sampled_from(AttendanceStatus)), arrived_at=draw(moments), left_at=draw(moments)
    )


@given(cases())
def test_credited_is_at_most_attended_is_at_most_delivered(case):
    modules, sessions, requirement, marks = case
    ledger = participant_ledger(Course.of(modules, sessions, requirement), marks)
    earns = requirement.excused_earns_hours
    for line in (ledger, *ledger.modules, *ledger.sessions):
        most = line.attended + (line.excused if earns else 0)
        assert 0 <= line.credited <= most
        assert line.attended + line.excused <= line.delivered
    assert ledger.credited <= ledger.reachable <= ledger.planned


@given(cases())
def test_the_sum_of_the_modules_is_the_sum_of_the_sessions(case):
    modules, sessions, requirement, marks = case
    the_course = Course.of(modules, sessions, requirement)
    ledger = participant_ledger(the_course, marks)
    assert ledger.credited == sum(each.credited for each in ledger.modules)
    assert ledger.credited == sum(each.credited for each in ledger.sessions)
    for figure in ("delivered", "attended", "excused"):
        assert getattr(ledger, figure) == sum(getattr(each, figure) for each in ledger.sessions)
    for module in ledger.modules:
        mine = [
            line
            for line, session in zip(ledger.sessions, the_course.sessions, strict=True)
            if session.module_id == module.module_id
        ]
        for figure in ("delivered", "attended", "excused", "credited"):
            assert getattr(module, figure) == sum(getattr(line, figure) for line in mine)
    assert ledger.delivered == the_course.delivered
    assert ledger.planned == the_course.planned


@given(cases(), st.randoms())
def test_the_order_of_sessions_and_marks_does_not_matter(case, random):
    modules, sessions, requirement, marks = case
    shuffled, marked = list(sessions), list(marks.items())
    random.shuffle(shuffled)
    random.shuffle(marked)
    first = participant_ledger(Course.of(modules, sessions, requirement), marks)
    assert participant_ledger(Course.of(modules, shuffled, requirement), dict(marked)) == first


@given(cases())
def test_time_that_passes_without_marks_changes_nothing_that_can_be_reached(case):
    modules, sessions, requirement, _marks = case
    ledger = participant_ledger(Course.of(modules, sessions, requirement), {})
    assert ledger.reachable == ledger.planned
    assert ledger.credited == 0


@dataclass(frozen=True)
class Said:
    """An entry of a history: `presence` None takes the mark back."""

    id: int
    session_id: int
    source: MarkSource
    marked_at: datetime
    presence: Presence | None

    @property
    def takes_back(self) -> bool:
        return self.presence is None


@st.composite
def histories(draw):
    """A course and any history of entries in it, each made at a moment of its own."""
    modules, sessions, requirement, _marks = draw(cases())
    said = []
    for number in range(draw(st.integers(0, 12)) if sessions else 0):
        session = draw(st.sampled_from(sessions))
        said.append(
            Said(
                number,
                session.id,
                draw(st.sampled_from(MarkSource)),
                MORNING + timedelta(minutes=number),
                draw(st.none() | presences(session.scheduled)),
            )
        )
    return Course.of(modules, sessions, requirement), said


def ledger_from(course, history):
    """What the ledger says when the entries arrive in this order and are numbered as they come."""
    cells = {}
    for entry in history:
        cells.setdefault(entry.session_id, []).append(entry)
    counting = {id: mark_in_force(entries).presence for id, entries in cells.items()}
    return participant_ledger(course, {id: mark for id, mark in counting.items() if mark})


@settings(max_examples=50)
@given(histories())
def test_for_any_history_credited_is_at_most_attended_is_at_most_delivered(case):
    the_course, history = case
    ledger = ledger_from(the_course, history)
    earns = the_course.requirement.excused_earns_hours
    for line in (ledger, *ledger.modules, *ledger.sessions):
        assert 0 <= line.credited <= line.attended + (line.excused if earns else 0)
        assert line.attended + line.excused <= line.delivered


@settings(max_examples=50)
@given(histories(), st.randoms())
def test_the_order_in_which_the_same_entries_arrive_does_not_change_the_ledger(case, random):
    the_course, history = case
    shuffled = list(history)
    random.shuffle(shuffled)
    renumbered = [
        Said(number, *list(vars(entry).values())[1:]) for number, entry in enumerate(shuffled)
    ]
    assert ledger_from(the_course, renumbered) == ledger_from(the_course, history)


def test_a_lower_threshold_moves_the_one_who_reaches_it():
    the_course = course(held(1), held(2), held(3))
    ledgers = {
        1: participant_ledger(the_course, {1: PRESENT, 2: PRESENT, 3: ABSENT}),
        2: participant_ledger(the_course, {1: ABSENT, 2: ABSENT, 3: ABSENT}),
    }
    found = what_if(the_course, ledgers, 60)
    assert found.changed == {1: (Standing.OUT_OF_REACH, Standing.REACHED)}
    assert (found.before[Standing.OUT_OF_REACH], found.after[Standing.OUT_OF_REACH]) == (2, 1)


@given(cases(), st.integers(0, 100))
def test_a_what_if_says_what_the_ledger_would_say(case, percent):
    modules, sessions, requirement, marks = case
    now = Course.of(modules, sessions, requirement)
    then = Course.of(modules, sessions, Requirement(percent, requirement.excused_earns_hours))
    found = what_if(now, {1: participant_ledger(now, marks)}, percent)
    assert found.after[participant_ledger(then, marks).standing] == 1
    assert found.needed == then.needed
