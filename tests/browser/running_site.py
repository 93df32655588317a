"""The example course, served on a loopback port as people meet it, at a moment of our choice.

The course is run as the demo runs it, as far as is wanted. Used by the journeys here and by
`scripts/screenshots.py`.
"""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask, current_app, has_app_context
from flask_migrate import upgrade
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy.exc import OperationalError
from waitress import create_server
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from courseware import clock, create_app, jobs
from courseware.accounts import service as accounts
from courseware.db import db
from courseware.demo import ADMINISTRATOR, COHORT, COORDINATOR, Demo
from courseware.permissions import TABLE, Role

__all__ = ["ADMINISTRATOR", "COHORT", "COORDINATOR"]

ROOT = Path(__file__).parent.parent.parent

TRAINER = "firuz.rahimzoda@tsuc.example"
PARTICIPANT = "manizha.rahimova@participants.example"

THIRD_MORNING = datetime(2025, 4, 9, 3, 40, tzinfo=UTC)
"""08:40 in Dushanbe on the third day: S01 to S04 are over, S05 begins in twenty minutes."""
AFTERWARDS = datetime(2025, 5, 12, 5, 0, tzinfo=UTC)
"""All twelve sessions are over and answered."""


PATIENCE = 120_000
"""Milliseconds until a page has answered, or certificates are printed, on a busy machine."""


