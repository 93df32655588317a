"""The queue of background work, on DBOS.

An act and the job it causes are one transaction: the act adds a row here, and the worker hands
the row to DBOS under the row's own id, so that nothing is lost between the two and nothing runs
twice. DBOS keeps every finished step; a worker killed in the middle goes on behind the last one.
Steps must be re-runnable, because the one that was being done when it was killed is done again.
"""

import fcntl
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, SetWorkflowID
from flask import Flask
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from courseware import clock, files, mail
from courseware.config import Settings
from courseware.db import db, new_public_id, reading

Step = Callable[..., Any]
"""What a job is given to do its steps with: `step(function, *arguments)`."""

_jobs: dict[str, Callable[..., None]] = {}
_chores: list[Callable[[], None]] = []


class QueuedJob(db.Model):
    """A job that was asked for: its kind, and the public id of what it is about."""

    __tablename__ = "queued_job"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(40), unique=True, default=new_public_id)
    kind: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(60))
    queued_at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(index=True)
    error: Mapped[str] = mapped_column(String(400), default="")


def job(kind: str) -> Callable[[Callable[[Step, str], None]], Callable[[Step, str], None]]:
    """Register a job: a function of `step` and of the subject's public id, five lines long."""

    def register(function: Callable[[Step, str], None]) -> Callable[[Step, str], None]:
        _jobs[kind] = function
        return function

    return register


def chore(function: Callable[[], None]) -> Callable[[], None]:
    """Register what the worker looks after every minute; it must be harmless to repeat."""
    _chores.append(function)
    return function


def do_chores() -> None:
    """Do every chore once; one that fails does not keep the others from their turn."""
    for function in _chores:
        try:
            function()
        except Exception:
            logging.getLogger("courseware.jobs").exception("the chore %s", function.__name__)
            db.session.rollback()


def queue(kind: str, subject: str, *, now: datetime) -> QueuedJob:
    """Ask for a job, in the transaction of the act that needs it."""
    if kind not in _jobs:
        raise LookupError(f"No job is called “{kind}”.")
    row = QueuedJob(kind=kind, subject=subject, queued_at=now)
    db.session.add(row)
    return row


def last_error(kind: str, subject: str) -> str:
    """Why the newest job of this kind about this subject ended without doing its work, or empty."""
    found = db.session.scalar(
        select(QueuedJob.error)
        .where(QueuedJob.kind == kind, QueuedJob.subject == subject)
        .order_by(QueuedJob.id.desc())
        .limit(1)
    )
    return found or ""


def _finish(public_id: str, error: str = "") -> None:
    row = db.session.scalar(select(QueuedJob).where(QueuedJob.public_id == public_id))
    if row is not None and row.done_at is None:
        row.done_at, row.error = clock.now(), error[:400]
        db.session.commit()


def _waiting() -> list[tuple[str, str, str]]:
    with reading():
        rows = db.session.execute(
            select(QueuedJob.public_id, QueuedJob.kind, QueuedJob.subject)
            .where(QueuedJob.done_at.is_(None))
            .order_by(QueuedJob.id)
        ).all()
        db.session.rollback()
    return [(row.public_id, row.kind, row.subject) for row in rows]


ENDED_IN_SILENCE = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


