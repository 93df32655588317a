"""The history of a register: every entry, with who made it, when and how."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from courseware.accounts.models import User
from courseware.attendance.models import AttendanceMark
from courseware.attendance.rules import Minutes, Presence, mark_in_force, minutes_of
from courseware.attendance.service import presence_of, time_of
from courseware.cohorts.models import Enrolment
from courseware.cohorts.service import find_enrolment
from courseware.db import db
from courseware.permissions import Role, roles_on
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import find_training_session


@dataclass(frozen=True)
class RegisterCell:
    """One participant at one session, both of one cohort."""

    training_session: TrainingSession
    enrolment: Enrolment


@roles_on.register
def _roles_on_cell(subject: RegisterCell, user: User) -> set[Role]:
    return roles_on(subject.training_session, user)


def find_cell(public_id: str, enrolment_id: str) -> RegisterCell | None:
    """The cell of a session and an enrolment of the same cohort."""
    training_session = find_training_session(public_id)
    enrolment = find_enrolment(enrolment_id)
    if training_session is None or enrolment is None:
        return None
    if training_session.cohort_id != enrolment.cohort_id:
        return None
    return RegisterCell(training_session, enrolment)


@dataclass(frozen=True)
class HistoryEntry:
    """One entry of a cell's history, newest first; `is_in_force` is the one that counts."""

    mark: AttendanceMark
    presence: Presence | None
    minutes: Minutes
    is_in_force: bool


def history_of(
    training_session: TrainingSession, enrolment_id: int | None = None
) -> list[HistoryEntry]:
    """Every entry of a register, or of one cell, newest first."""
    entries = (
        select(AttendanceMark)
        .where(AttendanceMark.training_session_id == training_session.id)
        .options(
            joinedload(AttendanceMark.marked_by),
            joinedload(AttendanceMark.enrolment).joinedload(Enrolment.user),
        )
        .order_by(AttendanceMark.marked_at.desc(), AttendanceMark.id.desc())
    )
    if enrolment_id is not None:
        entries = entries.where(AttendanceMark.enrolment_id == enrolment_id)
    marks = db.session.scalars(entries).all()
    cells: dict[int, list[AttendanceMark]] = {}
    for mark in marks:
        cells.setdefault(mark.enrolment_id, []).append(mark)
    in_force = {found.id for cell in cells.values() if (found := mark_in_force(cell)) is not None}
    time = time_of(training_session)
    history = []
    for mark in marks:
        presence = mark_presence(mark)
        history.append(
            HistoryEntry(
                mark,
                presence,
                minutes_of(presence, time) if presence else 0,
                mark.id in in_force,
            )
        )
    return history


def mark_presence(mark: AttendanceMark) -> Presence | None:
    """What an entry says; None where it takes a mark back."""
    if mark.status is None:
        return None
    return presence_of(mark.status, mark.arrived_at, mark.left_at, mark.intervals, mark.minutes)
