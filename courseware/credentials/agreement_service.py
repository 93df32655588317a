"""Two keys: a list of certificates is put before the partners, who agree or return it."""

import base64
import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, lazyload, selectinload

from courseware import audit, mail
from courseware.accounts.models import User
from courseware.cohorts.models import Cohort
from courseware.credentials.agreement_rules import (
    LINK_DAYS,
    LinkStanding,
    ProposalStanding,
    RowStanding,
    clean_comment,
    comment_problem,
    facts_sha256,
    link_standing,
    proposal_standing,
)
from courseware.credentials.approver_service import list_parties
from courseware.credentials.models import (
    Agreement,
    Approver,
    Credential,
    IssueProposal,
    ProposedCertificate,
)
from courseware.credentials.preflight_service import Candidate, Preflight, facts_for, preflight
from courseware.credentials.proposed_service import hold_cohort
from courseware.credentials.rules import Decision, Verdict
from courseware.db import db, new_public_id
from courseware.errors import Refused
from courseware.messages import Message
from courseware.partners.models import Organisation
from courseware.permissions import Role, roles_on
from courseware.texts import choose


@roles_on.register
def _roles_on_proposal(subject: IssueProposal, user: User) -> set[Role]:
    return roles_on(subject.cohort, user) - {Role.PARTICIPANT}


# The list --------------------------------------------------------------------------------------


def proposable(found: Preflight) -> list[Candidate]:
    """Whom a list proposed now can name: everything is in order, and no list that counts has it."""
    asked = (RowStanding.UNPROPOSED, RowStanding.RETURNED, RowStanding.CHANGED)
    return [each for each in found.having(Verdict.AWAITS_AGREEMENT) if each.standing in asked]


def propose_list(
    cohort: Cohort, *, let_pass: Collection[int] = (), by: User, now: datetime
) -> IssueProposal:
    """Put the certificates of everyone who is ready before the approvers, and mail them a link.

    Whoever has a doubt is left out, unless their enrolment is among those to `let_pass`. The facts
    are kept as they are now; what changes afterwards is not agreed to. Refused while a list is out.
    """
    hold_cohort(cohort)
    if not cohort.programme.agreement_required:
        raise Refused(
            Message("This programme asks for no agreement; the certificates can be issued at once.")
        )
    parties = list_parties(cohort)
    if not parties:
        raise Refused(
            Message(
                "The programme has no lead and no host who could agree. Add its partners first."
            )
        )
    if missing := [each.organisation for each in parties if each.approver is None]:
        raise Refused(
            Message(
                "Nobody agrees for %(name)s yet. Name an approver first.",
                name=choose(missing[0].names),
            )
        )
    if open_list(cohort) is not None:
        raise Refused(
            Message("A list is with the approvers already. Wait for them, or withdraw it first.")
        )
    found = preflight(cohort, now=now)
    chosen = [
        each for each in proposable(found) if not each.doubts or each.enrolment.id in let_pass
    ]
    if not chosen:
        raise Refused(
            Message("There is nobody to propose now. Look at the reasons and doubts below.")
        )
    proposal = IssueProposal(cohort=cohort, proposed_at=now, proposed_by_id=by.id)
    for candidate in chosen:
        facts = facts_for(found.paper, candidate, now=now).as_json()
        proposal.rows.append(
            ProposedCertificate(
                enrolment_id=candidate.enrolment.id,
                kind=candidate.kind,
                facts=facts,
                facts_sha256=facts_sha256(facts),
            )
        )
    db.session.add(proposal)
    for party in parties:
        assert party.approver is not None
        _ask(proposal, party.approver, by=by, now=now)
    db.session.flush()
    audit.record(
        "propose certificates", proposal, by=by, now=now, count=len(chosen),
        let_pass=[each.enrolment.public_id for each in chosen if each.doubts],
    )  # fmt: skip
    return proposal


