"""The pages of agreement: naming approvers, proposing, the approver's link without an account."""

import json
from datetime import timedelta

import pytest
import time_machine
from agreeing import agree, codes_of, name_approvers, propose
from sqlalchemy import select

from courseware.credentials import agreement_service, approver_service
from courseware.credentials.agreement_rules import LINK_DAYS, ProposalStanding, facts_sha256
from courseware.credentials.preflight_service import preflight
from courseware.credentials.rules import Decision, Verdict
from courseware.db import db
from courseware.mail import OutgoingMail

NAMES = [("Aisulu Ospanova", "Айсұлу Оспанова"), ("FARRUKH RAHIMOV", "Фаррух Раҳимов")]


@pytest.fixture
def at(after):
    """The clock of all requests."""
    with time_machine.travel(after, tick=False):
        yield after


@pytest.fixture
def delivered(earned, make, at):
    cohort, enrolments = earned(names=NAMES, agreement_required=True)
    coordinator = make.coordinator(cohort)
    db.session.commit()
    return cohort, enrolments, coordinator


@pytest.fixture
def proposed(delivered, at):
    cohort, _, coordinator = delivered
    name_approvers(cohort, coordinator, at)
    return propose(cohort, coordinator, at)


def test_a_coordinator_names_approvers_proposes_and_issues_what_is_agreed(delivered, browser, at):
    cohort, enrolments, coordinator = delivered
    address = f"/cohorts/{cohort.public_id}/certificates"
    client = browser(coordinator)
    assert "Name who agrees for each university" in client.get(address).text
    one, other = [each.organisation.public_id for each in approver_service.list_parties(cohort)]
    sent = {
        f"name-{one}": "A. Rector", f"email-{one}": "not an address", f"language-{one}": "ru",
        f"name-{other}": "", f"email-{other}": "b@uni.example", f"language-{other}": "en",
    }  # fmt: skip
    wrong = client.post(f"{address}/approvers", data=sent)
    assert (wrong.status_code, "is not an e-mail address" in wrong.text) == (422, True)
    assert "Enter the name of the approver." in wrong.text and 'value="A. Rector"' in wrong.text
    sent |= {f"email-{one}": "a@uni.example", f"name-{other}": "B. Dean"}
    assert client.post(f"{address}/approvers", data=sent).status_code == 303

    page = client.get(address).text
    assert "is all in capitals. It is printed so" in page
    answer = client.post(f"{address}/propose", data={"let_pass": enrolments[1].public_id})
    assert answer.status_code == 303
    proposal = agreement_service.open_list(cohort)
    assert len(proposal.rows) == 2
    assert "has the link" in client.get(address).text

    for code in codes_of(proposal):
        stranger = browser()
        page = stranger.get(f"/agree/{code}")
        assert page.status_code == 200
        assert ("Айсұлу Оспанова" in page.text, "FARRUKH RAHIMOV" in page.text) == (True, True)
        assert stranger.post(f"/agree/{code}", data={"decision": "agreed"}).status_code == 303
    assert agreement_service.standing_of_list(proposal) == ProposalStanding.AGREED
    assert "Issue 2 certificates" in client.get(address).text
    assert client.post(address).status_code == 303
    assert {each.verdict for each in preflight(cohort, now=at).candidates} == {Verdict.PRINTING}


def test_the_approver_reads_the_page_in_the_language_they_were_asked_in(
    delivered, browser, at, make
):
    cohort, _, coordinator = delivered
    name_approvers(cohort, coordinator, at)
    organisation = approver_service.list_parties(cohort)[0].organisation
    approver_service.name_approver(
        cohort, organisation, name="Р. Ректор", email="r@uni.example", language="ru",
        by=coordinator, now=at,
    )  # fmt: skip
    _, codes = propose(cohort, coordinator, at)
    page = browser().get(f"/agree/{codes[0]}")
    assert '<html lang="ru">' in page.text
    assert '<html lang="en">' in browser().get(f"/agree/{codes[1]}").text


