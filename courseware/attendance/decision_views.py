"""Routes: what somebody decides about a register as a whole, a notice, or a question."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import state_service
from courseware.attendance.ledger_views import bp
from courseware.attendance.request_forms import ReopenForm
from courseware.db import db
from courseware.i18n import _
from courseware.permissions import Permission, requires, signed_in_user
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import find_training_session


@bp.route("/sessions/<public_id>/register/reopen", methods=["GET", "POST"])
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def reopen(training_session: TrainingSession) -> ResponseReturnValue:
    """Open a closed register again, with the reason."""
    sheet = url_for("attendance.register", public_id=training_session.public_id)
    register = state_service.find_register_state(training_session)
    if register is None or register.closed_at is None:
        flash(_("The register is open already."))
        return redirect(sheet, 303)
    form = ReopenForm()
    if form.validate_on_submit():
        state_service.reopen_register(
            training_session, reason=form.said, by=signed_in_user(), now=clock.now()
        )
        db.session.commit()
        flash(_("The register is open again."))
        return redirect(sheet, 303)
    return (
        render_template(
            "attendance/reopen.html",
            training_session=training_session,
            cohort=training_session.cohort,
            register=register,
            form=form,
        ),
        422 if form.errors else 200,
    )
