"""A worker killed in the middle of a batch: the next one goes on, and nothing is done twice."""

import hashlib
import os
import signal
import subprocess
import sys
import time

from sqlalchemy import func, select

from courseware import files
from courseware.config import ROOT
from courseware.credentials import service
from courseware.credentials.models import Credential
from courseware.credentials.rules import BatchState
from courseware.db import db, reading
from courseware.mail import OutgoingMail

WORKER = """
from courseware import create_app
from courseware.jobs import Worker
app = create_app()
worker = Worker(app, app.config["SETTINGS"])
worker.launch()
worker.work_until_empty()
worker.stop()
"""
PEOPLE = 5


def start_worker(app):
    settings = app.config["SETTINGS"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "COURSEWARE_VAR": str(settings.var),
        "COURSEWARE_DATABASE_URL": settings.database_url.replace("+psycopg", ""),
        "COURSEWARE_BASE_URL": settings.base_url,
        "COURSEWARE_SECRET_KEY": settings.secret_key,
    }
    return subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environment)


def printed():
    db.session.rollback()
    with reading():
        found = db.session.scalar(
            select(func.count()).select_from(Credential).where(Credential.file_sha256.is_not(None))
        )
        db.session.rollback()
    return found


def wait_until(printed_at_least, worker, seconds=90):
    end = time.monotonic() + seconds
    while printed() < printed_at_least and worker.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    db.session.rollback()


def test_a_killed_worker_leaves_no_gap_nothing_half_written_and_nothing_twice(
    app, earned, make, after
):
    cohort, _ = earned(PEOPLE)
    batch = service.issue_certificates(cohort, by=make.coordinator(cohort), now=after)
    db.session.commit()

    worker = start_worker(app)
    wait_until(2, worker)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    before = {
        row.number: row.file_sha256
        for row in db.session.execute(select(Credential.number, Credential.file_sha256))
        if row.file_sha256
    }
    assert 0 < len(before) < PEOPLE, "it was killed too late to show anything"
    db.session.rollback()
    worker = start_worker(app)
    assert worker.wait(timeout=120) == 0

    db.session.expire_all()
    credentials = service.list_credentials(cohort)
    assert batch.state == BatchState.DONE
    assert [each.serial for each in credentials] == list(range(1, PEOPLE + 1))
    for credential in credentials:
        data = service.file_of(credential)
        assert hashlib.sha256(data).hexdigest() == credential.file_sha256
        assert before.get(credential.number, credential.file_sha256) == credential.file_sha256
    mails = db.session.scalars(select(OutgoingMail.receiver)).all()
    assert sorted(mails) == sorted(each.enrolment.user.email for each in credentials)
    known = {files.place_of(each.file_sha256) for each in credentials}
    assert set(files.files_folder().rglob("*.pdf")) >= known
