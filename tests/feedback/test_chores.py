"""What the worker does for feedback without being asked."""

from datetime import timedelta

from courseware import clock, jobs
from courseware.db import db
from courseware.feedback import questionnaire_service, service


def test_a_round_whose_time_is_over_closes_by_itself_and_one_that_runs_stays_open(app, make):
    cohort = make.cohort()
    now, by = clock.now(), make.coordinator(cohort)
    questionnaire = questionnaire_service.take_questionnaire(
        cohort.programme, "course", by=by, now=now
    )
    sessions = questionnaire_service.take_questionnaire(cohort.programme, "session", by=by, now=now)
    over = service.open_round(
        cohort, questionnaire, None,
        closes_at=now - timedelta(hours=1), by=by, now=now - timedelta(days=3),
    )  # fmt: skip
    running = service.open_round(cohort, sessions, make.training_session(cohort), by=by, now=now)
    db.session.commit()
    jobs.do_chores()
    jobs.do_chores()
    db.session.refresh(over)
    db.session.refresh(running)
    assert (over.closed_at is not None, running.closed_at) == (True, None)
