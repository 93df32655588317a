"""Routes: registers, corrections and their history, imports."""

from typing import Any

from flask import (
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import decision_views as decision_views
from courseware.attendance import (
    history_service,
    import_service,
    service,
    state_service,
    walk_in_service,
)
from courseware.attendance import paper_views as paper_views
from courseware.attendance import sync_views as sync_views
from courseware.attendance import walk_in_views as walk_in_views
from courseware.attendance.exports import register_sheet
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
from courseware.attendance.ledger_views import as_file, bp
from courseware.attendance.models import AttendanceImport
from courseware.attendance.report_rules import AmbiguousDates
from courseware.attendance.rules import ImportState
from courseware.db import db
from courseware.errors import BadInput
from courseware.i18n import _, long_date, ngettext, sentence
from courseware.permissions import Permission, requires, signed_in_user
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import find_training_session

# Registers ------------------------------------------------------------------------------------


@bp.route("/sessions/<public_id>/register", methods=["GET", "POST"])
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def register(training_session: TrainingSession) -> ResponseReturnValue:
    """The register of one session: who is enrolled, who is here."""
    now = clock.now()
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
            walk_ins=walk_in_service.list_walk_ins(training_session),
            owner=signed_in_user().public_id,
            status_choices=status_choices(),
            now=now,
            closes_at=state_service.when_it_closes(training_session, form.register.reopened_at),
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
        address = url_for("attendance.reopen", public_id=training_session.public_id)
        return redirect(address, 303)
    service.record_marks(training_session, form.wanted, by=by, now=now, key=key)
    if form.walk_in:
        walk_in_service.add_walk_in(
            training_session, form.walk_in, arrived_at=form.walk_in_at, by=by, now=now
        )
    if act == "rest":
        count = service.mark_the_rest_absent(training_session, by=by, now=now, key=key)
        flash(ngettext("%(num)s participant is absent.", "%(num)s participants are absent.", count))
    if act == "close":
        state_service.close_register(training_session, by=by, now=now)
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
    elif form.walk_in:
        flash(_("%(name)s is added. A coordinator says later who it is.", name=form.walk_in))
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
            settles=True,
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
            is_closed=state_service.is_closed(training_session),
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
        acts=state_service.list_acts(training_session),
    )


@bp.get("/sessions/<public_id>/register.xlsx")
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def register_file(training_session: TrainingSession) -> ResponseReturnValue:
    """The register as a sheet that can be filled in and imported again."""
    data = register_sheet(service.read_register(training_session))
    return as_file(data, f"{training_session.cohort.code}-{training_session.code}-register.xlsx")


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
