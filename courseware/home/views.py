"""Routes: the first page of each role, and the page that shows all components."""

import hashlib
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.cohorts import service as cohorts
from courseware.cohorts.models import Enrolment
from courseware.cohorts.service import find_enrolment
from courseware.credentials.preflight_service import standing_of
from courseware.db import db
from courseware.home.service import first_page_of
from courseware.i18n import _
from courseware.permissions import Permission, may, requires, signed_in_user

bp = Blueprint("home", __name__)


@bp.get("/")
@requires(Permission.SEE_HOME)
def index() -> ResponseReturnValue:
    """The first page of each role: what now? For a stranger: what this is."""
    user = signed_in_user()
    if user is None:
        return render_template("home/front.html")
    now = clock.now()
    return render_template("home/index.html", home=first_page_of(user, now=now), now=now)


@bp.get("/components")
@requires(Permission.SEE_COMPONENTS)
def components() -> ResponseReturnValue:
    """Every component in every state, with sample values."""
    return render_template("home/components.html")


@bp.route("/enrolments/<public_id>/name", methods=["GET", "POST"])
@requires(Permission.CONFIRM_NAME, on=find_enrolment)
def confirm_name(enrolment: Enrolment) -> ResponseReturnValue:
    """How the name will be printed, to be confirmed by its owner; only what was seen counts."""
    seen = hashlib.sha256("\n".join(enrolment.user.names).encode()).hexdigest()
    has_changed = request.method == "POST" and request.form.get("seen", seen) != seen
    if request.method == "POST" and not has_changed:
        cohorts.confirm_name(enrolment, by=signed_in_user(), now=clock.now())
        db.session.commit()
        flash(_("Thank you. The name is printed exactly so."))
        return redirect(url_for("home.index"), 303)
    page = render_template(
        "home/confirm_name.html",
        enrolment=enrolment,
        seen=seen,
        has_changed=has_changed,
        standing=standing_of(enrolment, now=clock.now()),
    )
    return page, 409 if has_changed else 200


@dataclass(frozen=True)
class Link:
    """One place that the person may go to."""

    text: str
    address: str
    is_current: bool


@bp.app_template_global()
def navigation() -> list[Link]:
    """The main navigation: what this person may open, asked of the views themselves."""
    places = (
        (_("What now?"), "home.index"),
        (_("Cohorts"), "cohorts.index"),
        (_("Programmes"), "programmes.index"),
        (_("Organisations"), "partners.index"),
        (_("People"), "accounts.people"),
    )
    here = _place_of(request.path, request.endpoint or "")
    links = [(text, page_of(at), at == here) for text, at in places]
    return [Link(text, address, is_current) for text, address, is_current in links if address]


def _place_of(path: str, endpoint: str) -> str:
    """Where in the main navigation a page belongs: what it is about counts before who made it."""
    if path.startswith("/programmes") or endpoint.startswith("feedback.plan"):
        return "programmes.index"
    if path.startswith("/cohorts"):
        return "cohorts.index"
    if endpoint.startswith(("accounts.people", "accounts.person")):
        return "accounts.people"
    feature = endpoint.partition(".")[0]
    return {
        "home": "home.index",
        "programmes": "programmes.index",
        "partners": "partners.index",
        **dict.fromkeys(("cohorts", "schedule", "attendance", "feedback"), "cohorts.index"),
    }.get(feature, "")


@bp.app_template_global()
def cohort_pages(cohort: Any, current: str) -> list[tuple[str, str, bool]]:
    """The pages of one cohort that this person may open: text, address, whether it is this one."""
    places = (
        ("overview", _("Cohort"), "cohorts.show"),
        ("people", _("Participants"), "cohorts.participants"),
        ("schedule", _("Schedule"), "schedule.index"),
        ("attendance", _("Attendance"), "attendance.ledger"),
        ("feedback", _("Feedback"), "feedback.summary"),
        ("certificates", _("Certificates"), "credentials.cohort"),
    )
    pages = [(text, page_of(endpoint, cohort), name == current) for name, text, endpoint in places]
    return [(text, address, is_current) for text, address, is_current in pages if address]


@bp.app_template_global()
def page_of(endpoint: str, subject: Any = None) -> str | None:
    """The address of a page about `subject`, if the reader may open it."""
    view = current_app.view_functions.get(endpoint)
    user = signed_in_user()
    permission = getattr(view, "permission", None)
    if permission is None or not may(user, permission, subject):
        return None
    return url_for(endpoint, **({} if subject is None else {"public_id": subject.public_id}))
