"""Every entry of a cohort with its history, in one query, for whoever defends the hours."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from courseware.accounts.models import User
from courseware.attendance.marks_service import presence_of
from courseware.attendance.models import AttendanceImport, AttendanceMark
from courseware.attendance.rules import (
    ImportState,
    MarkSource,
    Minutes,
    Presence,
    SessionTime,
    mark_in_force,
    minutes_of,
)
from courseware.cohorts.models import Cohort
from courseware.db import db
from courseware.schedule.models import TrainingSession


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it was made. `presence` None takes a mark back."""

    id: int
    presence: Presence | None
    source: MarkSource
    note: str
    marked_at: datetime
    marked_by: str
    settles: bool
    file: str
    is_withdrawn: bool
    is_in_force: bool = False

    @property
    def takes_back(self) -> bool:
        return self.presence is None

    def minutes_at(self, time: SessionTime) -> Minutes:
        """The contact minutes that it stands for."""
        return minutes_of(self.presence, time) if self.presence else 0


@dataclass(frozen=True)
class CohortEntries:
    """The entries of a cohort by session and enrolment, each cell in the order of making."""

    cells: dict[tuple[int, int], list[Entry]]

    def of(self, session_id: int, enrolment_id: int) -> list[Entry]:
        """The entries about one participant at one session."""
        return self.cells.get((session_id, enrolment_id), [])


def entries_of(cohort: Cohort) -> CohortEntries:
    """Every entry of a cohort: one query, however many there are."""
    by = AttendanceMark.marked_by_id == User.id
    rows = db.session.execute(
        select(
            AttendanceMark.training_session_id,
            AttendanceMark.enrolment_id,
            AttendanceMark.id,
            AttendanceMark.status,
            AttendanceMark.arrived_at,
            AttendanceMark.left_at,
            AttendanceMark.intervals,
            AttendanceMark.minutes,
            AttendanceMark.source,
            AttendanceMark.note,
            AttendanceMark.marked_at,
            AttendanceMark.settles,
            User.name_latin,
            User.name_native,
            User.email,
            AttendanceImport.file_name,
            AttendanceImport.state,
        )
        .join(TrainingSession, TrainingSession.id == AttendanceMark.training_session_id)
        .outerjoin(User, by)
        .outerjoin(AttendanceImport, AttendanceImport.id == AttendanceMark.import_id)
        .where(TrainingSession.cohort_id == cohort.id)
    )
    cells: dict[tuple[int, int], list[Entry]] = {}
    for row in rows:
        (
            session_id, enrolment_id, id, status, arrived_at, left_at, intervals, minutes,
            source, note, marked_at, settles, latin, native, email, file_name, state,
        ) = row  # fmt: skip
        presence = None
        if status is not None:
            presence = presence_of(status, arrived_at, left_at, intervals, minutes)
        entry = Entry(
            id=id,
            presence=presence,
            source=source,
            note=note,
            marked_at=marked_at,
            marked_by=latin or native or email or "",
            settles=settles,
            file=file_name or "",
            is_withdrawn=state is ImportState.WITHDRAWN,
        )
        cells.setdefault((session_id, enrolment_id), []).append(entry)
    for entries in cells.values():
        entries.sort(key=lambda each: (each.marked_at, each.id))
        counting = mark_in_force(each for each in entries if not each.is_withdrawn)
        if counting is not None and counting.presence is not None:
            entries[entries.index(counting)] = replace(counting, is_in_force=True)
    return CohortEntries(cells)
