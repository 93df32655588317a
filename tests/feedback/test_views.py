"""Pages of feedback: who answers, who reads, who runs it."""

import io
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from courseware import clock
from courseware.db import db
from courseware.feedback import (
    results_service,
    service,
    ticket_service,
)
from courseware.feedback.models import FeedbackAnswer, FeedbackResponse, FeedbackRound
from courseware.mail import OutgoingMail

ANSWERS = {"q-overall": "5", "q-recommend": "9", "q-services": ["market", "training"]}


@pytest.fixture
def course(asking, make):
    """A course that is asked now."""
    found = asking.course(people=6)
    found.asked.opens_at = clock.now() - timedelta(hours=1)
    found.asked.closes_at = clock.now() + timedelta(days=7)
    found.coordinator = make.coordinator(found.cohort)
    return found


def _link(course, enrolment) -> str:
    ticket_service.send_link_to(
        course.asked, enrolment.user.email, address_of="/feedback/link/{}".format, now=clock.now()
    )
    mail = db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id.desc())).first()
    return re.search(r"/feedback/link/\S+", mail.body)[0]


# Answering ----------------------------------------------------------------------------------


def test_a_participant_answers_by_the_personal_link_without_an_account(course, client):
    address = _link(course, course.enrolled[0])
    page = client.get(address)
    assert page.status_code == 200
    assert "Your answers cannot be traced to you" in page.text
    sent = client.post(address, data=ANSWERS)
    assert sent.status_code == 303
    assert "Thank you" in client.get(sent.location).text
    assert db.session.scalar(select(func.count()).select_from(FeedbackResponse)) == 1
    again = client.post(address, data=ANSWERS)
    assert again.status_code == 409
    assert "given already" in again.text
    assert "given already" in client.get(address).text
    assert db.session.scalar(select(func.count()).select_from(FeedbackResponse)) == 1


def test_a_participant_who_is_signed_in_goes_straight_from_the_room_to_the_form(course, browser):
    signed_in = browser(course.enrolled[1].user)
    room = signed_in.get(f"/feedback/{course.asked.public_id}")
    assert room.status_code == 303
    assert signed_in.get(room.location).status_code == 200
    assert signed_in.post(room.location, data=ANSWERS).status_code == 303


def test_the_room_answers_the_same_for_known_and_unknown_addresses(course, client):
    address = f"/feedback/{course.asked.public_id}"
    pages = []
    for email in (course.enrolled[0].user.email, "nobody@nowhere.example"):
        sent = client.post(address, data={"email": email})
        assert sent.status_code == 303
        pages.append((sent.location, client.get(sent.location).text))
    assert pages[0][0] == pages[1][0]
    assert re.sub(r"value=\"[^\"]*\"", "", pages[0][1]) == re.sub(
        r"value=\"[^\"]*\"", "", pages[1][1]
    )
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == 1
    assert client.post(address, data={"email": "no address"}).status_code == 422


def test_what_was_written_stays_when_something_is_wrong(course, client):
    address = _link(course, course.enrolled[0])
    page = client.post(
        address, data={"q-recommend": "11", "q-best": "<b>Kept</b>", "q-balance": "3"}
    )
    assert page.status_code == 422
    assert "&lt;b&gt;Kept&lt;/b&gt;" in page.text
    linked = re.findall(r'href="#q-overall">([^<]+)</a>', page.text)
    assert [each.endswith("– Choose or write an answer here.") for each in linked] == [True]
    assert len(linked[0]) > len("– Choose or write an answer here.")  # the question is named
    assert re.search(r'name="q-balance" value="3" checked', page.text)
    assert db.session.scalar(select(func.count()).select_from(FeedbackAnswer)) == 0


def test_a_closed_feedback_and_an_unknown_link_say_so(course, client, asking):
    address = _link(course, course.enrolled[0])
    assert client.get("/feedback/link/unknown").status_code == 404
    asking.close(course.asked)
    db.session.commit()
    for response in (
        client.get(address),
        client.post(address, data=ANSWERS),
        client.get(f"/feedback/{course.asked.public_id}"),
    ):
        assert response.status_code == 409
        assert "closed" in response.text


def test_a_link_of_another_cohort_answers_its_own_round_only(asking, course, client):
    other = asking.course(people=1)
    other.asked.closes_at = clock.now() + timedelta(days=1)
    address = _link(other, other.enrolled[0])
    assert client.post(address, data=ANSWERS).status_code == 303
    answered = db.session.scalars(select(FeedbackResponse.round_id)).all()
    assert answered == [other.asked.id]


