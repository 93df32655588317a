"""The viewer's own time stands beside the cohort's, and only where the two differ."""

import pytest
from browser.running_site import COHORT, PARTICIPANT

from courseware.cohorts.service import find_cohort_by_code

pytestmark = pytest.mark.browser


def first_time(site, chromium, **viewer):
    """What stands at the first session of the schedule, for a viewer elsewhere."""
    with site.app.app_context():
        address = f"{site.address}/cohorts/{find_cohort_by_code(COHORT).public_id}/schedule"
    with chromium.new_context(locale="en-GB", **viewer) as context:
        page = site.sign_in(context.new_page(), PARTICIPANT)
        page.goto(address)
        assert page.locator("text=UTC+5").count() == 1
        return page.locator(".agenda .times").first.inner_text().replace("\n", " ").strip()


def test_in_berlin_the_own_time_stands_beside(third_morning, chromium):
    shown = first_time(third_morning, chromium, timezone_id="Europe/Berlin")
    assert shown.startswith("09:00–12:15")
    assert "06:00–09:15" in shown


@pytest.mark.parametrize("zone", ["Asia/Dushanbe", "Asia/Almaty", "Asia/Tashkent"])
def test_where_clocks_show_the_same_nothing_is_added(third_morning, chromium, zone):
    assert first_time(third_morning, chromium, timezone_id=zone) == "09:00–12:15"


def test_across_midnight_the_day_is_named(third_morning, chromium):
    shown = first_time(third_morning, chromium, timezone_id="America/Los_Angeles")
    assert "21:00–00:15" in shown
    assert shown != "09:00–12:15 21:00–00:15 for you"


def test_without_scripts_the_cohorts_time_stands_alone(third_morning, chromium):
    shown = first_time(
        third_morning, chromium, timezone_id="Europe/Berlin", java_script_enabled=False
    )
    assert shown == "09:00–12:15"
