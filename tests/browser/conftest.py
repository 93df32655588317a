"""Two sites with the example course, and a browser to visit them with."""

from collections.abc import Iterator

import pytest
from browser.running_site import (
    AFTERWARDS,
    THIRD_MORNING,
    Site,
    free_port,
    hold_course,
    hold_first_days,
    launch_chromium,
    make_site,
    serve,
)
from playwright.sync_api import Browser, sync_playwright

from courseware import clock


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser; without one these tests fail, and say what to install.

    For one file: Playwright keeps an event loop running, and a worker's next file may need its own.
    """
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="session", autouse=True)
def the_clock_is_put_back() -> Iterator[None]:
    """The sites set the clock; the tests after them have the real one."""
    real = clock.now
    yield
    clock.now = real


@pytest.fixture(scope="session")
def third_morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The course on its third morning: four registers are in, the fifth session is next."""
    port = free_port()
    app = make_site(tmp_path_factory.mktemp("third-morning"), port, THIRD_MORNING)
    hold_first_days(app)
    with serve(app, port) as site:
        yield site


@pytest.fixture(scope="session")
def afterwards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The course when all is held and answered, before certificates are issued."""
    port = free_port()
    app = make_site(tmp_path_factory.mktemp("afterwards"), port, AFTERWARDS)
    hold_course(app)
    with serve(app, port) as site:
        yield site
