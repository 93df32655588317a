"""Headers, hosts, CSRF, rate limits, and forms that are sent twice."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeGuard

from flask import Flask, Response, abort, current_app, g, redirect, request
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import String, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as BaseResponse

from courseware.config import Settings
from courseware.db import _reading, db, reading
from courseware.permissions import Permission

limiter = Limiter(key_func=get_remote_address)
csrf = CSRFProtect()
compress = Compress()

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class SubmittedForm(db.Model):
    """A form that was sent: the same one sent again gets the first answer."""

    __tablename__ = "submitted_form"
    __table_args__ = {"sqlite_with_rowid": False}

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    answer: Mapped[str | None] = mapped_column(String(500))


def form_key() -> str:
    """A fresh key for the hidden field `_key` of an unsafe form."""
    return secrets.token_urlsafe(16)


def is_own_path(target: str | None) -> TypeGuard[str]:
    """Whether `target` is a path of this application, so that `next` leads nowhere else."""
    if not target or target[0] != "/" or target[1:2] in ("/", "\\"):
        return False
    return not any(ord(letter) < 32 or letter == "\\" for letter in target)


def _answers_feedback() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "permission", None) is Permission.ANSWER_FEEDBACK


def _first_answer_again() -> BaseResponse | None:
    """Note the key of a form in the act's own transaction; a repeat is sent where the first went.

    Feedback answers take no part: such a row would be a trace (a ticket is spent once anyway).
    """
    key = request.form.get("_key", "")[:64] if request.method == "POST" else ""
    key = key.replace("\0", "")
    if not key or _answers_feedback():
        return None
    try:
        db.session.add(SubmittedForm(key=key))
        db.session.flush()
    except IntegrityError:
        db.session.rollback()
        answer = db.session.scalar(select(SubmittedForm.answer).where(SubmittedForm.key == key))
        return redirect(answer if is_own_path(answer) else request.path, 303)
    g.form_key = key
    return None


@contextmanager
def without_lock() -> Iterator[None]:
    """Within it a request that may write only reads, and nobody waits for it.

    For work that takes time: what was written before is given up, and the form's key is noted
    again afterwards, in the transaction of the act itself.
    """
    with reading():
        db.session.rollback()
        yield
        db.session.rollback()
    if answer := _first_answer_again():
        abort(answer)


def _keep_answer(response: Response) -> Response:
    key = g.pop("form_key", None)
    location = response.headers.get("Location")
    if key and location and response.status_code in (302, 303):
        db.session.execute(
            update(SubmittedForm).where(SubmittedForm.key == key).values(answer=location[:500])
        )
        db.session.commit()
    return response


def init_app(app: Flask, settings: Settings) -> None:
    """Make every answer of `app` follow the rules."""
    prefix = "__Host-" if settings.is_https else ""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME=f"{prefix}courseware",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=settings.upload_megabytes * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,
        MAX_FORM_PARTS=20_000,
        TRUSTED_HOSTS=_hosts(settings),
        PREFERRED_URL_SCHEME="https" if settings.is_https else "http",
        SERVER_NAME=settings.base_url.partition("://")[2],
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=settings.limits_url,
        RATELIMIT_HEADERS_ENABLED=False,
        COMPRESS_MIMETYPES=[
            "text/html", "text/css", "text/javascript", "application/json", "image/svg+xml",
            "text/calendar",
        ],
        COMPRESS_STREAMS=False,
    )  # fmt: skip
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    csrf.init_app(app)
    limiter.init_app(app)
    compress.init_app(app)
    app.jinja_env.globals["form_key"] = form_key

    @app.before_request
    def read_only_unless_it_may_write() -> None:
        g.reading = _reading.set(request.method in ("GET", "HEAD", "OPTIONS"))

    @app.before_request
    def find_nothing_with_nul() -> None:
        # PostgreSQL cannot even be asked for it, and no address of ours has one.
        if "\0" in request.path or b"%00" in request.query_string:
            abort(404)

    app.before_request(_first_answer_again)
    app.after_request(_keep_answer)

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if settings.is_https:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if not request.path.startswith(("/static/", "/assets/", "/bootstrap/")):
            headers.setdefault("Cache-Control", "no-store")
        return response

    @app.teardown_request
    def stop_reading(_error: BaseException | None) -> None:
        token: Any = g.pop("reading", None)
        if token is not None:
            _reading.reset(token)


def _hosts(settings: Settings) -> list[str]:
    loopback = {"127.0.0.1", "localhost"}
    return sorted(loopback if settings.host in loopback else {settings.host})
