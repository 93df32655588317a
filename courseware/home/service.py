"""What each role's first page shows, read with a number of queries that does not grow."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from courseware.accounts.models import User
from courseware.attendance.ledger_rules import Standing
from courseware.attendance.open_service import Waiting, count_waiting
from courseware.attendance.register_list_service import list_registers
from courseware.attendance.service import RegisterSummary
from courseware.cohorts.models import Cohort, CohortRole, Enrolment
from courseware.cohorts.overview_service import ToDo, tells_what_needs_doing
from courseware.credentials.agreement_service import proposable
from courseware.credentials.models import Credential
from courseware.credentials.preflight_service import Candidate, preflight, standing_of
from courseware.credentials.rules import Verdict
from courseware.db import db
from courseware.feedback.models import (
    FeedbackResponse,
    FeedbackRound,
    FeedbackTicket,
    Recommendation,
)
from courseware.feedback.recommendation_service import list_overdue, list_owned, promises_for
from courseware.feedback.ticket_service import list_feedback_due
from courseware.home.rules import TaughtSession, TeachingDay, plan_day
from courseware.messages import Message
from courseware.permissions import Permission, Role, may
from courseware.programmes.models import ProgrammeRole
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import list_sessions_led_by, list_sessions_of

MOST_COURSES = 3
MOST_COHORTS = 30
MOST_PROMISES = 3
LATEST = timedelta(days=90)
"""So long after its last session what waits in a cohort is told here; its own page tells it on."""
MOST_PREFLIGHTS = 3
"""Who is eligible is reckoned for the cohorts that begin last; the others say how many issued."""


@dataclass(frozen=True)
class OwnCourse:
    """One course as its participant sees it: hours, the next session, feedback, certificate."""

    enrolment: Enrolment
    standing: Candidate
    next_session: TrainingSession | None
    feedback_due: tuple[FeedbackRound, ...]
    promises: tuple[Recommendation, ...] = ()
    """“You said, we did”: what came of what earlier participants said."""


@dataclass(frozen=True)
class Reckoned:
    """How many of a cohort stand how: towards the certificate, and towards the hours it needs."""

    eligible: int
    needs_you: int
    out_of_reach: int
    behind: int


@dataclass(frozen=True)
class RunCohort:
    """One cohort as its coordinator sees it."""

    cohort: Cohort
    participants: int
    registers: tuple[RegisterSummary, ...]
    asked: int
    answered: int
    issued: int
    waiting: Waiting
    """What waits for a decision in its attendance."""
    reckoned: Reckoned | None
    """None where it was not reckoned."""

    @property
    def missing(self) -> list[RegisterSummary]:
        """Registers of sessions that are over, with somebody not marked."""
        return [each for each in self.registers if each.is_missing]

    @property
    def held(self) -> int:
        return sum(1 for each in self.registers if each.has_ended)


@dataclass(frozen=True)
class FirstPage:
    """Everything that one person's first page shows; parts of roles they do not have are empty."""

    teaching: TeachingDay | None
    courses: tuple[OwnCourse, ...]
    cohorts: tuple[RunCohort, ...]
    may_create: bool
    people: int | None
    overdue: tuple[Recommendation, ...] = ()
    owned: tuple[Recommendation, ...] = ()
    promises: tuple[Recommendation, ...] = ()
    """“You said, we did”, for a trainer."""

    @property
    def is_empty(self) -> bool:
        return not (
            self.teaching
            or self.courses
            or self.cohorts
            or self.may_create
            or self.people is not None
            or self.owned
        )


def first_page_of(user: User, *, now: datetime) -> FirstPage:
    """What now, for `user`."""
    teaching, cohorts = teaching_of(user, now=now), tuple(cohorts_run_by(user, now=now))
    overdue = list_overdue(user, [each.cohort for each in cohorts], now=now)
    return FirstPage(
        teaching=teaching,
        courses=tuple(courses_of(user, now=now)),
        cohorts=cohorts,
        may_create=may(user, Permission.CREATE_PROGRAMME),
        people=_count_people() if may(user, Permission.MANAGE_PEOPLE) else None,
        overdue=tuple(overdue),
        owned=tuple(each for each in list_owned(user) if each not in overdue),
        promises=_promises_for(teaching),
    )


