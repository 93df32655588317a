"""Registers are recorded, corrected and closed; nothing is overwritten or counted twice."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from courseware.attendance import register_list_service, service, state_service
from courseware.attendance.history_service import history_of
from courseware.attendance.models import AttendanceMark
from courseware.attendance.rules import AttendanceStatus, MarkSource, Presence
from courseware.attendance.service import WantedMark
from courseware.db import db
from courseware.errors import BadInput, Refused

PRESENT = WantedMark(Presence(AttendanceStatus.PRESENT))
ABSENT = WantedMark(Presence(AttendanceStatus.ABSENT))
NO_MARK = WantedMark(None)


@pytest.fixture
def course(make):
    """A cohort with one session, its trainer, and three participants."""
    cohort = make.cohort()
    session = make.training_session(cohort)
    return make.trainer(cohort, leads=session), session, make.enrolments(cohort, 3)


def count_entries() -> int:
    return db.session.scalar(select(func.count()).select_from(AttendanceMark))


def statuses(session) -> dict:
    return {row.enrolment_id: row.status for row in service.read_register(session).rows}


def test_an_empty_register_lists_everybody_without_a_mark(course):
    _trainer, session, people = course
    register = service.read_register(session)
    assert {row.enrolment_id for row in register.rows} == {each.id for each in people}
    assert (register.here, register.unmarked, register.is_closed) == (0, 3, False)


def test_marks_are_recorded_with_who_when_and_how(course, make):
    trainer, session, (first, second, _third) = course
    late = Presence(AttendanceStatus.LATE, arrived_at=session.starts_at + timedelta(minutes=20))
    wanted = {first.id: PRESENT, second.id: WantedMark(late, "bus")}
    assert service.record_marks(session, wanted, by=trainer, now=make.NOW) == 2
    register = service.read_register(session)
    by_id = {row.enrolment_id: row for row in register.rows}
    assert by_id[first.id].minutes == 90
    assert by_id[second.id].minutes == 70
    mark = by_id[second.id].mark
    assert (mark.source, mark.note, mark.marked_by_id) == (MarkSource.TRAINER, "bus", trainer.id)
    assert (register.here, register.unmarked, register.saved_at) == (2, 1, make.NOW)


def test_the_same_marks_again_add_no_entry(course, make):
    trainer, session, (first, *_rest) = course
    assert service.record_marks(session, {first.id: PRESENT}, by=trainer, now=make.NOW) == 1
    assert service.record_marks(session, {first.id: PRESENT}, by=trainer, now=make.NOW) == 0
    assert count_entries() == 1


def test_the_same_form_sent_twice_adds_its_entries_once(course, make):
    trainer, session, (first, *_rest) = course
    for mark, added in [(PRESENT, 1), (ABSENT, 0)]:
        wanted = {first.id: mark}
        assert (
            service.record_marks(session, wanted, by=trainer, now=make.NOW, key="form-1") == added
        )
    assert statuses(session)[first.id] == AttendanceStatus.PRESENT


def test_taking_a_mark_back_is_an_entry_too(course, make):
    trainer, session, (first, *_rest) = course
    service.record_marks(session, {first.id: PRESENT}, by=trainer, now=make.NOW)
    later = make.NOW + timedelta(minutes=1)
    service.record_marks(session, {first.id: NO_MARK}, by=trainer, now=later)
    assert statuses(session)[first.id] is None
    history = history_of(session, first.id)
    assert [(entry.mark.status, entry.is_in_force) for entry in history] == [
        (None, True),
        (AttendanceStatus.PRESENT, False),
    ]


def test_entries_cannot_be_changed_or_deleted(course, make):
    trainer, session, (first, *_rest) = course
    service.record_marks(session, {first.id: PRESENT}, by=trainer, now=make.NOW)
    db.session.commit()
    for statement in ("UPDATE attendance_mark SET note = 'x'", "DELETE FROM attendance_mark"):
        with pytest.raises(DatabaseError):
            db.session.execute(text(statement))
        db.session.rollback()


def test_a_correction_by_the_coordinator_says_so(course, make):
    trainer, session, (first, *_rest) = course
    coordinator = make.coordinator(session.cohort)
    service.record_marks(session, {first.id: PRESENT}, by=trainer, now=make.NOW)
    service.record_marks(session, {first.id: ABSENT}, by=coordinator, now=make.NOW)
    newest = history_of(session)[0]
    assert (newest.mark.source, newest.is_in_force) == (MarkSource.COORDINATOR, True)


def test_the_rest_is_marked_absent_and_marks_stay(course, make):
    trainer, session, (first, second, third) = course
    service.record_marks(session, {first.id: PRESENT}, by=trainer, now=make.NOW)
    assert service.mark_the_rest(session, AttendanceStatus.ABSENT, by=trainer, now=make.NOW) == 2
    assert statuses(session) == {
        first.id: AttendanceStatus.PRESENT,
        second.id: AttendanceStatus.ABSENT,
        third.id: AttendanceStatus.ABSENT,
    }


def test_a_closed_register_takes_no_marks_until_it_is_opened_again(course, make):
    trainer, session, (first, *_rest) = course
    state_service.close_register(session, by=trainer, now=make.NOW)
    db.session.flush()
    with pytest.raises(Refused):
        service.record_marks(session, {first.id: PRESENT}, by=trainer, now=make.NOW)
    assert service.read_register(session).is_closed
    state_service.reopen_register(session, reason="one was missing", by=trainer, now=make.NOW)
    db.session.flush()
    assert service.record_marks(session, {first.id: PRESENT}, by=trainer, now=make.NOW) == 1


def test_a_register_cannot_be_closed_before_its_session(course, make):
    trainer, session, _people = course
    with pytest.raises(Refused):
        state_service.close_register(
            session, by=trainer, now=session.starts_at - timedelta(hours=1)
        )


def test_somebody_of_another_cohort_or_withdrawn_is_refused(course, make):
    trainer, session, (first, *_rest) = course
    stranger = make.enrolment(make.cohort())
    first.withdrawn_at = make.NOW
    db.session.flush()
    for enrolment in (stranger, first):
        with pytest.raises(Refused):
            service.record_marks(session, {enrolment.id: PRESENT}, by=trainer, now=make.NOW)
    assert count_entries() == 0


def test_of_a_session_to_come_only_an_excuse_is_marked(course, make):
    trainer, session, (first, *_rest) = course
    later = make.training_session(session.cohort, starts="2025-05-01 09:00")
    with pytest.raises(Refused, match="has not begun"):
        service.mark_the_rest(later, AttendanceStatus.ABSENT, by=trainer, now=make.NOW)
    excused = WantedMark(Presence(AttendanceStatus.EXCUSED))
    assert service.record_marks(later, {first.id: excused}, by=trainer, now=make.NOW) == 1


def test_late_needs_a_time(course, make):
    trainer, session, (first, *_rest) = course
    late = WantedMark(Presence(AttendanceStatus.LATE))
    with pytest.raises(BadInput):
        service.record_marks(session, {first.id: late}, by=trainer, now=make.NOW)


def test_an_uncommon_history_ends_in_the_same_mark_in_force_as_the_rule(course, make):
    trainer, session, (first, *_rest) = course
    said = [
        (MarkSource.IMPORT, AttendanceStatus.PRESENT, 0),
        (MarkSource.TRAINER, AttendanceStatus.ABSENT, 1),
        (MarkSource.CHECK_IN, AttendanceStatus.PRESENT, 2),
        (MarkSource.PAPER, AttendanceStatus.PRESENT, 3),
    ]
    for source, status, minute in said:
        service.record_marks(
            session,
            {first.id: WantedMark(Presence(status))},
            by=trainer,
            now=make.NOW + timedelta(minutes=minute),
            source=source,
        )
    assert statuses(session)[first.id] == AttendanceStatus.ABSENT
    in_force = [entry for entry in history_of(session) if entry.is_in_force]
    assert [entry.mark.source for entry in in_force] == [MarkSource.TRAINER]


@pytest.mark.parametrize("participants", [1, 40])
def test_reading_a_register_takes_as_many_queries_however_many_participants(
    queries, make, participants
):
    cohort = make.cohort()
    session = make.training_session(cohort)
    trainer = make.trainer(cohort, leads=session)
    people = make.enrolments(cohort, participants)
    service.record_marks(session, {each.id: PRESENT for each in people}, by=trainer, now=make.NOW)
    db.session.commit()
    assert session.breaks == []
    with queries() as seen:
        service.read_register(session)
    assert len(seen) <= 4, seen


@pytest.mark.parametrize("participants", [1, 40])
def test_saving_a_register_takes_as_many_queries_however_many_participants(
    queries, make, participants
):
    cohort = make.cohort()
    session = make.training_session(cohort)
    trainer = make.trainer(cohort, leads=session)
    people = make.enrolments(cohort, participants)
    assert (session.trainers[0].user_id, trainer.id) == (trainer.id, trainer.id)
    with queries() as seen:
        service.record_marks(
            session, {each.id: PRESENT for each in people}, by=trainer, now=make.NOW
        )
    assert len(seen) == 5, seen


def test_lists_of_registers_say_which_are_missing(course, make):
    trainer, session, (first, *_rest) = course
    later = make.training_session(session.cohort, starts="2025-05-01 09:00")
    service.record_marks(session, {first.id: PRESENT}, by=trainer, now=make.NOW)
    done, to_come = register_list_service.list_registers([session.cohort], now=make.NOW)
    assert (done.training_session, done.enrolled, done.marked, done.here) == (session, 3, 1, 1)
    assert (done.is_missing, done.unmarked) == (True, 2)
    assert (to_come.training_session, to_come.is_missing, to_come.has_begun) == (
        later,
        False,
        False,
    )
    state_service.close_register(session, by=trainer, now=make.NOW)
    db.session.flush()
    assert not register_list_service.list_registers([session.cohort], now=make.NOW)[0].is_missing
