"""Routes of questionnaires: the list of a programme, the outline of one, its file, its preview."""

from types import SimpleNamespace

from flask import (
    Response,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from courseware import clock
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.feedback import questionnaire_service
from courseware.feedback.cohort_views import bp
from courseware.feedback.editing_rules import edited, stamp_of
from courseware.feedback.exports import write_questionnaire
from courseware.feedback.models import Questionnaire
from courseware.feedback.question_form_rules import key_for
from courseware.feedback.questionnaire_imports import read_questionnaire
from courseware.feedback.questionnaire_rules import questionnaire_from
from courseware.feedback.rules import About, WrongQuestionnaire, clean
from courseware.feedback.wording_rules import list_wordings, missing_texts, reworded
from courseware.i18n import _, language, sentence
from courseware.permissions import Permission, may, requires, signed_in_user
from courseware.programmes.service import list_programmes
from courseware.security import CONTENT_SECURITY_POLICY
from courseware.texts import LANGUAGES

LONGEST_REASON = 400
LONGEST_TITLE = 200


@bp.get("/cohorts/<public_id>/feedback/questionnaires")
@requires(Permission.RUN_FEEDBACK, on=find_cohort)
def questionnaires(cohort: Cohort) -> ResponseReturnValue:
    """The questionnaires of a cohort's programme, the library, and those of other programmes."""
    user = signed_in_user()
    stored = questionnaire_service.list_questionnaires(cohort.programme)
    codes = {each.code for each in stored}
    shipped = questionnaire_service.shipped_questionnaires()
    reached = [
        programme
        for programme, _minutes, _modules in list_programmes(user)
        if may(user, Permission.RUN_FEEDBACK, programme)
    ]
    elsewhere = questionnaire_service.list_questionnaires_elsewhere(reached, cohort.programme)
    return render_template(
        "feedback/questionnaires.html",
        cohort=cohort,
        stored=[(each, questionnaire_service.questions_of(each)) for each in stored],
        shipped=[each for code, each in shipped.items() if code not in codes],
        outcomes=len(questionnaire_service.outcomes_of(cohort.programme)),
        elsewhere=elsewhere,
        abouts=list(About),
    )


@bp.post("/cohorts/<public_id>/feedback/questionnaires")
@requires(Permission.RUN_FEEDBACK, on=find_cohort)
def take_questionnaire(cohort: Cohort) -> ResponseReturnValue:
    """Take a questionnaire from the library or another programme, upload one, or begin one."""
    user, now, programme = signed_in_user(), clock.now(), cohort.programme
    file = request.files.get("file")
    if file is not None and file.filename:
        stored = questionnaire_service.save_questionnaire(
            programme, read_questionnaire(file.read()), by=user, now=now
        )
    elif "copy" in request.form:
        found = questionnaire_service.find_questionnaire(request.form["copy"])
        if found is None or not may(user, Permission.RUN_FEEDBACK, found):
            raise Refused(_("Choose a questionnaire to copy first."))
        stored = questionnaire_service.copy_questionnaire(found, programme, by=user, now=now)
    elif "title" in request.form:
        title = clean(request.form["title"])[:LONGEST_TITLE]
        about = request.form.get("about", "")
        if not title or about not in list(About):
            raise Refused(_("Give the questionnaire a title and say what it is about."))
        stored = questionnaire_service.begin_questionnaire(
            programme,
            key_for({"texts": {"en": title}}, ()).replace("_", "-"),
            About(about),
            {language(): title},
            by=user,
            now=now,
        )
    else:
        code = request.form.get("code", "")
        stored = questionnaire_service.take_questionnaire(programme, code, by=user, now=now)
    db.session.commit()
    flash(_("“%(code)s” is ready. It can be edited until the first answer.", code=stored.code))
    return redirect(url_for("feedback.questionnaire", public_id=stored.public_id), 303)


@bp.route("/feedback/questionnaires/<public_id>", methods=["GET", "POST"])
@requires(Permission.RUN_FEEDBACK, on=questionnaire_service.find_questionnaire)
def questionnaire(stored: Questionnaire) -> ResponseReturnValue:
    """The outline of a questionnaire: sections and questions in order, with their acts.

    An act by script is answered by what was wrong, in words, and the new stamp.
    """
    wrong: list[str] = []
    by_script = request.accept_mimetypes.best == "application/json"
    if request.method == "POST":
        if request.form.get("stamp", "") != stamp_of(stored.definition):
            wrong = [_("Somebody changed this questionnaire meanwhile. Look at it again.")]
        else:
            wrong = save(stored, edited(stored.definition, request.form.to_dict()))
        if by_script:
            return jsonify(wrong=wrong, stamp=stamp_of(stored.definition))
        if not wrong:
            flash(_("The questionnaire is saved."))
            return redirect(
                url_for("feedback.questionnaire", public_id=stored.public_id)
                + _anchor(request.form.get("act", "")),
                303,
            )
    page = make_response(
        render_template(
            "feedback/questionnaire.html",
            stored=stored,
            questions=questionnaire_service.questions_of(stored),
            stamp=stamp_of(stored.definition),
            missing=missing_texts(stored.definition),
            is_locked=questionnaire_service.has_answers(stored),
            is_used=questionnaire_service.is_used(stored),
            corrections=questionnaire_service.list_corrections(stored),
            wordings={each.place: each for each in list_wordings(stored.definition)},
            wrong=wrong,
        ),
        422 if wrong else 200,
    )
    page.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY + "; frame-src 'self'"
    return page


def save(stored: Questionnaire, definition: dict, *, reason: str | None = None) -> list[str]:
    """Save and commit a changed definition; give back what is wrong with it, in sentences."""
    if reason is None:
        reason = request.form.get("reason", "")
    try:
        questionnaire_service.save_questionnaire(
            stored.programme,
            questionnaire_from(definition),
            by=signed_in_user(),
            now=clock.now(),
            reason=reason.strip()[:LONGEST_REASON],
        )
    except WrongQuestionnaire as error:
        db.session.rollback()
        return [sentence(problem) for problem in error.problems]
    db.session.commit()
    return []


def _anchor(act: str) -> str:
    """Where the page goes on after an act, so that moving several times needs no scrolling."""
    name, _colon, target = act.partition(":")
    return f"#question-{target}" if name in ("up", "down") else ""


@bp.route("/feedback/questionnaires/<public_id>/missing", methods=["GET", "POST"])
@requires(Permission.RUN_FEEDBACK, on=questionnaire_service.find_questionnaire)
def missing_wordings(stored: Questionnaire) -> ResponseReturnValue:
    """Only what is missing, in one form: the text that is there, and fields for the others."""
    if request.method == "POST":
        missing = {
            (each.place, code) for each in list_wordings(stored.definition) for code in each.missing
        }
        given = {
            (place, code): request.form[f"{place}|{code}"]
            for place, code in missing
            if request.form.get(f"{place}|{code}", "").strip()
        }
        wrong = save(stored, reworded(stored.definition, given))
        if not wrong:
            flash(_("The translations are saved."))
            return redirect(url_for("feedback.missing_wordings", public_id=stored.public_id), 303)
    else:
        wrong = []
    only = request.args.get("language", "")
    shown = (only,) if only in LANGUAGES else LANGUAGES
    wordings = [
        (each, [code for code in shown if code in each.missing])
        for each in list_wordings(stored.definition)
    ]
    return render_template(
        "feedback/missing_wordings.html",
        stored=stored,
        wordings=[(each, languages) for each, languages in wordings if languages],
        missing=missing_texts(stored.definition),
        only=only if only in LANGUAGES else "",
        given=request.form,
        wrong=wrong,
    ), 422 if wrong else 200


@bp.get("/feedback/questionnaires/<public_id>/preview")
@requires(Permission.RUN_FEEDBACK, on=questionnaire_service.find_questionnaire)
def preview_questionnaire(stored: Questionnaire) -> ResponseReturnValue:
    """The form as somebody sees it who answers, in any language; nothing can be sent."""
    chosen = request.args.get("language", "")
    trainer = SimpleNamespace(public_id="trainer", name=_("Name of the trainer"))

    def drawn() -> str:
        return render_template(
            "feedback/preview.html",
            stored=stored,
            questions=questionnaire_service.questions_of(stored),
            trainers=[trainer],
        )

    if chosen in LANGUAGES:
        with force_locale(chosen):
            page = make_response(drawn())
    else:
        page = make_response(drawn())
    page.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    )
    return page


