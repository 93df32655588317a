"""Commands about attendance: meeting reports come in, the hours ledger goes out."""

from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup, with_appcontext

from courseware import clock
from courseware.attendance import (
    alias_service,
    desk_commands,
    import_service,
    ledger_service,
    meeting_service,
    service,
)
from courseware.attendance.exports import status_word
from courseware.attendance.ledger_exports import ledger_workbook
from courseware.attendance.ledger_service import CohortLedger
from courseware.attendance.moment_rules import AmbiguousDates, DateOrder
from courseware.attendance.review_service import ImportReview
from courseware.cli import answer, json_option
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort_by_code
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.hours import written_hours
from courseware.messages import N_, Message
from courseware.names import name_key
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import find_session_by_code
from courseware.tables import UnreadableTable, read_table

attendance = AppGroup("attendance", help="Registers and meeting reports.")
desk_commands.add_commands(attendance)

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@attendance.command("import")
@click.argument("cohort_code", metavar="COHORT")
@click.argument("session_code", metavar="SESSION")
@click.argument("file", type=FILE)
@click.option("--aliases", type=FILE, help="CSV: the name in the report, the e-mail enrolled.")
@click.option("--others-absent", is_flag=True, help="Mark everybody absent who is not in it.")
@click.option(
    "--dates",
    type=click.Choice([str(order) for order in DateOrder]),
    help="How dates are written, where the file and the session do not tell.",
)
@json_option
def import_attendance(
    cohort_code: str,
    session_code: str,
    file: Path,
    aliases: Path | None,
    others_absent: bool,
    dates: str | None,
    as_json: bool,
) -> None:
    """Import a report of Teams, Zoom, Google Meet or Moodle, or a register sheet, into one session.

    A name that nobody enrolled has ends with a sentence, and nothing is changed. Write it with
    the e-mail of the participant into a file of aliases; without an e-mail it is left out.
    """
    cohort = _cohort(cohort_code)
    training_session = _session(cohort, session_code)
    now = clock.now()
    data = file.read_bytes()
    known = _read_aliases(aliases, cohort) if aliases else {}
    day = training_session.starts_at.astimezone(service.zone_of(training_session)).date()
    try:
        order = DateOrder(dates) if dates else None
        report = meeting_service.read_for_session(training_session, data, file.name, order=order)
    except AmbiguousDates as error:
        first, second = error.readings.values()
        raise BadInput(
            [
                Message(
                    N_(
                        "The dates in this file are %(first)s or %(second)s, and the session is "
                        "on %(day)s. Nothing was imported. Say which with --dates day_first or "
                        "--dates month_first."
                    ),
                    first=first.isoformat(),
                    second=second.isoformat(),
                    day=day.isoformat(),
                )
            ]
        ) from error
    proposed = import_service.propose_import(
        training_session, report, file_name=file.name, data=data, by=None, now=now
    )
    keys = {index: alias_service.keys_of(person) for index, person in enumerate(report.people)}
    choices = {index: known[key] for index, each in keys.items() for key in each if key in known}
    try:
        review = import_service.accept_import(
            proposed,
            choices,
            remember=list(choices),
            rest_is_absent=others_absent,
            by=None,
            now=now,
        )
    except BadInput as error:
        help_ = N_(
            "Names and the e-mail addresses of their participants go into a CSV file, given with "
            "--aliases FILE; a name without an address is left out."
        )
        raise BadInput([*error.messages, help_]) from error
    db.session.commit()
    answer(_import_text(review), _import_value(review), as_json)


def _cohort(code: str) -> Cohort:
    cohort = find_cohort_by_code(code)
    if cohort is None:
        raise Refused(Message(N_("There is no cohort “%(code)s”."), code=code))
    return cohort


def _session(cohort: Cohort, code: str) -> TrainingSession:
    training_session = find_session_by_code(cohort, code)
    if training_session is None:
        raise Refused(
            Message(
                N_("Cohort “%(cohort)s” has no session “%(code)s”."), cohort=cohort.code, code=code
            )
        )
    return training_session


def _read_aliases(file: Path, cohort: Cohort) -> dict[str, int | None]:
    """Name key → enrolment, or None for a name that is nobody's."""
    try:
        table = read_table(file.read_bytes(), file.name)
    except UnreadableTable as error:
        raise BadInput([*error.messages, meeting_service.NOTHING_CHANGED]) from error
    by_email = {
        each.email.lower(): each.enrolment_id
        for each in alias_service.list_candidates(cohort)
        if each.email
    }
    aliases: dict[str, int | None] = {}
    wrong: list[Message | str] = []
    for row in table.rows:
        name, email = row[0], row[1].lower()
        if email and email not in by_email:
            wrong.append(
                Message(
                    N_("%(file)s, row %(row)s: nobody with the address “%(email)s” is enrolled."),
                    file=file.name,
                    row=row.number,
                    email=email[:80],
                )
            )
            continue
        key = name.lower() if "@" in name else name_key(name)
        aliases[key] = by_email[email] if email else None
    if wrong:
        raise BadInput([*wrong, meeting_service.NOTHING_CHANGED])
    return aliases


