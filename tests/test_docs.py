"""What the README says of the command line is what there is."""

import re
from pathlib import Path

import click
from flask.cli import ScriptInfo

from courseware.cli import make_group

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_every_command_stands_in_the_readme_and_no_other(app):
    group = make_group(lambda: app)
    context = click.Context(group, obj=ScriptInfo(create_app=lambda: app))
    known = set()
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            known |= {f"{name} {each}" for each in command.list_commands(context)}
        else:
            known.add(name)

    written = set()
    for words in re.findall(r"^courseware (\S+(?: [a-z][a-z|-]*)?)", README, re.MULTILINE):
        first, _, second = words.partition(" ")
        written |= {f"{first} {each}".strip() for each in second.split("|")}
    assert {words if words in known else words.split()[0] for words in written} == known
