"""Routes: registers, corrections and their history, imports, the hours ledger."""

import io
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    flash,
    get_template_attribute,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from courseware import clock
from courseware.attendance import history_service, import_service, ledger_service, service
from courseware.attendance.exports import ledger_workbook, register_sheet, status_word
from courseware.attendance.forms import (
    MarkForm,
    RegisterForm,
    ReportForm,
    read_choices,
    signature,
    status_choices,
)
from courseware.attendance.history_service import RegisterCell
from courseware.attendance.imports import read_report
from courseware.attendance.ledger_service import CohortLedger, LedgerRow, LedgerSession
from courseware.attendance.models import AttendanceImport
from courseware.attendance.report_rules import AmbiguousDates
from courseware.attendance.rules import AttendanceStatus, ImportState
from courseware.cohorts.models import Cohort, Enrolment
from courseware.cohorts.service import find_cohort, find_enrolment
from courseware.db import db
from courseware.errors import BadInput
from courseware.i18n import _, hours, long_date, ngettext, sentence
from courseware.permissions import Permission, requires, signed_in_user
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import find_training_session

bp = Blueprint("attendance", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


# Registers ------------------------------------------------------------------------------------


@bp.route("/sessions/<public_id>/register", methods=["GET", "POST"])
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def register(training_session: TrainingSession) -> ResponseReturnValue:
    """The register of one session: who is enrolled, who is here."""
    form = RegisterForm(service.read_register(training_session))
    if request.method == "POST" and form.read(request.form):
        return _save(training_session, form)
    return (
        render_template(
            "attendance/register.html",
            training_session=training_session,
            cohort=training_session.cohort,
            register=form.register,
            errors=form.errors,
            sent=request.form,
            signature=signature,
            status_choices=status_choices(),
            now=clock.now(),
        ),
        422 if form.errors else 200,
    )


def _save(training_session: TrainingSession, form: RegisterForm) -> ResponseReturnValue:
    """Save the sheet, then do what its button asked for."""
    by, now = signed_in_user(), clock.now()
    key = request.form.get("_key")
    act = request.form.get("act", "save")
    # Before the commit: afterwards every value of the session would be read again.
    address = url_for("attendance.register", public_id=training_session.public_id)
    if act == "reopen":
        service.reopen_register(training_session, by=by, now=now)
        db.session.commit()
        flash(_("The register is open again."))
        return redirect(address, 303)
    service.record_marks(training_session, form.wanted, by=by, now=now, key=key)
    if act == "rest":
        count = service.mark_the_rest_absent(training_session, by=by, now=now, key=key)
        flash(ngettext("%(num)s participant is absent.", "%(num)s participants are absent.", count))
    if act == "close":
        service.close_register(training_session, by=by, now=now)
    if more := request.form.get("more"):
        address = url_for(
            "attendance.mark", public_id=training_session.public_id, enrolment_id=more[:40]
        )
    db.session.commit()
    for row in form.meanwhile:
        flash(
            _(
                "Somebody else marked %(name)s meanwhile. Look at the mark, and change it if "
                "it is wrong.",
                name=row.names[0],
            ),
            "warning",
        )
    if act == "close":
        flash(_("The register is closed."))
    elif act == "save" and not more:
        flash(_("Register saved."))
    return redirect(address, 303)


@bp.route("/sessions/<public_id>/register/<enrolment_id>", methods=["GET", "POST"])
@requires(Permission.RECORD_ATTENDANCE, on=history_service.find_cell)
def mark(cell: RegisterCell) -> ResponseReturnValue:
    """One participant at one session: the mark, correcting it, and its whole history."""
    training_session, enrolment = cell.training_session, cell.enrolment
    at, zone = service.time_of(training_session), service.zone_of(training_session)
    history = history_service.history_of(training_session, enrolment.id)
    in_force = next((entry for entry in history if entry.is_in_force), None)
    form = MarkForm(data=_as_form_data(in_force, zone))
    if form.read(at, zone) and form.mark is not None:
        service.record_marks(
            training_session,
            {enrolment.id: form.mark},
            by=signed_in_user(),
            now=clock.now(),
            key=request.form.get("_key"),
        )
        db.session.commit()
        flash(_("The mark of %(name)s is saved.", name=enrolment.user.name))
        return redirect(url_for("attendance.register", public_id=training_session.public_id), 303)
    return (
        render_template(
            "attendance/mark.html",
            training_session=training_session,
            cohort=training_session.cohort,
            enrolment=enrolment,
            form=form,
            history=history,
            in_force=in_force,
            is_closed=service.is_closed(training_session),
        ),
        422 if form.errors else 200,
    )


def _as_form_data(entry: history_service.HistoryEntry | None, zone: Any) -> dict[str, str]:
    if entry is None or entry.presence is None:
        return {"status": "none"}
    presence = entry.presence
    return {
        "status": presence.status,
        "arrived": f"{presence.arrived_at.astimezone(zone):%H:%M}" if presence.arrived_at else "",
        "left": f"{presence.left_at.astimezone(zone):%H:%M}" if presence.left_at else "",
        "note": entry.mark.note,
    }


@bp.get("/sessions/<public_id>/register/history")
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def history(training_session: TrainingSession) -> ResponseReturnValue:
    """Who changed what in a register, newest first."""
    return render_template(
        "attendance/history.html",
        training_session=training_session,
        cohort=training_session.cohort,
        history=history_service.history_of(training_session),
        state=service.find_register_state(training_session),
    )


@bp.get("/sessions/<public_id>/register.xlsx")
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def register_file(training_session: TrainingSession) -> ResponseReturnValue:
    """The register as a sheet that can be filled in and imported again."""
    data = register_sheet(service.read_register(training_session))
    return _as_file(data, f"{training_session.cohort.code}-{training_session.code}-register.xlsx")


def _as_file(data: bytes, name: str) -> ResponseReturnValue:
    return send_file(io.BytesIO(data), XLSX, as_attachment=True, download_name=name)


# Imports --------------------------------------------------------------------------------------


@bp.route("/sessions/<public_id>/register/import", methods=["GET", "POST"])
@requires(Permission.IMPORT_ATTENDANCE, on=find_training_session)
def import_report(training_session: TrainingSession) -> ResponseReturnValue:
    """Upload a meeting report; nothing is written before it was reviewed."""
    form = ReportForm()
    problems: list[str] = []
    if form.validate_on_submit():
        data, name = form.file.data.read(), form.file.data.filename or "?"
        try:
            proposed = _propose(training_session, data, name)
        except BadInput as error:
            db.session.rollback()
            problems = [sentence(message) for message in error.messages]
        else:
            db.session.commit()
            return redirect(url_for("attendance.review_import", public_id=proposed.public_id), 303)
    return (
        render_template(
            "attendance/import.html",
            training_session=training_session,
            cohort=training_session.cohort,
            form=form,
            problems=problems,
        ),
        422 if problems or form.errors else 200,
    )


def _propose(training_session: TrainingSession, data: bytes, name: str) -> AttendanceImport:
    zone = service.zone_of(training_session)
    day = training_session.starts_at.astimezone(zone).date()
    try:
        report = read_report(data, name, on=day)
    except AmbiguousDates as error:
        # Neither reading is the day of the session, so the file is of another meeting.
        first, second = (long_date(reading) for reading in error.readings.values())
        raise BadInput(
            [
                _(
                    "The dates in this file are %(first)s or %(second)s, and the session is on "
                    "%(day)s. Choose the session of that day.",
                    first=first,
                    second=second,
                    day=long_date(day),
                )
            ]
        ) from error
    return import_service.propose_import(
        training_session, report, file_name=name, data=data, by=signed_in_user(), now=clock.now()
    )


@bp.route("/attendance-imports/<public_id>", methods=["GET", "POST"])
@requires(Permission.IMPORT_ATTENDANCE, on=import_service.find_import)
def review_import(proposed: AttendanceImport) -> ResponseReturnValue:
    """What an import would do, name by name; accept it, correct it or put it away."""
    training_session = import_service.session_of(proposed)
    count = len(proposed.report["people"])
    candidates = tuple(import_service.list_candidates(training_session.cohort))
    choices = read_choices(request.form, count, candidates)
    act = request.form.get("act", "")
    problems: list[str] = []
    if request.method == "POST" and act == "discard":
        import_service.discard_import(proposed)
        db.session.commit()
        flash(_("The file was put away. Nothing was imported."))
        return redirect(url_for("attendance.register", public_id=training_session.public_id), 303)
    if request.method == "POST" and act == "accept":
        try:
            review = import_service.accept_import(
                proposed,
                choices,
                remember=[place for place in range(count) if f"remember-{place}" in request.form],
                rest_is_absent="rest" in request.form,
                by=signed_in_user(),
                now=clock.now(),
            )
        except BadInput as error:
            db.session.rollback()
            problems = [sentence(message) for message in error.messages]
        else:
            db.session.commit()
            flash(
                ngettext(
                    "The mark of %(num)s participant was imported.",
                    "The marks of %(num)s participants were imported.",
                    len(review.marks),
                )
            )
            return redirect(
                url_for("attendance.register", public_id=training_session.public_id), 303
            )
    change = request.form.get("change", "")
    return (
        render_template(
            "attendance/review.html",
            proposed=proposed,
            training_session=training_session,
            cohort=training_session.cohort,
            review=import_service.review_of(proposed, choices),
            choices=choices,
            changing=int(change) if change.isascii() and change.isdigit() else None,
            sent=request.form,
            problems=problems,
            is_open=proposed.state == ImportState.REVIEW,
            was_accepted_before=import_service.was_accepted_before(proposed),
        ),
        422 if problems else 200,
    )


# The hours ledger -----------------------------------------------------------------------------


@bp.get("/cohorts/<public_id>/attendance")
@requires(Permission.SEE_LEDGER, on=find_cohort)
def ledger(cohort: Cohort) -> ResponseReturnValue:
    """The hours of everybody in a cohort; who needs attention comes first."""
    found = ledger_service.ledger_of(cohort, now=clock.now())
    hour = cohort.programme.academic_hour_minutes
    return render_template(
        "attendance/ledger.html",
        cohort=cohort,
        ledger=found,
        hours_of=cache(lambda minutes: hours(minutes, hour)),
        cells_of=_cells(found),
    )


_SHAPES = {
    AttendanceStatus.PRESENT: "p",
    AttendanceStatus.LATE: "l",
    AttendanceStatus.LEFT_EARLY: "y",
    AttendanceStatus.PARTIAL: "t",
    AttendanceStatus.EXCUSED: "e",
    AttendanceStatus.ABSENT: "a",
}


def _cells(found: CohortLedger) -> Callable[[LedgerRow], Markup]:
    """The cells of a row. Thousands are on one page, so equal ones are drawn once."""
    draw = get_template_attribute("attendance/parts.html", "ledger_cell")
    words = {status: status_word(status) for status in (*AttendanceStatus, None)}
    to_come = _("to come")
    places = {each.id: place for place, each in enumerate(found.sessions)}
    drawn: dict[tuple[int, AttendanceStatus | None, int], tuple[str, str]] = {}
    columns = []
    before = None
    for each in found.sessions_by_module:
        columns.append((each, places[each.id], each.module_id != before))
        before = each.module_id

    def halves(
        session: LedgerSession, status: AttendanceStatus | None, attended: int, is_first: bool
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
        address = url_for("attendance.mark", public_id=session.public_id, enrolment_id="-")
        before, after = str(draw(kind, address, text, is_first)).split(address)
        return before + address[:-1], after

    def cells_of(row: LedgerRow) -> Markup:
        parts: list[str] = []
        for session, place, is_first in columns:
            line = row.ledger.sessions[place]
            key = (place, line.status, line.attended)
            if key not in drawn:
                drawn[key] = halves(session, line.status, line.attended, is_first)
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
    data = ledger_workbook(ledger_service.ledger_of(cohort, now=clock.now()))
    return _as_file(data, f"{cohort.code}-hours.xlsx")


@bp.get("/enrolments/<public_id>/hours")
@requires(Permission.SEE_OWN_HOURS, on=find_enrolment)
def participant(enrolment: Enrolment) -> ResponseReturnValue:
    """One participant's hours, with the marks that every figure is made of."""
    return render_template(
        "attendance/participant.html",
        enrolment=enrolment,
        cohort=enrolment.cohort,
        attendance=ledger_service.attendance_of(enrolment, now=clock.now()),
    )
