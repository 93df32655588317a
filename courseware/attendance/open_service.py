"""All that waits for a decision in a cohort's attendance, in one list."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import joinedload

from courseware.accounts.models import User
from courseware.attendance.check_in_rules import CheckInState
from courseware.attendance.marks_service import disagreements
from courseware.attendance.models import (
    AbsenceNotice,
    AttendanceMark,
    CheckIn,
    MarkReview,
    Register,
    WalkIn,
)
from courseware.attendance.register_list_service import list_registers
from courseware.attendance.request_rules import NoticeState, ReviewState
from courseware.attendance.rules import Statement
from courseware.attendance.service import RegisterSummary
from courseware.cohorts.models import Cohort, Enrolment
from courseware.cohorts.overview_service import ToDo, tells_what_needs_doing
from courseware.db import db
from courseware.messages import N_, Message
from courseware.schedule.models import TrainingSession


@dataclass(frozen=True)
class Voice:
    """What one person says about a disputed cell, with the person's name."""

    statement: Statement
    name: str


@dataclass(frozen=True)
class Dispute:
    """A cell about which people say different things, the newest voice first."""

    training_session: TrainingSession
    enrolment: Enrolment
    voices: tuple[Voice, ...]


@dataclass(frozen=True)
class Unfilled:
    """A register of a session that is over and that nobody has filled; it may have closed."""

    summary: RegisterSummary
    closed_by_itself: bool
    reminded_at: datetime | None


@dataclass(frozen=True)
class OpenMatters:
    """What waits for somebody in a cohort, the oldest session first in each part."""

    disputes: tuple[Dispute, ...]
    notices: tuple[AbsenceNotice, ...]
    reviews: tuple[MarkReview, ...]
    walk_ins: tuple[WalkIn, ...]
    check_ins: tuple[CheckIn, ...]
    registers: tuple[Unfilled, ...]

    @property
    def count(self) -> int:
        return sum(
            map(
                len,
                (
                    self.disputes,
                    self.notices,
                    self.reviews,
                    self.walk_ins,
                    self.check_ins,
                    self.registers,
                ),
            )
        )


def open_matters_of(cohort: Cohort, *, now: datetime) -> OpenMatters:
    """What waits for a decision. So many queries, however much waits."""
    return OpenMatters(
        disputes=tuple(list_disputes(cohort)),
        notices=_waiting(cohort, AbsenceNotice, AbsenceNotice.state == NoticeState.ANNOUNCED),
        reviews=_waiting(cohort, MarkReview, MarkReview.state == ReviewState.ASKED),
        walk_ins=tuple(
            db.session.scalars(
                select(WalkIn)
                .join(WalkIn.training_session)
                .where(TrainingSession.cohort_id == cohort.id, WalkIn.settled_at.is_(None))
                .options(joinedload(WalkIn.training_session), joinedload(WalkIn.added_by))
                .order_by(TrainingSession.starts_at, WalkIn.id)
            )
        ),
        check_ins=_waiting(cohort, CheckIn, CheckIn.state == CheckInState.WAITING),
        registers=tuple(_unfilled(cohort, now=now)),
    )


def _waiting(cohort: Cohort, kind: Any, is_open: Any) -> tuple[Any, ...]:
    """Requests about a session and an enrolment of a cohort that nobody has decided."""
    return tuple(
        db.session.scalars(
            select(kind)
            .join(kind.training_session)
            .join(kind.enrolment)
            .where(
                TrainingSession.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None), is_open
            )
            .options(
                joinedload(kind.training_session),
                joinedload(kind.enrolment).joinedload(Enrolment.user),
            )
            .order_by(TrainingSession.starts_at, kind.id)
        )
    )


def list_disputes(cohort: Cohort) -> list[Dispute]:
    """The cells of a cohort about which people say different things."""
    its_sessions = select(TrainingSession.id).where(TrainingSession.cohort_id == cohort.id)
    found = disagreements(AttendanceMark.training_session_id.in_(its_sessions))
    if not found:
        return []
    sessions = {
        each.id: each
        for each in db.session.scalars(
            select(TrainingSession).where(TrainingSession.id.in_({cell[0] for cell in found}))
        )
    }
    enrolments = {
        each.id: each
        for each in db.session.scalars(
            select(Enrolment)
            .where(Enrolment.id.in_({cell[1] for cell in found}), Enrolment.withdrawn_at.is_(None))
            .options(joinedload(Enrolment.user))
        )
    }
    ids = {each.marked_by_id for said in found.values() for each in said}
    names = {
        each.id: each.name
        for each in db.session.scalars(select(User).where(User.id.in_(ids - {None})))
    }
    disputes = [
        Dispute(
            sessions[session_id],
            enrolments[enrolment_id],
            tuple(Voice(each, names.get(each.marked_by_id or 0, "")) for each in said),
        )
        for (session_id, enrolment_id), said in found.items()
        if enrolment_id in enrolments
    ]
    disputes.sort(key=lambda each: (each.training_session.starts_at, each.enrolment.id))
    return disputes


