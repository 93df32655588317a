"""Closing a round: its rows are written anew in random order, and their old copies forgotten."""

import logging
import random
from datetime import datetime

from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from courseware import audit
from courseware.accounts.models import User
from courseware.db import db, new_public_id
from courseware.errors import Refused
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackLink,
    FeedbackResponse,
    FeedbackRound,
    FeedbackTicket,
)
from courseware.feedback.tally_service import count_round
from courseware.messages import N_, Message


def list_rounds_to_close(*, now: datetime) -> list[FeedbackRound]:
    """Rounds whose time is over and which nobody has closed yet."""
    return list(
        db.session.scalars(
            select(FeedbackRound)
            .where(FeedbackRound.closed_at.is_(None), FeedbackRound.closes_at <= now)
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
    locked.closed_at = now
    _rewrite(locked.id)
    count_round(locked)
    audit.record("close feedback", locked, by=by, now=now)


def _rewrite(round_id: int) -> None:
    keys: dict[str | None, str | None] = {None: None}
    responses = db.session.scalars(
        select(FeedbackResponse.key).where(FeedbackResponse.round_id == round_id)
    ).all()
    keys |= {key: new_public_id() for key in responses}
    columns = (
        FeedbackAnswer.response_key,
        FeedbackAnswer.question,
        FeedbackAnswer.trainer_id,
        FeedbackAnswer.value,
        FeedbackAnswer.text,
    )
    answers = [
        {
            "key": new_public_id(),
            "round_id": round_id,
            "response_key": keys[row.response_key],
            "question": row.question,
            "trainer_id": row.trainer_id,
            "value": row.value,
            "text": row.text,
        }
        for row in db.session.execute(select(*columns).where(FeedbackAnswer.round_id == round_id))
    ]
    tickets = [
        {"round_id": round_id, "enrolment_id": row.enrolment_id, "is_spent": row.is_spent}
        for row in db.session.execute(
            select(FeedbackTicket.enrolment_id, FeedbackTicket.is_spent).where(
                FeedbackTicket.round_id == round_id
            )
        )
    ]
    links = [
        {"round_id": round_id, "enrolment_id": row.enrolment_id, "token_hash": row.token_hash}
        for row in db.session.execute(
            select(FeedbackLink.enrolment_id, FeedbackLink.token_hash).where(
                FeedbackLink.round_id == round_id
            )
        )
    ]
    for table in (FeedbackAnswer, FeedbackResponse, FeedbackLink, FeedbackTicket):
        db.session.execute(delete(table).where(table.round_id == round_id))
    kept = [{"key": key, "round_id": round_id} for key in keys.values() if key is not None]
    chance = random.SystemRandom()
    for table, rows in (
        (FeedbackTicket, tickets),
        (FeedbackLink, links),
        (FeedbackResponse, kept),
        (FeedbackAnswer, answers),
    ):
        chance.shuffle(rows)
        if rows:
            db.session.execute(insert(table), rows)


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
            for table in (FeedbackAnswer, FeedbackResponse, FeedbackLink, FeedbackTicket):
                connection.execute(text(f"VACUUM {table.__tablename__}"))
    except DBAPIError as error:
        logging.getLogger("courseware.feedback").warning("old rows not swept: %s", error.orig)
