"""Cohorts: creating them, who is enrolled, who runs them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import (
    Select,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.orm import joinedload

from courseware import audit
from courseware.accounts import service as accounts
from courseware.accounts.models import User
from courseware.cohorts import reach_service as _reach  # noqa: F401 - says who reaches cohorts
from courseware.cohorts.models import Cohort, CohortRole, Enrolment, ImportDraft
from courseware.db import db
from courseware.errors import Refused
from courseware.messages import Message
from courseware.partners.models import Organisation
from courseware.permissions import Role
from courseware.programmes import service as programmes
from courseware.programmes.models import Programme, ProgrammeRole
from courseware.programmes.rules import CODE

DRAFTS_LAST = timedelta(hours=24)


# Cohorts ---------------------------------------------------------------------------------------


def find_cohort(public_id: str) -> Cohort | None:
    """The cohort at this address."""
    return db.session.scalar(select(Cohort).where(Cohort.public_id == public_id))


def find_cohort_by_code(code: str) -> Cohort | None:
    """The cohort with this code, whatever its case."""
    return db.session.scalar(select(Cohort).where(func.lower(Cohort.code) == code.strip().lower()))


def list_cohorts(user: User) -> list[Cohort]:
    """The cohorts that `user` reaches, the latest first."""
    query = select(Cohort).order_by(Cohort.starts_on.desc(), Cohort.code)
    if not user.is_administrator:
        query = query.where(
            or_(
                Cohort.id.in_(select(CohortRole.cohort_id).where(CohortRole.user_id == user.id)),
                Cohort.programme_id.in_(
                    select(ProgrammeRole.programme_id).where(ProgrammeRole.user_id == user.id)
                ),
                Cohort.id.in_(
                    select(Enrolment.cohort_id).where(
                        Enrolment.user_id == user.id, Enrolment.withdrawn_at.is_(None)
                    )
                ),
            )
        )
    return list(db.session.scalars(query))


def list_cohorts_of(programme: Programme) -> list[Cohort]:
    """The cohorts of a programme, the latest first."""
    query = select(Cohort).where(Cohort.programme_id == programme.id)
    return list(db.session.scalars(query.order_by(Cohort.starts_on.desc(), Cohort.code)))


def count_enrolled(cohorts: Sequence[Cohort]) -> dict[int, int]:
    """How many are enrolled in each of `cohorts`, by cohort id, in one query."""
    query = (
        select(Enrolment.cohort_id, func.count(Enrolment.id))
        .where(
            Enrolment.cohort_id.in_([cohort.id for cohort in cohorts]),
            Enrolment.withdrawn_at.is_(None),
        )
        .group_by(Enrolment.cohort_id)
    )
    found: dict[int, int] = dict(db.session.execute(query).all())
    return {cohort.id: found.get(cohort.id, 0) for cohort in cohorts}


def create_cohort(
    programme: Programme,
    *,
    code: str,
    starts_on: date,
    timezone: str,
    by: User | None,
    now: datetime,
) -> Cohort:
    """Create a cohort. The programme is released by it; refused while its hours do not add up."""
    if not CODE.fullmatch(code):
        raise Refused(
            Message(
                "“%(value)s” is not a code. Use Latin letters, digits, “-”, “.” and “_”, "
                "beginning with a letter or digit.",
                value=code[:60],
            )
        )
    if timezone not in available_timezones():
        raise Refused(
            Message(
                "“%(value)s” is not a time zone. Write one like Asia/Dushanbe or Asia/Almaty.",
                value=timezone[:60],
            )
        )
    if find_cohort_by_code(code):
        raise Refused(
            Message(
                "There is a cohort with the code “%(code)s” already. Choose another code.",
                code=code,
            )
        )
    programmes.release_programme(programme, by=by, now=now)
    cohort = Cohort(
        programme=programme, code=code, starts_on=starts_on, timezone=timezone, created_at=now
    )
    db.session.add(cohort)
    db.session.flush()
    audit.record("create cohort", cohort, by=by, now=now)
    return cohort


def edit_cohort(cohort: Cohort, *, starts_on: date, timezone: str, by: User, now: datetime) -> None:
    """Change a cohort's first day or zone; its code stays, files and papers name it."""
    if timezone not in available_timezones():
        raise Refused(Message("“%(value)s” is not a time zone.", value=timezone[:60]))
    if (cohort.starts_on, cohort.timezone) == (starts_on, timezone):
        return
    cohort.starts_on, cohort.timezone = starts_on, timezone
    audit.record("edit cohort", cohort, by=by, now=now)
    db.session.flush()


