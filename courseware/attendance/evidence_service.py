"""Signed sheets: photographs or scans attached to a register as evidence."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from courseware import audit
from courseware.accounts.models import User
from courseware.attendance.models import RegisterEvidence
from courseware.db import db
from courseware.errors import Refused
from courseware.messages import N_, Message
from courseware.permissions import Role, roles_on
from courseware.schedule.models import TrainingSession

MOST_PAGES = 60
"""For one register; more is a mistake."""


@roles_on.register
def _roles_on_evidence(subject: RegisterEvidence, user: User) -> set[Role]:
    return roles_on(subject.training_session, user)


def find_evidence(public_id: str) -> RegisterEvidence | None:
    """A page of a signed sheet that has not been taken away."""
    return db.session.scalar(
        select(RegisterEvidence).where(
            RegisterEvidence.public_id == public_id, RegisterEvidence.removed_at.is_(None)
        )
    )


def list_evidence(training_session: TrainingSession) -> list[RegisterEvidence]:
    """The pages attached to a register, in the order in which they were attached."""
    return list(
        db.session.scalars(
            select(RegisterEvidence)
            .where(
                RegisterEvidence.training_session_id == training_session.id,
                RegisterEvidence.removed_at.is_(None),
            )
            .options(joinedload(RegisterEvidence.uploaded_by))
            .order_by(RegisterEvidence.uploaded_at, RegisterEvidence.id)
        )
    )


def count_evidence(sessions: Sequence[TrainingSession]) -> dict[int, int]:
    """How many pages are attached, by session; sessions without any are not in it."""
    return dict(
        db.session.execute(
            select(RegisterEvidence.training_session_id, func.count())
            .where(
                RegisterEvidence.training_session_id.in_([each.id for each in sessions]),
                RegisterEvidence.removed_at.is_(None),
            )
            .group_by(RegisterEvidence.training_session_id)
        ).all()
    )


def attach_evidence(
    training_session: TrainingSession,
    drawn: Sequence[str],
    file_name: str,
    *,
    by: User,
    now: datetime,
) -> int:
    """Attach the pages of a photograph or PDF, as `scans.take_pages` drew them; how many are new.

    A page that is attached already is left out, so the same file sent twice is harmless. A closed
    register takes evidence too: it changes no mark.
    """
    here = list_evidence(training_session)
    known = {each.sha256 for each in here}
    pages = [
        (number, sha256) for number, sha256 in enumerate(drawn, start=1) if sha256 not in known
    ]
    if len(here) + len(pages) > MOST_PAGES:
        raise Refused(
            Message(
                N_(
                    "At most %(most)s pages can be attached to a register. "
                    "Take away what does not belong to it."
                ),
                most=MOST_PAGES,
            )
        )
    name = PurePath(file_name.replace("\\", "/")).name.replace("\0", "")[:200] or "?"
    for number, sha256 in pages:
        db.session.add(
            RegisterEvidence(
                training_session=training_session,
                sha256=sha256,
                file_name=name,
                page=number,
                uploaded_at=now,
                uploaded_by=by,
            )
        )
    if pages:
        audit.record("attach signed sheet", training_session, by=by, now=now, pages=len(pages))
    return len(pages)


def remove_evidence(evidence: RegisterEvidence, *, by: User, now: datetime) -> None:
    """Take a page away from its register; who did it, when, and the page itself are kept."""
    evidence.removed_at, evidence.removed_by = now, by
    audit.record(
        "take away signed sheet", evidence.training_session, by=by, now=now, sha256=evidence.sha256
    )