@pytest.mark.parametrize("comment", ["\x00\x01", "‮ا\u0301" * 40, "=1+1", "<script>", "x" * 5001])
def test_hostile_comments_end_in_thanks_or_in_a_sentence(course, client, comment):
    address = _link(course, course.enrolled[0])
    response = client.post(address, data={**ANSWERS, "q-best": comment})
    assert response.status_code in (303, 422)


# Running ------------------------------------------------------------------------------------


def test_a_coordinator_opens_feedback_on_a_session_and_everybody_gets_a_link(
    make, browser, db_session
):
    cohort = make.cohort()
    held = make.training_session(cohort)
    make.enrolments(cohort, 3)
    coordinator = browser(make.coordinator(cohort))
    page = coordinator.get(f"/cohorts/{cohort.public_id}/feedback/open?session={held.public_id}")
    assert page.status_code == 200
    sent = coordinator.post(
        f"/cohorts/{cohort.public_id}/feedback/open",
        data={
            "place": held.public_id, "questionnaire": "session", "days": "3", "mail": "yes",
            "_key": "once",
        },
    )  # fmt: skip
    assert sent.status_code == 303
    page = coordinator.get(sent.location)
    assert "<svg" in page.text
    assert "http://localhost/feedback/" in page.text
    assert db_session.scalar(select(func.count()).select_from(OutgoingMail)) == 3
    projector = coordinator.get(sent.location + "/projector")
    assert projector.status_code == 200
    closed = coordinator.post(sent.location + "/close")
    assert closed.status_code == 303
    assert db_session.scalars(select(FeedbackRound.closed_at)).one() is not None
    wrong = coordinator.post(
        f"/cohorts/{cohort.public_id}/feedback/open",
        data={"place": "", "questionnaire": "session", "days": "none"},
    )
    assert wrong.status_code == 422


def test_the_summary_begins_with_a_sentence_and_hides_groups_under_five(
    course, asking, browser, make
):
    small = asking.session(course.cohort, people=0)
    for enrolment in course.enrolled:
        asking.answer(course.asked, enrolment, ("overall", 4), ("recommend", 10), now=clock.now())
    for enrolment in course.enrolled[:4]:
        asking.answer(small.asked, enrolment, ("useful", 1))
    asking.close(course.asked)
    asking.close(small.asked)
    page = browser(course.coordinator).get(f"/cohorts/{course.cohort.public_id}/feedback")
    assert page.status_code == 200
    assert "6 of 6 answered (100 %)" in page.text
    assert "NPS" in page.text
    assert "Fewer than five answers: not shown." in page.text
    assert ">1.0<" not in page.text


def test_a_trainer_sees_the_own_figures_only(asking, make, browser):
    session = asking.session(people=5, trainers=2)
    lead, other = session.trainers
    from courseware.feedback.answer_rules import Answer

    for enrolment in session.enrolled:
        seat = ticket_service.find_seat_of(session.asked, enrolment.user)
        service.submit_answers(
            seat,
            [
                Answer("useful", 3),
                Answer("clear", 5, trainer=lead.public_id),
                Answer("clear", 2, trainer=other.public_id),
            ],
            now=make.NOW,
        )
    asking.close(session.asked)
    address = f"/cohorts/{session.cohort.public_id}/feedback"
    mine = browser(lead).get(address).text
    assert ">5.0<" in mine
    assert ">3.0<" in mine  # of the session, which both lead
    assert ">2.0<" not in mine
    assert other.name not in mine
    assert browser(lead).get(f"{address}/report.json").status_code == 403
    assert browser(session.enrolled[0].user).get(address).status_code == 403
    assert browser(make.user()).get(address).status_code == 404


def test_the_report_comes_in_three_views_of_one_value(course, asking, browser):
    for enrolment in course.enrolled:
        asking.answer(course.asked, enrolment, ("overall", 4), ("recommend", 10), now=clock.now())
    asking.close(course.asked)
    coordinator = browser(course.coordinator)
    address = f"/cohorts/{course.cohort.public_id}/feedback/report"
    value = json.loads(coordinator.get(f"{address}.json").data)
    (results,) = value["results"]
    assert (results["answered"], results["invited"]) == (6, 6)
    assert results["questions"][0]["mean"] == 4.0
    pdf = coordinator.get(f"{address}.pdf?language=tg")
    assert pdf.data.startswith(b"%PDF")
    assert coordinator.get(f"{address}.xlsx").data.startswith(b"PK")
    assert coordinator.get(f"{address}.doc").status_code == 404
    assert coordinator.get(f"{address}.pdf?language=de").status_code == 404
    asked = {"language": "ru", "second": "tg", "kind": "pdf"}
    page = coordinator.post(f"{address}s", data=asked, follow_redirects=True)
    made = re.search(r"/feedback/reports/[\w-]+", page.text)
    assert coordinator.get(made[0]).data.startswith(b"%PDF")
    assert coordinator.get(f"{made[0]}/progress").json["finished"]
    twice = coordinator.post(f"{address}s", data=asked | {"second": "ru"})
    assert (twice.status_code, "Choose another language" in twice.text) == (422, True)