def _promises_for(teaching: TeachingDay | None) -> tuple[Recommendation, ...]:
    """What a trainer reads of what was done, in the cohort taught next or last."""
    if teaching is None:
        return ()
    near = [teaching.next_up, *teaching.coming, *teaching.today, *teaching.missing]
    cohorts = [each.training_session.cohort for each in near if each is not None][:1]
    found = promises_for(cohorts)
    return tuple(one for each in cohorts for one in found[each.id][:MOST_PROMISES])


def teaching_of(user: User, *, now: datetime) -> TeachingDay | None:
    """The sessions that `user` leads, sorted by what has to be done; None for no trainer."""
    sessions = list_sessions_led_by(user)
    if not sessions:
        return None
    cohorts = {each.cohort_id: each.cohort for each in sessions}
    states = {
        each.training_session.id: each for each in list_registers(list(cohorts.values()), now=now)
    }
    return plan_day(
        [
            TaughtSession(
                training_session=each,
                starts_at=each.starts_at,
                ends_at=each.ends_at,
                zone=each.cohort.timezone,
                is_closed=states[each.id].is_closed or _is_done(states[each.id]),
                marked=states[each.id].marked,
                enrolled=states[each.id].enrolled,
                companions=tuple(
                    trainer.user.name for trainer in each.trainers if trainer.user_id != user.id
                ),
            )
            for each in sessions
        ],
        now,
    )


def _is_done(summary: RegisterSummary) -> bool:
    return summary.has_ended and not summary.is_missing


def courses_of(user: User, *, now: datetime) -> list[OwnCourse]:
    """The courses that `user` takes part in, the latest first."""
    enrolments = db.session.scalars(
        select(Enrolment)
        .join(Cohort)
        .where(Enrolment.user_id == user.id, Enrolment.withdrawn_at.is_(None))
        .order_by(Cohort.starts_on.desc(), Cohort.id.desc())
        .limit(MOST_COURSES)
    ).all()
    if not enrolments:
        return []
    coming = list_sessions_of(user, since=now)
    due = list_feedback_due(user, now=now)
    promises = promises_for([each.cohort for each in enrolments])
    return [
        OwnCourse(
            enrolment=each,
            standing=standing_of(each, now=now),
            next_session=next((one for one in coming if one.cohort_id == each.cohort_id), None),
            feedback_due=tuple(one for one in due if one.cohort_id == each.cohort_id),
            promises=tuple(promises[each.cohort_id][:MOST_PROMISES]),
        )
        for each in enrolments
    ]


def cohorts_run_by(user: User, *, now: datetime) -> list[RunCohort]:
    """The cohorts that `user` coordinates (an administrator: all), those that begin last first."""
    query = select(Cohort).order_by(Cohort.starts_on.desc(), Cohort.id.desc()).limit(MOST_COHORTS)
    if not user.is_administrator:
        is_coordinator = (CohortRole.user_id == user.id) & (CohortRole.role == Role.COORDINATOR)
        of_programme = (ProgrammeRole.user_id == user.id) & (ProgrammeRole.role == Role.COORDINATOR)
        query = query.where(
            or_(
                Cohort.id.in_(select(CohortRole.cohort_id).where(is_coordinator)),
                Cohort.programme_id.in_(select(ProgrammeRole.programme_id).where(of_programme)),
            )
        )
    cohorts = db.session.scalars(query).all()
    if not cohorts:
        return []
    ids = [each.id for each in cohorts]
    registers: dict[int, list[RegisterSummary]] = {each: [] for each in ids}
    for summary in list_registers(cohorts, now=now):
        registers[summary.training_session.cohort_id].append(summary)
    participants = _by_cohort(ids, func.count(Enrolment.id), Enrolment.withdrawn_at.is_(None))
    issued = _by_cohort(
        ids, func.count(Credential.id), Credential.issued_at.is_not(None), joined=Credential
    )
    answers = _answers_by_cohort(ids)
    waiting = count_waiting([each for each in cohorts if _is_recent(registers[each.id], now)])
    reckoned = _reckoned(cohorts, participants, issued, now=now)
    return [
        RunCohort(
            cohort=each,
            participants=participants.get(each.id, 0),
            registers=tuple(registers[each.id]),
            asked=answers.get(each.id, (0, 0))[0],
            answered=answers.get(each.id, (0, 0))[1],
            issued=issued.get(each.id, 0),
            waiting=waiting.get(each.id, Waiting()),
            reckoned=reckoned.get(each.id),
        )
        for each in cohorts
    ]


