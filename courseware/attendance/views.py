"""Routes: registers, corrections and their history, imports."""

from flask import (
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import balance_views as balance_views
from courseware.attendance import check_in_views as check_in_views
from courseware.attendance import decision_views as decision_views
from courseware.attendance import desk_views as desk_views
from courseware.attendance import grid_views as grid_views
from courseware.attendance import history_service, service, state_service, walk_in_service
from courseware.attendance import import_views as import_views
from courseware.attendance import paper_views as paper_views
from courseware.attendance import phone_views as phone_views
from courseware.attendance import projector_views as projector_views
from courseware.attendance import request_views as request_views
from courseware.attendance import sync_views as sync_views
from courseware.attendance import walk_in_views as walk_in_views
from courseware.attendance.exports import register_sheet
from courseware.attendance.forms import (
    MarkForm,
    RegisterForm,
    signature,
    status_choices,
)
from courseware.attendance.history_service import RegisterCell
from courseware.attendance.ledger_views import as_file, bp
from courseware.attendance.rules import AttendanceStatus
from courseware.db import db
from courseware.i18n import _, ngettext
from courseware.permissions import Permission, requires, signed_in_user
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import find_training_session

REST = {"rest-present": AttendanceStatus.PRESENT, "rest-absent": AttendanceStatus.ABSENT}
"""What can be said at once of everybody whom nobody has marked, by the button that says it."""

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
    if status := REST.get(act):
        count = service.mark_the_rest(training_session, status, by=by, now=now, key=key)
        if status is AttendanceStatus.ABSENT:
            text = ngettext(
                "%(num)s participant is absent.", "%(num)s participants are absent.", count
            )
        else:
            text = ngettext(
                "%(num)s participant is present.", "%(num)s participants are present.", count
            )
        flash(text)
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
    form = MarkForm(data=history_service.as_form_data(in_force, zone))
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
