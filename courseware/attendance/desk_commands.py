"""Commands of the import desk: several files at once, what was imported, taking a file back."""

from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from courseware import clock
from courseware.attendance import (
    desk_list_service,
    desk_service,
    import_service,
    meeting_service,
)
from courseware.attendance.desk_service import DroppedFile
from courseware.attendance.models import AttendanceImport
from courseware.attendance.moment_rules import DateOrder
from courseware.attendance.rules import ImportState
from courseware.cli import answer, json_option
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort_by_code
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.messages import N_, Message

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def add_commands(attendance: AppGroup) -> None:
    """Put them beside `attendance import`."""
    for one in (import_files, list_imports, withdraw):
        attendance.add_command(one)


@click.command("import-files")
@click.argument("cohort_code", metavar="COHORT")
@click.argument("files", metavar="FILE…", type=FILE, nargs=-1, required=True)
@click.option(
    "--dates",
    type=click.Choice([str(order) for order in DateOrder]),
    help="How dates are written, where neither the files nor the sessions tell.",
)
@json_option
def import_files(
    cohort_code: str, files: tuple[Path, ...], dates: str | None, as_json: bool
) -> None:
    """Import several reports, each into the sessions of its time; all of them or none.

    A file that a person must be asked about ends with a sentence; import it alone with
    `attendance import`, or use the import desk in the browser.
    """
    cohort, now = _cohort(cohort_code), clock.now()
    dropped = [DroppedFile(file.name, file.read_bytes()) for file in files]
    received = desk_service.receive_files(cohort, dropped, by=None, now=now)
    kept = [*received.kept, *received.already_here]
    if dates:
        for desk in {each.desk for each in kept if each.report.get("asks") == desk_service.DATES}:
            kept += desk_service.answer_dates(cohort, desk, DateOrder(dates))
    wrong: list[Message | str] = [
        Message(N_("%(file)s: %(message)s"), file=file.name, message=message)
        for file in received.refused
        for message in file.messages
    ]
    imports = list(dict.fromkeys(kept))
    wrong += [_question(each) for each in imports if each.state is ImportState.ASKING]
    if wrong:
        raise BadInput([*wrong, meeting_service.NOTHING_CHANGED])
    done = []
    for each in imports:
        try:
            review = import_service.accept_import(each, {}, by=None, now=now)
        except BadInput as error:
            raise BadInput(
                [
                    Message(N_("%(file)s: %(message)s"), file=each.file_name, message=message)
                    for message in error.messages
                ]
            ) from error
        done.append((each, len(review.marks)))
    db.session.commit()
    answer(
        "\n".join(f"{each.file_name}: {_code(each)}, {marks} participants" for each, marks in done),
        {
            "cohort": cohort.code,
            "imports": [{**_value(each), "participants": marks} for each, marks in done],
        },
        as_json,
    )


@click.command("imports")
@click.argument("cohort_code", metavar="COHORT")
@json_option
def list_imports(cohort_code: str, as_json: bool) -> None:
    """List the files that were imported into a cohort, and those that wait on its desk."""
    desk = desk_list_service.read_desk(_cohort(cohort_code))
    kept = [line.kept for line in (*desk.sessions, *desk.review)] + list(desk.done)
    values = [_value(each) for each in kept]
    lines = [
        f"{each['import']}  {each['session'] or '?'}  {each['kind']}  {each['state']}  "
        f"{each['file']}"
        for each in values
    ]
    answer("\n".join(lines) or "No imports.", {"imports": values}, as_json)


@click.command("withdraw")
@click.argument("public_id", metavar="IMPORT")
@click.option("--whole-file", is_flag=True, help="Withdraw it from all sessions of the file.")
@json_option
def withdraw(public_id: str, whole_file: bool, as_json: bool) -> None:
    """Withdraw an import: its marks count no longer, and the history keeps them."""
    proposed = import_service.find_import(public_id)
    if proposed is None:
        raise Refused(Message(N_("There is no import “%(id)s”."), id=public_id))
    act = desk_service.withdraw_file if whole_file else import_service.withdraw_import
    count = act(proposed, by=None, now=clock.now())
    db.session.commit()
    answer(
        f"{proposed.file_name}: {count} entries count no longer",
        {**_value(proposed), "entries": count},
        as_json,
    )


def _cohort(code: str) -> Cohort:
    cohort = find_cohort_by_code(code)
    if cohort is None:
        raise Refused(Message(N_("There is no cohort “%(code)s”."), code=code))
    return cohort


def _question(asked: AttendanceImport) -> Message:
    if asked.report.get("asks") == desk_service.DATES:
        readings = asked.report["readings"]
        first, second = (readings[order][0] for order in DateOrder)
        return Message(
            N_(
                "%(file)s: the dates are %(first)s or %(second)s. Say which with --dates "
                "day_first or --dates month_first."
            ),
            file=asked.file_name,
            first=first,
            second=second,
        )
    return Message(
        N_("%(file)s: the session cannot be told by the time. Name it with “attendance import”."),
        file=asked.file_name,
    )


def _code(kept: AttendanceImport) -> str:
    return kept.training_session.code if kept.training_session else ""


def _value(kept: AttendanceImport) -> dict[str, Any]:
    return {
        "import": kept.public_id,
        "file": kept.file_name,
        "kind": kept.kind,
        "session": _code(kept),
        "state": kept.state,
    }
