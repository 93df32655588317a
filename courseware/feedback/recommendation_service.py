"""Recommendations of a cohort: made from a figure or a comment, followed until the end."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import or_, select, update
from sqlalchemy.orm import joinedload, selectinload

from courseware import audit, mail
from courseware.accounts.models import User
from courseware.cohorts.models import Cohort
from courseware.cohorts.overview_service import ToDo, tells_what_needs_doing
from courseware.cohorts.service import list_cohort_roles
from courseware.db import db
from courseware.errors import Refused
from courseware.feedback.models import Recommendation, RecommendationStep
from courseware.feedback.recommendation_rules import (
    REMINDER_EVERY,
    Evidence,
    RecommendationState,
    Said,
    check_step,
    evidence_from,
    is_overdue,
)
from courseware.messages import N_, Message
from courseware.partners.models import Organisation
from courseware.permissions import Role, roles_on
from courseware.programmes.service import list_programme_roles

LinkTo = Callable[[Recommendation], str]

MOST_PROMISES = 10


@roles_on.register
def _roles_on_recommendation(subject: Recommendation, user: User) -> set[Role]:
    roles = roles_on(subject.cohort, user)
    return roles | {Role.SELF} if subject.owner_id == user.id else roles


# Reading ------------------------------------------------------------------------------------


def find_recommendation(public_id: str) -> Recommendation | None:
    """The recommendation at this address, with its history."""
    return db.session.scalar(
        select(Recommendation)
        .where(Recommendation.public_id == public_id)
        .options(selectinload(Recommendation.steps).joinedload(RecommendationStep.taken_by))
    )


def list_recommendations(cohort: Cohort) -> list[Recommendation]:
    """The recommendations of a cohort: open ones first, and among them those due first."""
    found = db.session.scalars(
        select(Recommendation)
        .where(Recommendation.cohort_id == cohort.id)
        .options(joinedload(Recommendation.owner), joinedload(Recommendation.organisation))
        .order_by(Recommendation.id)
    )
    order = list(RecommendationState)
    return sorted(found, key=lambda one: (order.index(one.state), one.due_on or date.max, one.id))


def list_overdue(user: User, cohorts: Iterable[Cohort], *, now: datetime) -> list[Recommendation]:
    """What should be finished by now, in these cohorts or in the hands of `user`."""
    return _overdue(
        or_(
            Recommendation.owner_id == user.id,
            Recommendation.cohort_id.in_([each.id for each in cohorts]),
        ),
        now=now,
    )


def _overdue(where: object, *, now: datetime) -> list[Recommendation]:
    found = db.session.scalars(
        select(Recommendation)
        .where(
            Recommendation.state.in_([RecommendationState.OPEN, RecommendationState.UNDER_WAY]),
            Recommendation.due_on <= now.date() + timedelta(days=1),
            where,  # type: ignore[arg-type]
        )
        .options(joinedload(Recommendation.owner), joinedload(Recommendation.made_by))
        .order_by(Recommendation.due_on, Recommendation.id)
    )
    return [each for each in found if is_overdue(each.state, each.due_on, today_in(each, now))]


def today_in(recommendation: Recommendation, now: datetime) -> date:
    """The day it is where the recommendation's cohort meets."""
    return now.astimezone(ZoneInfo(recommendation.cohort.timezone)).date()


def list_owned(user: User) -> list[Recommendation]:
    """What is in the hands of `user` and not finished, what is due first first."""
    found = db.session.scalars(
        select(Recommendation).where(
            Recommendation.owner_id == user.id,
            Recommendation.state.in_([RecommendationState.OPEN, RecommendationState.UNDER_WAY]),
        )
    )
    return sorted(found, key=lambda one: (one.due_on or date.max, one.id))


def promises_for(cohorts: Sequence[Cohort]) -> dict[int, list[Recommendation]]:
    """“You said, we did” for each of these cohorts, the latest first, in one query.

    What was answered of the cohort itself and of those of its programme that began before it.
    """
    found = db.session.scalars(
        select(Recommendation)
        .join(Cohort, Cohort.id == Recommendation.cohort_id)
        .where(
            Cohort.programme_id.in_({each.programme_id for each in cohorts}),
            Recommendation.is_shared,
            Recommendation.answer != "",
            Recommendation.state.in_([RecommendationState.UNDER_WAY, RecommendationState.DONE]),
        )
        .order_by(Cohort.starts_on.desc(), Recommendation.id.desc())
    ).all()
    return {
        each.id: [
            one
            for one in found
            if one.cohort_id == each.id
            or (
                one.cohort.programme_id == each.programme_id
                and one.cohort.starts_on < each.starts_on
            )
        ][:MOST_PROMISES]
        for each in cohorts
    }


def owners_of(cohort: Cohort) -> list[User]:
    """Who can take a recommendation on: those who run the programme or the cohort, or teach it."""
    named = [role.user for role in list_programme_roles(cohort.programme)]
    named += [role.user for role in list_cohort_roles(cohort)]
    people = {user.id: user for user in named if user.is_active}
    return sorted(people.values(), key=lambda user: user.name.casefold())


