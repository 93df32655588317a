"""Pictures of the example course in a real browser.

python -m scripts.screenshots             the three pictures of the README, into docs/pictures/
python -m scripts.screenshots --all DIR   every kind of page, as each role, at 390 and 1280 px
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from browser.running_site import (
    ADMINISTRATOR,
    AFTERWARDS,
    COHORT,
    COORDINATOR,
    PARTICIPANT,
    ROOT,
    THIRD_MORNING,
    TRAINER,
    Site,
    free_port,
    hold_course,
    hold_first_days,
    laptop,
    launch_chromium,
    make_site,
    pages_reached,
    phone,
    quiet,
    serve,
)

from courseware.cohorts.service import find_cohort_by_code
from courseware.credentials.models import Credential
from courseware.db import db
from courseware.demo import Demo
from courseware.schedule.service import find_session_by_code

ROLES = {
    "stranger": None,
    "participant": PARTICIPANT,
    "trainer": TRAINER,
    "coordinator": COORDINATOR,
    "administrator": ADMINISTRATOR,
}


@contextmanager
def site_at(moment: datetime, *held: Callable[[Flask], None]) -> Iterator[Site]:
    """A site at `moment` with what was held until then, in a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="courseware-pictures-") as folder:
        port = free_port()
        app = make_site(Path(folder), port, moment)
        for hold in held:
            hold(app)
        with serve(app, port) as site:
            yield site


def issue_certificates(app: Flask) -> None:
    """As the demo does at the end of the course."""
    Demo(app).certify()


def take_register(site: Site, browser: Browser, into: Path) -> None:
    """A register on a phone: half of the names tapped."""
    page = phone(browser, device_scale_factor=2).new_page()
    site.sign_in(page, TRAINER)
    with site.app.app_context():
        cohort = find_cohort_by_code(COHORT)
        assert cohort is not None
        training_session = find_session_by_code(cohort, "S05")
        assert training_session is not None
        address = f"{site.address}/sessions/{training_session.public_id}/register"
    page.goto(address)
    quiet(page)
    toggles = page.locator(".register .toggle")
    for index in (0, 1, 3, 4):
        toggles.nth(index).click()
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=into / "register-phone.png")
    page.context.close()


def take_ledger(site: Site, browser: Browser, into: Path) -> None:
    """The hours ledger on a laptop."""
    size = {"width": 1280, "height": 1000}
    page = laptop(browser, viewport=size, device_scale_factor=1.5).new_page()
    site.sign_in(page, COORDINATOR)
    with site.app.app_context():
        cohort = find_cohort_by_code(COHORT)
        assert cohort is not None
        address = f"{site.address}/cohorts/{cohort.public_id}/attendance"
    page.goto(address)
    quiet(page)
    page.screenshot(path=into / "ledger-laptop.png")
    page.context.close()


def take_verification(site: Site, browser: Browser, into: Path) -> None:
    """A stranger's phone after its camera saw a certificate's code."""
    with site.app.app_context():
        code = db.session.scalars(
            select(Credential.verification_code).order_by(Credential.serial)
        ).first()
    page = phone(browser, device_scale_factor=2).new_page()
    page.goto(f"{site.address}/verify/{code}")
    quiet(page)
    page.screenshot(path=into / "verify-phone.png")
    page.context.close()


def take_all(site: Site, browser: Browser, into: Path, when: str) -> None:
    """Every kind of page, as each role, on a phone and on a laptop."""
    for role, email in ROLES.items():
        for name, device in (("390", phone), ("1280", laptop)):
            context = device(browser)
            page = context.new_page()
            if email:
                site.sign_in(page, email)
            for endpoint in pages_reached(site, page, most_of_a_kind=1):
                file = f"{when}-{role}-{endpoint.replace('/', '_')}-{name}.png"
                page.screenshot(path=into / file, full_page=True)
            context.close()


def main() -> None:
    """Take the pictures that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="DIR", help="every kind of page, into DIR")
    everything: Path | None = parser.parse_args().all
    into = everything or ROOT / "docs" / "pictures"
    into.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        with site_at(THIRD_MORNING, hold_first_days) as site:
            if everything:
                take_all(site, browser, into, "third-morning")
            else:
                take_register(site, browser, into)
        with site_at(AFTERWARDS, hold_course, issue_certificates) as site:
            if everything:
                take_all(site, browser, into, "afterwards")
            else:
                take_ledger(site, browser, into)
                take_verification(site, browser, into)
        browser.close()
    print(f"The pictures are in {into}.")


if __name__ == "__main__":
    main()
