"""Two files of one meeting that was interrupted: their times together, in one import."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from courseware.accounts.models import User
from courseware.attendance import import_service
from courseware.attendance.models import AttendanceImport
from courseware.attendance.report_rules import SHEETS, joined, report_as_json, report_from_json
from courseware.attendance.rules import ImportState
from courseware.db import db
from courseware.errors import Refused
from courseware.messages import N_


def list_of_same_session(proposed: AttendanceImport) -> Sequence[AttendanceImport]:
    """Other meeting reports for the session of a file, in its register or waiting for review.

    What two of them say of one person is not added up: the file that was accepted last counts.
    """
    if proposed.training_session_id is None or proposed.kind in SHEETS:
        return []
    return db.session.scalars(
        select(AttendanceImport)
        .where(
            AttendanceImport.training_session_id == proposed.training_session_id,
            AttendanceImport.state.in_([ImportState.REVIEW, ImportState.ACCEPTED]),
            AttendanceImport.kind.not_in(SHEETS),
            AttendanceImport.file_sha256 != proposed.file_sha256,
            AttendanceImport.id != proposed.id,
        )
        .order_by(AttendanceImport.id)
    ).all()


def join_files(
    proposed: AttendanceImport, other: AttendanceImport, *, by: User | None, now: datetime
) -> None:
    """Let a file that waits for review hold the times of another one of its session as well.

    The other one goes: it is withdrawn where it was accepted, so that nothing counts twice and
    the joined file can be withdrawn as a whole.
    """
    if proposed.state is not ImportState.REVIEW or other not in list_of_same_session(proposed):
        raise Refused(N_("These files cannot be joined any more. Look at the import desk again."))
    together = joined(report_from_json(other.report), report_from_json(proposed.report))
    if other.state is ImportState.ACCEPTED:
        import_service.withdraw_import(other, by=by, now=now)
    else:
        import_service.discard_import(other)
    both = f"{other.file_sha256}{proposed.file_sha256}"
    proposed.file_sha256 = hashlib.sha256(both.encode()).hexdigest()
    proposed.file_name = f"{other.file_name} + {proposed.file_name}"[:200]
    proposed.report = report_as_json(together)
