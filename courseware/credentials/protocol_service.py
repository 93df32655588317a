"""A proposed list as approvers see it, and the record of who agreed to what."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from certificates import CertificateFacts
from courseware.cohorts.models import Enrolment
from courseware.credentials.agreement_rules import ProposalStanding, RowStanding
from courseware.credentials.agreement_service import standing_of_list
from courseware.credentials.models import Agreement, IssueProposal, ProposedCertificate
from courseware.credentials.paper_service import print_facts
from courseware.credentials.preflight_service import Candidate, preflight
from courseware.credentials.rules import CredentialKind
from courseware.db import db


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
