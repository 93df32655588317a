"""The hours ledger of a cohort and of one participant, read in one pass."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, select

from courseware.accounts.models import User
from courseware.attendance.ledger_rules import (
    Course,
    HeldSession,
    ModuleLine,
    ParticipantLedger,
    PlannedModule,
    Requirement,
    SessionLine,
    Standing,
    participant_ledger,
)
from courseware.attendance.marks_service import (
    MarkInForce,
    disagreements,
    marks_in_force,
    presences_in_force,
)
from courseware.attendance.models import AttendanceMark, Register
from courseware.attendance.rules import AttendanceStatus, Presence, SessionTime
from courseware.attendance.service import session_time, shown_names
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db
from courseware.partners.models import Organisation
from courseware.programmes.models import Module
from courseware.schedule.models import SessionBreak, TrainingSession


@dataclass(frozen=True)
class LedgerModule:
    """A module as the ledger shows it."""

    id: int
    code: str
    titles: dict[str, str]
    planned: int


@dataclass(frozen=True)
class LedgerSession:
    """A session as the ledger shows it; `held` is what its hours are reckoned from."""

    id: int
    public_id: str
    code: str
    title: str
    module_id: int
    starts_at: datetime
    ends_at: datetime
    actual_reason: str
    closed_at: datetime | None
    held: HeldSession


@dataclass(frozen=True)
class LedgerRow:
    """One participant's row: who, their sums, and what by session they rest on."""

    enrolment_id: int
    public_id: str
    user_id: int
    names: tuple[str, ...]
    organisation: str
    ledger: ParticipantLedger
    presences: dict[int, Presence]


@dataclass(frozen=True)
class CohortLedger:
    """The hours ledger of a whole cohort."""

    cohort: Cohort
    course: Course
    modules: tuple[LedgerModule, ...]
    sessions: tuple[LedgerSession, ...]
    rows: tuple[LedgerRow, ...]

    @cached_property
    def by_enrolment(self) -> dict[int, ParticipantLedger]:
        """Each participant's ledger by the id of the enrolment."""
        return {row.enrolment_id: row.ledger for row in self.rows}

    @property
    def rows_by_need(self) -> list[LedgerRow]:
        """Who needs attention first, then by name."""
        order = (Standing.OUT_OF_REACH, Standing.BEHIND)

        def need(row: LedgerRow) -> tuple[int, int]:
            standing = row.ledger.standing
            if not standing.needs_attention:
                return len(order), 0
            return order.index(standing), row.ledger.reachable

        return sorted(self.rows, key=need)

    def modules_with_sessions(self) -> list[tuple[LedgerModule, list[LedgerSession]]]:
        """The sessions grouped by module, in the programme's order; a module without one too."""
        return [
            (module, [each for each in self.sessions if each.module_id == module.id])
            for module in self.modules
        ]

    @cached_property
    def sessions_by_module(self) -> list[LedgerSession]:
        """The sessions in the order of the ledger's columns."""
        return [each for _module, sessions in self.modules_with_sessions() for each in sessions]

    @cached_property
    def present_by_session(self) -> dict[int, int]:
        """How many were there for at least a part, by session."""
        return {
            each.id: sum(
                1
                for row in self.rows
                if (presence := row.presences.get(each.id)) and presence.status.was_here
            )
            for each in self.sessions
        }

    @cached_property
    def unmarked_by_session(self) -> dict[int, int]:
        """How many nobody has marked, by session that has ended."""
        return {
            each.id: sum(1 for row in self.rows if each.id not in row.presences)
            for each in self.sessions
            if each.held.has_ended
        }

    @property
    def attended(self) -> int:
        """Minutes of all participants together."""
        return sum(row.ledger.attended for row in self.rows)


@dataclass(frozen=True)
class AttendedSession:
    """One session on a participant's page: the figures and the mark that they rest on."""

    session: LedgerSession
    line: SessionLine
    mark: MarkInForce | None

    @property
    def presence(self) -> Presence | None:
        return self.mark.presence if self.mark else None

    @property
    def status(self) -> AttendanceStatus | None:
        return self.line.status


@dataclass(frozen=True)
class ParticipantAttendance:
    """Everything about one participant's hours."""

    enrolment: Enrolment
    course: Course
    ledger: ParticipantLedger
    modules: tuple[tuple[LedgerModule, ModuleLine, tuple[AttendedSession, ...]], ...]


Marks = Mapping[tuple[int, int], MarkInForce]
"""The marks that count, by session and enrolment."""


def marks_of(cohort: Cohort) -> Marks:
    """The marks that count in a cohort, with how each came about."""
    its = select(TrainingSession.id).where(TrainingSession.cohort_id == cohort.id)
    return marks_in_force(_is_at(db.session.scalars(its).all()))


