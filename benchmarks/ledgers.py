"""A ledger of 500 participants, 24 sessions and 30,000 entries, among 1, 10 and more such cohorts.

Both databases, in the same run; what is measured is what a browser waits for on the server.
LEDGER_COHORTS names other counts: `LEDGER_COHORTS=1,10,100 make bench`; a hundred are three
million entries and take some minutes to write.
"""

import os
from contextlib import ExitStack
from functools import partial
from typing import Any

import factories as make
from flask import Flask
from postgres import on_server, running_postgres
from sqlalchemy import insert, text

from benchmarks import Figure, fresh_app, measure_in_turn
from benchmarks.attendance import _get, _signed_in
from courseware import clock
from courseware.attendance.ledger_service import ledger_of
from courseware.attendance.models import AttendanceMark
from courseware.attendance.rules import AttendanceStatus, MarkSource
from courseware.cohorts.models import Enrolment
from courseware.db import db, new_public_id

PARTICIPANTS, SESSIONS, ENTRIES = 500, 24, 30_000
COUNTS = [int(each) for each in os.environ.get("LEDGER_COHORTS", "1,10").split(",")]
STATUSES = [AttendanceStatus.PRESENT] * 7 + [
    AttendanceStatus.ABSENT,
    AttendanceStatus.LATE,
    AttendanceStatus.EXCUSED,
]
SOURCES = [MarkSource.CHECK_IN, MarkSource.TRAINER, MarkSource.IMPORT, MarkSource.COORDINATOR]


def run() -> list[Figure]:
    """The page and both exports, on both databases; each count of cohorts has one of its own."""
    figures = []
    with ExitStack() as opened:
        figures += _compare([opened.enter_context(fresh_app()) for _ in COUNTS], "SQLite")
    with running_postgres(durable=True) as server, ExitStack() as opened:
        apps = []
        for count in COUNTS:
            on_server(server, f"CREATE DATABASE ledgers_{count}")
            apps.append(opened.enter_context(fresh_app(f"{server}/ledgers_{count}")))
        figures += _compare(apps, "PostgreSQL")
    return figures


def _compare(apps: list[Flask], engine: str) -> list[Figure]:
    """The same cohort alone and among others, in turn."""
    places = [_filled(app, count) for app, count in zip(apps, COUNTS, strict=True)]
    figures = []
    for name, ending, limit, times in (
        ("ledger page", "", 500.0, 15),
        ("ledger as .xlsx", ".xlsx", 2000.0, 5),
        ("entries as .csv", ".csv", 2000.0, 5),
    ):
        what = f"{name} of {PARTICIPANTS} x {SESSIONS}, {engine}"
        acts = {
            f"{what}, {_among(count)}": partial(_get, app, client, f"{page}{ending}")
            for app, count, (client, page, _id) in zip(apps, COUNTS, places, strict=True)
        }
        figures += measure_in_turn(acts, times=times, limit=limit)
    acts = {
        f"reckoning it, {engine}, {_among(count)}": partial(_reckon, app, id)
        for app, count, (_client, _page, id) in zip(apps, COUNTS, places, strict=True)
    }
    return figures + measure_in_turn(acts)


def _among(count: int) -> str:
    return f"1 of {count}" if count > 1 else "alone"


def _filled(app: Flask, count: int) -> tuple[Any, str, int]:
    """A signed-in client, the page and the id of the last of `count` cohorts."""
    with app.app_context():
        client = _signed_in(app)
        cohort = _cohort()
        first = cohort.id
        for _ in range(count - 1):
            cohort = _copy_of(first)
        db.session.commit()
        with db.engine.connect() as connection:  # what the database would do by itself, later
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(
                text("VACUUM ANALYZE" if "postgresql" in str(db.engine.url) else "ANALYZE")
            )
        found = client, f"/cohorts/{cohort.public_id}/attendance", cohort.id
        db.session.remove()
    return found


def _reckon(app: Flask, id: int) -> None:
    from courseware.cohorts.models import Cohort

    with app.app_context():
        ledger_of(db.session.get(Cohort, id), now=clock.now())
        db.session.rollback()


def _scheduled() -> Any:
    """A cohort with its sessions and without participants."""
    programme = make.programme(module_count=4, module_minutes=540)
    cohort = make.cohort(programme)
    held = [
        make.training_session(
            cohort,
            starts=f"2025-04-{7 + number // 2:02} {4 + 4 * (number % 2):02}:00",
            minutes=90,
            pause=15,
            module=programme.modules[number * 4 // SESSIONS],
        )
        for number in range(SESSIONS)
    ]
    return cohort, held


def _copy_of(first: int) -> Any:
    """Another cohort with the same people, sessions and entries, written by the database itself."""
    cohort, _held = _scheduled()
    values = {"first": first, "cohort": cohort.id}
    db.session.execute(
        text(
            "INSERT INTO enrolment (public_id, cohort_id, user_id, position, enrolled_at) "
            "SELECT 'copy-' || :cohort || '-' || id, :cohort, user_id, '', enrolled_at "
            "FROM enrolment WHERE cohort_id = :first"
        ),
        values,
    )
    db.session.execute(
        text(
            "INSERT INTO attendance_mark (entry_key, training_session_id, enrolment_id, status, "
            "arrived_at, source, note, marked_at, marked_by_id, settles) "
            "SELECT 'copy-' || :cohort || '-' || old.id, its.id, e2.id, old.status, "
            "old.arrived_at, old.source, '', old.marked_at, old.marked_by_id, old.settles "
            "FROM attendance_mark AS old "
            "JOIN training_session AS was ON was.id = old.training_session_id "
            "JOIN training_session AS its ON its.starts_at = was.starts_at "
            "JOIN enrolment AS e1 ON e1.id = old.enrolment_id "
            "JOIN enrolment AS e2 ON e2.user_id = e1.user_id "
            "WHERE was.cohort_id = :first AND its.cohort_id = :cohort AND e2.cohort_id = :cohort"
        ),
        values,
    )
    db.session.commit()
    return cohort


def _cohort() -> Any:
    """A cohort in which each cell has two or three entries, of different people and sources."""
    cohort, held = _scheduled()
    trainer = make.trainer(cohort, leads=held[0])
    users = [make.user().id for _ in range(PARTICIPANTS)]
    db.session.execute(
        insert(Enrolment),
        [
            {
                "public_id": new_public_id(),
                "cohort_id": cohort.id,
                "user_id": user,
                "enrolled_at": make.NOW,
            }
            for user in users
        ],
    )
    ids = [row.id for row in db.session.query(Enrolment.id).filter_by(cohort_id=cohort.id)]
    cells = [(session, id) for session in held for id in ids]
    entries = []
    for number in range(ENTRIES):
        session, enrolment_id = cells[number % len(cells)]
        status = STATUSES[(number * 7 + number // 11) % len(STATUSES)]
        entries.append(
            {
                "entry_key": new_public_id(),
                "training_session_id": session.id,
                "enrolment_id": enrolment_id,
                "status": status,
                "arrived_at": session.starts_at if status is AttendanceStatus.LATE else None,
                "source": SOURCES[(number * 3 + number // 7) % len(SOURCES)],
                "note": "",
                "marked_at": session.starts_at,
                "marked_by_id": trainer.id,
                "settles": False,
            }
        )
    db.session.execute(insert(AttendanceMark), entries)
    db.session.commit()
    return cohort
