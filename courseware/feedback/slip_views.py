"""Routes of slips: printing them, and answering with one."""

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.db import db
from courseware.feedback import answer_views, service, slip_exports, slip_rules, slip_service
from courseware.feedback.cohort_views import bp
from courseware.feedback.models import FeedbackRound
from courseware.i18n import _
from courseware.permissions import Permission, requires, signed_in_user
from courseware.security import limiter, without_lock


@bp.route("/feedback/rounds/<public_id>/slips", methods=["GET", "POST"])
@requires(Permission.RUN_FEEDBACK, on=service.find_round)
def slips(asked: FeedbackRound) -> ResponseReturnValue:
    """Print slips for those who have neither an account nor mail."""
    enrolled = service.count_enrolled(asked.cohort)
    given = request.form.get("count", "").strip()
    wrong = ""
    if request.method == "POST":
        most = slip_rules.MOST_SLIPS
        if given.isascii() and given.isdigit() and 1 <= int(given[:6]) <= most:
            codes = slip_service.new_codes(int(given))
            with without_lock():  # laying out hundreds takes seconds, and nobody else need wait
                sheet = slip_exports.slip_sheet(
                    asked, codes,
                    room=url_for("feedback.room", public_id=asked.public_id, _external=True),
                    address_of=lambda code: url_for(
                        "feedback.answer_by_slip", public_id=asked.public_id, code=code,
                        _external=True,
                    ),
                )  # fmt: skip
            slip_service.keep_codes(asked, codes, by=signed_in_user(), now=clock.now())
            db.session.commit()
            name = "-".join(filter(None, (asked.cohort.code, asked.place, "feedback-slips.pdf")))
            return Response(
                sheet,
                content_type="application/pdf",
                headers={"Content-Disposition": f'attachment; filename="{name}"'},
            )
        wrong = _("Enter a number from 1 to %(most)s.", most=most)
    page = render_template(
        "feedback/slips.html",
        asked=asked,
        cohort=asked.cohort,
        enrolled=enrolled,
        made=slip_service.count_slips(asked),
        given=given or min(max(enrolled, 1), slip_rules.MOST_SLIPS),
        wrong=wrong,
    )
    return page, 422 if wrong else 200


@bp.post("/feedback/<public_id>/code")
@requires(Permission.ANSWER_FEEDBACK, on=service.find_round)
@limiter.limit("300 per minute")  # a whole room may share one address
def type_slip_code(asked: FeedbackRound) -> ResponseReturnValue:
    """Type the code of a slip, for who cannot scan it."""
    typed = request.form.get("code", "")
    seat = slip_service.find_seat_by_code(asked, typed)
    if seat is None:
        return answer_views.room_page(
            asked,
            wrong_code=_("This code is not known here. Look at the slip again and type it whole."),
            code=typed[:60],
        )
    return redirect(
        url_for("feedback.answer_by_slip", public_id=asked.public_id, code=seat.token), 303
    )


@bp.route("/feedback/<public_id>/slip/<code>", methods=["GET", "POST"])
@requires(Permission.ANSWER_FEEDBACK, on=lambda public_id, code: service.find_round(public_id))
@limiter.limit("1200 per minute")
def answer_by_slip(asked: FeedbackRound) -> ResponseReturnValue:
    """The form behind a slip."""
    code = str((request.view_args or {})["code"])
    seat = slip_service.find_seat_by_code(asked, code)
    if seat is None:
        return render_template("feedback/unknown.html"), 404
    return answer_views.form_page(seat)
