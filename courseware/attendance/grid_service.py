"""All registers of a cohort on one sheet: a row for each participant, a column for each session."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from courseware.accounts.models import User
from courseware.attendance import service
from courseware.attendance.models import AttendanceMark, Register
from courseware.attendance.rules import Presence, SessionTime
from courseware.attendance.service import WantedMark
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import list_sessions


@dataclass(frozen=True)
class GridColumn:
    """One session; a register that is closed, or of a session to come, is not written into."""

    training_session: TrainingSession
    time: SessionTime
    is_closed: bool
    is_to_come: bool

    @property
    def is_open(self) -> bool:
        return not self.is_closed and not self.is_to_come


@dataclass(frozen=True)
class GridRow:
    """One participant, with what stands in each column."""

    enrolment_id: int
    public_id: str
    names: tuple[str, ...]
    marks: tuple[Presence | None, ...]


@dataclass(frozen=True)
class Grid:
    """The registers of a cohort as they stand."""

    zone: ZoneInfo
    columns: tuple[GridColumn, ...]
    rows: tuple[GridRow, ...]


def read_grid(cohort: Cohort, *, now: datetime) -> Grid:
    """The registers of a cohort; as many queries for one participant as for five hundred."""
    sessions = list_sessions(cohort)
    closed = set(
        db.session.scalars(
            select(Register.training_session_id)
            .join(TrainingSession, Register.training_session_id == TrainingSession.id)
            .where(TrainingSession.cohort_id == cohort.id, Register.closed_at.is_not(None))
        )
    )
    columns = tuple(
        GridColumn(each, time := service.time_of(each), each.id in closed, time.start > now)
        for each in sessions
    )
    marks = service.marks_in_force(
        AttendanceMark.training_session_id.in_([each.id for each in sessions])
    )
    enrolled = db.session.execute(
        select(Enrolment.id, Enrolment.public_id, User.name_latin, User.name_native, User.email)
        .join(User, Enrolment.user_id == User.id)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None))
    ).all()
    rows = []
    for enrolment_id, public_id, latin, native, email in enrolled:
        found = (marks.get((each.id, enrolment_id)) for each in sessions)
        rows.append(
            GridRow(
                enrolment_id,
                public_id,
                service.shown_names(latin, native, email),
                tuple(mark.presence if mark else None for mark in found),
            )
        )
    rows.sort(key=lambda row: (row.names[0].casefold(), row.enrolment_id))
    return Grid(ZoneInfo(cohort.timezone), columns, tuple(rows))


def record_grid(
    grid: Grid,
    wanted: Mapping[int, Mapping[int, WantedMark]],
    *,
    by: User,
    now: datetime,
    key: str | None = None,
) -> int:
    """Save what is wanted, by column and enrolment, all or nothing; how many marks were added.

    Raises Refused where a register was closed meanwhile.
    """
    added = 0
    for place, marks in sorted(wanted.items()):
        training_session = grid.columns[place].training_session
        added += service.record_marks(
            training_session, marks, by=by, now=now, key=f"{key}:{place}" if key else None
        )
    return added
