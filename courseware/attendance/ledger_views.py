"""Routes: the hours ledger of a cohort and of a participant."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import cache
from io import BytesIO
from zoneinfo import ZoneInfo

from flask import Blueprint, get_template_attribute, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from courseware import clock
from courseware.attendance import (
    entries_service,
    ledger_service,
    request_service,
    warning_service,
)
from courseware.attendance.exports import status_word
from courseware.attendance.ledger_exports import entries_file, ledger_workbook
from courseware.attendance.ledger_service import CohortLedger, LedgerRow, LedgerSession
from courseware.attendance.rules import AttendanceStatus
from courseware.attendance.what_if_rules import what_if
from courseware.cohorts.models import Cohort, Enrolment
from courseware.cohorts.service import find_cohort, find_enrolment
from courseware.i18n import _, hours
from courseware.permissions import Permission, requires

bp = Blueprint("attendance", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_file(data: bytes, name: str, kind: str = XLSX) -> ResponseReturnValue:
    """A file to keep."""
    return send_file(BytesIO(data), kind, as_attachment=True, download_name=name)


@bp.get("/cohorts/<public_id>/attendance")
@requires(Permission.SEE_LEDGER, on=find_cohort)
def ledger(cohort: Cohort) -> ResponseReturnValue:
    """The hours of everybody in a cohort; who needs attention comes first."""
    found = ledger_service.ledger_of(cohort, now=clock.now())
    hour = cohort.programme.academic_hour_minutes
    threshold, percent = request.args.get("threshold", ""), _percent(request.args.get("threshold"))
    return render_template(
        "attendance/ledger.html",
        cohort=cohort,
        ledger=found,
        hours_of=cache(lambda minutes: hours(minutes, hour)),
        cells_of=_cells(found, set(ledger_service.disputed_cells(found))),
        told=warning_service.warnings_of(cohort),
        standings=Counter(row.ledger.standing for row in found.rows),
        threshold=threshold,
        what_if=None if percent is None else what_if(found.course, found.by_enrolment, percent),
    )


def _percent(text: str | None) -> int | None:
    """A share that a programme could ask for, from 0 to 100; None for everything else."""
    text = (text or "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 3 or int(text) > 100:
        return None
    return int(text)


_SHAPES = {
    AttendanceStatus.PRESENT: "p",
    AttendanceStatus.LATE: "l",
    AttendanceStatus.LEFT_EARLY: "y",
    AttendanceStatus.PARTIAL: "t",
    AttendanceStatus.EXCUSED: "e",
    AttendanceStatus.ABSENT: "a",
}


def _cells(found: CohortLedger, disputed: set[tuple[int, int]]) -> Callable[[LedgerRow], Markup]:
    """The cells of a row. Thousands are on one page, so equal ones are drawn once."""
    draw = get_template_attribute("attendance/parts.html", "ledger_cell")
    words = {status: status_word(status) for status in (*AttendanceStatus, None)}
    to_come = _("to come")
    places = {each.id: place for place, each in enumerate(found.sessions)}
    drawn: dict[tuple[int, AttendanceStatus | None, int, bool], tuple[str, str]] = {}
    dispute = _("two people say different things")
    columns = []
    before = None
    for each in found.sessions_by_module:
        columns.append((each, places[each.id], each.module_id != before))
        before = each.module_id

    def halves(
        session: LedgerSession,
        status: AttendanceStatus | None,
        attended: int,
        is_first: bool,
        is_disputed: bool,
    ) -> tuple[str, str]:
        """What stands before and after the participant's part of the address."""
        text = f"{session.code}: {words[status]}"
        if status is None and not session.held.has_ended:
            kind, text = "f", f"{session.code}: {to_come}"
        elif status is None:
            kind = "n due"
        else:
            kind = _SHAPES[status]
            if status.was_here and session.held.has_ended:
                text = f"{text}, {attended} min"
        if is_disputed:
            kind, text = f"{kind} disputed-cell", f"{text} · {dispute}"
        address = url_for("attendance.mark", public_id=session.public_id, enrolment_id="-")
        before, after = str(draw(kind, address, text, is_first)).split(address)
        return before + address[:-1], after

    def cells_of(row: LedgerRow) -> Markup:
        parts: list[str] = []
        for session, place, is_first in columns:
            line = row.ledger.sessions[place]
            is_disputed = bool(disputed) and (session.id, row.enrolment_id) in disputed
            key = (place, line.status, line.attended, is_disputed)
            if key not in drawn:
                drawn[key] = halves(session, line.status, line.attended, is_first, is_disputed)
            before, after = drawn[key]
            parts += (before, row.public_id, after)
        return Markup("".join(parts))

    return cells_of


@bp.app_template_filter()
def day_and_month(moment: datetime, zone: str) -> str:
    """A date as short as a column head."""
    return f"{moment.astimezone(ZoneInfo(zone)):%d.%m}"


@bp.get("/cohorts/<public_id>/attendance.xlsx")
@requires(Permission.SEE_LEDGER, on=find_cohort)
def ledger_file(cohort: Cohort) -> ResponseReturnValue:
    """The same as a spreadsheet."""
    marks = ledger_service.marks_of(cohort)
    found = ledger_service.ledger_of(cohort, now=clock.now(), marks=marks)
    data = ledger_workbook(found, marks, ledger_service.disputed_cells(found))
    return as_file(data, f"{cohort.code}-hours.xlsx")


@bp.get("/cohorts/<public_id>/attendance.csv")
@requires(Permission.SEE_LEDGER, on=find_cohort)
def entries_table(cohort: Cohort) -> ResponseReturnValue:
    """Every entry with its history, one in a row."""
    found = ledger_service.ledger_of(cohort, now=clock.now())
    data = entries_file(found, entries_service.entries_of(cohort))
    return as_file(data, f"{cohort.code}-entries.csv", "text/csv")


@bp.get("/enrolments/<public_id>/hours")
@requires(Permission.SEE_OWN_HOURS, on=find_enrolment)
def participant(enrolment: Enrolment) -> ResponseReturnValue:
    """One participant's hours, with the marks that every figure is made of."""
    now = clock.now()
    return render_template(
        "attendance/participant.html",
        enrolment=enrolment,
        cohort=enrolment.cohort,
        attendance=ledger_service.attendance_of(enrolment, now=now),
        requests=request_service.requests_of(enrolment, now=now),
    )
