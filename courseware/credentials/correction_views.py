"""One credential after its issue: its page, corrections, duplicates."""

import base64
import hashlib
import json
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.credentials import correction_service, service
from courseware.credentials.correction_service import Correction
from courseware.credentials.file_views import PDF, download, first_page
from courseware.credentials.forms import CorrectionForm, DuplicateForm
from courseware.credentials.linkedin_rules import linkedin_address
from courseware.credentials.models import Credential
from courseware.credentials.paper_service import print_facts, state_of, verification_address
from courseware.credentials.rules import BatchState, CredentialState, LeafKind, Mailing
from courseware.db import db
from courseware.i18n import _, language
from courseware.permissions import Permission, requires, signed_in_user
from courseware.security import without_lock
from courseware.texts import choose

bp = Blueprint("corrections", __name__)


@bp.get("/certificates/<public_id>")
@requires(Permission.DOWNLOAD_CERTIFICATE, on=service.find_credential)
def certificate(credential: Credential) -> ResponseReturnValue:
    """One certificate: its facts, what happened to it, and what can be done."""
    facts = service.facts_of(credential)
    state = state_of(credential)
    address = verification_address(credential.verification_code)
    return render_template(
        "credentials/certificate.html",
        credential=credential,
        cohort=credential.enrolment.cohort,
        facts=facts,
        state_now=state,
        CredentialState=CredentialState,
        LeafKind=LeafKind,
        BatchState=BatchState,
        events=correction_service.history_of(credential),
        newest=correction_service.newest_of(credential),
        verification=address,
        linkedin=linkedin_address(
            programme=choose(dict(facts.programme), language()),
            organisation=" / ".join(
                choose(dict(partner.names), language()) for partner in facts.partners
            ),
            number=credential.number,
            issued_on=facts.issued_on,
            verification=address,
        ),
        progress=service.progress_of(credential.batch),
    )


@bp.route("/certificates/<public_id>/correct", methods=["GET", "POST"])
@requires(Permission.CORRECT_CERTIFICATE, on=service.find_credential)
def correct(credential: Credential) -> ResponseReturnValue:
    """Correct a certificate in two steps: look at what would change, then issue it anew."""
    person = credential.enrolment.user
    form = CorrectionForm(name_latin=person.name_latin, name_native=person.name_native)
    draft, picture = None, ""
    if not form.is_submitted() or form.validate():
        with without_lock():
            draft = _draft(credential, form)
            if not draft.problems:
                picture = _picture(print_facts(draft.facts))
    if draft and form.is_submitted() and not draft.problems and form.seen.data == _seen(draft):
        new = correction_service.supersede_credential(
            credential,
            name_latin=form.name_latin.data or "",
            name_native=form.name_native.data or "",
            reason=form.reason.data or "",
            mailing=Mailing(form.mailing.data),
            by=signed_in_user(),
            now=clock.now(),
        )
        db.session.commit()
        flash(_("%(new)s takes the place of %(old)s.", new=new.number, old=credential.number))
        return redirect(
            url_for("credentials.corrections.certificate", public_id=new.public_id), 303
        )
    form.seen.data = _seen(draft) if draft and form.is_submitted() else ""
    page = render_template(
        "credentials/correct.html",
        form=form,
        credential=credential,
        cohort=credential.enrolment.cohort,
        facts=service.facts_of(credential),
        draft=draft,
        picture=picture,
        as_day=date.fromisoformat,
        is_revoked=credential.revocation is not None,
    )
    return page, 422 if form.is_submitted() and not form.validate() else 200


def _draft(credential: Credential, form: CorrectionForm) -> Correction:
    return correction_service.draft_correction(
        credential,
        name_latin=form.name_latin.data or "",
        name_native=form.name_native.data or "",
        now=clock.now(),
    )


def _seen(draft: Correction) -> str:
    """What the coordinator has looked at: facts that change meanwhile are looked at again."""
    plain = json.dumps(draft.facts.as_json(), sort_keys=True, default=list)
    return hashlib.sha256(plain.encode()).hexdigest()


def _picture(pdf: bytes) -> str:
    # Inside the page, so that no name stands in an address and in logs.
    return "data:image/png;base64," + base64.b64encode(first_page(pdf)).decode()


@bp.route("/certificates/<public_id>/duplicate", methods=["GET", "POST"])
@requires(Permission.CORRECT_CERTIFICATE, on=service.find_credential)
def duplicate(credential: Credential) -> ResponseReturnValue:
    """Give a lost paper again, marked as a duplicate."""
    form = DuplicateForm()
    if form.validate_on_submit():
        with without_lock():
            printed = correction_service.print_duplicate(credential)
        made = correction_service.record_duplicate(
            credential,
            printed,
            reason=form.reason.data or "",
            by=signed_in_user(),
            now=clock.now(),
        )
        db.session.commit()
        flash(_("Duplicate no. %(ordinal)s is ready to download.", ordinal=made.ordinal))
        return redirect(
            url_for("credentials.corrections.certificate", public_id=credential.public_id), 303
        )
    page = render_template(
        "credentials/duplicate.html",
        form=form,
        credential=credential,
        facts=service.facts_of(credential),
    )
    return page, 422 if form.is_submitted() else 200


@bp.get("/certificates/<public_id>/duplicates/<int:ordinal>")
@requires(
    Permission.DOWNLOAD_CERTIFICATE,
    on=lambda public_id, ordinal: service.find_credential(public_id),
)
def download_duplicate(credential: Credential) -> ResponseReturnValue:
    """A duplicate as it was made."""
    assert request.view_args is not None
    found = correction_service.duplicate_of(credential, request.view_args["ordinal"])
    if found is None:
        abort(404)
    name = service.file_name_of(credential).removesuffix(".pdf")
    data = correction_service.file_of_duplicate(found)
    return download(data, PDF, f"{name} ({_('duplicate')} {found.ordinal}).pdf")
