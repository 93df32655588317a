"""Routes: programmes, their modules, partners, files and release."""

import io
from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.accounts import service as accounts
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.i18n import _, sentence
from courseware.messages import Message
from courseware.partners import service as partners
from courseware.partners.rules import Part
from courseware.permissions import Permission, Role, may, requires, signed_in_user
from courseware.programmes import forms, service
from courseware.programmes.exports import write_programme
from courseware.programmes.forms import FieldsForm
from courseware.programmes.imports import UnreadableProgramme, read_programme
from courseware.programmes.models import Programme
from courseware.programmes.plain_rules import partner_data
from courseware.programmes.rules import (
    AssessmentKind,
    HoursBalance,
    Participation,
    PartnerFacts,
    ProgrammeFacts,
    WrongProgramme,
    release_problems,
)

bp = Blueprint("programmes", __name__)


@bp.app_template_filter()
def part_word(part: Part) -> str:
    """The part of an organisation, in words."""
    return {
        Part.LEAD: _("Lead"),
        Part.HOST: _("Host"),
        Part.FUNDER: _("Funder"),
        Part.EMPLOYER: _("Employer"),
    }[part]


@bp.app_template_filter()
def participation_word(participation: Participation) -> str:
    """How people take part, in words."""
    return {
        Participation.ON_SITE: _("On site"),
        Participation.ONLINE: _("Online"),
        Participation.BLENDED: _("On site and online"),
    }[participation]


@bp.app_template_filter()
def assessment_word(assessment: AssessmentKind) -> str:
    """What the certificate rests on, in words."""
    return {
        AssessmentKind.ATTENDANCE: _("Attendance"),
        AssessmentKind.ASSIGNMENT: _("Attendance and an assignment"),
        AssessmentKind.EXAM: _("Attendance and an examination"),
    }[assessment]


@bp.context_processor
def choices() -> dict[str, list[tuple[str, str]]]:
    """What the selects of the programme's form offer."""
    return {
        "PARTICIPATION": [(str(each), participation_word(each)) for each in Participation],
        "ASSESSMENT": [(str(each), assessment_word(each)) for each in AssessmentKind],
    }


@bp.get("/programmes")
@requires(Permission.SEE_PROGRAMME)
def index() -> ResponseReturnValue:
    """The programmes within reach."""
    found = [
        (programme, HoursBalance(minutes, programme.promised_minutes,
                                 programme.academic_hour_minutes), modules)
        for programme, minutes, modules in service.list_programmes(signed_in_user())
    ]  # fmt: skip
    return render_template("programmes/index.html", programmes=found)


@bp.get("/programmes/<public_id>")
@requires(Permission.SEE_PROGRAMME, on=service.find_programme)
def show(programme: Programme) -> ResponseReturnValue:
    """One programme: modules, hours, rules, partners."""
    may_edit = may(signed_in_user(), Permission.EDIT_PROGRAMME, programme)
    balance = service.balance_of(programme)
    return render_template(
        "programmes/show.html",
        programme=programme,
        balance=balance,
        problems=release_problems(balance, modules=len(programme.modules)),
        coordinators=service.list_programme_roles(programme) if may_edit else [],
        may_edit=may_edit,
    )


@bp.route("/programmes/new", methods=["GET", "POST"])
@requires(Permission.CREATE_PROGRAMME)
def new() -> ResponseReturnValue:
    """Begin a programme with its titles, hours and rules."""
    return _edit_general(None)


@bp.route("/programmes/<public_id>/edit", methods=["GET", "POST"])
@requires(Permission.EDIT_PROGRAMME, on=service.find_programme)
def edit(programme: Programme) -> ResponseReturnValue:
    """Edit a programme's titles, hours and rules."""
    return _edit_general(programme)


def _edit_general(programme: Programme | None) -> ResponseReturnValue:
    before = service.facts_of(programme) if programme else None
    form = FieldsForm(forms.general_values(before))
    if request.method == "POST":
        form.values = forms.sent_values(forms.GENERAL, request.form)
        try:
            saved = _save(forms.general_facts(form.values, before), programme)
            return redirect(url_for("programmes.show", public_id=saved.public_id), 303)
        except WrongProgramme as wrong:
            form.note(wrong)
        except Refused as refused:
            _note_refusal(form, refused)
    return _form_page("programmes/edit.html", form, programme)


