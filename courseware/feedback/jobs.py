"""What the worker does for feedback."""

from flask import url_for

from courseware import clock, jobs
from courseware.cohorts.models import Cohort
from courseware.db import db, reading
from courseware.feedback import (
    closing_service,
    exports,
    plan_service,
    recommendation_service,
    report_file_service,
    report_service,
)
from courseware.jobs import Step, job


def _link(token: str) -> str:
    return url_for("feedback.answer_by_link", token=token, _external=True)


@jobs.chore
def open_planned_rounds() -> None:
    """Plan what the programmes ask by themselves, and open what is due."""
    now = clock.now()
    plan_service.plan_rounds(now=now)
    db.session.commit()
    for asked in plan_service.list_rounds_to_open(now=now):
        plan_service.open_planned(asked, address_of=_link, now=now)
        db.session.commit()
    db.session.rollback()


@jobs.chore
def remind_of_open_rounds() -> None:
    """Remind whoever has not answered an open round, twice at most."""
    plan_service.remind_of_open_rounds(address_of=_link, now=clock.now())
    db.session.commit()


@jobs.chore
def close_finished_rounds() -> None:
    """Close the rounds whose time is over, so that their answers are mixed and can be read."""
    now = clock.now()
    for asked in closing_service.list_rounds_to_close(now=now):
        closing_service.close_round(asked, by=None, now=now)
        db.session.commit()
        closing_service.sweep_traces()


@jobs.chore
def remind_of_recommendations() -> None:
    """Mail the owners of overdue recommendations, once a week at most."""
    recommendation_service.remind_of_overdue(
        link_to=lambda one: url_for(
            "feedback.recommendation", public_id=one.public_id, _external=True
        ),
        now=clock.now(),
    )
    db.session.commit()


@job(report_file_service.REPORT)
def make_report(step: Step, public_id: str) -> None:
    """Make a report file; killed in the middle, it is made again."""
    step(make_report_file, public_id)


def make_report_file(public_id: str) -> None:
    """Read, set and keep one report. No transaction is open while it is set: others go on."""
    with reading():
        found = report_file_service.find_report_file(public_id)
        if found is None or found.finished_at is not None:
            db.session.rollback()
            return
        kind, languages, cohort_id = found.kind, found.languages, found.cohort_id
        db.session.rollback()
    done = 0

    def step_is_done() -> None:
        nonlocal done
        done += 1
        report_file_service.note_progress(public_id, done)
        db.session.commit()

    try:
        with reading():
            cohort = db.session.get_one(Cohort, cohort_id)
            value = report_service.read_report(cohort, now=clock.now())
            db.session.rollback()
        step_is_done()
        data = exports.make_report(value, kind, languages, step_is_done)
    except Exception as problem:
        db.session.rollback()
        report_file_service.note_problem(public_id, problem)
        db.session.commit()
        raise
    found = report_file_service.find_report_file(public_id)
    assert found is not None
    report_file_service.keep(found, data, now=clock.now())
    db.session.commit()
