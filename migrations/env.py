"""Runs migrations on the application's own connection; migrations never import models."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Enum
from sqlalchemy.types import TypeDecorator

from courseware.db import UTCDateTime

db = current_app.extensions["migrate"].db


def plain_types(kind: str, thing: Any, autogen_context: Any) -> str | bool:
    """Write our column types as SQLAlchemy's own, so that old migrations outlive our classes."""
    if kind != "type":
        return False
    if isinstance(thing, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(thing, Enum):
        return f"sa.String(length={thing.length})"
    if isinstance(thing, TypeDecorator):
        raise TypeError(f"Say in migrations/env.py how {type(thing).__name__} is written.")
    return False


def same_type(
    context: Any, inspected: Any, column: Any, inspected_type: Any, metadata_type: Any
) -> bool | None:
    """Enums are stored as text; how long that is, is no difference."""
    return False if isinstance(metadata_type, (Enum, UTCDateTime)) else None


def number_it(context: Any, revision: Any, directives: list[Any]) -> None:
    """Number migrations 0001, 0002, … instead of random names."""
    script = directives[0]
    head = script.head
    number = int(head) + 1 if isinstance(head, str) and head.isdigit() else 1
    script.rev_id = f"{number:04}"


with db.engine.connect() as connection:
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        # A table that is rebuilt is dropped for a moment, with rows of others pointing to it. The
        # setting does nothing inside a transaction, so it goes past SQLAlchemy, which begins one.
        connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_item=plain_types,
        compare_type=same_type,
        process_revision_directives=number_it,
        render_as_batch=is_sqlite,
    )
    with context.begin_transaction():
        context.run_migrations()
        if is_sqlite:
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            assert not orphans, f"The migration would leave rows without their parents: {orphans}"
    if is_sqlite:
        connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")
