"""Two trainers, one truth: who contradicts whom, and what ends it."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import load_workbook

from courseware.attendance import service
from courseware.attendance.history_service import history_of
from courseware.attendance.marks_service import (
    disagreements,
    marks_in_force,
    presences_in_force,
)
from courseware.attendance.models import AttendanceMark
from courseware.attendance.rules import (
    ANSWERING,
    AttendanceStatus,
    Interval,
    MarkSource,
    Presence,
    Statement,
    disagreement,
    mark_in_force,
)
from courseware.attendance.service import WantedMark
from courseware.db import db

NINE = datetime(2025, 4, 7, 9, 0, tzinfo=UTC)
PRESENT = Presence(AttendanceStatus.PRESENT)
ABSENT = Presence(AttendanceStatus.ABSENT)
EXCUSED = Presence(AttendanceStatus.EXCUSED)
LATE = Presence(AttendanceStatus.LATE, arrived_at=NINE + timedelta(minutes=20))


def said(id, by, presence, source=MarkSource.TRAINER, *, settles=False):
    return Statement(id, source, NINE + timedelta(minutes=id), by, presence, settles)


def ids(*statements):
    return [each.id for each in disagreement(statements)]


def test_two_trainers_who_say_the_same_agree():
    assert ids(said(1, 7, PRESENT), said(2, 8, PRESENT)) == []


def test_two_trainers_who_say_different_things_disagree_newest_first():
    assert ids(said(1, 7, PRESENT), said(2, 8, LATE)) == [2, 1]


def test_somebody_who_corrects_themself_disagrees_with_nobody():
    assert ids(said(1, 7, PRESENT), said(2, 7, ABSENT)) == []
    assert ids(said(1, 7, PRESENT), said(2, 8, ABSENT), said(3, 8, PRESENT)) == []


def test_taking_anothers_mark_back_is_to_disagree():
    assert ids(said(1, 7, PRESENT), said(2, 8, None)) == [2, 1]


@pytest.mark.parametrize("source", [MarkSource.CHECK_IN, MarkSource.IMPORT])
def test_overruling_a_check_in_or_a_report_is_a_correction(source):
    assert ids(said(1, 7, PRESENT, source), said(2, 8, ABSENT)) == []


def test_a_signed_sheet_that_somebody_else_brings_in_can_contradict():
    assert ids(said(1, 7, ABSENT), said(2, 8, PRESENT, MarkSource.PAPER)) == [2, 1]


def test_a_mark_made_in_sight_of_the_history_settles_until_somebody_says_something_else():
    before = [said(1, 7, PRESENT), said(2, 8, ABSENT), said(3, 9, PRESENT, settles=True)]
    assert ids(*before) == []
    assert ids(*before, said(4, 7, PRESENT)) == []
    assert ids(*before, said(5, 8, ABSENT, MarkSource.OFFLINE)) == [5, 3]


def test_an_absence_beside_an_accepted_notice_is_a_disagreement():
    notice = said(1, 5, EXCUSED, MarkSource.NOTICE)
    assert ids(notice) == []
    assert ids(notice, said(2, 7, PRESENT)) == []
    assert ids(notice, said(2, 7, ABSENT)) == [2, 1]
    assert ids(notice, said(2, 7, ABSENT, MarkSource.IMPORT)) == [2, 1]
    assert ids(notice, said(2, 7, ABSENT), said(3, 9, EXCUSED, settles=True)) == []


statements = st.lists(
    st.tuples(
        st.sampled_from(MarkSource),
        st.integers(0, 3),
        st.sampled_from([PRESENT, ABSENT, LATE, None]),
        st.integers(0, 10),
        st.booleans(),
    ),
    max_size=10,
).map(
    lambda all: [
        Statement(id, source, NINE + timedelta(minutes=at), by, presence, settles)
        for id, (source, by, presence, at, settles) in enumerate(all)
    ]
)


@given(statements, st.randoms())
def test_the_order_of_arrival_does_not_change_who_disagrees(all, random):
    shuffled = list(all)
    random.shuffle(shuffled)
    found = disagreement(all)
    assert disagreement(shuffled) == found
    assert len(found) != 1
    last = max(all, key=lambda each: (each.marked_at, each.id), default=None)
    if last is not None and last.settles:
        assert found == () or last.source is MarkSource.NOTICE or last.presence == ABSENT
    if len({each.marked_by_id for each in all if each.source in ANSWERING}) < 2:
        assert not found or any(each.source is MarkSource.NOTICE for each in found)


# In the database ------------------------------------------------------------------------------


@pytest.fixture
def course(make):
    """A cohort with a session, two trainers of it, a coordinator, and two participants."""
    cohort = make.cohort()
    session = make.training_session(cohort, code="S01")
    trainers = [make.trainer(cohort, leads=session), make.trainer(cohort)]
    return session, trainers, make.coordinator(cohort), make.enrolments(cohort, 2)


def record(session, enrolment, presence, by, minute, **more):
    now = NINE + timedelta(minutes=minute)
    wanted = {enrolment.id: WantedMark(presence)}
    return service.record_marks(session, wanted, by=by, now=now, **more)


def test_the_register_says_where_two_disagree_until_it_is_settled(course):
    session, (first, second), coordinator, (aida, bekzat) = course
    record(session, aida, PRESENT, first, 0)
    record(session, aida, ABSENT, second, 1)
    record(session, bekzat, PRESENT, first, 0)
    rows = {row.enrolment_id: row for row in service.read_register(session).rows}
    assert (rows[aida.id].disagrees, rows[bekzat.id].disagrees) == (True, False)
    assert rows[aida.id].status == AttendanceStatus.ABSENT
    assert [entry.disagrees for entry in history_of(session, aida.id)] == [True, True]
    assert record(session, aida, ABSENT, coordinator, 2) == 0  # the sheet saved again says nothing
    assert record(session, aida, ABSENT, coordinator, 3, settles=True) == 1
    assert record(session, aida, ABSENT, coordinator, 4, settles=True) == 0
    assert disagreements(AttendanceMark.training_session_id == session.id) == {}


def test_the_page_of_one_mark_shows_the_dispute_and_settles_it(course, browser):
    session, (first, second), _coordinator, (aida, _bekzat) = course
    record(session, aida, PRESENT, first, 0)
    record(session, aida, ABSENT, second, 1)
    client = browser(second)
    sheet = f"/sessions/{session.public_id}/register"
    assert "two people say different things" in client.get(sheet).text
    assert "Two people say different things" in client.get(f"{sheet}/{aida.public_id}").text
    ledger = f"/cohorts/{session.cohort.public_id}/attendance"
    office = browser(_coordinator)
    page = office.get(ledger).text
    assert page.count("S01: absent · two people say different things") == 2  # title and label
    workbook = load_workbook(BytesIO(office.get(f"{ledger}.xlsx").data))
    cells = sum(workbook.get_sheet_by_name("Register").to_python(), [])
    assert cells.count("absent · two people say different things") == 1
    client.post(f"{sheet}/{aida.public_id}", data={"status": "absent", "note": "we spoke"})
    assert "two people say different things" not in client.get(sheet).text
    page = client.get(f"{sheet}/{aida.public_id}").text
    assert "we spoke" in page and "made in sight of the history" in page


def test_reading_disagreements_takes_two_queries_however_many_there_are(course, make, queries):
    session, (first, second), _coordinator, people = course
    people = [*people, *make.enrolments(session.cohort, 20)]
    for who, presence, minute in ((first, PRESENT, 0), (second, ABSENT, 1)):
        wanted = {each.id: WantedMark(presence) for each in people}
        now = NINE + timedelta(minutes=minute)
        service.record_marks(session, wanted, by=who, now=now)
    with queries() as seen:
        found = disagreements(AttendanceMark.training_session_id == session.id)
    assert (len(found), len(seen)) == (22, 2)


said_of_a_cell = st.tuples(
    st.integers(0, 1),  # the session
    st.integers(0, 1),  # the participant
    st.sampled_from(list(MarkSource)),
    st.integers(0, 2),  # hours after nine: many at the same moment
    st.sampled_from(
        [
            None,
            PRESENT,
            ABSENT,
            EXCUSED,
            LATE,
            Presence(AttendanceStatus.PARTIAL, reported_minutes=40, times_known=False),
            Presence(
                AttendanceStatus.PRESENT,
                intervals=(Interval(NINE, NINE + timedelta(minutes=80)),),
            ),
        ]
    ),
)


def test_the_database_chooses_the_marks_that_the_rule_chooses(make):
    cohort = make.cohort()
    people = [each.id for each in make.enrolments(cohort, 2)]

    @settings(max_examples=15)
    @given(st.lists(said_of_a_cell, max_size=12))
    def holds(history):
        held = [make.training_session(cohort).id for _ in range(2)]
        entries = [
            AttendanceMark(
                training_session_id=held[session],
                enrolment_id=people[person],
                source=source,
                marked_at=NINE + timedelta(hours=hours),
                status=presence and presence.status,
                arrived_at=presence and presence.arrived_at,
                minutes=presence and presence.reported_minutes,
                intervals=[[each.start.isoformat(), each.end.isoformat()] for each in spans]
                if (spans := presence.intervals if presence else ())
                else None,
            )
            for session, person, source, hours, presence in history
        ]
        for entry in entries:  # one after the other: the order of arrival is part of the rule
            db.session.add(entry)
            db.session.flush()
        expected = {}
        for cell in {(each.training_session_id, each.enrolment_id) for each in entries}:
            its = [e for e in entries if (e.training_session_id, e.enrolment_id) == cell]
            counts = mark_in_force(its)
            if counts.status is not None:
                expected[cell] = history[entries.index(counts)][4]
        where = AttendanceMark.training_session_id.in_(held)
        marks = {cell: mark.presence for cell, mark in marks_in_force(where).items()}
        assert marks == expected
        assert {
            (session, person): presence
            for person, its in presences_in_force(where).items()
            for session, presence in its.items()
        } == expected

    holds()
