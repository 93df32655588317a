"""People who came without being enrolled: added by name, later joined to an enrolment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from courseware import audit
from courseware.accounts.models import User
from courseware.attendance import service, state_service
from courseware.attendance.models import WalkIn
from courseware.attendance.rules import TOLERANCE, AttendanceStatus, Presence
from courseware.attendance.service import WantedMark
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db, new_public_id
from courseware.errors import Refused
from courseware.messages import Message
from courseware.names import resemblance
from courseware.schedule.models import TrainingSession

LEAST_RESEMBLANCE = 0.6


@dataclass(frozen=True)
class Suggestion:
    """Somebody enrolled whose name looks like that of a walk-in."""

    enrolment: Enrolment
    likeness: float

    @property
    def is_likely(self) -> bool:
        """Whether the names are as good as the same."""
        return self.likeness > 0.93


@dataclass(frozen=True)
class OpenWalkIn:
    """Somebody whom a coordinator still has to join to an enrolment or to put aside."""

    walk_in: WalkIn
    suggestions: tuple[Suggestion, ...]


def add_walk_in(
    training_session: TrainingSession,
    name: str,
    *,
    arrived_at: datetime | None = None,
    by: User,
    now: datetime,
    key: str | None = None,
) -> bool:
    """Write down that `name` was there; False where the same `key` did so before.

    Raises Refused when the register is closed.
    """
    state_service.refuse_if_closed(training_session)
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    added = db.session.execute(
        dialect.insert(WalkIn)
        .values(
            public_id=new_public_id(),
            entry_key=key or new_public_id(),
            training_session_id=training_session.id,
            name=name,
            arrived_at=arrived_at,
            added_at=now,
            added_by_id=by.id,
        )
        .on_conflict_do_nothing(index_elements=["entry_key"])
        .returning(WalkIn.id)
    )
    return added.first() is not None


def list_walk_ins(training_session: TrainingSession) -> Sequence[WalkIn]:
    """Everybody who was added to one register and not put aside, in order."""
    return db.session.scalars(
        select(WalkIn)
        .where(WalkIn.training_session_id == training_session.id)
        .where((WalkIn.settled_at.is_(None)) | (WalkIn.enrolment_id.is_not(None)))
        .options(joinedload(WalkIn.enrolment).joinedload(Enrolment.user))
        .order_by(WalkIn.id)
    ).all()


def list_open_walk_ins(cohort: Cohort) -> list[OpenWalkIn]:
    """Those of a cohort who wait for a decision, each with the enrolled who may be meant."""
    waiting = db.session.scalars(
        select(WalkIn)
        .join(WalkIn.training_session)
        .where(TrainingSession.cohort_id == cohort.id, WalkIn.settled_at.is_(None))
        .options(
            contains_eager(WalkIn.training_session).joinedload(TrainingSession.module),
            selectinload(WalkIn.added_by),
        )
        .order_by(TrainingSession.starts_at, WalkIn.id)
    ).all()
    enrolled = list_enrolled(cohort) if waiting else []
    return [OpenWalkIn(each, _suggestions(each.name, enrolled)) for each in waiting]


def list_enrolled(cohort: Cohort) -> Sequence[Enrolment]:
    """Whom a walk-in can be joined to."""
    return db.session.scalars(
        select(Enrolment)
        .where(Enrolment.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None))
        .join(Enrolment.user)
        .options(contains_eager(Enrolment.user))
        .order_by(User.name_latin, User.name_native, Enrolment.id)
    ).all()


def _suggestions(name: str, enrolled: Sequence[Enrolment]) -> tuple[Suggestion, ...]:
    alike = [
        Suggestion(each, max(resemblance(name, other) for other in each.user.names or ("?",)))
        for each in enrolled
    ]
    best = sorted(alike, key=lambda each: -each.likeness)[:3]
    return tuple(each for each in best if each.likeness >= LEAST_RESEMBLANCE)


def find_walk_in(cohort: Cohort, public_id: str) -> WalkIn | None:
    """A walk-in of a cohort, locked until the transaction ends."""
    return db.session.scalar(
        select(WalkIn)
        .join(WalkIn.training_session)
        .where(WalkIn.public_id == public_id, TrainingSession.cohort_id == cohort.id)
        .with_for_update(of=WalkIn)
    )


def join_walk_in(walk_in: WalkIn, enrolment: Enrolment, *, by: User, now: datetime) -> None:
    """Say who a walk-in is: the entry of the trainer who added them becomes that person's mark.

    It is the trainer's, made when they added the walk-in, and counts from now on: what the same
    trainer marked meanwhile about somebody whom they took for absent ends with it. A register that
    was closed since does not hinder it. Joining the same twice changes nothing.
    """
    if enrolment.cohort_id != walk_in.training_session.cohort_id:
        raise LookupError("An enrolment of another cohort.")
    if walk_in.settled_at is not None:
        if walk_in.enrolment_id == enrolment.id:
            return
        raise Refused(
            Message("Somebody decided about %(name)s meanwhile. Nothing was changed.",
                    name=walk_in.name)
        )  # fmt: skip
    walk_in.enrolment, walk_in.settled_at, walk_in.settled_by = enrolment, now, by
    training_session = walk_in.training_session
    values = service.entry_values(
        training_session.id,
        enrolment.id,
        WantedMark(_presence(walk_in), walk_in.name),
        source=service.source_of(training_session, walk_in.added_by),
        by=walk_in.added_by,
        now=now,
        key=f"walk-in:{walk_in.public_id}",
    )
    service.add_entries([{**values, "made_at": walk_in.added_at}])
    audit.record("join walk-in", enrolment, by=by, now=now, walk_in=walk_in.public_id)


def _presence(walk_in: WalkIn) -> Presence:
    came = walk_in.arrived_at
    if came is None or came <= service.time_of(walk_in.training_session).start + TOLERANCE:
        return Presence(AttendanceStatus.PRESENT)
    return Presence(AttendanceStatus.LATE, arrived_at=came)


def put_walk_in_aside(walk_in: WalkIn, *, by: User, now: datetime) -> None:
    """Decide that a walk-in earns nobody anything; the row stays. Twice changes nothing."""
    if walk_in.settled_at is None:
        walk_in.settled_at, walk_in.settled_by = now, by
        audit.record("put walk-in aside", walk_in, by=by, now=now)
    elif walk_in.enrolment_id is not None:
        raise Refused(
            Message("Somebody decided about %(name)s meanwhile. Nothing was changed.",
                    name=walk_in.name)
        )  # fmt: skip
