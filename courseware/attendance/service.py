"""Registers: read, recorded, closed; every mark is a new entry and nothing is overwritten."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload
from sqlalchemy.sql import Select

from courseware import audit
from courseware.accounts.models import User
from courseware.attendance.models import AttendanceImport, AttendanceMark, Register
from courseware.attendance.rules import (
    PRESENT,
    STRENGTH,
    AttendanceStatus,
    ImportState,
    Interval,
    MarkSource,
    Minutes,
    Presence,
    SessionTime,
    minutes_of,
)
from courseware.cohorts.models import Enrolment
from courseware.db import db, new_public_id
from courseware.errors import BadInput, Refused
from courseware.messages import N_, Message
from courseware.schedule.models import TrainingSession


@dataclass(frozen=True, slots=True)
class MarkInForce:
    """The mark that counts in one cell, with how it came about. A mark taken back is none."""

    presence: Presence
    source: MarkSource
    note: str
    marked_at: datetime
    marked_by_id: int | None


@dataclass(frozen=True)
class RegisterRow:
    """One participant in a register; `mark` is None where nobody marked."""

    enrolment_id: int
    public_id: str
    names: tuple[str, ...]
    email: str
    mark: MarkInForce | None
    minutes: Minutes

    @property
    def status(self) -> AttendanceStatus | None:
        return self.mark.presence.status if self.mark else None


@dataclass(frozen=True)
class SessionRegister:
    """The register of one session as it stands."""

    training_session: TrainingSession
    time: SessionTime
    zone: ZoneInfo
    rows: tuple[RegisterRow, ...]
    closed_at: datetime | None

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    @property
    def here(self) -> int:
        return sum(1 for row in self.rows if row.status is not None and row.status.was_here)

    @property
    def unmarked(self) -> int:
        return sum(1 for row in self.rows if row.mark is None)

    @property
    def saved_at(self) -> datetime | None:
        """When the newest mark in force was made."""
        return max((row.mark.marked_at for row in self.rows if row.mark), default=None)


@dataclass(frozen=True)
class WantedMark:
    """What somebody wants a cell to say. `presence` None takes the mark back."""

    presence: Presence | None
    note: str = ""


@dataclass(frozen=True)
class RegisterSummary:
    """How far the register of one session is, for lists."""

    training_session: TrainingSession
    enrolled: int
    marked: int
    here: int
    has_begun: bool
    has_ended: bool
    is_closed: bool

    @property
    def unmarked(self) -> int:
        return self.enrolled - self.marked

    @property
    def is_missing(self) -> bool:
        """Whether somebody has to do something: the session is over and the register open."""
        return self.has_ended and not self.is_closed and self.unmarked > 0


def time_of(training_session: TrainingSession) -> SessionTime:
    """What counts as the time of a session: the real one where it was recorded."""
    return session_time(
        training_session.actual_starts_at or training_session.starts_at,
        training_session.actual_ends_at or training_session.ends_at,
        [(pause.starts_at, pause.ends_at) for pause in training_session.breaks],
    )


def session_time(
    start: datetime, end: datetime, breaks: Iterable[tuple[datetime, datetime]]
) -> SessionTime:
    """A session's time from plain values."""
    return SessionTime(start, end, tuple(Interval(*pause) for pause in breaks))


def zone_of(training_session: TrainingSession) -> ZoneInfo:
    """The zone in which a session's times are read and shown."""
    return ZoneInfo(training_session.cohort.timezone)


def read_register(training_session: TrainingSession) -> SessionRegister:
    """The register of one session: everybody enrolled, with the mark that counts.

    Three queries, however many participants there are.
    """
    time = time_of(training_session)
    enrolled = db.session.execute(
        select(Enrolment.id, Enrolment.public_id, User.name_latin, User.name_native, User.email)
        .join(User, Enrolment.user_id == User.id)
        .where(Enrolment.cohort_id == training_session.cohort_id, Enrolment.withdrawn_at.is_(None))
    ).all()
    marks = marks_in_force(AttendanceMark.training_session_id == training_session.id)
    closed_at = db.session.scalar(
        select(Register.closed_at).where(Register.training_session_id == training_session.id)
    )
    rows = []
    for enrolment_id, public_id, latin, native, email in enrolled:
        mark = marks.get((training_session.id, enrolment_id))
        rows.append(
            RegisterRow(
                enrolment_id=enrolment_id,
                public_id=public_id,
                names=shown_names(latin, native, email),
                email=email or "",
                mark=mark,
                minutes=minutes_of(mark.presence, time) if mark else 0,
            )
        )
    rows.sort(key=lambda row: (row.names[0].casefold(), row.enrolment_id))
    return SessionRegister(
        training_session, time, zone_of(training_session), tuple(rows), closed_at
    )