@dataclass
class Worker:
    """Works off jobs and mail for one application, in threads of this process."""

    app: Flask
    settings: Settings
    _stop: threading.Event = field(default_factory=threading.Event)
    _started: dict[str, Any] = field(default_factory=dict)
    _thread: threading.Thread | None = None
    _name: str = ""
    _sign_of_life: int = -1

    def launch(self) -> None:
        """Start DBOS; what workers that have died left unfinished goes on from here."""
        self._name = secrets.token_hex(8)
        self._sign_of_life = _hold(self._workers() / self._name)
        config: DBOSConfig = {
            "name": "courseware",
            "system_database_url": self.settings.jobs_url,
            "application_version": "1",  # a job begun before an upgrade is finished after it
            "log_level": "WARNING",
            "enable_otlp": False,
            "executor_id": self._name,
        }
        DBOS(config=config)

        @DBOS.workflow(name="courseware.job")
        def run_job(public_id: str, kind: str, subject: str) -> None:
            def step(function: Callable[..., Any], *arguments: Any) -> Any:
                def in_the_application() -> Any:
                    with self.app.app_context():
                        return function(*arguments)

                return DBOS.run_step({"name": function.__name__}, in_the_application)

            error = ""
            try:
                _jobs[kind](step, subject)
            except Exception as problem:
                logging.getLogger("courseware.jobs").exception("job %s %s", kind, subject)
                error = f"{type(problem).__name__}: {problem}"
            step(_finish, public_id, error)

        self._run_job = run_job
        with self.app.app_context():
            files.remove_parts()
        DBOS.launch()
        _recover(["local"])  # as all workers were called before they had names
        self.take_over()

    def _workers(self) -> Path:
        return self.settings.var / "workers"

    def take_over(self) -> None:
        """Go on with the jobs of workers that are no more.

        Each worker holds a lock on a file of its own, which the system lets go when it ends,
        however it ends. All workers share the folder, as they share the files of certificates.
        """
        for place in self._workers().glob("[!.]*"):
            if place.name != self._name and (held := _hold_if_free(place)) is not None:
                _recover([place.name])
                place.unlink(missing_ok=True)
                os.close(held)

    def dispatch(self) -> None:
        """Hand over to DBOS what was asked for since the last time, and what came to nothing.

        A job ends without a word only where its end could not be written: the disk was full, the
        database away. It begins again a minute later, under a name that all workers agree on.
        """
        with self.app.app_context():
            waiting = _waiting()
        for public_id, kind, subject in waiting:
            name, begun = public_id, self._started.get(public_id)
            if begun is not None:
                if begun.get_status().status not in ENDED_IN_SILENCE:
                    continue
                name = f"{public_id}:{int(time.time()) // 60}"
            with SetWorkflowID(name):
                self._started[public_id] = DBOS.start_workflow(
                    self._run_job, public_id, kind, subject
                )
        for public_id in set(self._started) - {row[0] for row in waiting}:
            del self._started[public_id]

    def work(self) -> None:
        """Work until `stop` is called."""
        chores_at = time.monotonic()
        while not self._stop.is_set():
            try:
                self.dispatch()
                self.take_over()
                with self.app.app_context():
                    # Somebody watches a job's progress; mail may follow it.
                    mail.send_waiting(most=5 if self._started else 50)
                    if time.monotonic() >= chores_at:
                        chores_at = time.monotonic() + 60
                        do_chores()
            except Exception:
                logging.getLogger("courseware.jobs").exception("the worker goes on after an error")
            self._stop.wait(0.5)

    def work_until_empty(self, on_progress: Callable[[], None] | None = None) -> None:
        """Work until no job is left; for commands that wait for their own job."""
        while True:
            self.dispatch()
            self.take_over()
            if on_progress:
                with self.app.app_context():
                    on_progress()
            with self.app.app_context():
                if not _waiting():
                    break
            time.sleep(0.1)
        with self.app.app_context():
            while mail.send_waiting():
                pass

    def start(self) -> None:
        """Launch, and work in a thread beside the web server."""
        self.launch()
        self._thread = threading.Thread(target=self.work, name="courseware-jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the step at hand and end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        DBOS.destroy()
        with suppress(OSError):
            (self._workers() / self._name).unlink()
            os.close(self._sign_of_life)


def _hold(place: Path) -> int:
    """Lock a new file until this process ends; it has its name only once it is locked."""
    place.parent.mkdir(parents=True, exist_ok=True)
    unnamed = place.with_name(f".{place.name}")
    held = os.open(unnamed, os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    os.rename(unnamed, place)
    return held


def _hold_if_free(place: Path) -> int | None:
    """Lock the file of another worker; None while that one lives."""
    try:
        held = os.open(place, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(held)
        return None
    return held


def _recover(workers: list[str]) -> None:
    DBOS._recover_pending_workflows(workers)


def run_waiting() -> None:
    """Run what waits, here and now and without DBOS: for tests and for a single command."""

    def step(function: Callable[..., Any], *arguments: Any) -> Any:
        return function(*arguments)

    for public_id, kind, subject in _waiting():
        _jobs[kind](step, subject)
        _finish(public_id)
