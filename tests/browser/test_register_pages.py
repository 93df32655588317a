"""Registers while the network comes and goes: nothing lost, nothing twice; the sheet of all."""

import re

import factories
import pytest
from browser.running_site import THIRD_MORNING, Watch, free_port, laptop, make_site, phone, serve
from playwright.sync_api import expect

from courseware import clock
from courseware.attendance import service, walk_in_service
from courseware.attendance.history_service import history_of
from courseware.attendance.rules import AttendanceStatus, MarkSource, Presence
from courseware.attendance.service import WantedMark
from courseware.cohorts import service as cohorts
from courseware.db import db
from courseware.schedule.service import find_training_session

pytestmark = pytest.mark.browser

START = "2025-04-09 03:00"
NAMES = ("Aida Sarsen", "Bekzat Omar", "Dilnoza Qurbonova", "Firuz Rahimzoda", "Zarina Li")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A site for all tests of this file."""
    port = free_port()
    app = make_site(tmp_path_factory.mktemp("register"), port, THIRD_MORNING)
    app.asked, answer = [], app.wsgi_app

    def note(environ, start):
        app.asked.append(environ["PATH_INFO"])
        return answer(environ, start)

    app.wsgi_app = note
    with serve(app, port) as running:
        yield running


@pytest.fixture
def site(running):
    """A session with five participants, its trainer and another one of the cohort."""
    with running.app.app_context():
        cohort = factories.cohort()
        session = factories.training_session(cohort, code="S05", starts=START)
        running.trainer = factories.trainer(cohort, leads=session).email
        running.second = factories.trainer(cohort).email
        for name in NAMES:
            factories.enrolment(cohort, user=factories.user(name_latin=name, name_native=""))
        running.register = session.public_id
        db.session.commit()
    return running


def row(page, name):
    return page.locator(".register li", has_text=name)


def tap(page, *names):
    for name in names:
        row(page, name).locator(".toggle").click()


def marks(site):
    """What the server has: names with statuses, and the number of entries."""
    with site.app.app_context():
        session = find_training_session(site.register)
        rows = service.read_register(session).rows
        return {each.names[0]: each.status for each in rows if each.status}, len(
            history_of(session)
        )


def test_marks_wait_survive_a_reload_and_go_out_once(site, chromium):
    context = phone(chromium)
    page = context.new_page()
    watch = Watch(page)
    site.sign_in(page, site.trainer)
    address = f"{site.address}/sessions/{site.register}/register"
    page.goto(address)
    expect(page.locator("form[data-kept]")).to_be_attached()
    tap(page, "Aida")
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    assert marks(site) == ({"Aida Sarsen": AttendanceStatus.PRESENT}, 1)
    assert watch.problems == []

    context.set_offline(True)
    site.app.asked.clear()
    tap(page, "Bekzat", "Dilnoza", "Firuz", "Zarina")
    tap(page, "Zarina")
    expect(page.locator("[data-saved]")).to_contain_text("waiting for network: 3")
    row(page, "Firuz").locator(".more").click()
    page.locator(".mark-choices .toggle", has_text="late").click()
    page.locator("[name=dialog-from]").fill("08:20")
    page.get_by_role("button", name="Done").click()
    page.locator("#walk-in").fill("Guest From Khujand")
    page.get_by_role("button", name="Add").click()
    expect(page.locator("[data-walk-ins]")).to_contain_text("Guest From Khujand")
    page.get_by_role("button", name="Close register").click()
    expect(page.locator("[data-saved]")).to_contain_text("this needs the network")

    # The phone is closed and opened again: the page comes from the device.
    page.close()
    page = context.new_page()
    page.goto(address)
    expect(page.locator("[data-saved]")).to_contain_text("waiting for network: 4")
    expect(row(page, "Aida").locator("input[type=checkbox]")).to_be_checked()
    expect(row(page, "Bekzat").locator("input[type=checkbox]")).to_be_checked()
    expect(row(page, "Firuz").locator(".toggle-off")).to_contain_text("08:20")
    expect(page.locator("[data-walk-ins]")).to_contain_text("Guest From Khujand")
    assert marks(site) == ({"Aida Sarsen": AttendanceStatus.PRESENT}, 1)

    assert site.app.asked == []

    # Meanwhile somebody else marks one of them, and another is withdrawn.
    with site.app.app_context():
        session = find_training_session(site.register)
        people = {each.user.name: each for each in cohorts.list_enrolments(session.cohort)}
        other = factories.user(name_latin="Olga Careful")
        absent = WantedMark(Presence(AttendanceStatus.ABSENT))
        service.record_marks(session, {people["Bekzat Omar"].id: absent}, by=other, now=clock.now())
        cohorts.withdraw(people["Dilnoza Qurbonova"], reason="ill", by=other, now=clock.now())
        db.session.commit()

    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    needs = page.locator("[data-needs]")
    expect(needs).to_contain_text("Bekzat Omar: you marked “present”")
    expect(needs).to_contain_text("Olga Careful marked “absent”")
    expect(needs).to_contain_text("Dilnoza Qurbonova, present. This participant was withdrawn")
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    said, count = marks(site)
    assert said == {
        "Aida Sarsen": AttendanceStatus.PRESENT,
        "Bekzat Omar": AttendanceStatus.ABSENT,
        "Firuz Rahimzoda": AttendanceStatus.LATE,
    }
    assert count == 3
    with site.app.app_context():
        session = find_training_session(site.register)
        assert [each.name for each in walk_in_service.list_walk_ins(session)] == [
            "Guest From Khujand"
        ]

    # The trainer decides; what was decided stays decided after a reload.
    needs.get_by_role("button", name="Save mine as well").click()
    expect(row(page, "Bekzat").locator("input[type=checkbox]")).to_be_checked()
    needs.get_by_role("button", name="Put away").click()
    expect(needs).to_have_text(re.compile(r"Kept on this device\s*Put away: 1\.\s*Undo\s*"))
    page.reload()
    expect(row(page, "Bekzat").locator("input[type=checkbox]")).to_be_checked()
    expect(needs).to_be_hidden()
    assert marks(site)[0]["Bekzat Omar"] == AttendanceStatus.PRESENT
    assert marks(site)[1] == 4
    context.close()


def test_what_waits_goes_out_when_the_network_returns_though_no_page_is_open(site, chromium):
    context = phone(chromium)
    page, tab = context.new_page(), context.new_page()
    watch = Watch(tab)
    site.sign_in(page, site.trainer)
    address = f"{site.address}/sessions/{site.register}/register"
    page.goto(address)
    expect(page.locator("form[data-kept]")).to_be_attached()
    tab.goto(address)
    context.set_offline(True)
    tap(page, "Aida", "Zarina")
    expect(tab.locator("[data-saved]")).to_contain_text("waiting for network: 2")
    tap(tab, "Zarina")
    expect(page.locator("[data-saved]")).to_contain_text("waiting for network: 1")
    page.close()
    tab.goto("about:blank")
    assert marks(site) == ({}, 0)
    context.set_offline(False)
    # Chromium calls the worker by itself, at a moment of its own choice; so we call it too.
    worker = tab.context.new_cdp_session(tab)
    found = []
    worker.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.append(said))
    worker.send("ServiceWorker.enable")
    while not found:
        tab.wait_for_timeout(50)
    for each in found[0]["registrations"]:
        worker.send("ServiceWorker.dispatchSyncEvent", {
            "origin": site.address, "registrationId": each["registrationId"], "tag": "registers",
            "lastChance": False,
        })  # fmt: skip
    for _moment in range(100):
        if marks(site)[1]:
            break
        tab.wait_for_timeout(100)
    assert marks(site) == ({"Aida Sarsen": AttendanceStatus.PRESENT}, 1)
    tab.goto(address)
    expect(tab.locator("[data-here]")).to_have_text("1")
    expect(tab.locator(".register .is-changed")).to_have_count(0)
    # Whether a page asks in vain before it knows that there is no network is the browser's affair.
    assert [each for each in watch.problems if "INTERNET_DISCONNECTED" not in each] == []
    context.close()


def test_a_browser_that_keeps_nothing_says_so_and_sends_while_the_page_is_open(site, chromium):
    context = phone(chromium)
    page = context.new_page()
    page.add_init_script(
        "Object.defineProperty(self, 'indexedDB', {get() { throw new Error('denied'); }})"
    )
    site.sign_in(page, site.trainer)
    page.goto(f"{site.address}/sessions/{site.register}/register")
    context.set_offline(True)
    tap(page, "Aida")
    expect(page.locator("[data-needs]")).to_contain_text("Leave this page open until everything")
    expect(page.locator("[data-to-needs]")).to_be_visible()
    context.set_offline(False)
    expect(page.locator("[data-needs]")).to_be_hidden()
    assert marks(site) == ({"Aida Sarsen": AttendanceStatus.PRESENT}, 1)
    context.close()


def test_after_the_sign_in_has_ended_the_marks_wait_for_the_next_one(site, chromium):
    context = phone(chromium)
    page = context.new_page()
    site.sign_in(page, site.trainer)
    address = f"{site.address}/sessions/{site.register}/register"
    page.goto(address)
    context.set_offline(True)
    tap(page, "Aida", "Zarina")
    expect(page.locator("[data-saved]")).to_contain_text("waiting for network: 2")
    context.clear_cookies()
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-needs]")).to_contain_text("Your sign-in has ended")
    assert marks(site)[0] == {}
    # The first page that is opened sends them.
    page.goto("about:blank")
    site.sign_in(page, site.trainer)
    expect(page.get_by_role("link", name="Open register").first).to_be_visible()
    page.goto(address)
    expect(page.locator("[data-needs]")).to_be_hidden()
    expect(page.locator("[data-here]")).to_have_text("2")
    expect(page.locator(".register .is-changed")).to_have_count(0)
    assert set(marks(site)[0]) == {"Aida Sarsen", "Zarina Li"}
    assert marks(site)[1] == 2
    context.close()


def test_a_sheet_is_filled_from_the_keyboard(site, chromium):
    context = laptop(chromium)
    page = context.new_page()
    watch = Watch(page)
    site.sign_in(page, site.trainer)
    page.goto(f"{site.address}/sessions/{site.register}/register")
    page.get_by_role("link", name="All registers on one sheet").click()
    expect(page.locator(".grid td input").first).to_be_focused()
    keys = page.keyboard
    for key in "pl0820":
        keys.press(key)
    keys.press("Enter")
    keys.press("Shift+A")  # the three that are empty
    keys.press("Control+z")
    keys.press("Shift+E")
    keys.press("e")  # replaces the letter that was filled in, and goes down
    keys.press("x")
    keys.press("Control+ArrowUp")
    keys.press("p")
    expect(page.locator("[data-changed]")).to_have_text("not saved yet: 4")
    keys.press("Control+s")
    expect(page.locator(".flash")).to_contain_text("4 marks are saved")
    assert marks(site)[0] == {
        "Aida Sarsen": AttendanceStatus.PRESENT,
        "Bekzat Omar": AttendanceStatus.LATE,
        "Dilnoza Qurbonova": AttendanceStatus.EXCUSED,
        "Zarina Li": AttendanceStatus.EXCUSED,
    }
    assert watch.problems == []
    context.close()


def test_somebody_elses_marks_are_kept_and_never_sent_under_another_name(site, chromium):
    context = phone(chromium)
    page = context.new_page()
    site.sign_in(page, site.trainer)
    address = f"{site.address}/sessions/{site.register}/register"
    page.goto(address)
    context.set_offline(True)
    tap(page, "Aida")
    expect(page.locator("[data-saved]")).to_contain_text("waiting for network: 1")
    # The phone is put away: a page that still asks would be given a cookie beside the sign-in's.
    page.goto("about:blank")
    context.clear_cookies()
    context.set_offline(False)
    site.sign_in(page, site.second)
    page.goto(address)
    expect(page.locator("[data-needs]")).to_contain_text("Marks of somebody else wait")
    tap(page, "Zarina")
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    assert set(marks(site)[0]) == {"Zarina Li"}
    with site.app.app_context():
        (entry,) = history_of(find_training_session(site.register))
        assert entry.mark.source == MarkSource.COORDINATOR
    context.close()
