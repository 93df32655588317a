"""A meeting report on its way into a register: proposed, reviewed, accepted, withdrawn."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from courseware import audit
from courseware.accounts.models import User
from courseware.attendance import alias_service, meeting_service
from courseware.attendance.marks_service import marks_in_force
from courseware.attendance.models import AttendanceImport, AttendanceMark
from courseware.attendance.report_rules import (
    MeetingReport,
    report_as_json,
    report_from_json,
)
from courseware.attendance.review_service import (
    ImportReview,
    refuse_unclear,
    review_report,
    source_for,
)
from courseware.attendance.rules import (
    AttendanceStatus,
    ImportState,
    Interval,
    MarkSource,
    Presence,
)
from courseware.attendance.service import (
    WantedMark,
    add_entries,
    entry_values,
    refuse_without_times,
    time_of,
)
from courseware.attendance.state_service import refuse_if_closed
from courseware.cohorts.models import Cohort
from courseware.db import db
from courseware.errors import Refused
from courseware.messages import N_, Message
from courseware.permissions import Role, roles_on
from courseware.schedule.models import TrainingSession

PUT_AWAY = N_("This import was put away or withdrawn. Upload the file again.")


@roles_on.register
def _roles_on_attendance_import(subject: AttendanceImport, user: User) -> set[Role]:
    return roles_on(subject.training_session or subject.cohort, user)


def session_of(proposed: AttendanceImport) -> TrainingSession:
    """The session whose register the import is for. Raises Refused until one is chosen."""
    if proposed.training_session is None:
        raise Refused(N_("It is not decided yet which session this file belongs to."))
    return proposed.training_session


def propose_import(
    training_session: TrainingSession,
    report: MeetingReport,
    *,
    file_name: str,
    data: bytes,
    by: User | None,
    now: datetime,
    desk: str = "",
) -> AttendanceImport:
    """Keep a report for review. Raises BadInput when it is of another meeting."""
    refuse_if_closed(training_session)
    meeting_service.refuse_another_meeting(training_session, report)
    proposed = new_import(
        training_session.cohort, file_name=file_name, data=data, by=by, now=now, desk=desk
    )
    put_before(proposed, training_session, report)
    db.session.flush()
    return proposed


def new_import(
    cohort: Cohort,
    *,
    file_name: str,
    data: bytes,
    by: User | None,
    now: datetime,
    desk: str = "",
) -> AttendanceImport:
    """A file that came in; what it says follows."""
    proposed = AttendanceImport(
        cohort=cohort,
        desk=desk,
        file_name=file_name[:200],
        file_sha256=hashlib.sha256(data).hexdigest(),
        kind="",
        report={},
        state=ImportState.ASKING,
        uploaded_at=now,
        uploaded_by=by,
    )
    db.session.add(proposed)
    return proposed


def put_before(
    proposed: AttendanceImport, training_session: TrainingSession, report: MeetingReport
) -> None:
    """Take a report for the register of a session; somebody is to review it."""
    proposed.training_session = training_session
    proposed.kind = report.kind
    proposed.report = report_as_json(report)
    proposed.content = None
    proposed.state = ImportState.REVIEW


def find_import(public_id: str) -> AttendanceImport | None:
    """The import at this address."""
    return db.session.scalar(
        select(AttendanceImport).where(AttendanceImport.public_id == public_id)
    )


def was_accepted_before(proposed: AttendanceImport) -> bool:
    """Whether the very same file was accepted into this session already."""
    return (
        db.session.scalar(
            select(AttendanceImport.id).where(
                AttendanceImport.training_session_id == proposed.training_session_id,
                AttendanceImport.file_sha256 == proposed.file_sha256,
                AttendanceImport.state == ImportState.ACCEPTED,
                AttendanceImport.id != proposed.id,
            )
        )
        is not None
    )


def review_of(
    proposed: AttendanceImport, choices: Mapping[int, int | None] | None = None
) -> ImportReview:
    """What accepting would do. `choices`: place of a name → enrolment, or None to leave it out."""
    said = choices or choices_of(proposed)
    return review_report(session_of(proposed), report_from_json(proposed.report), said)


def choices_of(proposed: AttendanceImport) -> dict[int, int | None]:
    """Whose each name was when the import was accepted; nothing before."""
    return {int(place): said for place, said in proposed.report.get("choices", {}).items()}


def refuse_put_away(proposed: AttendanceImport) -> None:
    """Raise Refused for a file that was put away: what it held is gone."""
    if proposed.state is ImportState.DISCARDED:
        raise Refused(PUT_AWAY)


def accept_import(
    proposed: AttendanceImport,
    choices: Mapping[int, int | None],
    *,
    remember: Collection[int] = (),
    rest_is_absent: bool = False,
    by: User | None,
    now: datetime,
) -> ImportReview:
    """Write the marks of a reviewed report; all of them or, with a sentence, none.

    A name that nobody has explained stops it. Accepting twice changes nothing.
    """
    _lock(proposed)
    if proposed.state not in (ImportState.REVIEW, ImportState.ACCEPTED):
        raise Refused(PUT_AWAY)
    review = review_of(proposed, choices)
    if proposed.state == ImportState.ACCEPTED:
        return review
    training_session = session_of(proposed)
    refuse_if_closed(training_session)
    if now < time_of(training_session).start:
        raise Refused(
            Message(
                N_("Session %(code)s has not begun, so no report can be about it."),
                code=training_session.code,
            )
        )
    refuse_unclear(review)
    source = source_for(review.report)
    wanted = {
        mark.candidate.enrolment_id: WantedMark(mark.presence, mark.note) for mark in review.marks
    }
    if rest_is_absent:
        absent = WantedMark(Presence(AttendanceStatus.ABSENT))
        wanted.update({each.enrolment_id: absent for each in review.unmarked})
    refuse_without_times(wanted.values())
    _append(proposed, wanted, source=source, by=by, now=now)
    alias_service.remember(
        proposed.cohort,
        {
            alias_service.alias_key(row.person): row.chosen.user_id if row.chosen else None
            for row in review.rows
            if row.index in remember and not row.is_unknown
        },
    )
    proposed.report = {
        **proposed.report,
        "choices": {
            str(row.index): row.chosen.enrolment_id if row.chosen else None for row in review.rows
        },
    }
    proposed.state, proposed.accepted_at = ImportState.ACCEPTED, now
    return review


def _lock(proposed: AttendanceImport) -> None:
    """Read an import as it stands now, and let nobody else decide about it meanwhile."""
    db.session.flush()  # refreshing forgets what was not written yet
    db.session.execute(
        select(AttendanceImport.id).where(AttendanceImport.id == proposed.id).with_for_update()
    )
    db.session.refresh(proposed, ["state"])


def _append(
    proposed: AttendanceImport,
    wanted: Mapping[int, WantedMark],
    *,
    source: MarkSource,
    by: User | None,
    now: datetime,
) -> None:
    """Add the marks, but for those that the same file has put there already.

    A mark that only says again what another file said is an entry of its own: it stays when
    the other file is withdrawn.
    """
    session_id = session_of(proposed).id
    of_this_source = (
        AttendanceMark.training_session_id == session_id,
        AttendanceMark.source == source,
    )
    newest = marks_in_force(*of_this_source)
    of_this_file = marks_in_force(
        *of_this_source, AttendanceMark.import_id.in_(_accepted_alike(proposed))
    )
    entries = []
    for enrolment_id, mark in wanted.items():
        before = newest.get((session_id, enrolment_id))
        is_ours = before is not None and before == of_this_file.get((session_id, enrolment_id))
        if before and is_ours and (before.presence, before.note) == (mark.presence, mark.note):
            continue
        entries.append(
            entry_values(
                session_id,
                enrolment_id,
                mark,
                source=source,
                by=by,
                now=now,
                key=f"import:{proposed.public_id}:{enrolment_id}",
                import_id=proposed.id,
            )
        )
    add_entries(entries)


def _accepted_alike(proposed: AttendanceImport) -> Select[int]:
    """The imports in force of the very same file into the same session."""
    return select(AttendanceImport.id).where(
        AttendanceImport.training_session_id == proposed.training_session_id,
        AttendanceImport.file_sha256 == proposed.file_sha256,
        AttendanceImport.state == ImportState.ACCEPTED,
    )


def withdraw_import(proposed: AttendanceImport, *, by: User | None, now: datetime) -> int:
    """Take back all marks of a file from a register; how many entries count no longer.

    The entries stay in the history, and each cell says again what it would say if the file
    had never come. The same file that was imported twice is withdrawn twice.
    """
    _lock(proposed)
    if proposed.state == ImportState.WITHDRAWN:
        return 0
    if proposed.state != ImportState.ACCEPTED:
        raise Refused(N_("Only an import that was accepted can be withdrawn."))
    refuse_if_closed(session_of(proposed))
    alike = list(
        db.session.scalars(
            select(AttendanceImport)
            .where(AttendanceImport.id.in_(_accepted_alike(proposed)))
            .with_for_update()
        )
    )
    count = db.session.scalar(
        select(func.count()).where(AttendanceMark.import_id.in_([each.id for each in alike]))
    )
    for each in alike:
        each.state, each.withdrawn_at, each.withdrawn_by = ImportState.WITHDRAWN, now, by
    audit.record("withdraw attendance import", proposed, by=by, now=now, file=proposed.file_name)
    return count or 0


def discard_import(proposed: AttendanceImport) -> None:
    """Put a proposed import away, with the names in it; nothing was written."""
    _lock(proposed)
    if proposed.state in (ImportState.ACCEPTED, ImportState.WITHDRAWN):
        raise Refused(N_("This import was accepted already; withdraw it instead."))
    proposed.state, proposed.content, proposed.report = ImportState.DISCARDED, None, {}


def interval_values(intervals: tuple[Interval, ...]) -> list[list[Any]]:
    """Intervals as plain values, for machines."""
    return [[each.start.isoformat(), each.end.isoformat()] for each in intervals]
