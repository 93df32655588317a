"""The import desk of a cohort: files that were dropped together, and what must be asked of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from courseware.accounts.models import User
from courseware.attendance import (
    import_service,
    meeting_service,
)
from courseware.attendance.imports import read_reports
from courseware.attendance.models import AttendanceImport
from courseware.attendance.moment_rules import AmbiguousDates, DateOrder, UnknownDay
from courseware.attendance.proposal_rules import (
    Slot,
    chosen_slots,
    day_in_name,
    fits,
    fitting_offset,
    propose,
)
from courseware.attendance.report_rules import (
    MeetingReport,
    joined,
    on_clock,
    outside_session,
    report_from_json,
)
from courseware.attendance.rules import ImportState
from courseware.attendance.service import time_of
from courseware.cohorts.models import Cohort
from courseware.db import db, new_public_id
from courseware.errors import BadInput, Refused
from courseware.messages import N_, Message
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import list_sessions

MOST_FILES = 40

DATES, SESSION = "dates", "session"


@dataclass(frozen=True)
class DroppedFile:
    """One file as a browser or the command line sends it."""

    name: str
    data: bytes


@dataclass(frozen=True)
class RefusedFile:
    """A file that was not kept, and why."""

    name: str
    messages: tuple[Message | str, ...]


@dataclass(frozen=True)
class Received:
    """What became of files that were dropped together."""

    kept: tuple[AttendanceImport, ...]
    refused: tuple[RefusedFile, ...]
    already_here: tuple[AttendanceImport, ...]


def slots_of(cohort: Cohort) -> list[Slot]:
    """The sessions of a cohort as far as a file can tell that they are meant."""
    return [Slot(each.id, each.code, time_of(each)) for each in list_sessions(cohort)]


def receive_files(
    cohort: Cohort, files: Sequence[DroppedFile], *, by: User | None, now: datetime
) -> Received:
    """Read files that were dropped together; each stands for itself, nothing is written yet.

    A file that lies on the desk already is not put there twice.
    """
    if len(files) > MOST_FILES:
        raise Refused(
            Message(
                N_("These are %(count)s files; choose at most %(most)s at once."),
                count=len(files),
                most=MOST_FILES,
            )
        )
    desk = new_public_id()
    slots, zone = slots_of(cohort), ZoneInfo(cohort.timezone)
    kept: list[AttendanceImport] = []
    already: list[AttendanceImport] = []
    refused: list[RefusedFile] = []
    for file in files:
        proposed = import_service.new_import(
            cohort, file_name=file.name, data=file.data, by=by, now=now, desk=desk
        )
        try:
            with db.session.no_autoflush:
                lying = _open_alike(proposed)
                if not lying:
                    kept += _place(proposed, file.data, slots, zone)
        except BadInput as error:
            db.session.expunge(proposed)
            refused.append(RefusedFile(file.name, tuple(error.messages)))
            continue
        if lying:
            db.session.expunge(proposed)
            already += lying
        db.session.flush()
    return Received(tuple(kept), tuple(refused), tuple(already))


def _open_alike(proposed: AttendanceImport) -> list[AttendanceImport]:
    return list(
        db.session.scalars(
            select(AttendanceImport).where(
                AttendanceImport.cohort_id == proposed.cohort.id,
                AttendanceImport.file_sha256 == proposed.file_sha256,
                AttendanceImport.state.in_([ImportState.ASKING, ImportState.REVIEW]),
            )
        )
    )


def _place(
    proposed: AttendanceImport,
    data: bytes,
    slots: Sequence[Slot],
    zone: ZoneInfo,
    *,
    order: DateOrder | None = None,
) -> list[AttendanceImport]:
    """Put a file before the registers that it is for, or say what must be asked."""
    name = proposed.file_name
    try:
        reports = read_reports(data, name, order=order, zone=zone)
    except AmbiguousDates as error:
        readings = {
            each: _codes(read_reports(data, name, order=each, zone=zone), slots, zone)
            for each in error.readings
        }
        fitting = [each for each, codes in readings.items() if codes]
        if len(fitting) != 1:
            return [
                _ask(
                    proposed,
                    data,
                    DATES,
                    readings={
                        str(each): [error.readings[each].isoformat(), *readings[each]]
                        for each in readings
                    },
                )
            ]
        order = fitting[0]
        reports = read_reports(data, name, order=order, zone=zone)
    except UnknownDay:
        found = _on_each_day(data, name, slots, zone)
        if len(found) != 1:
            offered = [slot.id for slots_there, _report in found for slot in slots_there]
            return [_ask(proposed, data, SESSION, offered=offered)]
        return _share_out(proposed, [found[0]])
    proposals = [(propose(report, slots, zone), report) for report in reports]
    placed = [
        (chosen, report)
        for proposal, report in proposals
        if (chosen := chosen_slots(proposal, report))
    ]
    if placed:
        # Of a file about many sessions, those that this cohort does not have are left out.
        return _share_out(proposed, placed)
    offered = [slot.id for proposal, _report in proposals for slot in proposal.slots]
    kind, when = reports[0].kind, span_of(reports[0])
    elsewhere = fitting_offset(reports[0], slots, zone)
    more: dict[str, Any] = {"offered": offered, "when": when}
    if elsewhere is not None:
        more |= {"clock": elsewhere.minutes, "offered": [elsewhere.slot.id]}
    return [_ask(proposed, data, SESSION, order=order, kind=kind, **more)]


def _codes(
    reports: Iterable[MeetingReport], slots: Sequence[Slot], zone: ZoneInfo
) -> tuple[str, ...]:
    return tuple(fit.slot.code for report in reports for fit in fits(report, slots, zone)[:6])


def _on_each_day(
    data: bytes, name: str, slots: Sequence[Slot], zone: ZoneInfo
) -> list[tuple[tuple[Slot, ...], MeetingReport]]:
    """A file without a day, read for each day that has sessions; the day in its name decides."""
    named = day_in_name(name)
    days = sorted({slot.time.start.astimezone(zone).date() for slot in slots})
    found = []
    for day in [named] if named in days else days:
        (report,) = read_reports(data, name, on=day, zone=zone)
        chosen = chosen_slots(propose(report, slots, zone), report)
        if chosen:
            found.append((chosen, report))
    return found


def _ask(proposed: AttendanceImport, data: bytes, question: str, **more: Any) -> AttendanceImport:
    proposed.state, proposed.content = ImportState.ASKING, data
    order = more.pop("order", None)
    proposed.date_order = order
    proposed.kind = more.pop("kind", proposed.kind)
    proposed.report = {"asks": question, **more}
    return proposed


def _share_out(
    proposed: AttendanceImport,
    placed: Iterable[tuple[tuple[Slot, ...], MeetingReport]],
) -> list[AttendanceImport]:
    """One import for each session: `proposed` itself is the first.

    Moodle has a column for each group of one session; together they are its register.
    """
    reports: dict[int, MeetingReport] = {}
    for chosen, report in placed:
        for slot in chosen:
            known = reports.get(slot.id)
            reports[slot.id] = joined(known, report) if known else report
    found: list[AttendanceImport] = []
    for slot_id, report in reports.items():
        one = proposed if not found else _sibling(proposed)
        import_service.put_before(one, db.session.get_one(TrainingSession, slot_id), report)
        found.append(one)
    return found


def _sibling(of: AttendanceImport) -> AttendanceImport:
    one = AttendanceImport(
        cohort=of.cohort,
        desk=of.desk,
        file_name=of.file_name,
        file_sha256=of.file_sha256,
        uploaded_at=of.uploaded_at,
        uploaded_by=of.uploaded_by,
    )
    db.session.add(one)
    return one


def span_of(report: MeetingReport) -> str:
    """From when to when a file says that somebody was there."""
    moments = [report.started, report.ended] if report.ended else []
    for person in report.people:
        for interval in person.intervals:
            moments += [interval.start, interval.end]
    known = [moment for moment in moments if moment is not None]
    return outside_session(min(known, default=None), max(known, default=None))


def answer_dates(cohort: Cohort, desk: str, order: DateOrder) -> list[AttendanceImport]:
    """Read the dates of all files of one drop in the same way."""
    slots, zone = slots_of(cohort), ZoneInfo(cohort.timezone)
    answered = []
    for proposed in _asking(cohort):
        if proposed.desk == desk and proposed.report.get("asks") == DATES and proposed.content:
            answered += _place(proposed, proposed.content, slots, zone, order=order)
    db.session.flush()
    return answered


def _asking(cohort: Cohort) -> Sequence[AttendanceImport]:
    return db.session.scalars(
        select(AttendanceImport)
        .where(
            AttendanceImport.cohort_id == cohort.id, AttendanceImport.state == ImportState.ASKING
        )
        .order_by(AttendanceImport.id)
    ).all()


def choose_session(
    proposed: AttendanceImport, training_session: TrainingSession, *, clock: int | None = None
) -> None:
    """Put a file before the register that a person says it is for.

    `clock`: by how many minutes the clock of the file is ahead of UTC, where it is not the
    clock of the cohort. Raises BadInput when nobody in it was there during that session.
    """
    if training_session.cohort_id != proposed.cohort_id:
        raise Refused(N_("The session is of another cohort."))
    if proposed.state is ImportState.ASKING and proposed.content:
        report = meeting_service.read_for_session(
            training_session, proposed.content, proposed.file_name, order=proposed.date_order
        )
    elif proposed.state is ImportState.REVIEW:
        report = report_from_json(proposed.report)
    else:
        raise Refused(N_("This import is finished; it can no longer be given another session."))
    report = on_clock(report, clock, ZoneInfo(proposed.cohort.timezone))
    meeting_service.refuse_another_meeting(training_session, report)
    import_service.put_before(proposed, training_session, report)


def withdraw_file(proposed: AttendanceImport, *, by: User | None, now: datetime) -> int:
    """Withdraw a file from every session that it was imported into; how many entries."""
    return sum(
        import_service.withdraw_import(each, by=by, now=now)
        for each in siblings_of(proposed)
        if each.state is ImportState.ACCEPTED
    )


def siblings_of(proposed: AttendanceImport) -> list[AttendanceImport]:
    """The imports of the same dropped file, itself among them, by session."""
    if not proposed.desk:
        return [proposed]
    found = db.session.scalars(
        select(AttendanceImport)
        .where(
            AttendanceImport.cohort_id == proposed.cohort_id,
            AttendanceImport.desk == proposed.desk,
            AttendanceImport.file_sha256 == proposed.file_sha256,
        )
        .options(joinedload(AttendanceImport.training_session))
        .order_by(AttendanceImport.id)
    )
    return list(found)


def next_to_review(proposed: AttendanceImport) -> AttendanceImport | None:
    """The next file of the same drop that waits for review."""
    if not proposed.desk:
        return None
    return db.session.scalar(
        select(AttendanceImport)
        .where(
            AttendanceImport.cohort_id == proposed.cohort_id,
            AttendanceImport.desk == proposed.desk,
            AttendanceImport.state == ImportState.REVIEW,
            AttendanceImport.id != proposed.id,
        )
        .order_by(AttendanceImport.id)
        .limit(1)
    )
