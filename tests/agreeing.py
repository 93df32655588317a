"""What tests of agreement share: naming approvers, reading their links from the outbox."""

import re

from sqlalchemy import select

from courseware.credentials import agreement_service, approver_service
from courseware.credentials.proposed_service import organisations_to_agree
from courseware.credentials.rules import Decision
from courseware.db import db
from courseware.mail import OutgoingMail


def name_approvers(cohort, by, now):
    """One approver for each partner: rector1@…, rector2@…"""
    return [
        approver_service.name_approver(
            cohort, organisation, name=f"Rector {number}", email=f"rector{number}@uni.example",
            language="en", by=by, now=now,
        )
        for number, organisation in enumerate(organisations_to_agree(cohort.programme), start=1)
    ]  # fmt: skip


def propose(cohort, by, now, **more):
    """A proposed list, and the codes of its links in the order of the partners."""
    found = agreement_service.preflight(cohort, now=now)
    more.setdefault("let_pass", [each.enrolment.id for each in found.candidates])
    proposal = agreement_service.propose_list(cohort, by=by, now=now, **more)
    db.session.commit()
    return proposal, codes_of(proposal)


def codes_of(proposal):
    """The codes in the mails of a list, in the order of the partners."""
    bodies = db.session.scalars(
        select(OutgoingMail.body)
        .where(OutgoingMail.body.contains("/agree/"))
        .order_by(OutgoingMail.id)
    ).all()
    codes = [re.search(r"/agree/(\S+)", body)[1] for body in bodies]
    return codes[-len(proposal.agreements) :]


def agree(codes, now, decision=Decision.AGREED, comment=""):
    """Every one of these links agrees."""
    for code in codes:
        agreement = agreement_service.find_agreement(code)
        agreement_service.decide(agreement, decision, comment=comment, now=now)
    db.session.commit()
