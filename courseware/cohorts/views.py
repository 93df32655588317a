"""Routes: cohorts, who is enrolled, who runs them."""

import io
from datetime import UTC, date, datetime, time

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.accounts import service as accounts
from courseware.accounts.models import User
from courseware.cohorts import exports, imports, overview_service, service
from courseware.cohorts.forms import (
    CohortForm,
    EditCohortForm,
    EnrolmentForm,
    ParticipantForm,
    StaffForm,
    WithdrawForm,
)
from courseware.cohorts.models import Cohort, Enrolment, ImportDraft
from courseware.cohorts.rules import Judged, Verdict, counts
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.i18n import _, ngettext, sentence, zone_name
from courseware.partners import service as partners
from courseware.partners.rules import organisation_key
from courseware.permissions import Permission, Role, may, requires, signed_in_user
from courseware.programmes.models import Programme
from courseware.programmes.service import find_programme

bp = Blueprint("cohorts", __name__)

PARTICIPANTS = "participants"
SHOWN_ROWS = 300
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.app_template_filter()
def role_word(role: Role) -> str:
    """A role in words."""
    return {
        Role.ADMINISTRATOR: _("administrator"),
        Role.COORDINATOR: _("coordinator"),
        Role.TRAINER: _("trainer"),
        Role.PARTICIPANT: _("participant"),
    }.get(role, str(role))


@bp.app_template_filter()
def zone_title(zone: str, day: date) -> str:
    """A cohort's zone by its full name, as it is on its first day."""
    return zone_name(zone, datetime.combine(day, time(12), UTC))


@bp.get("/cohorts")
@requires(Permission.SEE_COHORT)
def index() -> ResponseReturnValue:
    """The cohorts within reach."""
    cohorts = service.list_cohorts(signed_in_user())
    return render_template(
        "cohorts/index.html", cohorts=cohorts, enrolled=service.count_enrolled(cohorts)
    )