def _is_recent(registers: Sequence[RegisterSummary], now: datetime) -> bool:
    """Whether a cohort is under way or not long over, so that somebody still decides about it."""
    return any(each.training_session.ends_at >= now - LATEST for each in registers)


def _by_cohort(ids: Sequence[int], counted: Any, where: Any, joined: Any = None) -> dict[int, int]:
    query = select(Enrolment.cohort_id, counted).where(Enrolment.cohort_id.in_(ids), where)
    if joined is not None:
        query = query.join(joined, joined.enrolment_id == Enrolment.id)
    rows = db.session.execute(query.group_by(Enrolment.cohort_id))
    return {row[0]: row[1] for row in rows}


def _answers_by_cohort(ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Invited and answered over all rounds; counts only, nothing leads from here to an answer."""
    answered = select(func.count()).where(FeedbackResponse.round_id == FeedbackRound.id)
    tickets = select(func.count()).where(FeedbackTicket.round_id == FeedbackRound.id)
    invited = func.coalesce(FeedbackRound.invited, tickets.scalar_subquery())
    rows = db.session.execute(
        select(FeedbackRound.cohort_id, invited, answered.scalar_subquery()).where(
            FeedbackRound.cohort_id.in_(ids)
        )
    )
    sums: dict[int, tuple[int, int]] = {}
    for cohort_id, asked, given in rows:
        before = sums.get(cohort_id, (0, 0))
        sums[cohort_id] = (before[0] + asked, before[1] + given)
    return sums


def _reckoned(
    cohorts: Sequence[Cohort],
    participants: dict[int, int],
    issued: dict[int, int],
    *,
    now: datetime,
) -> dict[int, Reckoned]:
    """How many stand how, by cohort; only for the newest that still wait for papers."""
    waiting = [
        each
        for each in cohorts
        if each.starts_on <= now.date() and issued.get(each.id, 0) < participants.get(each.id, 0)
    ]
    found = {}
    for cohort in waiting[:MOST_PREFLIGHTS]:
        checked = preflight(cohort, now=now)
        in_order = checked.having(Verdict.READY, Verdict.AWAITS_AGREEMENT)
        standings = Counter(each.ledger.standing for each in checked.candidates)
        found[cohort.id] = Reckoned(
            eligible=len(in_order),
            needs_you=len(checked.having(Verdict.NEEDS_YOU)),
            out_of_reach=standings[Standing.OUT_OF_REACH],
            behind=standings[Standing.BEHIND],
        )
    return found


def _count_people() -> int:
    query = select(func.count()).select_from(User).where(User.is_active.is_(True))
    return db.session.scalar(query) or 0


@tells_what_needs_doing
def _on_the_page_of_a_cohort(cohort: Cohort, now: datetime) -> list[ToDo]:
    registers = list_registers([cohort], now=now)
    if not registers:
        return [
            ToDo(
                Message("No session is planned yet."),
                "schedule.upload",
                Message("Import the schedule"),
            )
        ]
    found = []
    if missing := [each.training_session.code for each in registers if each.is_missing]:
        more = " …" if len(missing) > 6 else ""
        found.append(
            ToDo(
                Message("Registers to finish: %(codes)s.", codes=", ".join(missing[:6]) + more),
                "attendance.ledger",
                Message("Open attendance"),
            )
        )
    if all(each.has_ended for each in registers):
        checked = preflight(cohort, now=now)
        if checked.ready:
            found.append(
                ToDo(
                    Message("Ready for a certificate: %(count)s.", count=len(checked.ready)),
                    "credentials.cohort",
                    Message("Issue certificates"),
                )
            )
        if to_propose := proposable(checked):
            found.append(
                ToDo(
                    Message("To propose to the approvers: %(count)s.", count=len(to_propose)),
                    "credentials.cohort",
                    Message("Propose the list"),
                )
            )
    return found
