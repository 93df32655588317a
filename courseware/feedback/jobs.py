"""What the worker does for feedback."""

from flask import url_for

from courseware import clock, jobs
from courseware.db import db
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
    """Read, write and keep one report; nobody waits for the database meanwhile."""
    found = report_file_service.find_report_file(public_id)
    if found is None or found.finished_at is not None:
        return
    found.done = 0

    def step_is_done() -> None:
        found.done += 1
        db.session.commit()

    try:
        value = report_service.read_report(found.cohort, now=clock.now())
        step_is_done()
        data = exports.make_report(value, found.kind, found.languages, step_is_done)
    except Exception as problem:
        db.session.rollback()
        found.error = f"{type(problem).__name__}: {problem}"[:400]
        db.session.commit()
        raise
    report_file_service.keep(found, data, now=clock.now())
    db.session.commit()
