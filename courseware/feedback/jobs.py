"""What the worker does for feedback."""

from flask import url_for

from courseware import clock, jobs
from courseware.db import db
from courseware.feedback import closing_service, plan_service, recommendation_service


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
