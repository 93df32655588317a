"""Routes of questionnaires: see, edit before the first answer, download and upload as YAML."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.feedback import questionnaire_service
from courseware.feedback.cohort_views import bp
from courseware.feedback.editing_rules import edited
from courseware.feedback.exports import write_questionnaire
from courseware.feedback.imports import read_questionnaire
from courseware.feedback.models import Questionnaire
from courseware.feedback.questionnaire_rules import missing_languages, questionnaire_from
from courseware.feedback.rules import WrongQuestionnaire
from courseware.i18n import _, sentence
from courseware.permissions import Permission, requires, signed_in_user


@bp.get("/cohorts/<public_id>/feedback/questionnaires")
@requires(Permission.RUN_FEEDBACK, on=find_cohort)
def questionnaires(cohort: Cohort) -> ResponseReturnValue:
    """The questionnaires that a cohort can be asked, those of its programme and the shipped."""
    stored = questionnaire_service.list_questionnaires(cohort.programme)
    codes = {each.code for each in stored}
    shipped = questionnaire_service.shipped_questionnaires()
    return render_template(
        "feedback/questionnaires.html",
        cohort=cohort,
        stored=[(each, questionnaire_service.questions_of(each)) for each in stored],
        shipped=[each for code, each in shipped.items() if code not in codes],
    )


@bp.post("/cohorts/<public_id>/feedback/questionnaires")
@requires(Permission.RUN_FEEDBACK, on=find_cohort)
def take_questionnaire(cohort: Cohort) -> ResponseReturnValue:
    """Take a shipped questionnaire into the programme, or upload one as YAML."""
    user, now = signed_in_user(), clock.now()
    file = request.files.get("file")
    if file is not None and file.filename:
        stored = questionnaire_service.save_questionnaire(
            cohort.programme, read_questionnaire(file.read()), by=user, now=now
        )
    else:
        code = request.form.get("code", "")
        stored = questionnaire_service.take_questionnaire(cohort.programme, code, by=user, now=now)
    db.session.commit()
    flash(_("“%(code)s” is ready. It can be edited until the first answer.", code=stored.code))
    return redirect(url_for("feedback.questionnaire", public_id=stored.public_id), 303)


@bp.route("/feedback/questionnaires/<public_id>", methods=["GET", "POST"])
@requires(Permission.RUN_FEEDBACK, on=questionnaire_service.find_questionnaire)
def questionnaire(stored: Questionnaire) -> ResponseReturnValue:
    """A questionnaire as it is asked, and its form before the first answer."""
    is_locked = questionnaire_service.has_answers(stored)
    wrong: list[str] = []
    definition = stored.definition
    if request.method == "POST":
        definition = edited(stored.definition, request.form.to_dict())
        try:
            questionnaire_service.save_questionnaire(
                stored.programme,
                questionnaire_from(definition),
                by=signed_in_user(),
                now=clock.now(),
            )
        except WrongQuestionnaire as error:
            db.session.rollback()
            wrong = [sentence(problem) for problem in error.problems]
        else:
            db.session.commit()
            flash(_("The questionnaire is saved."))
            return redirect(url_for("feedback.questionnaire", public_id=stored.public_id), 303)
    questions = questionnaire_service.questions_of(stored)
    page = render_template(
        "feedback/questionnaire.html",
        stored=stored,
        questions=questions,
        definition=definition,
        missing=missing_languages(questions),
        is_locked=is_locked,
        wrong=wrong,
    )
    return page, 422 if wrong else 200


@bp.get("/feedback/questionnaires/<public_id>/yaml")
@requires(Permission.RUN_FEEDBACK, on=questionnaire_service.find_questionnaire)
def questionnaire_yaml(stored: Questionnaire) -> ResponseReturnValue:
    """The questionnaire as a file."""
    return Response(
        write_questionnaire(questionnaire_service.questions_of(stored)),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{stored.code}.yaml"'},
    )


@bp.post("/feedback/questionnaires/<public_id>/yaml")
@requires(Permission.RUN_FEEDBACK, on=questionnaire_service.find_questionnaire)
def replace_questionnaire(stored: Questionnaire) -> ResponseReturnValue:
    """Replace a questionnaire by an uploaded file with the same code."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise BadInput([_("Choose a YAML file first.")])
    questions = read_questionnaire(file.read())
    if questions.code != stored.code:
        raise Refused(
            _("The file is the questionnaire “%(code)s”, not this one.", code=questions.code)
        )
    questionnaire_service.save_questionnaire(
        stored.programme, questions, by=signed_in_user(), now=clock.now()
    )
    db.session.commit()
    flash(_("The questionnaire is saved."))
    return redirect(url_for("feedback.questionnaire", public_id=stored.public_id), 303)
