"""The database: one declarative base, UTC datetimes, named constraints, write transactions.

SQLite is opened in WAL mode with foreign keys on. Its transactions begin with `BEGIN IMMEDIATE`,
so that two writers wait for each other instead of losing updates; only while `reading()` is in
force (a GET request, a report) do they begin deferred, so that a slow reader blocks nobody.
"""

import enum
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, Engine, Enum, MetaData, String, event
from sqlalchemy import DateTime as SQLDateTime
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Session, registry, scoped_session
from sqlalchemy.types import TypeDecorator

from courseware.config import Settings

_reading: ContextVar[bool] = ContextVar("courseware_reading", default=False)


class UTCDateTime(TypeDecorator[datetime]):
    """A moment: timezone-aware in Python, UTC in the database."""

    impl = SQLDateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a time zone cannot be stored.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        # A long list of marks has tens of thousands of moments, and the same ones again and again.
        if dialect.name == "sqlite":
            return _moment_of
        return super().result_processor(dialect, coltype)


@lru_cache(16_384)
def _moment_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """The base of all tables; constraints have names, so that migrations can speak of them."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(column_0_label)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            datetime: UTCDateTime(),
            str: String(400),
            enum.StrEnum: Enum(
                enum.StrEnum,
                native_enum=False,
                length=40,
                create_constraint=False,
                values_callable=lambda kind: [member.value for member in kind],
            ),
            dict[str, str]: JSON(),
            dict[str, Any]: JSON(),
            list[Any]: JSON(),
            list[str]: JSON(),
            list[dict[str, str]]: JSON(),
        },
    )


db = SQLAlchemy(model_class=Base)
migrate = Migrate(db=db, render_as_batch=True)


def new_public_id() -> str:
    """128 random bits for an address that nobody can guess."""
    return secrets.token_urlsafe(16)


@contextmanager
def reading() -> Iterator[None]:
    """Within it nothing is written, and SQLite transactions begin deferred."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


@event.listens_for(Session, "before_flush")
def _refuse_writes_while_reading(session: Session, *_: object) -> None:
    if _reading.get():
        raise RuntimeError("A page that only reads tried to write to the database.")


def _open_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # this file begins transactions, not the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA busy_timeout = 15000")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")


def init_app(app: Flask, settings: Settings) -> None:
    """Bind the database to `app`."""
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    # An error is logged without the values of its statement: they may be somebody's answers.
    options: dict[str, Any] = {"hide_parameters": True}
    if settings.database_url.startswith("sqlite"):
        options["connect_args"] = {"check_same_thread": False, "timeout": 15}
    else:
        options["pool_pre_ping"] = True
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    migrate.init_app(app, db, directory=str(settings.root / "migrations"))
    with app.app_context():
        engine: Engine = db.engine
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _open_sqlite)
            event.listen(engine, "begin", _begin_sqlite)


def only_once(session: Session | scoped_session[Any], instance: Any) -> bool:
    """Add `instance`; False when a UNIQUE constraint says that it is there already."""
    try:
        with session.begin_nested():
            session.add(instance)
    except IntegrityError:
        return False
    return True
