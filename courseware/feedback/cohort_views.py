"""Routes of those who run feedback: rounds, results, the report, imports."""

from pathlib import PurePath

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from courseware import clock
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.feedback import (
    chart_rules,
    closing_service,
    questionnaire_service,
    results_rules,
    results_service,
    service,
    wording_exports,
)
from courseware.feedback.imports import import_answers
from courseware.feedback.models import FeedbackRound
from courseware.feedback.rules import About
from courseware.i18n import _, ngettext, sentence
from courseware.permissions import Permission, requires, signed_in_user
from courseware.qr import qr_svg
from courseware.schedule.service import list_sessions

bp = Blueprint("feedback", __name__)

bp.add_app_template_global(chart_rules.diverging, "diverging")
bp.add_app_template_global(chart_rules.tones, "tones")
bp.add_app_template_global(chart_rules.ranked, "ranked")
bp.add_app_template_global(results_rules.written, "written")
bp.add_app_template_global(wording_exports.rate_sentence_of, "rate_of")
bp.add_app_template_filter(wording_exports.category_word, "category_word")


def _questionnaire_choices(cohort: Cohort) -> dict[str, tuple[dict[str, str], About]]:
    """What may be asked: the programme's questionnaires and the shipped ones, by code."""
    found = {
        each.code: (dict(each.titles), each.about)
        for each in questionnaire_service.shipped_questionnaires().values()
    }
    for stored in questionnaire_service.list_questionnaires(cohort.programme):
        found[stored.code] = (stored.definition.get("titles", {}), stored.about)
    return found


@bp.get("/feedback/rounds/<public_id>")
@requires(Permission.SEE_SESSION_FEEDBACK, on=service.find_round)
def round_page(asked: FeedbackRound) -> ResponseReturnValue:
    """One round: the link for the room, how many answered, the act that ends it."""
    return render_template(
        "feedback/round.html",
        asked=asked,
        cohort=asked.cohort,
        questions=questionnaire_service.questions_of(asked.questionnaire),
        rate=results_service.rate_of(asked),
        is_open=service.is_open(asked, now=clock.now()),
        address=_room_address(asked),
        qr=_qr(_room_address(asked)),
    )


@bp.get("/feedback/rounds/<public_id>/projector")
@requires(Permission.SEE_SESSION_FEEDBACK, on=service.find_round)
def projector(asked: FeedbackRound) -> ResponseReturnValue:
    """The link and its QR code, large, for the wall of the room."""
    return render_template(
        "feedback/projector.html",
        asked=asked,
        questions=questionnaire_service.questions_of(asked.questionnaire),
        address=_room_address(asked),
        qr=_qr(_room_address(asked)),
    )


@bp.post("/feedback/rounds/<public_id>/close")
@requires(Permission.RUN_FEEDBACK, on=service.find_round)
def close(asked: FeedbackRound) -> ResponseReturnValue:
    """End a round."""
    closing_service.close_round(asked, by=signed_in_user(), now=clock.now())
    db.session.commit()
    closing_service.sweep_traces()
    flash(_("Feedback is closed. Its answers were mixed and can be read now."))
    return redirect(url_for("feedback.summary", public_id=asked.cohort.public_id), 303)


def _room_address(asked: FeedbackRound) -> str:
    return url_for("feedback.room", public_id=asked.public_id, _external=True)


def _qr(address: str) -> Markup:
    return qr_svg(address, title=_("QR code of the link"))


@bp.route("/cohorts/<public_id>/feedback/import", methods=["GET", "POST"])
@requires(Permission.RUN_FEEDBACK, on=find_cohort)
def import_page(cohort: Cohort) -> ResponseReturnValue:
    """Take answers from a table."""
    choices = _questionnaire_choices(cohort)
    sessions = list_sessions(cohort)
    wrong: list[tuple[str | None, str]] = []
    if request.method == "POST":
        file = request.files.get("file")
        code, session = request.form.get("questionnaire", ""), request.form.get("session", "")
        if file is None or not file.filename:
            wrong.append(("file", _("Choose a file.")))
        if code not in choices:
            wrong.append(("questionnaire", _("Choose a questionnaire.")))
        if file is not None and not wrong:
            user, now = signed_in_user(), clock.now()
            try:
                asked = questionnaire_service.take_questionnaire(
                    cohort.programme, code, by=user, now=now
                )
                done = import_answers(
                    cohort, asked, file.read(), PurePath(file.filename or "").name,
                    session=session, by=user, now=now,
                )  # fmt: skip
            except BadInput as error:
                db.session.rollback()
                wrong = [("file", sentence(message)) for message in error.messages]
            except Refused as error:
                db.session.rollback()
                wrong = [("file", sentence(error.message))]
            else:
                db.session.commit()
                flash(
                    _("This file was imported before. Nothing was changed.")
                    if done.is_repeat
                    else ngettext(
                        "%(num)s response is imported.",
                        "%(num)s responses are imported.",
                        done.responses,
                    )
                )
                return redirect(url_for("feedback.summary", public_id=cohort.public_id), 303)
    page = render_template(
        "feedback/import.html",
        cohort=cohort, choices=choices, sessions=sessions, wrong=wrong, form=request.form,
    )  # fmt: skip
    return page, 422 if wrong else 200