@bp.route("/programmes/<public_id>/cohorts/new", methods=["GET", "POST"])
@requires(Permission.CREATE_COHORT, on=find_programme)
def new(programme: Programme) -> ResponseReturnValue:
    """Create a cohort of a programme."""
    form = CohortForm()
    if form.validate_on_submit():
        try:
            cohort = service.create_cohort(
                programme,
                code=form.code.data or "",
                starts_on=form.starts_on.data,
                timezone=form.timezone.data,
                by=signed_in_user(),
                now=clock.now(),
            )
        except Refused as refused:
            db.session.rollback()
            form.form_errors.append(sentence(refused.message))
        else:
            db.session.commit()
            flash(_("The cohort is created. Now enrol its participants."))
            return redirect(url_for("cohorts.show", public_id=cohort.public_id), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("cohorts/new.html", form=form, programme=programme), status


@bp.get("/cohorts/<public_id>")
@requires(Permission.SEE_COHORT, on=service.find_cohort)
def show(cohort: Cohort) -> ResponseReturnValue:
    """One cohort: what it is, and what needs doing."""
    return render_template(
        "cohorts/show.html",
        cohort=cohort,
        roles=service.list_cohort_roles(cohort),
        figures=overview_service.figures_of(cohort),
        to_do=overview_service.what_needs_doing(cohort, now=clock.now())
        if may(signed_in_user(), Permission.EDIT_PARTICIPANTS, cohort)
        else [],
    )


@bp.route("/cohorts/<public_id>/edit", methods=["GET", "POST"])
@requires(Permission.EDIT_SCHEDULE, on=service.find_cohort)
def edit(cohort: Cohort) -> ResponseReturnValue:
    """Change a cohort's first day or zone."""
    form = EditCohortForm(obj=cohort)
    if form.validate_on_submit():
        service.edit_cohort(
            cohort,
            starts_on=form.starts_on.data,
            timezone=form.timezone.data,
            by=signed_in_user(),
            now=clock.now(),
        )
        db.session.commit()
        flash(_("The cohort is saved."))
        return redirect(url_for("cohorts.show", public_id=cohort.public_id), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("cohorts/edit.html", form=form, cohort=cohort), status


# Participants -----------------------------------------------------------------------------------


@bp.get("/cohorts/<public_id>/participants")
@requires(Permission.SEE_PARTICIPANTS, on=service.find_cohort)
def participants(cohort: Cohort) -> ResponseReturnValue:
    """Who is enrolled."""
    found = service.list_enrolments(cohort, also_withdrawn=True)
    return render_template(
        "cohorts/participants.html",
        cohort=cohort,
        enrolments=[one for one in found if one.withdrawn_at is None],
        withdrawn=[one for one in found if one.withdrawn_at is not None],
        may_edit=may(signed_in_user(), Permission.EDIT_PARTICIPANTS, cohort),
    )


@bp.route("/cohorts/<public_id>/participants/new", methods=["GET", "POST"])
@requires(Permission.EDIT_PARTICIPANTS, on=service.find_cohort)
def add_participant(cohort: Cohort) -> ResponseReturnValue:
    """Enrol one person; judged as one row of a list would be."""
    form = ParticipantForm()
    judged: list[Judged] = []
    if form.validate_on_submit():
        judged = imports.judge_rows(cohort, [form.row])
        (one,) = judged
        if one.known and not one.changes_something and one.verdict is not Verdict.WRONG:
            form.form_errors.append(_("%(name)s is enrolled already.", name=one.facts.name))
        elif one.verdict is Verdict.WRONG:
            form.form_errors += [sentence(reason) for reason in one.reasons]
        elif one.verdict is not Verdict.DOUBTFUL or request.form.get("sure") == "yes":
            imports.import_participants(cohort, [form.row], by=signed_in_user(), now=clock.now())
            db.session.commit()
            flash(_("%(name)s is enrolled.", name=one.facts.name))
            return redirect(url_for("cohorts.participants", public_id=cohort.public_id), 303)
    status = 422 if form.is_submitted() else 200
    doubts = [reason for one in judged if one.verdict is Verdict.DOUBTFUL for reason in one.reasons]
    return render_template(
        "cohorts/add_participant.html", form=form, cohort=cohort, doubts=doubts
    ), status


@bp.route("/participants/<public_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_PARTICIPANTS, on=service.find_enrolment)
def participant(enrolment: Enrolment) -> ResponseReturnValue:
    """One participant's names, organisation and position."""
    form = EnrolmentForm.of(enrolment)
    if form.validate_on_submit():
        actor, now = signed_in_user(), clock.now()
        _save_participant(enrolment, form, by=actor, now=now)
        db.session.commit()
        flash(_("%(name)s is saved.", name=enrolment.user.name))
        return redirect(url_for("cohorts.participants", public_id=enrolment.cohort.public_id), 303)
    status = 422 if form.is_submitted() else 200
    return render_template(
        "cohorts/participant.html",
        form=form,
        enrolment=enrolment,
        cohort=enrolment.cohort,
        withdraw_form=WithdrawForm(formdata=None),
    ), status


def _save_participant(
    enrolment: Enrolment, form: EnrolmentForm, *, by: User, now: datetime
) -> None:
    user = enrolment.user
    accounts.save_profile(
        user,
        name_latin=form.name_latin.data or "",
        name_native=form.name_native.data or "",
        gender=user.gender,
        language=user.language,
        by=by,
        now=now,
    )
    organisation = None
    if key := organisation_key(form.organisation_name):
        organisation = partners.organisations_by_key().get(key) or partners.add_organisation(
            form.organisation_name,
            kind=None,
            country="",
            by=by,
            now=now,
        )
    service.edit_enrolment(
        enrolment,
        organisation=organisation,
        position=(form.position.data or "").strip(),
        by=by,
        now=now,
    )


@bp.post("/participants/<public_id>/withdraw")
@requires(Permission.EDIT_PARTICIPANTS, on=service.find_enrolment)
def withdraw(enrolment: Enrolment) -> ResponseReturnValue:
    """Take somebody out of a cohort, with a reason."""
    form = WithdrawForm()
    if not form.validate_on_submit():
        return render_template(
            "cohorts/participant.html",
            form=EnrolmentForm.of(enrolment),
            enrolment=enrolment,
            cohort=enrolment.cohort,
            withdraw_form=form,
        ), 422
    service.withdraw(enrolment, reason=form.reason.data or "", by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("%(name)s is withdrawn. What was recorded stays.", name=enrolment.user.name))
    return redirect(url_for("cohorts.participants", public_id=enrolment.cohort.public_id), 303)


@bp.post("/participants/<public_id>/enrol")
@requires(Permission.EDIT_PARTICIPANTS, on=service.find_enrolment)
def enrol_again(enrolment: Enrolment) -> ResponseReturnValue:
    """Give somebody who was withdrawn their place back."""
    service.enrol(enrolment.cohort, enrolment.user, by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("%(name)s is enrolled again.", name=enrolment.user.name))
    return redirect(url_for("cohorts.participants", public_id=enrolment.cohort.public_id), 303)


# Lists in and out -------------------------------------------------------------------------------


@bp.route("/cohorts/<public_id>/participants/import", methods=["GET", "POST"])
@requires(Permission.EDIT_PARTICIPANTS, on=service.find_cohort)
def import_list(cohort: Cohort) -> ResponseReturnValue:
    """Upload a list; it is shown before anything is done."""
    errors: list[tuple[str | None, str]] = []
    if request.method == "POST":
        file = request.files.get("file")
        content = file.read() if file else b""
        name = (file.filename or "" if file else "").replace("\0", "")
        try:
            imports.read_participants(content, name)
        except BadInput as error:
            errors = [("file", sentence(message)) for message in error.messages[:30]]
        else:
            draft = service.keep_draft(
                cohort, PARTICIPANTS, file_name=name, content=content,
                by=signed_in_user(), now=clock.now(),
            )  # fmt: skip
            db.session.commit()
            return redirect(url_for("cohorts.preview", public_id=draft.public_id), 303)
    status = 422 if errors else 200
    return render_template("cohorts/import.html", cohort=cohort, errors=errors), status


def find_list(public_id: str) -> ImportDraft | None:
    """An uploaded list of participants."""
    draft = service.find_draft(public_id)
    return draft if draft is not None and draft.kind == PARTICIPANTS else None


@bp.get("/participants/import/<public_id>")
@requires(Permission.EDIT_PARTICIPANTS, on=find_list)
def preview(draft: ImportDraft) -> ResponseReturnValue:
    """What each row of an uploaded list means."""
    return _preview(draft, errors=[])


def _preview(draft: ImportDraft, errors: list[tuple[str | None, str]]) -> ResponseReturnValue:
    rows, remarks = imports.read_participants(draft.content, draft.file_name)
    judged = imports.judge_rows(draft.cohort, rows)
    order = [Verdict.WRONG, Verdict.DOUBTFUL, Verdict.NEW, Verdict.KNOWN]
    judged.sort(key=lambda one: (order.index(one.verdict), one.number))
    return render_template(
        "cohorts/preview.html",
        draft=draft,
        cohort=draft.cohort,
        judged=judged[:SHOWN_ROWS],
        hidden=max(0, len(judged) - SHOWN_ROWS),
        counts=counts(judged),
        total=len(judged),
        changes=sum(one.changes_something for one in judged),
        remarks=remarks,
        errors=errors,
    ), 422 if errors else 200


@bp.post("/participants/import/<public_id>/accept")
@requires(Permission.EDIT_PARTICIPANTS, on=find_list)
def accept(draft: ImportDraft) -> ResponseReturnValue:
    """Enrol everybody in the list, or nobody."""
    cohort = draft.cohort
    rows, _remarks = imports.read_participants(draft.content, draft.file_name)
    judged = imports.judge_rows(cohort, rows)
    is_doubtful = any(one.verdict is Verdict.DOUBTFUL for one in judged)
    if is_doubtful and request.form.get("sure") != "yes":
        message = _("Look at the doubtful rows and tick that you have, or correct the file.")
        return _preview(draft, errors=[("sure", message)])
    done, _judged = imports.import_participants(cohort, rows, by=signed_in_user(), now=clock.now())
    service.drop_draft(draft)
    db.session.commit()
    flash(
        ngettext("%(num)s person enrolled.", "%(num)s people enrolled.", done.enrolled)
        + (
            " " + ngettext("%(num)s updated.", "%(num)s updated.", done.updated)
            if done.updated
            else ""
        )
    )
    return redirect(url_for("cohorts.participants", public_id=cohort.public_id), 303)


@bp.post("/participants/import/<public_id>/discard")
@requires(Permission.EDIT_PARTICIPANTS, on=find_list)
def discard(draft: ImportDraft) -> ResponseReturnValue:
    """Forget an uploaded list."""
    cohort = draft.cohort
    service.drop_draft(draft)
    db.session.commit()
    flash(_("The file is forgotten; nothing was changed."))
    return redirect(url_for("cohorts.import_list", public_id=cohort.public_id), 303)


@bp.get("/cohorts/<public_id>/participants/template.xlsx")
@requires(Permission.EDIT_PARTICIPANTS, on=service.find_cohort)
def template(cohort: Cohort) -> ResponseReturnValue:
    """The empty spreadsheet to fill in."""
    return _file(exports.template_sheet(), XLSX, "participants.xlsx")


@bp.get("/cohorts/<public_id>/participants.xlsx")
@requires(Permission.EDIT_PARTICIPANTS, on=service.find_cohort)
def export_xlsx(cohort: Cohort) -> ResponseReturnValue:
    """Who is enrolled, as a workbook."""
    data = exports.participants_xlsx(cohort, service.list_enrolments(cohort))
    return _file(data, XLSX, f"{cohort.code}-participants.xlsx")


@bp.get("/cohorts/<public_id>/participants.csv")
@requires(Permission.EDIT_PARTICIPANTS, on=service.find_cohort)
def export_csv(cohort: Cohort) -> ResponseReturnValue:
    """Who is enrolled, as CSV."""
    data = exports.participants_csv(cohort, service.list_enrolments(cohort))
    return _file(data, "text/csv; charset=utf-8", f"{cohort.code}-participants.csv")


def _file(data: bytes, kind: str, name: str) -> ResponseReturnValue:
    return send_file(io.BytesIO(data), mimetype=kind, as_attachment=True, download_name=name)


# Who runs it ------------------------------------------------------------------------------------


@bp.route("/cohorts/<public_id>/trainers", methods=["GET", "POST"])
@requires(Permission.GIVE_COHORT_ROLES, on=service.find_cohort)
def staff(cohort: Cohort) -> ResponseReturnValue:
    """Trainers and coordinators; somebody who is not known yet is added by it."""
    form = StaffForm()
    if form.validate_on_submit():
        actor, now = signed_in_user(), clock.now()
        person = accounts.find_user_by_email(form.email.data or "")
        if person is None and not form.name_latin.data:
            form.name_latin.errors = [
                *form.name_latin.errors, _("This address is not known yet: enter the name."),
            ]  # fmt: skip
        else:
            person = person or accounts.add_user(
                email=form.email.data, name_latin=form.name_latin.data or "", by=actor, now=now
            )
            service.give_cohort_role(cohort, person, Role(form.role.data), by=actor, now=now)
            db.session.commit()
            flash(_("%(name)s is added.", name=person.name))
            return redirect(url_for("cohorts.staff", public_id=cohort.public_id), 303)
    status = 422 if form.is_submitted() else 200
    return render_template(
        "cohorts/staff.html", form=form, cohort=cohort, roles=service.list_cohort_roles(cohort)
    ), status


@bp.post("/cohorts/<public_id>/trainers/remove")
@requires(Permission.GIVE_COHORT_ROLES, on=service.find_cohort)
def remove_staff(cohort: Cohort) -> ResponseReturnValue:
    """Take a role in a cohort back."""
    wanted = (request.form.get("person", ""), request.form.get("role", ""))
    for role in service.list_cohort_roles(cohort):
        if (role.user.public_id, role.role) == wanted:
            service.take_cohort_role(role, by=signed_in_user(), now=clock.now())
            db.session.commit()
            flash(_("%(name)s is taken off.", name=role.user.name))
            break
    else:
        abort(404)
    return redirect(url_for("cohorts.staff", public_id=cohort.public_id), 303)
