"""All registers of a cohort on one sheet: a row for each participant, a column for each session."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from courseware.accounts.models import User
from courseware.attendance import service
from courseware.attendance.grid_rules import rows_on_a_page
from courseware.attendance.marks_service import disagreements, marks_in_force
from courseware.attendance.models import AttendanceMark, Register
from courseware.attendance.rules import Presence, SessionTime
from courseware.attendance.service import WantedMark
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db
from courseware.programmes.models import Module
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import list_sessions

_Where = tuple[ColumnElement[bool], ColumnElement[bool]]


@dataclass(frozen=True)
class GridPerson:
    """One participant; the number is that of the line on a sign-in sheet."""

    number: int
    enrolment_id: int
    public_id: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class GridOutline:
    """Who and what a cohort's sheet is about, before any mark is read."""

    zone: ZoneInfo
    sessions: tuple[TrainingSession, ...]
    people: tuple[GridPerson, ...]

    @property
    def days(self) -> dict[date, tuple[TrainingSession, ...]]:
        """The sessions by day, in the cohort's zone."""
        found: dict[date, tuple[TrainingSession, ...]] = {}
        for each in self.sessions:
            day = each.starts_at.astimezone(self.zone).date()
            found[day] = (*found.get(day, ()), each)
        return found

    @property
    def modules(self) -> list[Module]:
        """The modules that have sessions, in the order of the programme."""
        found = {each.module_id: each.module for each in self.sessions}
        return sorted(found.values(), key=lambda module: module.position)

    def sessions_of(self, part: str) -> tuple[TrainingSession, ...]:
        """The sessions of a day (2025-04-07) or of a module, by its code; else all."""
        for day, sessions in self.days.items():
            if day.isoformat() == part:
                return sessions
        return tuple(each for each in self.sessions if each.module.code == part) or self.sessions

    def pages_of(self, sessions: Sequence[TrainingSession]) -> list[tuple[GridPerson, ...]]:
        """The participants by page, so that a page with these sessions stays a light one."""
        step = rows_on_a_page(len(self.people), len(sessions))
        return [self.people[at : at + step] for at in range(0, len(self.people), step or 1)] or [()]


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
    """One participant, with what stands in each column and whether two people dispute it."""

    number: int
    enrolment_id: int
    public_id: str
    names: tuple[str, ...]
    marks: tuple[Presence | None, ...]
    disputed: tuple[bool, ...]


@dataclass(frozen=True)
class Grid:
    """Some registers of a cohort as they stand, for some of its participants."""

    zone: ZoneInfo
    columns: tuple[GridColumn, ...]
    rows: tuple[GridRow, ...]

    @property
    def disputes(self) -> list[tuple[GridRow, GridColumn]]:
        """The cells about which two people say different things, row by row."""
        return [
            (row, column)
            for row in self.rows
            for column, is_disputed in zip(self.columns, row.disputed, strict=True)
            if is_disputed
        ]


@dataclass(frozen=True)
class SavedGrid:
    """What came of saving: marks added, and what that did to disagreements."""

    added: int
    differing: int
    """Cells just filled about which somebody else says something different."""
    agreed: int
    """Cells just filled that were disputed, and of which all say the same now."""


def read_outline(cohort: Cohort) -> GridOutline:
    """The sessions and the participants of a cohort, by name."""
    enrolled = db.session.execute(
        select(Enrolment.id, Enrolment.public_id, User.name_latin, User.name_native, User.email)
        .join(User, Enrolment.user_id == User.id)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None))
    )
    named = sorted(
        (
            (service.shown_names(latin, native, email), enrolment_id, public_id)
            for enrolment_id, public_id, latin, native, email in enrolled
        ),
        key=lambda each: (each[0][0].casefold(), each[1]),
    )
    people = tuple(
        GridPerson(number, enrolment_id, public_id, names)
        for number, (names, enrolment_id, public_id) in enumerate(named, start=1)
    )
    return GridOutline(ZoneInfo(cohort.timezone), tuple(list_sessions(cohort)), people)


def read_grid(
    outline: GridOutline,
    sessions: Sequence[TrainingSession],
    people: Sequence[GridPerson],
    *,
    now: datetime,
) -> Grid:
    """The registers of these sessions for these people.

    As many queries for one participant as for five hundred.
    """
    ids = [each.id for each in sessions]
    closed = set(
        db.session.scalars(
            select(Register.training_session_id).where(
                Register.training_session_id.in_(ids), Register.closed_at.is_not(None)
            )
        )
    )
    columns = tuple(
        GridColumn(each, time := service.time_of(each), each.id in closed, time.start > now)
        for each in sessions
    )
    its = _cells(ids, [each.enrolment_id for each in people])
    marks, differing = marks_in_force(*its), disagreements(*its)
    rows = []
    for person in people:
        cells = [(each, person.enrolment_id) for each in ids]
        found = (marks.get(cell) for cell in cells)
        rows.append(
            GridRow(
                person.number,
                person.enrolment_id,
                person.public_id,
                person.names,
                tuple(mark.presence if mark else None for mark in found),
                tuple(cell in differing for cell in cells),
            )
        )
    return Grid(outline.zone, columns, tuple(rows))


def _cells(session_ids: Collection[int], enrolment_ids: Collection[int]) -> _Where:
    return (
        AttendanceMark.training_session_id.in_(session_ids),
        AttendanceMark.enrolment_id.in_(enrolment_ids),
    )


def record_grid(
    grid: Grid,
    wanted: Mapping[int, Mapping[int, WantedMark]],
    *,
    by: User,
    now: datetime,
    key: str | None = None,
) -> SavedGrid:
    """Save what is wanted, by column and enrolment, all or nothing.

    It settles no disagreement: whoever fills a column has not seen who said what.
    Raises Refused where a register was closed meanwhile.
    """
    added = 0
    filled: set[tuple[int, int]] = set()
    for place, marks in sorted(wanted.items()):
        training_session = grid.columns[place].training_session
        filled |= {(training_session.id, enrolment_id) for enrolment_id in marks}
        added += service.record_marks(
            training_session,
            marks,
            by=by,
            now=now,
            key=f"{key}:{training_session.public_id}" if key else None,
        )
    if not filled:
        return SavedGrid(0, 0, 0)
    cells = _cells({cell[0] for cell in filled}, {cell[1] for cell in filled})
    differing = filled & disagreements(*cells).keys()
    before = {(column.training_session.id, row.enrolment_id) for row, column in grid.disputes}
    return SavedGrid(added, len(differing), len((filled & before) - differing))
