"""Two keys: a list of certificates is put before the partners, who agree or return it."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, lazyload, selectinload

from certificates import CertificateFacts
from courseware import audit, mail
from courseware.accounts.models import User
from courseware.accounts.rules import normal_email
from courseware.addresses import email_problem
from courseware.cohorts.models import Cohort, Enrolment
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
from courseware.credentials.models import (
    Agreement,
    Approver,
    Credential,
    IssueProposal,
    ProposedCertificate,
)
from courseware.credentials.preflight_service import Candidate, Preflight, preflight, print_facts
from courseware.credentials.proposed_service import hold_cohort, organisations_to_agree
from courseware.credentials.rules import CredentialKind, Decision, Verdict
from courseware.db import db
from courseware.errors import Refused
from courseware.messages import Message
from courseware.names import clean_name, name_problem
from courseware.partners.models import Organisation
from courseware.permissions import Role, roles_on
from courseware.texts import LANGUAGES, choose


@roles_on.register
def _roles_on_proposal(subject: IssueProposal, user: User) -> set[Role]:
    return roles_on(subject.cohort, user) - {Role.PARTICIPANT}


# Who agrees ------------------------------------------------------------------------------------


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
        facts = found.paper.facts_for(candidate, now=now).as_json()
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
    code = secrets.token_urlsafe(16)
    proposal.agreements.append(
        Agreement(
            organisation=approver.organisation,
            name=approver.name,
            email=approver.email,
            language=approver.language,
            code_sha256=_digest(code),
            asked_at=now,
        )
    )
    mail.queue(
        approver.email,
        "agreement_asked",
        now=now,
        in_language=approver.language,
        approver=approver,
        proposal=proposal,
        by=by,
        link=f"{current_app.config['SETTINGS'].base_url}/agree/{code}",
        last_day=now + timedelta(days=LINK_DAYS),
    )


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


# What an approver sees and does ----------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row of a list as an approver sees it, and whether it still is what would be printed."""

    number: int
    row: ProposedCertificate
    facts: CertificateFacts
    has_changed: bool


def list_rows(proposal: IssueProposal, *, now: datetime) -> list[ShownRow]:
    """The rows of a list as they were proposed; those that changed since say so."""
    current = {each.enrolment.id: each for each in preflight(proposal.cohort, now=now).candidates}
    return [
        ShownRow(number, row, CertificateFacts.from_json(row.facts), _changed(row, current))
        for number, row in enumerate(rows_of(proposal), start=1)
    ]


def _changed(row: ProposedCertificate, current: dict[int, Candidate]) -> bool:
    candidate = current.get(row.enrolment_id)
    if candidate is None:
        return True  # withdrawn since
    if candidate.standing is None:
        return False  # issued since
    is_newest = candidate.proposed is not None and candidate.proposed.id == row.id
    return not is_newest or candidate.standing == RowStanding.CHANGED or bool(candidate.problems)


def rows_of(proposal: IssueProposal) -> Sequence[ProposedCertificate]:
    """The rows of a list, with the participants, in the order in which they were proposed."""
    return db.session.scalars(
        select(ProposedCertificate)
        .where(ProposedCertificate.proposal_id == proposal.id)
        .order_by(ProposedCertificate.id)
        .options(joinedload(ProposedCertificate.enrolment).joinedload(Enrolment.user))
    ).all()


def print_row(proposal: IssueProposal, number: int) -> bytes | None:
    """The certificate of one row, from 1, as it would be printed, still without a number."""
    rows = rows_of(proposal)
    if not 1 <= number <= len(rows):
        return None
    return print_facts(CertificateFacts.from_json(rows[number - 1].facts))


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


# The record ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Protocol:
    """Who agreed to what, as a value that the page, the PDF and the JSON are views of."""

    proposal: IssueProposal
    standing: ProposalStanding
    rows: tuple[ShownRow, ...]
    agreements: tuple[Agreement, ...]
    sha256: str

    @property
    def facts(self) -> CertificateFacts:
        """What is the same in every row: programme, hours, dates, partners."""
        return self.rows[0].facts

    @property
    def has_statements(self) -> bool:
        return any(each.row.kind == CredentialKind.STATEMENT for each in self.rows)


def protocol_of(proposal: IssueProposal, *, now: datetime) -> Protocol:
    """The record of a list: its rows with their hashes, and what each partner said, when.

    The hash of the whole is that of the rows' hashes, one in a line.
    """
    rows = list_rows(proposal, now=now)
    lines = "".join(f"{each.row.facts_sha256}\n" for each in rows)
    return Protocol(
        proposal,
        standing_of_list(proposal),
        tuple(rows),
        tuple(proposal.agreements),
        hashlib.sha256(lines.encode()).hexdigest(),
    )
