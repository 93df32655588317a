"""Routes of the trainer in check-in: the wall, the list of who is in."""

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import check_in_service, state_service
from courseware.attendance.check_in_rules import in_groups
from courseware.attendance.ledger_views import bp
from courseware.db import db
from courseware.i18n import _, ngettext
from courseware.permissions import Permission, requires, signed_in_user
from courseware.qr import qr_svg
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import find_training_session


@bp.get("/sessions/<public_id>/check-in")
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def projector(training_session: TrainingSession) -> ResponseReturnValue:
    """The wall: a QR code and digits that change every few seconds."""
    now = clock.now()
    return render_template(
        "attendance/projector.html",
        training_session=training_session,
        cohort=training_session.cohort,
        window=check_in_service.window(training_session),
        is_closed=state_service.is_closed(training_session),
        shown=_shown(training_session),
        now=now,
        address=url_for("attendance.type_code", _external=True).partition("://")[2],
    )


@bp.get("/sessions/<public_id>/check-in.json")
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def projector_state(training_session: TrainingSession) -> Response:
    """The same for the page itself, which asks every few seconds."""
    return jsonify(_shown(training_session))


def _shown(training_session: TrainingSession) -> dict[str, object]:
    """What the wall shows now; without a code where check-in is not open."""
    shown = check_in_service.shown_code(training_session, now=clock.now())
    here, waiting, enrolled = check_in_service.count_here(training_session)
    text = _("%(here)s of %(enrolled)s are in", here=here, enrolled=enrolled)
    if waiting:
        text = f"{text} · " + ngettext(
            "%(num)s waits for the trainer", "%(num)s wait for the trainer", waiting
        )
    if shown is None:
        return {"code": "", "qr": "", "left": 5, "seconds": 5, "text": text}
    address = url_for(
        "attendance.scan", public_id=training_session.public_id, code=shown.code, _external=True
    )
    return {
        "code": in_groups(shown.code),
        "qr": qr_svg(address, title=_("QR code to check in")),
        "left": shown.seconds_left,
        "seconds": check_in_service.seconds_shown(),
        "text": text,
    }


@bp.route("/sessions/<public_id>/check-ins", methods=["GET", "POST"])
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def check_ins(training_session: TrainingSession) -> ResponseReturnValue:
    """Who is in, who waits for a tap, and what is worth a look; on the trainer's phone."""
    if request.method == "POST":
        is_confirmed = request.form.get("act") != "decline"
        decided = check_in_service.decide(
            training_session,
            request.form.getlist("check_in"),
            is_confirmed=is_confirmed,
            by=signed_in_user(),
            now=clock.now(),
        )
        names = ", ".join(each.enrolment.user.name for each in decided)
        address = url_for("attendance.check_ins", public_id=training_session.public_id)
        db.session.commit()
        if not decided:
            flash(_("Nobody is left to decide about: somebody did it meanwhile."), "warning")
        elif is_confirmed:
            flash(_("Confirmed: %(names)s.", names=names))
        else:
            flash(_("Declined: %(names)s. Nothing was marked.", names=names))
        return redirect(address, 303)
    return render_template(
        "attendance/check_ins.html",
        training_session=training_session,
        cohort=training_session.cohort,
        found=check_in_service.list_check_ins(training_session),
        presence_of=check_in_service.presence_of,
        window=check_in_service.window(training_session),
        now=clock.now(),
    )


@bp.app_template_global()
def check_in_is_open(training_session: TrainingSession) -> bool:
    """Whether a session can be checked in to now, for a link where it helps."""
    return check_in_service.is_open(training_session, now=clock.now())
