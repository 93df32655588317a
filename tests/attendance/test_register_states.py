"""A register is planned, open, closed, opened again; closes by itself, and is reminded of once."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import unquote

import pytest
from sqlalchemy import func, select

from courseware import clock, mail
from courseware.accounts import service as accounts
from courseware.attendance import jobs, service, state_service
from courseware.attendance.register_rules import (
    RegisterState,
    closes_at,
    register_state,
    reminder_is_due,
)
from courseware.attendance.rules import AttendanceStatus, Presence
from courseware.attendance.service import WantedMark
from courseware.db import db
from courseware.errors import BadInput

NINE = datetime(2025, 4, 7, 9, 0, tzinfo=UTC)
END = NINE + timedelta(minutes=90)
LONG_AGO = NINE - timedelta(days=50)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("closed_at", "reopened_at", "now", "state"),
    [
        (None, None, NINE - HOUR, RegisterState.PLANNED),
        (None, None, NINE, RegisterState.OPEN),
        (END, None, END + HOUR, RegisterState.CLOSED),
        (None, END + HOUR, END + DAY, RegisterState.REOPENED),
        (END + DAY, END + HOUR, END + DAY, RegisterState.CLOSED),
    ],
)
def test_the_state_follows_from_the_time_and_from_what_was_done(closed_at, reopened_at, now, state):
    found = register_state(starts_at=NINE, closed_at=closed_at, reopened_at=reopened_at, now=now)
    assert found is state


def test_the_time_runs_from_the_end_the_entering_or_the_reopening_whichever_is_last():
    def closing(known_since=LONG_AGO, reopened_at=None, days=14):
        return closes_at(ends_at=END, known_since=known_since, reopened_at=reopened_at, days=days)

    assert closing() == END + 14 * DAY
    assert closing(reopened_at=END + 20 * DAY) == END + 34 * DAY
    assert closing(known_since=END + 100 * DAY) == END + 114 * DAY
    assert closing(days=0) is None


@pytest.mark.parametrize(
    ("after", "hours", "known_since", "is_due"),
    [
        (HOUR, 3, LONG_AGO, False),
        (3 * HOUR, 3, LONG_AGO, True),
        (3 * HOUR, 0, LONG_AGO, False),
        (4 * DAY, 3, LONG_AGO, False),
        (4 * HOUR, 3, END + HOUR, False),
    ],
)
def test_a_reminder_is_due_for_some_days_and_not_for_what_was_entered_afterwards(
    after, hours, known_since, is_due
):
    found = reminder_is_due(ends_at=END, known_since=known_since, hours=hours, now=END + after)
    assert found is is_due


# In the database ------------------------------------------------------------------------------


@pytest.fixture
def course(make):
    """A session of a cohort that was entered long before, its trainer, two participants."""
    cohort = make.cohort(created_at=LONG_AGO)
    session = make.training_session(cohort, code="S01", title="Needs")
    return session, make.trainer(cohort, leads=session), make.enrolments(cohort, 2)


def at(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


def mails() -> list[mail.OutgoingMail]:
    return list(db.session.scalars(select(mail.OutgoingMail)))


def test_a_register_closes_by_itself_and_says_so(course, monkeypatch, browser):
    session, trainer, _people = course
    at(monkeypatch, END + 14 * DAY - HOUR)
    jobs.close_finished_registers()
    assert not state_service.is_closed(session)
    at(monkeypatch, END + 14 * DAY)
    for _twice in range(2):
        jobs.close_finished_registers()
    assert state_service.state_of(session, now=clock.now()) is RegisterState.CLOSED
    (act,) = state_service.list_acts(session)
    assert (act.is_closing, act.by, act.at) == (True, "", END + 14 * DAY)
    page = browser(trainer).get(f"/sessions/{session.public_id}/register/history").text
    assert "by itself" in page


def test_opening_again_asks_for_a_reason_and_gives_the_time_anew(course, monkeypatch, browser):
    session, trainer, _people = course
    reopened = END + 20 * DAY
    state_service.close_register(session, by=trainer, now=END)
    with pytest.raises(BadInput):
        state_service.reopen_register(session, reason="", by=trainer, now=reopened)
    at(monkeypatch, reopened)
    client = browser(trainer)
    address = f"/sessions/{session.public_id}/register/reopen"
    answer = client.post(address, data={"reason": ""})
    assert (answer.status_code, "Say why the register is opened again." in answer.text) == (
        422,
        True,
    )
    assert client.post(address, data={"reason": "A paper was found"}).status_code == 303
    assert client.get(address).status_code == 303  # it is open already
    assert state_service.state_of(session, now=reopened) is RegisterState.REOPENED
    jobs.close_finished_registers()
    assert not state_service.is_closed(session)
    page = client.get(f"/sessions/{session.public_id}/register/history").text
    assert "A paper was found" in page
    at(monkeypatch, reopened + 14 * DAY)
    jobs.close_finished_registers()
    assert state_service.is_closed(session)


def test_trainers_are_reminded_once_of_what_nobody_marked(course, monkeypatch):
    session, trainer, (aida, bekzat) = course
    at(monkeypatch, END + 3 * HOUR)
    for _twice in range(2):
        jobs.remind_of_registers()
    (sent,) = mails()
    assert sent.receiver == trainer.email
    assert sent.subject == "Register to fill: S01 on 7 April 2025"
    assert f"/sessions/{session.public_id}/register" in sent.body
    assert "2 participants" in sent.body and "21 April 2025" in sent.body


def test_the_reminder_opens_its_register_after_each_way_to_sign_in(course, monkeypatch, browser):
    session, trainer, _enrolment = course
    accounts.set_password(trainer, "correct horse battery", by=None, now=NINE)
    monkeypatch.setattr(clock, "now", lambda: END + 3 * HOUR)
    jobs.remind_of_registers()
    (sent,) = db.session.scalars(select(mail.OutgoingMail))
    register = f"/sessions/{session.public_id}/register"
    link = sent.body.split("http://localhost")[1].split()[0]
    assert link == register

    def follow(page: str, words: str) -> str:
        found = re.search(rf'href="([^"]*)"[^>]*>{words}<', page)
        assert found, page
        return unescape(found[1])

    phone, data = browser(), {"email": trainer.email}
    asked = phone.get(register).location
    hidden = re.findall(r'name="next" value="([^"]*)"', phone.get(asked).text)[-1]
    data["next"] = unescape(hidden)
    wrong = phone.post(asked, data=data | {"password": "wrong"})
    assert wrong.status_code == 422 and f'value="{hidden}"' in wrong.text
    right = phone.post(asked, data=data | {"password": "correct horse battery"})
    assert right.location == register and phone.get(register).status_code == 200

    phone = browser()
    by_mail = follow(phone.get(asked).text, "Send me a link instead")
    for minutes, status in ((31, 410), (1, 200)):  # the first one was opened too late
        answer = phone.post(by_mail, data=data)
        assert register in unquote(follow(phone.get(answer.location).text, "Try another address"))
        newest = select(mail.OutgoingMail).order_by(mail.OutgoingMail.id.desc()).limit(1)
        link = db.session.scalars(newest).one().body.split("http://localhost")[1].split()[0]
        now = clock.now() + minutes * MINUTE
        monkeypatch.setattr(clock, "now", lambda now=now: now)
        page = phone.get(link)
        assert page.status_code == status
        if status == 410:
            by_mail = follow(page.text, "Send me a new link")
    assert phone.post(link, data={"next": data["next"]}).location == register


def test_nobody_is_reminded_of_a_register_that_is_filled_or_closed(course, monkeypatch, make):
    session, trainer, people = course
    closed = make.training_session(session.cohort)
    present = WantedMark(Presence(AttendanceStatus.PRESENT))
    service.record_marks(session, {each.id: present for each in people}, by=trainer, now=END)
    state_service.close_register(closed, by=trainer, now=END)
    at(monkeypatch, END + 3 * HOUR)
    jobs.remind_of_registers()
    assert mails() == []


def test_the_programme_may_leave_closing_and_reminding_to_people(course, monkeypatch):
    session, _trainer, _people = course
    session.cohort.programme.register_days = session.cohort.programme.reminder_hours = 0
    db.session.flush()
    at(monkeypatch, END + 3 * HOUR)
    jobs.remind_of_registers()
    at(monkeypatch, END + 300 * DAY)
    jobs.close_finished_registers()
    assert (mails(), state_service.is_closed(session)) == ([], False)
    assert db.session.scalar(select(func.count()).select_from(state_service.Register)) == 0


def test_the_real_times_of_a_session_are_reached_from_its_register(course, browser):
    session, trainer, _people = course
    page = browser(trainer).get(f"/sessions/{session.public_id}/register").text
    assert f"/sessions/{session.public_id}/delivery" in page