def ledger_of(cohort: Cohort, *, now: datetime, marks: Marks | None = None) -> CohortLedger:
    """The hours ledger of a cohort: at most six queries, however many participants there are.

    `marks` are those of `marks_of`, for whoever has read them anyway.
    """
    modules, sessions, course = _course_of(cohort, now=now)
    enrolled = db.session.execute(
        select(
            Enrolment.id,
            Enrolment.public_id,
            Enrolment.user_id,
            User.name_latin,
            User.name_native,
            User.email,
            Organisation.short_name,
        )
        .join(User, Enrolment.user_id == User.id)
        .outerjoin(Organisation, Enrolment.organisation_id == Organisation.id)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None))
    ).all()
    if marks is None:
        found = presences_in_force(_is_at([each.id for each in sessions]))
    else:
        found = _by_enrolment(marks)
    rows = [
        LedgerRow(
            enrolment_id=row.id,
            public_id=row.public_id,
            user_id=row.user_id,
            names=shown_names(row.name_latin, row.name_native, row.email),
            organisation=row.short_name or "",
            ledger=participant_ledger(course, its := found.get(row.id, {})),
            presences=its,
        )
        for row in enrolled
    ]
    rows.sort(key=lambda row: (row.names[0].casefold(), row.enrolment_id))
    return CohortLedger(cohort, course, modules, sessions, tuple(rows))


def _by_enrolment(marks: Marks) -> dict[int, dict[int, Presence]]:
    found: dict[int, dict[int, Presence]] = {}
    for (session_id, enrolment_id), mark in marks.items():
        found.setdefault(enrolment_id, {})[session_id] = mark.presence
    return found


def disputed_cells(found: CohortLedger) -> Collection[tuple[int, int]]:
    """Session and enrolment of each cell about which people say different things."""
    return disagreements(_is_at([each.id for each in found.sessions])).keys()


def _is_at(session_ids: Sequence[int]) -> ColumnElement[bool]:
    # The ids and no subquery: the planner of PostgreSQL then knows how many entries there are.
    return AttendanceMark.training_session_id.in_(session_ids)


def attendance_of(enrolment: Enrolment, *, now: datetime) -> ParticipantAttendance:
    """One participant's hours, down to the marks that they are made of."""
    modules, sessions, course = _course_of(enrolment.cohort, now=now)
    found = marks_in_force(
        AttendanceMark.enrolment_id == enrolment.id,
        AttendanceMark.training_session_id.in_([each.id for each in sessions]),
    )
    marks = {session_id: mark for (session_id, _enrolment), mark in found.items()}
    ledger = participant_ledger(course, {id: mark.presence for id, mark in marks.items()})
    lines = {line.session_id: line for line in ledger.sessions}
    by_module = {line.module_id: line for line in ledger.modules}
    return ParticipantAttendance(
        enrolment,
        course,
        ledger,
        tuple(
            (
                module,
                by_module[module.id],
                tuple(
                    AttendedSession(each, lines[each.id], marks.get(each.id))
                    for each in sessions
                    if each.module_id == module.id
                ),
            )
            for module in modules
        ),
    )


def _course_of(
    cohort: Cohort, *, now: datetime
) -> tuple[tuple[LedgerModule, ...], tuple[LedgerSession, ...], Course]:
    """Modules, sessions in order, and what is the same for every participant."""
    programme = cohort.programme
    modules = tuple(
        LedgerModule(row.id, row.code, row.titles, row.planned_minutes)
        for row in db.session.execute(
            select(Module.id, Module.code, Module.titles, Module.planned_minutes)
            .where(Module.programme_id == programme.id)
            .order_by(Module.position)
        )
    )
    breaks: dict[int, list[tuple[datetime, datetime]]] = {}
    for session_id, start, end in db.session.execute(
        select(SessionBreak.training_session_id, SessionBreak.starts_at, SessionBreak.ends_at)
        .join(TrainingSession)
        .where(TrainingSession.cohort_id == cohort.id)
    ):
        breaks.setdefault(session_id, []).append((start, end))
    sessions = tuple(
        LedgerSession(
            id=row.id,
            public_id=row.public_id,
            code=row.code,
            title=row.title,
            module_id=row.module_id,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            actual_reason=row.actual_reason,
            closed_at=row.closed_at,
            held=_held(row, breaks.get(row.id, ()), now=now),
        )
        for row in db.session.execute(
            select(
                TrainingSession.id,
                TrainingSession.public_id,
                TrainingSession.code,
                TrainingSession.title,
                TrainingSession.module_id,
                TrainingSession.starts_at,
                TrainingSession.ends_at,
                TrainingSession.actual_starts_at,
                TrainingSession.actual_ends_at,
                TrainingSession.actual_reason,
                Register.closed_at,
            )
            .outerjoin(Register, Register.training_session_id == TrainingSession.id)
            .where(TrainingSession.cohort_id == cohort.id)
            .order_by(TrainingSession.starts_at, TrainingSession.id)
        )
    )
    course = Course.of(
        [PlannedModule(module.id, module.planned) for module in modules],
        [each.held for each in sessions],
        Requirement(programme.threshold_percent, programme.excused_earns_hours),
    )
    return modules, sessions, course


def _held(row: Any, breaks: Iterable[tuple[datetime, datetime]], *, now: datetime) -> HeldSession:
    breaks = list(breaks)
    start, end = row.starts_at, row.ends_at
    actual_start, actual_end = row.actual_starts_at, row.actual_ends_at
    scheduled: SessionTime = session_time(start, end, breaks)
    actual = None
    if actual_start is not None or actual_end is not None:
        actual = session_time(actual_start or start, actual_end or end, breaks)
    return HeldSession(
        id=row.id,
        module_id=row.module_id,
        scheduled=scheduled,
        actual=actual,
        has_ended=(actual_end or end) <= now,
    )
