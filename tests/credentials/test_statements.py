"""Statements of attendance: for those below the threshold, with the hours really credited."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from courseware import jobs
from courseware.attendance.models import AttendanceMark
from courseware.attendance.rules import AttendanceStatus, MarkSource
from courseware.credentials import service
from courseware.credentials.models import Credential
from courseware.credentials.preflight_service import preflight, standing_of
from courseware.credentials.rules import (
    CredentialKind,
    CredentialState,
    Evidence,
    Verdict,
    kind_of,
    may_replace,
    unmet_requirements,
)
from courseware.db import db

EVIDENCE = {"planned": 180, "needed": 144, "threshold_percent": 80, "academic_hour_minutes": 45}


def mark(enrolment, session, status, at):
    db.session.add(
        AttendanceMark(
            training_session=session, enrolment=enrolment, status=status,
            source=MarkSource.TRAINER, marked_at=at,
        )
    )  # fmt: skip
    db.session.flush()


@pytest.fixture
def half(make, after):
    """A cohort of two sessions, where somebody came to the first and missed the second."""

    def build(**programme):
        cohort = make.cohort(make.programme(module_minutes=90, **programme))
        sessions = [
            make.training_session(cohort, module=module, starts=f"2025-04-0{7 + day} 09:00")
            for day, module in enumerate(cohort.programme.modules)
        ]
        enrolment = make.enrolment(cohort)
        mark(enrolment, sessions[0], AttendanceStatus.PRESENT, make.NOW)
        mark(enrolment, sessions[1], AttendanceStatus.ABSENT, make.NOW)
        db.session.commit()
        return cohort, enrolment, sessions

    return build


def issue(cohort, by, now):
    service.issue_certificates(cohort, by=by, now=now)
    db.session.commit()
    jobs.run_waiting()
    db.session.expire_all()


@pytest.mark.parametrize(
    ("credited", "reachable", "to_come", "unmarked", "allowed", "kind"),
    [
        (90, 90, 0, 0, True, "statement"),
        (90, 90, 0, 0, False, "certificate"),
        (0, 0, 0, 0, True, "certificate"),  # nothing to state
        (90, 135, 45, 0, True, "certificate"),  # hours may still be added
        (90, 135, 0, 45, True, "certificate"),  # a register is still open
        (90, 135, 0, 0, True, "statement"),  # planned, but never scheduled
        (90, 180, 90, 0, True, "certificate"),  # the certificate can still be reached
        (150, 150, 0, 0, True, "certificate"),
    ],
)
def test_a_statement_is_for_whoever_has_hours_and_can_get_no_more(
    credited, reachable, to_come, unmarked, allowed, kind
):
    evidence = Evidence(
        credited=credited, reachable=reachable, to_come=to_come, unmarked=unmarked, **EVIDENCE
    )
    unmet = unmet_requirements(evidence)
    assert kind_of(evidence, unmet, statements_allowed=allowed) == kind


def test_only_a_statement_in_force_is_replaced_by_a_certificate():
    valid, statement = CredentialState.VALID, CredentialKind.STATEMENT
    assert may_replace(valid, statement, CredentialKind.CERTIFICATE, [])
    assert not may_replace(valid, statement, statement, [])
    assert not may_replace(CredentialState.REVOKED, statement, CredentialKind.CERTIFICATE, [])
    assert not may_replace(valid, CredentialKind.CERTIFICATE, CredentialKind.CERTIFICATE, [])


def test_below_the_threshold_a_statement_is_issued_with_the_hours_credited(half, make, after):
    cohort, enrolment, _ = half(statements_allowed=True)
    candidate = standing_of(enrolment, now=after)
    assert (candidate.verdict, candidate.kind) == (Verdict.READY, CredentialKind.STATEMENT)
    issue(cohort, make.coordinator(cohort), after)

    (credential,) = service.list_credentials(cohort)
    facts = service.facts_of(credential)
    assert (credential.kind, credential.serial) == (CredentialKind.STATEMENT, 1)
    assert (facts.kind, facts.credited, facts.minutes) == ("statement", 90, 180)
    assert standing_of(enrolment, now=after).verdict == Verdict.ISSUED


def test_where_the_programme_gives_no_statements_they_are_not_eligible(half, after):
    _, enrolment, _ = half()
    assert standing_of(enrolment, now=after).verdict == Verdict.NOT_ELIGIBLE


def test_a_statement_waits_for_the_name_but_for_no_feedback(half, after):
    _, enrolment, _ = half(
        statements_allowed=True, name_confirmation_required=True, feedback_required=True
    )
    assert standing_of(enrolment, now=after).verdict == Verdict.NEEDS_YOU
    enrolment.name_confirmed_at = after
    assert standing_of(enrolment, now=after).verdict == Verdict.READY


def test_a_certificate_earned_later_supersedes_the_statement(half, make, after):
    cohort, enrolment, sessions = half(statements_allowed=True)
    coordinator = make.coordinator(cohort)
    issue(cohort, coordinator, after)
    (statement,) = service.list_credentials(cohort)
    mark(enrolment, sessions[1], AttendanceStatus.PRESENT, after)
    (candidate,) = preflight(cohort, now=after).ready
    assert (candidate.kind, candidate.supersedes) == (CredentialKind.CERTIFICATE, statement)
    db.session.commit()

    issue(cohort, coordinator, after + timedelta(days=1))
    certificate = db.session.scalars(
        select(Credential).where(Credential.supersedes_id == statement.id)
    ).one()
    facts = service.facts_of(certificate)
    assert (certificate.kind, certificate.serial) == (CredentialKind.CERTIFICATE, 2)
    assert (facts.kind, facts.credited, facts.supersedes) == ("certificate", 180, statement.number)
    assert preflight(cohort, now=after + timedelta(days=2)).ready == []


def test_both_universities_agree_to_a_statement_as_a_statement(half, make, after):
    from agreeing import agree, name_approvers, propose

    cohort, enrolment, sessions = half(statements_allowed=True, agreement_required=True)
    coordinator = make.coordinator(cohort)
    name_approvers(cohort, coordinator, after)
    proposal, codes = propose(cohort, coordinator, after)
    assert [row.kind for row in proposal.rows] == [CredentialKind.STATEMENT]
    agree(codes, after)
    mark(enrolment, sessions[1], AttendanceStatus.PRESENT, after)
    assert standing_of(enrolment, now=after).verdict == Verdict.AWAITS_AGREEMENT
