"""Marks that a device kept without a network: saved once, shown where they differ, never lost."""

from datetime import datetime, timedelta

import pytest

from courseware import clock
from courseware.attendance import service, state_service
from courseware.attendance.history_service import history_of
from courseware.attendance.rules import AttendanceStatus, MarkSource, Presence
from courseware.attendance.service import WantedMark
from courseware.attendance.sync_rules import LONGEST_WAIT, waiting_time
from courseware.cohorts import service as cohorts
from courseware.db import db

ABSENT = WantedMark(Presence(AttendanceStatus.ABSENT))
MADE = datetime.fromisoformat("2025-04-07T09:05:00+00:00")


@pytest.fixture
def course(make):
    """A session on 7 April 14:00–15:30 in Dushanbe, its trainer, two participants."""
    cohort = make.cohort()
    session = make.training_session(cohort, code="S01")
    trainer = make.trainer(cohort, leads=session)
    people = [
        make.enrolment(cohort, user=make.user(name_latin="Aida Sarsen")),
        make.enrolment(cohort, user=make.user(name_latin="Bekzat Omar", name_native="")),
    ]
    return session, trainer, people


def mark(enrolment, status="present", key="key-0001", **more):
    return {"key": key, "enrolment": enrolment.public_id, "status": status, "seen": "none", **more}


def send(client, session, by, *marks, waited=0, **more):
    sent = {"owner": by.public_id, "sent": (MADE + timedelta(minutes=waited)).isoformat()}
    marks = [{"at": MADE.isoformat(), **each} for each in marks]
    return client.post(f"/sessions/{session.public_id}/register/marks",
                       json={**sent, "marks": marks, **more})  # fmt: skip


def outcomes(answer) -> list[str]:
    return [each["outcome"] for each in answer.json["answers"].values()]


def statuses(session) -> list:
    return [row.status for row in service.read_register(session).rows]


def test_a_mark_is_saved_once_however_often_it_arrives(course, browser):
    session, trainer, (aida, _bekzat) = course
    client = browser(trainer)
    for _time in range(3):
        assert outcomes(send(client, session, trainer, mark(aida))) == ["saved"]
    assert statuses(session) == [AttendanceStatus.PRESENT, None]
    assert len(history_of(session)) == 1


def test_what_was_sent_later_says_so_and_keeps_both_times(course, browser):
    session, trainer, (aida, bekzat) = course
    client = browser(trainer)
    send(client, session, trainer, mark(aida), waited=90)
    send(client, session, trainer, mark(bekzat, key="key-0002"), waited=1)
    now = clock.now()
    later, at_once = sorted((each.mark for each in history_of(session)), key=lambda each: each.id)
    assert (later.source, at_once.source) == (MarkSource.OFFLINE, MarkSource.TRAINER)
    assert abs(later.marked_at - now) < timedelta(minutes=1)
    assert later.marked_at - later.made_at == timedelta(minutes=90)
    assert at_once.made_at is None


def test_what_happened_meanwhile_is_shown_and_not_overwritten(course, browser, make):
    session, trainer, (aida, _bekzat) = course
    other = make.user(name_latin="Olga Careful")
    service.record_marks(session, {aida.id: ABSENT}, by=other, now=make.NOW)
    client = browser(trainer)
    answer = send(client, session, trainer, mark(aida))
    assert outcomes(answer) == ["meanwhile"]
    cell = answer.json["people"][aida.public_id]
    assert (cell["was"], cell["by"], cell["when"]) == ("absent||", "Olga Careful", "14:00")
    assert statuses(session) == [AttendanceStatus.ABSENT, None]
    again = send(client, session, trainer, mark(aida, key="key-0002", seen="absent||"))
    assert outcomes(again) == ["saved"]
    assert len(history_of(session)) == 2


def test_marks_of_one_cell_that_follow_each_other_are_taken_in_order(course, browser):
    session, trainer, (aida, _bekzat) = course
    late = mark(aida, "late", "key-0002", seen="present||", **{"from": "14:20"}, note="bus")
    back = mark(aida, "none", "key-0003", seen="late|14:20|")
    answer = send(browser(trainer), session, trainer, mark(aida), late, back)
    assert outcomes(answer) == ["saved"] * 3
    assert statuses(session) == [None, None]
    said = [each.presence and each.presence.status for each in history_of(session)]
    assert said == [None, AttendanceStatus.LATE, AttendanceStatus.PRESENT]


def test_a_register_that_was_closed_meanwhile_refuses_with_a_sentence(course, browser, make):
    session, trainer, (aida, _bekzat) = course
    state_service.close_register(session, by=trainer, now=make.NOW)
    answer = send(browser(trainer), session, trainer, mark(aida))
    assert outcomes(answer) == ["refused"]
    assert "was closed before this arrived" in answer.json["answers"]["key-0001"]["sentence"]
    assert answer.json["closed"] is True
    assert statuses(session) == [None, None]


