"""What is asked by itself: planned ahead, moved with the schedule, opened, reminded of, closed."""

from datetime import timedelta

import pytest
from factories import NOW
from sqlalchemy import func, select

from courseware import mail
from courseware.audit import AuditEntry
from courseware.errors import Refused
from courseware.feedback import plan_service, service, ticket_service
from courseware.feedback.models import FeedbackPlan, FeedbackRound, FeedbackTicket
from courseware.feedback.plan_rules import (
    Ask,
    Span,
    Times,
    check_ask,
    in_units,
    reminders_due,
    times_of,
)
from courseware.feedback.questionnaire_service import take_questionnaire
from courseware.feedback.rules import About, Moment
from courseware.mail import OutgoingMail

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LINKS = {"address_of": "https://x/{}".format}


# Rules ----------------------------------------------------------------------------------------


def test_a_moment_is_counted_from_the_end_and_before_the_course_from_its_beginning():
    span = Span(NOW, NOW + 2 * HOUR)
    after = times_of(Ask(Moment.SESSION, minutes=10, days_open=2), span)
    assert after == Times(span.ends + timedelta(minutes=10), span.ends + timedelta(2, 600))
    before = times_of(Ask(Moment.BEFORE, minutes=-1440, days_open=1), span)
    assert before == Times(NOW - DAY, NOW)
    assert after.is_worth_planning(NOW + DAY)
    assert not after.is_worth_planning(NOW + 2 * DAY)


@pytest.mark.parametrize(
    ("days", "reminders", "due"),
    [(0, 2, 0), (2, 2, 1), (3, 2, 1), (4, 2, 2), (6, 2, 0), (3, 1, 1), (2, 1, 0), (5, 0, 0)],
)
def test_reminders_go_at_a_third_and_at_two_thirds_of_the_time(days, reminders, due):
    assert reminders_due(NOW, NOW + 6 * DAY, reminders, NOW + days * DAY) == due


def test_a_line_is_read_as_typed():
    typed = {"moment": "before", "number": "7", "unit": "days", "side": "before",
             "days_open": "8", "reminders": "1", "is_by_mail": "yes"}  # fmt: skip
    assert check_ask(typed, About.SKILLS) == (Ask(Moment.BEFORE, -7 * 1440, 8, True, 1), {})
    wrong = {"moment": "before", "number": "١", "unit": "years", "days_open": "0", "reminders": "3"}
    assert set(check_ask(wrong, About.COURSE)[1]) == {"moment", "number", "days_open", "reminders"}
    assert set(check_ask({}, None)[1]) >= {"questionnaire"}
    assert [in_units(each) for each in (0, 45, 120, 1440)] == [
        (0, "minutes"), (45, "minutes"), (2, "hours"), (1, "days"),
    ]  # fmt: skip


# From the plan to rounds ------------------------------------------------------------------------


@pytest.fixture
def planned(make, db_session):
    """A cohort with two sessions to come, two participants, and a plan for session and course."""
    cohort = make.cohort()
    first = make.training_session(cohort, starts="2025-04-21 09:00", minutes=60)
    second = make.training_session(cohort, starts="2025-04-23 09:00", minutes=60)
    people = make.enrolments(cohort, 2)
    for code, ask in (
        ("session", Ask(Moment.SESSION, minutes=30, days_open=3)),
        ("course", Ask(Moment.AFTER, days_open=14, is_by_mail=False, reminders=0)),
    ):
        stored = take_questionnaire(cohort.programme, code, by=None, now=NOW)
        plan_service.add_to_plan(cohort.programme, stored, ask, by=None, now=NOW)

    def rounds():
        db_session.expire_all()
        return db_session.scalars(select(FeedbackRound).order_by(FeedbackRound.opens_at)).all()

    return cohort, (first, second), people, rounds


