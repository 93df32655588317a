"""What is asked by itself: planned ahead, moved with the schedule, opened, reminded of, closed."""

from datetime import timedelta

import pytest
from factories import NOW
from sqlalchemy import func, select

from courseware import mail
from courseware.audit import AuditEntry
from courseware.errors import Refused
from courseware.feedback import closing_service, plan_service, service, ticket_service
from courseware.feedback.models import FeedbackLink, FeedbackRound, FeedbackTicket
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
    assert after.is_worth_planning(Moment.SESSION, NOW + DAY)
    assert not after.is_worth_planning(Moment.SESSION, NOW + 2 * DAY)
    assert after.is_worth_planning(Moment.BEFORE, NOW + 2 * DAY)


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
    assert plan_service.take_usual_plan(cohort.programme, by=None, now=NOW) == (5, [])
    assert plan_service.take_usual_plan(cohort.programme, by=None, now=NOW) == (0, [])
    other = make.programme()
    for module in other.modules:
        module.outcomes = []
    added, (why,) = plan_service.take_usual_plan(other, by=None, now=NOW)
    assert (added, "outcomes" in str(why)) == (3, True)


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
    assert db_session.scalar(select(func.count()).select_from(FeedbackLink)) == 4
    closing_service.close_round(asked, by=None, now=now + 4 * DAY)
    assert db_session.scalar(select(func.count()).select_from(FeedbackLink)) == 2


# Pages ------------------------------------------------------------------------------------------


def test_a_coordinator_plans_opens_and_calls_off(planned, make, browser):
    cohort, (first, _second), _people, rounds = planned
    boss = browser(make.coordinator(cohort.programme))
    page = f"/programmes/{cohort.programme.public_id}/feedback-plan"
    assert "30 minutes after the end of each session" in boss.get(page).text
    line = plan_service.list_plan(cohort.programme)[0]
    assert boss.get(f"/feedback/plans/{line.public_id}").status_code == 200
    typed = {"number": "2", "unit": "hours", "side": "after", "days_open": "3", "reminders": "1"}
    wrong = boss.post(f"/feedback/plans/{line.public_id}", data=typed | {"days_open": "0"})
    assert (wrong.status_code, "from 1 to 365" in wrong.text) == (422, True)
    assert boss.post(f"/feedback/plans/{line.public_id}", data=typed).status_code == 303
    assert "2 hours after the end of each session" in boss.get(page).text
    twice = boss.post(f"{page}/new", data=typed | {"questionnaire": "session:session"})
    assert (twice.status_code, "asks this questionnaire" in twice.text) == (422, True)
    assert boss.post(f"{page}/usual").status_code == 303
    asked = next(each for each in rounds() if each.place == first.code)
    here = f"/feedback/rounds/{asked.public_id}"
    assert "opens by itself on" in boss.get(here).text
    assert boss.post(f"{here}/close").status_code == 409
    assert boss.post(f"{here}/call-off").status_code == 303
    assert "called off" in boss.get(here).text
    assert boss.post(f"{here}/begin").status_code == 303
    assert boss.post(f"{here}/call-off").status_code == 409
    assert boss.post(f"/feedback/plans/{line.public_id}/remove").status_code == 303
    assert boss.get("/").status_code == 200


def test_companies_get_a_link_each_and_their_addresses_are_forgotten(
    make, browser, asking, db_session
):
    cohort = make.cohort()
    make.enrolments(cohort, 2)
    by = make.coordinator(cohort)
    stored = take_questionnaire(cohort.programme, "course", by=by, now=NOW)
    stored.about = About.NEEDS  # the library has one that is about needs; its questions matter not
    stored.definition = stored.definition | {"about": "needs"}
    asked = service.open_round(cohort, stored, None, by=by, now=NOW)
    asked.closes_at = NOW + 5000 * DAY
    assert db_session.scalar(select(func.count()).select_from(FeedbackTicket)) == 0
    boss = browser(by)
    db_session.query(OutgoingMail).delete()
    page = f"/feedback/rounds/{asked.public_id}/companies"
    wrong = boss.post(page, data={"addresses": "a@firm.example, nobody", "language": "ru"})
    assert (wrong.status_code, "“nobody” is not an e-mail address" in wrong.text) == (422, True)
    typed = "a@firm.example\nB@firm.example; b@firm.example"
    assert boss.post(page, data={"addresses": typed, "language": "ru"}).status_code == 303
    mails = db_session.scalars(select(OutgoingMail).order_by(OutgoingMail.receiver)).all()
    assert [each.receiver for each in mails] == ["a@firm.example", "b@firm.example"]
    link = next(word for word in mails[0].body.split() if word.startswith("http"))
    assert browser().get(link.removeprefix("http://localhost")).status_code == 200
    assert mail.send_waiting() == 2
    db_session.expire_all()
    assert {each.receiver for each in mails} == {""}


def test_with_the_course_the_follow_up_is_planned_at_once(make, browser, db_session):
    cohort = make.cohort()
    make.enrolments(cohort, 1)
    boss = browser(make.coordinator(cohort))
    sent = {"questionnaire": "course:after", "days": "7", "mail": "yes", "reminders": "2"}
    opened = boss.post(
        f"/cohorts/{cohort.public_id}/feedback/open", data=sent | {"follow_up": "yes"}
    )
    assert opened.status_code == 303
    asked = db_session.scalar(select(FeedbackRound).where(FeedbackRound.moment == Moment.AFTER))
    assert (asked.is_by_mail, asked.reminders) == (True, 2)
    later = db_session.scalar(select(FeedbackRound).where(FeedbackRound.moment == Moment.FOLLOW_UP))
    assert (later.opened_at, later.opens_at - asked.opened_at) == (None, 90 * DAY)