def organisations_of(cohort: Cohort) -> list[Organisation]:
    """The organisations with a part in the programme, each once."""
    return list(
        {each.organisation_id: each.organisation for each in cohort.programme.partners}.values()
    )


def evidence_of(recommendation: Recommendation) -> Evidence:
    """What a recommendation stands on."""
    return evidence_from(recommendation.evidence)


@tells_what_needs_doing
def _on_the_page_of_a_cohort(cohort: Cohort, now: datetime) -> list[ToDo]:
    overdue = _overdue(Recommendation.cohort_id == cohort.id, now=now)
    if not overdue:
        return []
    return [
        ToDo(
            Message(N_("Recommendations overdue: %(count)s."), count=len(overdue)),
            "feedback.recommendations",
            Message(N_("See them")),
        )
    ]


# Acting -------------------------------------------------------------------------------------


def make_recommendation(
    cohort: Cohort,
    said: Said,
    *,
    evidence: Evidence | None,
    organisation: Organisation | None,
    owner: User | None,
    link_to: LinkTo,
    by: User,
    now: datetime,
) -> Recommendation:
    """Make a recommendation; its owner is told, unless they make it themselves."""
    made = Recommendation(
        cohort=cohort,
        text=said.text,
        addressee=said.addressee,
        organisation=organisation,
        owner=owner,
        due_on=said.due_on,
        state=RecommendationState.OPEN,
        is_shared=said.is_shared,
        evidence=evidence.plain() if evidence else {},
        made_at=now,
        made_by_id=by.id,
    )
    db.session.add(made)
    db.session.flush()
    audit.record("make recommendation", made, by=by, now=now)
    _tell_owner(made, link_to=link_to, by=by, now=now)
    return made


def change_recommendation(
    recommendation: Recommendation,
    said: Said,
    *,
    organisation: Organisation | None,
    owner: User | None,
    link_to: LinkTo,
    by: User,
    now: datetime,
) -> None:
    """Word it anew, or give it to somebody else; a new owner is told."""
    is_new_owner = (owner.id if owner else None) != recommendation.owner_id
    if said.due_on != recommendation.due_on or is_new_owner:
        recommendation.reminded_at = None
    recommendation.text, recommendation.answer = said.text, said.answer
    recommendation.addressee, recommendation.organisation = said.addressee, organisation
    recommendation.due_on, recommendation.is_shared = said.due_on, said.is_shared
    recommendation.owner = owner
    db.session.flush()
    audit.record("change recommendation", recommendation, by=by, now=now)
    if is_new_owner:
        _tell_owner(recommendation, link_to=link_to, by=by, now=now)


def take_step(
    recommendation: Recommendation,
    state: RecommendationState,
    *,
    note: str,
    answer: str,
    by: User,
    now: datetime,
) -> None:
    """Say how far it is. The history keeps every step; `answer` is what the next cohort reads."""
    if problem := check_step(state, note, answer):
        raise Refused(problem)
    recommendation.state, recommendation.answer = state, answer
    recommendation.steps.append(
        RecommendationStep(state=state, note=note, taken_at=now, taken_by_id=by.id)
    )
    db.session.flush()
    audit.record("follow recommendation", recommendation, by=by, now=now, state=state.value)


def _tell_owner(
    recommendation: Recommendation, *, link_to: LinkTo, by: User, now: datetime
) -> None:
    owner = recommendation.owner
    if owner is None or owner.id == by.id or not owner.is_active or not owner.email:
        return
    mail.queue(
        owner.email,
        "recommendation_given",
        now=now,
        in_language=owner.language or current_app.config["SETTINGS"].language,
        person=owner,
        recommendation=recommendation,
        link=link_to(recommendation),
    )


def remind_of_overdue(*, link_to: LinkTo, now: datetime) -> int:
    """Mail whoever has overdue recommendations, each once a week at most; how many mails.

    Who made it is reminded of what nobody owns.
    """
    latest = now - REMINDER_EVERY
    due: dict[User, list[Recommendation]] = defaultdict(list)
    not_reminded = or_(Recommendation.reminded_at.is_(None), Recommendation.reminded_at <= latest)
    for each in _overdue(not_reminded, now=now):
        person = each.owner or each.made_by
        if person is not None and person.is_active and person.email and _claim(each, now=now):
            due[person].append(each)
    for person, overdue in due.items():
        mail.queue(
            person.email or "",
            "recommendations_overdue",
            now=now,
            in_language=person.language or current_app.config["SETTINGS"].language,
            person=person,
            overdue=[(each, link_to(each)) for each in overdue],
        )
    return len(due)


def _claim(recommendation: Recommendation, *, now: datetime) -> bool:
    """Whether this process is the one that reminds of it now."""
    claimed = db.session.execute(
        update(Recommendation)
        .where(
            Recommendation.id == recommendation.id,
            or_(
                Recommendation.reminded_at.is_(None),
                Recommendation.reminded_at <= now - REMINDER_EVERY,
            ),
        )
        .values(reminded_at=now)
        .execution_options(synchronize_session=False)
    )
    return claimed.rowcount == 1  # type: ignore[attr-defined]
