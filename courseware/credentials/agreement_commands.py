"""Commands about the agreement of partners before certificates are printed."""

from typing import Any

import click

from courseware import clock
from courseware.accounts.models import User
from courseware.accounts.rules import normal_email
from courseware.accounts.service import find_user_by_email
from courseware.cli import answer, json_option
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort_by_code
from courseware.credentials import agreement_service, approver_service
from courseware.credentials.agreement_rules import ProposalStanding
from courseware.credentials.models import Agreement, IssueProposal
from courseware.credentials.preflight_service import preflight, print_preview
from courseware.credentials.rules import Decision
from courseware.db import db, reading
from courseware.errors import Refused
from courseware.messages import Message
from courseware.partners.models import Organisation
from courseware.texts import LANGUAGES


def _cohort(code: str) -> Cohort:
    found = find_cohort_by_code(code)
    if found is None:
        raise Refused(Message("There is no cohort “%(code)s”.", code=code))
    return found


def _person(email: str) -> User:
    found = find_user_by_email(email)
    if found is None:
        raise Refused(Message("Nobody here has the e-mail address %(email)s.", email=email))
    return found


def _organisation(cohort: Cohort, code: str) -> Organisation:
    for party in approver_service.list_parties(cohort):
        if (party.organisation.code or "").casefold() == code.strip().casefold():
            return party.organisation
    raise Refused(
        Message(
            "“%(code)s” is not the code of a lead or host of this programme. Known are: %(known)s.",
            code=code,
            known=", ".join(
                party.organisation.code or "?" for party in approver_service.list_parties(cohort)
            )
            or "–",
        )
    )


@click.command("approver")
@click.argument("cohort")
@click.argument("organisation")
@click.option("--name", required=True, help="As it stands in the record of the agreement.")
@click.option("--email", required=True, help="Where the link is sent.")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--by", required=True, help="Who names them: the e-mail of a coordinator.")
@json_option
def approver(
    cohort: str, organisation: str, name: str, email: str, language: str, by: str, as_json: bool
) -> None:
    """Name who agrees to the certificates of COHORT for ORGANISATION (its code)."""
    found = _cohort(cohort)
    named = approver_service.name_approver(
        found, _organisation(found, organisation),
        name=name, email=email, language=language, by=_person(by), now=clock.now(),
    )  # fmt: skip
    db.session.commit()
    answer(
        f"{named.name} <{named.email}> agrees for {named.organisation.code}.",
        {"organisation": named.organisation.code, "name": named.name, "email": named.email},
        as_json,
    )


@click.command("propose")
@click.argument("cohort")
@click.option("--by", required=True, help="Who proposes: the e-mail of a coordinator.")
@click.option(
    "--let-pass", multiple=True, metavar="EMAIL",
    help="A participant whose doubtful name is right; “all” lets every doubt pass.",
)  # fmt: skip
@json_option
def propose(cohort: str, by: str, let_pass: tuple[str, ...], as_json: bool) -> None:
    """Put the certificates of COHORT before the approvers, who get a link by mail.

    Names with something unusual are left out and named, unless they are let pass.
    """
    found, person, now = _cohort(cohort), _person(by), clock.now()
    passed = {normal_email(each) for each in let_pass}
    with reading():
        seen = preflight(found, now=now)
        print_preview(seen, now=now)
        doubted = [each for each in agreement_service.proposable(seen) if each.doubts]
        right = [
            each for each in doubted if "all" in passed or (each.person.email or "?") in passed
        ]
        left_out = [
            {"name": each.person.name, "email": each.person.email,
             "doubts": [str(doubt) for doubt in each.doubts]}
            for each in doubted if each not in right
        ]  # fmt: skip
        chosen = {each.enrolment.id for each in right}
        db.session.rollback()
    proposal = agreement_service.propose_list(found, let_pass=chosen, by=person, now=now)
    db.session.commit()
    value = {**_as_values(proposal), "left_out": left_out}
    lines = [f"left out  {each['name']}: {' '.join(each['doubts'] or [])}" for each in left_out]
    lines.append(
        f"{value['certificates']} certificates are proposed to "
        f"{', '.join(each.email for each in proposal.agreements)}."
    )
    answer("\n".join(lines), value, as_json)


def _decide(
    cohort: str, organisation: str, by: str, decision: Decision, comment: str, as_json: bool
) -> None:
    agreement = _asked(_cohort(cohort), organisation, by)
    decided = agreement_service.decide(agreement, decision, comment=comment, now=clock.now())
    db.session.commit()
    if decided.decision != decision:
        raise Refused(
            Message(
                "%(name)s has answered before: %(decision)s. That answer stays.",
                name=decided.name,
                decision=str(decided.decision),
            )
        )
    answer(
        f"{decided.organisation.code}: {decided.decision}.", _as_values(decided.proposal), as_json
    )


def _asked(cohort: Cohort, organisation: str, by: str) -> Agreement:
    """What an approver was asked in the newest list that was not withdrawn."""
    lists = [
        each.proposal
        for each in agreement_service.list_summaries(cohort)
        if each.standing != ProposalStanding.WITHDRAWN
    ]
    if not lists:
        raise Refused(Message("No list of this cohort is with the approvers. Propose one first."))
    found = agreement_service.find_agreement_for(lists[0], _organisation(cohort, organisation))
    if found is None or found.email != normal_email(by):
        raise Refused(Message("%(email)s was not asked for %(code)s.", email=by, code=organisation))
    return found


@click.command("agree")
@click.argument("cohort")
@click.argument("organisation")
@click.option("--by", required=True, help="The approver's e-mail, as it was named.")
@click.option("--comment", default="", help="Stands in the record.")
@json_option
def agree(cohort: str, organisation: str, by: str, comment: str, as_json: bool) -> None:
    """Agree for ORGANISATION (its code) to the list of COHORT that is with the approvers."""
    _decide(cohort, organisation, by, Decision.AGREED, comment, as_json)


@click.command("return")
@click.argument("cohort")
@click.argument("organisation")
@click.option("--by", required=True, help="The approver's e-mail, as it was named.")
@click.option("--comment", required=True, help="What is to be corrected.")
@json_option
def send_back(cohort: str, organisation: str, by: str, comment: str, as_json: bool) -> None:
    """Return the list of COHORT for ORGANISATION (its code) to the coordinator."""
    _decide(cohort, organisation, by, Decision.RETURNED, comment, as_json)


def _as_values(proposal: IssueProposal) -> dict[str, Any]:
    return {
        "cohort": proposal.cohort.code,
        "standing": agreement_service.standing_of_list(proposal),
        "certificates": len(proposal.rows),
        "proposed_at": proposal.proposed_at.isoformat(),
        "agreements": [
            {
                "organisation": each.organisation.code,
                "name": each.name,
                "email": each.email,
                "decision": each.decision,
                "decided_at": each.decided_at.isoformat() if each.decided_at else None,
                "comment": each.comment,
            }
            for each in proposal.agreements
        ],
    }


commands = [approver, propose, agree, send_back]
