"""Withdrawing an import leaves exactly what would be there if its file had never come."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from courseware.attendance import import_service
from courseware.attendance.marks_service import marks_in_force
from courseware.attendance.models import AttendanceImport, AttendanceMark
from courseware.attendance.report_rules import (
    MeetingReport,
    ReportedInterval,
    ReportedPerson,
    ReportKind,
)
from courseware.attendance.rules import AttendanceStatus, ImportState, Presence
from courseware.attendance.service import WantedMark, record_marks, time_of, zone_of
from courseware.db import db

NAMES = ("Aida", "Daler", "Gulnur")

# What happens to a register: a person marks, or a file (one of three) is imported. Taking a mark
# back is left out: it answers a mark that was seen, and without that there is nothing to take back.
marked = st.tuples(
    st.just("mark"),
    st.sampled_from(NAMES),
    st.sampled_from([AttendanceStatus.PRESENT, AttendanceStatus.ABSENT]),
)
imported = st.tuples(
    st.sampled_from([ReportKind.TEAMS, ReportKind.REGISTER]),
    st.sampled_from("xyz"),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from([40, 90]), min_size=1),
)
histories = st.lists(marked | imported, min_size=1, max_size=6)


def report_of(session, kind: ReportKind, minutes: dict[str, int]) -> MeetingReport:
    begin = time_of(session).start.astimezone(zone_of(session)).replace(tzinfo=None)
    people = []
    for row, (name, count) in enumerate(sorted(minutes.items()), 1):
        if kind is ReportKind.TEAMS:
            span = ReportedInterval(begin, begin + timedelta(minutes=count))
            people.append(ReportedPerson(name, intervals=(span,), row=row))
        else:
            status = AttendanceStatus.PRESENT if count > 60 else AttendanceStatus.ABSENT
            people.append(ReportedPerson(name, status=status, row=row))
    return MeetingReport(kind, tuple(people))


def replay(session, history, people, by, now, *, without: str = "") -> None:
    """Let a history happen to a register, but for the file `without`."""
    for minute, act in enumerate(history):
        then = now + timedelta(minutes=minute)
        if act[0] == "mark":
            mark = WantedMark(Presence(act[2]))
            record_marks(session, {people[act[1]]: mark}, by=by, now=then)
        elif act[1] != without:
            proposed = import_service.propose_import(
                session,
                report_of(session, act[0], act[2]),
                file_name=f"{act[1]}.csv",
                data=act[1].encode(),
                by=by,
                now=then,
            )
            import_service.accept_import(proposed, {}, by=by, now=then)


def register_of(session) -> dict[int, tuple]:
    return {
        enrolment: (mark.presence, mark.source, mark.note, mark.marked_at)
        for (_session, enrolment), mark in marks_in_force(
            AttendanceMark.training_session_id == session.id
        ).items()
    }


def test_withdrawing_a_file_leaves_what_would_be_there_without_it(make):
    cohort = make.cohort()
    trainer = make.trainer(cohort)
    people = {
        name: make.enrolment(cohort, user=make.user(name_latin=name, name_native="")).id
        for name in NAMES
    }

    @settings(max_examples=12)
    @given(histories, st.sampled_from("xyz"))
    def holds(history, file):
        session, like_it = make.training_session(cohort), make.training_session(cohort)
        replay(session, history, people, trainer, make.NOW)
        before = register_of(session)
        entries = db.session.query(AttendanceMark).count()
        for proposed in db.session.query(AttendanceImport).filter_by(
            training_session_id=session.id,
            file_name=f"{file}.csv",
            state=ImportState.ACCEPTED,
        ):
            import_service.withdraw_import(proposed, by=trainer, now=make.NOW)
        assert db.session.query(AttendanceMark).count() == entries
        replay(like_it, history, people, trainer, make.NOW, without=file)
        assert register_of(session) == register_of(like_it)
        if all(act[0] == "mark" or act[1] != file for act in history):
            assert register_of(session) == before

    holds()


def test_what_two_files_say_alike_stays_when_one_is_withdrawn(make):
    cohort = make.cohort()
    trainer = make.trainer(cohort)
    aida = make.enrolment(cohort, user=make.user(name_latin="Aida")).id
    session = make.training_session(cohort)
    first, second = (ReportKind.TEAMS, "x", {"Aida": 90}), (ReportKind.TEAMS, "y", {"Aida": 90})
    replay(session, [first, second], {"Aida": aida}, trainer, make.NOW)
    one = db.session.query(AttendanceImport).filter_by(file_name="x.csv").one()
    assert import_service.withdraw_import(one, by=trainer, now=make.NOW) == 1
    assert register_of(session)[aida][0].status == AttendanceStatus.PRESENT
    assert import_service.withdraw_import(one, by=trainer, now=make.NOW) == 0
