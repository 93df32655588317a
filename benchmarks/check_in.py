"""200 people check in through the QR code over HTTP, a tenth of them twice: scan, tap, see.

The server is `courseware serve` in a process of its own, on SQLite and, where there is one, on
PostgreSQL. Once they come within a minute, as a class does at the beginning of a session,
and once all at the same moment. Each is compared with what is stored: nothing lost, nothing double.
Beside it the plain limit: the same two rows in one transaction, by the bare driver.
"""

import http.client
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import factories as make
from flask import Flask
from sqlalchemy import func, select, text

from benchmarks import Figure, fresh_app
from benchmarks.issuing import _on_postgres
from courseware import clock
from courseware.attendance import check_in_known_service as known_service
from courseware.attendance import check_in_service
from courseware.attendance.models import AttendanceMark, CheckIn, CheckInDevice
from courseware.db import db

PEOPLE = 200
TWICE = PEOPLE // 10
WITHIN = 60.0
SERVE = "from courseware.cli import main; main()"


def run() -> list[Figure]:
    """Checking in on each database that is there."""
    figures = []
    for engine, opened in (("SQLite", fresh_app), ("PostgreSQL", _on_postgres)):
        with suppress(ImportError), opened() as app:
            figures += _measure(app, engine)
    return figures


def _measure(app: Flask, engine: str) -> list[Figure]:
    figures = []
    with _served(app) as address:
        for words, within in (("within a minute", WITHIN), ("at once", 0.0)):
            session, tokens = _room()
            phones = _come(app, address, session, tokens, within)
            _compare(session, phones)
            answers = [took for phone in phones for took in phone.took]
            whole = [sum(phone.took) for phone in phones]
            began = min(phone.began for phone in phones)
            rate = len(phones) / (max(phone.ended for phone in phones) - began)
            name = f"{PEOPLE} check in {words} on {engine}"
            figures += [
                _figure(
                    f"{name}, p95 of one answer", _p95(answers), answers, 2.0 if within else None
                ),
                _figure(f"{name}, p95 of scan, tap and result", _p95(whole), whole, None),
            ]
            if not within:
                figures.append(Figure(f"{name}, rate", rate, "/s", rate, rate))
    plain = _plain_rate()
    figures.append(
        Figure(f"two rows in a transaction on {engine}, bare", plain, "/s", plain, plain)
    )
    return figures


def _figure(name: str, value: float, all_of: list[float], limit: float | None) -> Figure:
    quartiles = statistics.quantiles(all_of, n=4)
    return Figure(name, value, "s", quartiles[0], quartiles[2], limit)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _room() -> tuple[str, list[str]]:
    """A session that began a minute ago, and the cookies of everybody's phone."""
    now = clock.now()
    cohort = make.cohort()
    session = make.training_session(cohort, starts=f"{now - timedelta(minutes=1):%Y-%m-%d %H:%M}")
    tokens = []
    for each in make.enrolments(cohort, PEOPLE):
        tokens.append(known_service.new_device_token())
        digest = known_service.device_digest(tokens[-1])
        db.session.add(CheckInDevice(token_sha256=digest, user_id=each.user_id, made_at=now))
    public_id = session.public_id
    db.session.commit()
    return public_id, tokens


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    """The address of `courseware serve` on the database of `app`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = app.config["SETTINGS"]
    address = f"http://127.0.0.1:{port}"
    given = {
        **{name: value for name, value in os.environ.items() if "COURSEWARE" not in name},
        "COURSEWARE_VAR": str(settings.var),
        "COURSEWARE_DATABASE_URL": settings.database_url.replace("+psycopg", ""),
        "COURSEWARE_SECRET_KEY": settings.secret_key,
        "COURSEWARE_BASE_URL": address,
        "COURSEWARE_JOBS_HERE": "no",
    }
    with tempfile.TemporaryFile() as said:
        command = [sys.executable, "-c", SERVE, "serve"]
        server = subprocess.Popen(command, env=given, stdout=said, stderr=said, cwd=settings.root)
        try:
            while server.poll() is None:
                with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            yield address
        finally:
            server.terminate()
            server.wait(20)


@dataclass
class Phone:
    """One phone: when it comes, what it was answered and how long that took."""

    address: str
    path: str
    token: str
    app: Flask
    comes_after: float
    began: float = 0.0
    ended: float = 0.0
    took: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)

    def check_in(self, start: float) -> None:
        """Scan, tap once, and see the result."""
        time.sleep(max(0.0, start + self.comes_after - time.perf_counter()))
        self.cookies["courseware-phone"] = self.token
        self.began = time.perf_counter()
        self.line = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        with self.app.app_context():
            session = self.path.rpartition("/")[2]
            code = check_in_service.code_of(
                known_service.secret(),
                session,
                check_in_service.step_of(clock.now(), check_in_service.seconds_shown()),
            )
        page = self._ask("GET", f"{self.path}/{code}")
        sent = {
            name: found[1]
            for name in ("csrf_token", "scan", "who")
            if (found := re.search(rf'name="{name}" value="([^"]*)"', page))
        }
        if len(sent) == 3:
            self._ask("POST", self.path, sent)
            self._ask("GET", urlsplit(self.place).path)
        elif "/result/" not in self.place:
            self.problems.append(page[:200])
        self.ended = time.perf_counter()
        self.line.close()

    def _ask(self, method: str, path: str, sent: dict[str, str] | None = None) -> str:
        heads = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if sent is not None:
            heads["Content-Type"] = "application/x-www-form-urlencoded"
        asked = time.perf_counter()
        self.line.request(method, path, urlencode(sent) if sent else None, heads)
        answer = self.line.getresponse()
        text = answer.read().decode()
        self.took.append(time.perf_counter() - asked)
        self.place = answer.getheader("Location") or ""
        for each in answer.headers.get_all("Set-Cookie") or []:
            name, _is, value = each.partition(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status not in (200, 303):
            self.problems.append(f"{method} {answer.status}")
        return text


def _come(app: Flask, address: str, session: str, tokens: list[str], within: float) -> list[Phone]:
    """Everybody checks in, and a tenth of them once more."""
    shuffled = random.Random(4)
    coming = [*tokens, *shuffled.sample(tokens, TWICE)]
    phones = [
        Phone(address, f"/check-in/{session}", token, app, shuffled.uniform(0, within))
        for token in coming
    ]
    start = time.perf_counter() + 0.5
    threads = [threading.Thread(target=phone.check_in, args=(start,)) for phone in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return phones


def _compare(session: str, phones: list[Phone]) -> None:
    """What was acknowledged is stored, once."""
    problems = [problem for phone in phones for problem in phone.problems]
    assert not problems, problems[:3]
    found = check_in_service.find_session(session)
    assert found is not None
    for kind in (CheckIn, AttendanceMark):
        count: Any = select(func.count()).select_from(kind)
        stored = db.session.scalar(count.where(kind.training_session_id == found.id))
        assert stored == PEOPLE, (kind.__name__, stored)
    db.session.rollback()


def _plain_rate() -> float:
    """Transactions of two inserts in one second, one after the other, without anything of ours."""
    with db.engine.connect() as connection:
        for name in ("plain_a", "plain_b"):
            connection.execute(text(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, key TEXT)"))
        connection.commit()
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < 1:
            for name in ("plain_a", "plain_b"):
                connection.execute(
                    text(f"INSERT INTO {name} VALUES (:id, :key)"),
                    {"id": count, "key": f"check-in:{count}"},
                )
            connection.commit()
            count += 1
        return count / (time.perf_counter() - began)
