"""A stranger without network reads what a QR code says, on a page that was opened once before."""

from datetime import date

import pytest
from browser.running_site import THIRD_MORNING, Watch, free_port, make_site, phone, serve
from playwright.sync_api import expect

from courseware import keys
from courseware.credentials.offline_rules import OfflineFacts, pack

pytestmark = pytest.mark.browser

FACTS = OfflineFacts(
    number="EKTU-TSUC-2025-0001",
    names=("Jamshed Ghafforzoda", "Ҷамшед Ғаффорзода"),
    programme="Research services",
    issuers="EKTU+TSUC",
    minutes=36 * 45,
    academic_hour_minutes=45,
    issued_on=date(2025, 6, 2),
    delivered_from=date(2025, 4, 7),
    delivered_to=date(2025, 5, 30),
    credited=1530,
)


def test_without_network_the_signed_facts_are_read_and_a_changed_letter_is_noticed(
    chromium, tmp_path
):
    port = free_port()
    app = make_site(tmp_path, port, THIRD_MORNING)
    with app.app_context():
        key = keys.current().badge
    payload = pack(FACTS, key_id=key.short_id, sign=key.sign)
    middle = len(payload) // 3
    changed = payload[:middle] + ("A" if payload[middle] != "A" else "B") + payload[middle + 1 :]

    context = phone(chromium)
    page = context.new_page()
    watch = Watch(page)
    with serve(app, port) as site:
        page.goto(f"{site.address}/verify/offline")
        expect(page.locator("#kept")).to_be_visible(timeout=30_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert watch.problems == []

    # The server is gone and the network cut. The phone's camera opens the address in the code.
    context.set_offline(True)
    page.goto(f"http://127.0.0.1:{port}/verify/Zx3vT9qLw0aKfJ5rNcYb2g#{payload}")
    expect(page.locator("#good .verdict-word")).to_have_text("These facts were signed here")
    said = page.locator("#good").inner_text()
    for fact in (
        "Jamshed Ghafforzoda · Ҷамшед Ғаффорзода", "Research services", "EKTU · TSUC",
        "36 academic hours of 45 minutes", "34 academic hours", "7 April 2025 – 30 May 2025",
        "2 June 2025", "EKTU-TSUC-2025-0001",
    ):  # fmt: skip
        assert fact in said, said
    expect(page.locator("#wrong")).to_be_hidden()

    page.locator("#payload").fill(f"https://elsewhere.example/verify/x#{changed}")
    page.locator("#read button").click()
    expect(page.locator("#wrong .verdict-word")).to_be_visible()
    expect(page.locator("#good")).to_be_hidden()
    page.locator("#payload").fill("https://elsewhere.example/")
    page.locator("#read button").click()
    expect(page.locator("#unreadable .verdict-word")).to_be_visible()
    assert not [problem for problem in watch.problems if "Content Security" in problem]
    context.close()
