"""Checking in to a session, and what the trainer sees of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload, lazyload

from courseware.accounts.models import User
from courseware.attendance import service, state_service
from courseware.attendance.check_in_known_service import remember_device, secret
from courseware.attendance.check_in_rules import (
    NOT_ENROLLED,
    CheckInState,
    CodeVerdict,
    KnownBy,
    Window,
    closed_message,
    code_of,
    from_one_device,
    in_one_second,
    judge_code,
    not_open_message,
    old_code_message,
    other_session_message,
    over_message,
    presence_at,
    seconds_left,
    step_of,
    unknown_code_message,
    window_of,
)
from courseware.attendance.marks_service import disagreements, marks_in_force
from courseware.attendance.models import AttendanceMark, CheckIn
from courseware.attendance.rules import MarkSource, Presence, SessionTime
from courseware.attendance.service import WantedMark
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db, new_public_id
from courseware.errors import Refused
from courseware.schedule.models import TrainingSession

_LEAN = (
    lazyload(TrainingSession.breaks),
    lazyload(TrainingSession.venues),
    lazyload(TrainingSession.trainers),
)


@dataclass(frozen=True)
class ShownCode:
    """The code of a session at one moment, and for how many seconds it is still shown."""

    code: str
    seconds_left: int


# Sessions and codes -----------------------------------------------------------------------------


def find_session(public_id: str) -> TrainingSession | None:
    """The session at this address, with as little as checking in needs."""
    return db.session.scalar(
        select(TrainingSession).where(TrainingSession.public_id == public_id).options(*_LEAN)
    )


def time_of(training_session: TrainingSession) -> SessionTime:
    """When a session takes place; breaks do not matter to who comes."""
    return SessionTime(
        training_session.actual_starts_at or training_session.starts_at,
        training_session.actual_ends_at or training_session.ends_at,
    )


def window(training_session: TrainingSession) -> Window:
    """From when until when a session can be checked in to."""
    return window_of(
        time_of(training_session), current_app.config["SETTINGS"].check_in_opens_minutes
    )


def is_open(training_session: TrainingSession, *, now: datetime) -> bool:
    """Whether a session can be checked in to now."""
    return window(training_session).contains(now)


def shown_code(training_session: TrainingSession, *, now: datetime) -> ShownCode | None:
    """What the wall shows now; None outside the time of check-in."""
    if not is_open(training_session, now=now):
        return None
    seconds = seconds_shown()
    return ShownCode(
        code_of(secret(), training_session.public_id, step_of(now, seconds)),
        seconds_left(now, seconds),
    )


def refuse_code(training_session: TrainingSession, typed: str, *, now: datetime) -> None:
    """Raise Refused, with the reason, unless `typed` is the session's code now."""
    refuse_outside(training_session, at=now)
    verdict = _verdict(training_session, typed, now)
    if verdict is CodeVerdict.GOOD:
        if state_service.is_closed(training_session):
            raise Refused(closed_message(training_session.code))
        return
    if verdict is CodeVerdict.OLD:
        raise Refused(old_code_message(seconds_shown()))
    other = find_session_with_code(typed, now=now)
    if other is not None:
        raise Refused(other_session_message(training_session.code, other.code))
    raise Refused(unknown_code_message(training_session.code))


def refuse_outside(training_session: TrainingSession, *, at: datetime) -> None:
    """Raise Refused when the session could not, or no longer, be checked in to at this moment."""
    open_ = window(training_session)
    if at < open_.opens:
        opens = open_.opens.astimezone(service.zone_of(training_session))
        raise Refused(not_open_message(training_session.code, f"{opens:%d.%m.%Y, %H:%M}"))
    if at >= open_.closes:
        raise Refused(over_message(training_session.code))


def find_session_with_code(typed: str, *, now: datetime) -> TrainingSession | None:
    """The session whose wall shows this code now, or showed it a moment ago."""
    return next(
        (each for each in _open_sessions(now) if _verdict(each, typed, now) is CodeVerdict.GOOD),
        None,
    )


def find_session_by_code(typed: str, *, now: datetime) -> TrainingSession:
    """The session with this code; raises Refused where there is none."""
    found = find_session_with_code(typed, now=now)
    if found is not None:
        return found
    if any(_verdict(each, typed, now) is CodeVerdict.OLD for each in _open_sessions(now)):
        raise Refused(old_code_message(seconds_shown()))
    raise Refused(unknown_code_message())


