"""Commands about people."""

from typing import Any

import click
from flask import url_for
from flask.cli import AppGroup

from courseware import clock
from courseware.accounts import service
from courseware.accounts.models import User
from courseware.cli import answer, json_option
from courseware.db import db
from courseware.errors import Refused
from courseware.messages import Message
from courseware.permissions import Role

people = AppGroup("user", help="People and their roles.")

ROLES = (Role.ADMINISTRATOR, Role.COORDINATOR, Role.TRAINER, Role.PARTICIPANT)


@people.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice([str(role) for role in ROLES]), required=True)
@click.option("--of", "code", help="The cohort or programme that the role is for, by its code.")
@click.option("--name", "name_latin", default="", help="The name in Latin letters.")
@click.option("--native", "name_native", default="", help="The name in the person's own script.")
@json_option
def add(
    email: str, role: str, code: str | None, name_latin: str, name_native: str, as_json: bool
) -> None:
    """Add the person with this e-mail, give a role, and print a link to sign in.

    Somebody who is known already gets the role as well. A coordinator without --of may create
    programmes and coordinates those they create.
    """
    now = clock.now()
    user = service.find_user_by_email(email)
    is_new = user is None
    if user is None:
        user = service.add_user(
            email=email, name_latin=name_latin, name_native=name_native, by=None, now=now
        )
    _give(user, Role(role), code, now)
    token = service.make_sign_in_link(user, now=now)
    db.session.commit()
    link = url_for("accounts.use_link", token=token, _external=True)
    of = f" of {code}" if code else ""
    answer(
        f"{user.name} is {role}{of}. This link signs them in once, within 30 minutes:\n{link}",
        {"email": user.email, "role": role, "of": code, "is_new": is_new, "link": link},
        as_json,
    )


def _give(user: User, role: Role, code: str | None, now: Any) -> None:
    if code is not None:
        service.give_role_of(user, role, code, by=None, now=now)
    elif role is Role.ADMINISTRATOR:
        service.give_general_roles(user, administrator=True, by=None, now=now)
    elif role is Role.COORDINATOR:
        service.give_general_roles(user, coordinator=True, by=None, now=now)
    else:
        raise Refused(Message("Say of which cohort somebody is %(role)s: --of COHORT.", role=role))


commands = [people]
