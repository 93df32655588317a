"""Reports as files: asked for, made at once or in the background, kept under their hash."""

from datetime import datetime

from sqlalchemy import select, update

from courseware import files, jobs
from courseware.accounts.models import User
from courseware.cohorts.models import Cohort
from courseware.db import db
from courseware.feedback.models import ReportFile
from courseware.feedback.report_rules import FeedbackReport
from courseware.permissions import Role, roles_on

REPORT = "make a feedback report"
MOST_LISTED = 10


@roles_on.register
def _roles_on_report_file(subject: ReportFile, user: User) -> set[Role]:
    return roles_on(subject.cohort, user)


def find_report_file(public_id: str) -> ReportFile | None:
    """The report file at this address."""
    return db.session.scalar(select(ReportFile).where(ReportFile.public_id == public_id))


def list_report_files(cohort: Cohort) -> list[ReportFile]:
    """The newest report files of a cohort, made or in the making."""
    found = db.session.scalars(
        select(ReportFile)
        .where(ReportFile.cohort_id == cohort.id)
        .order_by(ReportFile.id.desc())
        .limit(MOST_LISTED)
    )
    return list(found)


def ask_for_report(
    cohort: Cohort, kind: str, languages: str, *, by: User, now: datetime
) -> ReportFile:
    """Note that somebody wants this file; `make_later` or `begin` follows."""
    found = ReportFile(
        cohort=cohort, kind=kind, languages=languages, asked_at=now, asked_by_id=by.id,
        steps=len(languages.split("+")) + 2 if kind == "pdf" else 2,
    )  # fmt: skip
    db.session.add(found)
    db.session.flush()
    return found


def make_later(found: ReportFile, *, now: datetime) -> None:
    """Let the worker make it."""
    found.error, found.done = "", 0
    jobs.queue(REPORT, found.public_id, now=now)


def is_quick(report: FeedbackReport, kind: str) -> bool:
    """Whether a file is made within about a second, so that nobody has to come back for it."""
    questions = sum(len(each.questions) for each in report.results)
    return kind != "pdf" or (questions <= 60 and len(report.quotes) <= 100)


def note_progress(public_id: str, done: int) -> None:
    """How many steps are done, for who waits."""
    db.session.execute(
        update(ReportFile).where(ReportFile.public_id == public_id).values(done=done)
    )


def note_problem(public_id: str, problem: Exception) -> None:
    """Why it could not be made."""
    error = f"{type(problem).__name__}: {problem}"[:400]
    db.session.execute(
        update(ReportFile).where(ReportFile.public_id == public_id).values(error=error)
    )


def keep(found: ReportFile, data: bytes, *, now: datetime) -> None:
    """Store the file that was made."""
    found.sha256 = files.store_file(data, f".{found.kind}")
    found.done, found.finished_at, found.error = found.steps, now, ""


def content_of(found: ReportFile) -> bytes:
    """The file. Raises FileMissing."""
    return files.read_file(found.sha256, f".{found.kind}")
