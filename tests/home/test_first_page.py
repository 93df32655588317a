"""Each role's first page answers: what now?"""

import re
from datetime import timedelta

import pytest

from courseware import clock
from courseware.attendance.request_service import announce_absence
from courseware.attendance.rules import AttendanceStatus, Presence
from courseware.attendance.service import WantedMark, record_marks
from courseware.home import service
from courseware.schedule.models import SessionTrainer, TrainerPart


def session_from_now(make, cohort, hours, **values):
    """A session that begins `hours` from now, in whole minutes."""
    begins = (clock.now() + timedelta(hours=hours)).replace(second=0)
    return make.training_session(cohort, starts=begins.strftime("%Y-%m-%d %H:%M"), **values)


def test_a_stranger_reads_what_this_is_and_where_to_sign_in(client):
    page = client.get("/").text

    assert "Courses that two universities teach together" in page
    assert 'href="/sign-in"' in page


def test_a_person_without_any_role_is_told_what_will_be_here(browser, make):
    assert "Nothing for you yet" in browser(make.user()).get("/").text


def test_a_trainer_sees_the_next_session_large_with_its_register(browser, make):
    cohort = make.cohort()
    training_session = session_from_now(make, cohort, 1, title="Asking and listening")
    trainer = make.trainer(cohort, leads=training_session)
    colleague = make.user(name_latin="Gulnora Co-trainer")
    training_session.trainers.append(SessionTrainer(user=colleague, part=TrainerPart.CO_TRAINER))

    page = browser(trainer).get("/").text

    assert "Asking and listening" in page
    assert "with Gulnora Co-trainer" in page


def test_a_trainer_is_reminded_of_yesterdays_open_register(browser, make):
    cohort = make.cohort()
    make.enrolment(cohort)
    training_session = session_from_now(make, cohort, -30, title="Yesterday's session")
    trainer = make.trainer(cohort, leads=training_session)

    page = browser(trainer).get("/").text

    assert "Registers that need you" in page
    assert "Yesterday&#39;s session" in page


def test_a_participant_sees_hours_and_every_reason_against_the_certificate(browser, make):
    cohort = make.cohort()
    enrolment = make.enrolment(cohort)
    training_session = session_from_now(make, cohort, -30)
    trainer = make.trainer(cohort, leads=training_session)
    marks = {enrolment.id: WantedMark(Presence(AttendanceStatus.PRESENT))}
    record_marks(training_session, marks, by=trainer, now=clock.now())

    page = browser(enrolment.user).get("/").text

    assert "<strong>2</strong> of 36 h" in page
    assert "28.8 needed" in page
    assert "Not yet:" in page


def test_a_coordinator_sees_registers_missing_and_who_is_enrolled(browser, make):
    cohort = make.cohort()
    make.enrolments(cohort, 3)
    session_from_now(make, cohort, -30, code="S07")

    page = browser(make.coordinator(cohort)).get("/").text

    assert "One register needs you" in page
    assert "S07" in page
    assert "0 of 3 marked" in page


def test_a_coordinator_sees_how_much_waits_and_how_many_are_behind(browser, make):
    cohort = make.cohort()
    late, fine = make.enrolments(cohort, 2)
    over = session_from_now(make, cohort, -30)
    soon = session_from_now(make, cohort, 30, code="S08")
    now = clock.now()
    for person, status in (
        (make.trainer(cohort), AttendanceStatus.ABSENT),
        (make.trainer(cohort), AttendanceStatus.PRESENT),
        (make.trainer(cohort), AttendanceStatus.ABSENT),
    ):
        marks = {late.id: WantedMark(Presence(status))}
        record_marks(over, marks, by=person, now=now)
    announce_absence(fine, [soon], reason="A wedding", by=fine.user, now=now)

    page = " ".join(browser(make.coordinator(cohort)).get("/").text.split())

    assert "2 decisions wait for you" in page
    address = f"/cohorts/{cohort.public_id}/attendance"
    told = "Announced absences: 1 · Two people say different things: 1"
    assert f'<a href="{address}/open">{cohort.code}</a> · {told}' in page
    assert f'<a href="{address}">behind: 1' in page


def test_an_administrator_also_sees_how_many_people_can_sign_in(browser, make):
    administrator = make.administrator()

    assert "1 person can sign in" in browser(administrator).get("/").text


@pytest.mark.parametrize("cohorts", [1, 8])
def test_a_coordinators_first_page_costs_the_same_queries_for_one_cohort_and_for_eight(
    make, queries, db_session, cohorts
):
    programme = make.programme()
    coordinator = make.coordinator(programme)
    for _ in range(cohorts):
        cohort = make.cohort(programme, starts_on=(clock.now() + timedelta(days=9)).date())
        make.enrolments(cohort, 2)
        session_from_now(make, cohort, 240)
    db_session.commit()

    with queries() as seen:
        found = service.cohorts_run_by(coordinator, now=clock.now())

    assert len(found) == cohorts
    assert len(seen) == 14


@pytest.mark.parametrize("sessions", [1, 12])
def test_a_trainers_first_page_costs_the_same_queries_for_one_session_and_for_twelve(
    make, queries, db_session, sessions
):
    cohort = make.cohort()
    trainer = make.trainer(cohort)
    for number in range(sessions):
        one = session_from_now(make, cohort, 24 * number + 1)
        one.trainers.append(SessionTrainer(user=trainer, part=TrainerPart.LEAD))
    db_session.commit()

    with queries() as seen:
        day = service.teaching_of(trainer, now=clock.now())

    assert day.next_up is not None
    assert len(seen) == 12


def test_a_participant_confirms_the_name_as_it_will_be_printed(browser, make, db_session):
    enrolment = make.enrolment(make.cohort(), user=make.user(name_latin="Sa'dī Ne'matzoda"))
    page = browser(enrolment.user)

    assert "Sa&#39;dī Ne&#39;matzoda" in page.get(f"/enrolments/{enrolment.public_id}/name").text
    answer = page.post(f"/enrolments/{enrolment.public_id}/name")

    assert (answer.status_code, answer.location) == (303, "/")
    assert enrolment.name_confirmed_at is not None


def test_nobody_confirms_a_strangers_name(browser, make):
    enrolment = make.enrolment(make.cohort())

    assert browser(make.user()).post(f"/enrolments/{enrolment.public_id}/name").status_code == 404
    assert enrolment.name_confirmed_at is None


def test_the_place_in_the_navigation_is_what_a_page_is_about(browser, make, db_session):
    cohort = make.cohort()
    client = browser(make.coordinator(cohort))
    db_session.commit()

    def current(address):
        return re.findall(r'aria-current="page">([^<]+)</a></li>', client.get(address).text)[0]

    programme, own = cohort.programme.public_id, cohort.public_id
    assert current(f"/programmes/{programme}/feedback-plan") == "Programmes"
    assert current(f"/programmes/{programme}/certificate-design") == "Programmes"
    assert current(f"/cohorts/{own}/feedback") == "Cohorts"
    assert current(f"/cohorts/{own}/certificates") == "Cohorts"
