"""Routes of those who answer: the link of the room, the personal link, the form, thanks."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from courseware import assets, clock
from courseware.accounts.models import User
from courseware.attendance import check_in_known_service as known_service
from courseware.db import db
from courseware.errors import Refused
from courseware.feedback import pairing_rules, questionnaire_service, service, ticket_service
from courseware.feedback import pairing_service as pairing
from courseware.feedback.answer_rules import check_answers, field_labels
from courseware.feedback.cohort_views import bp
from courseware.feedback.models import FeedbackRound
from courseware.feedback.plan_views import link_address
from courseware.feedback.rules import Questionnaire
from courseware.feedback.service import Seat, Spent
from courseware.i18n import _, language, sentence
from courseware.permissions import Permission, requires, signed_in_user
from courseware.security import limiter
from courseware.texts import choose

# The room --------------------------------------------------------------------------------------


@bp.route("/feedback/<public_id>", methods=["GET", "POST"])
@requires(Permission.ANSWER_FEEDBACK, on=service.find_round)
@limiter.limit("300 per minute", methods=["POST"])  # a whole room may share one address
@limiter.limit(
    "5 per 10 minutes",
    methods=["POST"],
    key_func=lambda: "feedback:" + request.form.get("email", "").strip().lower()[:254],
)
def room(asked: FeedbackRound) -> ResponseReturnValue:
    """The link of the room: to the form for who is known here, else the own link by mail or a slip.

    The answer is the same for an address that is enrolled and for one that is not.
    """
    user = signed_in_user()
    if user is not None and ticket_service.find_seat_of(asked, user) is not None:
        return redirect(url_for("feedback.answer_signed_in", public_id=asked.public_id), 303)
    if request.method == "GET" or not service.is_open(asked, now=clock.now()):
        return room_page(asked)
    email = request.form.get("email", "").strip()
    if "@" not in email or len(email) > 254:
        wrong = _("Enter the e-mail address with which you are enrolled.")
        return room_page(asked, wrong=wrong, email=email)
    ticket_service.send_link_to(asked, email, address_of=link_address, now=clock.now())
    db.session.commit()
    return redirect(url_for("feedback.link_sent", public_id=asked.public_id), 303)


def room_page(
    asked: FeedbackRound, *, wrong: str = "", email: str = "", wrong_code: str = "", code: str = ""
) -> ResponseReturnValue:
    """The page of the room, with what was wrong with the address or the code."""
    if not service.is_open(asked, now=clock.now()):
        return _not_open(asked)
    owner = _phone_owner() if signed_in_user() is None else None
    known = owner if owner and ticket_service.find_seat_of(asked, owner) else None
    page = render_template(
        "feedback/room.html",
        asked=asked, questions=_questions(asked), known=known,
        wrong=wrong, email=email, wrong_code=wrong_code, code=code,
    )  # fmt: skip
    return page, 422 if wrong or wrong_code else 200


@bp.get("/feedback/<public_id>/sent")
@requires(Permission.ANSWER_FEEDBACK, on=service.find_round)
def link_sent(asked: FeedbackRound) -> ResponseReturnValue:
    """Says that a link is on its way, if the address is enrolled."""
    return render_template("feedback/link_sent.html", asked=asked)


# The form --------------------------------------------------------------------------------------


@bp.route("/feedback/<public_id>/answer", methods=["GET", "POST"])
@requires(Permission.ANSWER_FEEDBACK, on=service.find_round)
def answer_signed_in(asked: FeedbackRound) -> ResponseReturnValue:
    """The form for a participant who is signed in, or whose phone is known from check-in."""
    people = (signed_in_user(), _phone_owner())
    seats = (ticket_service.find_seat_of(asked, each) for each in people if each is not None)
    seat = next((each for each in seats if each is not None), None)
    if seat is None:
        return redirect(url_for("feedback.room", public_id=asked.public_id), 303)
    return form_page(seat)


@bp.route("/feedback/link/<token>", methods=["GET", "POST"])
@requires(Permission.ANSWER_FEEDBACK)
@limiter.limit("600 per minute", methods=["POST"])
def answer_by_link(token: str) -> ResponseReturnValue:
    """The form behind a personal link."""
    seat = ticket_service.find_seat(token)
    if seat is None:
        return render_template("feedback/unknown.html"), 404
    return form_page(seat)


def form_page(seat: Seat) -> ResponseReturnValue:
    """The form of who may answer, or what came of what they sent.

    Scripts send and ask with `Accept: application/json`, and are told a state.
    """
    asked = seat.asked
    if not _is_for(seat):
        return _answer("other", 409) or (render_template("feedback/unknown.html"), 409)
    if seat.is_spent:
        return _given(asked)
    if not service.is_open(asked, now=clock.now()):
        return _not_open(asked)
    questions = _questions(asked)
    trainers = service.trainers_asked_about(asked)
    given: dict[str, list[str]] = {}
    problems: dict[str, str] = {}
    if request.method == "POST":
        given = {name: request.form.getlist(name) for name in request.form}
        checked = check_answers(questions, given, [each.public_id for each in trainers])
        problems = {name: sentence(said) for name, said in checked.problems.items()}
        code = request.form.get("pair-code", "")
        if pairing.asks_for_code(asked) and (wrong := pairing_rules.judge_code(code)):
            problems["pair-code"] = sentence(wrong)
        if not problems:
            pair = pairing.pair_of(asked, code)
            try:
                service.submit_answers(seat, checked.answers, pair=pair, now=clock.now())
            except Spent:
                db.session.rollback()
                return _given(asked)
            except Refused as error:
                db.session.rollback()
                if not service.is_open(asked, now=clock.now()):
                    return _not_open(asked)
                if answer := _answer("closed", 409):
                    return answer
                raise error
            thanks_page = url_for("feedback.thanks", public_id=asked.public_id)
            db.session.commit()
            return _answer("stored", next=thanks_page) or redirect(thanks_page, 303)
    status = 422 if problems else 200
    if answer := _answer("wrong" if problems else "open", status, owner=owner_of(seat)):
        return answer
    if problems:
        flash(_("Not sent yet: something is to correct. What you wrote is still here."), "error")
    page = render_template(
        "feedback/answer.html",
        asked=asked, questions=questions, trainers=trainers, given=given, problems=problems,
        owner=owner_of(seat), asks_for_code=pairing.asks_for_code(asked),
        labels=_labels(questions, trainers) if problems else {},
    )  # fmt: skip
    return page, status


def _labels(questions: Questionnaire, trainers: Sequence[User]) -> dict[str, str]:
    """What stands above each field, so that what is wrong can be named."""
    found = field_labels(questions, {each.public_id: each.name for each in trainers})
    return {
        name: ", ".join(filter(None, (choose(texts, language()), who)))
        for name, (texts, who) in found.items()
    } | {"pair-code": _("Your own code")}


def owner_of(seat: Seat) -> str:
    """By what a device tells whose answers it keeps; nothing of it is stored here."""
    return known_service.digest_of(
        "feedback owner", seat.asked.public_id, seat.enrolment_id or seat.code_hash
    )[:24]


def _is_for(seat: Seat) -> bool:
    sent = request.form.get("owner", "") if request.method == "POST" else ""
    return not sent or sent == owner_of(seat)


def _answer(state: str, status: int = 200, **more: str) -> ResponseReturnValue | None:
    """What a script is told; None where a person asks."""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) != "application/json":
        return None
    if request.method == "GET":
        more["csrf"] = generate_csrf()
    return {"state": state, **more}, status


def _given(asked: FeedbackRound) -> ResponseReturnValue:
    thanks_page = url_for("feedback.thanks", public_id=asked.public_id)
    answer = _answer("given", 409, next=thanks_page)
    return answer or (render_template("feedback/given.html", asked=asked), 409)


def _not_open(asked: FeedbackRound) -> ResponseReturnValue:
    is_ahead = asked.closed_at is None and clock.now() < asked.closes_at
    page = "feedback/not_open.html" if is_ahead else "feedback/closed.html"
    answer = _answer("ahead" if is_ahead else "closed", 409)
    return answer or (render_template(page, asked=asked), 409)


@bp.get("/feedback/answer-worker.js")
@requires(Permission.ANSWER_FEEDBACK)
def answer_worker() -> ResponseReturnValue:
    """The script that keeps a form on the device and sends answers later; for /feedback/."""
    script = assets.text_assets()["answer-worker.js"].content
    return script, {
        "Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "no-cache",
    }  # fmt: skip


# Afterwards ------------------------------------------------------------------------------------


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


def _phone_owner() -> User | None:
    token = request.cookies.get(known_service.phone_cookie(), "")[:64]
    return known_service.find_owner(known_service.device_digest(token)) if token else None


def _questions(asked: FeedbackRound):
    return questionnaire_service.questions_of(asked.questionnaire)