def _import_text(review: ImportReview) -> str:
    lines = [
        f"{review.training_session.code}: {len(review.marks)} participants from the "
        f"{review.report.kind.replace('_', ' ')} report, {review.time.minutes} minutes of "
        "contact time."
    ]
    for mark in review.marks:
        known = "" if mark.presence.times_known else ", no times known"
        stays = "" if mark.counts else " (a stronger mark stays)"
        lines.append(
            f"  {mark.candidate.names[0]}: {status_word(mark.presence.status)}, "
            f"{mark.minutes} min{known}{stays}"
        )
    left_out = [row.person.name for row in review.rows if row.is_left_out]
    if left_out:
        lines.append(f"Left out, not participants: {', '.join(left_out)}")
    if review.rest:
        lines.append(f"Enrolled and not in the report: {len(review.rest)}")
    return "\n".join(lines)


def _import_value(review: ImportReview) -> dict[str, Any]:
    return {
        "cohort": review.training_session.cohort.code,
        "session": review.training_session.code,
        "kind": review.report.kind,
        "title": review.report.title,
        "contact_minutes": review.time.minutes,
        "participants": [
            {
                "name": mark.candidate.names[0],
                "email": mark.candidate.email,
                "status": mark.presence.status,
                "minutes": mark.minutes,
                "seconds": mark.seconds,
                "times_known": mark.presence.times_known,
                "intervals": import_service.interval_values(mark.presence.intervals),
                "in_force": mark.counts,
                "names_in_report": [
                    row.person.name
                    for row in review.rows
                    if row.chosen and row.chosen.enrolment_id == mark.candidate.enrolment_id
                ],
            }
            for mark in review.marks
        ],
        "left_out": [row.person.name for row in review.rows if row.is_left_out],
        "not_in_report": [candidate.names[0] for candidate in review.rest],
    }


@click.command("ledger")
@click.argument("cohort_code", metavar="COHORT")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write .xlsx.")
@json_option
@with_appcontext
def print_ledger(cohort_code: str, output: Path | None, as_json: bool) -> None:
    """Print the hours ledger of a cohort, or write it as a spreadsheet."""
    cohort = _cohort(cohort_code)
    marks = ledger_service.marks_of(cohort)
    ledger = ledger_service.ledger_of(cohort, now=clock.now(), marks=marks)
    value = _ledger_value(ledger)
    text = _ledger_text(ledger)
    if output is not None:
        if output.suffix.lower() != ".xlsx":
            raise Refused(N_("The ledger is written as .xlsx: give the file that ending."))
        try:
            disputed = ledger_service.disputed_cells(ledger)
            output.write_bytes(ledger_workbook(ledger, marks, disputed))
        except OSError as error:
            raise Refused(
                Message(
                    N_("“%(file)s” cannot be written: %(reason)s."),
                    file=str(output),
                    reason=error.strerror,
                )
            ) from error
        value["file"] = str(output)
        text = f"{len(ledger.rows)} participants written to {output}"
    answer(text, value, as_json)


def _ledger_text(ledger: CohortLedger) -> str:
    hour = ledger.cohort.programme.academic_hour_minutes
    course = ledger.course

    def hours(minutes: int) -> str:
        return written_hours(minutes, hour)

    lines = [
        f"{ledger.cohort.code}: planned {hours(course.planned)}, scheduled "
        f"{hours(course.scheduled)}, delivered {hours(course.delivered)} academic hours of "
        f"{hour} minutes; {hours(course.needed)} needed.",
    ]
    for row in ledger.rows_by_need:
        mine = row.ledger
        lines.append(
            f"  {row.names[0]}: {hours(mine.credited)} of {hours(mine.planned)}; "
            f"still reachable: {hours(mine.reachable)}; {mine.standing.replace('_', ' ')}"
        )
    return "\n".join(lines)


def _ledger_value(ledger: CohortLedger) -> dict[str, Any]:
    course = ledger.course
    return {
        "cohort": ledger.cohort.code,
        "academic_hour_minutes": ledger.cohort.programme.academic_hour_minutes,
        "planned_minutes": course.planned,
        "scheduled_minutes": course.scheduled,
        "delivered_minutes": course.delivered,
        "needed_minutes": course.needed,
        "modules": [
            {
                "code": module.code,
                "planned_minutes": total.planned,
                "scheduled_minutes": total.scheduled,
                "delivered_minutes": total.delivered,
            }
            for module, total in zip(ledger.modules, course.totals, strict=True)
        ],
        "participants": [
            {
                "name": row.names[0],
                "names": list(row.names),
                "attended_minutes": row.ledger.attended,
                "excused_minutes": row.ledger.excused,
                "credited_minutes": row.ledger.credited,
                "unmarked_minutes": row.ledger.unmarked,
                "reachable_minutes": row.ledger.reachable,
                "standing": row.ledger.standing,
                "modules": {
                    module.code: line.credited
                    for module, line in zip(ledger.modules, row.ledger.modules, strict=True)
                },
                "sessions": {
                    session.code: {
                        "status": line.status,
                        "attended_minutes": line.attended,
                        "credited_minutes": line.credited,
                    }
                    for session, line in zip(ledger.sessions, row.ledger.sessions, strict=True)
                },
            }
            for row in ledger.rows
        ],
    }


commands = [attendance, print_ledger]
