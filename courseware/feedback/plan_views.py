"""Routes of the plan: what a programme asks by itself, and the rounds that wait for their time."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.db import db
from courseware.errors import Refused
from courseware.feedback import plan_service, questionnaire_service, service
from courseware.feedback.cohort_views import bp
from courseware.feedback.models import FeedbackPlan, FeedbackRound
from courseware.feedback.plan_rules import Ask, check_ask, in_units
from courseware.feedback.rules import MOMENTS, About, Moment
from courseware.i18n import _, language, ngettext, sentence
from courseware.permissions import Permission, requires, signed_in_user
from courseware.programmes.models import Programme
from courseware.programmes.service import find_programme
from courseware.texts import choose


@bp.get("/programmes/<public_id>/feedback-plan")
@requires(Permission.RUN_FEEDBACK, on=find_programme)
def plan(programme: Programme) -> ResponseReturnValue:
    """What a programme asks by itself, line by line."""
    return render_template(
        "feedback/plan.html", programme=programme, lines=plan_service.list_plan(programme)
    )


@bp.post("/programmes/<public_id>/feedback-plan/usual")
@requires(Permission.RUN_FEEDBACK, on=find_programme)
def take_usual_plan(programme: Programme) -> ResponseReturnValue:
    """Plan what most programmes ask."""
    added, problems = plan_service.take_usual_plan(programme, by=signed_in_user(), now=clock.now())
    db.session.commit()
    for problem in problems:
        flash(sentence(problem), "warning")
    flash(
        ngettext(
            "%(num)s line is added to the plan.", "%(num)s lines are added to the plan.", added
        )
        if added
        else _("Nothing was added to the plan.")
    )
    return redirect(url_for("feedback.plan", public_id=programme.public_id), 303)


@bp.route("/programmes/<public_id>/feedback-plan/new", methods=["GET", "POST"])
@requires(Permission.RUN_FEEDBACK, on=find_programme)
def add_to_plan(programme: Programme) -> ResponseReturnValue:
    """Add a line to the plan."""
    choices = choices_of(programme)
    values = _values(Ask(Moment.SESSION)) | {"questionnaire": "session:session"}
    wrong: dict[str, str] = {}
    if request.method == "POST":
        values = request.form.to_dict()
        code, _colon, moment = values.get("questionnaire", "").partition(":")
        about = choices.get(code, (None, None))[1]
        ask, problems = check_ask(values | {"moment": moment}, about)
        wrong = {name: sentence(problem) for name, problem in problems.items()}
        if ask is not None:
            user, now = signed_in_user(), clock.now()
            try:
                stored = questionnaire_service.take_questionnaire(programme, code, by=user, now=now)
                plan_service.add_to_plan(programme, stored, ask, by=user, now=now)
            except Refused as error:
                db.session.rollback()
                wrong = {"questionnaire": sentence(error.message)}
            else:
                db.session.commit()
                flash(_("The plan is saved."))
                return redirect(url_for("feedback.plan", public_id=programme.public_id), 303)
    return _form(programme, None, values, wrong)


@bp.route("/feedback/plans/<public_id>", methods=["GET", "POST"])
@requires(Permission.RUN_FEEDBACK, on=plan_service.find_plan)
def edit_plan(line: FeedbackPlan) -> ResponseReturnValue:
    """Change when and how something is asked."""
    values, wrong = _values(plan_service.ask_of(line)), {}
    if request.method == "POST":
        values = request.form.to_dict()
        typed = values | {"moment": line.moment.value}
        ask, problems = check_ask(typed, line.questionnaire.about)
        wrong = {name: sentence(problem) for name, problem in problems.items()}
        if ask is not None:
            plan_service.change_plan(line, ask, by=signed_in_user(), now=clock.now())
            db.session.commit()
            flash(_("The plan is saved. What is open already stays as it is."))
            return redirect(url_for("feedback.plan", public_id=line.programme.public_id), 303)
    return _form(line.programme, line, values, wrong)


@bp.post("/feedback/plans/<public_id>/remove")
@requires(Permission.RUN_FEEDBACK, on=plan_service.find_plan)
def take_out_of_plan(line: FeedbackPlan) -> ResponseReturnValue:
    """Ask this no longer by itself."""
    address = url_for("feedback.plan", public_id=line.programme.public_id)
    plan_service.take_out_of_plan(line, by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("This is no longer asked by itself. What is open already stays as it is."))
    return redirect(address, 303)


def _values(ask: Ask) -> dict[str, str]:
    number, unit = in_units(abs(ask.minutes))
    return {
        "number": str(number),
        "unit": unit,
        "side": "before" if ask.minutes < 0 else "after",
        "days_open": str(ask.days_open),
        "is_by_mail": "yes" if ask.is_by_mail else "",
        "reminders": str(ask.reminders),
    }


def _form(
    programme: Programme, line: FeedbackPlan | None, values: dict[str, str], wrong: dict[str, str]
) -> ResponseReturnValue:
    page = render_template(
        "feedback/plan_line.html",
        programme=programme,
        line=line,
        form=values,
        wrong=wrong,
        choices=worded_choices(programme) if line is None else (),
    )
    return page, 422 if wrong else 200


def choices_of(programme: Programme) -> dict[str, tuple[dict[str, str], About]]:
    """What may be asked: the programme's questionnaires and the shipped ones, by code."""
    found = {
        each.code: (dict(each.titles), each.about)
        for each in questionnaire_service.shipped_questionnaires().values()
    }
    for stored in questionnaire_service.list_questionnaires(programme):
        found[stored.code] = (stored.definition.get("titles", {}), stored.about)
    return found


