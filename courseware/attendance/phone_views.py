"""Routes: the phones that are remembered as somebody's, and the personal links to check in."""

from functools import partial

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.attendance import check_in_known_service as known_service
from courseware.attendance import personal_link_service, phone_service
from courseware.attendance.ledger_views import bp
from courseware.cohorts.models import Cohort, Enrolment
from courseware.cohorts.service import find_cohort, find_enrolment, list_enrolments
from courseware.db import db
from courseware.i18n import _, ngettext
from courseware.permissions import Permission, requires, signed_in_user
from courseware.qr import qr_svg


@bp.route("/enrolments/<public_id>/phones", methods=["GET", "POST"])
@requires(Permission.MANAGE_PHONES, on=find_enrolment)
def phones(enrolment: Enrolment) -> ResponseReturnValue:
    """A participant's remembered phones and personal link, for them and for who runs the course."""
    user = signed_in_user()
    is_mine = user.id == enrolment.user_id
    if request.method == "POST":
        if request.form.get("act") == "renew":
            _renew(enrolment, is_mine)
        else:
            _forget(enrolment)
        return redirect(url_for("attendance.phones", public_id=enrolment.public_id), 303)
    token = request.cookies.get(known_service.phone_cookie(), "")[:64]
    return render_template(
        "attendance/phones.html",
        enrolment=enrolment,
        cohort=enrolment.cohort,
        is_mine=is_mine,
        phones=phone_service.list_phones(
            enrolment,
            device=known_service.device_digest(token) if token else "",
            everywhere=is_mine,
        ),
    )


def _forget(enrolment: Enrolment) -> None:
    is_done = phone_service.forget_phone(
        enrolment.user, request.form.get("phone", ""), by=signed_in_user(), now=clock.now()
    )
    db.session.commit()
    if is_done:
        flash(_("The phone is forgotten. At the next check-in it has to prove whose it is."))
    else:
        flash(_("This phone was forgotten already."), "warning")


def _renew(enrolment: Enrolment, is_mine: bool) -> None:
    now = clock.now()
    personal_link_service.renew_link(enrolment, by=signed_in_user(), now=now)
    text = _("The old link no longer works. Open the new one on your phone.")
    if not is_mine:
        sent = personal_link_service.mail_links(
            [enrolment], cohort=enrolment.cohort, address_of=_address, now=now
        )
        if sent:
            email = enrolment.user.email
            text = _("The old link no longer works. The new one is on its way to %(to)s.", to=email)
        else:
            text = _("The old link no longer works. Print the card with the new one.")
    db.session.commit()
    flash(text)


@bp.route("/cohorts/<public_id>/check-in-links", methods=["GET", "POST"])
@requires(Permission.EDIT_PARTICIPANTS, on=find_cohort)
def check_in_links(cohort: Cohort) -> ResponseReturnValue:
    """Everybody's personal link: to be mailed, or printed as a card with a QR code."""
    people = list_enrolments(cohort)
    if request.method == "POST":
        count = personal_link_service.mail_links(
            people, cohort=cohort, address_of=_address, now=clock.now()
        )
        address = url_for("attendance.check_in_links", public_id=cohort.public_id)
        db.session.commit()
        flash(
            ngettext(
                "The link is on its way to %(num)s participant.",
                "The links are on their way to %(num)s participants.",
                count,
            )
        )
        return redirect(address, 303)
    chosen = request.args.get("print", "")
    links = {id: _address(token) for id, token in personal_link_service.link_tokens(people).items()}
    return render_template(
        "attendance/check_in_links.html",
        cohort=cohort,
        people=people,
        printed=[each for each in people if _is_printed(each, chosen)],
        links=links,
        phones=phone_service.count_phones(people),
        qr_of=partial(qr_svg, title=_("QR code of the link")),
    )


def _is_printed(enrolment: Enrolment, chosen: str) -> bool:
    """Whether a card is wanted: of everybody, of who has no address, or of one person."""
    if chosen == "without":
        return not enrolment.user.email
    return chosen == "all" or chosen == enrolment.public_id


def _address(token: str) -> str:
    return url_for("attendance.personal_link", token=token, _external=True)


@bp.app_template_global()
def check_in_address(enrolment: Enrolment) -> str:
    """A participant's personal link, for their own pages."""
    return _address(personal_link_service.link_token(enrolment))
