"""Who agrees to the certificates of a cohort: one person for each lead and host."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from courseware import audit
from courseware.accounts.models import User
from courseware.accounts.rules import normal_email
from courseware.addresses import email_problem
from courseware.cohorts.models import Cohort
from courseware.credentials.models import Approver
from courseware.credentials.proposed_service import hold_cohort, organisations_to_agree
from courseware.db import db
from courseware.errors import Refused
from courseware.messages import Message
from courseware.names import clean_name, name_problem
from courseware.partners.models import Organisation
from courseware.texts import LANGUAGES, choose


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation whose agreement is needed, and who gives it, if somebody is named."""

    organisation: Organisation
    approver: Approver | None


def list_parties(cohort: Cohort) -> list[Party]:
    """Every lead and host of the programme with its approver for this cohort."""
    named = {
        each.organisation_id: each
        for each in db.session.scalars(select(Approver).where(Approver.cohort_id == cohort.id))
    }
    return [
        Party(organisation, named.get(organisation.id))
        for organisation in organisations_to_agree(cohort.programme)
    ]


def approver_problems(name: str, email: str, language: str) -> dict[str, Message]:
    """What is wrong with an approver as typed, by field."""
    found: dict[str, Message] = {}
    if problem := name_problem(name):
        found["name"] = problem
    elif not name:
        found["name"] = Message("Enter the name of the approver.")
    if problem := email_problem(email):
        found["email"] = problem
    if language not in LANGUAGES:
        found["language"] = Message("Choose one of the languages.")
    return found


def name_approver(
    cohort: Cohort,
    organisation: Organisation,
    *,
    name: str,
    email: str,
    language: str,
    by: User,
    now: datetime,
) -> Approver:
    """Name who agrees for an organisation from the next list on; a list that is out stays as it is.

    Nobody may turn both keys: the address must differ from that of the other approvers.
    """
    name, email = clean_name(name), normal_email(email)
    hold_cohort(cohort)
    if organisation.id not in [each.id for each in organisations_to_agree(cohort.programme)]:
        raise Refused(
            Message(
                "%(name)s is neither lead nor host of this programme.",
                name=choose(organisation.names),
            )
        )
    if problems := approver_problems(name, email, language):
        raise Refused(next(iter(problems.values())))
    others = [each.approver for each in list_parties(cohort) if each.organisation != organisation]
    if email in [each.email for each in others if each]:
        raise Refused(
            Message(
                "%(email)s agrees for the other partner. Two keys need two people.", email=email
            )
        )
    approver = db.session.scalar(
        select(Approver).where(
            Approver.cohort_id == cohort.id, Approver.organisation_id == organisation.id
        )
    )
    if approver is None:
        approver = Approver(cohort=cohort, organisation=organisation)
        db.session.add(approver)
    elif (approver.name, approver.email, approver.language) == (name, email, language):
        return approver
    approver.name, approver.email, approver.language = name, email, language
    db.session.flush()
    audit.record(
        "name approver", cohort, by=by, now=now,
        organisation=organisation.public_id, name=name, email=email,
    )  # fmt: skip
    return approver