def shown_names(latin: str, native: str, email: str | None) -> tuple[str, ...]:
    """One or two spellings of a name; the address where there is none."""
    names = tuple(dict.fromkeys(name for name in (latin, native) if name))
    return names or (email or "?",)


def marks_in_force(*where: ColumnElement[bool]) -> dict[tuple[int, int], MarkInForce]:
    """The marks that count, by session and enrolment; chosen by the database in one pass."""
    entries = ranked_entries(*where).subquery()
    rows = db.session.execute(select(entries).where(entries.c.place == 1))
    return {
        (session_id, enrolment_id): MarkInForce(
            presence_of(status, arrived_at, left_at, intervals, minutes),
            source,
            note,
            marked_at,
            marked_by_id,
        )
        for (
            session_id,
            enrolment_id,
            status,
            arrived_at,
            left_at,
            intervals,
            minutes,
            source,
            note,
            marked_at,
            marked_by_id,
            _place,
        ) in rows
        if status is not None
    }


def ranked_entries(*where: ColumnElement[bool]) -> Select[Any]:
    """Entries with their `place` in their cell: 1 is the one in force (`rules.mark_in_force`)."""
    place = func.row_number().over(
        partition_by=(AttendanceMark.training_session_id, AttendanceMark.enrolment_id),
        order_by=(
            case(
                *((AttendanceMark.source == source, rank) for source, rank in STRENGTH.items())
            ).desc(),
            AttendanceMark.marked_at.desc(),
            AttendanceMark.id.desc(),
        ),
    )
    return select(
        AttendanceMark.training_session_id,
        AttendanceMark.enrolment_id,
        AttendanceMark.status,
        AttendanceMark.arrived_at,
        AttendanceMark.left_at,
        AttendanceMark.intervals,
        AttendanceMark.minutes,
        AttendanceMark.source,
        AttendanceMark.note,
        AttendanceMark.marked_at,
        AttendanceMark.marked_by_id,
        place.label("place"),
    ).where(*where, _is_not_withdrawn())


def _is_not_withdrawn() -> ColumnElement[bool]:
    """Entries of an import that was withdrawn stay in the history and count no longer."""
    withdrawn = select(AttendanceImport.id).where(AttendanceImport.state == ImportState.WITHDRAWN)
    return or_(AttendanceMark.import_id.is_(None), AttendanceMark.import_id.not_in(withdrawn))


def presence_of(
    status: AttendanceStatus,
    arrived_at: datetime | None,
    left_at: datetime | None,
    intervals: Sequence[Sequence[str]] | None,
    minutes: Minutes | None,
) -> Presence:
    """What the columns of an entry say."""
    if status is AttendanceStatus.PRESENT and intervals is None and minutes is None:
        return PRESENT
    return Presence(
        status,
        arrived_at=arrived_at,
        left_at=left_at,
        intervals=tuple(
            Interval(datetime.fromisoformat(start), datetime.fromisoformat(end))
            for start, end in intervals or ()
        ),
        reported_minutes=minutes,
        times_known=minutes is None,
    )


def record_marks(
    training_session: TrainingSession,
    wanted: Mapping[int, WantedMark],
    *,
    by: User,
    now: datetime,
    source: MarkSource | None = None,
    key: str | None = None,
) -> int:
    """Add an entry for each enrolment in `wanted` whose mark changes; how many were added.

    `key` belongs to one form that was sent: the same form sent twice adds nothing the
    second time. Raises Refused when the register is closed.
    """
    refuse_if_closed(training_session)
    refuse_foreign(training_session, wanted)
    refuse_without_times(wanted.values())
    standing = marks_in_force(
        AttendanceMark.training_session_id == training_session.id,
        AttendanceMark.enrolment_id.in_(wanted),
    )
    entries = []
    for enrolment_id, mark in wanted.items():
        current = standing.get((training_session.id, enrolment_id))
        if current is None and mark.presence is None:
            continue
        if current and current.presence == mark.presence and current.note == mark.note:
            continue
        entries.append(
            entry_values(
                training_session.id,
                enrolment_id,
                mark,
                source=source or source_of(training_session, by),
                by=by,
                now=now,
                key=f"{key}:{enrolment_id}" if key else None,
            )
        )
    return add_entries(entries)


