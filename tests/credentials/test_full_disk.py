"""A disk that is full while certificates are printed: a sentence, no half batch, no gap.

The disk is a real one, of a few megabytes; where none can be mounted, these tests are skipped.
"""
# ruff: noqa: F811

import os
import shutil
import subprocess

import pytest
from credentials.test_killed_while_printing import (  # noqa: F401  two of them are fixtures
    assert_all_is_well,
    three_cohorts,
    workers,
)
from sqlalchemy import select, text

from courseware import clock
from courseware.accounts.models import User
from courseware.credentials import service
from courseware.credentials.models import IssueBatch
from courseware.credentials.rules import BatchState
from courseware.db import db
from courseware.jobs import QueuedJob

pytestmark = pytest.mark.skipif(
    not os.environ.get("BATTERY"), reason="`make battery` fills a disk on both databases"
)
DISK = 24 * 1024 * 1024


@pytest.fixture
def tmp_path(tmp_path):
    """A small disk of its own for all that a test writes, the SQLite database too."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(tmp_path)],
        capture_output=True,
        text=True,
    )
    if made.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {made.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


@pytest.mark.parametrize("left", [0, 200_000, 700_000], ids=["none", "one file", "some files"])
def test_printing_goes_on_where_it_was_once_there_is_room(
    app,
    tmp_path,
    workers,
    three_cohorts,
    left,
):
    ballast = tmp_path / "ballast"
    with ballast.open("wb") as file:
        file.write(b"\0" * (shutil.disk_usage(tmp_path).free - left))
    workers.tell(act="wait", pid=workers.start(app), seconds=30)
    for batch in db.session.scalars(select(IssueBatch)):
        progress = service.progress_of(batch)
        assert batch.state != BatchState.DONE or progress.done == progress.whole
        assert all("No space left on device" in said for said in progress.failures)
    db.session.rollback()

    ballast.unlink()
    assert workers.wait(workers.start(app, minutes_later=70))["status"] == 0
    by = db.session.scalars(select(User).where(User.is_administrator)).one()
    for batch in db.session.scalars(select(IssueBatch)):
        if batch.state != BatchState.DONE:
            service.print_again(batch, by=by, now=clock.now())
    db.session.commit()
    assert workers.wait(workers.start(app, minutes_later=140))["status"] == 0
    assert_all_is_well(app, kills=1)


def test_a_job_whose_end_could_not_be_written_is_done_again(app, workers, three_cohorts):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("the guard that stands for the full disk is written for SQLite")
    db.session.execute(
        text(
            "CREATE TRIGGER full BEFORE UPDATE ON queued_job "
            "BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    )
    db.session.commit()
    workers.tell(act="wait", pid=workers.start(app), seconds=25)
    assert db.session.scalars(select(QueuedJob.done_at)).all() == [None] * 3
    db.session.execute(text("DROP TRIGGER full"))
    db.session.commit()
    assert workers.wait(workers.start(app, minutes_later=70))["status"] == 0
    assert None not in db.session.scalars(select(QueuedJob.done_at)).all()
    assert_all_is_well(app, kills=1)
