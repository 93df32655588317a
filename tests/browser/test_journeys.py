"""What people come for, done as they do it, in a real browser."""

import re
from pathlib import Path

import pytest
from browser.running_site import (
    COHORT,
    COORDINATOR,
    PARTICIPANT,
    PATIENCE,
    TRAINER,
    Watch,
    laptop,
    phone,
)
from playwright.sync_api import expect
from sqlalchemy import select

from courseware import clock
from courseware.accounts.service import acting_person
from courseware.cohorts.service import find_cohort_by_code
from courseware.credentials.models import Credential
from courseware.db import db
from courseware.feedback import service as feedback
from courseware.feedback import ticket_service
from courseware.feedback.questionnaire_service import take_questionnaire
from courseware.mail import OutgoingMail
from courseware.schedule.service import find_session_by_code

pytestmark = pytest.mark.browser

expect.set_options(timeout=30_000)


def ask_about(site, session_code):
    """Open feedback on one session; answers the address in the mail to PARTICIPANT."""
    addresses = []
    with site.app.app_context():
        now = clock.now()
        cohort = find_cohort_by_code(COHORT)
        coordinator = acting_person(COORDINATOR)
        asked = feedback.open_round(
            cohort,
            take_questionnaire(cohort.programme, "session", by=coordinator, now=now),
            find_session_by_code(cohort, session_code),
            by=coordinator,
            now=now,
        )

        def address_of(token):
            addresses.append(f"{site.address}/feedback/link/{token}")
            return addresses[-1]

        ticket_service.send_link_to(asked, PARTICIPANT, address_of=address_of, now=now)
        db.session.commit()
    return addresses[0]


def choose_best_everywhere(page):
    """Answer every scale with its last step."""
    for question in page.locator("fieldset.answer-question").all():
        points = question.locator(".scale-point")
        if points.count():
            points.last.click()


def test_a_trainer_marks_a_register_on_a_phone(third_morning, chromium):
    page = phone(chromium).new_page()
    watch = Watch(page)
    third_morning.sign_in(page, TRAINER)

    expect(page.get_by_role("heading", name="Quality, safety and shelf life")).to_be_visible()
    page.get_by_role("link", name="Open register").click()
    for name in ("Manizha Rahimova", "Firdavs Qodirov", "Mehrinigor"):
        page.locator(".register li", has_text=name).locator(".toggle").click()
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator("[data-here]")).to_have_text("3")
    expect(page.locator("[data-unmarked]")).to_have_text("23")
    row = page.locator(".register li", has_text="Mehrinigor")
    expect(row.locator("input[type=checkbox]")).to_be_checked()
    assert watch.problems == []
    page.context.close()


def test_somebody_gives_feedback_by_link_on_a_phone_without_an_account_and_once(
    third_morning, chromium
):
    address = ask_about(third_morning, "S04")
    page = phone(chromium).new_page()

    page.goto(address)
    choose_best_everywhere(page)
    page.locator("main form button[type=submit]").click()

    expect(page).to_have_url(re.compile(r"/thanks$"))
    page.goto(address)
    expect(page.locator("main form")).to_have_count(0)
    page.context.close()


def test_feedback_is_kept_on_the_phone_without_a_network_and_sent_once_when_there_is_one(
    third_morning, chromium
):
    address = ask_about(third_morning, "S03")
    page = phone(chromium).new_page()
    watch = Watch(page)
    page.goto(address)
    expect(page.locator("form[data-ready=yes]")).to_have_count(1)
    choose_best_everywhere(page)
    expect(page.locator("[data-progress-words]")).to_contain_text("answered")
    page.locator("textarea").last.fill("Ӯ: more cases, please")

    page.context.set_offline(True)
    page.goto(address)
    expect(page.locator("textarea").last).to_have_value("Ӯ: more cases, please")
    page.locator("button.send").click()
    expect(page.locator("[data-state=waiting]")).to_be_visible()
    page.context.set_offline(False)
    expect(page).to_have_url(re.compile(r"/thanks$"))
    kept = "caches.open('feedback-forms').then(async c => [localStorage.length, (await c.keys())"
    kept = page.evaluate(kept + ".filter(r => r.url.includes('/link/')).length])")
    assert kept == [0, 0]
    assert [each for each in watch.problems if "INTERNET_DISCONNECTED" not in each] == []
    page.context.close()


def test_a_participant_confirms_the_name_on_a_phone(third_morning, chromium):
    page = phone(chromium).new_page()
    third_morning.sign_in(page, "sadi.nematzoda@participants.example")
    page.goto(f"{third_morning.address}/")
    page.locator("details.menu").first.click()
    page.get_by_role("button", name="English").click()

    page.get_by_role("link", name="Confirm your name").click()
    expect(page.locator(".printed-name")).to_contain_text("Sa'dī Ne'matzoda")
    page.get_by_role("button", name="Yes, print it so").click()

    expect(page.get_by_role("status").first).to_contain_text("The name is printed exactly so")
    expect(page.get_by_role("link", name="Confirm your name")).to_have_count(0)
    page.context.close()


