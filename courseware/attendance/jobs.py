"""What the worker does for registers and hours: closes, reminds, warns."""

from flask import url_for

from courseware import clock, jobs
from courseware.attendance import (
    decision_mail_service,
    desk_expiry_service,
    register_list_service,
    state_service,
    warning_service,
)
from courseware.db import db


@jobs.chore
def close_finished_registers() -> None:
    """Close the registers whose time is over."""
    now = clock.now()
    for training_session in state_service.list_registers_to_close(now=now):
        state_service.close_register(training_session, by=None, now=now)
    db.session.commit()


@jobs.chore
def remind_of_registers() -> None:
    """Mail the trainers of sessions that are over and not marked, once."""
    now = clock.now()
    due = state_service.list_sessions_to_remind_of(now=now)
    cohorts = {each.cohort_id: each.cohort for each in due}
    for summary in register_list_service.list_registers(list(cohorts.values()), now=now):
        training_session = summary.training_session
        if training_session in due and summary.is_missing:
            link = url_for(
                "attendance.register", public_id=training_session.public_id, _external=True
            )
            state_service.remind_of_register(
                training_session, unmarked=summary.unmarked, link=link, now=now
            )
    db.session.commit()


@jobs.chore
def warn_participants() -> None:
    """Tell participants whose hours are in danger, once, where the programme says so."""
    now = clock.now()
    if now.minute >= 3:  # whole ledgers are reckoned for this: at the beginning of each hour
        return
    for cohort in warning_service.list_cohorts_to_watch(now=now):
        warning_service.warn_participants(
            cohort,
            link_to=lambda id: url_for("attendance.participant", public_id=id, _external=True),
            now=now,
        )
        db.session.commit()


@jobs.chore
def tell_coordinators() -> None:
    """Mail coordinators what waits for a decision, in the morning, where something is new."""
    now = clock.now()
    if now.minute >= 3:  # it is enough to look at the beginning of each hour
        return
    for cohort in decision_mail_service.list_cohorts_to_tell(now=now):
        link = url_for("attendance.open_matters", public_id=cohort.public_id, _external=True)
        decision_mail_service.tell_coordinators(cohort, link=link, now=now)
        db.session.commit()


@jobs.chore
def discard_unaccepted_imports() -> None:
    """Put away the files on import desks that nobody has accepted for long."""
    desk_expiry_service.discard_unaccepted(now=clock.now())
    db.session.commit()
