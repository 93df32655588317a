"""Organisations: finding, adding and correcting them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from courseware import audit
from courseware.accounts.models import User
from courseware.db import db
from courseware.errors import Refused
from courseware.messages import Message
from courseware.partners.models import Organisation
from courseware.partners.rules import OrganisationFacts, OrganisationKind, organisation_key
from courseware.permissions import Role, roles_on
from courseware.texts import choose


@roles_on.register
def _roles_on_organisation(subject: Organisation, user: User) -> set[Role]:
    # Organisations belong to nobody: whoever may create programmes looks after them.
    return {Role.COORDINATOR} if user.is_coordinator else set()


def find_organisation(public_id: str) -> Organisation | None:
    """The organisation at this address."""
    return db.session.scalar(select(Organisation).where(Organisation.public_id == public_id))


def find_organisation_by_code(code: str) -> Organisation | None:
    """The organisation with this code, whatever its case."""
    return db.session.scalar(
        select(Organisation).where(func.lower(Organisation.code) == code.strip().lower())
    )


def list_organisations() -> list[Organisation]:
    """All organisations by name: those with a code, our partners, first."""
    query = select(Organisation).order_by(Organisation.code.is_(None), Organisation.name_key)
    return list(db.session.scalars(query))


def organisations_by_key() -> dict[str, Organisation]:
    """Every organisation under each of its names, its short name and its code."""
    found: dict[str, Organisation] = {}
    organisations = list_organisations()
    for organisation in organisations:
        found.setdefault(organisation.name_key, organisation)
    for organisation in organisations:
        for name in _all_names(organisation):
            found.setdefault(organisation_key(name), organisation)
    found.pop("", None)
    return found


def _all_names(organisation: Organisation) -> Iterable[str]:
    yield from organisation.names.values()
    yield organisation.short_name
    yield organisation.code or ""


def facts_of(organisation: Organisation) -> OrganisationFacts:
    """What is known of an organisation, as plain facts."""
    return OrganisationFacts(
        code=organisation.code or "",
        names=dict(organisation.names),
        kind=organisation.kind,
        short_name=organisation.short_name,
        country=organisation.country,
        city=dict(organisation.city or {}),
        sector=organisation.sector,
        mark_letters=organisation.mark_letters,
        mark_colour=organisation.mark_colour,
    )


def set_logo(
    organisation: Organisation, sha256: str | None, *, by: User | None, now: datetime
) -> None:
    """Give an organisation the logo kept under this hash, or take its logo away."""
    if organisation.logo_sha256 == sha256:
        return
    organisation.logo_sha256 = sha256
    db.session.flush()
    act = "change the logo of an organisation" if sha256 else "remove the logo of an organisation"
    audit.record(act, organisation, by=by, now=now)


def add_organisation(
    name: str, *, kind: OrganisationKind | None, country: str, by: User | None, now: datetime
) -> Organisation:
    """Add an organisation of which only a list of participants speaks."""
    language = "ru" if any("Ѐ" <= letter <= "ӿ" for letter in name) else "en"
    facts = OrganisationFacts(
        code="", names={language: name}, kind=kind or OrganisationKind.OTHER, country=country
    )
    return save_organisation(facts, by=by, now=now)


def save_organisation(
    facts: OrganisationFacts,
    *,
    organisation: Organisation | None = None,
    by: User | None,
    now: datetime,
) -> Organisation:
    """Add an organisation, or correct the one given. Refused where name or code is taken."""
    key = organisation_key(choose(facts.names, "en"))
    if not key:
        raise Refused(Message("An organisation needs a name with letters or digits."))
    if organisation is not None and facts_of(organisation) == facts:
        return organisation
    if organisation is not None and organisation.code and not facts.code:
        raise Refused(Message("Files name this organisation by its code; keep one."))
    itself = organisation.id if organisation is not None else None
    with db.session.no_autoflush:
        other = db.session.scalar(select(Organisation).where(Organisation.name_key == key))
        if other is not None and other.id != itself:
            raise Refused(
                Message("There is an organisation “%(name)s” already.", name=choose(other.names))
            )
        other = find_organisation_by_code(facts.code) if facts.code else None
        if other is not None and other.id != itself:
            raise Refused(
                Message(
                    "The code “%(code)s” belongs to “%(name)s” already.",
                    code=facts.code,
                    name=choose(other.names),
                )
            )
    saved = organisation or Organisation()
    saved.code = facts.code or None
    saved.names = dict(facts.names)
    saved.name_key = key
    saved.kind = facts.kind
    saved.short_name = facts.short_name
    saved.country = facts.country
    saved.city = dict(facts.city)
    saved.sector = facts.sector
    saved.mark_letters = facts.mark_letters
    saved.mark_colour = facts.mark_colour
    act = "edit organisation" if organisation is not None else "add organisation"
    db.session.add(saved)
    db.session.flush()
    audit.record(act, saved, by=by, now=now)
    return saved