# Who is enrolled -------------------------------------------------------------------------------


def find_enrolment(public_id: str) -> Enrolment | None:
    """The enrolment at this address."""
    return db.session.scalar(
        select(Enrolment)
        .where(Enrolment.public_id == public_id)
        .options(joinedload(Enrolment.cohort), joinedload(Enrolment.organisation))
    )


def find_enrolment_of(cohort: Cohort, user: User) -> Enrolment | None:
    """The place of `user` in `cohort`, withdrawn or not."""
    return db.session.scalar(
        select(Enrolment).where(Enrolment.cohort_id == cohort.id, Enrolment.user_id == user.id)
    )


def _by_name(query: Select[Any]) -> Select[Any]:
    name = func.lower(func.coalesce(func.nullif(User.name_latin, ""), User.name_native))
    return query.order_by(name, User.email, Enrolment.id)


def list_enrolments(cohort: Cohort, *, also_withdrawn: bool = False) -> list[Enrolment]:
    """Who is enrolled in a cohort, by name, with person and organisation, in one query."""
    query = (
        select(Enrolment)
        .join(Enrolment.user)
        .where(Enrolment.cohort_id == cohort.id)
        .options(joinedload(Enrolment.organisation), joinedload(Enrolment.user))
    )
    if not also_withdrawn:
        query = query.where(Enrolment.withdrawn_at.is_(None))
    return list(db.session.scalars(_by_name(query)))


def list_enrolments_of(user: User) -> list[Enrolment]:
    """The places of one person, the latest cohort first."""
    query = (
        select(Enrolment)
        .join(Enrolment.cohort)
        .where(Enrolment.user_id == user.id, Enrolment.withdrawn_at.is_(None))
        .options(joinedload(Enrolment.cohort))
        .order_by(Cohort.starts_on.desc(), Cohort.id.desc())
    )
    return list(db.session.scalars(query))


def enrol(
    cohort: Cohort,
    user: User,
    *,
    organisation: Organisation | None = None,
    position: str = "",
    by: User | None,
    now: datetime,
) -> Enrolment:
    """Give `user` a place in `cohort`; one who was withdrawn gets theirs back."""
    enrolment = find_enrolment_of(cohort, user)
    if enrolment is None:
        enrolment = Enrolment(cohort=cohort, user=user, enrolled_at=now)
        db.session.add(enrolment)
        act = "enrol"
    elif enrolment.withdrawn_at is None:
        raise Refused(Message("%(name)s is enrolled already.", name=user.name))
    else:
        enrolment.withdrawn_at = None
        act = "enrol again"
    if organisation is not None:
        enrolment.organisation = organisation
    enrolment.position = position or enrolment.position or ""
    db.session.flush()
    audit.record(act, enrolment, by=by, now=now)
    return enrolment


def withdraw(enrolment: Enrolment, *, reason: str, by: User, now: datetime) -> None:
    """Take somebody out of a cohort; what was recorded of them stays."""
    if enrolment.withdrawn_at is not None:
        return
    if not reason.strip():
        raise Refused(Message("Say why %(name)s is withdrawn.", name=enrolment.user.name))
    enrolment.withdrawn_at = now
    audit.record("withdraw", enrolment, by=by, now=now, reason=reason.strip()[:400])
    db.session.flush()


def edit_enrolment(
    enrolment: Enrolment,
    *,
    organisation: Organisation | None,
    position: str,
    by: User,
    now: datetime,
) -> None:
    """Correct where a participant comes from."""
    if (enrolment.organisation, enrolment.position) == (organisation, position):
        return
    enrolment.organisation, enrolment.position = organisation, position
    audit.record("edit enrolment", enrolment, by=by, now=now)
    db.session.flush()


def confirm_name(enrolment: Enrolment, *, by: User, now: datetime) -> None:
    """Note that the name is as it is to be printed; a later change of it takes this back."""
    if enrolment.name_confirmed_at is None:
        enrolment.name_confirmed_at = now
        audit.record("confirm name", enrolment, by=by, now=now, names=enrolment.user.names)
        db.session.flush()


