"""What is done to a register as a whole: it closes, is opened again, and is reminded of."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload

from courseware import audit, mail
from courseware.accounts.models import User
from courseware.attendance.models import Register
from courseware.attendance.register_rules import (
    RegisterState,
    closes_at,
    register_state,
    reminder_is_due,
)
from courseware.cohorts.models import Cohort
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.messages import N_, Message
from courseware.programmes.models import Programme
from courseware.schedule.models import TrainingSession

LONGEST_REASON = 400
MOST_OLD = timedelta(days=60)
"""Longer ago than any reminder is due."""
CLOSE, REOPEN = "close register", "reopen register"


def refuse_if_closed(training_session: TrainingSession) -> None:
    """Raise Refused when the register of a session is closed."""
    if is_closed(training_session):
        raise Refused(
            Message(
                N_(
                    "The register of session %(code)s is closed, so nothing was saved. "
                    "Open it again to change marks."
                ),
                code=training_session.code,
            )
        )


def close_register(training_session: TrainingSession, *, by: User | None, now: datetime) -> None:
    """Close a register: it can be read and no longer changed. Closing twice changes nothing.

    `by` is None where it closes by itself.
    """
    if now < training_session.starts_at:
        raise Refused(N_("The session has not begun, so its register cannot be closed yet."))
    register = _locked(training_session)
    if register.closed_at is None:
        register.closed_at, register.closed_by_id = now, by.id if by else None
        audit.record(CLOSE, training_session, by=by, now=now)


def reopen_register(
    training_session: TrainingSession, *, reason: str, by: User, now: datetime
) -> None:
    """Open a closed register again; the reason is kept. An open one stays as it is."""
    if not reason:
        raise BadInput([N_("Say why the register is opened again: the reason is kept with it.")])
    register = _locked(training_session)
    if register.closed_at is not None:
        register.closed_at = register.closed_by_id = None
        register.reopened_at, register.reopened_by_id = now, by.id
        register.reopen_reason = reason[:LONGEST_REASON]
        audit.record(REOPEN, training_session, by=by, now=now, reason=register.reopen_reason)


def _locked(training_session: TrainingSession) -> Register:
    """The one row of a register, made where there is none, and nobody else's until the commit."""
    insert = (postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert)(
        Register
    )
    db.session.execute(
        insert.values(
            training_session_id=training_session.id, reopen_reason=""
        ).on_conflict_do_nothing(index_elements=["training_session_id"])
    )
    return db.session.scalars(
        select(Register)
        .where(Register.training_session_id == training_session.id)
        .with_for_update(of=Register)
        .execution_options(populate_existing=True)
    ).one()


def is_closed(training_session: TrainingSession) -> bool:
    """Whether the register of a session is closed."""
    return (
        db.session.scalar(
            select(Register.closed_at).where(Register.training_session_id == training_session.id)
        )
        is not None
    )


def find_register_state(training_session: TrainingSession) -> Register | None:
    """What was done to the register of a session; None where nothing was."""
    return db.session.scalar(
        select(Register)
        .where(Register.training_session_id == training_session.id)
        .options(joinedload(Register.closed_by), joinedload(Register.reopened_by))
    )


def state_of(training_session: TrainingSession, *, now: datetime) -> RegisterState:
    """How the register of a session stands."""
    register = find_register_state(training_session)
    return register_state(
        starts_at=training_session.actual_starts_at or training_session.starts_at,
        closed_at=register.closed_at if register else None,
        reopened_at=register.reopened_at if register else None,
        now=now,
    )


@dataclass(frozen=True)
class RegisterAct:
    """A register was closed or opened again; `by` is empty where it closed by itself."""

    is_closing: bool
    at: datetime
    by: str
    reason: str


def list_acts(training_session: TrainingSession) -> list[RegisterAct]:
    """Every closing and reopening of a register, the newest first."""
    rows = db.session.execute(
        select(audit.AuditEntry, User)
        .outerjoin(User, audit.AuditEntry.by_user_id == User.id)
        .where(
            audit.AuditEntry.subject_public_id == training_session.public_id,
            audit.AuditEntry.act.in_((CLOSE, REOPEN)),
        )
        .order_by(audit.AuditEntry.id.desc())
    )
    return [
        RegisterAct(
            entry.act == CLOSE, entry.at, user.name if user else "", entry.detail.get("reason", "")
        )
        for entry, user in rows
    ]


def when_it_closes(
    training_session: TrainingSession, reopened_at: datetime | None
) -> datetime | None:
    """When a register that is open closes by itself; None where it does not."""
    return closes_at(
        ends_at=training_session.actual_ends_at or training_session.ends_at,
        known_since=training_session.cohort.created_at,
        reopened_at=reopened_at,
        days=training_session.cohort.programme.register_days,
    )


def list_registers_to_close(*, now: datetime) -> list[TrainingSession]:
    """The sessions whose registers should have closed by themselves by now."""
    rows = db.session.execute(
        select(TrainingSession, Register.reopened_at)
        .join(Cohort, TrainingSession.cohort_id == Cohort.id)
        .join(Programme, Cohort.programme_id == Programme.id)
        .outerjoin(Register, Register.training_session_id == TrainingSession.id)
        .where(
            Programme.register_days > 0,
            Register.closed_at.is_(None),
            TrainingSession.ends_at <= now - timedelta(days=1),
        )
        .order_by(TrainingSession.id)
    ).all()
    return [
        each
        for each, reopened_at in rows
        if (closing := when_it_closes(each, reopened_at)) is not None and closing <= now
    ]


def list_sessions_to_remind_of(*, now: datetime) -> list[TrainingSession]:
    """The sessions of whose open registers nobody was reminded yet, and now somebody would be."""
    rows = db.session.scalars(
        select(TrainingSession)
        .join(Cohort, TrainingSession.cohort_id == Cohort.id)
        .join(Programme, Cohort.programme_id == Programme.id)
        .outerjoin(Register, Register.training_session_id == TrainingSession.id)
        .where(
            Programme.reminder_hours > 0,
            Register.closed_at.is_(None),
            Register.reminded_at.is_(None),
            TrainingSession.ends_at <= now,
            TrainingSession.starts_at > now - MOST_OLD,
        )
        .order_by(TrainingSession.id)
    ).all()
    return [
        each
        for each in rows
        if reminder_is_due(
            ends_at=each.actual_ends_at or each.ends_at,
            known_since=each.cohort.created_at,
            hours=each.cohort.programme.reminder_hours,
            now=now,
        )
    ]


def remind_of_register(
    training_session: TrainingSession, *, unmarked: int, link: str, now: datetime
) -> int:
    """Mail the trainers of a session that its register is not filled, once; how many mails."""
    register = _locked(training_session)
    if register.reminded_at is not None:
        return 0
    register.reminded_at = now
    language = current_app.config["SETTINGS"].language
    people = [each.user for each in training_session.trainers if each.user.is_active]
    written = [(person, person.email) for person in people if person.email]
    for person, email in written:
        mail.queue(
            email,
            "register_reminder",
            now=now,
            in_language=person.language or language,
            person=person,
            training_session=training_session,
            zone=training_session.cohort.timezone,
            unmarked=unmarked,
            link=link,
            closing=when_it_closes(training_session, register.reopened_at),
        )
    return len(written)
