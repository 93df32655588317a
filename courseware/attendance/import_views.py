"""Routes: a meeting report for one session, and reviewing what an import would do."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import (
    alias_service,
    desk_service,
    import_service,
    joining_service,
    meeting_service,
    service,
)
from courseware.attendance.forms import ReportForm, read_choices
from courseware.attendance.ledger_views import bp
from courseware.attendance.models import AttendanceImport
from courseware.attendance.moment_rules import AmbiguousDates
from courseware.attendance.proposal_rules import clock_choices, read_clock_choice
from courseware.attendance.rules import ImportState
from courseware.db import db
from courseware.errors import BadInput
from courseware.i18n import _, long_date, ngettext, sentence
from courseware.permissions import Permission, requires, signed_in_user
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import find_training_session, list_sessions


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
    try:
        report = meeting_service.read_for_session(training_session, data, name)
    except AmbiguousDates as error:
        # Neither reading is the day of the session, so the file is of another meeting.
        day = training_session.starts_at.astimezone(service.zone_of(training_session)).date()
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
    """What an import would do, name by name; accept it, correct it, put it away, withdraw it."""
    act = request.form.get("act", "") if request.method == "POST" else ""
    if act in _OTHER_ACTS:
        return _OTHER_ACTS[act](proposed)
    if proposed.state is ImportState.ASKING:
        return redirect(_desk_of(proposed), 303)
    import_service.refuse_put_away(proposed)
    training_session = import_service.session_of(proposed)
    count = len(proposed.report["people"])
    candidates = tuple(alias_service.list_candidates(training_session.cohort))
    choices = read_choices(request.form, count, candidates) or import_service.choices_of(proposed)
    problems: list[str] = []
    if act == "accept":
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
            return redirect(_after(proposed), 303)
    return _page(proposed, training_session, choices, problems)


def _page(
    proposed: AttendanceImport,
    training_session: TrainingSession,
    choices: dict[int, int | None],
    problems: list[str],
) -> ResponseReturnValue:
    change = request.form.get("change", "")
    siblings = desk_service.siblings_of(proposed)
    is_open = proposed.state is ImportState.REVIEW
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
            is_open=is_open,
            siblings=[each for each in siblings if each.training_session is not None],
            sessions=list_sessions(training_session.cohort) if is_open else [],
            clocks=clock_choices(),
            others=joining_service.list_of_same_session(proposed) if is_open else [],
            was_accepted_before=import_service.was_accepted_before(proposed),
        ),
        422 if problems else 200,
    )


def _desk_of(proposed: AttendanceImport) -> str:
    return url_for("attendance.import_desk", public_id=proposed.cohort.public_id)


def _after(proposed: AttendanceImport) -> str:
    """Where somebody goes on: the next file of the drop, the desk, or the register."""
    following = desk_service.next_to_review(proposed)
    if following is not None:
        return url_for("attendance.review_import", public_id=following.public_id)
    if proposed.desk or proposed.training_session is None:
        return _desk_of(proposed)
    return url_for("attendance.register", public_id=proposed.training_session.public_id)


def _discard(proposed: AttendanceImport) -> ResponseReturnValue:
    import_service.discard_import(proposed)
    db.session.commit()
    flash(_("The file was put away. Nothing was imported."))
    return redirect(_after(proposed), 303)


def _withdraw(proposed: AttendanceImport) -> ResponseReturnValue:
    by, now = signed_in_user(), clock.now()
    if request.form.get("act") == "withdraw-file":
        count = desk_service.withdraw_file(proposed, by=by, now=now)
    else:
        count = import_service.withdraw_import(proposed, by=by, now=now)
    db.session.commit()
    flash(
        ngettext(
            "The import was withdrawn: %(num)s entry counts no longer.",
            "The import was withdrawn: %(num)s entries count no longer.",
            count,
        )
    )
    return redirect(_desk_of(proposed), 303)


def _choose_session(proposed: AttendanceImport) -> ResponseReturnValue:
    chosen = find_training_session(request.form.get("session", ""))
    if chosen is None or chosen.cohort_id != proposed.cohort_id:
        flash(_("Choose the session that the file is about."), "warning")
        return redirect(_desk_of(proposed), 303)
    try:
        clock_of_file = read_clock_choice(request.form.get("clock", ""))
        desk_service.choose_session(proposed, chosen, clock=clock_of_file)
    except AmbiguousDates:
        db.session.rollback()
        flash(_("No reading of the dates in this file is the day of that session."), "warning")
        return redirect(_desk_of(proposed), 303)
    except BadInput as error:
        db.session.rollback()
        flash(sentence(error.messages[0]), "warning")
        return redirect(_desk_of(proposed), 303)
    db.session.commit()
    return redirect(url_for("attendance.review_import", public_id=proposed.public_id), 303)


def _join(proposed: AttendanceImport) -> ResponseReturnValue:
    other = import_service.find_import(request.form.get("other", ""))
    if other is None or other.cohort_id != proposed.cohort_id:
        flash(_("Choose the file to join with this one."), "warning")
        return redirect(_desk_of(proposed), 303)
    joining_service.join_files(proposed, other)
    db.session.commit()
    flash(_("The times of both files are here now. Look through them and import them."))
    return redirect(url_for("attendance.review_import", public_id=proposed.public_id), 303)


_OTHER_ACTS = {
    "join": _join,
    "discard": _discard,
    "withdraw": _withdraw,
    "withdraw-file": _withdraw,
    "session": _choose_session,
}
