"""Routes: sign-in sheets to print, and the signed ones that come back as evidence."""

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import evidence_service, paper_exports, paper_service
from courseware.attendance.ledger_views import as_file, bp
from courseware.attendance.models import RegisterEvidence
from courseware.attendance.paper_service import SessionDay, SignInSheet
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.files import FileMissing
from courseware.i18n import _, ngettext, sentence
from courseware.images import UnusablePicture, read_page
from courseware.permissions import Permission, requires, signed_in_user
from courseware.scans import take_pages
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import find_training_session
from courseware.security import without_lock

PDF = "application/pdf"


@bp.get("/cohorts/<public_id>/sign-in-sheets")
@requires(Permission.RECORD_ATTENDANCE, on=find_cohort)
def sheets(cohort: Cohort) -> ResponseReturnValue:
    """The sign-in sheets of a cohort, by day and by session, and which came back signed."""
    days = paper_service.list_days(cohort)
    return render_template(
        "attendance/sheets.html",
        cohort=cohort,
        days=days,
        pages=evidence_service.count_evidence([each for day in days for each in day.sessions]),
        languages=_languages(cohort),
    )


@bp.get("/cohorts/<public_id>/sign-in-sheets/<day>.pdf")
@requires(Permission.RECORD_ATTENDANCE, on=paper_service.find_day)
def sheet_of_day(day: SessionDay) -> ResponseReturnValue:
    """One sheet for a whole day."""
    return _printed(paper_service.sheet_of_day(day))


@bp.get("/sessions/<public_id>/sign-in-sheet.pdf")
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def sheet_of_session(training_session: TrainingSession) -> ResponseReturnValue:
    """The sheet of one session."""
    return _printed(paper_service.sheet_of_session(training_session))


def _printed(sheet: SignInSheet) -> ResponseReturnValue:
    pdf = paper_exports.sign_in_sheet(
        sheet,
        _languages(sheet.cohort),
        address_of=lambda each: url_for("schedule.show", public_id=each.public_id, _external=True),
    )
    return as_file(pdf, paper_exports.file_name(sheet), PDF)


def _languages(cohort: Cohort) -> list[str]:
    return paper_exports.languages_of(cohort, request.args.getlist("language"))


@bp.route("/sessions/<public_id>/signed-sheets", methods=["GET", "POST"])
@requires(Permission.RECORD_ATTENDANCE, on=find_training_session)
def signed_sheets(training_session: TrainingSession) -> ResponseReturnValue:
    """The paper of one session: the sheet to print, and photographs or scans of it, signed."""
    problems: list[tuple[str, str]] = []
    if request.method == "POST":
        files = [file for file in request.files.getlist("file") if file.filename]
        drawn: list[tuple[str, list[str]]] = []
        with without_lock():  # a long scan takes some seconds to draw
            for file in files:
                name = file.filename or "?"
                try:
                    drawn.append((name, take_pages(file.read())))
                except UnusablePicture as error:
                    problems.append(("file", f"{name[:80]}: {sentence(error.message)}"))
        if not files:
            problems = [("file", _("Choose a photograph or a scan of the signed sheet."))]
        if drawn:  # one file that cannot be read takes none of the others with it
            added = sum(
                evidence_service.attach_evidence(
                    training_session, pages, name, by=signed_in_user(), now=clock.now()
                )
                for name, pages in drawn
            )
            db.session.commit()
            flash(
                ngettext("%(num)s page is attached.", "%(num)s pages are attached.", added)
                if added
                else _("These pages were attached before.")
            )
            if not problems:
                return redirect(
                    url_for("attendance.signed_sheets", public_id=training_session.public_id), 303
                )
    return (
        render_template(
            "attendance/signed_sheets.html",
            training_session=training_session,
            cohort=training_session.cohort,
            pages=evidence_service.list_evidence(training_session),
            languages=_languages(training_session.cohort),
            problems=problems,
        ),
        422 if problems else 200,
    )


@bp.get("/signed-sheets/<public_id>.jpg")
@requires(Permission.RECORD_ATTENDANCE, on=evidence_service.find_evidence)
def signed_page(evidence: RegisterEvidence) -> ResponseReturnValue:
    """One page of a signed sheet."""
    try:
        return Response(read_page(evidence.sha256), mimetype="image/jpeg")
    except FileMissing:
        abort(404)


@bp.post("/signed-sheets/<public_id>/remove")
@requires(Permission.RECORD_ATTENDANCE, on=evidence_service.find_evidence)
def remove_signed_page(evidence: RegisterEvidence) -> ResponseReturnValue:
    """Take a page away that does not belong to the register."""
    training_session = evidence.training_session
    address = url_for("attendance.signed_sheets", public_id=training_session.public_id)
    evidence_service.remove_evidence(evidence, by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("The page was taken away."))
    return redirect(address, 303)
