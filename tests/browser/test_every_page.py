"""Every kind of page, as each role: nothing for axe to find, nothing in the console, light."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.running_site import (
    ADMINISTRATOR,
    COORDINATOR,
    PARTICIPANT,
    TRAINER,
    Watch,
    laptop,
    pages_reached,
    phone,
)

from courseware.permissions import Role

HEAVIEST_FIRST_LOAD = 200_000
ROLES = {
    "stranger": None,
    "participant": PARTICIPANT,
    "trainer": TRAINER,
    "coordinator": COORDINATOR,
    "administrator": ADMINISTRATOR,
}
# Administrators see what coordinators see, and some pages more: only those are theirs to crawl.
NOT_FOR = {"administrator": Role.COORDINATOR}

pytestmark = pytest.mark.browser


def violations(page):
    """What axe finds, as sentences short enough to read in a test's answer."""
    # What axe found to be well is not asked for: to gather it takes longer than to look.
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{page.url}: {one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]
    ]


def wider_than_the_screen(page):
    """The page's address if it scrolls sideways."""
    fits = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return [] if fits else [f"{page.url}: wider than the screen"]


@pytest.mark.parametrize("role", list(ROLES))
def test_no_page_on_a_laptop_is_heavy_or_gives_axe_the_console_or_the_policy_anything(
    afterwards, chromium, role
):
    context = laptop(chromium, color_scheme="light")
    page = context.new_page()
    if ROLES[role]:
        afterwards.sign_in(page, ROLES[role])
    watch = Watch(page)
    watch.forget_what_was_loaded()
    found, heavy, before = [], {}, 0

    for _endpoint in pages_reached(afterwards, page, most_of_a_kind=1, not_for=NOT_FOR.get(role)):
        weight, before = watch.bytes_received - before, watch.bytes_received
        if weight > HEAVIEST_FIRST_LOAD:
            heavy[page.url] = weight
        found += violations(page) + wider_than_the_screen(page)

    elsewhere = [url for url in watch.requests if not url.startswith((afterwards.address, "data:"))]
    context.close()
    assert (found, watch.problems, elsewhere, heavy) == ([], [], [], {})


@pytest.mark.parametrize("role", list(ROLES))
def test_every_page_fits_a_phone_in_the_dark(third_morning, chromium, role):
    context = phone(chromium, color_scheme="dark")
    page = context.new_page()
    if ROLES[role]:
        third_morning.sign_in(page, ROLES[role])
    found = []

    for _endpoint in pages_reached(
        third_morning, page, most_of_a_kind=1, not_for=NOT_FOR.get(role)
    ):
        found += violations(page) + wider_than_the_screen(page)

    context.close()
    assert found == []


def test_everything_can_be_read_and_done_without_scripts(afterwards, chromium):
    context = laptop(chromium, java_script_enabled=False)
    page = context.new_page()
    afterwards.sign_in(page, COORDINATOR)

    assert page.locator("h1").inner_text() == "What now?"
    assert page.locator("nav[aria-label=Main] a").count() >= 2
    context.close()