def entry_values(
    training_session_id: int,
    enrolment_id: int,
    mark: WantedMark,
    *,
    source: MarkSource,
    by: User | None,
    now: datetime,
    key: str | None = None,
    import_id: int | None = None,
) -> dict[str, object]:
    """The columns of a new entry."""
    presence = mark.presence
    return {
        "entry_key": key[-80:] if key else new_public_id(),
        "training_session_id": training_session_id,
        "enrolment_id": enrolment_id,
        "status": presence.status if presence else None,
        "arrived_at": presence.arrived_at if presence else None,
        "left_at": presence.left_at if presence else None,
        "intervals": [[each.start.isoformat(), each.end.isoformat()] for each in presence.intervals]
        if presence and presence.intervals
        else None,
        "minutes": presence.reported_minutes if presence and not presence.times_known else None,
        "source": source,
        "note": mark.note,
        "marked_at": now,
        "marked_by_id": by.id if by else None,
        "import_id": import_id,
    }


def add_entries(entries: Sequence[dict[str, object]]) -> int:
    """Insert entries; one whose key is there already is left out. How many were new."""
    if not entries:
        return 0
    insert = (postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert)(
        AttendanceMark
    )
    added = db.session.execute(
        insert.on_conflict_do_nothing(index_elements=["entry_key"]).returning(AttendanceMark.id),
        entries,
    )
    return len(added.all())


def source_of(training_session: TrainingSession, by: User) -> MarkSource:
    """How a mark is made that `by` enters: as a trainer of the session, else as coordinator."""
    is_trainer = any(trainer.user_id == by.id for trainer in training_session.trainers)
    return MarkSource.TRAINER if is_trainer else MarkSource.COORDINATOR


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


def refuse_foreign(training_session: TrainingSession, enrolment_ids: Collection[int]) -> None:
    """Raise Refused when one of the enrolments is not, or no longer, in the session's cohort."""
    known = set(
        db.session.scalars(
            select(Enrolment.id).where(
                Enrolment.cohort_id == training_session.cohort_id,
                Enrolment.withdrawn_at.is_(None),
                Enrolment.id.in_(enrolment_ids),
            )
        )
    )
    if set(enrolment_ids) - known:
        raise Refused(
            N_(
                "A participant in this register is no longer enrolled, so nothing was saved. "
                "Open the register again."
            )
        )


def refuse_without_times(marks: Iterable[WantedMark]) -> None:
    """Raise BadInput when a mark lacks the times that it rests on."""
    for mark in marks:
        presence = mark.presence
        if presence is None:
            continue
        if presence.lacks_arrival:
            raise BadInput([N_("Enter when the participant came.")])
        if presence.lacks_leaving:
            raise BadInput([N_("Enter when the participant left.")])
        if (
            presence.status == AttendanceStatus.PARTIAL
            and presence.arrived_at
            and presence.left_at
            and presence.left_at <= presence.arrived_at
        ):
            raise BadInput([N_("The participant cannot have left before coming.")])


def mark_the_rest_absent(
    training_session: TrainingSession, *, by: User, now: datetime, key: str | None = None
) -> int:
    """Mark everybody absent whom nobody has marked; how many."""
    absent = WantedMark(Presence(AttendanceStatus.ABSENT))
    rest = {
        row.enrolment_id: absent for row in read_register(training_session).rows if row.mark is None
    }
    return record_marks(training_session, rest, by=by, now=now, key=f"{key}:rest" if key else None)


def close_register(training_session: TrainingSession, *, by: User, now: datetime) -> None:
    """Close a register: it can be read and no longer changed. Closing twice changes nothing."""
    if now < training_session.starts_at:
        raise Refused(N_("The session has not begun, so its register cannot be closed yet."))
    register = find_register_state(training_session)
    if register is None:
        register = Register(training_session_id=training_session.id)
        db.session.add(register)
    if register.closed_at is None:
        register.closed_at, register.closed_by = now, by
        audit.record("close register", training_session, by=by, now=now)


def reopen_register(training_session: TrainingSession, *, by: User, now: datetime) -> None:
    """Open a closed register again."""
    register = find_register_state(training_session)
    if register is not None and register.closed_at is not None:
        register.closed_at = register.closed_by = None
        audit.record("reopen register", training_session, by=by, now=now)


def is_closed(training_session: TrainingSession) -> bool:
    """Whether the register of a session is closed."""
    return (
        db.session.scalar(
            select(Register.closed_at).where(Register.training_session_id == training_session.id)
        )
        is not None
    )


def find_register_state(training_session: TrainingSession) -> Register | None:
    """Who closed the register of a session and when; None where it was never closed."""
    return db.session.scalar(
        select(Register)
        .where(Register.training_session_id == training_session.id)
        .options(joinedload(Register.closed_by))
    )
