"""Slips of paper, known phones and the personal code: who may answer without an account."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from courseware import clock
from courseware.attendance import check_in_known_service as known_service
from courseware.attendance.models import CheckInDevice
from courseware.db import db
from courseware.errors import Refused
from courseware.feedback import (
    pairing_rules,
    questionnaire_service,
    slip_rules,
    slip_service,
)
from courseware.feedback.models import (
    FeedbackCode,
    FeedbackResponse,
    FeedbackRound,
    FeedbackTicket,
)
from courseware.feedback.questionnaire_rules import questionnaire_from
from courseware.feedback.rules import Moment
from tests.feedback.test_rules import SMALL

ANSWERS = {"q-overall": "5", "q-recommend": "9"}


@pytest.fixture
def course(asking, make):
    """A course that is asked now."""
    found = asking.course(people=6)
    found.asked.opens_at = clock.now() - timedelta(hours=1)
    found.asked.closes_at = clock.now() + timedelta(days=7)
    return found


@pytest.mark.parametrize(
    "typed", ["ABCDE-12340", "abcde 1234o", "  аbсdе-i234О ", "АВCDЕ–12З40".replace("З", "3")]
)
def test_a_code_is_known_however_it_is_typed(typed):
    assert slip_rules.meant_by(typed) == "ABCDE12340"


@pytest.mark.parametrize("typed", ["", "ABCDE", "ABCDE-123401", "\x00" * 10, "ё" * 100_000])
def test_what_cannot_be_a_code_is_none(typed):
    assert slip_rules.meant_by(typed) == ""


def test_a_personal_code_is_the_same_on_every_keyboard():
    assert len({pairing_rules.same_code(each) for each in ("MA07na", "ma-07 NA", "МА07nа")}) == 1
    assert pairing_rules.judge_code("") is None
    assert pairing_rules.judge_code("M1") is not None
    assert pairing_rules.judge_code("x" * 100_000) is not None


def test_whoever_holds_a_slip_answers_once_and_no_ticket_is_spent(course, make, browser):
    coordinator = browser(make.coordinator(course.cohort))
    page = f"/feedback/rounds/{course.asked.public_id}/slips"
    assert "6 people are enrolled" in coordinator.get(page).text
    assert coordinator.post(page, data={"count": "0"}).status_code == 422
    assert coordinator.post(page, data={"count": "2"}).data.startswith(b"%PDF")
    assert db.session.scalar(select(func.count()).select_from(FeedbackCode)) == 2
    (code,) = slip_service.make_slips(course.asked, 1, by=None, now=clock.now())
    room, holder = f"/feedback/{course.asked.public_id}", browser()
    wrong = holder.post(f"{room}/code", data={"code": "ABCDE-12340"})
    assert wrong.status_code == 422
    assert "This code is not known here" in wrong.text
    found = holder.post(f"{room}/code", data={"code": slip_rules.printed(code).lower()})
    assert found.location == f"{room}/slip/{code}"
    assert holder.get(found.location).status_code == 200
    assert holder.post(found.location, data=ANSWERS).status_code == 303
    again = holder.post(found.location, data=ANSWERS)
    assert (again.status_code, "given already" in again.text) == (409, True)
    assert db.session.scalar(select(func.count()).select_from(FeedbackResponse)) == 1
    spent = select(func.count()).select_from(FeedbackTicket).where(FeedbackTicket.is_spent)
    assert db.session.scalar(spent) == 0
    assert code not in db.session.scalars(select(FeedbackCode.token_hash)).all()


def test_a_slip_is_good_for_its_own_round_only_and_not_after_closing(course, asking, browser):
    other = asking.course(people=1)
    other.asked.closes_at = clock.now() + timedelta(days=1)
    (code,) = slip_service.make_slips(other.asked, 1, by=None, now=clock.now())
    foreign = f"/feedback/{course.asked.public_id}/slip/{code}"
    assert browser().post(foreign, data=ANSWERS).status_code == 404
    asking.close(other.asked)
    closed = browser().post(f"/feedback/{other.asked.public_id}/slip/{code}", data=ANSWERS)
    assert (closed.status_code, "closed" in closed.text) == (409, True)
    with pytest.raises(Refused, match="closed"):
        slip_service.make_slips(other.asked, 1, by=None, now=clock.now())


def test_no_more_slips_count_than_people_are_enrolled(course, asking, browser):
    codes = slip_service.make_slips(course.asked, 3, by=None, now=clock.now())
    for enrolment in course.enrolled[:4]:
        asking.answer(course.asked, enrolment, ("overall", 4), now=clock.now())
    room = f"/feedback/{course.asked.public_id}/slip"
    sent = [browser().post(f"{room}/{code}", data=ANSWERS).status_code for code in codes]
    assert sent == [303, 303, 409]


def test_a_phone_known_from_check_in_answers_with_one_tap(course, browser):
    phone, who = browser(), course.enrolled[2].user
    db.session.add(
        CheckInDevice(
            token_sha256=known_service.device_digest("p" * 32), user_id=who.id, made_at=clock.now()
        )
    )
    phone.set_cookie("courseware-phone", "p" * 32)
    room = f"/feedback/{course.asked.public_id}"
    page = phone.get(room)
    assert page.status_code == 200
    assert who.name in page.text
    assert phone.get(f"{room}/answer").status_code == 200
    assert phone.post(f"{room}/answer", data=ANSWERS).status_code == 303
    assert browser().get(f"{room}/answer").location.endswith(room)


def test_a_script_is_told_what_came_of_what_it_sent(course, browser):
    (code,) = slip_service.make_slips(course.asked, 1, by=None, now=clock.now())
    address = f"/feedback/{course.asked.public_id}/slip/{code}"
    client, wants = browser(), {"Accept": "application/json"}
    said = client.get(address, headers=wants).json
    assert said["state"] == "open"
    assert re.search(r'name="owner" value="([^"]+)"', client.get(address).text)[1] == said["owner"]

    def send(**more):
        return client.post(address, data={**ANSWERS, **more}, headers=wants).json["state"]

    assert send(owner="somebody-else") == "other"
    assert send(**{"q-overall": "9"}) == "wrong"
    assert send(owner=said["owner"]) == "stored"
    assert send(owner=said["owner"]) == "given"


def test_a_round_that_is_planned_says_when_it_opens(course, client):
    course.asked.opens_at = clock.now() + timedelta(days=2)
    course.asked.opened_at = None
    page = client.get(f"/feedback/{course.asked.public_id}")
    assert (page.status_code, "not open yet" in page.text) == (409, True)


def test_the_form_before_a_course_asks_for_a_code_and_says_what_is_wrong_with_it(
    course, browser, db_session
):
    stored = questionnaire_service.save_questionnaire(
        course.cohort.programme,
        questionnaire_from(
            SMALL | {"code": "able", "about": "skills", "sections": SMALL["sections"][:1]}
        ),
        by=None,
        now=clock.now(),
    )
    asked = FeedbackRound(
        questionnaire=stored, cohort=course.cohort, moment=Moment.BEFORE, opens_at=clock.now(),
        opened_at=clock.now(), closes_at=clock.now() + timedelta(days=1),
    )  # fmt: skip
    db_session.add(asked)
    db_session.flush()
    address = f"/feedback/{asked.public_id}/answer"
    first, second = browser(course.enrolled[0].user), browser(course.enrolled[1].user)
    assert 'name="pair-code"' in first.get(address).text
    wrong = first.post(address, data={"q-useful": "3", "pair-code": "M1"})
    assert (wrong.status_code, "needs 4 to 40" in wrong.text) == (422, True)
    assert first.post(address, data={"q-useful": "3", "pair-code": "MA07NA"}).status_code == 303
    assert second.post(address, data={"q-useful": "3"}).status_code == 303
    pairs = db_session.scalars(select(FeedbackResponse.pair)).all()
    assert pairs.count(None) == 1
    assert not any(pair and "MA07NA" in pair for pair in pairs)
