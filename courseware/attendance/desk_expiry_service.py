"""Files on the import desk that nobody accepts: they are put away, with the names in them."""

from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select

from courseware import audit
from courseware.attendance import import_service
from courseware.attendance.models import AttendanceImport
from courseware.attendance.rules import ImportState
from courseware.db import db

SOON = timedelta(days=7)
"""So long before a file is put away the desk says the day."""


def days_kept() -> int:
    """For how many days a file waits; 0: for ever."""
    return int(current_app.config["SETTINGS"].desk_days)


def leaves_at(kept: AttendanceImport) -> datetime | None:
    """When a file that waits is put away; None where it never is."""
    days = days_kept()
    return kept.uploaded_at + timedelta(days=days) if days else None


def leaves_soon(kept: AttendanceImport, *, now: datetime) -> datetime | None:
    """The same, for a file that has few days left."""
    at = leaves_at(kept)
    return at if at is not None and at - now <= SOON else None


def discard_unaccepted(*, now: datetime) -> int:
    """Put away what has waited too long; how many files, counted once for each session."""
    days = days_kept()
    if not days:
        return 0
    old = db.session.scalars(
        select(AttendanceImport)
        .where(
            AttendanceImport.state.in_([ImportState.ASKING, ImportState.REVIEW]),
            AttendanceImport.uploaded_at <= now - timedelta(days=days),
        )
        .order_by(AttendanceImport.id)
        .with_for_update(of=AttendanceImport)
    ).all()
    for each in old:
        import_service.discard_import(each)
        audit.record("put away old import", each, by=None, now=now)
    return len(old)