def test_an_answer_that_says_nothing_is_asked_again_and_loses_nothing(proposed, browser):
    _, (code, _) = proposed
    client = browser()
    none = client.post(f"/agree/{code}", data={"comment": "Look at row 2"})
    assert (none.status_code, "Choose one of the two answers." in none.text) == (422, True)
    assert "Look at row 2" in none.text
    silent = client.post(f"/agree/{code}", data={"decision": "returned", "comment": " "})
    assert (silent.status_code, "Say what is to be corrected" in silent.text) == (422, True)
    long = client.post(f"/agree/{code}", data={"decision": "agreed", "comment": "x" * 3000})
    assert (long.status_code, "longer than 2000 characters" in long.text) == (422, True)


def test_a_second_answer_shows_the_first(proposed, browser):
    proposal, (code, _) = proposed
    client = browser()
    client.post(f"/agree/{code}", data={"decision": "returned", "comment": "Two h, please."})
    again = client.post(f"/agree/{code}", data={"decision": "agreed"}, follow_redirects=True)
    assert "You returned this list" in again.text
    assert "Two h, please." in again.text
    assert proposal.agreements[0].decision == Decision.RETURNED


def test_unknown_withdrawn_and_expired_links_are_a_sentence_each(proposed, browser, delivered, at):
    proposal, (code, other) = proposed
    client = browser()
    for wrong in ("x" * 22, code[:-1], "é" * 22, "..", "a" * 500):
        answer = client.get(f"/agree/{wrong}")
        assert answer.status_code in (404, 308), wrong
    unknown = client.get(f"/agree/{'x' * 22}")
    assert (unknown.status_code, "This link leads to no list" in unknown.text) == (404, True)
    assert client.post(f"/agree/{'x' * 22}", data={"decision": "agreed"}).status_code == 404
    with time_machine.travel(at + timedelta(days=LINK_DAYS), tick=False):
        expired = client.get(f"/agree/{code}")
        assert (expired.status_code, "This link has expired" in expired.text) == (410, True)
        assert client.post(f"/agree/{code}", data={"decision": "agreed"}).status_code == 409
        assert client.get(f"/agree/{code}/certificate-1.pdf").status_code == 404
    withdrawing = browser(delivered[2])
    withdrawing.post(f"/certificates/proposals/{proposal.public_id}/withdraw")
    ended = client.post(f"/agree/{other}", data={"decision": "agreed"})
    assert (ended.status_code, "This list was withdrawn" in ended.text) == (409, True)
    assert [each.decision for each in proposal.agreements] == [None, None]


def test_a_lost_link_is_sent_again_to_those_who_have_not_answered(proposed, delivered, browser, at):
    proposal, (first, second) = proposed
    browser().post(f"/agree/{first}", data={"decision": "agreed"})
    coordinator = browser(delivered[2])
    address = f"/certificates/proposals/{proposal.public_id}/send-again"
    page = coordinator.post(address, follow_redirects=True).text
    assert "The link is sent again to Rector 2." in page
    mails = db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)).all()
    assert (mails[-1].receiver, second in mails[-1].body) == ("rector2@uni.example", True)
    browser().post(f"/agree/{second}", data={"decision": "agreed"})
    assert "nothing was sent" in coordinator.post(address).text


def test_a_row_changed_meanwhile_is_marked_for_the_approver(proposed, delivered, browser):
    _, (code, _) = proposed
    _, (aisulu, _), _ = delivered
    aisulu.user.name_latin = "Aisulu N. Ospanova"
    page = browser().get(f"/agree/{code}").text
    assert "Something changed after the list was proposed" in page
    assert ("Aisulu Ospanova" in page, "Aisulu N. Ospanova" in page) == (True, False)