def _unfilled(cohort: Cohort, *, now: datetime) -> list[Unfilled]:
    done = {
        register.training_session_id: register
        for register in db.session.scalars(
            select(Register)
            .join(TrainingSession, Register.training_session_id == TrainingSession.id)
            .where(TrainingSession.cohort_id == cohort.id)
        )
    }
    found = []
    for summary in list_registers([cohort], now=now):
        register = done.get(summary.training_session.id)
        closed_by_itself = bool(register and register.closed_at and not register.closed_by_id)
        is_open = not summary.is_closed or closed_by_itself
        if summary.has_ended and summary.unmarked > 0 and is_open:
            found.append(
                Unfilled(summary, closed_by_itself, register.reminded_at if register else None)
            )
    return found


# How much waits ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Waiting:
    """How much waits for a decision in one cohort; registers that nobody filled stand elsewhere."""

    notices: int = 0
    reviews: int = 0
    disputes: int = 0
    walk_ins: int = 0
    check_ins: int = 0

    @property
    def count(self) -> int:
        return self.notices + self.reviews + self.disputes + self.walk_ins + self.check_ins


def count_waiting(cohorts: Sequence[Cohort]) -> dict[int, Waiting]:
    """How much waits in each of these cohorts, by id; so many queries, however many they are."""
    ids = [each.id for each in cohorts]
    found: dict[int, dict[str, int]] = {each: {} for each in ids}
    parts = [
        _count("notices", AbsenceNotice, ids, AbsenceNotice.state == NoticeState.ANNOUNCED),
        _count("reviews", MarkReview, ids, MarkReview.state == ReviewState.ASKED),
        _count("check_ins", CheckIn, ids, CheckIn.state == CheckInState.WAITING),
        _count("walk_ins", WalkIn, ids, WalkIn.settled_at.is_(None), is_enrolled=False),
    ]
    for what, cohort_id, count in db.session.execute(union_all(*parts)):
        found[cohort_id][what] = count
    for cohort_id, count in _count_disputes(ids).items():
        found[cohort_id]["disputes"] = count
    return {each: Waiting(**found[each]) for each in ids}


def _count(
    what: str, kind: Any, ids: Sequence[int], is_open: Any, *, is_enrolled: bool = True
) -> Any:
    query = (
        select(literal(what), TrainingSession.cohort_id, func.count())
        .select_from(kind)
        .join(TrainingSession, TrainingSession.id == kind.training_session_id)
        .where(TrainingSession.cohort_id.in_(ids), is_open)
        .group_by(TrainingSession.cohort_id)
    )
    if is_enrolled:
        query = query.join(Enrolment, Enrolment.id == kind.enrolment_id).where(
            Enrolment.withdrawn_at.is_(None)
        )
    return query


def _count_disputes(ids: Sequence[int]) -> Counter[int]:
    its_sessions = select(TrainingSession.id).where(TrainingSession.cohort_id.in_(ids))
    cells = disagreements(AttendanceMark.training_session_id.in_(its_sessions))
    if not cells:
        return Counter()
    enrolled = dict(
        db.session.execute(
            select(Enrolment.id, Enrolment.cohort_id).where(
                Enrolment.id.in_({enrolment_id for _session, enrolment_id in cells}),
                Enrolment.withdrawn_at.is_(None),
            )
        ).all()
    )
    return Counter(enrolled[one] for _session, one in cells if one in enrolled)


@tells_what_needs_doing
def _on_the_page_of_a_cohort(cohort: Cohort, now: datetime) -> list[ToDo]:
    """What waits for a decision, on the first page of its cohort; registers are told there."""
    waiting = count_waiting([cohort])[cohort.id].count
    if not waiting:
        return []
    return [
        ToDo(
            Message(N_("Attendance waits for your decision: %(count)s."), count=waiting),
            "attendance.open_matters",
            Message(N_("Decide")),
        )
    ]
