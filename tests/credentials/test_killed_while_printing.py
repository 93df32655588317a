"""Workers killed at every step of issuing: no gap, nothing half-written, nothing twice.

`make battery` kills at twelve points, the first, the middle and the last time, with one worker
and with two, on both databases; every other run a sample of that. With two workers both also
issue at once, as two coordinators would.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from credentials.killed_worker import POINTS
from sqlalchemy import inspect, select, text

from courseware import files
from courseware.config import ROOT
from courseware.credentials import service
from courseware.credentials.models import Credential, IssueBatch, LogLeaf, NumberSeries
from courseware.credentials.paper_service import state_of
from courseware.credentials.rules import BatchState, CredentialState
from courseware.db import db
from courseware.jobs import QueuedJob
from courseware.mail import OutgoingMail

ALL = [
    (point, when, workers) for point in POINTS for when in ("first", "middle", "last")
    for workers in (1, 2)
]  # fmt: skip
SAMPLE = [
    ("noted with its mail, not committed", "last", 1),
    ("committed, not noted by the queue", "first", 2),
]
SCENES = ALL if os.environ.get("BATTERY") else SAMPLE
BATCHES, PEOPLE = 3, 3


class Workers:
    """Starts workers that are killed at a point, and waits for them."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("killed_worker.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        )  # fmt: skip

    def tell(self, **command):
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def start(self, app, point="", nth=0, minutes_later=0):
        settings = app.config["SETTINGS"]
        environment = {
            "COURSEWARE_VAR": str(settings.var),
            "COURSEWARE_DATABASE_URL": settings.database_url.replace("+psycopg", ""),
            "COURSEWARE_BASE_URL": settings.base_url,
            "COURSEWARE_SECRET_KEY": settings.secret_key,
        }
        told = self.tell(
            act="start", environment=environment, folder=str(settings.var), point=point, nth=nth,
            minutes_later=minutes_later,
        )  # fmt: skip
        return told["pid"]

    def wait(self, pid):
        return self.tell(act="wait", pid=pid, seconds=120)

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=20)


@pytest.fixture(scope="module")
def workers():
    started = Workers()
    yield started
    started.close()


@pytest.fixture
def three_cohorts(app, make, attend):
    """Three cohorts of one programme, of which all have earned their certificates."""
    programme = make.programme(module_minutes=90)
    make.administrator()
    for _ in range(BATCHES):
        cohort = make.cohort(programme)
        sessions = [
            make.training_session(cohort, module=module, starts=f"2025-04-0{7 + day} 09:00")
            for day, module in enumerate(programme.modules)
        ]
        for enrolment in make.enrolments(cohort, PEOPLE):
            attend(enrolment, sessions)
    connection = db.session.connection()
    is_postgres = connection.dialect.name == "postgresql"
    if is_postgres and inspect(connection).has_table("workflow_status", schema="dbos"):
        db.session.execute(text("DELETE FROM dbos.workflow_status"))  # another test's
    db.session.commit()


@pytest.mark.parametrize(
    ("point", "when", "count"), SCENES, ids=lambda value: str(value).replace(" ", "-")
)
def test_wherever_workers_are_killed_everything_is_issued_once(
    app, command, workers, three_cohorts, point, when, count
):
    whole = POINTS[point]
    nth = {"first": 1, "middle": (whole + 1) // 2, "last": whole}[when]

    running = [workers.start(app, point, nth) for _ in range(count)]
    ended = [workers.wait(pid) for pid in running]
    assert sum(each["killed"] for each in ended) == 1, ended
    again = workers.wait(workers.start(app, minutes_later=70))
    assert again == {"killed": False, "status": 0}

    assert_all_is_well(app, kills=1)
    jobs = db.session.scalars(select(QueuedJob)).all()
    assert [(bool(job.done_at), job.error) for job in jobs] == [(True, "")] * BATCHES
    assert command("doctor").exit_code == 0


def assert_all_is_well(app, *, kills):
    """Numbers run from one without a gap, every file is whole, every mail was sent."""
    people = BATCHES * PEOPLE
    db.session.expire_all()
    credentials = db.session.scalars(select(Credential).order_by(Credential.serial)).all()
    (series,) = db.session.scalars(select(NumberSeries)).all()
    assert [each.serial for each in credentials] == list(range(1, people + 1))
    assert series.last_serial == people
    assert {state_of(each) for each in credentials} == {CredentialState.VALID}
    assert len({each.enrolment_id for each in credentials}) == people
    assert [row.state for row in db.session.scalars(select(IssueBatch))] == [
        BatchState.DONE
    ] * BATCHES
    for credential in credentials:
        data = service.file_of(credential)
        assert data.startswith(b"%PDF") and data.rstrip().endswith(b"%%EOF")
        assert hashlib.sha256(data).hexdigest() == credential.file_sha256
    for path in files.files_folder().rglob("*.pdf"):  # a repeated step may leave one to spare
        assert path.parent.name + path.stem == hashlib.sha256(path.read_bytes()).hexdigest()
    # One that is killed leaves a part for each batch at hand; the next one clears them away.
    assert not list(files.files_folder().rglob(".part-*"))
    leaves = db.session.scalars(select(LogLeaf).order_by(LogLeaf.position)).all()
    assert [leaf.position for leaf in leaves] == list(range(people))
    assert {leaf.credential_id for leaf in leaves} == {each.id for each in credentials}
    mails = db.session.scalars(select(OutgoingMail)).all()
    assert sorted(mail.receiver for mail in mails) == sorted(
        each.enrolment.user.email for each in credentials
    )
    delivered = Counter((app.config["SETTINGS"].var / "delivered").read_text().split())
    assert set(delivered) == {mail.message_id for mail in mails}
    assert delivered.total() <= people + kills
