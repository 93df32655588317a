"""The wall and the trainer's list keep themselves fresh, and a phone gets in by one tap."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import factories as make
import pytest
from browser.running_site import Site, Watch, free_port, laptop, make_site, phone, serve

from courseware.db import db

JUST_BEFORE = datetime(2025, 4, 7, 8, 58, tzinfo=UTC)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str, str]]:
    """A running site two minutes before a session: its address and the trainer's."""
    port = free_port()
    app = make_site(tmp_path_factory.mktemp("check-in"), port, JUST_BEFORE)
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], check_in_seconds=10)
    with app.app_context():
        cohort = make.cohort()
        session = make.training_session(cohort)
        trainer = make.trainer(cohort, leads=session, email="trainer@x.example")
        make.enrolment(cohort, user=make.user(name_latin="Aida Sarsen", email=None))
        public_id, email = session.public_id, trainer.email
        db.session.commit()
    with serve(app, port) as site:
        yield site, public_id, email


def test_a_code_changes_by_itself_and_whoever_waits_appears_and_is_let_in(chromium, room):
    site, session, email = room
    wall, desk = laptop(chromium).new_page(), laptop(chromium).new_page()
    watches = [Watch(wall), Watch(desk)]
    for page in (wall, desk):
        site.sign_in(page, email)
    wall.goto(f"{site.address}/sessions/{session}/check-in")
    first = wall.locator("[data-code]").inner_text()
    wall.wait_for_function(
        "before => document.querySelector('[data-code]').textContent !== before", arg=first
    )
    desk.goto(f"{site.address}/sessions/{session}/check-ins")
    assert desk.get_by_text("Nobody has checked in yet").is_visible()

    guest = phone(chromium).new_page()
    watches.append(Watch(guest))
    guest.goto(f"{site.address}/check-in")
    guest.get_by_label("Digits on the wall").fill(wall.locator("[data-code]").inner_text())
    guest.get_by_role("button", name="Go on").click()
    guest.get_by_label("Your name").select_option(index=1)
    guest.get_by_role("button", name="Ask the trainer to confirm me").click()
    guest.get_by_text("waits for one tap").wait_for()

    desk.get_by_role("button", name="Is here").click()
    desk.get_by_text("Confirmed: Aida Sarsen.").wait_for()
    guest.reload()
    guest.get_by_text("Aida Sarsen: present").wait_for()
    wall.get_by_text("1 of 1 are in").wait_for()
    assert [problem for watch in watches for problem in watch.problems] == []
