"""Commands about cohorts and who is enrolled."""

from datetime import date, datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from courseware import clock
from courseware.accounts import service as accounts
from courseware.cli import answer, json_option
from courseware.cohorts import imports, service
from courseware.cohorts.models import Cohort
from courseware.cohorts.rules import Verdict
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.messages import Message
from courseware.permissions import Role
from courseware.programmes import service as programmes

cohort = AppGroup("cohort", help="Deliveries of a programme.")
participants = AppGroup("participants", help="Who is enrolled.")


def _a_date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise Refused(
            Message("“%(value)s” is not a date. Write it like 2025-04-07.", value=text)
        ) from error


def _find(code: str) -> Cohort:
    found = service.find_cohort_by_code(code)
    if found is None:
        raise Refused(Message("There is no cohort with the code “%(code)s”.", code=code))
    return found


@cohort.command("create")
@click.argument("programme")
@click.argument("code", metavar="COHORT")
@click.option("--starts", required=True, help="The first day, such as 2025-04-07.")
@click.option("--timezone", required=True, help="The zone of its sessions, such as Asia/Dushanbe.")
@click.option("--coordinator", help="The e-mail of somebody known who is to coordinate it.")
@json_option
def create(
    programme: str, code: str, starts: str, timezone: str, coordinator: str | None, as_json: bool
) -> None:
    """Create the cohort COHORT of PROGRAMME; the programme is released by it."""
    now = clock.now()
    found = programmes.find_programme_by_code(programme)
    if found is None:
        raise Refused(Message("There is no programme with the code “%(code)s”.", code=programme))
    made = service.create_cohort(
        found, code=code, starts_on=_a_date(starts), timezone=timezone, by=None, now=now
    )
    if coordinator:
        person = accounts.acting_person(coordinator)
        service.give_cohort_role(made, person, Role.COORDINATOR, by=None, now=now)
    db.session.commit()
    answer(
        f"Cohort {made.code} of {found.code} is created; it starts on {made.starts_on}, "
        f"{made.timezone}.",
        {
            "cohort": made.code,
            "programme": found.code,
            "starts_on": made.starts_on.isoformat(),
            "timezone": made.timezone,
        },
        as_json,
    )


@participants.command("import")
@click.argument("code", metavar="COHORT")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--strict", is_flag=True, help="Refuse doubtful rows as well as wrong ones.")
@json_option
def import_list(code: str, file: Path, strict: bool, as_json: bool) -> None:
    """Enrol everybody in FILE (.xlsx or .csv) in COHORT, or nobody if a row is wrong."""
    found = _find(code)
    rows, remarks = imports.read_participants(file.read_bytes(), file.name)
    done, judged = imports.import_participants(found, rows, by=None, now=clock.now())
    doubts = imports.sentences_of(judged, Verdict.DOUBTFUL)
    if strict and doubts:
        db.session.rollback()
        raise BadInput([*doubts, Message("Nothing was imported.")])
    db.session.commit()
    notes = [str(message) for message in (*remarks, *doubts)]
    answer(
        "\n".join(
            [
                f"{found.code}: {done.enrolled} enrolled, {done.updated} updated, "
                f"{done.unchanged} unchanged.",
                *notes,
            ]
        ),
        {
            "cohort": found.code,
            "enrolled": done.enrolled,
            "updated": done.updated,
            "unchanged": done.unchanged,
            "notes": notes,
        },
        as_json,
    )


commands = [cohort, participants]
