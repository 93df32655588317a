"""Routes of the report: made at once or in the background, watched, downloaded."""

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.feedback import exports, report_file_service, report_service
from courseware.feedback.cohort_views import bp
from courseware.feedback.models import ReportFile
from courseware.files import FileMissing
from courseware.i18n import LANGUAGE_NAMES, LANGUAGES, _, language
from courseware.permissions import Permission, requires, signed_in_user
from courseware.security import without_lock


@bp.get("/cohorts/<public_id>/feedback/report.<kind>")
@requires(
    Permission.SEE_FEEDBACK,
    on=lambda public_id, kind: find_cohort(public_id) if kind in exports.KINDS else None,
)
def report(cohort: Cohort) -> ResponseReturnValue:
    """The feedback report as a file; the way to ask for it, where making it takes longer."""
    kind = str((request.view_args or {})["kind"])
    tongue = request.args.get("language", language())
    if tongue not in LANGUAGES:
        abort(404)
    value = report_service.read_report(cohort, now=clock.now())
    if not report_file_service.is_quick(value, kind):
        return redirect(
            url_for("feedback.reports", public_id=cohort.public_id, language=tongue), 303
        )
    return _file(exports.make_report(value, kind, tongue), cohort, kind, tongue)


@bp.route("/cohorts/<public_id>/feedback/reports", methods=["GET", "POST"])
@requires(Permission.SEE_FEEDBACK, on=find_cohort)
def reports(cohort: Cohort) -> ResponseReturnValue:
    """Ask for a report in one language or two; those that were made, and those being made."""
    wrong: list[tuple[str | None, str]] = []
    if request.method == "POST":
        first, second = request.form.get("language", ""), request.form.get("second", "")
        kind = request.form.get("kind", "")
        if first not in LANGUAGES:
            wrong.append(("language", _("Choose a language.")))
        if second and (second not in LANGUAGES or second == first):
            wrong.append(("second", _("Choose another language, or none.")))
        if kind not in exports.KINDS:
            wrong.append(("kind", _("Choose a kind of file.")))
        if not wrong:
            languages = f"{first}+{second}" if second and kind == "pdf" else first
            return _ask(cohort, kind, languages)
    page = render_template(
        "feedback/reports.html",
        cohort=cohort,
        found=report_file_service.list_report_files(cohort),
        wrong=wrong,
        words=_words_of,
        progress_words=_progress_words,
        form=request.form or {"language": request.args.get("language", language())},
    )
    return page, 422 if wrong else 200


def _ask(cohort: Cohort, kind: str, languages: str) -> ResponseReturnValue:
    now = clock.now()
    with without_lock():  # setting the pages takes a second, for which nobody else need wait
        value = report_service.read_report(cohort, now=now)
        is_quick = report_file_service.is_quick(value, kind)
        data = exports.make_report(value, kind, languages) if is_quick else b""
    asked = report_file_service.ask_for_report(
        cohort, kind, languages, by=signed_in_user(), now=now
    )
    if is_quick:
        report_file_service.keep(asked, data, now=now)
        flash(_("The report is ready."))
    else:
        report_file_service.make_later(asked, now=now)
        flash(_("The report is being made. You may leave this page."))
    db.session.commit()
    return redirect(url_for("feedback.reports", public_id=cohort.public_id), 303)


@bp.post("/feedback/reports/<public_id>/again")
@requires(Permission.SEE_FEEDBACK, on=report_file_service.find_report_file)
def report_again(found: ReportFile) -> ResponseReturnValue:
    """Try again to make what could not be made."""
    if found.error:
        report_file_service.make_later(found, now=clock.now())
        db.session.commit()
    return redirect(url_for("feedback.reports", public_id=found.cohort.public_id), 303)


@bp.get("/feedback/reports/<public_id>")
@requires(Permission.SEE_FEEDBACK, on=report_file_service.find_report_file)
def report_file(found: ReportFile) -> ResponseReturnValue:
    """A report that was made."""
    try:
        data = report_file_service.content_of(found) if found.sha256 else abort(404)
    except FileMissing:
        abort(404)
    return _file(data, found.cohort, found.kind, found.languages)


@bp.get("/feedback/reports/<public_id>/progress")
@requires(Permission.SEE_FEEDBACK, on=report_file_service.find_report_file)
def report_progress(found: ReportFile) -> ResponseReturnValue:
    """How far it is, for the page that waits."""
    return {
        "done": found.done,
        "whole": found.steps,
        "finished": bool(found.finished_at or found.error),
        "text": _progress_words(found),
    }


def _words_of(found: ReportFile) -> str:
    languages = [LANGUAGE_NAMES[code] for code in found.languages.split("+")]
    return f"{found.kind.upper()} · {' + '.join(languages)}"


def _progress_words(found: ReportFile) -> str:
    if found.done == 0:
        return _("The answers are being read.")
    if found.done < found.steps - 1:
        return _("The words are being written.")
    return _("The pages are being set.")


def _file(data: bytes, cohort: Cohort, kind: str, languages: str) -> Response:
    name = f"feedback-{cohort.code}-{languages.replace('+', '-')}.{kind}"
    return Response(
        data,
        content_type=exports.KINDS[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
