"""Decisions about the agreement of partners to a list of certificates before it is printed."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from courseware.credentials.rules import Decision
from courseware.messages import Message

LINK_DAYS = 30
LONGEST_COMMENT = 2_000
# What is known only when a certificate is issued: nobody can agree to it beforehand.
_LATER = ("number", "issued_on", "verification_url", "offline", "duplicate")


class RowStanding(StrEnum):
    """How far the agreement to one row is."""

    UNPROPOSED = "unproposed"
    AWAITED = "awaited"
    RETURNED = "returned"
    CHANGED = "changed"
    AGREED = "agreed"


class ProposalStanding(StrEnum):
    """How far a whole list is."""

    OPEN = "open"
    AGREED = "agreed"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


class LinkStanding(StrEnum):
    """What an approver's link is good for."""

    OPEN = "open"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


def canonical_facts(facts: Mapping[str, Any]) -> bytes:
    """The facts of a certificate that partners agree to, as JSON that is always written the same.

    Number, date of issue and verification code are left out: they are given when it is issued.
    """
    agreed = {key: value for key, value in facts.items() if key not in _LATER}
    text = json.dumps(agreed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def facts_sha256(facts: Mapping[str, Any]) -> str:
    """The SHA-256 of the facts that partners agree to."""
    return hashlib.sha256(canonical_facts(facts)).hexdigest()


@dataclass(frozen=True, slots=True)
class ProposedRow:
    """The newest row in which a participant was proposed, and what each partner said of it.

    `decisions` has an entry for every organisation that was asked, None where it is silent.
    """

    sha256: str
    decisions: Mapping[int, Decision | None]


def row_standing(row: ProposedRow | None, *, sha256: str, needed: Iterable[int]) -> RowStanding:
    """Whether what would be printed now is what every needed partner agreed to.

    A changed fact voids the agreement to the row, whoever gave it; so does a partner who joined
    the programme afterwards and was never asked.
    """
    if row is None:
        return RowStanding.UNPROPOSED
    if row.sha256 != sha256:
        return RowStanding.CHANGED
    said = [row.decisions.get(organisation) for organisation in needed]
    if Decision.RETURNED in row.decisions.values():
        return RowStanding.RETURNED
    if said and all(decision == Decision.AGREED for decision in said):
        return RowStanding.AGREED
    if any(organisation not in row.decisions for organisation in needed):
        return RowStanding.UNPROPOSED
    return RowStanding.AWAITED


def proposal_standing(
    decisions: Iterable[Decision | None], *, withdrawn_at: datetime | None
) -> ProposalStanding:
    """How far a list is, from what its approvers said. One who returns it is enough."""
    decisions = list(decisions)
    if withdrawn_at is not None:
        return ProposalStanding.WITHDRAWN
    if Decision.RETURNED in decisions:
        return ProposalStanding.RETURNED
    if None in decisions or not decisions:
        return ProposalStanding.OPEN
    return ProposalStanding.AGREED


def link_standing(
    decision: Decision | None,
    *,
    asked_at: datetime,
    withdrawn_at: datetime | None,
    now: datetime,
) -> LinkStanding:
    """What the link can still be used for. What was decided stays readable until it expires."""
    if now >= asked_at + timedelta(days=LINK_DAYS):
        return LinkStanding.EXPIRED
    if decision is not None:
        return LinkStanding.DECIDED
    if withdrawn_at is not None:
        return LinkStanding.WITHDRAWN
    return LinkStanding.OPEN


def clean_comment(text: str) -> str:
    """A comment as it is kept: NFC, lines kept, nothing that is not text."""
    if len(text) > 2 * LONGEST_COMMENT:  # composing 20,000 combining marks takes its time
        text = text[: LONGEST_COMMENT + 1]
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = [
        "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
        for line in lines
    ]
    return unicodedata.normalize("NFC", "\n".join(line.rstrip() for line in kept)).strip()


def comment_problem(decision: Decision, comment: str) -> Message | None:
    """Why a comment, already cleaned, cannot be taken; None where it can."""
    if decision == Decision.RETURNED and not comment:
        return Message("Say what is to be corrected; the coordinator reads it.")
    if len(comment) > LONGEST_COMMENT:
        return Message(
            "The comment is longer than %(most)s characters. Shorten it.", most=LONGEST_COMMENT
        )
    return None
