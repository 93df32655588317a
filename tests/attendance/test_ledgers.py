"""The hours ledger of a cohort and of a participant, from marks in the database."""

from datetime import timedelta

import pytest

from courseware.attendance import service
from courseware.attendance.ledger_rules import Standing
from courseware.attendance.ledger_service import attendance_of, ledger_of
from courseware.attendance.rules import AttendanceStatus, Presence
from courseware.attendance.service import WantedMark
from courseware.db import db

PRESENT = WantedMark(Presence(AttendanceStatus.PRESENT))


def filled_cohort(make, *, participants: int = 2, sessions: int = 3):
    """A programme of two modules of 270 minutes; each session of 90 minutes has ended."""
    programme = make.programme(module_minutes=270)
    cohort = make.cohort(programme)
    people = make.enrolments(cohort, participants)
    held = [
        make.training_session(
            cohort,
            starts=f"2025-04-{7 + number // 4:02} {4 + 2 * (number % 4):02}:00",
            module=programme.modules[number % 2],
            code=f"S{number + 1:02}",
        )
        for number in range(sessions)
    ]
    trainer = make.trainer(cohort, leads=held[0])
    for session in held:
        service.record_marks(
            session, {each.id: PRESENT for each in people}, by=trainer, now=make.NOW
        )
    db.session.flush()
    return cohort, people, held, trainer


def test_a_cohort_and_its_participants_add_up(make):
    cohort, people, held, _trainer = filled_cohort(make)
    ledger = ledger_of(cohort, now=make.NOW)
    assert (ledger.course.planned, ledger.course.scheduled, ledger.course.delivered) == (
        540,
        270,
        270,
    )
    mine = ledger.by_enrolment[people[0].id]
    assert (mine.attended, mine.credited, mine.reachable, mine.needed) == (270, 270, 540, 432)
    assert ledger.present_by_session == {each.id: 2 for each in held}
    assert [each.code for each in ledger.sessions_by_module] == ["S01", "S03", "S02"]
    alone = attendance_of(people[0], now=make.NOW)
    assert alone.ledger == mine


def test_a_session_that_really_ended_early_gives_fewer_hours_to_everybody(make):
    cohort, people, held, _trainer = filled_cohort(make)
    held[0].actual_ends_at = held[0].ends_at - timedelta(minutes=30)
    held[0].actual_reason = "a power cut"
    db.session.flush()
    ledger = ledger_of(cohort, now=make.NOW)
    assert (ledger.course.scheduled, ledger.course.delivered) == (270, 240)
    assert ledger.by_enrolment[people[0].id].credited == 240


def test_sessions_to_come_are_reachable_and_not_delivered(make):
    cohort, people, held, _trainer = filled_cohort(make)
    before = held[0].starts_at - timedelta(days=1)
    ledger = ledger_of(cohort, now=before)
    assert ledger.course.delivered == 0
    assert ledger.by_enrolment[people[0].id].credited == 0
    assert ledger.by_enrolment[people[0].id].reachable == 540


def test_who_needs_attention_comes_first(make):
    cohort, people, held, trainer = filled_cohort(make, participants=3, sessions=6)
    for session in held[:4]:
        absent = WantedMark(Presence(AttendanceStatus.ABSENT))
        service.record_marks(session, {people[2].id: absent}, by=trainer, now=make.NOW)
    first = ledger_of(cohort, now=make.NOW).rows_by_need[0]
    assert (first.enrolment_id, first.ledger.standing) == (people[2].id, Standing.OUT_OF_REACH)


def test_a_withdrawn_participant_is_not_in_the_ledger(make):
    cohort, people, _held, _trainer = filled_cohort(make)
    people[0].withdrawn_at = make.NOW
    db.session.flush()
    ledger = ledger_of(cohort, now=make.NOW)
    assert [row.enrolment_id for row in ledger.rows] == [people[1].id]


@pytest.mark.parametrize(("participants", "sessions"), [(1, 1), (10, 6)])
def test_a_ledger_takes_six_queries_however_many_participants_and_sessions(
    queries, make, participants, sessions
):
    cohort, *_rest = filled_cohort(make, participants=participants, sessions=sessions)
    db.session.commit()
    assert cohort.programme.code
    with queries() as seen:
        ledger_of(cohort, now=make.NOW)
    assert len(seen) == 6, seen


def test_an_empty_cohort_has_an_empty_ledger(make):
    ledger = ledger_of(make.cohort(), now=make.NOW)
    assert (ledger.rows, ledger.sessions, ledger.course.delivered) == ((), (), 0)
    assert [sessions for _module, sessions in ledger.modules_with_sessions()] == [[], []]
