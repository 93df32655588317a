"""A process that issues and prints, and is killed where it is told to; run by the battery.

It reads one command a line and answers one line each: `start` forks a worker, `wait` waits for
one. Forking from a process that has imported everything costs a tenth of a fresh start.
"""

import functools
import json
import os
import signal
import stat
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine
from flask import Flask
from sqlalchemy import select

from courseware import clock, create_app, mail
from courseware.accounts.models import User
from courseware.cohorts.models import Cohort
from courseware.credentials import jobs, service
from courseware.db import db
from courseware.errors import Refused
from courseware.jobs import Worker

POINTS = {
    # name: how often it is passed when three batches of three are issued undisturbed
    "reserved, not committed": 3,
    "reserved and committed": 3,
    "begun, not noted by the queue": 3,
    "printed, not written": 9,
    "written, not synced": 9,
    "synced, not renamed": 9,
    "renamed, folder not synced": 9,
    "stored, not noted": 6,
    "noted with its mail, not committed": 6,
    "committed, not noted by the queue": 6,
    "mail handed over, not noted": 9,
    "batch finished, not noted by the queue": 3,
}
IN_A_STEP = 2


def _pass(folder: Path, point: str, wanted: str, nth: int) -> None:
    """Count that some process has come by here, and end this one if it is the one to be killed."""
    if point != wanted:
        return
    place = os.open(folder / "passed", os.O_APPEND | os.O_CREAT | os.O_RDWR)
    os.write(place, b".")
    # Where the own dot ended: another process may have added one since.
    if os.lseek(place, 0, os.SEEK_CUR) == nth:
        os.kill(os.getpid(), signal.SIGKILL)
    os.close(place)


def _arm(folder: Path, wanted: str, nth: int) -> Any:
    """Make this process pass every point by name."""

    def passing(point: str) -> None:
        _pass(folder, point, wanted, nth)

    def around(place: Any, name: str, before: str = "", after: str = "", only: Any = None) -> None:
        function = getattr(place, name)

        @functools.wraps(function)
        def around_it(*arguments: Any, **named: Any) -> Any:
            counts = only is None or only(*arguments)
            if before and counts:
                passing(before)
            answer = function(*arguments, **named)
            if after and counts:
                passing(after)
            return answer

        setattr(place, name, around_it)

    def is_file(number: int) -> bool:
        return stat.S_ISREG(os.fstat(number).st_mode)

    def is_certificate(_source: Any, target: Any) -> bool:
        return str(target).endswith(".pdf")

    around(service, "queue_printing", after="reserved, not committed")
    around(jobs, "begin", after="begun, not noted by the queue")
    around(service, "store_file", before="printed, not written")
    around(os, "fsync", before="written, not synced", only=is_file)
    around(os, "replace", before="synced, not renamed", only=is_certificate)
    around(os, "replace", after="renamed, folder not synced", only=is_certificate)
    around(service, "finish_credentials", before="stored, not noted")
    around(service, "finish_credentials", after="noted with its mail, not committed")
    around(jobs, "print_some", after="committed, not noted by the queue")
    around(mail, "_deliver", after="mail handed over, not noted")
    around(jobs, "finish", after="batch finished, not noted by the queue")
    return passing


def _work(folder: Path, wanted: str, nth: int, minutes_later: int) -> None:
    deliver = mail._deliver

    def deliver_and_tell(sent: Any, settings: Any) -> None:
        deliver(sent, settings)
        with (folder / "delivered").open("a") as told:
            told.write(f"{sent.message_id}\n")

    mail._deliver = deliver_and_tell
    jobs.MOST_IN_A_STEP = IN_A_STEP
    passing = _arm(folder, wanted, nth)
    app = create_app()
    with time_machine.travel(clock.now() + timedelta(minutes=minutes_later), tick=True):
        _issue(app, passing)
        worker = Worker(app, app.config["SETTINGS"])
        worker.launch()
        worker.work_until_empty()
        worker.stop()


def _issue(app: Flask, passing: Any) -> None:
    """A coordinator issues to every cohort; one who has just seen an error page does it again."""
    with app.app_context():
        cohorts = db.session.scalars(select(Cohort.id).order_by(Cohort.id)).all()
        db.session.rollback()
        for cohort_id in cohorts:
            cohort = db.session.get(Cohort, cohort_id)
            by = db.session.scalars(select(User).where(User.is_administrator)).one()
            assert cohort is not None
            try:
                service.issue_certificates(cohort, by=by, now=clock.now())
            except Refused:
                db.session.rollback()
                continue
            db.session.commit()
            passing("reserved and committed")


def _wait(pid: int, seconds: int) -> int:
    end = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        if time.monotonic() > end:
            os.kill(pid, signal.SIGTERM)  # it hangs: a failure, not a test without end
        time.sleep(0.02)


def main() -> None:
    """Fork workers and wait for them, as told on the standard input."""
    import certificates.press  # noqa: F401  once for all of them

    with tempfile.TemporaryDirectory() as nowhere:  # an application imports every feature
        create_app({"COURSEWARE_VAR": nowhere, "COURSEWARE_SECRET_KEY": "x" * 32})
    for line in sys.stdin:
        told = json.loads(line)
        if told["act"] == "wait":
            status = _wait(told["pid"], told["seconds"])
            print(json.dumps({"killed": os.WIFSIGNALED(status), "status": status}), flush=True)
            continue
        child = os.fork()
        if child == 0:
            os.environ.update(told["environment"])
            code = 1
            try:
                _work(Path(told["folder"]), told["point"], told["nth"], told["minutes_later"])
                code = 0
            except BaseException:
                import traceback

                traceback.print_exc()
            os._exit(code)
        print(json.dumps({"pid": child}), flush=True)


if __name__ == "__main__":
    main()
