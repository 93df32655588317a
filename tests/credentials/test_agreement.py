"""Two keys before printing: what is proposed, agreed, returned, changed, withdrawn."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy.exc
from agreeing import agree, name_approvers, propose
from sqlalchemy import select, text

from courseware import jobs
from courseware.cohorts import service as cohorts
from courseware.cohorts.models import Cohort
from courseware.credentials import (
    agreement_service,
    approver_service,
    protocol_service,
    service,
)
from courseware.credentials.agreement_rules import ProposalStanding, RowStanding, facts_sha256
from courseware.credentials.models import Agreement, Credential, IssueBatch, IssueProposal
from courseware.credentials.preflight_service import preflight
from courseware.credentials.proposed_service import organisations_to_agree
from courseware.credentials.rules import Decision, Verdict
from courseware.db import db
from courseware.errors import Refused
from courseware.mail import OutgoingMail

NAMES = [("Aisulu Ospanova", "Айсұлу Оспанова"), ("Farrukh Rahimov", "Фаррух Раҳимов"),
         ("Dilnoza Qurbonova", "Дилноза Қурбонова")]  # fmt: skip


@pytest.fixture
def delivered(earned, make, after):
    """A cohort whose programme needs two keys, its coordinator, and approvers who are named."""

    def build(names=NAMES, **programme):
        cohort, enrolments = earned(names=names, agreement_required=True, **programme)
        coordinator = make.coordinator(cohort)
        name_approvers(cohort, coordinator, after)
        db.session.commit()
        return cohort, enrolments, coordinator

    return build


def verdicts(cohort, after):
    return [each.verdict for each in preflight(cohort, now=after).candidates]


def test_what_both_universities_agreed_to_is_issued_and_nothing_before(delivered, after):
    cohort, _, coordinator = delivered()
    assert verdicts(cohort, after) == [Verdict.AWAITS_AGREEMENT] * 3
    with pytest.raises(Refused, match="nobody to issue"):
        service.issue_certificates(cohort, by=coordinator, now=after)
    db.session.rollback()

    proposal, codes = propose(cohort, coordinator, after)
    assert [row.facts["recipient"]["latin"] for row in proposal.rows] == [
        "Aisulu Ospanova", "Dilnoza Qurbonova", "Farrukh Rahimov",
    ]  # fmt: skip
    agree(codes[:1], after)
    assert verdicts(cohort, after) == [Verdict.AWAITS_AGREEMENT] * 3
    agree(codes[1:], after)
    assert verdicts(cohort, after) == [Verdict.READY] * 3

    batch = service.issue_certificates(cohort, by=coordinator, now=after)
    db.session.commit()
    assert (len(batch.credentials), batch.proposal_id) == (3, proposal.id)
    frozen = [each.facts for each in batch.credentials]
    for facts, row in zip(frozen, proposal.rows, strict=True):
        assert facts_sha256(facts) == row.facts_sha256
    with pytest.raises(Refused, match="on the strength of this list"):
        agreement_service.withdraw_list(proposal, by=coordinator, now=after)


def test_a_changed_name_voids_the_agreement_of_its_row_alone(delivered, after):
    cohort, (aisulu, *_), coordinator = delivered()
    _, codes = propose(cohort, coordinator, after)
    agree(codes, after)
    aisulu.user.name_latin = "Aisulu Nurlankyzy Ospanova"
    db.session.commit()

    changed, *others = preflight(cohort, now=after).candidates
    assert (changed.verdict, changed.standing) == (Verdict.AWAITS_AGREEMENT, RowStanding.CHANGED)
    assert [each.verdict for each in others] == [Verdict.READY] * 2
    batch = service.issue_certificates(cohort, by=coordinator, now=after)
    assert len(batch.credentials) == 2
    db.session.commit()

    _, codes = propose(cohort, coordinator, after)
    agree(codes, after)
    batch = service.issue_certificates(cohort, by=coordinator, now=after)
    assert [each.serial for each in batch.credentials] == [3]


def test_a_name_changed_back_is_what_was_agreed_to(delivered, after):
    cohort, (aisulu, *_), coordinator = delivered()
    _, codes = propose(cohort, coordinator, after)
    agree(codes, after)
    aisulu.user.name_native = "Айсулу Оспанова"
    db.session.commit()
    assert verdicts(cohort, after)[0] == Verdict.AWAITS_AGREEMENT
    aisulu.user.name_native = "Айсұлу Оспанова"
    db.session.commit()
    assert verdicts(cohort, after)[0] == Verdict.READY


@pytest.mark.parametrize(
    "change",
    ["title", "module", "hours", "signatory", "partner", "threshold"],
)
def test_any_fact_that_is_printed_voids_it_and_what_is_not_printed_does_not(
    delivered, after, change
):
    cohort, _, coordinator = delivered()
    _, codes = propose(cohort, coordinator, after)
    agree(codes, after)
    programme = cohort.programme
    if change == "title":
        programme.titles = {"en": "Another title"}
    elif change == "module":
        programme.modules[0].outcomes = [{"en": "Another outcome"}]
    elif change == "hours":
        programme.academic_hour_minutes = 50
    elif change == "signatory":
        programme.signatories[0].offices = {"en": "Rector"}
    elif change == "partner":
        programme.partners[1].organisation.city = {"en": "Khujand"}
    else:
        programme.threshold_percent = 70
    db.session.commit()
    expected = Verdict.READY if change == "threshold" else Verdict.AWAITS_AGREEMENT
    assert verdicts(cohort, after) == [expected] * 3


def test_who_returns_the_list_says_why_and_the_coordinator_reads_it(delivered, after):
    cohort, _, coordinator = delivered()
    proposal, codes = propose(cohort, coordinator, after)
    agreement = agreement_service.find_agreement(codes[0])
    with pytest.raises(Refused, match="Say what is to be corrected"):
        agreement_service.decide(agreement, Decision.RETURNED, comment=" \n ", now=after)
    agree(codes[:1], after, Decision.RETURNED, "Rahimov has two h.\r\nPlease look.")

    assert agreement_service.standing_of_list(proposal) == ProposalStanding.RETURNED
    assert agreement.comment == "Rahimov has two h.\nPlease look."
    told = db.session.scalars(
        select(OutgoingMail).where(OutgoingMail.receiver == coordinator.email)
    ).one()
    assert "returns the certificates" in told.subject
    assert "Rahimov has two h." in told.body
    standings = {each.standing for each in preflight(cohort, now=after).candidates}
    assert standings == {RowStanding.RETURNED}
    proposal, codes = propose(cohort, coordinator, after)
    agree(codes, after)
    assert verdicts(cohort, after) == [Verdict.READY] * 3


def test_a_link_says_its_first_answer_again(delivered, after):
    cohort, _, coordinator = delivered()
    _, codes = propose(cohort, coordinator, after)
    agree(codes[:1], after)
    again = agreement_service.decide(
        agreement_service.find_agreement(codes[0]), Decision.RETURNED, comment="No", now=after
    )
    assert (again.decision, again.comment) == (Decision.AGREED, "")
    with pytest.raises(sqlalchemy.exc.DatabaseError, match="issued"):
        db.session.execute(text("UPDATE agreement SET decision = 'returned'"))
    db.session.rollback()


def test_a_withdrawn_list_ends_its_links_and_counts_no_more(delivered, after):
    cohort, _, coordinator = delivered()
    proposal, codes = propose(cohort, coordinator, after)
    agree(codes[:1], after)
    with pytest.raises(Refused, match="A list is with the approvers already"):
        agreement_service.propose_list(cohort, by=coordinator, now=after)
    db.session.rollback()
    agreement_service.withdraw_list(proposal, by=coordinator, now=after)
    db.session.commit()
    with pytest.raises(Refused, match="withdrawn this list"):
        agree(codes[1:], after)
    db.session.rollback()
    assert {each.standing for each in preflight(cohort, now=after).candidates} == {
        RowStanding.UNPROPOSED
    }


def test_a_link_expires(delivered, after):
    cohort, _, coordinator = delivered()
    _, codes = propose(cohort, coordinator, after)
    with pytest.raises(Refused, match="expired"):
        agree(codes, after + timedelta(days=30))


def test_only_the_hash_of_a_link_is_stored(delivered, after):
    cohort, _, coordinator = delivered()
    _, codes = propose(cohort, coordinator, after)
    stored = db.session.execute(text("SELECT * FROM agreement")).all()
    assert all(len(code) >= 22 and code not in str(stored) for code in codes)
    assert agreement_service.find_agreement(codes[0][:-1] + "é") is None
    assert agreement_service.find_agreement("x" * 22) is None


def test_a_doubtful_name_is_left_out_unless_the_coordinator_lets_it_pass(delivered, after):
    cohort, enrolments, coordinator = delivered(
        [*NAMES, ("YERLAN ABENOV", "Ерлан Әбенов"), ("Marat Seitov", "Mаrat Сейтов")]
    )
    proposal, _ = propose(cohort, coordinator, after, let_pass=[])
    assert len(proposal.rows) == 3
    agreement_service.withdraw_list(proposal, by=coordinator, now=after)
    proposal, _ = propose(cohort, coordinator, after, let_pass=[enrolments[3].id])
    assert [row.facts["recipient"]["latin"] for row in proposal.rows][-1] == "YERLAN ABENOV"
    assert len(proposal.rows) == 4


def test_nobody_turns_both_keys_and_a_missing_approver_is_said(earned, make, after):
    cohort, _ = earned(1, agreement_required=True)
    coordinator = make.coordinator(cohort)
    one, other = organisations_to_agree(cohort.programme)
    words = {"name": "A. Rector", "language": "en", "by": coordinator, "now": after}
    approver_service.name_approver(cohort, one, email="Rector@uni.example", **words)
    with pytest.raises(Refused, match="Two keys need two people"):
        approver_service.name_approver(cohort, other, email="rector@uni.example", **words)
    with pytest.raises(Refused, match="Nobody agrees for"):
        agreement_service.propose_list(cohort, by=coordinator, now=after)
    with pytest.raises(Refused, match="neither lead nor host"):
        approver_service.name_approver(cohort, make.organisation(), email="x@uni.example", **words)


def test_a_participant_who_leaves_is_not_issued_to(delivered, after):
    cohort, (aisulu, *_), coordinator = delivered()
    proposal, codes = propose(cohort, coordinator, after)
    cohorts.withdraw(aisulu, reason="Moved away", by=coordinator, now=after)
    agree(codes, after)
    assert [row.has_changed for row in protocol_service.list_rows(proposal, now=after)] == [
        True, False, False,
    ]  # fmt: skip
    assert len(service.issue_certificates(cohort, by=coordinator, now=after).credentials) == 2


def test_with_partners_who_joined_later_the_list_is_proposed_again(delivered, make, after):
    from courseware.partners.rules import Part
    from courseware.programmes.models import ProgrammePartner

    cohort, _, coordinator = delivered()
    _, codes = propose(cohort, coordinator, after)
    agree(codes, after)
    cohort.programme.partners.append(
        ProgrammePartner(organisation=make.organisation(), part=Part.HOST, position=2)
    )
    db.session.commit()
    assert verdicts(cohort, after) == [Verdict.AWAITS_AGREEMENT] * 3


def _at_once(app, *acts):
    """Run acts at the same time, each in a session of its own; what each said, in order."""
    said = [None] * len(acts)

    def one(number, act):
        with app.app_context():
            try:
                said[number] = act()
                db.session.commit()
            except Refused as refusal:
                db.session.rollback()
                said[number] = str(refusal)
            finally:
                db.session.remove()

    db.session.commit()  # what the test itself holds open
    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    return said


def test_two_approvers_at_once_and_one_of_them_twice(app, delivered, after):
    cohort, _, coordinator = delivered()
    proposal, codes = propose(cohort, coordinator, after)

    def answering(code, decision):
        def act():
            found = agreement_service.find_agreement(code)
            decided = agreement_service.decide(found, decision, comment="c", now=after)
            return decided.decision

        return act

    said = _at_once(
        app,
        answering(codes[0], Decision.AGREED),
        answering(codes[1], Decision.AGREED),
        answering(codes[1], Decision.AGREED),
    )
    assert said == [Decision.AGREED] * 3
    assert agreement_service.standing_of_list(proposal) == ProposalStanding.AGREED
    mails = db.session.scalars(
        select(OutgoingMail).where(OutgoingMail.receiver == coordinator.email)
    ).all()
    assert len(mails) == 2


def test_a_list_is_withdrawn_or_agreed_to_but_not_both(app, delivered, make, after):
    cohort, _, coordinator = delivered()
    proposal, codes = propose(cohort, coordinator, after)
    agree(codes[:1], after)
    public_id, code, by_id = proposal.public_id, codes[1], coordinator.id
    db.session.commit()

    def withdrawing():
        from courseware.accounts.models import User

        found = agreement_service.find_proposal(public_id)
        agreement_service.withdraw_list(found, by=db.session.get(User, by_id), now=after)
        return "withdrawn"

    def agreeing():
        found = agreement_service.find_agreement(code)
        return str(agreement_service.decide(found, Decision.AGREED, now=after).decision)

    withdrawn, agreed = _at_once(app, withdrawing, agreeing)
    assert withdrawn == "withdrawn"
    assert agreed == "agreed" or "withdrawn this list" in agreed
    assert set(verdicts(cohort, after)) == {Verdict.AWAITS_AGREEMENT}


def test_two_coordinators_proposing_at_once_make_one_list(app, delivered, make, after):
    cohort, _, coordinator = delivered()
    cohort_id, by_id = cohort.id, coordinator.id
    db.session.commit()

    def proposing():
        from courseware.accounts.models import User

        agreement_service.propose_list(
            db.session.get(Cohort, cohort_id), by=db.session.get(User, by_id), now=after
        )
        return "proposed"

    said = _at_once(app, proposing, proposing)
    assert sorted(each == "proposed" for each in said) == [False, True]
    assert len(db.session.scalars(select(IssueProposal)).all()) == 1
    assert len(db.session.scalars(select(Agreement)).all()) == 2


def test_a_fact_changed_while_the_batch_is_issued_is_printed_as_agreed_or_not_at_all(
    app, delivered, after
):
    cohort, (aisulu, *_), coordinator = delivered()
    proposal, codes = propose(cohort, coordinator, after)
    agree(codes, after)
    cohort_id, by_id, person_id = cohort.id, coordinator.id, aisulu.user_id
    agreed = {row.enrolment_id: row.facts_sha256 for row in proposal.rows}
    db.session.commit()

    def changing():
        from courseware.accounts.models import User

        db.session.get(User, person_id).name_latin = "Somebody Else"
        return "changed"

    def issuing():
        from courseware.accounts.models import User

        batch = service.issue_certificates(
            db.session.get(Cohort, cohort_id), by=db.session.get(User, by_id), now=after
        )
        return len(batch.credentials)

    changed, issued = _at_once(app, changing, issuing)
    assert (changed, issued in (2, 3)) == ("changed", True)
    for credential in db.session.scalars(select(Credential)):
        assert facts_sha256(credential.facts) == agreed[credential.enrolment_id]
    assert len(db.session.scalars(select(IssueBatch)).all()) == 1
    jobs.run_waiting()


def test_the_protocol_holds_rows_hashes_times_and_comments(delivered, after):
    cohort, _, coordinator = delivered()
    proposal, codes = propose(cohort, coordinator, after)
    agree(codes[:1], after)
    agree(codes[1:], after + timedelta(hours=1), comment="Well done.")
    protocol = protocol_service.protocol_of(proposal, now=after)
    assert protocol.standing == ProposalStanding.AGREED
    assert [each.row.facts_sha256 for each in protocol.rows] == [
        row.facts_sha256 for row in proposal.rows
    ]
    assert [(each.name, each.decided_at, each.comment) for each in protocol.agreements] == [
        ("Rector 1", after, ""), ("Rector 2", after + timedelta(hours=1), "Well done."),
    ]  # fmt: skip
    assert len(protocol.sha256) == 64


@pytest.mark.parametrize("people", [1, 30])
def test_the_preflight_with_agreement_takes_the_same_queries_however_many(
    delivered, queries, after, people
):
    names = [(f"Person {chr(65 + n % 26)}{'a' * (n // 26 + 1)}", "") for n in range(people)]
    cohort, _, coordinator = delivered(names)
    propose(cohort, coordinator, after)
    db.session.expire_all()
    cohort.programme  # noqa: B018  loaded by whoever loads a cohort
    with queries() as seen:
        preflight(cohort, now=after)
    assert len(seen) <= 22