def find_chromium() -> str:
    """The path of the browser; Debian's, unless COURSEWARE_CHROMIUM names another."""
    path = os.environ.get("COURSEWARE_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(path).exists():
        raise RuntimeError(
            f"There is no browser at {path}. Install Debian's chromium, or name another one in "
            "COURSEWARE_CHROMIUM."
        )
    return path


def launch_chromium(playwright: Playwright) -> Browser:
    """The browser, without a window."""
    return playwright.chromium.launch(
        executable_path=find_chromium(), args=["--no-sandbox", "--font-render-hinting=none"]
    )


def _ask_the_application() -> datetime:
    # Several sites run in one process, each at its own moment, which goes on from where it began.
    if has_app_context() and "MOMENT" in current_app.config:
        began, moment = current_app.config["MOMENT"]
        passed = datetime.now(UTC) - began
        return (moment + passed).replace(microsecond=0)
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class Site:
    """A running site."""

    app: Flask
    address: str
    _stop: threading.Event = field(default_factory=threading.Event)

    def link_for(self, email: str) -> str:
        """A fresh address that signs `email` in, as a mail would bring it."""
        with self.app.app_context():
            user = accounts.find_user_by_email(email)
            if user is None:
                raise LookupError(f"Nobody has the address {email}.")
            token = accounts.make_sign_in_link(user, now=clock.now())
            db.session.commit()
        return f"{self.address}/sign-in/link/{token}"

    def sign_in(self, page: Page, email: str) -> Page:
        """Sign `email` in, in this browser, by a link."""
        page.goto(self.link_for(email))
        page.locator("main form button[type=submit]").click()
        page.wait_for_url(f"{self.address}/")
        return page

    def work_off_jobs(self) -> None:
        """Do what is queued, until the site stops."""
        while not self._stop.wait(0.3):
            # Like the real worker it goes on after an error, such as a lock held for too long.
            with self.app.app_context(), suppress(OperationalError):
                jobs.run_waiting()


@contextmanager
def serve(app: Flask, port: int) -> Iterator[Site]:
    """`app` on a loopback port, with its jobs, until the block ends."""
    server = create_server(app, host="127.0.0.1", port=port, threads=6)
    site = Site(app, f"http://127.0.0.1:{port}")

    def listen() -> None:
        try:
            server.run()
        except (OSError, ValueError):  # it was closed below while it waited for somebody
            if not site._stop.is_set():
                raise

    threads = [
        threading.Thread(target=listen, daemon=True),
        threading.Thread(target=site.work_off_jobs, daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield site
    finally:
        site._stop.set()
        server.close()
        for thread in threads:
            thread.join(timeout=5)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_site(var: Path, port: int, moment: datetime) -> Flask:
    """An application with an empty, upgraded database, at `moment`."""
    clock.now = _ask_the_application  # type: ignore[assignment]
    app = create_app(
        {
            "COURSEWARE_VAR": str(var),
            "COURSEWARE_BASE_URL": f"http://127.0.0.1:{port}",
            "COURSEWARE_SECRET_KEY": "for-browser-tests-" * 3,
        }
    )
    app.config["MOMENT"] = (datetime.now(UTC), moment)
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
    return app


def hold_first_days(app: Flask) -> None:
    """The example course until the third morning."""
    demo = Demo(app)
    demo.folder.mkdir(parents=True, exist_ok=True)
    demo.set_up()
    for session in ("S01", "S02", "S03", "S04"):
        demo.command("attendance", "import", COHORT, session, _file(demo, session))


def hold_course(app: Flask) -> None:
    """The whole example course, answered too; certificates are not issued yet."""
    demo = Demo(app)
    demo.folder.mkdir(parents=True, exist_ok=True)
    demo.set_up()
    demo.teach()
    demo.ask()
    demo.name_approvers(COHORT)


def _file(demo: Demo, session: str) -> Path:
    return demo.files / "registers" / f"{session}.xlsx"


@dataclass
class Watch:
    """What a page did that no page may do."""

    page: Page
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    bytes_received: int = 0
    _loaded: set[str] = field(default_factory=set)
    _again: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        page = self.page
        page.on(
            "console",
            lambda message: (
                self._note(f"console {message.type}: {message.text}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.on("pageerror", lambda error: self._note(f"script error: {error}"))
        page.on("request", lambda request: self.requests.append(request.url))
        self._session = page.context.new_cdp_session(page)
        self._session.send("Network.enable")
        self._session.on("Network.requestWillBeSent", self._begin)
        self._session.on("Network.loadingFinished", self._count)

    def forget_what_was_loaded(self) -> None:
        """From now on every page loads as if it were the first that is seen."""
        self._session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def _note(self, problem: str) -> None:
        self.problems.append(f"{self.page.url}: {problem}")

    def _begin(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        if event.get("type") == "Document":
            self._loaded.clear()
        # What a page loads and then keeps for later comes out of the browser's cache, which is
        # off here: it is counted once.
        if "/assets/" in url and url in self._loaded:
            self._again.add(event["requestId"])
        self._loaded.add(url)

    def _count(self, event: dict[str, Any]) -> None:
        if event["requestId"] not in self._again:
            self.bytes_received += int(event["encodedDataLength"])


def waiter(page: Page) -> Callable[[], None]:
    """A function that waits until the page has all it asked for.

    The browser's own "networkidle" waits for half a second more, on each of hundreds of pages.
    """
    pending: set[Request] = set()
    page.on("request", lambda request: pending.add(request))
    page.on("requestfinished", lambda request: pending.discard(request))
    page.on("requestfailed", lambda request: pending.discard(request))

    def wait() -> None:
        calm = 0
        while calm < 2:  # twice in a row, because an answer may cause the next request
            page.wait_for_timeout(30)
            calm = 0 if pending else calm + 1

    return wait


def pages_reached(
    site: Site, page: Page, *, most_of_a_kind: int = 2, not_for: Role | None = None
) -> Iterator[str]:
    """Open every kind of page that links lead to, from the first one; yields each endpoint.

    Of pages that differ only in what they are about, `most_of_a_kind` are opened. Files to
    download are no pages. Apart from the first one, pages that the role `not_for` may open
    anywhere are left out.
    """
    addresses = site.app.url_map.bind("127.0.0.1", url_scheme="http")
    waiting, seen, counts = ["/"], {"/"}, dict[str, int]()
    wait_for_all = waiter(page)
    while waiting:
        path = waiting.pop(0)
        try:
            endpoint = addresses.match(path.partition("?")[0])[0]
        except (NotFound, RequestRedirect, MethodNotAllowed):
            endpoint = path
        permission = getattr(site.app.view_functions.get(endpoint), "permission", None)
        if path != "/" and permission and not_for in TABLE[permission]:
            continue
        if counts.get(endpoint, 0) >= most_of_a_kind:
            continue
        if Path(path.partition("?")[0]).suffix:
            continue
        counts[endpoint] = counts.get(endpoint, 0) + 1
        try:
            page.goto(site.address + path)
        except PlaywrightError as error:
            if "Download is starting" in str(error):
                continue
            raise
        wait_for_all()
        yield endpoint
        hrefs = page.eval_on_selector_all(
            "a[href]:not([download])", "all => all.map(one => one.href)"
        )
        for href in hrefs:
            if href.startswith(site.address + "/"):
                found = href.removeprefix(site.address).partition("#")[0]
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)


def phone(browser: Browser, **more: Any) -> BrowserContext:
    """A browser of 390 × 844 px that is touched."""
    more = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, **more}
    return _patient(browser.new_context(locale="en-GB", has_touch=True, **more))


def laptop(browser: Browser, **more: Any) -> BrowserContext:
    """A browser of 1280 × 800 px."""
    more = {"viewport": {"width": 1280, "height": 800}, **more}
    return _patient(browser.new_context(locale="en-GB", **more))


def _patient(context: BrowserContext) -> BrowserContext:
    # A machine that runs everything at once is slow; that is not what these tests are about.
    context.set_default_timeout(PATIENCE)
    return context
