"""Issuing and revoking for coordinators, downloading for holders."""

from zoneinfo import ZoneInfo

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.credentials import (
    agreement_service,
    agreement_views,
    approver_service,
    correction_views,
    design_views,
    exports,
    journal_exports,
    service,
)
from courseware.credentials.agreement_rules import ProposalStanding, RowStanding
from courseware.credentials.file_views import PDF, first_page
from courseware.credentials.file_views import download as download_file
from courseware.credentials.forms import RevokeForm
from courseware.credentials.models import Credential, IssueBatch
from courseware.credentials.preflight_service import preflight, print_preview
from courseware.credentials.rules import (
    BatchState,
    CredentialKind,
    Mailing,
    Verdict,
)
from courseware.db import db
from courseware.i18n import _, ngettext
from courseware.permissions import Permission, requires, signed_in_user
from courseware.security import without_lock

bp = Blueprint("credentials", __name__)
bp.register_blueprint(agreement_views.bp)
bp.register_blueprint(correction_views.bp)
bp.register_blueprint(design_views.bp)

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/cohorts/<public_id>/certificates")
@requires(Permission.ISSUE_CERTIFICATES, on=find_cohort)
def cohort(cohort: Cohort) -> ResponseReturnValue:
    """Issuing in three steps: who, the issue itself, and what came of it."""
    found = preflight(cohort, now=clock.now())
    batches = service.list_batches(cohort)
    return render_template(
        "credentials/cohort.html",
        cohort=cohort,
        found=found,
        counts={verdict: len(found.having(verdict)) for verdict in Verdict},
        Verdict=Verdict,
        BatchState=BatchState,
        batches=[(batch, service.progress_of(batch)) for batch in batches],
        credentials=service.list_credentials(cohort),
        progress_text=_progress_text,
        parties=approver_service.list_parties(cohort),
        lists=agreement_service.list_summaries(cohort),
        proposable=agreement_service.proposable(found),
        RowStanding=RowStanding,
        ProposalStanding=ProposalStanding,
        CredentialKind=CredentialKind,
    )


@bp.post("/cohorts/<public_id>/certificates")
@requires(Permission.ISSUE_CERTIFICATES, on=find_cohort)
def issue(cohort: Cohort) -> ResponseReturnValue:
    """Issue to everyone who is ready."""
    with without_lock():  # the layout must hold; printing one takes time
        print_preview(preflight(cohort, now=clock.now()), now=clock.now())
    mailing = request.form.get("mailing", Mailing.LINK, type=Mailing)
    batch = service.issue_certificates(
        cohort, by=signed_in_user(), now=clock.now(), mailing=mailing
    )
    count = len(batch.credentials)
    db.session.commit()
    flash(
        ngettext(
            "%(num)s certificate is being printed. You may leave this page.",
            "%(num)s certificates are being printed. You may leave this page.",
            count,
        )
    )
    return _back_to(cohort)


@bp.get("/cohorts/<public_id>/certificates/preview.<any(pdf, png):ending>")
@requires(Permission.ISSUE_CERTIFICATES, on=lambda public_id, ending: find_cohort(public_id))
def preview(cohort: Cohort) -> ResponseReturnValue:
    """The first certificate that would be printed, as it would be printed."""
    data = print_preview(preflight(cohort, now=clock.now()), now=clock.now())
    if data is None:
        abort(404)
    if request.path.endswith(".pdf"):
        return Response(data, mimetype=PDF)
    return Response(first_page(data), mimetype="image/png")


@bp.get("/cohorts/<public_id>/certificates/archive.zip")
@requires(Permission.ISSUE_CERTIFICATES, on=find_cohort)
def archive(cohort: Cohort) -> ResponseReturnValue:
    """All certificates in force, and the register, in one file."""
    return send_file(
        journal_exports.write_archive(cohort),
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"certificates-{cohort.code}.zip",
    )


@bp.get("/cohorts/<public_id>/certificates/all.pdf")
@requires(Permission.ISSUE_CERTIFICATES, on=find_cohort)
def all_in_one(cohort: Cohort) -> ResponseReturnValue:
    """All certificates in force, one behind the other, for a printer."""
    return send_file(
        journal_exports.write_all_in_one(cohort),
        mimetype=PDF,
        as_attachment=True,
        download_name=f"certificates-{cohort.code}.pdf",
    )


@bp.get("/cohorts/<public_id>/certificates/journal.pdf")
@requires(Permission.ISSUE_CERTIFICATES, on=find_cohort)
def journal(cohort: Cohort) -> ResponseReturnValue:
    """The register as a journal on paper, with lines to sign."""
    today = clock.now().astimezone(ZoneInfo(cohort.timezone)).date()
    data = journal_exports.write_journal(cohort, today=today)
    return download_file(data, PDF, f"journal-{cohort.code}.pdf")


@bp.get("/cohorts/<public_id>/certificates/register.xlsx")
@requires(Permission.ISSUE_CERTIFICATES, on=find_cohort)
def register(cohort: Cohort) -> ResponseReturnValue:
    """The register of issued certificates."""
    return download_file(exports.write_register(cohort), EXCEL, f"register-{cohort.code}.xlsx")


@bp.get("/certificates/batches/<public_id>/progress")
@requires(Permission.ISSUE_CERTIFICATES, on=service.find_batch)
def progress(batch: IssueBatch) -> ResponseReturnValue:
    """How far the printing is, for the page that waits."""
    now = service.progress_of(batch)
    return {
        "done": now.done,
        "whole": now.whole,
        "finished": batch.state == BatchState.DONE or bool(now.failures),
        "text": _progress_text(now),
    }


@bp.post("/certificates/batches/<public_id>/again")
@requires(Permission.ISSUE_CERTIFICATES, on=service.find_batch)
def print_again(batch: IssueBatch) -> ResponseReturnValue:
    """Try again what could not be printed."""
    service.print_again(batch, by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("Printing goes on, with the same numbers."))
    return _back_to(batch.cohort)


@bp.get("/certificates/<public_id>/download")
@requires(Permission.DOWNLOAD_CERTIFICATE, on=service.find_credential)
def download(credential: Credential) -> ResponseReturnValue:
    """One certificate as it was issued, for its holder or a coordinator."""
    data = service.file_of(credential)
    return download_file(data, PDF, service.file_name_of(credential))


@bp.route("/certificates/<public_id>/revoke", methods=["GET", "POST"])
@requires(Permission.REVOKE_CERTIFICATE, on=service.find_credential)
def revoke(credential: Credential) -> ResponseReturnValue:
    """Withdraw a certificate, with the reason that everybody who verifies it will read."""
    form = RevokeForm()
    cohort = credential.enrolment.cohort
    if form.validate_on_submit():
        service.revoke_credential(
            credential, reason=form.reason.data or "", by=signed_in_user(), now=clock.now()
        )
        db.session.commit()
        flash(_("%(number)s is revoked.", number=credential.number))
        return _back_to(cohort)
    page = render_template(
        "credentials/revoke.html",
        form=form,
        credential=credential,
        cohort=cohort,
        facts=service.facts_of(credential),
    )
    return page, 422 if form.is_submitted() else 200


def _progress_text(now: service.Progress) -> str:
    return ngettext(
        "%(done)s of %(num)s certificate printed",
        "%(done)s of %(num)s certificates printed",
        now.whole,
        done=now.done,
    )


def _back_to(cohort: Cohort) -> ResponseReturnValue:
    return redirect(url_for("credentials.cohort", public_id=cohort.public_id), 303)
