"""Coordinators are told what waits: in the morning, once, only of news, and only who wants it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from courseware.attendance import decision_mail_service as decision_mails
from courseware.attendance import jobs, walk_in_service
from courseware.attendance.decision_mail_rules import Arisen, is_news, last_morning
from courseware.attendance.models import AbsenceNotice
from courseware.attendance.request_rules import NoticeState
from courseware.db import db
from courseware.mail import OutgoingMail

MORNING = datetime(2025, 4, 8, 2, 0, tzinfo=UTC)  # seven o'clock in Dushanbe
A_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("now", "zone", "morning"),
    [
        ("2025-04-08 02:00", "Asia/Dushanbe", "2025-04-08 02:00"),
        ("2025-04-08 01:59", "Asia/Dushanbe", "2025-04-07 02:00"),
        ("2025-04-08 23:30", "Asia/Dushanbe", "2025-04-08 02:00"),
        ("2025-04-08 01:30", "Asia/Kolkata", "2025-04-08 01:30"),
    ],
)
def test_the_last_morning_is_that_of_the_place(now, zone, morning):
    given, expected = (datetime.fromisoformat(f"{each}+00:00") for each in (now, morning))
    assert last_morning(given, zone) == expected


def test_news_came_about_since_the_last_mail_and_was_not_the_readers_own_act():
    between = {"since": MORNING - A_DAY, "until": MORNING, "reader_id": 7}
    assert is_news([Arisen(MORNING)], **between)
    assert is_news([Arisen(MORNING, by_id=8)], **between)
    assert not is_news([Arisen(MORNING, by_id=7)], **between)
    assert not is_news([Arisen(MORNING - A_DAY), Arisen(MORNING + A_DAY)], **between)


@pytest.fixture
def cohort(make):
    """A cohort that meets on 9 April, with a coordinator of its own and one of its programme."""
    found = make.cohort()
    found.one = make.training_session(found, code="S01", starts="2025-04-09 09:00")
    found.own = make.coordinator(found, name_latin="Own", email="own@x.example")
    found.whole = make.coordinator(found.programme, name_latin="Whole", email="whole@x.example")
    db.session.commit()
    return found


def announce(cohort, make, at) -> None:
    db.session.add(
        AbsenceNotice(
            training_session=cohort.one, enrolment=make.enrolment(cohort), reason="a wedding",
            state=NoticeState.ANNOUNCED, announced_at=at,
        )
    )  # fmt: skip
    db.session.commit()


def told(monkeypatch, now) -> list[str]:
    """Who gets a mail when the worker comes by."""
    before = db.session.scalars(select(OutgoingMail.id)).all()
    monkeypatch.setattr("courseware.clock.now", lambda: now)
    jobs.tell_coordinators()
    fresh = select(OutgoingMail).where(OutgoingMail.id.not_in(before))
    return sorted(each.receiver for each in db.session.scalars(fresh))


def test_each_coordinator_is_told_once_in_the_morning_when_something_is_new(
    cohort, make, monkeypatch, browser
):
    both = ["own@x.example", "whole@x.example"]
    assert told(monkeypatch, MORNING - A_DAY) == []
    announce(cohort, make, MORNING - timedelta(hours=9))
    assert told(monkeypatch, MORNING - timedelta(hours=1)) == []  # not at night
    assert told(monkeypatch, MORNING + timedelta(minutes=30)) == []  # not in the middle of an hour
    assert told(monkeypatch, MORNING + timedelta(hours=3)) == both
    mail = db.session.scalars(select(OutgoingMail)).first()
    assert "Announced absences: 1" in mail.body and "a wedding" not in mail.body
    assert f"/cohorts/{cohort.public_id}/attendance/open" in mail.body
    assert told(monkeypatch, MORNING + timedelta(hours=4)) == []
    assert told(monkeypatch, MORNING + A_DAY) == []  # it still waits, and is no news

    walk_in_service.add_walk_in(
        cohort.one, name="Somebody", by=cohort.own, now=MORNING + A_DAY * 1.1
    )
    client = browser(cohort.whole)
    place = f"/cohorts/{cohort.public_id}/attendance/open"
    page = client.post(place, data={"mail": "no"}, follow_redirects=True).text
    assert "You get no mail about what waits here." in page
    # Who did it is not told of it, and who stopped the mail gets none.
    assert told(monkeypatch, MORNING + 2 * A_DAY) == []
    client.post(place, data={"mail": "yes"})
    announce(cohort, make, MORNING + A_DAY * 2.1)
    assert told(monkeypatch, MORNING + 3 * A_DAY) == both
    announce(cohort, make, MORNING + A_DAY * 80)
    assert told(monkeypatch, MORNING + 81 * A_DAY) == []  # long over
    assert "By mail" not in browser(make.administrator()).get(place).text
    assert decision_mails.list_receivers(cohort) == [cohort.own, cohort.whole]
