"""Routes: organisations."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.db import db
from courseware.errors import Refused
from courseware.files import FileMissing
from courseware.i18n import _, sentence
from courseware.images import read_logo
from courseware.partners import service
from courseware.partners.forms import OrganisationForm, country_name, kind_word
from courseware.partners.models import Organisation
from courseware.permissions import Permission, requires, signed_in_user

bp = Blueprint("partners", __name__)
bp.add_app_template_filter(country_name)
bp.add_app_template_filter(kind_word)


@bp.get("/logos/<sha256>.png")
@requires(Permission.SEE_PUBLIC_PAGES)
def logo(sha256: str) -> ResponseReturnValue:
    """A logo as it stands on certificates; under this address it never changes."""
    try:
        data = read_logo(sha256)
    except (FileMissing, ValueError):
        abort(404)
    response = Response(data, mimetype="image/png")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@bp.get("/organisations")
@requires(Permission.SEE_ORGANISATIONS)
def index() -> ResponseReturnValue:
    """All organisations."""
    return render_template("partners/index.html", organisations=service.list_organisations())


@bp.get("/organisations/<public_id>")
@requires(Permission.SEE_ORGANISATIONS, on=service.find_organisation)
def show(organisation: Organisation) -> ResponseReturnValue:
    """One organisation."""
    return render_template("partners/show.html", organisation=organisation)


@bp.route("/organisations/new", methods=["GET", "POST"])
@requires(Permission.EDIT_ORGANISATIONS)
def add() -> ResponseReturnValue:
    """Add an organisation."""
    return _edit(None)


@bp.route("/organisations/<public_id>/edit", methods=["GET", "POST"])
@requires(Permission.EDIT_ORGANISATIONS, on=service.find_organisation)
def edit(organisation: Organisation) -> ResponseReturnValue:
    """Correct an organisation."""
    return _edit(organisation)


def _edit(organisation: Organisation | None) -> ResponseReturnValue:
    form = OrganisationForm.of(service.facts_of(organisation) if organisation else None)
    if form.validate_on_submit():
        try:
            saved = service.save_organisation(
                form.facts, organisation=organisation, by=signed_in_user(), now=clock.now()
            )
        except Refused as refused:
            db.session.rollback()
            form.form_errors.append(sentence(refused.message))
        else:
            db.session.commit()
            flash(_("The organisation is saved."))
            return redirect(url_for("partners.show", public_id=saved.public_id), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("partners/edit.html", form=form, organisation=organisation), status
