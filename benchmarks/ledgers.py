"""A ledger of 500 participants, 24 sessions and 30,000 entries, among 1, 10 and more such cohorts.

Both databases, in the same run; what is measured is what a browser waits for on the server.
LEDGER_COHORTS names other counts: `LEDGER_COHORTS=1,10,100 make bench`; a hundred are three
million entries and take some minutes to write.
"""

import os
from typing import Any

import factories as make
from flask import Flask
from postgres import on_server, running_postgres
from sqlalchemy import insert, text

from benchmarks import Figure, fresh_app, measure
from benchmarks.attendance import _get, _signed_in
from courseware import clock
from courseware.attendance.ledger_service import ledger_of
from courseware.attendance.models import AttendanceMark
from courseware.attendance.rules import AttendanceStatus, MarkSource
from courseware.cohorts.models import Enrolment
from courseware.db import db, new_public_id

PARTICIPANTS, SESSIONS, ENTRIES = 500, 24, 30_000
COUNTS = os.environ.get("LEDGER_COHORTS", "1,10")
STATUSES = [AttendanceStatus.PRESENT] * 7 + [
    AttendanceStatus.ABSENT,
    AttendanceStatus.LATE,
    AttendanceStatus.EXCUSED,
]
SOURCES = [MarkSource.CHECK_IN, MarkSource.TRAINER, MarkSource.IMPORT, MarkSource.COORDINATOR]


def run() -> list[Figure]:
    """The page and both exports, on both databases."""
    with fresh_app() as app:
        figures = _on(app, "SQLite")
    with running_postgres(durable=True) as server:
        on_server(server, "CREATE DATABASE ledgers")
        with fresh_app(f"{server}/ledgers") as app:
            figures += _on(app, "PostgreSQL")
    return figures


def _on(app: Flask, engine: str) -> list[Figure]:
    figures, made, first = [], 0, 0
    client = _signed_in(app)
    for count in [int(each) for each in COUNTS.split(",")]:
        while made < count:
            cohort = _cohort() if not made else _copy_of(first)
            first = cohort.id if not made else first
            made += 1
        db.session.commit()
        db.session.execute(text("ANALYZE"))
        db.session.commit()
        page = f"/cohorts/{cohort.public_id}/attendance"
        id, among = cohort.id, f"{count} cohorts of {ENTRIES:,} entries, {engine}"
        db.session.rollback()
        for name, path, limit, times in (
            ("ledger page", page, 500.0, 9),
            ("ledger as .xlsx", f"{page}.xlsx", 2000.0, 3),
            ("entries as .csv", f"{page}.csv", 2000.0, 3),
        ):
            figures.append(
                measure(
                    f"{name} of {PARTICIPANTS} x {SESSIONS} among {among}",
                    lambda path=path: _get(app, client, path),
                    limit=limit,
                    times=times,
                )
            )
        figures.append(
            measure(
                f"reckoning it among {among}", lambda id=id: _reckon(app, id), times=9, limit=None
            )
        )
    return figures


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
