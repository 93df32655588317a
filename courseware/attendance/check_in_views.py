"""Routes of those who check in: the code on the wall, the code by mail, the personal link."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from flask import (
    Response,
    abort,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address

from courseware import clock
from courseware.attendance import check_in_known_service as known_service
from courseware.attendance import check_in_service, personal_link_service, phone_service
from courseware.attendance.check_in_rules import (
    MAIL_CODE_DIGITS,
    NOT_ENROLLED,
    KnownBy,
    phone_kind,
)
from courseware.attendance.ledger_views import bp
from courseware.attendance.models import CheckIn
from courseware.cohorts.service import list_enrolments
from courseware.db import db
from courseware.errors import Refused
from courseware.i18n import _, sentence
from courseware.permissions import Permission, requires, signed_in_user
from courseware.schedule.models import TrainingSession
from courseware.security import limiter

DEVICE_LASTS = 400 * 24 * 3600
"""Seconds; browsers keep no cookie longer."""

View = Callable[..., ResponseReturnValue]


# The phone --------------------------------------------------------------------------------------


def _device() -> str:
    """What tells this phone apart; a phone that has no cookie yet gets one with the answer."""
    token = request.cookies.get(known_service.phone_cookie(), "")[:64]
    if len(token) < 24:
        token = g.setdefault("new_phone", known_service.new_device_token())
    return known_service.device_digest(token)


def _phone_or_address() -> str:
    return "check-in:" + (
        request.cookies.get(known_service.phone_cookie(), "")[:64] or get_remote_address()
    )


def _from_a_phone(view: View) -> View:
    """Give a phone its cookie, and a refusal its page."""

    @wraps(view)
    def wrapped(*values: Any, **named: Any) -> ResponseReturnValue:
        try:
            answer = make_response(view(*values, **named))
        except Refused as error:
            db.session.rollback()
            page = render_template("attendance/check_in_refused.html", reason=error.message)
            answer = make_response(page, 409)
        return _with_cookie(answer)

    return wrapped


def _with_cookie(answer: Response) -> Response:
    if token := g.pop("new_phone", None):
        answer.set_cookie(
            known_service.phone_cookie(),
            token,
            max_age=DEVICE_LASTS,
            secure=current_app.config["SETTINGS"].is_https,
            httponly=True,
            samesite="Lax",
        )
    return answer


# A whole class may share one address; a single phone has no reason to be fast.
_room_limit = limiter.limit("1200 per minute")
_phone_limit = limiter.limit("30 per minute", methods=["POST"], key_func=_phone_or_address)


# The code on the wall ---------------------------------------------------------------------------


@bp.route("/check-in", methods=["GET", "POST"])
@requires(Permission.CHECK_IN)
@_room_limit
@_phone_limit
@_from_a_phone
def type_code() -> ResponseReturnValue:
    """Type the code on the wall, for who cannot scan it."""
    device, now = _device(), clock.now()
    user = signed_in_user()
    problem = ""
    if request.method == "POST":
        try:
            training_session = check_in_service.find_session_by_code(
                request.form.get("code", ""), now=now
            )
        except Refused as error:
            problem = sentence(error.message)
        else:
            known = known_service.find_known(training_session, user=user, device=device)
            if known is not None:
                return _check_in(training_session, known, now, now)
            scan = known_service.seal_scan(training_session, device, at=now)
            return redirect(_page(training_session, scan), 303)
    page = render_template(
        "attendance/check_in_code.html",
        owner=user or known_service.find_owner(device),
        problem=problem,
        typed=request.form.get("code", "")[:60],
    )
    return page, 422 if problem else 200


@bp.get("/check-in/<public_id>/<code>")
@requires(Permission.CHECK_IN)
@_room_limit
@_from_a_phone
def scan(public_id: str, code: str) -> ResponseReturnValue:
    """The address in the QR code: good for some seconds, for one session."""
    training_session = _find(public_id)
    now = clock.now()
    check_in_service.refuse_code(training_session, code, now=now)
    device = _device()
    return _choose(training_session, known_service.seal_scan(training_session, device, at=now))


@bp.route("/check-in/<public_id>", methods=["GET", "POST"])
@requires(Permission.CHECK_IN)
@_room_limit
@_phone_limit
@_from_a_phone
def check_in(public_id: str) -> ResponseReturnValue:
    """Check in with a scan: as who we know, else with a name that is to be proved."""
    training_session, now, device = _find(public_id), clock.now(), _device()
    sealed = request.values.get("scan", "")
    if not sealed:
        return redirect(url_for("attendance.type_code"), 303)
    scanned_at = known_service.read_scan(sealed, training_session, device, now=now)
    if request.method == "GET":
        return _choose(training_session, sealed)
    act, who = request.form.get("act", ""), request.form.get("who", "")
    if act not in ("mail", "trainer"):
        known = known_service.find_known(training_session, user=signed_in_user(), device=device)
        if known is None or known.enrolment.public_id != who:
            # Signed out meanwhile, or another name than the one that this phone stands for.
            return _choose(training_session, sealed, _("Choose how we know that it is you."))
        return _check_in(training_session, known, scanned_at, now)
    place = known_service.find_place(training_session, who)
    if place is None:
        return _choose(training_session, sealed, _("Choose your name in the list."))
    if act == "trainer":
        nobody = known_service.Known(place, KnownBy.NOBODY)
        return _check_in(training_session, nobody, scanned_at, now)
    try:
        known_service.send_mail_code(training_session, place, device=device, now=now)
    except Refused as error:
        db.session.rollback()
        return _choose(training_session, sealed, sentence(error.message), who)
    db.session.commit()
    return redirect(
        url_for("attendance.type_mail_code", public_id=public_id, scan=sealed, who=who), 303
    )


def _check_in(
    training_session: TrainingSession,
    known: known_service.Known,
    scanned_at: datetime,
    now: datetime,
) -> ResponseReturnValue:
    """Check in from this phone, and show what came of it."""
    found = check_in_service.check_in(
        training_session,
        known.enrolment,
        known_by=known.by,
        scanned_at=scanned_at,
        device=_device(),
        network=known_service.network_digest(get_remote_address()),
        now=now,
        phone=phone_kind(request.user_agent.string),
    )
    answer = _to_result(training_session, found)
    db.session.commit()
    return answer


def _choose(
    training_session: TrainingSession, scan: str, problem: str = "", chosen: str = ""
) -> ResponseReturnValue:
    """The page of one session: one button for who is known, else the names."""
    known = None
    if not problem and "names" not in request.args:  # else somebody else uses this phone
        known = known_service.find_known(training_session, user=signed_in_user(), device=_device())
    if known is not None:
        found = check_in_service.find_check_in_of(training_session, known.enrolment)
        if found is not None and found.state.makes_a_mark:
            return _to_result(training_session, found)
    page = render_template(
        "attendance/check_in.html",
        training_session=training_session,
        cohort=training_session.cohort,
        known=known,
        scan=scan,
        people=[] if known else list_enrolments(training_session.cohort),
        is_stranger=not known and _is_stranger(training_session),
        problem=problem,
        chosen=chosen,
        here=_page(training_session, scan),
    )
    return page, 422 if problem else 200


def _is_stranger(training_session: TrainingSession) -> bool:
    user = signed_in_user()
    return user is not None and not known_service.find_known(training_session, user=user, device="")


@bp.route("/check-in/<public_id>/mail", methods=["GET", "POST"])
@requires(Permission.CHECK_IN)
@_room_limit
@_phone_limit
@_from_a_phone
def type_mail_code(public_id: str) -> ResponseReturnValue:
    """Type the code that came by mail; the minute is that of the scan."""
    training_session, now, device = _find(public_id), clock.now(), _device()
    sealed = request.values.get("scan", "")
    scanned_at = known_service.read_scan(sealed, training_session, device, now=now)
    place = known_service.find_place(training_session, request.values.get("who", ""))
    if place is None:
        raise Refused(NOT_ENROLLED)
    problem = ""
    if request.method == "POST":
        wrong = known_service.use_mail_code(
            place, request.form.get("code", ""), device=device, now=now
        )
        if wrong is None:
            proved = known_service.Known(place, KnownBy.MAIL)
            return _check_in(training_session, proved, scanned_at, now)
        problem = sentence(wrong)
        db.session.commit()  # the try counts
        training_session = _find(public_id)
    page = render_template(
        "attendance/check_in_mail.html",
        training_session=training_session,
        cohort=training_session.cohort,
        scan=sealed,
        who=request.values.get("who", "")[:40],
        problem=problem,
        digits=MAIL_CODE_DIGITS,
        here=_page(training_session, sealed),
    )
    return page, 422 if problem else 200


@bp.get("/check-in/<public_id>/result/<check_in_id>")
@requires(Permission.CHECK_IN)
@_from_a_phone
def result(public_id: str, check_in_id: str) -> ResponseReturnValue:
    """What came of a check-in."""
    found = check_in_service.find_check_in(check_in_id)
    if found is None or found.training_session.public_id != public_id:
        abort(404)
    return render_template(
        "attendance/check_in_result.html",
        found=found,
        training_session=found.training_session,
        cohort=found.training_session.cohort,
        presence=check_in_service.presence_of(found),
        is_away=found.state.makes_a_mark and check_in_service.says_away(found),
    )


# The personal link ------------------------------------------------------------------------------


@bp.route("/check-in/me/<token>", methods=["GET", "POST"])
@requires(Permission.CHECK_IN)
@_room_limit
@_phone_limit
@_from_a_phone
def personal_link(token: str) -> ResponseReturnValue:
    """A participant's own link: it makes this phone theirs, and checks in with the code."""
    enrolment = personal_link_service.find_by_link(token[:120])
    if enrolment is None:
        personal_link_service.refuse_replaced(token[:120])
        abort(404)
    device, now = _device(), clock.now()
    problem = ""
    if request.method == "POST" and request.form.get("act") == "remember":
        known_service.remember_device(
            device, enrolment.user, now=now, kind=phone_kind(request.user_agent.string)
        )
        db.session.commit()
        flash(_("This phone is remembered. Scan the code on the wall, and one tap is enough."))
        return redirect(url_for("attendance.personal_link", token=token), 303)
    if request.method == "POST" and request.form.get("act") == "forget":
        phone = phone_service.find_phone(device)
        if phone is not None:
            owner = enrolment.user
            phone_service.forget_phone(owner, phone.public_id, by=owner, now=now)
            db.session.commit()
        return redirect(url_for("attendance.personal_link", token=token), 303)
    if request.method == "POST":
        try:
            training_session = check_in_service.find_session_by_code(
                request.form.get("code", ""), now=now
            )
            return _check_in(
                training_session, known_service.Known(enrolment, KnownBy.LINK), now, now
            )
        except Refused as error:
            db.session.rollback()
            problem = sentence(error.message)
            enrolment = personal_link_service.find_by_link(token[:120])
    assert enrolment is not None
    page = render_template(
        "attendance/check_in_link.html",
        enrolment=enrolment,
        cohort=enrolment.cohort,
        owner=known_service.find_owner(device),
        problem=problem,
        typed=request.form.get("code", "")[:60],
    )
    return page, 422 if problem else 200


# Parts ------------------------------------------------------------------------------------------


def _find(public_id: str) -> TrainingSession:
    training_session = check_in_service.find_session(public_id[:40])
    if training_session is None:
        abort(404)
    return training_session


def _page(training_session: TrainingSession, scan: str) -> str:
    return url_for("attendance.check_in", public_id=training_session.public_id, scan=scan)


def _to_result(training_session: TrainingSession, found: CheckIn) -> Response:
    return redirect(  # type: ignore[return-value]
        url_for(
            "attendance.result",
            public_id=training_session.public_id,
            check_in_id=found.public_id,
        ),
        303,
    )
