"""Who falls below the hours is listed, asked about in a what-if, and told by mail, once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from courseware.attendance import jobs, service
from courseware.attendance.rules import AttendanceStatus, Presence
from courseware.attendance.service import WantedMark
from courseware.attendance.warning_service import list_cohorts_to_watch, warn_participants
from courseware.db import db
from courseware.mail import OutgoingMail

PRESENT = WantedMark(Presence(AttendanceStatus.PRESENT))
ABSENT = WantedMark(Presence(AttendanceStatus.ABSENT))
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def cohort(make):
    """Two modules of 135 minutes; of three sessions of 90 two are over; one was never there."""
    programme = make.programme(module_minutes=135, warn_participants=True)
    made = make.cohort(programme)
    sessions = [
        make.training_session(made, starts=f"2025-04-{day} 04:00", module=programme.modules[module])
        for day, module in (("18", 0), ("19", 1), ("30", 1))
    ]
    trainer = make.trainer(made, leads=sessions[0])
    good = make.enrolment(made, user=make.user(name_latin="Aida Good"))
    lost = make.enrolment(made, user=make.user(name_latin="Bekzat Lost", language="ru"))
    for each in sessions[:2]:
        marks = {good.id: PRESENT, lost.id: ABSENT}
        service.record_marks(each, marks, by=trainer, now=make.NOW - AN_HOUR)
    db.session.commit()
    return made, sessions, good, lost, trainer


def mails() -> list[OutgoingMail]:
    return list(
        db.session.scalars(select(OutgoingMail).where(OutgoingMail.body.contains("/hours")))
    )


def warn(cohort, now) -> int:
    return warn_participants(cohort, link_to=lambda id: f"http://x/enrolments/{id}/hours", now=now)


def test_whoever_can_no_longer_reach_the_hours_is_told_once_in_their_language(cohort, make):
    made, _sessions, _good, lost, _trainer = cohort
    assert warn(made, make.NOW) == 1
    assert warn(made, make.NOW + AN_HOUR) == 0
    (mail,) = mails()
    assert mail.receiver == lost.user.email
    assert f"/enrolments/{lost.public_id}/hours" in mail.body
    assert "0" in mail.body and "4.8" in mail.body.replace(",", ".")


def test_a_mark_that_may_still_be_corrected_tells_nobody_yet(cohort, make):
    made, sessions, _good, lost, trainer = cohort
    soon = make.NOW - timedelta(minutes=10)
    service.record_marks(sessions[1], {lost.id: PRESENT}, by=trainer, now=soon)
    assert warn(made, make.NOW) == 0
    assert warn(made, make.NOW + AN_HOUR) == 1


def test_only_a_programme_that_says_so_and_a_cohort_under_way_are_watched(cohort, make):
    made, *_rest = cohort
    assert list_cohorts_to_watch(now=make.NOW) == [made]
    assert list_cohorts_to_watch(now=make.NOW - timedelta(days=10)) == []
    assert list_cohorts_to_watch(now=make.NOW + timedelta(days=60)) == []
    made.programme.warn_participants = False
    assert list_cohorts_to_watch(now=make.NOW) == []


def test_the_worker_tells_at_the_beginning_of_an_hour(cohort, make, monkeypatch):
    monkeypatch.setattr("courseware.clock.now", lambda: make.NOW + timedelta(minutes=30))
    jobs.warn_participants()
    assert mails() == []
    monkeypatch.setattr("courseware.clock.now", lambda: make.NOW)
    jobs.warn_participants()
    assert len(mails()) == 1


def test_the_ledger_lists_who_needs_attention_and_who_was_told(cohort, make, browser):
    made, *_rest = cohort
    warn(made, make.NOW)
    page = browser(make.coordinator(made)).get(f"/cohorts/{made.public_id}/attendance").text
    assert "1 participant can no longer reach the hours" in page
    assert "told on 20.04" in page and "Each of them is told by mail, once." in page


def test_what_if_shows_who_changes_and_saves_nothing(cohort, make, browser):
    made, *_rest = cohort
    client = browser(make.coordinator(made))
    address = f"/cohorts/{made.public_id}/attendance"
    page = client.get(f"{address}?threshold=30").text
    assert "With 30 %, 1.8 of 6 hours would be needed. Nothing is saved." in page
    assert "out of reach: 1 → 0" in page
    assert made.programme.threshold_percent == 80
    assert "Nobody would stand otherwise" in client.get(f"{address}?threshold=80").text
    for wrong in ("101", "-1", "x", "8.5", "٣", "1000"):
        assert (
            "Enter a whole number from 0 to 100."
            in client.get(address, query_string={"threshold": wrong}).text
        )