@bp.route("/programmes/<public_id>/modules/new", methods=["GET", "POST"])
@requires(Permission.EDIT_PROGRAMME, on=service.find_programme)
def new_module(programme: Programme) -> ResponseReturnValue:
    """Add a module."""
    return _edit_module(programme, None)


@bp.route("/programmes/<public_id>/modules/<int:number>", methods=["GET", "POST"])
@requires(Permission.EDIT_PROGRAMME, on=lambda public_id, number: service.find_programme(public_id))
def module(programme: Programme) -> ResponseReturnValue:
    """Edit the module at this place."""
    return _edit_module(programme, _place_in(programme))


def _place_in(programme: Programme) -> int:
    number = int((request.view_args or {}).get("number", 0))
    if not 1 <= number <= len(programme.modules):
        abort(404)
    return number


def _edit_module(programme: Programme, number: int | None) -> ResponseReturnValue:
    before = service.facts_of(programme)
    form = FieldsForm(forms.module_values(before, number))
    if request.method == "POST":
        form.values = forms.sent_values(forms.MODULE, request.form)
        try:
            facts, _path = forms.module_facts(form.values, before, number)
            _save(facts, programme)
            if request.form.get("then") == "another":
                where = url_for("programmes.new_module", public_id=programme.public_id)
            else:
                where = url_for("programmes.show", public_id=programme.public_id) + "#modules"
            return redirect(where, 303)
        except WrongProgramme as wrong:
            form.note(wrong, forms.module_path(form.values, before, number))
        except Refused as refused:
            _note_refusal(form, refused)
    balance = service.balance_of(programme)
    return _form_page("programmes/module.html", form, programme, number=number, balance=balance)


@bp.post("/programmes/<public_id>/modules/<int:number>/remove")
@requires(Permission.EDIT_PROGRAMME, on=lambda public_id, number: service.find_programme(public_id))
def remove_module(programme: Programme) -> ResponseReturnValue:
    """Take a module out; refused where it has sessions."""
    number = _place_in(programme)
    facts = service.facts_of(programme)
    kept = facts.modules[: number - 1] + facts.modules[number:]
    _save(replace(facts, modules=kept), programme)
    return redirect(url_for("programmes.show", public_id=programme.public_id) + "#modules", 303)


@bp.route("/programmes/<public_id>/hours", methods=["GET", "POST"])
@requires(Permission.EDIT_PROGRAMME, on=service.find_programme)
def edit_hours(programme: Programme) -> ResponseReturnValue:
    """Set the hours of all modules at once, so that they go on adding up."""
    before = service.facts_of(programme)
    form = FieldsForm(forms.hours_values(before))
    if request.method == "POST":
        form.values = forms.sent_values(form.values, request.form)
        try:
            _save(forms.hours_facts(form.values, before), programme)
            return redirect(
                url_for("programmes.show", public_id=programme.public_id) + "#modules", 303
            )
        except WrongProgramme as wrong:
            form.note(wrong)
        except Refused as refused:
            _note_refusal(form, refused)
    balance = service.balance_of(programme)
    return _form_page("programmes/hours.html", form, programme, balance=balance)


@bp.route("/programmes/<public_id>/partners", methods=["GET", "POST"])
@requires(Permission.EDIT_PROGRAMME, on=service.find_programme)
def edit_partners(programme: Programme) -> ResponseReturnValue:
    """Choose the partners with their parts, and who signs."""
    before = service.facts_of(programme)
    organisations = [one for one in partners.list_organisations() if one.code]
    form = FieldsForm(forms.partner_values(before))
    if request.method == "POST":
        rows = forms.count_rows(request.form)
        form.values = forms.sent_values(forms.partner_names(*rows), request.form)
        known = {
            organisation.code or "": partner_data(
                PartnerFacts(partners.facts_of(organisation), Part.LEAD)
            )
            for organisation in organisations
        }
        try:
            _save(forms.partner_facts(form.values, before, known), programme)
            return redirect(
                url_for("programmes.show", public_id=programme.public_id) + "#partners", 303
            )
        except WrongProgramme as wrong:
            form.note(wrong)
        except Refused as refused:
            _note_refusal(form, refused)
    counts = forms.count_rows(form.values)
    return _form_page(
        "programmes/partners.html", form, programme, organisations=organisations,
        parts=list(Part), partner_count=counts[0], signatory_count=counts[1],
    )  # fmt: skip


