"""Telling coordinators by mail what waits for their decision: once a day, if there is news."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from courseware import mail
from courseware.accounts.models import User
from courseware.attendance.decision_mail_rules import FIRST, Arisen, is_news, last_morning
from courseware.attendance.models import DecisionMail, DecisionMailRefusal
from courseware.attendance.open_service import OpenMatters, open_matters_of
from courseware.cohorts.models import Cohort, CohortRole
from courseware.db import db
from courseware.permissions import Role
from courseware.programmes.models import ProgrammeRole
from courseware.schedule.models import TrainingSession

LATEST = timedelta(days=60)
"""So long after its last session a cohort is looked at."""


def list_cohorts_to_tell(*, now: datetime) -> list[Cohort]:
    """The cohorts with a schedule, not long over, that were not looked at since this morning."""
    recent = (
        select(TrainingSession.cohort_id)
        .group_by(TrainingSession.cohort_id)
        .having(func.max(TrainingSession.ends_at) >= now - LATEST)
    )
    rows = db.session.execute(
        select(Cohort, DecisionMail.told_until)
        .outerjoin(DecisionMail, DecisionMail.cohort_id == Cohort.id)
        .where(Cohort.id.in_(recent))
        .order_by(Cohort.id)
    )
    return [
        cohort
        for cohort, told_until in rows
        if told_until is None or told_until < last_morning(now, cohort.timezone)
    ]


def tell_coordinators(cohort: Cohort, *, link: str, now: datetime) -> int:
    """Mail the coordinators of a cohort what waits, if something came about; how many mails.

    Nobody is told of what they did themselves, and no mail says who is concerned: the list does.
    """
    until = last_morning(now, cohort.timezone)
    since = _claim(cohort, until)
    if since is None:
        return 0
    waiting = open_matters_of(cohort, now=now)
    arisen = _arisen(waiting)
    receivers = [
        (person, person.email)
        for person in list_receivers(cohort)
        if is_news(arisen, since=since, until=until, reader_id=person.id)
    ]
    for person, email in receivers:
        mail.queue(
            email or "",
            "decisions_waiting",
            now=now,
            in_language=person.language or current_app.config["SETTINGS"].language,
            person=person,
            cohort=cohort,
            open=waiting,
            link=link,
        )
    return len(receivers)


def _claim(cohort: Cohort, until: datetime) -> datetime | None:
    """Since when there may be news; None where another worker has looked at this morning's."""
    insert = (postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert)(
        DecisionMail
    )
    db.session.execute(
        insert.values(cohort_id=cohort.id, told_until=until - FIRST).on_conflict_do_nothing(
            index_elements=["cohort_id"]
        )
    )
    kept = db.session.scalars(
        select(DecisionMail)
        .where(DecisionMail.cohort_id == cohort.id)
        .with_for_update(of=DecisionMail)
        .execution_options(populate_existing=True)
    ).one()
    if kept.told_until >= until:
        return None
    since, kept.told_until = kept.told_until, until
    return since


def _arisen(waiting: OpenMatters) -> list[Arisen]:
    newest = [
        max((voice.statement for voice in each.voices), key=lambda said: said.marked_at)
        for each in waiting.disputes
    ]
    return [
        *(Arisen(each.marked_at, each.marked_by_id) for each in newest),
        *(Arisen(each.announced_at) for each in waiting.notices),
        *(Arisen(each.asked_at) for each in waiting.reviews),
        *(Arisen(each.added_at, each.added_by_id) for each in waiting.walk_ins),
        *(Arisen(each.checked_at) for each in waiting.check_ins),
    ]


# Who is told ------------------------------------------------------------------------------------


def list_receivers(cohort: Cohort, *, also_refusing: bool = False) -> list[User]:
    """The coordinators of a cohort and of its programme who can be written to and want it."""
    of_cohort = select(CohortRole.user_id).where(
        CohortRole.cohort_id == cohort.id, CohortRole.role == Role.COORDINATOR
    )
    of_programme = select(ProgrammeRole.user_id).where(
        ProgrammeRole.programme_id == cohort.programme_id, ProgrammeRole.role == Role.COORDINATOR
    )
    query = (
        select(User)
        .where(
            or_(User.id.in_(of_cohort), User.id.in_(of_programme)),
            User.is_active,
            User.email.is_not(None),
        )
        .order_by(User.id)
    )
    if not also_refusing:
        refused = select(DecisionMailRefusal.user_id).where(
            DecisionMailRefusal.cohort_id == cohort.id
        )
        query = query.where(User.id.not_in(refused))
    return list(db.session.scalars(query))


def is_told(cohort: Cohort, user: User) -> bool | None:
    """Whether somebody is told of a cohort by mail; None for who would not be in any case."""
    if user not in list_receivers(cohort, also_refusing=True):
        return None
    return user in list_receivers(cohort)


def refuse_mail(cohort: Cohort, *, by: User) -> None:
    """Send no such mail about this cohort to who asks."""
    insert = (postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert)(
        DecisionMailRefusal
    )
    db.session.execute(
        insert.values(cohort_id=cohort.id, user_id=by.id).on_conflict_do_nothing(
            index_elements=["cohort_id", "user_id"]
        )
    )


def want_mail(cohort: Cohort, *, by: User) -> None:
    """Send the mail again."""
    db.session.execute(
        delete(DecisionMailRefusal).where(
            DecisionMailRefusal.cohort_id == cohort.id, DecisionMailRefusal.user_id == by.id
        )
    )
