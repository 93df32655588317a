"""What a programme asks by itself: its plan, the rounds planned from it, opening and reminding."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload

from courseware import audit
from courseware.accounts.models import User
from courseware.cohorts.models import Cohort
from courseware.db import db, only_once
from courseware.errors import Refused
from courseware.feedback.models import FeedbackPlan, FeedbackRound, Questionnaire
from courseware.feedback.plan_rules import (
    FOLLOW_UP_AFTER,
    USUAL,
    Ask,
    Span,
    Times,
    reminders_due,
    times_of,
)
from courseware.feedback.questionnaire_service import (
    list_questionnaires,
    shipped_questionnaires,
    take_questionnaire,
)
from courseware.feedback.rules import About, Moment
from courseware.feedback.service import DAYS_OPEN, WHOLE, begin_round
from courseware.feedback.ticket_service import AddressOf, remind, send_links
from courseware.messages import N_, Message
from courseware.permissions import Role, roles_on
from courseware.programmes.models import Programme
from courseware.schedule.models import TrainingSession

LOOKED_AT = timedelta(days=730)
"""So long after its last session a cohort is still planned for: the latest follow-up."""


@roles_on.register
def _roles_on_plan(subject: FeedbackPlan, user: User) -> set[Role]:
    return roles_on(subject.programme, user)


# The plan -----------------------------------------------------------------------------------


def list_plan(programme: Programme) -> list[FeedbackPlan]:
    """What a programme asks by itself, in the order in which it is asked."""
    found = db.session.scalars(
        select(FeedbackPlan)
        .where(FeedbackPlan.programme_id == programme.id)
        .options(joinedload(FeedbackPlan.programme))
    )
    order = [Moment.BEFORE, Moment.SESSION, Moment.AFTER, Moment.FOLLOW_UP]
    return sorted(found, key=lambda one: (order.index(one.moment), one.minutes, one.id))


def find_plan(public_id: str) -> FeedbackPlan | None:
    """The line of a plan at this address."""
    return db.session.scalar(
        select(FeedbackPlan)
        .where(FeedbackPlan.public_id == public_id)
        .options(joinedload(FeedbackPlan.programme))
    )


def ask_of(line: FeedbackPlan) -> Ask:
    """A line of a plan as the value that rules work with."""
    return Ask(line.moment, line.minutes, line.days_open, line.is_by_mail, line.reminders)


def add_to_plan(
    programme: Programme, questionnaire: Questionnaire, ask: Ask, *, by: User | None, now: datetime
) -> FeedbackPlan:
    """Ask this by itself from now on; the rounds that follow from it are planned at once."""
    line = _add_line(programme, questionnaire, ask, by=by, now=now)
    plan_rounds(now=now, programme=programme)
    return line


def _add_line(
    programme: Programme, questionnaire: Questionnaire, ask: Ask, *, by: User | None, now: datetime
) -> FeedbackPlan:
    line = FeedbackPlan(programme=programme, questionnaire=questionnaire)
    _set(line, ask)
    if not only_once(db.session, line):
        raise Refused(Message(N_("The plan asks this questionnaire at this moment already.")))
    audit.record("plan feedback", line, by=by, now=now, questionnaire=questionnaire.code)
    return line


def change_plan(line: FeedbackPlan, ask: Ask, *, by: User | None, now: datetime) -> None:
    """Ask at another time or otherwise; rounds that are open already stay as they are."""
    if ask.moment is not line.moment:
        raise Refused(Message(N_("Take this line out of the plan and add another.")))
    _set(line, ask)
    db.session.flush()
    audit.record("change feedback plan", line, by=by, now=now)
    plan_rounds(now=now, programme=line.programme)


def _set(line: FeedbackPlan, ask: Ask) -> None:
    line.moment, line.minutes, line.days_open = ask.moment, ask.minutes, ask.days_open
    line.is_by_mail, line.reminders = ask.is_by_mail, ask.reminders


def take_out_of_plan(line: FeedbackPlan, *, by: User | None, now: datetime) -> None:
    """Ask this no longer by itself: what is planned goes, what was opened stays."""
    audit.record("take out of feedback plan", line, by=by, now=now)
    db.session.execute(
        delete(FeedbackRound).where(
            FeedbackRound.plan_id == line.id, FeedbackRound.opened_at.is_(None)
        )
    )
    db.session.execute(
        update(FeedbackRound).where(FeedbackRound.plan_id == line.id).values(plan_id=None)
    )
    db.session.delete(line)
    db.session.flush()
    db.session.expire_all()


def take_usual_plan(
    programme: Programme, *, by: User | None, now: datetime
) -> tuple[int, list[Message | str]]:
    """Plan what most programmes ask; answers how many lines are new, and why some are not.

    Of each kind of questionnaire the programme's own is taken, else the one that is shipped.
    """
    known = {(line.questionnaire.about, line.moment) for line in list_plan(programme)}
    added = 0
    problems: list[Message | str] = []
    for about, ask in USUAL:
        code = _code_for(programme, about)
        if code and (about, ask.moment) not in known:
            try:
                questionnaire = take_questionnaire(programme, code, by=by, now=now)
            except Refused as error:  # a programme without outcomes cannot ask about them
                problems.append(error.message)
                continue
            _add_line(programme, questionnaire, ask, by=by, now=now)
            added += 1
    plan_rounds(now=now, programme=programme)
    return added, list(dict.fromkeys(problems))


def _code_for(programme: Programme, about: About) -> str:
    own = [each.code for each in list_questionnaires(programme) if each.about is about]
    shipped = [code for code, each in shipped_questionnaires().items() if each.about is about]
    # "session" rather than "trainer", which is about sessions as well.
    best = [code for code in (*own, *shipped) if code == about.value]
    return next(iter([*best, *own, *shipped]), "")


# Rounds that follow from it -----------------------------------------------------------------


def plan_rounds(*, now: datetime, programme: Programme | None = None) -> int:
    """Make, move and keep the rounds that plans ask for; answers how many changed.

    Rounds follow the schedule until they open. Three queries, however many cohorts there are.
    """
    lines = db.session.scalars(
        select(FeedbackPlan).where(
            *([FeedbackPlan.programme_id == programme.id] if programme is not None else [])
        )
    ).all()
    if not lines:
        return 0
    sessions = _sessions_of({line.programme_id for line in lines}, since=now - LOOKED_AT)
    if not sessions:
        return 0
    rounds = {
        (each.cohort_id, each.questionnaire_id, each.place, each.moment): each
        for each in db.session.execute(
            select(*(getattr(FeedbackRound, name) for name in (*_PLACE, *_KEPT))).where(
                FeedbackRound.cohort_id.in_(sessions)
            )
        )
    }
    changed = 0
    new: list[dict[str, Any]] = []
    for line in lines:
        for cohort_id, (programme_id, held) in sessions.items():
            if programme_id == line.programme_id:
                moved, missing = _plan_line(line, cohort_id, held, rounds, now=now)
                changed, new = changed + moved, new + missing
    if new:
        kind = postgresql if db.engine.dialect.name == "postgresql" else sqlite
        # Two workers may come here at once; what one of them planned is planned.
        db.session.execute(kind.insert(FeedbackRound).on_conflict_do_nothing(), new)
    return changed + len(new)


Held = Mapping[tuple[int | None, str], Span]
"""The sessions of a cohort by id and code; under (None, "") the whole course."""

Rounds = Mapping[tuple[int, int, str, Moment], Row[Any]]

_PLACE = ("id", "cohort_id", "questionnaire_id", "place", "moment", "plan_id", "opened_at")
_KEPT = ("opens_at", "closes_at", "is_by_mail", "reminders")


def _sessions_of(programmes: Iterable[int], *, since: datetime) -> dict[int, tuple[int, Held]]:
    began = func.coalesce(TrainingSession.actual_starts_at, TrainingSession.starts_at)
    ended = func.coalesce(TrainingSession.actual_ends_at, TrainingSession.ends_at)
    rows = db.session.execute(
        select(
            TrainingSession.cohort_id, Cohort.programme_id,
            TrainingSession.id, TrainingSession.code, began, ended,
        )
        .join(Cohort, Cohort.id == TrainingSession.cohort_id)
        .where(Cohort.programme_id.in_(programmes), TrainingSession.ends_at >= since)
    )  # fmt: skip
    found: dict[int, tuple[int, dict[tuple[int | None, str], Span]]] = {}
    for cohort_id, programme_id, session_id, code, begins, ends in rows:
        held = found.setdefault(cohort_id, (programme_id, {}))[1]
        held[session_id, code] = Span(begins, ends)
        whole = held.get((None, ""), held[session_id, code])
        held[None, ""] = Span(min(whole.begins, begins), max(whole.ends, ends))
    return {cohort_id: (programme_id, held) for cohort_id, (programme_id, held) in found.items()}


def _plan_line(
    line: FeedbackPlan, cohort_id: int, held: Held, rounds: Rounds, *, now: datetime
) -> tuple[int, list[dict[str, Any]]]:
    """How many rounds of a cohort moved, and those that are to be made."""
    ask, moved = ask_of(line), 0
    new: list[dict[str, Any]] = []
    for (session_id, code), span in held.items():
        if (session_id is None) is (line.moment is Moment.SESSION):
            continue
        times = times_of(ask, span)
        planned = rounds.get((cohort_id, line.questionnaire_id, code, line.moment))
        if planned is not None:
            moved += _follow(planned, line, times)
        elif times.is_worth_planning(line.moment, now):
            new.append(
                {
                    "questionnaire_id": line.questionnaire_id,
                    "cohort_id": cohort_id,
                    "training_session_id": session_id,
                    "place": code,
                    "moment": line.moment,
                    "plan_id": line.id,
                    "opens_at": times.opens_at,
                    "closes_at": times.closes_at,
                    "is_by_mail": ask.is_by_mail,
                    "reminders": ask.reminders,
                }
            )
    return moved, new


def _follow(planned: Row[Any], line: FeedbackPlan, times: Times) -> bool:
    """Let a planned round follow the plan and the schedule, unless it opened or was called off."""
    wanted = (times.opens_at, times.closes_at, line.is_by_mail, line.reminders)
    found = tuple(getattr(planned, name) for name in _KEPT)
    if planned.opened_at is not None or planned.plan_id != line.id or wanted == found:
        return False
    db.session.execute(
        update(FeedbackRound)
        .where(FeedbackRound.id == planned.id, FeedbackRound.opened_at.is_(None))
        .values(dict(zip(_KEPT, wanted, strict=True)))
    )
    return True


def plan_follow_up(asked: FeedbackRound, *, by: User | None, now: datetime) -> FeedbackRound | None:
    """Plan to ask the same people again in three months; None where that is planned already."""
    programme = asked.cohort.programme
    code = _code_for(programme, About.FOLLOW_UP)
    if not code:
        return None
    opens_at = now + FOLLOW_UP_AFTER
    follow_up = FeedbackRound(
        questionnaire=take_questionnaire(programme, code, by=by, now=now),
        cohort=asked.cohort,
        moment=Moment.FOLLOW_UP,
        opens_at=opens_at,
        closes_at=opens_at + timedelta(days=21),
        is_by_mail=True,
        reminders=2,
    )
    return follow_up if only_once(db.session, follow_up) else None


def call_off(asked: FeedbackRound, *, by: User, now: datetime) -> None:
    """Do not ask what was planned. It can still be opened by hand."""
    if asked.opened_at is not None:
        raise Refused(Message(N_("This feedback is open already.")))
    asked.plan_id, asked.closes_at = None, asked.opens_at
    audit.record("call off feedback", asked, by=by, now=now)


def open_by_hand(asked: FeedbackRound, *, address_of: AddressOf, by: User, now: datetime) -> None:
    """Ask now what was planned for later, or called off."""
    if asked.closes_at <= max(asked.opens_at, now):
        asked.opens_at = now
        asked.closes_at = now + timedelta(days=DAYS_OPEN[asked.questionnaire.about])
    if not begin_round(asked, by=by, now=now):
        raise Refused(Message(N_("This feedback is open already.")))
    if asked.is_by_mail and asked.questionnaire.about is not About.NEEDS:
        send_links(asked, address_of=address_of, now=now)


# The time has come --------------------------------------------------------------------------


def list_rounds_to_open(*, now: datetime) -> Sequence[FeedbackRound]:
    """The planned rounds whose time has come and that are not called off."""
    return db.session.scalars(
        select(FeedbackRound)
        .where(
            FeedbackRound.opened_at.is_(None),
            FeedbackRound.opens_at <= now,
            FeedbackRound.closes_at > FeedbackRound.opens_at,
            or_(FeedbackRound.moment != Moment.BEFORE, FeedbackRound.closes_at > now),
        )
        .order_by(FeedbackRound.opens_at, FeedbackRound.id)
        .options(*WHOLE)
    ).all()


def open_planned(asked: FeedbackRound, *, address_of: AddressOf, now: datetime) -> bool:
    """Open a planned round and mail the personal links. False where another was quicker."""
    if not begin_round(asked, by=None, now=now):
        return False
    if asked.is_by_mail and asked.questionnaire.about is not About.NEEDS:
        send_links(asked, address_of=address_of, now=now)
    return True


def remind_of_open_rounds(*, address_of: AddressOf, now: datetime) -> int:
    """Remind those who have not answered, where it is time; answers of how many rounds.

    One that was missed is not made up for: nobody gets two reminders at once.
    """
    running = db.session.scalars(
        select(FeedbackRound)
        .where(
            FeedbackRound.opened_at.is_not(None),
            FeedbackRound.closed_at.is_(None),
            FeedbackRound.closes_at > now,
            FeedbackRound.reminders_sent < FeedbackRound.reminders,
        )
        .order_by(FeedbackRound.id)
        .options(*WHOLE)
    ).all()
    reminded = 0
    for asked in running:
        due = reminders_due(asked.opened_at or now, asked.closes_at, asked.reminders, now)
        if due > asked.reminders_sent and _claim(asked, due):
            remind(asked, address_of=address_of, now=now)
            reminded += 1
    return reminded


def _claim(asked: FeedbackRound, due: int) -> bool:
    """Whether this process is the one that reminds now."""
    claimed = db.session.execute(
        update(FeedbackRound)
        .where(FeedbackRound.id == asked.id, FeedbackRound.reminders_sent == asked.reminders_sent)
        .values(reminders_sent=due)
    )
    return claimed.rowcount == 1  # type: ignore[attr-defined]
