"""Routes: the import desk of a cohort, where several files are dropped at once."""

from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import (
    alias_service,
    desk_expiry_service,
    desk_list_service,
    desk_service,
)
from courseware.attendance.desk_service import DroppedFile, Received
from courseware.attendance.forms import FilesForm
from courseware.attendance.ledger_views import bp
from courseware.attendance.moment_rules import DateOrder
from courseware.attendance.proposal_rules import clock_choices
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.errors import BadInput
from courseware.i18n import _, ngettext, sentence
from courseware.permissions import Permission, requires, signed_in_user
from courseware.schedule.service import list_sessions


@bp.route("/cohorts/<public_id>/attendance/imports", methods=["GET", "POST"])
@requires(Permission.IMPORT_ATTENDANCE, on=find_cohort)
def import_desk(cohort: Cohort) -> ResponseReturnValue:
    """Drop files, answer what must be asked, review, withdraw."""
    form = FilesForm()
    act = request.form.get("act", "") if request.method == "POST" else ""
    if act in _ACTS:
        return _ACTS[act](cohort)
    received = None
    if form.validate_on_submit():
        files = [DroppedFile(each.filename or "?", each.read()) for each in form.files.data]
        received = desk_service.receive_files(cohort, files, by=signed_in_user(), now=clock.now())
        db.session.commit()
        if not received.refused:
            _tell(received)
            return redirect(_address(cohort), 303)
    problems = [
        f"{file.name}: {' '.join(sentence(message) for message in file.messages)}"
        for file in (received.refused if received else ())
    ]
    return (
        render_template(
            "attendance/desk.html",
            cohort=cohort,
            form=form,
            problems=problems,
            received=received,
            desk=desk_list_service.read_desk(cohort),
            sessions=list_sessions(cohort),
            aliases=alias_service.list_aliases(cohort),
            clocks=clock_choices(),
            days_kept=desk_expiry_service.days_kept(),
            leaves_soon=partial(desk_expiry_service.leaves_soon, now=clock.now()),
        ),
        422 if problems or form.errors else 200,
    )


def _address(cohort: Cohort) -> str:
    return url_for("attendance.import_desk", public_id=cohort.public_id)


def _tell(received: Received) -> None:
    if received.kept:
        flash(
            ngettext(
                "%(num)s register is ready for review. Nothing is imported yet.",
                "%(num)s registers are ready for review. Nothing is imported yet.",
                len(received.kept),
            )
        )
    if received.already_here:
        flash(
            _(
                "Already on the desk: %(files)s.",
                files=", ".join(dict.fromkeys(each.file_name for each in received.already_here)),
            ),
            "warning",
        )


def _answer_dates(cohort: Cohort) -> ResponseReturnValue:
    order = request.form.get("order", "")
    if order not in set(DateOrder):
        flash(_("Choose how the dates are written."), "warning")
        return redirect(_address(cohort), 303)
    try:
        desk_service.answer_dates(cohort, request.form.get("desk", ""), DateOrder(order))
    except BadInput as error:
        db.session.rollback()
        flash(sentence(error.messages[0]), "warning")
    else:
        db.session.commit()
    return redirect(_address(cohort), 303)


def _accept_clear(cohort: Cohort) -> ResponseReturnValue:
    try:
        files, marks = desk_list_service.accept_clear(cohort, by=signed_in_user(), now=clock.now())
    except BadInput as error:
        db.session.rollback()
        flash(sentence(error.messages[0]), "warning")
    else:
        db.session.commit()
        flash(
            ngettext(
                "%(num)s mark was imported from %(files)s files.",
                "%(num)s marks were imported from %(files)s files.",
                marks,
                files=files,
            )
        )
    return redirect(_address(cohort), 303)


def _forget(cohort: Cohort) -> ResponseReturnValue:
    ids = {int(each) for each in request.form.getlist("alias") if each.isascii() and each.isdigit()}
    count = alias_service.forget(cohort, ids)
    db.session.commit()
    flash(ngettext("%(num)s name was forgotten.", "%(num)s names were forgotten.", count))
    return redirect(_address(cohort), 303)


_ACTS = {"dates": _answer_dates, "clear": _accept_clear, "forget": _forget}
