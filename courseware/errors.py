"""Kinds of wrong: typed wrong (beside the field), refused by a rule (409), full disk, our bug."""

import errno
import logging
from collections.abc import Sequence

from flask import Flask, Response, render_template, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from courseware.i18n import sentence
from courseware.messages import Message


class Refused(Exception):
    """A rule of the programme or of the product says no; the message says why and what to do."""

    def __init__(self, message: Message | str) -> None:
        super().__init__(str(message))
        self.message = message


class BadInput(Exception):
    """A file cannot be taken; every message names its place, and nothing is saved."""

    def __init__(self, messages: Sequence[Message | str]) -> None:
        super().__init__("\n".join(str(message) for message in messages))
        self.messages = list(messages)


def is_full_disk(error: OSError | OperationalError) -> bool:
    """Whether there was no room for a file or, in either database, for a row."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    cause = error.orig
    return "disk is full" in str(cause) or getattr(cause, "sqlstate", None) == "53100"


def init_app(app: Flask) -> None:
    """Give every kind of error its page."""

    @app.errorhandler(Refused)
    def refused(error: Refused) -> tuple[str, int]:
        return render_template("errors/409.html", messages=[sentence(error.message)]), 409

    @app.errorhandler(BadInput)
    def bad_input(error: BadInput) -> tuple[str, int]:
        said = [sentence(message) for message in error.messages]
        return render_template("errors/422.html", messages=said), 422

    @app.errorhandler(OSError)
    @app.errorhandler(OperationalError)
    def full_disk(error: OSError | OperationalError) -> tuple[str, int]:
        if not is_full_disk(error):
            raise error
        logging.getLogger("courseware").error("the disk is full", exc_info=error)
        return app.jinja_env.get_template("errors/507.html").render(), 507

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> tuple[str, int] | Response | HTTPException:
        if error.response is not None:  # given to abort() as the whole answer
            return error
        code = error.code or 500
        if code < 400:
            return error
        if request.path.startswith(("/static/", "/assets/")):
            return error
        if code >= 500:  # rendered without asking who is signed in: the database may be what broke
            return app.jinja_env.get_template("errors/500.html").render(error=error), code
        known = (400, 403, 404, 405, 409, 413, 422, 429)
        name = f"errors/{code if code in known else 400}.html"
        return render_template(name, error=error), code
