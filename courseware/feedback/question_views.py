"""Routes of one question: its form, for a new one and for one that is there, and its removal."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware.feedback import questionnaire_service
from courseware.feedback.cohort_views import bp
from courseware.feedback.editing_rules import with_question, without_question
from courseware.feedback.models import Questionnaire
from courseware.feedback.question_form_rules import (
    LINES_OF,
    conditions_for,
    new_question,
    question_from_form,
)
from courseware.feedback.questionnaire_views import save
from courseware.feedback.rules import (
    LEAST_POINTS,
    MOST_POINTS,
    Kind,
    choices,
)
from courseware.i18n import _
from courseware.permissions import Permission, requires


@bp.route("/feedback/questionnaires/<public_id>/question", methods=["GET", "POST"])
@requires(Permission.RUN_FEEDBACK, on=questionnaire_service.find_questionnaire)
def question(stored: Questionnaire) -> ResponseReturnValue:
    """The form of one question, by `key`; without it of a new one, by `kind` and `section`.

    A button beside a line (up, down, remove, add) changes the form and saves nothing.
    """
    outline = url_for("feedback.questionnaire", public_id=stored.public_id)
    key = request.values.get("key", "")
    kind = request.values.get("kind", "")
    at = request.values.get("section", "")
    section = int(at) if at.isdecimal() and len(at) < 4 else 0
    sections = stored.definition["sections"]
    there = {each["key"]: each for one in sections for each in one["questions"]}
    if key not in there and (kind not in list(Kind) or section >= len(sections)):
        return redirect(outline, 303)
    is_locked = questionnaire_service.has_answers(stored)
    plain: dict[str, Any] = there.get(key) or new_question(Kind(kind))
    act = request.form.get("act", "save")
    wrong: list[str] = []
    if request.method == "POST":
        form = {name: request.form.getlist(name) for name in request.form}
        plain = question_from_form(plain, form, taken=list(there))
        if act == "delete":
            wrong = save(stored, without_question(stored.definition, key))
            said = _("The question is removed.")
        elif act == "save":
            wrong = (
                _missing_reason(is_locked=is_locked)
                or _several_conditions(plain)
                or save(stored, with_question(stored.definition, plain, section))
            )
            said = _("The question is saved.")
        if act in ("save", "delete") and not wrong:
            flash(said)
            return redirect(outline + (f"#question-{plain['key']}" if act == "save" else ""), 303)
        if key not in there:
            plain["key"] = ""
    questions = questionnaire_service.questions_of(stored)
    page = render_template(
        "feedback/question.html",
        stored=stored,
        question=plain,
        key=key,
        section=section,
        lines_name=LINES_OF.get(Kind(plain["kind"]), ""),
        conditions=[
            (each, choices(each)) for each in conditions_for(questions, plain["key"], section)
        ],
        points=range(LEAST_POINTS, MOST_POINTS + 1),
        outcomes=len(questionnaire_service.outcomes_of(stored.programme)),
        is_locked=is_locked,
        reason=request.form.get("reason", ""),
        wrong=wrong,
    )
    return page, 422 if wrong else 200


def _missing_reason(*, is_locked: bool) -> list[str]:
    if is_locked and not request.form.get("reason", "").strip():
        return [_("People have answered the old wording. Say in a few words why it is corrected.")]
    return []


def _several_conditions(plain: dict[str, Any]) -> list[str]:
    condition = plain.get("shown_if") or {}
    if " + " in condition.get("question", ""):
        return [_("It can depend on one question only. Choose answers of one question.")]
    return []
