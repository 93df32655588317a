"""Who reaches which cohort, enrolment and uploaded file, and through them which programme."""

from typing import Any

from sqlalchemy import CompoundSelect, Select, exists, literal, select, union_all

from courseware.accounts.models import User
from courseware.cohorts.models import Cohort, CohortRole, Enrolment, ImportDraft
from courseware.db import db
from courseware.permissions import Role, also_anywhere, roles_on
from courseware.programmes import service as programmes
from courseware.programmes.models import ProgrammeRole


@programmes.gives_roles_on_programmes
def _through_a_cohort(user: User) -> Select[Any, Any]:
    # Running one cohort lets somebody see its programme, not change it.
    return (
        select(Cohort.programme_id, literal(Role.TRAINER.value))
        .join(CohortRole, CohortRole.cohort_id == Cohort.id)
        .where(CohortRole.user_id == user.id)
    )


@programmes.gives_roles_on_programmes
def _through_an_enrolment(user: User) -> Select[Any, Any]:
    return (
        select(Cohort.programme_id, literal(Role.PARTICIPANT.value))
        .join(Enrolment, Enrolment.cohort_id == Cohort.id)
        .where(Enrolment.user_id == user.id, Enrolment.withdrawn_at.is_(None))
    )


@also_anywhere
def _roles_anywhere(user: User) -> set[Role]:
    # COORDINATOR is not among them: running one cohort does not let anybody create programmes.
    runs = select(literal(Role.TRAINER.value)).where(exists().where(CohortRole.user_id == user.id))
    takes_part = select(literal(Role.PARTICIPANT.value)).where(
        exists().where(Enrolment.user_id == user.id, Enrolment.withdrawn_at.is_(None))
    )
    return {Role(role) for role in db.session.scalars(union_all(runs, takes_part))}


def _roles_on_cohort_id(cohort_id: int, programme_id: int, user: User) -> set[Role]:
    granted: CompoundSelect[Any] = union_all(
        select(CohortRole.role).where(
            CohortRole.cohort_id == cohort_id, CohortRole.user_id == user.id
        ),
        select(ProgrammeRole.role).where(
            ProgrammeRole.programme_id == programme_id, ProgrammeRole.user_id == user.id
        ),
        select(literal(Role.PARTICIPANT.value)).where(
            exists().where(
                Enrolment.cohort_id == cohort_id,
                Enrolment.user_id == user.id,
                Enrolment.withdrawn_at.is_(None),
            )
        ),
    )
    return {Role(role) for role in db.session.scalars(granted)}


@roles_on.register
def _roles_on_cohort(subject: Cohort, user: User) -> set[Role]:
    return _roles_on_cohort_id(subject.id, subject.programme_id, user)


@roles_on.register
def _roles_on_enrolment(subject: Enrolment, user: User) -> set[Role]:
    roles = _roles_on_cohort_id(subject.cohort_id, subject.cohort.programme_id, user)
    roles.discard(Role.PARTICIPANT)  # others who are enrolled are nobody to this enrolment
    return roles | ({Role.SELF} if subject.user_id == user.id else set())


@roles_on.register
def _roles_on_cohort_role(subject: CohortRole, user: User) -> set[Role]:
    return _roles_on_cohort_id(subject.cohort_id, subject.cohort.programme_id, user)


@roles_on.register
def _roles_on_draft(subject: ImportDraft, user: User) -> set[Role]:
    if subject.user_id != user.id:
        return set()
    return _roles_on_cohort_id(subject.cohort_id, subject.cohort.programme_id, user)
