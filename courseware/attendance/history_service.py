"""The history of a register: every entry, with who made it, when and how."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from courseware.accounts.models import User
from courseware.attendance.marks_service import disagreements, presence_of
from courseware.attendance.models import AttendanceImport, AttendanceMark
from courseware.attendance.rules import (
    ImportState,
    Minutes,
    Presence,
    mark_in_force,
    minutes_of,
)
from courseware.attendance.service import time_of
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
    """One entry of a cell's history, newest first; `is_in_force` is the one that counts.

    One that `disagrees` contradicts another, and nobody has settled it; one of a file that was
    withdrawn counts no longer.
    """

    mark: AttendanceMark
    presence: Presence | None
    minutes: Minutes
    is_in_force: bool
    disagrees: bool
    is_withdrawn: bool


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
    withdrawn = set(
        db.session.scalars(
            select(AttendanceImport.id).where(
                AttendanceImport.training_session_id == training_session.id,
                AttendanceImport.state == ImportState.WITHDRAWN,
            )
        )
    )
    in_force = {
        found.id
        for cell in cells.values()
        if (found := mark_in_force(each for each in cell if each.import_id not in withdrawn))
    }
    its = [AttendanceMark.training_session_id == training_session.id]
    if enrolment_id is not None:
        its.append(AttendanceMark.enrolment_id == enrolment_id)
    differing = {said.id for cell in disagreements(*its).values() for said in cell}
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
                mark.id in differing,
                mark.import_id in withdrawn,
            )
        )
    return history


def mark_presence(mark: AttendanceMark) -> Presence | None:
    """What an entry says; None where it takes a mark back."""
    if mark.status is None:
        return None
    return presence_of(mark.status, mark.arrived_at, mark.left_at, mark.intervals, mark.minutes)


def as_form_data(entry: HistoryEntry | None, zone: ZoneInfo) -> dict[str, str]:
    """An entry as the form of one mark shows it."""
    if entry is None or entry.presence is None:
        return {"status": "none"}
    presence = entry.presence
    return {
        "status": presence.status,
        "arrived": f"{presence.arrived_at.astimezone(zone):%H:%M}" if presence.arrived_at else "",
        "left": f"{presence.left_at.astimezone(zone):%H:%M}" if presence.left_at else "",
        "note": entry.mark.note,
    }
