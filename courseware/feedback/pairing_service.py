"""Joining the answers before a course with those after it, by a code that nobody can read back.

What is stored of a code goes through our secret key and through scrypt with a salt. When the last
round that it could join is closed, the salt is destroyed and each stored value is replaced by a
random one: until then, who has the salt and the key could try codes they guess, and not after.
"""

import hashlib
import hmac
import random
import secrets

from flask import current_app
from sqlalchemy import select, update

from courseware.db import db, new_public_id, only_once
from courseware.feedback.models import FeedbackPairing, FeedbackResponse, FeedbackRound
from courseware.feedback.pairing_rules import same_code
from courseware.feedback.rules import About, Moment

SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 24}
"""About 40 ms and 16 MB for one code."""


def asks_for_code(asked: FeedbackRound) -> bool:
    """Whether the form of a round asks for the personal code."""
    return asked.questionnaire.about is About.SKILLS


def pair_of(asked: FeedbackRound, typed: str) -> str | None:
    """What is stored for the code that somebody typed; the same in all rounds that it joins."""
    code = same_code(typed)
    if not code or not asks_for_code(asked):
        return None
    salt = _salt_of(asked)
    if salt is None:
        return None
    key = str(current_app.config["SETTINGS"].secret_key).encode()
    keyed = hmac.new(key, f"feedback pair\n{code}".encode(), "sha256").digest()
    return hashlib.scrypt(keyed, salt=salt, **SCRYPT).hex()


def _salt_of(asked: FeedbackRound) -> bytes | None:
    key = (asked.cohort_id, asked.questionnaire_id)
    found = db.session.get(FeedbackPairing, key)
    if found is None:
        made = FeedbackPairing(
            cohort_id=key[0], questionnaire_id=key[1], salt=secrets.token_bytes(16)
        )
        found = made if only_once(db.session, made) else db.session.get(FeedbackPairing, key)
    return found.salt if found is not None else None


def forget_codes(asked: FeedbackRound) -> None:
    """Destroy the salt of a closed round's codes, unless a round that they could join is to come.

    To be called in the transaction that closes the round.
    """
    if not asks_for_code(asked):
        return
    joined = (
        FeedbackRound.cohort_id == asked.cohort_id,
        FeedbackRound.questionnaire_id == asked.questionnaire_id,
    )
    rounds = db.session.execute(
        select(FeedbackRound.moment, FeedbackRound.closed_at.is_not(None)).where(*joined)
    ).all()
    is_last = all(closed for _moment, closed in rounds)
    if not is_last or all(moment is Moment.BEFORE for moment, _closed in rounds):
        return
    db.session.execute(
        update(FeedbackPairing)
        .where(
            FeedbackPairing.cohort_id == asked.cohort_id,
            FeedbackPairing.questionnaire_id == asked.questionnaire_id,
        )
        .values(salt=None)
    )
    stored = db.session.execute(
        select(FeedbackResponse.key, FeedbackResponse.pair)
        .join(FeedbackRound, FeedbackRound.id == FeedbackResponse.round_id)
        .where(*joined, FeedbackResponse.pair.is_not(None))
    ).all()
    instead = {row.pair: new_public_id() for row in stored}
    changes = [{"key": row.key, "pair": instead[row.pair]} for row in stored]
    random.SystemRandom().shuffle(changes)
    if changes:
        db.session.execute(update(FeedbackResponse), changes)
