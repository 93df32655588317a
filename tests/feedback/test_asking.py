"""Rounds, tickets and answers, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from courseware.db import db
from courseware.errors import Refused
from courseware.feedback import closing_service, questionnaire_service, service, ticket_service
from courseware.feedback.answer_rules import Answer
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackLink,
    FeedbackResponse,
    FeedbackTicket,
)
from courseware.feedback.questionnaire_rules import questionnaire_from
from courseware.feedback.results_service import list_rounds, read_results
from courseware.mail import OutgoingMail
from tests.feedback.test_rules import SMALL


def test_everybody_enrolled_gets_one_ticket_and_a_link_by_mail(asking, make, db_session):
    course = asking.course(people=3)
    sent = ticket_service.send_links(course.asked, address_of="https://x/{}".format, now=make.NOW)
    assert sent == 3
    assert db_session.scalar(select(func.count()).select_from(FeedbackTicket)) == 3
    mails = db_session.scalars(select(OutgoingMail)).all()
    assert len({mail.body for mail in mails}) == 3
    token = mails[0].body.partition("https://x/")[2].split()[0]
    seat = ticket_service.find_seat(token)
    assert seat.asked is course.asked
    assert not seat.is_spent
    hashes = db_session.scalars(select(FeedbackLink.token_hash)).all()
    assert token not in hashes


def test_answering_spends_the_ticket_and_a_second_time_is_refused(asking, db_session):
    course = asking.course()
    asking.answer(course.asked, course.enrolled[0], ("overall", 5), ("recommend", 9))
    with pytest.raises(service.Spent):
        asking.answer(course.asked, course.enrolled[0], ("overall", 1))
    assert db_session.scalar(select(func.count()).select_from(FeedbackResponse)) == 1
    assert db_session.scalar(select(func.count()).select_from(FeedbackAnswer)) == 2


def test_who_enrolled_late_answers_too_and_who_withdrew_does_not(asking, make):
    course = asking.course(people=1)
    late = make.enrolment(course.cohort)
    gone = make.enrolment(course.cohort, withdrawn_at=make.NOW)
    asking.answer(course.asked, late, ("overall", 4))
    assert ticket_service.find_seat_of(course.asked, gone.user) is None


def test_after_closing_and_after_its_time_no_answer_is_taken(asking, make):
    course = asking.course()
    with pytest.raises(Refused, match="closed"):
        asking.answer(
            course.asked, course.enrolled[0], ("overall", 5), now=make.NOW + timedelta(days=30)
        )
    asking.close(course.asked)
    with pytest.raises(Refused, match="closed"):
        asking.answer(course.asked, course.enrolled[1], ("overall", 5))
    with pytest.raises(Refused, match="closed already"):
        asking.close(course.asked)


def test_the_same_is_not_asked_twice(asking, make):
    course = asking.course()
    with pytest.raises(Refused, match="opened before"):
        service.open_round(course.cohort, course.stored, None, by=None, now=make.NOW)
    held = make.training_session(course.cohort)
    with pytest.raises(Refused, match="about course"):
        service.open_round(course.cohort, course.stored, held, by=None, now=make.NOW)


def test_a_questionnaire_is_edited_until_its_first_answer(asking, make):
    programme = make.programme()
    questions = questionnaire_from(SMALL)
    stored = questionnaire_service.save_questionnaire(programme, questions, by=None, now=make.NOW)
    again = questionnaire_service.save_questionnaire(programme, questions, by=None, now=make.NOW)
    assert again is stored
    changed = questionnaire_from(SMALL | {"titles": {"en": "Other"}})
    questionnaire_service.save_questionnaire(programme, changed, by=None, now=make.NOW)
    assert questionnaire_service.questions_of(stored) == changed
    cohort = make.cohort(programme)
    held = make.training_session(cohort)
    enrolment = make.enrolment(cohort)
    asked = service.open_round(cohort, stored, held, by=None, now=make.NOW)
    asking.answer(asked, enrolment, ("useful", 5))
    with pytest.raises(Refused, match="why it is corrected"):
        questionnaire_service.save_questionnaire(programme, questions, by=None, now=make.NOW)
    other = questionnaire_from(SMALL | {"sections": SMALL["sections"][:1]})
    with pytest.raises(Refused, match="another code"):
        questionnaire_service.save_questionnaire(programme, other, by=None, now=make.NOW)


def test_what_is_due_names_open_rounds_without_an_answer(asking, make):
    course = asking.course()
    first, second = course.enrolled[:2]
    asking.answer(course.asked, first, ("overall", 5))
    now = make.NOW + timedelta(hours=2)
    assert ticket_service.list_feedback_due(first.user, now=now) == []
    assert ticket_service.list_feedback_due(second.user, now=now) == [course.asked]
    later = make.NOW + timedelta(days=15)
    assert ticket_service.list_feedback_due(second.user, now=later) == []
    assert closing_service.list_rounds_to_close(now=later) == [course.asked]


# No path from answer to person --------------------------------------------------------------


def test_what_is_stored_of_an_answer_has_no_person_no_time_and_no_order(db_session, app):
    for table in (FeedbackAnswer, FeedbackResponse):
        columns = {column.name for column in table.__table__.columns}
        assert not columns & {"id", "enrolment_id", "user_id", "created_at", "at", "language"}
        assert all(column.type.python_type.__name__ != "datetime" for column in table.__table__.c)
    if db.engine.dialect.name == "sqlite":
        for name in ("feedback_answer", "feedback_response", "feedback_ticket", "feedback_link"):
            sql = db_session.connection().exec_driver_sql(
                f"SELECT sql FROM sqlite_master WHERE name = '{name}'"
            )
            assert "WITHOUT ROWID" in sql.scalar()
    kept = {column.name for column in FeedbackTicket.__table__.columns}
    assert kept == {"round_id", "enrolment_id", "is_spent"}


def test_a_comment_is_not_joined_with_the_ratings_of_who_wrote_it(asking, db_session, make):
    course = asking.course(people=1)
    seat = ticket_service.find_seat_of(course.asked, course.enrolled[0].user)
    service.submit_answers(
        seat, [Answer("overall", 2), Answer("best", text="Only I know this")], now=make.NOW
    )
    rows = db_session.scalars(select(FeedbackAnswer)).all()
    assert {(row.text is None, row.response_key is None) for row in rows} == {
        (True, False),
        (False, True),
    }


def test_closing_changes_every_key_and_no_answer(asking, db_session):
    course = asking.course(people=5)
    for enrolment in course.enrolled:
        asking.answer(course.asked, enrolment, ("overall", 4), ("recommend", 8))
    before = _keys(db_session)
    asking.close(course.asked)
    db_session.commit()
    closing_service.sweep_traces()
    after = _keys(db_session)
    assert not before & after
    assert len(before) == len(after) == 15
    (results,) = read_results(course.cohort)
    assert (results.rate.answered, results.rate.invited) == (5, 5)
    pairs = db_session.execute(
        select(FeedbackAnswer.response_key, func.count()).group_by(FeedbackAnswer.response_key)
    ).all()
    assert [count for _key, count in pairs] == [2] * 5


def _keys(db_session):
    return {*db_session.scalars(select(FeedbackAnswer.key))} | {
        *db_session.scalars(select(FeedbackResponse.key))
    }


# Results ------------------------------------------------------------------------------------


def test_open_rounds_tell_how_many_answered_and_nothing_else(asking):
    course = asking.course(people=6)
    for enrolment in course.enrolled:
        asking.answer(course.asked, enrolment, ("overall", 5))
    assert read_results(course.cohort) == ()
    (line,) = list_rounds(course.cohort)
    assert (line.rate.answered, line.rate.invited) == (6, 6)


def test_trainers_are_told_apart(asking, make):
    session = asking.session(people=5, trainers=2)
    lead, other = session.trainers
    for enrolment in session.enrolled:
        seat = ticket_service.find_seat_of(session.asked, enrolment.user)
        service.submit_answers(
            seat,
            [
                Answer("useful", 5),
                Answer("clear", 5, trainer=lead.public_id),
                Answer("clear", 2, trainer=other.public_id),
            ],
            now=make.NOW,
        )
    asking.close(session.asked)
    (results,) = read_results(session.cohort)
    means = {group.code: float(group.summary("clear").mean) for group in results.trainers}
    assert means == {str(lead.id): 5.0, str(other.id): 2.0}


@pytest.mark.parametrize(("people", "sessions"), [(5, 1), (30, 4)])
def test_reading_results_takes_the_same_number_of_queries_however_many_answers(
    asking, make, queries, db_session, people, sessions
):
    cohort = make.cohort()
    for _ in range(sessions):
        session = asking.session(cohort, people=people)
        for enrolment in session.enrolled:
            asking.answer(session.asked, enrolment, ("useful", 4), ("understood", 3))
        asking.close(session.asked)
    db_session.commit()
    cohort_id = cohort.id
    db_session.expire_all()
    cohort = db_session.get(type(cohort), cohort_id)
    with queries() as seen:
        lines = list_rounds(cohort)
        assert len(read_results(cohort, lines)[0].sessions) == sessions
    assert len(seen) <= 11