@bp.post("/feedback/questionnaires/<public_id>/copy")
@requires(Permission.RUN_FEEDBACK, on=questionnaire_service.find_questionnaire)
def copy_questionnaire(stored: Questionnaire) -> ResponseReturnValue:
    """A copy for the same programme under another code, to be changed."""
    copied = questionnaire_service.copy_questionnaire(
        stored, stored.programme, by=signed_in_user(), now=clock.now()
    )
    db.session.commit()
    flash(_("“%(code)s” is ready. It can be edited until the first answer.", code=copied.code))
    return redirect(url_for("feedback.questionnaire", public_id=copied.public_id), 303)


@bp.post("/feedback/questionnaires/<public_id>/delete")
@requires(Permission.RUN_FEEDBACK, on=questionnaire_service.find_questionnaire)
def delete_questionnaire(stored: Questionnaire) -> ResponseReturnValue:
    """Take away a questionnaire that was never asked."""
    programme = stored.programme
    questionnaire_service.delete_questionnaire(stored, by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("The questionnaire is deleted."))
    return redirect(url_for("programmes.show", public_id=programme.public_id), 303)


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
        stored.programme,
        questions,
        by=signed_in_user(),
        now=clock.now(),
        reason=request.form.get("reason", "").strip()[:LONGEST_REASON],
    )
    db.session.commit()
    flash(_("The questionnaire is saved."))
    return redirect(url_for("feedback.questionnaire", public_id=stored.public_id), 303)
