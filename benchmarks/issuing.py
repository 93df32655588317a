"""Issuing to 500 through the product: records, numbers, printing, files with fsync, mail queued.

The seconds from the coordinator's click until the last certificate is finished, and until the
page can first say that something is printed, on SQLite and, where there is one, on PostgreSQL.
The click itself is measured too: no other writer waits longer than that for the database.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import factories as make
from flask import Flask

from benchmarks import Figure, fresh_app
from courseware import clock
from courseware.attendance.models import AttendanceMark
from courseware.attendance.rules import AttendanceStatus, MarkSource
from courseware.credentials import service
from courseware.credentials.rules import BatchState
from courseware.db import db, reading
from courseware.jobs import Worker

PEOPLE = 500


def run() -> list[Figure]:
    """Issuing on each database that is there."""
    figures = []
    for engine, opened in (("SQLite", fresh_app), ("PostgreSQL", _on_postgres)):
        with suppress(ImportError), opened() as app:
            figures += _issue(app, engine)
    return figures


@contextmanager
def _on_postgres() -> Iterator[Flask]:
    """An application on a PostgreSQL database of its own, as durable as an installed one."""
    from postgres import on_server, running_postgres

    name = f"bench_{os.getpid()}"
    with running_postgres(durable=True) as server:
        on_server(server, f"CREATE DATABASE {name}")
        with fresh_app(f"{server}/{name}".replace("+psycopg", "")) as app:
            yield app
        on_server(server, f"DROP DATABASE {name} WITH (FORCE)")


def _issue(app: Flask, engine: str) -> list[Figure]:
    cohort, coordinator = _earned(PEOPLE)
    worker = Worker(app, app.config["SETTINGS"])
    worker.launch()
    try:
        began = time.perf_counter()
        batch = service.issue_certificates(cohort, by=coordinator, now=clock.now())
        db.session.commit()
        reserved = time.perf_counter() - began
        public_id = batch.public_id
        db.session.rollback()
        working = threading.Thread(target=worker.work)
        working.start()
        first = 0.0
        while True:
            done, is_over = _progress(public_id)
            first = first or (done and time.perf_counter() - began)
            if is_over:
                break
            time.sleep(0.05)
        whole = time.perf_counter() - began
    finally:
        worker.stop()
        working.join()
    return [
        _seconds(f"issuing {PEOPLE} on {engine}, until all are finished", whole, 10),
        _seconds(f"issuing {PEOPLE} on {engine}, until the first is counted", first, None),
        _seconds(f"issuing {PEOPLE} on {engine}, reserving records and numbers", reserved, None),
    ]


def _progress(public_id: str) -> tuple[int, bool]:
    with reading():
        batch = service.find_batch(public_id)
        assert batch is not None
        now, is_over = service.progress_of(batch), batch.state == BatchState.DONE
        db.session.rollback()
    assert not now.failures, now.failures
    return now.done, is_over


def _seconds(name: str, value: float, limit: float | None) -> Figure:
    return Figure(name, value, "s", value, value, limit)


def _earned(count: int) -> tuple[Any, Any]:
    """A cohort whose participants were all present, and its coordinator."""
    cohort = make.cohort(make.programme(module_count=4, module_minutes=405))
    held = [
        make.training_session(
            cohort,
            starts=f"2025-04-{7 + number:02} 04:00",
            minutes=135,
            module=cohort.programme.modules[number // 3],
        )
        for number in range(12)
    ]
    for enrolment in make.enrolments(cohort, count):
        for each in held:
            db.session.add(
                AttendanceMark(
                    training_session=each,
                    enrolment=enrolment,
                    status=AttendanceStatus.PRESENT,
                    source=MarkSource.TRAINER,
                    marked_at=make.NOW,
                )
            )
    coordinator = make.coordinator(cohort)
    db.session.commit()
    return cohort, coordinator
