"""What partners said of the certificate of each participant: the newest row that counts."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from courseware.cohorts.models import Cohort, Enrolment
from courseware.credentials.agreement_rules import ProposedRow
from courseware.credentials.models import IssueProposal, ProposedCertificate
from courseware.db import db
from courseware.partners.models import Organisation
from courseware.partners.rules import Part
from courseware.programmes.models import Programme


def hold_cohort(cohort: Cohort) -> None:
    """Let this transaction alone propose, agree, withdraw or issue for a cohort until it ends.

    On SQLite every writer waits for the others anyway.
    """
    db.session.execute(
        select(Cohort.id).where(Cohort.id == cohort.id).with_for_update(key_share=True)
    )


def organisations_to_agree(programme: Programme) -> list[Organisation]:
    """Whose agreement a list of certificates needs: each lead and host once, in their order."""
    found = {
        each.organisation_id: each.organisation
        for each in programme.partners
        if each.part in (Part.LEAD, Part.HOST)
    }
    return list(found.values())


def newest_rows(enrolments: Sequence[Enrolment]) -> dict[int, ProposedCertificate]:
    """The row of the newest list that was not withdrawn, by enrolment; two queries for all."""
    wanted = [enrolment.id for enrolment in enrolments]
    found = db.session.scalars(
        select(ProposedCertificate)
        .join(ProposedCertificate.proposal)
        .where(ProposedCertificate.enrolment_id.in_(wanted), IssueProposal.withdrawn_at.is_(None))
        .order_by(ProposedCertificate.id)
        .options(
            joinedload(ProposedCertificate.proposal, innerjoin=True).selectinload(
                IssueProposal.agreements
            )
        )
        .execution_options(populate_existing=True)
    )
    return {row.enrolment_id: row for row in found}


def as_rule(row: ProposedCertificate | None) -> ProposedRow | None:
    """A row as plain values for the rule."""
    if row is None:
        return None
    said = {each.organisation_id: each.decision for each in row.proposal.agreements}
    return ProposedRow(row.facts_sha256, said)
