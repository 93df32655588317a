"""Two files of one meeting that was interrupted: their times together, in one import."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from courseware.attendance import import_service
from courseware.attendance.models import AttendanceImport
from courseware.attendance.report_rules import SHEETS, joined, report_as_json, report_from_json
from courseware.attendance.rules import ImportState
from courseware.db import db
from courseware.errors import Refused
from courseware.messages import N_


def list_of_same_session(proposed: AttendanceImport) -> Sequence[AttendanceImport]:
    """Other meeting reports for the session of a file, in its register or waiting for review.

    Those whose times it holds already are not among them.

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
            AttendanceImport.public_id.not_in(report_from_json(proposed.report).joined_with),
        )
        .order_by(AttendanceImport.id)
    ).all()


def join_files(proposed: AttendanceImport, other: AttendanceImport) -> None:
    """Let a file that waits for review hold the times of another one of its session as well.

    The other one leaves the desk. Where it was accepted its marks count until the joined file is
    accepted, which is newer, and again if that one is withdrawn.
    """
    if proposed.state is not ImportState.REVIEW or other not in list_of_same_session(proposed):
        raise Refused(N_("These files cannot be joined any more. Look at the import desk again."))
    together = joined(report_from_json(other.report), report_from_json(proposed.report))
    if other.state is ImportState.REVIEW:
        import_service.discard_import(other)
    both = f"{other.file_sha256}{proposed.file_sha256}"
    proposed.file_sha256 = hashlib.sha256(both.encode()).hexdigest()
    proposed.file_name = f"{other.file_name} + {proposed.file_name}"[:200]
    proposed.report = report_as_json(
        replace(together, joined_with=(*together.joined_with, other.public_id))
    )