def test_the_approver_sees_each_certificate_and_keeps_the_record(proposed, browser):
    proposal, (code, other) = proposed
    client = browser()
    assert client.get(f"/agree/{code}/certificate-2.pdf").data.startswith(b"%PDF")
    assert client.get(f"/agree/{code}/certificate-1.png").data.startswith(b"\x89PNG")
    assert client.get(f"/agree/{code}/certificate-3.pdf").status_code == 404
    agree([code, other], proposal.proposed_at, comment="In order.")
    record = client.get(f"/agree/{code}/protocol.pdf")
    assert record.data.startswith(b"%PDF")
    assert "attachment" in record.headers["Content-Disposition"]


def test_the_record_for_machines_has_the_facts_that_were_hashed(proposed, delivered, browser):
    proposal, codes = proposed
    agree(codes, proposal.proposed_at)
    client = browser(delivered[2])
    record = client.get(f"/certificates/proposals/{proposal.public_id}/protocol.json").json
    assert record["standing"] == "agreed"
    for row in record["rows"]:
        assert facts_sha256(json.loads(row["facts"])) == row["sha256"]
        assert "issued_on" not in row["facts"]
    assert all(code not in json.dumps(record) for code in codes)


def test_a_participant_sees_the_certificate_with_their_name(delivered, browser):
    _, (aisulu, farrukh), _ = delivered
    client = browser(aisulu.user)
    address = f"/enrolments/{aisulu.public_id}/certificate.png"
    assert address in client.get(f"/enrolments/{aisulu.public_id}/name").text
    assert client.get(address).data.startswith(b"\x89PNG")
    assert client.get(f"/enrolments/{farrukh.public_id}/certificate.png").status_code == 404


def test_a_name_that_changed_while_they_looked_is_not_confirmed(delivered, browser):
    _, (aisulu, _), _ = delivered
    client = browser(aisulu.user)
    page = client.get(f"/enrolments/{aisulu.public_id}/name").text
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    aisulu.user.name_native = "Айсулу Оспанова"
    db.session.commit()
    answer = client.post(f"/enrolments/{aisulu.public_id}/name", data={"seen": seen})
    assert (answer.status_code, "changed while you were looking" in answer.text) == (409, True)
    assert aisulu.name_confirmed_at is None
    seen = answer.text.partition('name="seen" value="')[2].partition('"')[0]
    client.post(f"/enrolments/{aisulu.public_id}/name", data={"seen": seen})
    assert aisulu.name_confirmed_at is not None


def test_every_naughty_string_as_a_comment_is_an_answer_or_a_sentence(
    proposed, delivered, browser, at, shared_data
):
    proposal, (code, other) = proposed
    path = shared_data / "strings" / "blns.json"
    strings = json.loads(path.read_text(encoding="utf-8"))
    client, wrong = browser(), []
    for text in [*strings, "\0", "a" + "\u0301" * 20_000, "x" * 100_000]:
        # Without a decision it is only read and shown again; nothing is stored.
        answer = client.post(f"/agree/{code}", data={"comment": text})
        if answer.status_code != 422:
            wrong.append((text[:40], answer.status_code))
    assert wrong == []
    sent = "\n".join(text for text in strings if len(text) < 40)[:1900]
    answer = client.post(f"/agree/{code}", data={"decision": "returned", "comment": sent})
    assert answer.status_code == 303
    assert client.get(f"/agree/{code}").status_code == 200
    page = browser(delivered[2]).get(f"/cohorts/{delivered[0].public_id}/certificates")
    assert page.status_code == 200
    assert client.get(f"/agree/{other}/protocol.pdf").data.startswith(b"%PDF")


def test_too_many_guesses_from_one_address_are_stopped(make_app):
    from courseware.security import limiter

    app = make_app()
    app.config["RATELIMIT_ENABLED"] = True
    limiter.enabled = True
    limiter.reset()
    try:
        with app.app_context():
            client = app.test_client()
            answers = [client.get(f"/agree/{n:022}").status_code for n in range(70)]
    finally:
        limiter.reset()
        limiter.enabled = False
    assert (answers[:60], answers[60:]) == ([404] * 60, [429] * 10)
