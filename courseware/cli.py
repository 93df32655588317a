"""The `courseware` command: Flask's own command line, with answers for people or machines.

Features add their commands; each prints with `answer`. Exit status 0 only when all was done.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import click
from flask import current_app
from flask.cli import FlaskGroup

from courseware.config import Settings, WrongSetting
from courseware.errors import BadInput, Refused

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON value instead of text."
)


def answer(text: str, value: Any, as_json: bool) -> None:
    """Print `text` for people, or `value` as one JSON value for machines."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str) if as_json else text)


class CoursewareGroup(FlaskGroup):
    """Turns what went wrong into sentences and an exit status."""

    def _load_plugin_commands(self) -> None:
        """Other packages' commands are not ours."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **kwargs)
        except WrongSetting as error:
            _end([str(error)], 2)
        except BadInput as error:
            _end([str(message) for message in error.messages], 1)
        except Refused as error:
            _end([str(error.message)], 1)

    def invoke(self, ctx: click.Context) -> Any:
        from sqlalchemy.exc import OperationalError, ProgrammingError

        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as error:
            text = str(error.orig)
            if "no such table" in text or "does not exist" in text:
                _end(["The database is not upgraded. Run: courseware db upgrade"], 2)
            _end([f"The database does not answer: {text.strip()} Run: courseware doctor"], 2)


def _end(sentences: list[str], status: int) -> None:
    if "--json" in sys.argv:
        click.echo(json.dumps({"errors": sentences}, ensure_ascii=False, indent=2))
    for line in sentences:
        click.echo(line, err=True)
    raise SystemExit(status)


def settings() -> Settings:
    """The settings of the application that the command runs in."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def make_group(create_app: Callable[..., Any]) -> CoursewareGroup:
    """The command for the application that `create_app` makes."""
    return CoursewareGroup(
        name="courseware",
        help="Runs a short professional course taught by two universities together.",
        create_app=create_app,
        add_default_commands=False,
        add_version_option=False,
        set_debug_flag=False,
        load_dotenv=False,
    )


def main() -> None:
    """The console script."""
    from courseware import create_app

    make_group(create_app)()