def test_a_coordinator_sees_what_a_list_means_before_it_is_imported(
    third_morning, chromium, tmp_path
):
    list_of_two = tmp_path / "late.csv"
    list_of_two.write_text(
        "ФИО;имя латиницей;эл. почта;организация\n"
        "Гулнора Ӯринбоева;Gulnora O‘rinboyeva;gulnora@participants.example;Shirin Dairy LLC\n"
        "Ерлан Әбішев;Yerlan Abishev;yerlan@participants.example;Ertis Mill LLP\n",
        "utf-8",
    )
    page = laptop(chromium).new_page()
    third_morning.sign_in(page, COORDINATOR)

    page.get_by_role("link", name=COHORT).first.click()
    page.get_by_role("link", name="Participants", exact=True).click()
    before = page.locator("tbody tr").count()
    page.get_by_role("link", name="Import participants").click()
    page.locator("input[type=file]").set_input_files(list_of_two)
    page.get_by_role("button", name="Show what it means").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Accept all 2 rows").click()

    expect(page.get_by_text("Ерлан Әбішев")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(before + 2)
    page.context.close()


def test_certificates_are_agreed_issued_downloaded_and_verified(afterwards, chromium, tmp_path):
    page = laptop(chromium).new_page()
    watch = Watch(page)
    afterwards.sign_in(page, COORDINATOR)
    page.get_by_role("link", name=COHORT).first.click()
    page.get_by_role("link", name="Certificates", exact=True).click()
    certificates = page.url
    for doubt in page.locator("main input[type=checkbox]").all():
        doubt.check()
    page.get_by_role("button", name="Propose the list to the approvers").click()
    for address in approvers_asked(afterwards):
        an_approver_agrees(afterwards, chromium, address)
    page.goto(certificates)
    page.get_by_role("button", name="Issue 21 certificates").click()
    download_all = page.get_by_role("link", name="Download all (ZIP)")
    expect(download_all).to_be_visible(timeout=PATIENCE)
    expect(page.locator("progress")).to_have_count(0, timeout=PATIENCE)
    assert watch.problems == []
    page.context.close()

    path = a_participant_downloads_the_certificate(afterwards, chromium, tmp_path)
    a_stranger_verifies(afterwards, chromium, path)


def approvers_asked(site) -> list[str]:
    """The addresses that the two approvers were sent."""
    with site.app.app_context():
        bodies = db.session.scalars(
            select(OutgoingMail.body).where(OutgoingMail.receiver.like("approver%"))
        )
        links = [re.search(r"https?://\S+/agree/\S+", body)[0] for body in bodies]
    assert len(links) == 2
    return links


def an_approver_agrees(site, chromium, address) -> None:
    """On a phone, by the link in the mail, without an account."""
    page = phone(chromium).new_page()
    watch = Watch(page)
    page.goto(address)
    page.get_by_label("I agree that these certificates are issued").check()
    page.get_by_role("button", name="Send your answer").click()
    expect(page.locator("main")).to_contain_text("You agreed to this list")
    assert watch.problems == []
    page.context.close()


def a_participant_downloads_the_certificate(site, chromium, folder) -> Path:
    """On a phone, from the first page."""
    page = phone(chromium).new_page()
    site.sign_in(page, PARTICIPANT)
    with page.expect_download() as download:
        page.locator("a[href*='/certificates/'][href$='/download']").first.click()
    path = folder / "certificate.pdf"
    download.value.save_as(path)
    page.context.close()
    assert path.read_bytes().startswith(b"%PDF")
    return path


def a_stranger_verifies(site, chromium, path) -> None:
    """With the code on the paper, and with the file."""
    with site.app.app_context():
        code = db.session.scalars(select(Credential.verification_code)).first()
    page = phone(chromium).new_page()
    page.goto(f"{site.address}/verify")
    page.get_by_label("Code or address").fill(code)
    page.get_by_role("button", name="Verify").click()
    expect(page.locator(".verdict-word")).to_have_text("This certificate is valid")

    page.goto(f"{site.address}/verify")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".verdict").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("Manizha Rahimova")
    page.context.close()


def test_the_certificate_follows_what_a_coordinator_chooses_and_types(third_morning, chromium):
    page = laptop(chromium).new_page()
    watch = Watch(page)
    third_morning.sign_in(page, COORDINATOR)
    page.goto(f"{third_morning.address}/programmes")
    page.locator("main table a, main li a").first.click()
    page.get_by_role("link", name="Design of the certificate").click()
    picture = page.locator("[data-picture]")
    expect(page.get_by_role("button", name="Preview")).to_be_hidden()

    page.get_by_text("Modern", exact=True).click()
    expect(picture).to_have_attribute("src", re.compile("^data:image/png"))
    expect(page.get_by_label("Colour", exact=True)).to_have_value("#14524c")
    modern = picture.get_attribute("src")
    page.locator("[name='texts.heading.en']").fill("Diploma")
    expect(picture).not_to_have_attribute("src", modern)
    assert watch.problems == []

    page.get_by_label("Colour", exact=True).fill("#d0d0d0")
    expect(page.locator("[data-said]")).to_contain_text("too light to be read on paper")
    page.context.close()