def _save(facts: ProgrammeFacts, programme: Programme | None) -> Programme:
    saved, is_changed = service.save_programme(
        facts, programme=programme, by=signed_in_user(), now=clock.now()
    )
    db.session.commit()
    flash(_("The programme is saved.") if is_changed else _("Nothing was changed."))
    return saved


def _note_refusal(form: FieldsForm, refused: Refused) -> None:
    db.session.rollback()
    form.other_errors.append(sentence(refused.message))


def _form_page(
    template: str, form: FieldsForm, programme: Programme | None, **more: object
) -> ResponseReturnValue:
    status = 422 if request.method == "POST" else 200
    return render_template(template, form=form, programme=programme, **more), status


# Files ------------------------------------------------------------------------------------------


@bp.route("/programmes/load", methods=["GET", "POST"])
@requires(Permission.CREATE_PROGRAMME)
def load() -> ResponseReturnValue:
    """Create a programme from its YAML file, or bring one within reach up to it."""
    errors: list[tuple[str | None, str]] = []
    if request.method == "POST":
        file = request.files.get("file")
        data = file.read() if file else b""
        try:
            facts = read_programme(data)
            known = service.find_programme_by_code(facts.code)
            if known and not may(signed_in_user(), Permission.EDIT_PROGRAMME, known):
                known = None  # save_programme says that the code is taken, and no more
            saved = _save(facts, known)
            return redirect(url_for("programmes.show", public_id=saved.public_id), 303)
        except UnreadableProgramme as error:
            errors = [("file", sentence(message)) for message in error.messages[:30]]
        except (Refused, BadInput) as error:
            db.session.rollback()
            said = error.messages if isinstance(error, BadInput) else [error.message]
            errors = [("file", sentence(message)) for message in said]
    status = 422 if errors else 200
    return render_template("programmes/load.html", errors=errors), status


@bp.get("/programmes/<public_id>/programme.yaml")
@requires(Permission.EDIT_PROGRAMME, on=service.find_programme)
def download(programme: Programme) -> ResponseReturnValue:
    """The programme as a YAML file."""
    return send_file(
        io.BytesIO(write_programme(service.facts_of(programme))),
        mimetype="application/yaml",
        as_attachment=True,
        download_name=f"{programme.code}.yaml",
    )


# Release and coordinators -----------------------------------------------------------------------


@bp.post("/programmes/<public_id>/release")
@requires(Permission.EDIT_PROGRAMME, on=service.find_programme)
def release(programme: Programme) -> ResponseReturnValue:
    """Release a programme whose hours add up."""
    service.release_programme(programme, by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("The programme is released. Cohorts can be made of it."))
    return redirect(url_for("programmes.show", public_id=programme.public_id), 303)


@bp.post("/programmes/<public_id>/delete")
@requires(Permission.EDIT_PROGRAMME, on=service.find_programme)
def delete(programme: Programme) -> ResponseReturnValue:
    """Delete a draft."""
    service.delete_programme(programme, by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("The draft is deleted."))
    return redirect(url_for("programmes.index"), 303)


@bp.post("/programmes/<public_id>/coordinators")
@requires(Permission.EDIT_PROGRAMME, on=service.find_programme)
def add_coordinator(programme: Programme) -> ResponseReturnValue:
    """Let somebody who has an account coordinate this programme and all its cohorts."""
    email = request.form.get("email", "")
    person = accounts.find_user_by_email(email)
    if person is None:
        raise Refused(
            Message(
                "Nobody with the address “%(email)s” is known. Ask an administrator to add them.",
                email=email.strip()[:80],
            )
        )
    service.give_programme_role(
        programme, person, Role.COORDINATOR, by=signed_in_user(), now=clock.now()
    )
    db.session.commit()
    flash(_("%(name)s coordinates this programme.", name=person.name))
    return redirect(url_for("programmes.show", public_id=programme.public_id) + "#people", 303)


@bp.post("/programmes/<public_id>/coordinators/remove")
@requires(Permission.EDIT_PROGRAMME, on=service.find_programme)
def remove_coordinator(programme: Programme) -> ResponseReturnValue:
    """Take a coordinator's role in this programme back."""
    wanted = request.form.get("person", "")
    for role in service.list_programme_roles(programme):
        if role.user.public_id == wanted:
            service.take_programme_role(role, by=signed_in_user(), now=clock.now())
            db.session.commit()
            flash(_("%(name)s no longer coordinates this programme.", name=role.user.name))
            break
    else:
        abort(404)
    return redirect(url_for("programmes.show", public_id=programme.public_id) + "#people", 303)
