"""Who did what, when: entries are only ever added.

Feedback answers are never written here: an entry's time would lead to a person.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from courseware.db import db


class AuditEntry(db.Model):
    """One act of a person upon one object."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    act: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(60))
    subject_public_id: Mapped[str] = mapped_column(String(60), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


def record(act: str, subject: Any, *, by: Any, now: datetime, **detail: Any) -> None:
    """Add an entry to the same transaction as the act itself."""
    db.session.add(
        AuditEntry(
            at=now,
            by_user_id=by.id if by is not None else None,
            act=act,
            subject_kind=type(subject).__tablename__,
            subject_public_id=subject.public_id,
            detail=detail,
        )
    )
