"""Marks that a device made without a network and sent later: each is saved, or says why not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from courseware.accounts.models import User
from courseware.attendance import service, state_service, walk_in_service
from courseware.attendance.models import AttendanceMark, WalkIn
from courseware.attendance.register_rules import is_too_early
from courseware.attendance.rules import MarkSource, Presence
from courseware.attendance.service import SessionRegister, WantedMark
from courseware.attendance.sync_rules import (
    SENT_LATER,
    Answer,
    Outcome,
    SentMark,
    SentWalkIn,
    signature,
)
from courseware.cohorts.models import Enrolment
from courseware.db import db
from courseware.messages import Message
from courseware.schedule.models import TrainingSession


@dataclass(frozen=True)
class CellState:
    """What one cell of a register says now, who says so and when; for a page that stands open."""

    signature: str
    by: str
    marked_at: datetime | None


def take_marks(
    training_session: TrainingSession,
    sent: Sequence[SentMark | SentWalkIn],
    *,
    by: User,
    now: datetime,
) -> list[Answer]:
    """Save what a device sent, in its order; one answer for each.

    A key that was taken before is *saved* without a second entry. A cell that says something
    else than the device saw keeps what it says: the device is told. The entry has our time of
    arrival, so that it stands in the order in which we knew of it, and `made_at`, the device's.
    """
    service.lock_register(training_session)
    known = _known_keys(_key(each, by) for each in sent)
    is_closed = state_service.is_closed(training_session)
    people = _people(training_session, [each for each in sent if isinstance(each, SentMark)])
    standing: dict[int, Presence | None] = {
        enrolment_id: mark.presence
        for (_session, enrolment_id), mark in service.marks_in_force(
            AttendanceMark.training_session_id == training_session.id,
            AttendanceMark.enrolment_id.in_([each.id for each in people.values()]),
        ).items()
    }
    zone = service.zone_of(training_session)
    answers, entries = [], []
    taken: dict[int, WantedMark] = {}
    for each in sent:
        key = _key(each, by)
        refusal = "" if key in known else _refusal(each, people, training_session, is_closed, now)
        if refusal:
            answers.append(Answer(each.key, Outcome.REFUSED, refusal))
            continue
        outcome = Outcome.SAVED
        if key in known:
            pass
        elif isinstance(each, SentWalkIn):
            walk_in_service.add_walk_in(
                training_session,
                each.name,
                arrived_at=each.arrived_at,
                by=by,
                now=now - each.waited,
                key=key,
            )
        else:
            enrolment_id = people[each.enrolment].id
            current = standing.get(enrolment_id)
            if current == each.presence and not each.note:
                pass
            elif signature(current, zone) != each.seen:
                outcome = Outcome.MEANWHILE
            else:
                entries.append(_entry(training_session, enrolment_id, each, by, now, key))
                standing[enrolment_id] = each.presence
                taken[enrolment_id] = WantedMark(each.presence)
        known.add(key)
        answers.append(Answer(each.key, outcome))
    service.add_entries(entries)
    service.end_waiting(training_session, taken, by=by, now=now)
    return answers


def _key(sent: SentMark | SentWalkIn, by: User) -> str:
    # A key is the device's own invention: nobody can take another person's.
    return f"device:{by.id}:{sent.key}"


def _known_keys(keys: Iterable[str]) -> set[str]:
    wanted = list(keys)
    marks = select(AttendanceMark.entry_key).where(AttendanceMark.entry_key.in_(wanted))
    walk_ins = select(WalkIn.entry_key).where(WalkIn.entry_key.in_(wanted))
    return set(db.session.scalars(marks.union_all(walk_ins)))


def _people(training_session: TrainingSession, sent: Sequence[SentMark]) -> dict[str, Enrolment]:
    found = db.session.scalars(
        select(Enrolment).where(
            Enrolment.cohort_id == training_session.cohort_id,
            Enrolment.public_id.in_({each.enrolment for each in sent}),
        )
    )
    return {each.public_id: each for each in found}


def _refusal(
    sent: SentMark | SentWalkIn,
    people: dict[str, Enrolment],
    training_session: TrainingSession,
    is_closed: bool,
    now: datetime,
) -> Message | str:
    if sent.problem:
        return sent.problem
    said = [sent.presence] if isinstance(sent, SentMark) else []
    if is_too_early(said, starts_at=service.begins_at(training_session), now=now):
        return Message(service.TOO_EARLY, code=training_session.code)
    if is_closed:
        return Message(
            "The register of session %(code)s was closed before this arrived. Open the register "
            "again, then send it once more.",
            code=training_session.code,
        )
    if isinstance(sent, SentMark):
        enrolment = people.get(sent.enrolment)
        if enrolment is None:
            return Message("This participant is not in the cohort of this session.")
        if enrolment.withdrawn_at is not None:
            return Message(
                "This participant was withdrawn from the cohort before the mark arrived. Ask the "
                "coordinator to enrol the participant again, then send it once more."
            )
    return ""


def _entry(
    training_session: TrainingSession,
    enrolment_id: int,
    sent: SentMark,
    by: User,
    now: datetime,
    key: str,
) -> dict[str, object]:
    is_late = sent.waited > SENT_LATER
    source = MarkSource.OFFLINE if is_late else service.source_of(training_session, by)
    values = service.entry_values(
        training_session.id,
        enrolment_id,
        WantedMark(sent.presence, sent.note),
        source=source,
        by=by,
        now=now,
        key=key,
    )
    return {**values, "made_at": now - sent.waited if is_late else None}


def cells_of(register: SessionRegister) -> dict[str, CellState]:
    """What every cell of a register says now, by the enrolment's address."""
    markers = {row.mark.marked_by_id for row in register.rows if row.mark}
    names = {
        user.id: user.name for user in db.session.scalars(select(User).where(User.id.in_(markers)))
    }
    return {
        row.public_id: CellState(
            signature(row.mark.presence if row.mark else None, register.zone),
            names.get(row.mark.marked_by_id or 0, "") if row.mark else "",
            row.mark.marked_at if row.mark else None,
        )
        for row in register.rows
    }
