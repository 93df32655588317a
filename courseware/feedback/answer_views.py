"""Routes of those who answer: the link of the room, the personal link, the form, thanks."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.db import db
from courseware.errors import Refused
from courseware.feedback import questionnaire_service, service, ticket_service
from courseware.feedback.answer_rules import check_answers
from courseware.feedback.cohort_views import bp
from courseware.feedback.models import FeedbackRound
from courseware.feedback.service import Seat, Spent
from courseware.i18n import _, sentence
from courseware.permissions import Permission, requires, signed_in_user
from courseware.security import limiter


@bp.route("/feedback/<public_id>", methods=["GET", "POST"])
@requires(Permission.ANSWER_FEEDBACK, on=service.find_round)
@limiter.limit("300 per minute", methods=["POST"])  # a whole room may share one address
@limiter.limit(
    "5 per 10 minutes",
    methods=["POST"],
    key_func=lambda: "feedback:" + request.form.get("email", "").strip().lower()[:254],
)
def room(asked: FeedbackRound) -> ResponseReturnValue:
    """The link of the room: straight to the form for who is signed in, else the own link by mail.

    The answer is the same for an address that is enrolled and for one that is not.
    """
    if not service.is_open(asked, now=clock.now()):
        return _closed(asked)
    user = signed_in_user()
    if user is not None and ticket_service.find_seat_of(asked, user) is not None:
        return redirect(url_for("feedback.answer_signed_in", public_id=asked.public_id), 303)
    if request.method == "POST":
        email = request.form.get("email", "").strip()
        if "@" not in email or len(email) > 254:
            wrong = _("Enter the e-mail address with which you are enrolled.")
            return render_template(
                "feedback/room.html", asked=asked, questions=_questions(asked), wrong=wrong,
                email=email,
            ), 422  # fmt: skip
        ticket_service.send_link_to(asked, email, address_of=_address_of, now=clock.now())
        db.session.commit()
        return redirect(url_for("feedback.link_sent", public_id=asked.public_id), 303)
    return render_template(
        "feedback/room.html", asked=asked, questions=_questions(asked), wrong="", email=""
    )


@bp.get("/feedback/<public_id>/sent")
@requires(Permission.ANSWER_FEEDBACK, on=service.find_round)
def link_sent(asked: FeedbackRound) -> ResponseReturnValue:
    """Says that a link is on its way, if the address is enrolled."""
    return render_template("feedback/link_sent.html", asked=asked)


@bp.route("/feedback/<public_id>/answer", methods=["GET", "POST"])
@requires(Permission.ANSWER_FEEDBACK, on=service.find_round)
def answer_signed_in(asked: FeedbackRound) -> ResponseReturnValue:
    """The form for a participant who is signed in."""
    user = signed_in_user()
    seat = ticket_service.find_seat_of(asked, user) if user is not None else None
    if seat is None:
        return redirect(url_for("feedback.room", public_id=asked.public_id), 303)
    return _form(seat)


@bp.route("/feedback/link/<token>", methods=["GET", "POST"])
@requires(Permission.ANSWER_FEEDBACK)
@limiter.limit("600 per minute", methods=["POST"])
def answer_by_link(token: str) -> ResponseReturnValue:
    """The form behind a personal link."""
    seat = ticket_service.find_seat(token)
    if seat is None:
        return render_template("feedback/unknown.html"), 404
    return _form(seat)


@bp.get("/feedback/<public_id>/thanks")
@requires(Permission.ANSWER_FEEDBACK, on=service.find_round)
def thanks(asked: FeedbackRound) -> ResponseReturnValue:
    """Thanks, and what happens next."""
    return render_template("feedback/thanks.html", asked=asked)


@bp.get("/feedback/method")
@requires(Permission.ANSWER_FEEDBACK)
def method() -> ResponseReturnValue:
    """How anonymity is kept, and what is still possible."""
    return render_template("feedback/method.html")


def _questions(asked: FeedbackRound):
    return questionnaire_service.questions_of(asked.questionnaire)


def _address_of(token: str) -> str:
    return url_for("feedback.answer_by_link", token=token, _external=True)


def _closed(asked: FeedbackRound) -> ResponseReturnValue:
    return render_template("feedback/closed.html", asked=asked), 409


def _form(seat: Seat) -> ResponseReturnValue:
    asked = seat.asked
    if seat.is_spent:
        return render_template("feedback/given.html", asked=asked), 409
    if not service.is_open(asked, now=clock.now()):
        return _closed(asked)
    questions = _questions(asked)
    trainers = service.trainers_asked_about(asked)
    given: dict[str, list[str]] = {}
    problems: dict[str, str] = {}
    if request.method == "POST":
        given = {name: request.form.getlist(name) for name in request.form}
        checked = check_answers(questions, given, [each.public_id for each in trainers])
        problems = {name: sentence(said) for name, said in checked.problems.items()}
        if not problems:
            try:
                service.submit_answers(seat, checked.answers, now=clock.now())
            except Spent:
                db.session.rollback()
                return render_template("feedback/given.html", asked=asked), 409
            except Refused:
                db.session.rollback()
                return _closed(asked)
            db.session.commit()
            return redirect(url_for("feedback.thanks", public_id=asked.public_id), 303)
        flash(_("Not sent yet: something is to correct. What you wrote is still here."), "error")
    page = render_template(
        "feedback/answer.html",
        asked=asked, questions=questions, trainers=trainers, given=given, problems=problems,
    )  # fmt: skip
    return page, 422 if problems else 200
