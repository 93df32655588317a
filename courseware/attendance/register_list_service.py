"""How far each register is: for home pages and lists."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from courseware.attendance.marks_service import ranked_entries
from courseware.attendance.models import AttendanceMark, Register
from courseware.attendance.rules import AttendanceStatus
from courseware.attendance.service import RegisterSummary
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db
from courseware.schedule.models import TrainingSession


def list_registers(cohorts: Sequence[Cohort], *, now: datetime) -> list[RegisterSummary]:
    """How far each register of some cohorts is, in the order of the sessions.

    Four queries, however many cohorts and sessions: for home pages and lists.
    """
    ids = [cohort.id for cohort in cohorts]
    sessions = db.session.scalars(
        select(TrainingSession)
        .where(TrainingSession.cohort_id.in_(ids))
        .order_by(TrainingSession.starts_at, TrainingSession.id)
    ).all()
    enrolled = dict(
        db.session.execute(
            select(Enrolment.cohort_id, func.count())
            .where(Enrolment.cohort_id.in_(ids), Enrolment.withdrawn_at.is_(None))
            .group_by(Enrolment.cohort_id)
        ).all()
    )
    closed = set(
        db.session.scalars(
            select(Register.training_session_id)
            .join(TrainingSession)
            .where(TrainingSession.cohort_id.in_(ids), Register.closed_at.is_not(None))
        )
    )
    counts = _mark_counts(ids)
    return [
        RegisterSummary(
            training_session=each,
            enrolled=enrolled.get(each.cohort_id, 0),
            marked=counts.get(each.id, (0, 0))[0],
            here=counts.get(each.id, (0, 0))[1],
            has_begun=(each.actual_starts_at or each.starts_at) <= now,
            has_ended=(each.actual_ends_at or each.ends_at) <= now,
            is_closed=each.id in closed,
        )
        for each in sessions
    ]


def _mark_counts(cohort_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Marked and present participants by session, counted by the database."""
    entries = ranked_entries(
        AttendanceMark.training_session_id.in_(
            select(TrainingSession.id).where(TrainingSession.cohort_id.in_(cohort_ids))
        )
    ).subquery()
    was_here = entries.c.status.in_([each for each in AttendanceStatus if each.was_here])
    rows = db.session.execute(
        select(
            entries.c.training_session_id,
            func.count(),
            func.count().filter(was_here),
        )
        .join(Enrolment, Enrolment.id == entries.c.enrolment_id)
        .where(
            entries.c.place == 1,
            entries.c.status.is_not(None),
            Enrolment.withdrawn_at.is_(None),
        )
        .group_by(entries.c.training_session_id)
    )
    return {session_id: (marked, here) for session_id, marked, here in rows}
