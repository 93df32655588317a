"""Programmes: finding, saving and releasing them, and who coordinates them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.exc import IntegrityError

from courseware import audit
from courseware.accounts import service as accounts
from courseware.accounts.models import User
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.messages import Message
from courseware.partners import service as partners
from courseware.partners.models import Organisation
from courseware.partners.rules import OrganisationFacts, organisation_key
from courseware.permissions import Role, also_anywhere, roles_on
from courseware.programmes.models import (
    Module,
    Programme,
    ProgrammePartner,
    ProgrammeRole,
    Signatory,
)
from courseware.programmes.rules import (
    AttendanceRules,
    CertificateRules,
    FeedbackRules,
    HoursBalance,
    ModuleFacts,
    PartnerFacts,
    ProgrammeFacts,
    SignatoryFacts,
    release_problems,
)
from courseware.texts import Texts, choose

RoleSource = Callable[[User], Select[Any, Any]]
"""Gives a query for pairs of programme id and role that a person has for some reason."""

_role_sources: list[RoleSource] = []


def gives_roles_on_programmes(source: RoleSource) -> RoleSource:
    """Register a query through which a later feature lets people reach programmes."""
    _role_sources.append(source)
    return source


@gives_roles_on_programmes
def _granted(user: User) -> Select[Any, Any]:
    return select(ProgrammeRole.programme_id, ProgrammeRole.role).where(
        ProgrammeRole.user_id == user.id
    )


@roles_on.register
def _roles_on_programme(subject: Programme, user: User) -> set[Role]:
    reached = union_all(*(source(user) for source in _role_sources)).subquery()
    programme_id, role = reached.c
    return {Role(one) for one in db.session.scalars(select(role).where(programme_id == subject.id))}


@also_anywhere
def _roles_anywhere(user: User) -> set[Role]:
    # Whoever has a role on some programme may open the list of programmes. It says nothing of
    # creating one: that is the general role of a coordinator.
    query = select(ProgrammeRole.id).where(ProgrammeRole.user_id == user.id).limit(1)
    return {Role.TRAINER} if db.session.scalar(query) else set()


def find_programme(public_id: str) -> Programme | None:
    """The programme at this address."""
    return db.session.scalar(select(Programme).where(Programme.public_id == public_id))


def find_programme_by_code(code: str) -> Programme | None:
    """The programme with this code, whatever its case."""
    return db.session.scalar(
        select(Programme).where(func.lower(Programme.code) == code.strip().lower())
    )


def list_programmes(user: User) -> list[tuple[Programme, int, int]]:
    """The programmes that `user` reaches, by code, each with its minutes and number of modules."""
    modules = (
        select(
            Module.programme_id,
            func.sum(Module.planned_minutes).label("minutes"),
            func.count(Module.id).label("modules"),
        )
        .group_by(Module.programme_id)
        .subquery()
    )
    query = (
        select(
            Programme,
            func.coalesce(modules.c.minutes, 0),
            func.coalesce(modules.c.modules, 0),
        )
        .outerjoin(modules, modules.c.programme_id == Programme.id)
        .order_by(func.lower(Programme.code))
    )
    if not user.is_administrator:
        reached = union_all(*(source(user) for source in _role_sources)).subquery()
        query = query.where(Programme.id.in_(select(reached.c[0])))
    return [(programme, int(minutes), modules) for programme, minutes, modules in
            db.session.execute(query)]  # fmt: skip


def balance_of(programme: Programme) -> HoursBalance:
    """The sum of the modules beside the promise."""
    return HoursBalance(
        programme.planned_minutes, programme.promised_minutes, programme.academic_hour_minutes
    )


def facts_of(programme: Programme) -> ProgrammeFacts:
    """Everything a programme says, as plain facts."""
    return ProgrammeFacts(
        code=programme.code,
        titles=dict(programme.titles),
        promised_minutes=programme.promised_minutes,
        academic_hour_minutes=programme.academic_hour_minutes,
        summaries=dict(programme.summaries or {}),
        certificate=CertificateRules(
            threshold_percent=programme.threshold_percent,
            feedback_required=programme.feedback_required,
            name_confirmed=programme.name_confirmation_required,
            excused_earns_hours=programme.excused_earns_hours,
            agreement_required=programme.agreement_required,
            statements_allowed=programme.statements_allowed,
            correction_days=programme.correction_days,
            participation=programme.participation,
            assessment=programme.assessment,
            series=programme.series_pattern,
            languages=tuple(programme.certificate_languages),
            design=programme.design,
            accent=programme.accent,
            texts={key: dict(texts) for key, texts in programme.design_texts.items()},
        ),
        attendance=AttendanceRules(
            register_days=programme.register_days,
            reminder_hours=programme.reminder_hours,
            review_days=programme.review_days,
            warn_participants=programme.warn_participants,
        ),
        feedback=FeedbackRules(limit=programme.feedback_limit),
        partners=tuple(
            PartnerFacts(partners.facts_of(partner.organisation), partner.part)
            for partner in programme.partners
        ),
        signatories=tuple(
            SignatoryFacts(
                signatory.organisation.code or "", dict(signatory.names), dict(signatory.offices)
            )
            for signatory in programme.signatories
        ),
        modules=tuple(
            ModuleFacts(
                module.code,
                dict(module.titles),
                module.planned_minutes,
                tuple(dict(outcome) for outcome in module.outcomes),
            )
            for module in programme.modules
        ),
    )


def save_programme(
    facts: ProgrammeFacts,
    *,
    programme: Programme | None = None,
    by: User | None,
    now: datetime,
) -> tuple[Programme, bool]:
    """Create a programme, or make the one given say what `facts` say; whether that changed it.

    A released programme keeps its promise: an edit that leaves a difference is refused.
    """
    other = find_programme_by_code(facts.code)
    if other is not None and (programme is None or other.id != programme.id):
        raise Refused(
            Message(
                "There is a programme with the code “%(code)s” already. Choose another code.",
                code=facts.code,
            )
        )
    if programme is not None and facts_of(programme) == facts:
        return programme, False
    if programme is not None and programme.released_at is not None:
        balance = HoursBalance(
            facts.planned_minutes, facts.promised_minutes, facts.academic_hour_minutes
        )
        if problems := release_problems(balance, modules=len(facts.modules)):
            raise Refused(
                Message("The programme is released. %(why)s Nothing was saved.", why=problems[0])
            )
    saved = programme or Programme()
    with db.session.no_autoflush:
        _set_plain_facts(saved, facts)
        organisations = _save_partners(facts, by=by, now=now)
        _set_partners(saved, facts, organisations)
        _set_modules(saved, facts.modules)
    db.session.add(saved)
    try:
        with db.session.begin_nested():
            db.session.flush()
    except IntegrityError as error:
        raise Refused(
            Message(
                "A module that is taken out has sessions in a cohort. "
                "Move those sessions to another module first. Nothing was saved."
            )
        ) from error
    if programme is None and by is not None:
        db.session.add(ProgrammeRole(programme=saved, user=by, role=Role.COORDINATOR))
    audit.record(
        "create programme" if programme is None else "edit programme", saved, by=by, now=now
    )
    db.session.flush()
    return saved, True


def _set_plain_facts(programme: Programme, facts: ProgrammeFacts) -> None:
    rules = facts.certificate
    programme.code = facts.code
    programme.titles = dict(facts.titles)
    programme.summaries = dict(facts.summaries)
    programme.promised_minutes = facts.promised_minutes
    programme.academic_hour_minutes = facts.academic_hour_minutes
    programme.threshold_percent = rules.threshold_percent
    programme.feedback_required = rules.feedback_required
    programme.name_confirmation_required = rules.name_confirmed
    programme.excused_earns_hours = rules.excused_earns_hours
    programme.agreement_required = rules.agreement_required
    programme.statements_allowed = rules.statements_allowed
    programme.correction_days = rules.correction_days
    programme.participation = rules.participation
    programme.assessment = rules.assessment
    programme.series_pattern = rules.series
    programme.certificate_languages = list(rules.languages)
    programme.design = rules.design
    programme.accent = rules.accent
    programme.design_texts = {key: dict(texts) for key, texts in rules.texts.items()}
    programme.register_days = facts.attendance.register_days
    programme.reminder_hours = facts.attendance.reminder_hours
    programme.review_days = facts.attendance.review_days
    programme.warn_participants = facts.attendance.warn_participants
    programme.feedback_limit = facts.feedback.limit


def _save_partners(
    facts: ProgrammeFacts, *, by: User | None, now: datetime
) -> dict[str, Organisation]:
    """The organisations of a programme by code: found, corrected or added."""
    found: dict[str, Organisation] = {}
    if not facts.partners:
        return found
    by_key = partners.organisations_by_key()
    for partner in facts.partners:
        said = partner.organisation
        if said.code not in found:
            known = _known_organisation(said, by_key)
            found[said.code] = partners.save_organisation(said, organisation=known, by=by, now=now)
    return found


def _known_organisation(
    said: OrganisationFacts, by_key: dict[str, Organisation]
) -> Organisation | None:
    """The organisation with this code; else one with this name that has no code yet."""
    by_code = partners.find_organisation_by_code(said.code)
    if by_code is not None:
        return by_code
    by_name = by_key.get(organisation_key(choose(said.names, "en")))
    return by_name if by_name is not None and by_name.code is None else None


def _set_partners(
    programme: Programme, facts: ProgrammeFacts, organisations: dict[str, Organisation]
) -> None:
    old = {(partner.organisation_id, partner.part): partner for partner in programme.partners}
    programme.partners = []
    for position, partner in enumerate(facts.partners):
        organisation = organisations[partner.organisation.code]
        kept = old.get((organisation.id, partner.part)) or ProgrammePartner(
            organisation=organisation, part=partner.part
        )
        kept.position = position
        programme.partners.append(kept)
    signing = []
    for position, signatory in enumerate(facts.signatories):
        organisation = organisations[signatory.organisation]
        kept_one = _same_person(programme.signatories, organisation, signatory.names)
        signing.append(
            Signatory(
                organisation=organisation,
                position=position,
                names=dict(signatory.names),
                offices=dict(signatory.offices),
                signature_sha256=kept_one.signature_sha256 if kept_one else None,
            )
        )
    programme.signatories = signing


def _same_person(
    signatories: list[Signatory], organisation: Organisation, names: Texts
) -> Signatory | None:
    """Who signed before under this very name: only their own signature may stay under it."""
    for signatory in signatories:
        if signatory.organisation_id == organisation.id and signatory.names == names:
            return signatory
    return None


def set_signature(
    signatory: Signatory, sha256: str | None, *, by: User | None, now: datetime
) -> None:
    """Give a signatory the picture of a signature kept under this hash, or take it away."""
    if signatory.signature_sha256 == sha256:
        return
    signatory.signature_sha256 = sha256
    db.session.flush()
    audit.record(
        "change a signature" if sha256 else "remove a signature",
        signatory.programme,
        by=by,
        now=now,
    )


def _set_modules(programme: Programme, modules: tuple[ModuleFacts, ...]) -> None:
    """Modules keep their rows by code, so that sessions stay with them."""
    old = {module.code.casefold(): module for module in programme.modules}
    kept = []
    for position, said in enumerate(modules):
        module = old.get(said.code.casefold()) or Module()
        module.code = said.code
        module.position = position
        module.titles = dict(said.titles)
        module.planned_minutes = said.minutes
        module.outcomes = [dict(outcome) for outcome in said.outcomes]
        kept.append(module)
    programme.modules = kept


def release_programme(programme: Programme, *, by: User | None, now: datetime) -> None:
    """Release a programme, so that cohorts can be made of it. Refused while its hours differ."""
    if programme.released_at is not None:
        return
    if problems := release_problems(balance_of(programme), modules=len(programme.modules)):
        if len(problems) == 1:
            raise Refused(problems[0])
        raise Refused(Message("%(why)s %(what)s", why=problems[0], what=problems[1]))
    programme.released_at = now
    audit.record("release programme", programme, by=by, now=now)


def delete_programme(programme: Programme, *, by: User, now: datetime) -> None:
    """Delete a draft of which no cohort was made."""
    if programme.released_at is not None:
        raise Refused(Message("The programme is released; only a draft can be deleted."))
    audit.record("delete programme", programme, by=by, now=now, code=programme.code)
    for role in list_programme_roles(programme):
        db.session.delete(role)
    db.session.flush()
    db.session.delete(programme)
    try:
        with db.session.begin_nested():
            db.session.flush()
    except IntegrityError as error:
        raise Refused(Message("Cohorts were made of this programme; it stays.")) from error


def list_programme_roles(programme: Programme) -> list[ProgrammeRole]:
    """Who coordinates a programme, by name."""
    query = (
        select(ProgrammeRole)
        .join(User, ProgrammeRole.user_id == User.id)
        .where(ProgrammeRole.programme_id == programme.id)
        .order_by(func.lower(User.name_latin), User.email)
    )
    return list(db.session.scalars(query))


def give_programme_role(
    programme: Programme, user: User, role: Role, *, by: User | None, now: datetime
) -> bool:
    """Make somebody coordinator of a programme and its cohorts; whether they were not before."""
    if role is not Role.COORDINATOR:
        raise BadInput([Message("Only coordinators are named for a whole programme.")])
    query = select(ProgrammeRole.id).where(
        ProgrammeRole.programme_id == programme.id,
        ProgrammeRole.user_id == user.id,
        ProgrammeRole.role == role,
    )
    if db.session.scalar(query):
        return False
    db.session.add(ProgrammeRole(programme=programme, user=user, role=role))
    audit.record("give programme role", programme, by=by, now=now, user=user.public_id, role=role)
    db.session.flush()
    return True


@accounts.gives_roles
def _give_by_code(user: User, role: Role, code: str, by: User | None, now: datetime) -> bool:
    programme = find_programme_by_code(code) if role is Role.COORDINATOR else None
    if programme is not None:
        give_programme_role(programme, user, role, by=by, now=now)
    return programme is not None


def take_programme_role(role: ProgrammeRole, *, by: User, now: datetime) -> None:
    """Take a coordinator's role back. The last one stays, unless an administrator acts."""
    others = db.session.scalar(
        select(func.count(ProgrammeRole.id)).where(
            ProgrammeRole.programme_id == role.programme_id,
            ProgrammeRole.role == role.role,
            ProgrammeRole.id != role.id,
        )
    )
    if not others and not by.is_administrator:
        raise Refused(
            Message("This is the last coordinator of the programme. Name another one first.")
        )
    audit.record(
        "take programme role", role.programme, by=by, now=now,
        user=role.user.public_id, role=role.role,
    )  # fmt: skip
    db.session.delete(role)
    db.session.flush()


@accounts.gives_roles
def _give_role_by_code(user: User, role: Role, code: str, by: User | None, now: datetime) -> bool:
    """`courseware user add --of CODE`: coordinator of the programme with this code."""
    programme = find_programme_by_code(code)
    if programme is None or role is not Role.COORDINATOR:
        return False
    give_programme_role(programme, user, role, by=by, now=now)
    return True
