"""Commands about programmes."""

from pathlib import Path

import click
from flask.cli import AppGroup

from courseware import clock
from courseware.accounts import service as accounts
from courseware.cli import answer, json_option
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.hours import written_hours
from courseware.messages import Message
from courseware.permissions import Role
from courseware.programmes import service
from courseware.programmes.exports import write_programme
from courseware.programmes.imports import UnreadableProgramme, read_programme
from courseware.programmes.models import Programme
from courseware.programmes.plain_rules import programme_data

programme = AppGroup("programme", help="What is taught, as readable files.")


def _find(code: str) -> Programme:
    found = service.find_programme_by_code(code)
    if found is None:
        raise Refused(Message("There is no programme with the code “%(code)s”.", code=code))
    return found


@programme.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--coordinator", help="The e-mail of somebody known who is to coordinate it.")
@json_option
def load(file: Path, coordinator: str | None, as_json: bool) -> None:
    """Create a programme from FILE, or make the one with its code say what FILE says."""
    now = clock.now()
    try:
        facts = read_programme(file.read_bytes())
    except UnreadableProgramme as error:
        raise BadInput([*error.messages, Message("Nothing was changed.")]) from error
    known = service.find_programme_by_code(facts.code)
    saved, is_changed = service.save_programme(facts, programme=known, by=None, now=now)
    if coordinator:
        person = accounts.acting_person(coordinator)
        service.give_programme_role(saved, person, Role.COORDINATOR, by=None, now=now)
    db.session.commit()
    balance = service.balance_of(saved)
    done = "unchanged" if not is_changed else "changed" if known else "created"
    answer(
        f"{saved.code}: {done}. {len(facts.modules)} modules, "
        f"academic hour {facts.academic_hour_minutes} minutes. {balance.message}",
        {
            "programme": saved.code,
            "done": done,
            "modules": len(facts.modules),
            "planned_hours": written_hours(balance.planned, balance.academic_hour),
            "promised_hours": written_hours(balance.promised, balance.academic_hour),
            "adds_up": balance.is_even,
        },
        as_json,
    )


@programme.command("dump")
@click.argument("code")
@json_option
def dump(code: str, as_json: bool) -> None:
    """Print the programme CODE as the YAML that `load` reads."""
    facts = service.facts_of(_find(code))
    answer(write_programme(facts).decode().rstrip("\n"), programme_data(facts), as_json)


@programme.command("release")
@click.argument("code")
@json_option
def release(code: str, as_json: bool) -> None:
    """Release the programme CODE; refused while its modules do not add up."""
    found = _find(code)
    service.release_programme(found, by=None, now=clock.now())
    db.session.commit()
    answer(f"{found.code} is released.", {"programme": found.code, "released": True}, as_json)


commands = [programme]
