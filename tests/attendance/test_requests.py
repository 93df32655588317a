"""Absences announced and questions about marks: asked, decided once, kept with the mark."""

import io
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import select

from courseware import clock, mail
from courseware.attendance import request_service, service, state_service
from courseware.attendance.history_service import history_of
from courseware.attendance.models import AbsenceNotice, MarkReview
from courseware.attendance.open_service import open_matters_of
from courseware.attendance.request_rules import (
    NoticeState,
    ReviewState,
    notice_problem,
    review_problem,
)
from courseware.attendance.rules import AttendanceStatus, MarkSource, Presence
from courseware.attendance.service import WantedMark
from courseware.db import db
from courseware.errors import Refused

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ABSENT = WantedMark(Presence(AttendanceStatus.ABSENT))
PRESENT = WantedMark(Presence(AttendanceStatus.PRESENT))


@pytest.fixture
def course(make):
    """A session on 7 April, its trainer, a coordinator and a participant of its cohort."""
    cohort = make.cohort()
    session = make.training_session(cohort, code="S01", title="Needs")
    trainer = make.trainer(cohort, leads=session, name_latin="Timur Trainer")
    coordinator = make.coordinator(cohort, name_latin="Korlan Coordinator")
    aida = make.enrolment(cohort, user=make.user(name_latin="Aida Sarsen"))
    return session, trainer, coordinator, aida


def at(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


def status(session) -> AttendanceStatus | None:
    return service.read_register(session).rows[0].status


def notice_of(session, aida, now) -> AbsenceNotice:
    return request_service.announce_absence(
        aida, [session], reason="A wedding", by=aida.user, now=now
    )[0]


def decide(notice, coordinator, now, *, is_accepted=True, answer=""):
    request_service.decide_notice(
        notice,
        is_accepted=is_accepted,
        answer=answer,
        link="http://localhost/x",
        by=coordinator,
        now=now,
    )


def mails() -> list[mail.OutgoingMail]:
    return list(db.session.scalars(select(mail.OutgoingMail).order_by(mail.OutgoingMail.id)))


# Rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "late", "words"),
    [
        (None, -HOUR, None),
        (NoticeState.TAKEN_BACK, -HOUR, None),
        (NoticeState.DECLINED, -HOUR, None),
        (NoticeState.ANNOUNCED, -HOUR, "already"),
        (NoticeState.ACCEPTED, -HOUR, "already"),
        (None, timedelta(0), "has begun"),
    ],
)
def test_an_absence_is_announced_beforehand_and_once(make, before, late, words):
    found = notice_problem(code="S01", starts_at=make.NOW, before=before, now=make.NOW + late)
    assert (found is None) == (words is None)
    assert words is None or words in str(found)


@pytest.mark.parametrize(
    ("days", "was_asked", "after", "words"),
    [
        (14, False, HOUR, None),
        (14, False, 14 * DAY, None),
        (14, False, 14 * DAY + HOUR, "14 days"),
        (14, True, HOUR, "already"),
        (0, False, HOUR, "takes no questions"),
        (14, False, -HOUR, "not over yet"),
    ],
)
def test_a_mark_is_asked_about_within_its_time_and_once(make, days, was_asked, after, words):
    found = review_problem(
        code="S01", ends_at=make.NOW, days=days, was_asked=was_asked, now=make.NOW + after
    )
    assert (found is None) == (words is None)
    assert words is None or words in str(found)


# Absences -------------------------------------------------------------------------------------


def test_an_accepted_absence_is_excused_and_all_others_absent_leaves_it(course):
    session, trainer, coordinator, aida = course
    notice = notice_of(session, aida, session.starts_at - DAY)
    decide(notice, coordinator, session.starts_at - HOUR, answer="All the best")
    assert status(session) == AttendanceStatus.EXCUSED
    assert (
        service.mark_the_rest(session, AttendanceStatus.ABSENT, by=trainer, now=session.ends_at)
        == 0
    )
    (entry,) = history_of(session)
    assert (entry.mark.source, entry.mark.note, entry.mark.marked_by_id) == (
        MarkSource.NOTICE,
        "",
        coordinator.id,
    )
    (sent,) = mails()
    assert sent.subject == "Your absence from session S01 is excused"
    assert "All the best" in sent.body
    with pytest.raises(Refused):
        decide(notice, coordinator, session.starts_at, is_accepted=False, answer="no")


def test_whoever_came_after_all_is_present(course):
    session, trainer, coordinator, aida = course
    decide(notice_of(session, aida, session.starts_at - DAY), coordinator, session.starts_at - HOUR)
    service.record_marks(session, {aida.id: PRESENT}, by=trainer, now=session.starts_at)
    assert status(session) == AttendanceStatus.PRESENT
    assert open_matters_of(session.cohort, now=session.starts_at).disputes == ()


