"""The first page of a cohort: its figures, and what needs doing in it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from courseware.accounts.models import User
from courseware.cohorts.models import Cohort, Enrolment
from courseware.cohorts.service import list_cohort_roles
from courseware.db import db
from courseware.messages import Message
from courseware.permissions import Role


@dataclass(frozen=True)
class CohortFigures:
    """How many are enrolled, withdrawn, and have confirmed how their name is printed."""

    enrolled: int
    withdrawn: int
    confirmed: int
    without_email: int


def figures_of(cohort: Cohort) -> CohortFigures:
    """The figures of one cohort, in one query."""
    is_in = Enrolment.withdrawn_at.is_(None)
    counted = [
        is_in,
        Enrolment.withdrawn_at.is_not(None),
        is_in & Enrolment.name_confirmed_at.is_not(None),
        is_in & User.email.is_(None),
    ]
    query = (
        select(*(func.coalesce(func.sum(case((what, 1), else_=0)), 0) for what in counted))
        .select_from(Enrolment)
        .join(User, Enrolment.user_id == User.id)
        .where(Enrolment.cohort_id == cohort.id)
    )
    return CohortFigures(*(int(value) for value in db.session.execute(query).one()))


@dataclass(frozen=True)
class ToDo:
    """Something that needs doing in a cohort: a sentence, and the page where it is done."""

    text: Message
    endpoint: str
    act: Message


ToDoSource = Callable[[Cohort, datetime], list[ToDo]]

_to_do_sources: list[ToDoSource] = []


def tells_what_needs_doing(source: ToDoSource) -> ToDoSource:
    """Register what a later feature has to say on a cohort's first page."""
    _to_do_sources.append(source)
    return source


def what_needs_doing(cohort: Cohort, *, now: datetime) -> list[ToDo]:
    """What needs doing in a cohort, in the order of the features."""
    return [to_do for source in _to_do_sources for to_do in source(cohort, now)]


@tells_what_needs_doing
def _set_up(cohort: Cohort, now: datetime) -> list[ToDo]:
    figures, roles = figures_of(cohort), {role.role for role in list_cohort_roles(cohort)}
    found = []
    if not figures.enrolled:
        found.append(
            ToDo(
                Message("Nobody is enrolled yet."),
                "cohorts.import_list",
                Message("Import participants"),
            )
        )
    if Role.TRAINER not in roles:
        found.append(
            ToDo(Message("No trainer is named yet."), "cohorts.staff", Message("Name a trainer"))
        )
    return found
