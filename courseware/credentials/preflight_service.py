"""Before issuing: who is ready, every reason why somebody is not, and what would be printed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

import certificates
from courseware.accounts.models import User
from courseware.attendance.ledger_rules import Course, ParticipantLedger
from courseware.attendance.ledger_service import attendance_of, ledger_of
from courseware.cohorts.models import Cohort, Enrolment
from courseware.credentials.agreement_rules import RowStanding, facts_sha256, row_standing
from courseware.credentials.models import Credential, ProposedCertificate
from courseware.credentials.name_rules import (
    PrintedNames,
    doubts_of,
    lost_letters,
    possible_twins,
)
from courseware.credentials.paper_service import (
    PREVIEW_NUMBER,
    Paper,
    missing_pictures,
    paper_of,
    print_facts,
    state_of,
)
from courseware.credentials.proposed_service import as_rule, newest_rows, organisations_to_agree
from courseware.credentials.room_service import problems_of_paper, remarks_on_room
from courseware.credentials.rules import (
    CredentialKind,
    Evidence,
    Unmet,
    Verdict,
    kind_of,
    may_replace,
    unmet_requirements,
    verdict_of,
)
from courseware.db import db
from courseware.feedback.models import FeedbackRound, FeedbackTicket, Questionnaire
from courseware.feedback.rules import About
from courseware.messages import Message


@dataclass(frozen=True, slots=True)
class Candidate:
    """One participant before issuing: what can be done, and every reason against it.

    `problems` stop; `doubts` a coordinator looks at and may let pass; `remarks` are only worth
    knowing. `standing` says how far the
    partners' agreement is where the programme asks for it, `proposed` is the row it rests on.
    `supersedes` is a statement of attendance whose place the certificate will take.
    """

    enrolment: Enrolment
    verdict: Verdict
    ledger: ParticipantLedger
    unmet: tuple[Unmet, ...]
    problems: tuple[Message, ...]
    credential: Credential | None
    kind: CredentialKind = CredentialKind.CERTIFICATE
    doubts: tuple[Message, ...] = ()
    remarks: tuple[Message, ...] = ()
    supersedes: Credential | None = None
    standing: RowStanding | None = None
    proposed: ProposedCertificate | None = None

    @property
    def person(self) -> User:
        return self.enrolment.user


@dataclass(frozen=True, slots=True)
class Preflight:
    """A cohort before issuing: who is ready, who needs somebody, who is not eligible."""

    paper: Paper
    candidates: tuple[Candidate, ...]
    notes: tuple[Message, ...] = ()

    def having(self, *verdicts: Verdict) -> list[Candidate]:
        """Those with one of these verdicts, by name."""
        return [each for each in self.candidates if each.verdict in verdicts]

    @property
    def ready(self) -> list[Candidate]:
        return self.having(Verdict.READY)


def preflight(cohort: Cohort, *, now: datetime) -> Preflight:
    """Everyone enrolled, with verdict and reasons; the same few queries for one and for 500."""
    enrolments = db.session.scalars(
        select(Enrolment).where(Enrolment.cohort_id == cohort.id, Enrolment.withdrawn_at.is_(None))
    )
    ordered = sorted(enrolments, key=lambda each: (each.user.name.casefold(), each.id))
    found = ledger_of(cohort, now=now)
    paper = paper_of(cohort, found.course.sessions)
    candidates = _candidates(paper, ordered, found.by_enrolment, found.course, now=now)
    return Preflight(paper, candidates, paper.notes)


def standing_of(enrolment: Enrolment, *, now: datetime) -> Candidate:
    """One participant: eligible, or every unmet requirement and whether it can still be met."""
    return standing_and_paper_of(enrolment, now=now)[0]


def standing_and_paper_of(enrolment: Enrolment, *, now: datetime) -> tuple[Candidate, Paper]:
    """One participant, and what is the same on every certificate of the cohort."""
    found = attendance_of(enrolment, now=now)
    paper = paper_of(enrolment.cohort, found.course.sessions)
    ledgers = {enrolment.id: found.ledger}
    (candidate,) = _candidates(paper, [enrolment], ledgers, found.course, now=now)
    return candidate, paper


def facts_now(
    enrolment: Enrolment,
    *,
    now: datetime,
    kind: CredentialKind,
    supersedes: str,
    number: str = PREVIEW_NUMBER,
    code: str = PREVIEW_NUMBER,
) -> tuple[certificates.CertificateFacts, tuple[Unmet, ...]]:
    """What a certificate of this participant would say now, and what of the programme is unmet."""
    found = attendance_of(enrolment, now=now)
    paper = paper_of(enrolment.cohort, found.course.sessions)
    ledgers = {enrolment.id: found.ledger}
    (candidate,) = _candidates(paper, [enrolment], ledgers, found.course, now=now)
    facts = paper.facts(
        enrolment, found.ledger, now=now, number=number, code=code, kind=kind, supersedes=supersedes
    )
    return facts, candidate.unmet


def _candidates(
    paper: Paper,
    enrolments: Sequence[Enrolment],
    ledgers: Mapping[int, ParticipantLedger],
    course: Course,
    *,
    now: datetime,
) -> tuple[Candidate, ...]:
    programme = paper.programme
    issued = credentials_of(enrolments)
    asked, closed, given = _feedback_of(paper.cohort, now=now)
    to_come = sum(total.to_come for total in course.totals)
    twins = possible_twins([(each.id, _printed_names(each)) for each in enrolments])
    missing = missing_pictures(paper)
    needed = [each.id for each in organisations_to_agree(programme)]
    rows = newest_rows(enrolments) if programme.agreement_required else {}
    candidates = []
    for enrolment in enrolments:
        ledger = ledgers[enrolment.id]
        credential = issued.get(enrolment.id)
        answered = given.get(enrolment.id, 0)
        evidence = Evidence(
            planned=ledger.planned,
            needed=ledger.needed,
            credited=ledger.credited,
            reachable=ledger.reachable,
            threshold_percent=programme.threshold_percent,
            academic_hour_minutes=programme.academic_hour_minutes,
            feedback_required=programme.feedback_required,
            feedback_asked=asked,
            feedback_given=answered,
            feedback_closed=max(0, closed - answered),
            to_come=to_come,
            unmarked=ledger.unmarked,
            name_confirmation_required=programme.name_confirmation_required,
            name_confirmed=enrolment.name_confirmed_at is not None,
        )
        unmet = unmet_requirements(evidence)
        kind = kind_of(evidence, unmet, statements_allowed=programme.statements_allowed)
        state = state_of(credential) if credential else None
        supersedes = None
        if credential and state and may_replace(state, credential.kind, kind, unmet):
            supersedes, state = credential, None
        candidate = Candidate(
            enrolment, Verdict.ISSUED, ledger, unmet, (), credential, kind, supersedes=supersedes
        )
        problems: tuple[Message, ...] = ()
        doubts: tuple[Message, ...] = ()
        remarks: tuple[Message, ...] = ()
        standing: RowStanding | None = None
        row = rows.get(enrolment.id)
        if state is None:
            facts = facts_for(paper, candidate, now=now)
            names = _printed_names(enrolment)
            problems = (*lost_letters(names), *problems_of_paper(facts), *missing)
            doubts = (
                *doubts_of(names),
                *(said for _other, said in twins.get(enrolment.id, ())),
            )
            remarks = remarks_on_room(facts)
            if programme.agreement_required:
                sha256 = facts_sha256(facts.as_json())
                standing = row_standing(as_rule(row), sha256=sha256, needed=needed)
        is_agreed = standing in (None, RowStanding.AGREED)
        candidates.append(
            replace(
                candidate,
                verdict=verdict_of(state, unmet, problems, kind=kind, is_agreed=is_agreed),
                problems=problems,
                doubts=doubts,
                remarks=remarks,
                standing=standing,
                proposed=row,
            )
        )
    return tuple(candidates)


def _printed_names(enrolment: Enrolment) -> PrintedNames:
    person = enrolment.user
    return PrintedNames(person.name_latin, person.name_native, person.email or "")


def credentials_of(enrolments: Iterable[Enrolment]) -> dict[int, Credential]:
    """The credentials of some participants, by enrolment: of a chain the newest."""
    wanted = [enrolment.id for enrolment in enrolments]
    found = db.session.scalars(
        select(Credential)
        .where(Credential.enrolment_id.in_(wanted))
        .order_by(Credential.id)
        .options(joinedload(Credential.revocation), joinedload(Credential.superseded_by))
    )
    return {credential.enrolment_id: credential for credential in found}


def _feedback_of(cohort: Cohort, *, now: datetime) -> tuple[int, int, dict[int, int]]:
    """Course questionnaires asked, those of them closed, and answered by enrolment.

    Only that a ticket is spent is looked at; nothing leads from here to an answer.
    """
    if not cohort.programme.feedback_required:
        return 0, 0, {}
    rounds = (
        select(FeedbackRound)
        .join(Questionnaire)
        .where(
            FeedbackRound.cohort_id == cohort.id,
            Questionnaire.about == About.COURSE,
            FeedbackRound.opened_at.is_not(None),
            FeedbackRound.file_hash == "",  # imported answers were given elsewhere, by nobody known
        )
    )
    found = db.session.scalars(rounds).all()
    spent = db.session.execute(
        select(FeedbackTicket.enrolment_id, func.count())
        .where(
            FeedbackTicket.round_id.in_([each.id for each in found]),
            FeedbackTicket.is_spent.is_(True),
        )
        .group_by(FeedbackTicket.enrolment_id)
    ).all()
    closed = sum(1 for each in found if each.closed_at or each.closes_at <= now)
    return len(found), closed, {row[0]: row[1] for row in spent}


def facts_for(
    paper: Paper,
    candidate: Candidate,
    *,
    now: datetime,
    number: str = PREVIEW_NUMBER,
    code: str = PREVIEW_NUMBER,
) -> certificates.CertificateFacts:
    """What this candidate is given: the certificate, or a statement of attendance."""
    return paper.facts(
        candidate.enrolment,
        candidate.ledger,
        now=now,
        number=number,
        code=code,
        kind=candidate.kind,
        supersedes=candidate.supersedes.number if candidate.supersedes else "",
    )


def print_preview(found: Preflight, *, now: datetime) -> bytes | None:
    """The first certificate that would be printed now, without a number; None without people."""
    for candidate in (*found.ready, *found.candidates):
        if not candidate.problems:
            return print_facts(facts_for(found.paper, candidate, now=now))
    return None