def _open_sessions(now: datetime) -> list[TrainingSession]:
    before = now + (now - _window_start(now))
    found = db.session.scalars(
        select(TrainingSession)
        .where(
            func.coalesce(TrainingSession.actual_starts_at, TrainingSession.starts_at) <= before,
            func.coalesce(TrainingSession.actual_ends_at, TrainingSession.ends_at) > now,
        )
        .order_by(TrainingSession.starts_at, TrainingSession.id)
        .options(*_LEAN)
    )
    return [each for each in found if is_open(each, now=now)]


def _window_start(now: datetime) -> datetime:
    return window_of(
        SessionTime(now, now), current_app.config["SETTINGS"].check_in_opens_minutes
    ).opens


def _verdict(training_session: TrainingSession, typed: str, now: datetime) -> CodeVerdict:
    return judge_code(
        typed,
        secret=secret(),
        session=training_session.public_id,
        window=window(training_session),
        now=now,
        seconds=seconds_shown(),
    )


def seconds_shown() -> int:
    """How long one code stands on the wall."""
    return int(current_app.config["SETTINGS"].check_in_seconds)


# Checking in ------------------------------------------------------------------------------------


def check_in(
    training_session: TrainingSession,
    enrolment: Enrolment,
    *,
    known_by: KnownBy,
    scanned_at: datetime,
    device: str,
    network: str,
    now: datetime,
    phone: str = "",
) -> CheckIn:
    """Check somebody in, or queue them for the trainer's tap where nobody knows who they are.

    Once for each person and session, however often it is asked for. Raises Refused outside the
    time of check-in, in a closed register, and for somebody who is not enrolled. `phone` is what
    the device says it is, for the list of those that are remembered.
    """
    refuse_outside(training_session, at=scanned_at)
    if state_service.is_closed(training_session):
        raise Refused(closed_message(training_session.code))
    if enrolment.cohort_id != training_session.cohort_id or enrolment.withdrawn_at is not None:
        raise Refused(NOT_ENROLLED)
    is_known = known_by is not KnownBy.NOBODY
    said = {
        "state": CheckInState.ACCEPTED if is_known else CheckInState.WAITING,
        "known_by": known_by,
        "device_sha256": device,
        "network_sha256": network,
        "checked_at": scanned_at,
    }
    is_new = _insert(training_session, enrolment, said)
    found = _locked(training_session, enrolment)
    if not is_new and not found.state.makes_a_mark:
        if is_known or found.state is CheckInState.DECLINED:
            for name, value in said.items():
                setattr(found, name, value)
            found.decided_at = found.decided_by = None
            is_new = True
        db.session.flush()
    if is_new and is_known:
        _mark(found, by=enrolment.user, source=MarkSource.CHECK_IN, now=now)
        if known_by.binds_the_device and device:
            remember_device(device, enrolment.user, now=now, kind=phone)
    return found


def _insert(
    training_session: TrainingSession, enrolment: Enrolment, said: dict[str, object]
) -> bool:
    insert = (postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert)(
        CheckIn
    )
    added = db.session.execute(
        insert.values(
            public_id=new_public_id(),
            training_session_id=training_session.id,
            enrolment_id=enrolment.id,
            **said,
        )
        .on_conflict_do_nothing(index_elements=["training_session_id", "enrolment_id"])
        .returning(CheckIn.id)
    )
    return added.first() is not None


def _locked(training_session: TrainingSession, enrolment: Enrolment) -> CheckIn:
    return db.session.scalars(
        select(CheckIn)
        .where(
            CheckIn.training_session_id == training_session.id,
            CheckIn.enrolment_id == enrolment.id,
        )
        .with_for_update(of=CheckIn)
    ).one()


def _mark(found: CheckIn, *, by: User, source: MarkSource, now: datetime) -> None:
    """The entry in the register that a check-in makes, once."""
    presence = presence_at(found.checked_at, time_of(found.training_session))
    service.add_entries(
        [
            service.entry_values(
                found.training_session_id,
                found.enrolment_id,
                WantedMark(presence),
                source=source,
                by=by,
                now=now,
                key=f"check-in:{found.training_session_id}:{found.enrolment_id}",
            )
        ]
    )


def find_check_in(public_id: str) -> CheckIn | None:
    """The check-in at this address, for the phone that it was made on."""
    return db.session.scalar(
        select(CheckIn)
        .where(CheckIn.public_id == public_id)
        .options(
            joinedload(CheckIn.enrolment),
            joinedload(CheckIn.training_session).options(*_LEAN),
        )
    )


def find_check_in_of(training_session: TrainingSession, enrolment: Enrolment) -> CheckIn | None:
    """Whether and how somebody checked in to a session."""
    return db.session.scalar(
        select(CheckIn).where(
            CheckIn.training_session_id == training_session.id,
            CheckIn.enrolment_id == enrolment.id,
        )
    )