def test_accepting_after_the_session_settles_the_absent_mark_even_in_a_closed_register(course):
    session, trainer, coordinator, aida = course
    notice = notice_of(session, aida, session.starts_at - DAY)
    service.record_marks(session, {aida.id: ABSENT}, by=trainer, now=session.ends_at)
    state_service.close_register(session, by=trainer, now=session.ends_at)
    decide(notice, coordinator, session.ends_at + DAY)
    assert status(session) == AttendanceStatus.EXCUSED
    assert open_matters_of(session.cohort, now=session.ends_at + DAY).disputes == ()


def test_an_absent_mark_made_after_the_acceptance_is_a_dispute(course):
    session, trainer, coordinator, aida = course
    decide(notice_of(session, aida, session.starts_at - DAY), coordinator, session.starts_at - HOUR)
    service.record_marks(session, {aida.id: ABSENT}, by=trainer, now=session.ends_at)
    (dispute,) = open_matters_of(session.cohort, now=session.ends_at).disputes
    assert [voice.name for voice in dispute.voices] == ["Timur Trainer", "Korlan Coordinator"]


def test_a_declined_absence_excuses_nothing_and_can_be_announced_anew(course):
    session, _trainer, coordinator, aida = course
    before = session.starts_at - 2 * DAY
    decide(
        notice_of(session, aida, before), coordinator, before, is_accepted=False, answer="Send it"
    )
    assert status(session) is None
    assert "Send it" in mails()[0].body
    again = notice_of(session, aida, before + HOUR)
    assert (again.state, again.answer) == (NoticeState.ANNOUNCED, "")
    assert len(db.session.scalars(select(AbsenceNotice)).all()) == 1


def picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (600, 800), "white").save(target, "JPEG")
    return target.getvalue()


def test_a_participant_announces_with_a_paper_and_the_coordinator_decides(
    course, browser, monkeypatch
):
    session, trainer, coordinator, aida = course
    at(monkeypatch, session.starts_at - DAY)
    mine = browser(aida.user)
    form = f"/enrolments/{aida.public_id}/absence"
    assert "S01 · 7 April 2025, 14:00–15:30 · Needs" in mine.get(form).text
    sent = {
        "sessions": session.public_id,
        "reason": "Fever",
        "file": (io.BytesIO(picture()), "note.jpg"),
    }
    assert mine.post(form, data=sent, content_type="multipart/form-data").status_code == 303
    own = mine.get(f"/enrolments/{aida.public_id}/hours").text
    assert "announced, not decided yet" in own and "Take back" in own
    notice = db.session.scalars(select(AbsenceNotice)).one()
    page = f"/absence-notices/{notice.public_id}/1.jpg"
    assert mine.get(page).mimetype == "image/jpeg"
    assert browser(trainer).get(page).status_code == 403
    staff = browser(coordinator)
    waiting = staff.get(f"/cohorts/{session.cohort.public_id}/attendance/open").text
    assert "Fever" in waiting and "with a paper of 1 page" in waiting
    one = f"/absence-notices/{notice.public_id}"
    assert "Fever" in staff.get(one).text
    assert staff.post(one, data={"decision": "decline", "answer": " "}).status_code == 422
    assert staff.post(one, data={"decision": "accept", "answer": ""}).status_code == 303
    assert staff.post(one, data={"decision": "decline", "answer": "No"}).status_code == 409
    assert mine.post(f"{one}/take-back").status_code == 409
    assert "accepted: excused" in mine.get(f"/enrolments/{aida.public_id}/hours").text
    empty = staff.get(f"/cohorts/{session.cohort.public_id}/attendance/open").text
    assert "Nothing waits for you" in empty


WRONG_NOTICES = [
    ({"sessions": []}, "Choose the sessions that you will miss."),
    ({"reason": "  "}, "Say why you cannot come."),
    ({"reason": "x" * 2001}, "At most 2,000 characters fit here."),
    ({"sessions": ["elsewhere"]}, "not a valid choice"),
    ({"file": (b"%PDF-1.7 nothing", "a.pdf")}, "PDF"),
    ({"file": (b"MZ", "a.jpg")}, "is not a PNG or JPEG picture"),
]


def test_what_is_wrong_with_a_notice_is_said_beside_it(course, browser, monkeypatch):
    session, _trainer, _coordinator, aida = course
    at(monkeypatch, session.starts_at - DAY)
    client = browser(aida.user)
    for values, words in WRONG_NOTICES:
        sent = {"sessions": [session.public_id], "reason": "Fever"} | values
        if "file" in sent:
            sent["file"] = (io.BytesIO(sent["file"][0]), sent["file"][1])
        answer = client.post(
            f"/enrolments/{aida.public_id}/absence", data=sent, content_type="multipart/form-data"
        )
        assert (answer.status_code, words in answer.text) == (422, True), words
    assert db.session.scalars(select(AbsenceNotice)).all() == []


