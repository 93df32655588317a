"""Registers: read and recorded; every mark is a new entry and nothing is overwritten."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from courseware.accounts.models import User
from courseware.attendance.check_in_rules import CheckInState
from courseware.attendance.marks_service import (
    MarkInForce,
    disagreements,
    marks_in_force,
)
from courseware.attendance.models import AttendanceMark, CheckIn, Register
from courseware.attendance.register_rules import RegisterState, is_too_early, register_state
from courseware.attendance.rules import (
    STRENGTH,
    AttendanceStatus,
    Interval,
    MarkSource,
    Minutes,
    Presence,
    SessionTime,
    minutes_of,
)
from courseware.attendance.state_service import refuse_if_closed
from courseware.cohorts.models import Enrolment
from courseware.db import db, new_public_id
from courseware.errors import BadInput, Refused
from courseware.messages import N_, Message
from courseware.schedule.models import TrainingSession

TOO_EARLY = N_("Session %(code)s has not begun. Until then only an excuse can be marked.")


@dataclass(frozen=True)
class RegisterRow:
    """One participant in a register; `mark` is None where nobody marked."""

    enrolment_id: int
    public_id: str
    names: tuple[str, ...]
    email: str
    mark: MarkInForce | None
    minutes: Minutes
    disagrees: bool = False
    """Whether two people say different things, and nobody has settled it."""

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
    reopened_at: datetime | None = None
    reopen_reason: str = ""

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    def state(self, now: datetime) -> RegisterState:
        """How it stands."""
        return register_state(
            starts_at=self.time.start,
            closed_at=self.closed_at,
            reopened_at=self.reopened_at,
            now=now,
        )

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


def begins_at(training_session: TrainingSession) -> datetime:
    """When a session began or will begin."""
    return training_session.actual_starts_at or training_session.starts_at


def time_of(training_session: TrainingSession) -> SessionTime:
    """What counts as the time of a session: the real one where it was recorded."""
    return session_time(
        begins_at(training_session),
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

    Four queries, however many participants there are.
    """
    time = time_of(training_session)
    its = AttendanceMark.training_session_id == training_session.id
    enrolled = db.session.execute(
        select(Enrolment.id, Enrolment.public_id, User.name_latin, User.name_native, User.email)
        .join(User, Enrolment.user_id == User.id)
        .where(Enrolment.cohort_id == training_session.cohort_id, Enrolment.withdrawn_at.is_(None))
    ).all()
    marks, differing = marks_in_force(its), disagreements(its)
    done = db.session.execute(
        select(Register.closed_at, Register.reopened_at, Register.reopen_reason).where(
            Register.training_session_id == training_session.id
        )
    ).first()
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
                disagrees=(training_session.id, enrolment_id) in differing,
            )
        )
    rows.sort(key=lambda row: (row.names[0].casefold(), row.enrolment_id))
    return SessionRegister(
        training_session, time, zone_of(training_session), tuple(rows), *(done or (None,))
    )


def shown_names(latin: str, native: str, email: str | None) -> tuple[str, ...]:
    """One or two spellings of a name; the address where there is none."""
    names = tuple(dict.fromkeys(name for name in (latin, native) if name))
    return names or (email or "?",)


def record_marks(
    training_session: TrainingSession,
    wanted: Mapping[int, WantedMark],
    *,
    by: User,
    now: datetime,
    source: MarkSource | None = None,
    key: str | None = None,
    settles: bool = False,
) -> int:
    """Add an entry for each enrolment in `wanted` whose mark changes; how many were added.

    `key` belongs to one form that was sent: the same form sent twice adds nothing the
    second time. With `settles` they were made in sight of the history and end a disagreement,
    so that a mark which two people dispute can be confirmed as it stands. Raises Refused when the
    register is closed.
    """
    refuse_if_closed(training_session)
    if is_too_early(
        [each.presence for each in wanted.values()],
        starts_at=begins_at(training_session),
        now=now,
    ):
        raise Refused(Message(TOO_EARLY, code=training_session.code))
    refuse_foreign(training_session, wanted)
    refuse_without_times(wanted.values())
    theirs = (
        AttendanceMark.training_session_id == training_session.id,
        AttendanceMark.enrolment_id.in_(wanted),
    )
    standing = marks_in_force(*theirs)
    disputed = disagreements(*theirs) if settles else {}
    entries = []
    for enrolment_id, mark in wanted.items():
        current = standing.get((training_session.id, enrolment_id))
        is_same = current is None and mark.presence is None
        if current and (current.presence, current.note) == (mark.presence, mark.note):
            # What only an import says would be gone with it: whoever confirms it says it anew.
            is_same = (
                STRENGTH[current.source] >= STRENGTH[source or source_of(training_session, by)]
            )
        if is_same and (training_session.id, enrolment_id) not in disputed:
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
                settles=settles,
            )
        )
    end_waiting(training_session, wanted, by=by, now=now)
    return add_entries(entries)


def end_waiting(
    training_session: TrainingSession, wanted: Mapping[int, WantedMark], *, by: User, now: datetime
) -> None:
    """Let nobody wait for a tap any longer who is marked: it says what the tap would say."""
    said: dict[CheckInState, list[int]] = {}
    for enrolment_id, mark in wanted.items():
        if mark.presence is not None:
            is_here = mark.presence.status.was_here
            state = CheckInState.CONFIRMED if is_here else CheckInState.DECLINED
            said.setdefault(state, []).append(enrolment_id)
    for state, ids in said.items():
        db.session.execute(
            update(CheckIn)
            .where(
                CheckIn.training_session_id == training_session.id,
                CheckIn.enrolment_id.in_(ids),
                CheckIn.state == CheckInState.WAITING,
            )
            .values(state=state, decided_at=now, decided_by_id=by.id)
        )


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
    settles: bool = False,
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
        "settles": settles,
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


def lock_register(training_session: TrainingSession) -> None:
    """Let whoever else writes what two devices sent wait until this transaction has ended."""
    db.session.execute(
        select(TrainingSession.id)
        .where(TrainingSession.id == training_session.id)
        .with_for_update(key_share=True)
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


def mark_the_rest(
    training_session: TrainingSession,
    status: AttendanceStatus,
    *,
    by: User,
    now: datetime,
    key: str | None = None,
) -> int:
    """Mark everybody present, or absent, whom nobody has marked; how many."""
    mark = WantedMark(Presence(status))
    rest = {
        row.enrolment_id: mark for row in read_register(training_session).rows if row.mark is None
    }
    return record_marks(training_session, rest, by=by, now=now, key=f"{key}:rest" if key else None)