def _ask(proposal: IssueProposal, approver: Approver, *, by: User, now: datetime) -> None:
    """Make an approver's link, of which only the hash is kept, and mail it."""
    public_id = new_public_id()
    agreement = Agreement(
        public_id=public_id,
        organisation=approver.organisation,
        name=approver.name,
        email=approver.email,
        language=approver.language,
        code_sha256=_digest(_code_of(public_id)),
        asked_at=now,
    )
    proposal.agreements.append(agreement)
    _mail_link(agreement, by=by, now=now)


def send_links_again(proposal: IssueProposal, *, by: User, now: datetime) -> list[Agreement]:
    """Mail the same links once more to those who have not answered; to whom it was sent."""
    waiting = [
        each for each in proposal.agreements if standing_of_link(each, now=now) is LinkStanding.OPEN
    ]
    if not waiting:
        raise Refused(Message("Nobody's answer is awaited in this list, so nothing was sent."))
    for agreement in waiting:
        _mail_link(agreement, by=by, now=now)
    audit.record("send agreement links again", proposal, by=by, now=now, count=len(waiting))
    return waiting


def _mail_link(agreement: Agreement, *, by: User, now: datetime) -> None:
    mail.queue(
        agreement.email,
        "agreement_asked",
        now=now,
        in_language=agreement.language,
        approver=agreement,
        proposal=agreement.proposal,
        by=by,
        link=f"{current_app.config['SETTINGS'].base_url}/agree/{_code_of(agreement.public_id)}",
        last_day=agreement.asked_at + timedelta(days=LINK_DAYS),
    )


def _code_of(public_id: str) -> str:
    """The secret of a link; reckoned from the installation's own, so that it need not be kept."""
    secret = current_app.config["SETTINGS"].secret_key.encode()
    code = hmac.digest(secret, f"agreement {public_id}".encode(), "sha256")[:16]
    return base64.urlsafe_b64encode(code).rstrip(b"=").decode()


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ListSummary:
    """A list on the coordinator's page: how far it is, how many certificates it has and had."""

    proposal: IssueProposal
    standing: ProposalStanding
    count: int
    issued: int

    @property
    def may_be_withdrawn(self) -> bool:
        """What certificates were issued on the strength of stays as it is."""
        if self.standing == ProposalStanding.AGREED:
            return not self.issued
        return self.standing == ProposalStanding.OPEN


def list_summaries(cohort: Cohort) -> list[ListSummary]:
    """Every list of a cohort, the newest first, with what was said of it."""
    found = db.session.execute(
        select(IssueProposal, func.count(ProposedCertificate.id))
        .join(ProposedCertificate)
        .where(IssueProposal.cohort_id == cohort.id)
        .group_by(IssueProposal.id)
        .order_by(IssueProposal.id.desc())
        .options(
            lazyload(IssueProposal.cohort),
            selectinload(IssueProposal.agreements),
            selectinload(IssueProposal.proposed_by),
        )
    )
    issued = _issued_on(cohort)
    return [
        ListSummary(each, standing_of_list(each), count, issued.get(each.id, 0))
        for each, count in found
    ]


def _issued_on(cohort: Cohort) -> dict[int, int]:
    """How many certificates were issued after they stood in a list, by list."""
    found = db.session.execute(
        select(IssueProposal.id, func.count(Credential.id))
        .join(ProposedCertificate, ProposedCertificate.proposal_id == IssueProposal.id)
        .join(Credential, Credential.enrolment_id == ProposedCertificate.enrolment_id)
        .where(
            IssueProposal.cohort_id == cohort.id,
            Credential.reserved_at >= IssueProposal.proposed_at,
        )
        .group_by(IssueProposal.id)
    )
    return {row[0]: row[1] for row in found}


def standing_of_list(proposal: IssueProposal) -> ProposalStanding:
    """How far a list is."""
    decisions = [each.decision for each in proposal.agreements]
    return proposal_standing(decisions, withdrawn_at=proposal.withdrawn_at)


