"""The register, saving it, and the hours ledger, as a browser asks for them; server time."""

from typing import Any

import factories as make
from flask import Flask

from benchmarks import Figure, fresh_app, measure
from courseware import clock
from courseware.accounts.service import make_sign_in_link
from courseware.attendance import service
from courseware.attendance.ledger_service import ledger_of
from courseware.attendance.rules import AttendanceStatus, Presence
from courseware.attendance.service import WantedMark
from courseware.db import db

SESSIONS = 12
PRESENT = WantedMark(Presence(AttendanceStatus.PRESENT))


def run() -> list[Figure]:
    """A register and a ledger of 40 and of 500 participants with 12 sessions."""
    figures = []
    for participants, limit in ((40, 60.0), (500, 400.0)):
        with fresh_app() as app:
            figures += _pages(app, participants, limit)
    with fresh_app() as app:
        figures.append(_saving(app))
    for others in (1, 10, 100):
        with fresh_app() as app:
            figures.append(_beside_others(app, others))
    return figures


def _cohort(participants: int, sessions: int = SESSIONS) -> Any:
    """A cohort whose participants are marked in every session."""
    programme = make.programme(module_count=4, module_minutes=405)
    cohort = make.cohort(programme)
    people = make.enrolments(cohort, participants)
    held = [
        make.training_session(
            cohort,
            starts=f"2025-04-{7 + number:02} 04:00",
            minutes=135,
            pause=15,
            module=programme.modules[number * 4 // sessions],
        )
        for number in range(sessions)
    ]
    trainer = make.trainer(cohort, leads=held[0])
    marks = {each.id: PRESENT for each in people}
    for each in held:
        service.record_marks(each, marks, by=trainer, now=make.NOW)
    db.session.commit()
    return cohort, held, people


def _signed_in(app: Flask) -> Any:
    user = make.administrator()
    token = make_sign_in_link(user, now=clock.now())
    db.session.commit()
    client = app.test_client()
    with app.app_context():
        client.post(f"/sign-in/link/{token}")
    return client


def _get(app: Flask, client: Any, path: str) -> None:
    with app.app_context():
        answer = client.get(path)
        assert answer.status_code == 200, answer.status


def _pages(app: Flask, participants: int, limit: float) -> list[Figure]:
    cohort, held, _people = _cohort(participants)
    pages = {
        "register page": f"/sessions/{held[0].public_id}/register",
        "ledger page": f"/cohorts/{cohort.public_id}/attendance",
    }
    client = _signed_in(app)
    db.session.rollback()
    return [
        measure(
            f"{name}, {participants} participants x {SESSIONS} sessions",
            lambda path=path: _get(app, client, path),
            limit=limit,
        )
        for name, path in pages.items()
    ]


def _saving(app: Flask) -> Figure:
    _made, held, people = _cohort(40, sessions=1)
    client = _signed_in(app)
    path = f"/sessions/{held[0].public_id}/register"
    ids = [each.public_id for each in people]
    db.session.rollback()  # reading the ids began a transaction, and the form needs its own
    state = {"is_on": True}

    def save() -> None:
        # Each time every mark changes: taken back, then made again.
        was = "present||" if state["is_on"] else "none"
        sent = {f"was-{id}": was for id in ids}
        if not state["is_on"]:
            sent |= {f"here-{id}": "1" for id in ids}
        state["is_on"] = not state["is_on"]
        with app.app_context():
            answer = client.post(path, data=sent)
            assert answer.status_code == 303, answer.status

    return measure("saving a register of 40", save, limit=60.0)


def _beside_others(app: Flask, others: int) -> Figure:
    for _ in range(others - 1):
        _cohort(40, sessions=3)
    cohort, _held, _people = _cohort(40)

    def read() -> None:
        ledger_of(cohort, now=make.NOW)
        db.session.rollback()

    return measure(f"reckoning a ledger of 40 x {SESSIONS} among {others} cohorts", read)
