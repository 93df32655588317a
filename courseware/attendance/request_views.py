"""Routes: what a participant asks for, and the papers that go with it."""

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import ledger_service, request_service
from courseware.attendance.exports import status_word
from courseware.attendance.ledger_views import bp
from courseware.attendance.models import AbsenceNotice
from courseware.attendance.request_forms import AbsenceForm, QuestionForm
from courseware.attendance.request_rules import MOST_PAGES
from courseware.attendance.rules import AttendanceStatus
from courseware.cohorts.models import Enrolment
from courseware.cohorts.service import find_enrolment
from courseware.db import db
from courseware.files import FileMissing
from courseware.i18n import _, long_date, sentence, time_of_day
from courseware.images import UnusablePicture, read_page
from courseware.permissions import Permission, requires, signed_in_user
from courseware.scans import take_pages
from courseware.schedule.models import TrainingSession
from courseware.security import without_lock


def session_label(training_session: TrainingSession, zone: str) -> str:
    """A session in a list of choices: its code, day, times and title."""
    title = training_session.title or _("Session")
    start, end = training_session.starts_at, training_session.ends_at
    return (
        f"{training_session.code} · {long_date(start, zone)}, {time_of_day(start, zone)}–"
        f"{time_of_day(end, zone)} · {title}"
    )


@bp.route("/enrolments/<public_id>/absence", methods=["GET", "POST"])
@requires(Permission.REQUEST_ABOUT_MARKS, on=find_enrolment)
def announce_absence(enrolment: Enrolment) -> ResponseReturnValue:
    """Say beforehand that one will not be there."""
    now, address = clock.now(), url_for("attendance.participant", public_id=enrolment.public_id)
    zone = enrolment.cohort.timezone
    offered = request_service.requests_of(enrolment, now=now).to_announce
    form = AbsenceForm()
    form.sessions.choices = [(each.public_id, session_label(each, zone)) for each in offered]
    if request.method == "GET" and (wanted := request.args.get("session")):
        form.sessions.data = [wanted]
    if offered and form.validate_on_submit():
        pages, name, problem = _read_paper(form)
        if problem:
            form.file.errors = [problem]
        else:
            request_service.announce_absence(
                enrolment,
                form.chosen(offered),
                reason=form.said,
                pages=pages,
                file_name=name,
                by=signed_in_user(),
                now=now,
            )
            db.session.commit()
            flash(_("Your absence is announced. The coordinator decides whether it is excused."))
            return redirect(f"{address}#requests", 303)
    return (
        render_template(
            "attendance/absence.html",
            enrolment=enrolment,
            cohort=enrolment.cohort,
            form=form,
            offered=offered,
            back=address,
        ),
        422 if form.errors else 200,
    )


def _read_paper(form: AbsenceForm) -> tuple[list[str], str, str]:
    """The pages of the paper that came with a notice, its name, and what is wrong with it."""
    file = form.file.data
    if not file or not file.filename:
        return [], "", ""
    data, name = file.read(), file.filename[:200]
    try:
        with without_lock():
            pages = take_pages(data)
    except UnusablePicture as error:
        return [], name, sentence(error.message)
    if len(pages) > MOST_PAGES:
        most = _("The paper has %(count)s pages; at most 5 can go with a notice.", count=len(pages))
        return [], name, most
    return pages, name, ""


@bp.post("/absence-notices/<public_id>/take-back")
@requires(Permission.REQUEST_ABOUT_MARKS, on=request_service.find_notice)
def take_absence_back(notice: AbsenceNotice) -> ResponseReturnValue:
    """The participant comes after all."""
    address = url_for("attendance.participant", public_id=notice.enrolment.public_id)
    request_service.take_back_notice(notice, by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("The announced absence is taken back."))
    return redirect(f"{address}#requests", 303)


@bp.get("/absence-notices/<public_id>/<int:page>.jpg")
@requires(Permission.SEE_REQUEST, on=request_service.find_page)
def notice_page(found: request_service.NoticePage) -> ResponseReturnValue:
    """One page of the paper that goes with an announced absence."""
    try:
        return Response(read_page(found.sha256), mimetype="image/jpeg")
    except FileMissing:
        abort(404)


@bp.route("/enrolments/<public_id>/question", methods=["GET", "POST"])
@requires(Permission.REQUEST_ABOUT_MARKS, on=find_enrolment)
def ask_about_mark(enrolment: Enrolment) -> ResponseReturnValue:
    """Ask to have a mark looked at again."""
    now, address = clock.now(), url_for("attendance.participant", public_id=enrolment.public_id)
    zone = enrolment.cohort.timezone
    offered = request_service.requests_of(enrolment, now=now).to_review
    form = QuestionForm()
    form.session.choices = _with_marks(enrolment, offered, zone)
    if request.method == "GET":
        form.session.data = request.args.get("session", "")
    if offered and form.validate_on_submit():
        (asked,) = (each for each in offered if each.public_id == form.session.data)
        request_service.ask_review(enrolment, asked, text=form.said, by=signed_in_user(), now=now)
        db.session.commit()
        flash(_("Your question is with the coordinator. The answer comes by mail and stands here."))
        return redirect(f"{address}#requests", 303)
    return (
        render_template(
            "attendance/question.html",
            enrolment=enrolment,
            cohort=enrolment.cohort,
            form=form,
            offered=offered,
            back=address,
        ),
        422 if form.errors else 200,
    )


def _with_marks(
    enrolment: Enrolment, offered: tuple[TrainingSession, ...], zone: str
) -> list[tuple[str, str]]:
    """The sessions with what their registers say now."""
    found = ledger_service.attendance_of(enrolment, now=clock.now()) if offered else None
    words: dict[str, AttendanceStatus | None] = {
        line.session.public_id: line.mark.presence.status if line.mark else None
        for _module, _total, lines in (found.modules if found else ())
        for line in lines
    }
    return [
        (
            each.public_id,
            f"{session_label(each, zone)}: {status_word(words.get(each.public_id))}",
        )
        for each in offered
    ]