def says_away(found: CheckIn) -> bool:
    """Whether the mark that counts says that who checked in was not there."""
    its = (
        AttendanceMark.training_session_id == found.training_session_id,
        AttendanceMark.enrolment_id == found.enrolment_id,
    )
    return any(not mark.presence.status.was_here for mark in marks_in_force(*its).values())


def presence_of(found: CheckIn) -> Presence:
    """What a check-in says."""
    return presence_at(found.checked_at, time_of(found.training_session))


# What the trainer sees and does -----------------------------------------------------------------


@dataclass(frozen=True)
class CheckInList:
    """All check-ins of one session, newest first, and what somebody should look at."""

    waiting: tuple[CheckIn, ...]
    here: tuple[CheckIn, ...]
    declined: tuple[CheckIn, ...]
    from_one_device: tuple[tuple[CheckIn, ...], ...]
    in_one_second: tuple[tuple[CheckIn, ...], ...]
    enrolled: int
    contradicted: frozenset[int]
    """The enrolments whose register says something else, which somebody should settle."""


def list_check_ins(training_session: TrainingSession) -> CheckInList:
    """Who checked in to a session; at most four queries, however many there are."""
    found = db.session.scalars(
        select(CheckIn)
        .where(CheckIn.training_session_id == training_session.id)
        .order_by(CheckIn.checked_at.desc(), CheckIn.id.desc())
        .options(joinedload(CheckIn.enrolment))
    ).all()
    counted = [each for each in found if each.state is not CheckInState.DECLINED]
    return CheckInList(
        waiting=tuple(each for each in found if each.state is CheckInState.WAITING),
        here=tuple(each for each in found if each.state.makes_a_mark),
        declined=tuple(each for each in found if each.state is CheckInState.DECLINED),
        from_one_device=tuple(map(tuple, from_one_device(counted))),
        in_one_second=tuple(map(tuple, in_one_second(counted))),
        enrolled=_count_enrolled(training_session),
        contradicted=frozenset(
            enrolment_id
            for _session, enrolment_id in disagreements(
                AttendanceMark.training_session_id == training_session.id
            )
        ),
    )


def list_waiting(cohort: Cohort) -> list[CheckIn]:
    """The check-ins of a cohort that wait for somebody's tap, the oldest first."""
    return list(
        db.session.scalars(
            select(CheckIn)
            .join(CheckIn.training_session)
            .where(TrainingSession.cohort_id == cohort.id, CheckIn.state == CheckInState.WAITING)
            .order_by(CheckIn.checked_at, CheckIn.id)
            .options(
                joinedload(CheckIn.enrolment),
                joinedload(CheckIn.training_session).options(*_LEAN),
            )
        )
    )


def count_here(training_session: TrainingSession) -> tuple[int, int, int]:
    """How many are checked in, wait for a tap, are enrolled."""
    found = db.session.execute(
        select(CheckIn.state, func.count())
        .where(CheckIn.training_session_id == training_session.id)
        .group_by(CheckIn.state)
    )
    states = {row[0]: row[1] for row in found}
    here = sum(count for state, count in states.items() if state.makes_a_mark)
    waiting = states.get(CheckInState.WAITING, 0)
    return here, waiting, _count_enrolled(training_session)


def _count_enrolled(training_session: TrainingSession) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Enrolment)
            .where(
                Enrolment.cohort_id == training_session.cohort_id, Enrolment.withdrawn_at.is_(None)
            )
        )
        or 0
    )


def decide(
    training_session: TrainingSession,
    public_ids: Sequence[str],
    *,
    is_confirmed: bool,
    by: User,
    now: datetime,
) -> list[CheckIn]:
    """Confirm or decline those of these check-ins that still wait; answers which they were."""
    if is_confirmed and state_service.is_closed(training_session):
        state_service.refuse_if_closed(training_session)
    waiting = db.session.scalars(
        select(CheckIn)
        .where(
            CheckIn.training_session_id == training_session.id,
            CheckIn.public_id.in_([each[:40].replace("\0", "") for each in public_ids]),
            CheckIn.state == CheckInState.WAITING,
        )
        .order_by(CheckIn.id)
        .with_for_update(of=CheckIn)
    ).all()
    for each in waiting:
        if is_confirmed and each.enrolment.withdrawn_at is not None:
            raise Refused(NOT_ENROLLED)
        each.decided_at, each.decided_by = now, by
        each.state = CheckInState.CONFIRMED if is_confirmed else CheckInState.DECLINED
        if is_confirmed:
            each.known_by = KnownBy.TRAINER
            # Whoever taps answers for it, as for every other mark that they make.
            _mark(each, by=by, source=service.source_of(training_session, by), now=now)
    db.session.flush()
    return list(waiting)