def worded_choices(programme: Programme) -> list[tuple[str, str]]:
    """Each questionnaire with each moment at which it can be put: value and words of a choice."""
    return [
        (f"{code}:{moment}", f"{choose(titles, language())} ({code}), {moment_word(moment)}")
        for code, (titles, about) in choices_of(programme).items()
        for moment in MOMENTS[about]
    ]


@bp.app_template_filter("moment_word")
def moment_word(moment: Moment) -> str:
    """When something is asked, in two or three words."""
    words = {
        Moment.SESSION: _("after each session"),
        Moment.BEFORE: _("before the course"),
        Moment.AFTER: _("after the course"),
        Moment.FOLLOW_UP: _("months after the course"),
    }
    return words[Moment(moment)]


@bp.app_template_filter("asked_when")
def asked_when(ask: Ask) -> str:
    """When something is asked, as a sentence's part: “2 days after the end of the course”."""
    number, unit = in_units(abs(ask.minutes))
    if not number:
        return {
            Moment.SESSION: _("at the end of each session"),
            Moment.BEFORE: _("at the beginning of the course"),
        }.get(ask.moment, _("at the end of the course"))
    span = {
        "minutes": ngettext("%(num)s minute", "%(num)s minutes", number),
        "hours": ngettext("%(num)s hour", "%(num)s hours", number),
        "days": ngettext("%(num)s day", "%(num)s days", number),
    }[unit]
    if ask.minutes < 0:
        return {
            Moment.SESSION: _("%(span)s before the end of each session", span=span),
            Moment.BEFORE: _("%(span)s before the course begins", span=span),
        }.get(ask.moment, _("%(span)s before the end of the course", span=span))
    return {
        Moment.SESSION: _("%(span)s after the end of each session", span=span),
        Moment.BEFORE: _("%(span)s after the course begins", span=span),
    }.get(ask.moment, _("%(span)s after the end of the course", span=span))


bp.add_app_template_filter(plan_service.ask_of, "ask_of")


# Rounds that wait for their time ------------------------------------------------------------


@bp.post("/feedback/rounds/<public_id>/begin")
@requires(Permission.RUN_FEEDBACK, on=service.find_round)
def begin_round(asked: FeedbackRound) -> ResponseReturnValue:
    """Open a planned round now."""
    plan_service.open_by_hand(asked, address_of=link_address, by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("Feedback is open. Show the link to the room."))
    return redirect(url_for("feedback.round_page", public_id=asked.public_id), 303)


@bp.post("/feedback/rounds/<public_id>/call-off")
@requires(Permission.RUN_FEEDBACK, on=service.find_round)
def call_off(asked: FeedbackRound) -> ResponseReturnValue:
    """Do not ask what was planned."""
    plan_service.call_off(asked, by=signed_in_user(), now=clock.now())
    db.session.commit()
    flash(_("This is not asked by itself. You can still open it by hand."))
    return redirect(url_for("feedback.round_page", public_id=asked.public_id), 303)


def link_address(token: str) -> str:
    """The address of a personal link, for a mail."""
    return url_for("feedback.answer_by_link", token=token, _external=True)