def test_rounds_are_planned_ahead_and_follow_the_schedule_until_they_open(planned):
    _cohort, (first, second), _people, rounds = planned
    assert [each.opens_at for each in rounds()] == [
        first.ends_at + HOUR / 2, second.ends_at, second.ends_at + HOUR / 2,
    ]  # fmt: skip
    second.ends_at += 2 * HOUR
    first.actual_ends_at = first.ends_at - HOUR / 2
    assert plan_service.plan_rounds(now=NOW) == 3
    assert plan_service.plan_rounds(now=NOW) == 0
    assert [each.opens_at for each in rounds()] == [
        first.ends_at, second.ends_at, second.ends_at + HOUR / 2,
    ]  # fmt: skip
    plan_service.call_off(rounds()[0], by=None, now=NOW)
    plan_service.plan_rounds(now=NOW)
    due = plan_service.list_rounds_to_open(now=NOW + 30 * DAY)
    assert list(due) == rounds()[1:]
    plan_service.open_planned(due[0], **LINKS, now=NOW + 30 * DAY)
    second.ends_at += HOUR
    assert plan_service.plan_rounds(now=NOW + DAY) == 1


def test_what_is_planned_takes_no_answers_and_opens_once_with_links(planned, db_session):
    _cohort, (first, _second), people, rounds = planned
    now = first.ends_at + HOUR
    asked = rounds()[0]
    assert not service.is_open(asked, now=now)
    assert ticket_service.list_feedback_due(people[0].user, now=now) == []
    assert plan_service.open_planned(asked, **LINKS, now=now)
    assert not plan_service.open_planned(asked, **LINKS, now=now)
    assert service.is_open(asked, now=now)
    assert asked.closes_at == now + 3 * DAY
    assert db_session.scalar(select(func.count()).select_from(FeedbackTicket)) == 2
    assert db_session.scalar(select(func.count()).select_from(OutgoingMail)) == 2


def test_a_planned_round_can_be_opened_by_hand_and_a_plan_be_given_up(planned, make, db_session):
    cohort, (first, _second), _people, rounds = planned
    stored = take_questionnaire(cohort.programme, "session", by=None, now=NOW)
    asked = service.open_round(cohort, stored, first, by=None, now=NOW)
    assert (asked, asked.opened_at) == (rounds()[0], NOW)
    with pytest.raises(Refused, match="opened before"):
        service.open_round(cohort, stored, first, by=None, now=NOW)
    for line in plan_service.list_plan(cohort.programme):
        plan_service.take_out_of_plan(line, by=None, now=NOW)
    assert [each.place for each in rounds()] == [first.code]
    again = plan_service.take_usual_plan(cohort.programme, by=None, now=NOW)
    assert again == db_session.scalar(select(func.count()).select_from(FeedbackPlan))
    assert plan_service.take_usual_plan(cohort.programme, by=None, now=NOW) == 0


def test_nothing_is_planned_for_what_is_long_over(make, db_session):
    cohort = make.cohort()
    make.training_session(cohort, starts="2025-04-11 09:00")
    stored = take_questionnaire(cohort.programme, "session", by=None, now=NOW)
    plan_service.add_to_plan(
        cohort.programme, stored, Ask(Moment.SESSION, days_open=20), by=None, now=NOW
    )
    assert db_session.scalars(select(FeedbackRound)).all() == []


# Reminders --------------------------------------------------------------------------------------


def test_two_reminders_reach_only_who_has_not_answered_and_leave_no_trace(
    planned, asking, db_session, app
):
    _cohort, (first, _second), people, rounds = planned
    now = first.ends_at + HOUR
    asked = rounds()[0]
    plan_service.open_planned(asked, **LINKS, now=now)
    asking.answer(asked, people[0], ("useful", 4), now=now)
    db_session.query(OutgoingMail).delete()
    audited = db_session.scalar(select(func.count()).select_from(AuditEntry))
    for hours in (1, 25, 26, 49, 50, 71):
        plan_service.remind_of_open_rounds(**LINKS, now=now + hours * HOUR)
    waiting = db_session.scalars(select(OutgoingMail)).all()
    assert [each.receiver for each in waiting] == [people[1].user.email] * 2
    assert audited == db_session.scalar(select(func.count()).select_from(AuditEntry))
    db_session.commit()
    assert mail.send_waiting() == 2
    db_session.expire_all()
    kept = [(each.receiver, each.subject, each.body, each.error) for each in waiting]
    assert kept == [("", "", "", "")] * 2
