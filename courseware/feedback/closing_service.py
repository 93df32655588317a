"""Closing a round: its rows are written anew in random order, and their old copies forgotten."""

import logging
import random
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from courseware import audit
from courseware.accounts.models import User
from courseware.db import db, new_public_id
from courseware.errors import Refused
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackCode,
    FeedbackLink,
    FeedbackResponse,
    FeedbackRound,
    FeedbackTicket,
)
from courseware.feedback.pairing_service import forget_codes
from courseware.feedback.tally_service import count_round
from courseware.messages import N_, Message

REWRITTEN: tuple[Any, ...] = (
    FeedbackTicket, FeedbackLink, FeedbackCode, FeedbackResponse, FeedbackAnswer,
)  # fmt: skip
"""What holds who answered, and what was answered; each before what refers to it."""


def list_rounds_to_close(*, now: datetime) -> list[FeedbackRound]:
    """Rounds whose time is over and which nobody has closed yet."""
    return list(
        db.session.scalars(
            select(FeedbackRound)
            .where(
                FeedbackRound.opened_at.is_not(None),
                FeedbackRound.closed_at.is_(None),
                FeedbackRound.closes_at <= now,
            )
            .order_by(FeedbackRound.closes_at, FeedbackRound.id)
        )
    )


def close_round(asked: FeedbackRound, *, by: User | None, now: datetime) -> None:
    """End a round, and write its answers and tickets anew in random order.

    Whatever order and transactions the rows had is gone with this; see `sweep_traces` for what
    the database keeps of the old rows.
    """
    locked = db.session.scalar(
        select(FeedbackRound)
        .where(FeedbackRound.id == asked.id)
        .with_for_update(of=FeedbackRound)
        .execution_options(populate_existing=True)
    )
    if locked is None or locked.closed_at is not None:
        raise Refused(Message(N_("This feedback is closed already.")))
    if locked.opened_at is None:
        raise Refused(Message(N_("This feedback is not open yet.")))
    locked.closed_at = now
    _rewrite(locked.id)
    forget_codes(locked)
    count_round(locked)
    audit.record("close feedback", locked, by=by, now=now)


def _rewrite(round_id: int) -> None:
    rows_of = {table: _rows(table, round_id) for table in REWRITTEN}
    keys: dict[Any, str | None] = {None: None}
    keys |= {row["key"]: new_public_id() for row in rows_of[FeedbackResponse]}
    for row in rows_of[FeedbackResponse]:
        row["key"] = keys[row["key"]]
    for row in rows_of[FeedbackAnswer]:
        row |= {"key": new_public_id(), "response_key": keys[row["response_key"]]}
    # One link for each is enough to say that this is closed; more would tell who was reminded.
    links = {row["enrolment_id"]: row for row in rows_of[FeedbackLink]}
    rows_of[FeedbackLink] = list(links.values())
    for table in reversed(REWRITTEN):
        db.session.execute(delete(table).where(table.round_id == round_id))
    chance = random.SystemRandom()
    for table, rows in rows_of.items():
        chance.shuffle(rows)
        if rows:
            db.session.execute(insert(table), rows)


def _rows(table: Any, round_id: int) -> list[dict[str, Any]]:
    columns = table.__table__.columns
    found = db.session.execute(select(*columns).where(table.round_id == round_id))
    return [dict(row) for row in found.mappings()]


def sweep_traces() -> None:
    """Let the database forget the old copies of rewritten rows, as far as it can.

    To be called after the commit that closed a round. SQLite overwrites deleted rows anyway
    (secure_delete); this empties its write-ahead log. PostgreSQL drops the dead rows. Where the
    database is too busy, its own housekeeping does the same later.
    """
    db.session.rollback()
    try:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if db.engine.dialect.name == "sqlite":
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                return
            for table in REWRITTEN:
                connection.execute(text(f"VACUUM {table.__tablename__}"))
    except DBAPIError as error:
        logging.getLogger("courseware.feedback").warning("old rows not swept: %s", error.orig)