def open_list(cohort: Cohort) -> IssueProposal | None:
    """The list that somebody still has to look at; there is at most one."""
    for each in list_summaries(cohort):
        if each.standing == ProposalStanding.OPEN:
            return each.proposal
    return None


def find_proposal(public_id: str) -> IssueProposal | None:
    """The list at this address of ours."""
    return db.session.scalar(select(IssueProposal).where(IssueProposal.public_id == public_id))


def withdraw_list(proposal: IssueProposal, *, by: User, now: datetime) -> None:
    """Take a list back: its links end, and what was agreed in it counts no more."""
    hold_cohort(proposal.cohort)
    db.session.refresh(proposal)
    if proposal.withdrawn_at is not None:
        return
    if standing_of_list(proposal) == ProposalStanding.AGREED and (
        _issued_on(proposal.cohort).get(proposal.id)
    ):
        raise Refused(
            Message("Certificates were issued on the strength of this list; it stays as it is.")
        )
    proposal.withdrawn_at = now
    audit.record("withdraw certificates", proposal, by=by, now=now)


# What an approver does ----------------------------------------------------------------


def find_agreement(code: str) -> Agreement | None:
    """What an approver was asked by the link with this code."""
    if not 16 <= len(code) <= 64 or not code.isascii():
        return None
    return db.session.scalar(
        select(Agreement)
        .where(Agreement.code_sha256 == _digest(code))
        .options(joinedload(Agreement.proposal))
    )


def find_agreement_for(proposal: IssueProposal, organisation: Organisation) -> Agreement | None:
    """What this partner was asked in a list."""
    for agreement in proposal.agreements:
        if agreement.organisation_id == organisation.id:
            return agreement
    return None


def standing_of_link(agreement: Agreement, *, now: datetime) -> LinkStanding:
    """What the approver's link is good for now."""
    return link_standing(
        agreement.decision,
        asked_at=agreement.asked_at,
        withdrawn_at=agreement.proposal.withdrawn_at,
        now=now,
    )


def decide(
    agreement: Agreement, decision: Decision, *, comment: str = "", now: datetime
) -> Agreement:
    """Agree to a list, or return it with a comment. Once: a repeat finds the first answer.

    Refused where the link is no longer good for it. The coordinator is told by mail.
    """
    proposal = agreement.proposal
    hold_cohort(proposal.cohort)
    db.session.refresh(proposal)
    db.session.refresh(agreement)
    standing = standing_of_link(agreement, now=now)
    if agreement.decision is not None:
        return agreement
    if standing == LinkStanding.WITHDRAWN:
        raise Refused(
            Message("The coordinator has withdrawn this list. For a new one, you get a new link.")
        )
    if standing == LinkStanding.EXPIRED:
        raise Refused(
            Message("This link has expired. Ask the coordinator to propose the list again.")
        )
    comment = clean_comment(comment)
    if problem := comment_problem(decision, comment):
        raise Refused(problem)
    agreement.decision, agreement.comment, agreement.decided_at = decision, comment, now
    db.session.flush()
    act = "agree to certificates" if decision == Decision.AGREED else "return certificates"
    audit.record(
        act, proposal, by=None, now=now,
        organisation=agreement.organisation.public_id, name=agreement.name, email=agreement.email,
    )  # fmt: skip
    _tell_coordinator(agreement, now=now)
    return agreement


def _tell_coordinator(agreement: Agreement, *, now: datetime) -> None:
    person = agreement.proposal.proposed_by
    if person.email and person.is_active:
        mail.queue(
            person.email,
            "agreement_decided",
            now=now,
            in_language=person.language or current_app.config["SETTINGS"].language,
            person=person,
            agreement=agreement,
            is_agreed=agreement.decision == Decision.AGREED,
            is_complete=standing_of_list(agreement.proposal) == ProposalStanding.AGREED,
            link=f"{current_app.config['SETTINGS'].base_url}/cohorts/"
            f"{agreement.proposal.cohort.public_id}/certificates",
        )
