"""Printed slips: each is the right to answer a round once, and belongs to nobody."""

import hashlib
import random
import secrets
from datetime import datetime

from sqlalchemy import func, insert, select

from courseware import audit
from courseware.accounts.models import User
from courseware.db import db
from courseware.errors import Refused
from courseware.feedback.models import FeedbackCode, FeedbackRound
from courseware.feedback.service import Seat
from courseware.feedback.slip_rules import meant_by, new_code
from courseware.messages import N_, Message


def new_codes(count: int) -> list[str]:
    """So many codes for slips; they are good for nothing until they are kept."""
    return [new_code(secrets.choice) for _ in range(count)]


def make_slips(asked: FeedbackRound, count: int, *, by: User | None, now: datetime) -> list[str]:
    """New codes for a round, to be handed out."""
    codes = new_codes(count)
    keep_codes(asked, codes, by=by, now=now)
    return codes


def keep_codes(asked: FeedbackRound, codes: list[str], *, by: User | None, now: datetime) -> None:
    """Let a round be answered with these; only their hashes are kept, in no order of theirs.

    Raises Refused where the round is closed.
    """
    if asked.closed_at is not None:
        raise Refused(Message(N_("This feedback is closed. No slips were made.")))
    rows = [{"token_hash": _hash(asked, code), "round_id": asked.id} for code in codes]
    random.SystemRandom().shuffle(rows)
    db.session.execute(insert(FeedbackCode), rows)
    audit.record("print feedback slips", asked, by=by, now=now, count=len(codes))


def count_slips(asked: FeedbackRound) -> int:
    """How many codes there are for a round."""
    return (
        db.session.scalar(
            select(func.count()).select_from(FeedbackCode).where(FeedbackCode.round_id == asked.id)
        )
        or 0
    )


def find_seat_by_code(asked: FeedbackRound, typed: str) -> Seat | None:
    """The right to answer that somebody holds on a slip of this round."""
    code = meant_by(typed)
    if not code:
        return None
    found = db.session.get(FeedbackCode, _hash(asked, code))
    if found is None or found.round_id != asked.id:
        return None
    return Seat(asked, None, found.is_spent, code, found.token_hash)


def _hash(asked: FeedbackRound, code: str) -> str:
    return hashlib.sha256(f"{asked.public_id}:{code}".encode()).hexdigest()
