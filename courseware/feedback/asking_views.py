"""Routes of asking by hand: the course, a session, companies without enrolment."""

from collections.abc import Sequence
from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.feedback import (
    company_service,
    plan_service,
    questionnaire_service,
    results_service,
    service,
    ticket_service,
)
from courseware.feedback.cohort_views import bp
from courseware.feedback.models import FeedbackRound
from courseware.feedback.plan_views import choices_of, link_address, worded_choices
from courseware.feedback.rules import MOMENTS, About, Moment
from courseware.i18n import LANGUAGES, _, language, ngettext, sentence
from courseware.permissions import Permission, requires, signed_in_user
from courseware.schedule.models import TrainingSession
from courseware.schedule.service import list_sessions


@bp.route("/cohorts/<public_id>/feedback/open", methods=["GET", "POST"])
@requires(Permission.RUN_FEEDBACK, on=find_cohort)
def open_round(cohort: Cohort) -> ResponseReturnValue:
    """Ask for feedback on the course or on one session."""
    sessions = list_sessions(cohort)
    wrong: list[tuple[str | None, str]] = []
    if request.method == "POST":
        asked, sent, wrong = _open(cohort, sessions)
        if asked is not None:
            db.session.commit()
            if asked.questionnaire.about is About.NEEDS:
                flash(_("Feedback is open. Now invite the companies."))
                return redirect(url_for("feedback.companies", public_id=asked.public_id), 303)
            flash(
                ngettext(
                    "Feedback is open. %(num)s personal link is on its way.",
                    "Feedback is open. %(num)s personal links are on their way.",
                    sent,
                )
                if sent
                else _("Feedback is open. Show the link to the room.")
            )
            return redirect(url_for("feedback.round_page", public_id=asked.public_id), 303)
    usual = {"place": request.args.get("session", ""), "mail": "yes", "reminders": "2"}
    asks_later = any(
        line.moment is Moment.FOLLOW_UP for line in plan_service.list_plan(cohort.programme)
    )
    page = render_template(
        "feedback/open.html",
        cohort=cohort,
        sessions=sessions,
        choices=worded_choices(cohort.programme),
        offers_follow_up=not asks_later,
        wrong=wrong,
        form=request.form or usual | {"follow_up": "" if asks_later else "yes"},
    )
    return page, 422 if wrong else 200


def _open(
    cohort: Cohort, sessions: Sequence[TrainingSession]
) -> tuple[FeedbackRound | None, int, list[tuple[str | None, str]]]:
    """Open what the form says: the round and how many links were sent, or what is wrong."""
    choices, now, user = choices_of(cohort.programme), clock.now(), signed_in_user()
    wrong: list[tuple[str | None, str]] = []
    place = request.form.get("place", "")
    training_session = next((each for each in sessions if each.public_id == place), None)
    days = request.form.get("days", "").strip()
    code, _colon, moment = request.form.get("questionnaire", "").partition(":")
    about = choices[code][1] if code in choices else None
    if place and training_session is None:
        wrong.append(("place", _("Choose what the feedback is about.")))
    if not days.isascii() or not days.isdigit() or not 1 <= int(days[:4]) <= 365:
        wrong.append(("days", _("Enter a number of days from 1 to 365.")))
    if about is None or moment not in ("", *MOMENTS[about]):
        wrong.append(("questionnaire", _("Choose a questionnaire.")))
    elif (about is About.SESSION) != (training_session is not None):
        wrong.append(
            ("questionnaire", _("This questionnaire is about something else. Choose another."))
        )
    if wrong:
        return None, 0, wrong
    by_mail = bool(request.form.get("mail")) and about is not About.NEEDS
    reminders = {"1": 1, "2": 2}.get(request.form.get("reminders", ""), 0)
    asked = service.open_round(
        cohort,
        questionnaire_service.take_questionnaire(cohort.programme, code, by=user, now=now),
        training_session,
        moment=Moment(moment) if moment else None,
        closes_at=now + timedelta(days=int(days)),
        is_by_mail=by_mail,
        reminders=reminders if by_mail else 0,
        by=user,
        now=now,
    )
    if about is About.COURSE and request.form.get("follow_up"):
        plan_service.plan_follow_up(asked, by=user, now=now)
    sent = ticket_service.send_links(asked, address_of=link_address, now=now) if by_mail else 0
    return asked, sent, []


@bp.route("/feedback/rounds/<public_id>/companies", methods=["GET", "POST"])
@requires(Permission.RUN_FEEDBACK, on=service.find_round)
def companies(asked: FeedbackRound) -> ResponseReturnValue:
    """Invite companies that are not enrolled: a link for each, by mail or on paper."""
    typed, tongue = request.form.get("addresses", ""), request.form.get("language", language())
    wrong: dict[str, str] = {}
    if request.method == "POST":
        found, problems = company_service.addresses_in(typed)
        if problems:
            wrong["addresses"] = " ".join(sentence(each) for each in problems[:5])
        if tongue not in LANGUAGES:
            wrong["language"] = _("Choose one of the list.")
        if not wrong:
            company_service.invite(
                asked,
                found,
                in_language=tongue,
                link_of=lambda code: url_for(
                    "feedback.answer_by_slip", public_id=asked.public_id, code=code, _external=True
                ),
                by=signed_in_user(),
                now=clock.now(),
            )
            db.session.commit()
            flash(
                ngettext(
                    "%(num)s link is on its way. The address is forgotten when it is sent.",
                    "%(num)s links are on their way. The addresses are forgotten when they are "
                    "sent.",
                    len(found),
                )
            )
            return redirect(url_for("feedback.companies", public_id=asked.public_id), 303)
    page = render_template(
        "feedback/companies.html",
        asked=asked,
        cohort=asked.cohort,
        questions=questionnaire_service.questions_of(asked.questionnaire),
        is_open=service.is_open(asked, now=clock.now()),
        rate=results_service.rate_of(asked),
        typed=typed,
        tongue=tongue,
        wrong=wrong,
    )
    return page, 422 if wrong else 200