def test_a_file_of_answers_is_imported_from_the_page_or_refused_with_its_rows(
    make, browser, db_session
):
    cohort = make.cohort()
    make.enrolments(cohort, 8)
    coordinator = browser(make.coordinator(cohort))
    address = f"/cohorts/{cohort.public_id}/feedback/import"
    assert coordinator.get(address).status_code == 200

    def send(text: str):
        file = (io.BytesIO(text.encode()), "answers.csv")
        return coordinator.post(address, data={"questionnaire": "course", "file": file})

    wrong = send("overall,recommend\n5,9\n7,9\n")
    assert wrong.status_code == 422
    assert "Row 3, column “overall”" in wrong.text
    assert db_session.scalar(select(func.count()).select_from(FeedbackRound)) == 0
    rows = "overall,recommend\n" + "5,9\n" * 6
    assert send(rows).status_code == 303
    assert send(rows).status_code == 303
    assert db_session.scalar(select(func.count()).select_from(FeedbackResponse)) == 6
    (results,) = results_service.read_results(cohort)
    assert (results.rate.answered, results.rate.invited) == (6, 8)
    assert send("overall,recommend\n5,9\n").status_code == 422


# Reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("people", "rounds"), [(5, 1), (20, 4)])
def test_the_summary_page_takes_the_same_queries_however_much_there_is(
    asking, make, browser, queries, people, rounds
):
    cohort = make.cohort()
    for _ in range(rounds):
        session = asking.session(cohort, people=people)
        for enrolment in session.enrolled:
            asking.answer(session.asked, enrolment, ("useful", 4))
        asking.close(session.asked)
    coordinator = browser(make.coordinator(cohort))
    address = f"/cohorts/{cohort.public_id}/feedback"
    coordinator.get(address)
    with queries() as seen:
        assert coordinator.get(address).status_code == 200
    assert len(seen) <= 16, "\n".join(seen)


def test_the_method_page_is_honest(client):
    page = client.get("/feedback/method")
    assert page.status_code == 200
    assert "What is still possible, honestly" in page.text


def test_what_belongs_to_another_cohort_looks_like_what_is_missing(course, make, browser):
    stranger = browser(make.coordinator(make.cohort()))
    cohort, asked, stored = course.cohort.public_id, course.asked.public_id, course.stored.public_id
    for address in (
        f"/cohorts/{cohort}/feedback",
        f"/cohorts/{cohort}/feedback/open",
        f"/cohorts/{cohort}/feedback/import",
        f"/cohorts/{cohort}/feedback/report.pdf",
        f"/cohorts/{cohort}/feedback/questionnaires",
        f"/feedback/rounds/{asked}",
        f"/feedback/rounds/{asked}/projector",
        f"/feedback/questionnaires/{stored}",
        f"/feedback/questionnaires/{stored}/yaml",
        f"/feedback/questionnaires/{stored}/question?key=overall",
        f"/feedback/questionnaires/{stored}/missing",
        f"/feedback/questionnaires/{stored}/preview",
        "/feedback/rounds/missing",
    ):
        assert stranger.get(address).status_code == 404, address
    assert stranger.post(f"/feedback/rounds/{asked}/close").status_code == 404
    participant = browser(course.enrolled[0].user)
    assert participant.post(f"/feedback/rounds/{asked}/close").status_code == 403
    assert db.session.get(FeedbackRound, course.asked.id).closed_at is None


def test_a_session_of_another_cohort_cannot_be_asked_about(make, browser, db_session):
    cohort, other = make.cohort(), make.cohort()
    foreign = make.training_session(other)
    response = browser(make.coordinator(cohort)).post(
        f"/cohorts/{cohort.public_id}/feedback/open",
        data={"place": foreign.public_id, "questionnaire": "session", "days": "3"},
    )
    assert response.status_code == 422
    assert db_session.scalar(select(func.count()).select_from(FeedbackRound)) == 0
