"""People who came without being enrolled, from a name in the register to a mark of their own."""

from datetime import timedelta

import pytest

from courseware.attendance import service, state_service, walk_in_service
from courseware.attendance.history_service import history_of
from courseware.attendance.models import WalkIn
from courseware.attendance.rules import AttendanceStatus, MarkSource
from courseware.db import db


@pytest.fixture
def course(make):
    cohort = make.cohort()
    session = make.training_session(cohort, code="S01")
    trainer = make.trainer(cohort, leads=session)
    return cohort, session, trainer, make.coordinator(cohort)


def add(client, session, **sent):
    return client.post(f"/sessions/{session.public_id}/register", data={"act": "walk-in", **sent})


def test_a_name_is_added_and_joined_later_and_keeps_its_trainer_and_time(course, browser, make):
    cohort, session, trainer, coordinator = course
    client = browser(trainer)
    assert "Nobody is enrolled yet" in client.get(f"/sessions/{session.public_id}/register").text
    add(client, session, **{"walk-in": " Manizha  Rahimova ", "walk-in-at": "14:20"})
    assert "Manizha Rahimova · 14:20" in client.get(f"/sessions/{session.public_id}/register").text

    # Closed meanwhile, and enrolled only now, under another spelling.
    state_service.close_register(session, by=trainer, now=make.NOW)
    user = make.user(name_latin="", name_native="Манижа Раҳимова")
    manizha = make.enrolment(cohort, user=user)
    office = browser(coordinator)
    page = f"/cohorts/{cohort.public_id}/attendance/walk-ins"
    text = office.get(page).text
    assert "Manizha Rahimova" in text and trainer.name in text and "Perhaps" in text
    walk_in = db.session.query(WalkIn).one()
    sent = {"walk-in": walk_in.public_id, "who": manizha.public_id, "act": "join"}
    assert office.post(page, data=sent).status_code == 303
    assert office.post(page, data=sent).status_code == 303  # twice changes nothing
    (entry,) = history_of(session)
    assert (entry.mark.enrolment_id, entry.mark.source) == (manizha.id, MarkSource.TRAINER)
    assert (entry.mark.marked_by, entry.mark.made_at) == (trainer, walk_in.added_at)
    assert (entry.presence.status, entry.minutes) == (AttendanceStatus.LATE, 70)
    assert "Nobody waits" in office.get(page).text


def test_joining_counts_although_all_others_were_marked_absent_meanwhile(course, browser, make):
    _cohort, session, trainer, coordinator = course
    someone = make.enrolment(session.cohort)
    added = make.NOW - timedelta(minutes=40)
    walk_in_service.add_walk_in(session, "Somebody", by=trainer, now=added)
    walk_in = db.session.query(WalkIn).one()
    service.mark_the_rest(
        session, AttendanceStatus.ABSENT, by=trainer, now=make.NOW - timedelta(minutes=20)
    )
    walk_in_service.join_walk_in(walk_in, someone, by=coordinator, now=make.NOW)
    (row,) = service.read_register(session).rows
    assert (row.status, row.disagrees) == (AttendanceStatus.PRESENT, False)


def test_what_was_decided_is_not_decided_again(course, browser, make):
    cohort, session, trainer, coordinator = course
    enrolment = make.enrolment(cohort)
    stranger = make.enrolment(make.cohort())
    for name in ("First Guest", "Second Guest"):
        walk_in_service.add_walk_in(session, name, by=trainer, now=make.NOW)
    first, second = (each.public_id for each in db.session.query(WalkIn).order_by(WalkIn.id))
    office = browser(coordinator)
    page = f"/cohorts/{cohort.public_id}/attendance/walk-ins"
    wrong = office.post(page, data={"walk-in": first, "who": stranger.public_id})
    assert wrong.status_code == 422
    assert "Choose whom First Guest is" in wrong.text
    office.post(page, data={"walk-in": first, "act": "aside"})
    late = office.post(page, data={"walk-in": first, "who": enrolment.public_id})
    assert late.status_code == 409
    assert "Somebody decided about First Guest meanwhile" in late.text
    office.post(page, data={"walk-in": second, "who": enrolment.public_id})
    assert office.post(page, data={"walk-in": second, "act": "aside"}).status_code == 409
    assert office.post(page, data={"walk-in": "no-such"}).status_code == 404
    assert [row.status for row in service.read_register(session).rows] == [AttendanceStatus.PRESENT]


def test_a_name_typed_wrong_is_refused_beside_its_field(course, browser, make):
    cohort, session, trainer, _coordinator = course
    make.enrolment(cohort)
    client = browser(trainer)
    for name, sentence in (("", "Enter the name of who came."), ("12", "has no letters"),
                           ("x" * 201, "more than 200 characters")):  # fmt: skip
        answer = add(client, session, **{"walk-in": name})
        assert answer.status_code == 422
        assert sentence in answer.text
    assert db.session.query(WalkIn).count() == 0


def test_the_same_key_adds_nobody_twice(course, make):
    _cohort, session, trainer, _coordinator = course
    now = make.NOW
    added = [
        walk_in_service.add_walk_in(
            session, "Guest", by=trainer, now=now + timedelta(hours=hour), key="k" * 20
        )
        for hour in range(2)
    ]
    assert added == [True, False]
    assert len(walk_in_service.list_walk_ins(session)) == 1
