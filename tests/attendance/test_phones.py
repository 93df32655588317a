"""Remembered phones and personal links: their owners see them, and they can be taken back."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from courseware.attendance import check_in_known_service as known_service
from courseware.attendance import check_in_service, personal_link_service
from courseware.attendance.check_in_rules import phone_kind
from courseware.attendance.models import CheckInDevice
from courseware.audit import AuditEntry
from courseware.db import db
from courseware.mail import OutgoingMail

START = datetime(2025, 4, 7, 9, 0, tzinfo=UTC)
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130 Mobile"
PHONE = re.compile(r'name="phone" value="([^"]+)"')


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield lambda minutes: traveller.move_to(START + timedelta(minutes=minutes))


@pytest.fixture
def aida(make, clock):
    cohort = make.cohort()
    found = make.enrolment(cohort, user=make.user(name_latin="Aida Sarsen", email="aida@x.example"))
    found.session = make.training_session(cohort, code="S01")
    db.session.commit()
    return found


def link_of(enrolment) -> str:
    return f"/check-in/me/{personal_link_service.link_token(enrolment)}"


def remembered() -> list[str]:
    return list(db.session.scalars(select(CheckInDevice.kind).order_by(CheckInDevice.id)))


def acts() -> set[tuple[str, str | None]]:
    rows = db.session.execute(select(AuditEntry.act, AuditEntry.subject_kind))
    return {tuple(row) for row in rows if row[0] in ("forget phone", "renew personal link")}


def test_a_participant_sees_each_phone_and_forgets_one(aida, browser, clock):
    phone = browser()
    phone.post(link_of(aida), data={"act": "remember"}, headers={"User-Agent": ANDROID})
    clock(5)
    shown = check_in_service.shown_code(aida.session, now=datetime.now(UTC))
    phone.post(link_of(aida), data={"code": shown.code})
    browser().post(link_of(aida), data={"act": "remember"})
    assert remembered() == ["Android", ""]

    own = browser(aida.user)
    place = f"/enrolments/{aida.public_id}/phones"
    assert place in own.get(f"/enrolments/{aida.public_id}/hours").text
    page = own.get(place).text
    assert "Android" in page and "7 April 2025, 14:05" in page
    _newest, android = PHONE.findall(page)
    answer = own.post(place, data={"phone": android}, follow_redirects=True)
    assert "has to prove whose it is" in answer.text and remembered() == [""]
    answer = own.post(place, data={"phone": android}, follow_redirects=True)
    assert "forgotten already" in answer.text
    assert own.post(place, data={"phone": "\0" * 99}).status_code == 303
    assert acts() == {("forget phone", "user")}
    assert "Let this phone be remembered once" in phone.get(link_of(aida)).text


def test_who_holds_the_phone_and_the_link_can_forget_it_without_signing_in(aida, make, browser):
    phone, link = browser(), link_of(aida)
    phone.post(link, data={"act": "forget"})
    phone.post(link, data={"act": "remember"})
    other = make.enrolment(aida.cohort)
    db.session.commit()
    phone.post(link_of(other), data={"act": "forget"})
    assert len(remembered()) == 1  # somebody else's phone stays somebody else's
    assert "Forget this phone" in phone.get(link).text
    phone.post(link, data={"act": "forget"})
    assert remembered() == []


def test_a_coordinator_gives_a_new_link_and_the_old_one_says_so(aida, make, browser):
    coordinator = browser(make.coordinator(aida.cohort))
    old, stranger = link_of(aida), make.enrolment(make.cohort())
    place = f"/enrolments/{aida.public_id}/phones"
    assert place in coordinator.get(f"/cohorts/{aida.cohort.public_id}/check-in-links").text
    assert "No phone is remembered" in coordinator.get(place).text
    answer = coordinator.post(place, data={"act": "renew"}, follow_redirects=True)
    assert "on its way to aida@x.example" in answer.text
    new = link_of(aida)
    assert new != old and new in db.session.scalars(select(OutgoingMail)).one().body
    refused = browser().get(old)
    assert refused.status_code == 409 and "A newer personal link has replaced" in refused.text
    assert browser().get(new).status_code == 200
    assert browser().get(new + "x").status_code == 404

    coordinator.post(place, data={"act": "renew"})
    assert [browser().get(each).status_code for each in (old, new)] == [409, 409]
    card = coordinator.get(
        f"/cohorts/{aida.cohort.public_id}/check-in-links?print={aida.public_id}"
    )
    assert card.text.count("link-card-name") == 1
    assert acts() == {("renew personal link", "enrolment")}
    assert coordinator.get(f"/enrolments/{stranger.public_id}/phones").status_code == 404


def test_a_forgotten_phone_is_nobodys_and_those_who_run_one_course_do_not_see_another(
    aida, make, browser, clock
):
    elsewhere = make.enrolment(make.cohort(), user=aida.user)
    session = make.training_session(elsewhere.cohort, code="T01")
    phone = browser(aida.user)
    sealed = known_service.new_device_token()
    device = known_service.device_digest(sealed)
    check_in_service.check_in(
        session, elsewhere, known_by=check_in_service.KnownBy.SIGN_IN, scanned_at=START,
        device=device, network="", now=START, phone="iPhone",
    )  # fmt: skip
    db.session.commit()
    place = f"/enrolments/{aida.public_id}/phones"
    assert "14:00" in phone.get(place).text
    page = browser(make.coordinator(aida.cohort)).get(place).text
    assert "iPhone" in page and "14:00" not in page
    assert known_service.find_owner(device) == aida.user


@pytest.mark.parametrize(
    ("said", "kind"),
    [(ANDROID, "Android"), ("… (iPhone; CPU iPhone OS 18_1 like Mac OS X)", "iPhone"), ("", "")],
)
def test_a_phone_is_named_as_its_owner_calls_it(said, kind):
    assert phone_kind(said) == kind
