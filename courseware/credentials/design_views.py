"""How the certificates of a programme look: chosen, worded and seen before anything is printed."""

import base64

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.credentials import design_forms, design_service
from courseware.credentials.design_rules import Look, Sample
from courseware.credentials.file_views import PDF, first_page
from courseware.db import db, reading
from courseware.errors import Refused
from courseware.i18n import _, sentence
from courseware.images import UnusablePicture, read_picture, take_logo, take_signature
from courseware.partners.models import Organisation
from courseware.partners.service import set_logo
from courseware.permissions import Permission, may, requires, signed_in_user
from courseware.programmes.models import Programme
from courseware.programmes.rules import DESIGN_TEXTS, WrongProgramme
from courseware.programmes.service import find_programme, set_signature
from courseware.security import without_lock

bp = Blueprint("design", __name__)

Errors = dict[str, str]


@bp.route("/programmes/<public_id>/certificate-design", methods=["GET", "POST"])
@requires(Permission.EDIT_PROGRAMME, on=find_programme)
def edit(programme: Programme) -> ResponseReturnValue:
    """Choose the design and its ink, word its texts, give logos and signatures."""
    before = design_service.look_of(programme)
    if request.method == "GET":
        ink = design_service.own_ink(before.design)
        values = design_forms.values_of(before, programme.certificate_languages, ink)
        return _design_page(programme, values, {})
    look, values = design_forms.sent_look(request.form, before, programme.certificate_languages)
    if request.form.get("do") == "preview":
        return _preview_page(programme, look, values)
    pictures, errors = _read_pictures(programme)
    _keep_pictures(programme, pictures)
    errors |= _save(programme, look)
    if errors:
        db.session.rollback()
        return _design_page(programme, values, errors), 422
    db.session.commit()
    flash(_("The design is saved."))
    return redirect(url_for("credentials.design.edit", public_id=programme.public_id), 303)


@bp.route(
    "/programmes/<public_id>/certificate-design/preview.<any(pdf, png):ending>",
    methods=["GET", "POST"],
)
@requires(Permission.EDIT_PROGRAMME, on=lambda public_id, ending: find_programme(public_id))
def preview(programme: Programme) -> ResponseReturnValue:
    """A certificate as it is kept, or as it is being typed, made out to nobody."""
    look = design_service.look_of(programme)
    if request.method == "POST":
        look, _values = design_forms.sent_look(request.form, look, programme.certificate_languages)
    try:
        data = _sample_of(programme, look)
    except WrongProgramme as wrong:
        said = [sentence(problem.message) for problem in wrong.problems]
        return Response(" ".join(said), 422, mimetype="text/plain")
    except Refused as refused:
        return Response(sentence(refused.message), 422, mimetype="text/plain")
    if request.path.endswith(".pdf"):
        return Response(data, mimetype=PDF)
    return Response(first_page(data), mimetype="image/png")


def _sample_of(programme: Programme, look: Look) -> bytes:
    wanted = request.form.get("sample", "")
    with reading():  # printing takes time, for which nobody else need wait
        db.session.rollback()
        return design_service.print_sample(
            programme,
            look,
            sample=Sample(wanted) if wanted in set(Sample) else Sample.USUAL,
            is_statement=request.form.get("kind") == "statement",
            today=clock.now().date(),
        )


def _preview_page(programme: Programme, look: Look, values: dict[str, str]) -> ResponseReturnValue:
    try:
        drawn = base64.b64encode(first_page(_sample_of(programme, look))).decode()
    except WrongProgramme as wrong:
        return _design_page(programme, values, _noted(wrong)), 422
    except Refused as refused:
        return _design_page(programme, values, {"design": sentence(refused.message)}), 422
    return _design_page(programme, values, {}, picture=f"data:image/png;base64,{drawn}")


def _save(programme: Programme, look: Look) -> Errors:
    try:
        design_service.save_look(programme, look, by=signed_in_user(), now=clock.now())
    except WrongProgramme as wrong:
        return _noted(wrong)
    return {}


def _noted(wrong: WrongProgramme) -> Errors:
    return {
        design_forms.field_of(problem.path): sentence(problem.message) for problem in wrong.problems
    }


Pictures = dict[str, str | None]


def _read_pictures(programme: Programme) -> tuple[Pictures, Errors]:
    """The pictures that were sent by field, None where one is to go; messages by field."""
    pictures: Pictures = {}
    errors: Errors = {}
    fields = {_logo(each): take_logo for each in _own_logos(programme)}
    fields |= {f"signature.{n}": take_signature for n in range(1, len(programme.signatories) + 1)}
    with without_lock():  # a large picture takes a moment
        for name, take in fields.items():
            file = request.files.get(name)
            if file is not None and file.filename:
                try:
                    pictures[name] = take(file.read())
                except UnusablePicture as unusable:
                    errors[name] = sentence(unusable.message)
            elif request.form.get(f"remove.{name}") == "yes":
                pictures[name] = None
    return pictures, errors


def _keep_pictures(programme: Programme, pictures: Pictures) -> None:
    by, now = signed_in_user(), clock.now()
    for organisation in _own_logos(programme):
        if _logo(organisation) in pictures:
            set_logo(organisation, pictures[_logo(organisation)], by=by, now=now)
    for number, signatory in enumerate(programme.signatories, start=1):
        name = f"signature.{number}"
        if name in pictures:
            set_signature(signatory, pictures[name], by=by, now=now)


def _own_logos(programme: Programme) -> list[Organisation]:
    """The organisations whose logo this person may change: they are shared by all programmes."""
    return [
        each
        for each in design_service.organisations_on_paper(programme)
        if may(signed_in_user(), Permission.EDIT_ORGANISATIONS, each)
    ]


def _logo(organisation: Organisation) -> str:
    return f"logo.{organisation.public_id}"


def _design_page(
    programme: Programme, values: dict[str, str], errors: Errors, *, picture: str = ""
) -> str:
    return render_template(
        "credentials/design.html",
        programme=programme,
        values=values,
        errors=errors,
        picture=picture,
        designs=design_forms.design_choices(),
        words=design_forms.text_words(),
        longest=DESIGN_TEXTS,
        usual=design_service.usual_texts(programme),
        samples=design_forms.sample_choices(),
        inks={key: design_service.own_ink(key) for key, *_more in design_forms.design_choices()},
        organisations=design_service.organisations_on_paper(programme),
        signature_of=_signature_as_address,
    )


def _signature_as_address(sha256: str) -> str:
    """A signature is shown to coordinators only, inside their page; it has no address."""
    try:
        return f"data:image/png;base64,{base64.b64encode(read_picture(sha256)).decode()}"
    except LookupError:
        return ""
