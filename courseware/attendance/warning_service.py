"""Telling participants that their hours are in danger: once for each way of being so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from courseware import mail
from courseware.accounts.models import User
from courseware.attendance.ledger_rules import Standing
from courseware.attendance.ledger_service import CohortLedger, LedgerRow, ledger_of
from courseware.attendance.marks_service import marks_in_force
from courseware.attendance.models import AttendanceMark, HoursWarning
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db
from courseware.programmes.models import Programme
from courseware.schedule.models import TrainingSession

REST = timedelta(hours=1)
"""A mark younger than this may still be corrected, so nobody is told of it yet."""

LATEST = timedelta(days=30)
"""So long after its last session a cohort is looked at."""


@dataclass(frozen=True)
class Warned:
    """When somebody was told how they stand."""

    standing: Standing
    warned_at: datetime


def list_cohorts_to_watch(*, now: datetime) -> list[Cohort]:
    """The cohorts under way whose programme tells participants of their hours."""
    ends = (
        select(TrainingSession.cohort_id)
        .group_by(TrainingSession.cohort_id)
        .having(
            func.min(TrainingSession.ends_at) <= now,
            func.max(TrainingSession.ends_at) >= now - LATEST,
        )
    )
    return list(
        db.session.scalars(
            select(Cohort)
            .join(Programme, Programme.id == Cohort.programme_id)
            .where(Programme.warn_participants, Cohort.id.in_(ends))
            .order_by(Cohort.id)
        )
    )


def warnings_of(cohort: Cohort) -> dict[int, list[Warned]]:
    """Who in a cohort was told, of what and when, by enrolment."""
    found: dict[int, list[Warned]] = {}
    rows = db.session.execute(
        select(HoursWarning.enrolment_id, HoursWarning.standing, HoursWarning.warned_at)
        .join(Enrolment, Enrolment.id == HoursWarning.enrolment_id)
        .where(Enrolment.cohort_id == cohort.id)
        .order_by(HoursWarning.warned_at)
    )
    for enrolment_id, standing, warned_at in rows:
        found.setdefault(enrolment_id, []).append(Warned(standing, warned_at))
    return found


def warn_participants(cohort: Cohort, *, link_to: Callable[[str], str], now: datetime) -> int:
    """Mail whoever has fallen behind or can no longer reach the hours; how many mails.

    Each is told once of each standing. `link_to` gives the page of an enrolment by its public id.
    """
    ledger = ledger_of(cohort, now=now)
    told = warnings_of(cohort)
    rows = [
        row
        for row in ledger.rows
        if row.ledger.standing.needs_attention
        and row.ledger.standing not in {each.standing for each in told.get(row.enrolment_id, ())}
    ]
    fresh = _marked_lately([row.enrolment_id for row in rows], now)
    rows = [row for row in rows if row.enrolment_id not in fresh]
    people = {
        person.id: person
        for person in db.session.scalars(select(User).where(User.id.in_([r.user_id for r in rows])))
    }
    return sum(_warn(ledger, row, people[row.user_id], link_to(row.public_id), now) for row in rows)


def _marked_lately(enrolment_ids: Sequence[int], now: datetime) -> set[int]:
    """Those whose marks may still be corrected: one of them that counts is younger than REST."""
    marks = marks_in_force(AttendanceMark.enrolment_id.in_(enrolment_ids)) if enrolment_ids else {}
    return {
        enrolment_id
        for (_session, enrolment_id), mark in marks.items()
        if mark.marked_at > now - REST
    }


def _warn(ledger: CohortLedger, row: LedgerRow, person: User, link: str, now: datetime) -> bool:
    if not person.is_active or not person.email:
        return False
    insert = (postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert)(
        HoursWarning
    )
    # Two workers may come here at once: the row decides which of them writes the mail.
    added = db.session.execute(
        insert.values(enrolment_id=row.enrolment_id, standing=row.ledger.standing, warned_at=now)
        .on_conflict_do_nothing(index_elements=["enrolment_id", "standing"])
        .returning(HoursWarning.id)
    )
    if added.first() is None:
        return False
    mail.queue(
        person.email,
        "hours_warning",
        now=now,
        in_language=person.language or current_app.config["SETTINGS"].language,
        person=person,
        cohort=ledger.cohort,
        ledger=row.ledger,
        hour=ledger.cohort.programme.academic_hour_minutes,
        is_out_of_reach=row.ledger.standing is Standing.OUT_OF_REACH,
        link=link,
    )
    return True