def test_after_the_beginning_nothing_is_offered_and_the_page_says_what_to_do(
    course, browser, monkeypatch
):
    session, _trainer, _coordinator, aida = course
    at(monkeypatch, session.starts_at)
    client = browser(aida.user)
    address = f"/enrolments/{aida.public_id}/absence"
    assert "ask about the mark" in client.get(address).text
    client.post(address, data={"sessions": session.public_id, "reason": "Fever"})
    assert db.session.scalars(select(AbsenceNotice)).all() == []


# Questions about marks ------------------------------------------------------------------------


def test_a_question_is_answered_by_changing_the_mark_and_the_answer_is_kept_with_it(
    course, browser, monkeypatch
):
    session, trainer, coordinator, aida = course
    service.record_marks(session, {aida.id: ABSENT}, by=trainer, now=session.ends_at)
    state_service.close_register(session, by=trainer, now=session.ends_at)
    at(monkeypatch, session.ends_at + DAY)
    mine = browser(aida.user)
    form = f"/enrolments/{aida.public_id}/question"
    assert "Needs: absent" in mine.get(form).text
    assert mine.post(form, data={"session": session.public_id, "text": " "}).status_code == 422
    sent = {"session": session.public_id, "text": "I came at 14:20"}
    assert mine.post(form, data=sent).status_code == 303
    assert "There is no mark to ask about" in mine.get(form).text
    review = db.session.scalars(select(MarkReview)).one()
    staff = browser(coordinator)
    one = f"/mark-reviews/{review.public_id}"
    assert "I came at 14:20" in staff.get(one).text
    said = {"status": "late", "arrived": "", "note": "Timur says so too"}
    assert staff.post(one, data=said).status_code == 422
    assert staff.post(one, data=said | {"arrived": "14:20"}).status_code == 303
    assert staff.post(one, data=said | {"arrived": "14:30"}).status_code == 409
    row = service.read_register(session).rows[0]
    assert (row.status, row.minutes, row.disagrees) == (AttendanceStatus.LATE, 70, False)
    newest = history_of(session)[0].mark
    assert (newest.source, newest.settles, newest.note) == (
        MarkSource.COORDINATOR,
        True,
        "Timur says so too",
    )
    db.session.refresh(review)
    assert (review.state, review.answer) == (ReviewState.CHANGED, "Timur says so too")
    own = mine.get(f"/enrolments/{aida.public_id}/hours").text
    assert "the mark was changed" in own and "Korlan Coordinator" in own
    assert "Timur says so too" in mails()[-1].body


def test_a_question_answered_without_a_change_adds_no_entry(course):
    session, trainer, coordinator, aida = course
    service.record_marks(session, {aida.id: ABSENT}, by=trainer, now=session.ends_at)
    now = session.ends_at + DAY
    review = request_service.ask_review(aida, session, text="I was", by=aida.user, now=now)
    request_service.answer_review(
        review, ABSENT, answer="The sheet is not signed", link="x", by=coordinator, now=now
    )
    assert review.state is ReviewState.KEPT
    assert len(history_of(session)) == 1


def test_keeping_a_disputed_mark_settles_it(course):
    session, trainer, coordinator, aida = course
    now = session.ends_at + DAY
    service.record_marks(session, {aida.id: PRESENT}, by=trainer, now=session.starts_at)
    service.record_marks(session, {aida.id: ABSENT}, by=coordinator, now=session.ends_at)
    review = request_service.ask_review(aida, session, text="I was", by=aida.user, now=now)
    request_service.answer_review(
        review, ABSENT, answer="Timur was mistaken", link="x", by=coordinator, now=now
    )
    assert (review.state, status(session)) == (ReviewState.KEPT, AttendanceStatus.ABSENT)
    assert open_matters_of(session.cohort, now=now).disputes == ()


def test_somebody_withdrawn_can_ask_for_nothing(course, make):
    session, _trainer, _coordinator, aida = course
    aida.withdrawn_at = make.NOW
    db.session.flush()
    with pytest.raises(Refused):
        notice_of(session, aida, session.starts_at - DAY)
    with pytest.raises(Refused):
        request_service.ask_review(aida, session, text="?", by=aida.user, now=session.ends_at)


@pytest.mark.parametrize("participants", [1, 20])
def test_the_list_takes_as_many_queries_however_much_waits(course, make, queries, participants):
    session, trainer, coordinator, _aida = course
    people = make.enrolments(session.cohort, participants)
    for by, mark in ((trainer, PRESENT), (coordinator, ABSENT)):
        service.record_marks(session, {each.id: mark for each in people}, by=by, now=make.NOW)
    before = session.starts_at - DAY
    for each in people:
        notice_of(session, each, before)
    db.session.commit()
    assert session.cohort.programme.code
    with queries() as seen:
        found = open_matters_of(session.cohort, now=make.NOW)
        assert [each.enrolment.user.name for each in found.notices]
    assert (len(found.disputes), len(found.notices)) == (participants, participants)
    assert len(found.registers) == 1
    assert len(seen) == 23, seen
