"""Routes: who came without being enrolled, and whom they turned out to be."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import walk_in_service
from courseware.attendance.ledger_views import bp
from courseware.attendance.models import WalkIn
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.i18n import _
from courseware.permissions import Permission, requires, signed_in_user


@bp.route("/cohorts/<public_id>/attendance/walk-ins", methods=["GET", "POST"])
@requires(Permission.EDIT_PARTICIPANTS, on=find_cohort)
def walk_ins(cohort: Cohort) -> ResponseReturnValue:
    """Everybody who was added by name: join each to an enrolment, or put them aside."""
    problem = ""
    walk_in = None
    if request.method == "POST":
        walk_in = walk_in_service.find_walk_in(cohort, request.form.get("walk-in", "")[:40])
        if walk_in is None:
            abort(404)
        if problem := _settle(cohort, walk_in):
            db.session.rollback()
        else:
            db.session.commit()
            return redirect(url_for("attendance.walk_ins", public_id=cohort.public_id), 303)
    return (
        render_template(
            "attendance/walk_ins.html",
            cohort=cohort,
            waiting=walk_in_service.list_open_walk_ins(cohort),
            enrolled=walk_in_service.list_enrolled(cohort),
            problems=[(f"who-{walk_in.public_id}", problem)] if walk_in and problem else [],
        ),
        422 if problem else 200,
    )


def _settle(cohort: Cohort, walk_in: WalkIn) -> str:
    """Do what was decided; a sentence where it cannot be done."""
    by, now = signed_in_user(), clock.now()
    name = walk_in.name
    if request.form.get("act") == "aside":
        walk_in_service.put_walk_in_aside(walk_in, by=by, now=now)
        flash(_("%(name)s is put aside. The entry stays in the record.", name=name))
        return ""
    wanted = request.form.get("who", "")
    enrolled = {each.public_id: each for each in walk_in_service.list_enrolled(cohort)}
    if wanted not in enrolled:
        return _("Choose whom %(name)s is, or put the entry aside.", name=name)
    enrolment = enrolled[wanted]
    walk_in_service.join_walk_in(walk_in, enrolment, by=by, now=now)
    flash(_("%(name)s is joined to %(who)s.", name=name, who=enrolment.user.name))
    return ""