@accounts.when_a_name_changes
def _unconfirm_names(user: User) -> None:
    for enrolment in db.session.scalars(
        select(Enrolment).where(
            Enrolment.user_id == user.id, Enrolment.name_confirmed_at.is_not(None)
        )
    ):
        enrolment.name_confirmed_at = None


# Who runs it -----------------------------------------------------------------------------------


def list_cohort_roles(cohort: Cohort) -> list[CohortRole]:
    """Trainers and coordinators of a cohort, by name, with person and organisation."""
    query = (
        select(CohortRole)
        .join(CohortRole.user)
        .where(CohortRole.cohort_id == cohort.id)
        .options(joinedload(CohortRole.organisation))
        .order_by(CohortRole.role, func.lower(User.name_latin), User.email)
    )
    return list(db.session.scalars(query))


def give_cohort_role(
    cohort: Cohort,
    user: User,
    role: Role,
    *,
    organisation: Organisation | None = None,
    by: User | None,
    now: datetime,
) -> bool:
    """Make somebody trainer or coordinator of a cohort; whether they were not before."""
    if role not in (Role.TRAINER, Role.COORDINATOR):
        raise Refused(Message("In a cohort, people are trainers or coordinators."))
    existing = db.session.scalar(
        select(CohortRole).where(
            CohortRole.cohort_id == cohort.id,
            CohortRole.user_id == user.id,
            CohortRole.role == role,
        )
    )
    if existing is not None:
        if organisation is not None and existing.organisation_id is None:
            existing.organisation = organisation
        return False
    db.session.add(CohortRole(cohort=cohort, user=user, role=role, organisation=organisation))
    audit.record("give cohort role", cohort, by=by, now=now, user=user.public_id, role=role)
    db.session.flush()
    return True


@accounts.gives_roles
def _give_by_code(user: User, role: Role, code: str, by: User | None, now: datetime) -> bool:
    cohort = find_cohort_by_code(code)
    if cohort is None or role is Role.ADMINISTRATOR:
        return False
    if role is not Role.PARTICIPANT:
        give_cohort_role(cohort, user, role, by=by, now=now)
    else:
        enrolment = find_enrolment_of(cohort, user)
        if enrolment is None or enrolment.withdrawn_at is not None:
            enrol(cohort, user, by=by, now=now)
    return True


def take_cohort_role(role: CohortRole, *, by: User, now: datetime) -> None:
    """Take a role in a cohort back."""
    audit.record(
        "take cohort role", role.cohort, by=by, now=now,
        user=role.user.public_id, role=role.role,
    )  # fmt: skip
    db.session.delete(role)
    db.session.flush()


# Uploaded files between preview and acceptance --------------------------------------------------


def keep_draft(
    cohort: Cohort, kind: str, *, file_name: str, content: bytes, by: User, now: datetime
) -> ImportDraft:
    """Keep an uploaded file until it is accepted, for a day; older ones go."""
    db.session.execute(
        delete(ImportDraft).where(
            or_(
                ImportDraft.uploaded_at < now - DRAFTS_LAST,
                (ImportDraft.user_id == by.id)
                & (ImportDraft.cohort_id == cohort.id)
                & (ImportDraft.kind == kind),
            )
        )
    )
    draft = ImportDraft(
        cohort=cohort,
        user_id=by.id,
        kind=kind,
        file_name=file_name[-200:],
        content=content,
        uploaded_at=now,
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def find_draft(public_id: str) -> ImportDraft | None:
    """The uploaded file at this address, while it is kept; only its uploader reaches it."""
    return db.session.scalar(
        select(ImportDraft)
        .where(ImportDraft.public_id == public_id)
        .options(joinedload(ImportDraft.cohort))
    )


def drop_draft(draft: ImportDraft) -> None:
    """Forget an uploaded file."""
    db.session.delete(draft)
    db.session.flush()


@accounts.gives_roles
def _give_role_by_code(user: User, role: Role, code: str, by: User | None, now: datetime) -> bool:
    """`courseware user add --of CODE`: a role in the programme or cohort with this code."""
    cohort = find_cohort_by_code(code)
    if cohort is None:
        return False
    if role is Role.PARTICIPANT:
        enrol(cohort, user, by=by, now=now)
    else:
        give_cohort_role(cohort, user, role, by=by, now=now)
    return True