def test_a_participant_removed_meanwhile_holds_up_nobody_else(course, browser, make):
    session, trainer, (aida, bekzat) = course
    cohorts.withdraw(aida, reason="moved", by=trainer, now=make.NOW)
    stranger = make.enrolment(make.cohort())
    answer = send(
        browser(trainer), session, trainer,
        mark(aida), mark(stranger, key="key-0002"), mark(bekzat, key="key-0003"),
    )  # fmt: skip
    assert outcomes(answer) == ["refused", "refused", "saved"]
    sentences = [each["sentence"] for each in answer.json["answers"].values()]
    assert "was withdrawn from the cohort" in sentences[0]
    assert "not in the cohort" in sentences[1]


WRONG = [
    ({"status": "late"}, "Enter when the participant came."),
    ({"status": "asleep"}, "says nothing that can be in a register"),
    ({"status": ["present"]}, "says nothing that can be in a register"),
    ({"status": "partial", "from": "15:00", "until": "14:30"}, "cannot have left before"),
    ({"status": "late", "from": "08:00"}, "enter a time between them"),
    ({"status": "left_early", "until": "23:00"}, "enter a time between them"),
    ({"enrolment": "\ud800\x00"}, "not in the cohort"),
    ({"enrolment": None}, "not in the cohort"),
    ({"kind": "walk-in", "name": " "}, "Enter the name"),
    ({"kind": "walk-in", "name": "12"}, "has no letters"),
    ({"kind": "walk-in", "name": "x" * 3000}, "more than 200 characters"),
]


def test_what_cannot_be_taken_gets_its_sentence(course, browser):
    session, trainer, (aida, _bekzat) = course
    marks = [{**mark(aida, key=f"key-{place:04}"), **more} for place, (more, _) in enumerate(WRONG)]
    answer = send(browser(trainer), session, trainer, *marks)
    assert answer.status_code == 200
    for said, (_more, sentence) in zip(answer.json["answers"].values(), WRONG, strict=True):
        assert sentence in said["sentence"]
    assert statuses(session) == [None, None]


def test_what_no_device_of_ours_sends_changes_nothing(course, browser):
    session, trainer, _people = course
    client = browser(trainer)
    address = f"/sessions/{session.public_id}/register/marks"
    owner = trainer.public_id
    for body in ("", "[]", "{", f'{{"owner": "{owner}", "marks": 3}}',
                 f'{{"owner": "{owner}", "marks": [1, {{"key": "\\u0000"}}]}}'):  # fmt: skip
        answer = client.post(address, data=body, content_type="application/json")
        assert (answer.status_code, answer.json["answers"]) == (200, {}), body


def test_marks_of_somebody_who_signed_out_are_not_taken_from_the_next_one(course, browser, make):
    session, trainer, (aida, _bekzat) = course
    other = make.trainer(session.cohort)
    assert send(browser(other), session, trainer, mark(aida)).status_code == 409
    assert statuses(session) == [None, None]


def test_after_the_sign_in_has_ended_nothing_is_taken_and_the_state_leads_to_signing_in(
    course, browser
):
    session, trainer, (aida, _bekzat) = course
    client = browser()
    assert send(client, session, trainer, mark(aida)).status_code == 403
    assert client.get(f"/sessions/{session.public_id}/register/state").status_code == 303


def test_a_page_whose_key_ran_out_gets_a_fresh_one(app, course, browser):
    session, trainer, (aida, _bekzat) = course
    client = browser(trainer)
    app.config["WTF_CSRF_ENABLED"] = True
    assert send(client, session, trainer, mark(aida)).status_code == 400
    state = client.get(f"/sessions/{session.public_id}/register/state").json
    client.environ_base["HTTP_X_CSRFTOKEN"] = state["csrf"]
    assert outcomes(send(client, session, trainer, mark(aida))) == ["saved"]


def test_the_cost_of_sending_does_not_grow_with_the_marks(course, browser, make, queries):
    session, trainer, _people = course
    people = make.enrolments(session.cohort, 40)
    client = browser(trainer)
    counts = []
    for wanted in (people[:1], people[1:]):
        marks = [mark(each, key=f"key-{each.id:05}") for each in wanted]
        with queries() as seen:
            assert set(outcomes(send(client, session, trainer, *marks))) == {"saved"}
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 24


@pytest.mark.parametrize(
    ("made", "sent", "expected"),
    [
        (MADE, MADE + timedelta(hours=3), timedelta(hours=3)),
        (MADE, MADE - timedelta(hours=3), timedelta()),
        (None, MADE, timedelta()),
        (MADE, MADE + timedelta(days=4000), LONGEST_WAIT),
    ],
)
def test_the_wait_is_told_by_the_clock_of_the_device_alone(made, sent, expected):
    assert waiting_time(made, sent) == expected


def test_the_worker_answers_for_registers_only(client):
    answer = client.get("/sessions/register-worker.js")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/javascript")


def test_nothing_is_stored_twice_by_two_devices_with_the_same_key(course, browser, make):
    session, trainer, (aida, bekzat) = course
    other = make.trainer(session.cohort)
    send(browser(trainer), session, trainer, mark(aida))
    assert outcomes(send(browser(other), session, other, mark(bekzat))) == ["saved"]
    assert statuses(session) == [AttendanceStatus.PRESENT, AttendanceStatus.PRESENT]
    assert db.session.is_active
