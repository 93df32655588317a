"""Signing in and out, the own data, and the list of people for administrators."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_user, logout_user

from courseware import clock
from courseware.accounts import service
from courseware.accounts.forms import (
    GeneralRolesForm,
    PasswordForm,
    PersonForm,
    ProfileForm,
    SignInForm,
    SignInLinkForm,
)
from courseware.accounts.models import SignedIn, SignInLink, User
from courseware.accounts.rules import Gender
from courseware.db import db
from courseware.i18n import LANGUAGES, _, language
from courseware.permissions import Permission, requires, signed_in_user
from courseware.security import is_own_path, limiter

bp = Blueprint("accounts", __name__)
login = LoginManager()
login.session_protection = None  # a sign-in ends on the server, see models.SignedIn


class Browser(UserMixin):
    """What Flask-Login keeps of a signed-in browser: its key in the cookie, its row, its person."""

    def __init__(self, key: str, signed_in: SignedIn) -> None:
        self.key, self.signed_in, self.user = key, signed_in, signed_in.user

    def get_id(self) -> str:
        return self.key

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def email(self) -> str | None:
        return self.user.email


@login.user_loader
def load_browser(key: str) -> Browser | None:
    """The browser with this key, unless it was signed out on the server."""
    found = service.find_sign_in(key, now=clock.now())
    return Browser(key, found) if found else None


@bp.record_once
def _prepare_login(state: Any) -> None:
    login.init_app(state.app)


def _let_in(user: User) -> None:
    """Sign this browser in, under a fresh cookie."""
    now = clock.now()
    chosen_language = session.get("language")
    session.clear()
    if chosen_language:
        session["language"] = chosen_language
    key = service.begin_sign_in(user, now=now)
    db.session.flush()
    found = service.find_sign_in(key, now=now)
    assert found is not None
    login_user(Browser(key, found))
    session.permanent = True


def _next() -> str:
    target = request.values.get("next", "")
    return target if is_own_path(target) else url_for("home.index")


@bp.route("/sign-in", methods=["GET", "POST"])
@requires(Permission.SEE_PUBLIC_PAGES)
@limiter.limit("20 per minute", methods=["POST"])
@limiter.limit(
    "10 per 5 minutes",
    methods=["POST"],
    key_func=lambda: "account:" + request.form.get("email", "").strip().lower()[:254],
)
def sign_in() -> ResponseReturnValue:
    """Sign in with a password."""
    form = SignInForm()
    if form.validate_on_submit():
        user = service.check_password(form.email.data or "", form.password.data or "")
        if user is not None:
            _let_in(user)
            db.session.commit()
            return redirect(_next(), 303)
        form.password.errors = [
            *form.password.errors,
            _("Address and password do not belong together. Try again, or ask for a link."),
        ]
    status = 422 if form.is_submitted() else 200
    return render_template("accounts/sign_in.html", form=form, next=_next()), status


@bp.route("/sign-in/link", methods=["GET", "POST"])
@requires(Permission.SEE_PUBLIC_PAGES)
@limiter.limit("10 per hour", methods=["POST"])
def request_link() -> ResponseReturnValue:
    """Ask for a one-time link by mail."""
    form = SignInLinkForm()
    if form.validate_on_submit():
        target = _next()
        service.send_sign_in_link(
            form.email.data or "",
            address_of=lambda token: url_for(
                "accounts.use_link", token=token, next=target, _external=True
            ),
            now=clock.now(),
        )
        db.session.commit()
        return redirect(url_for("accounts.link_sent", next=request.values.get("next")), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("accounts/request_link.html", form=form, next=_next()), status


@bp.route("/sign-in/sent")
@requires(Permission.SEE_PUBLIC_PAGES)
def link_sent() -> ResponseReturnValue:
    """Says that a link is on its way, if the address is known."""
    return render_template("accounts/link_sent.html", next=_next())


def _find_link(token: str) -> SignInLink | None:
    return service.find_sign_in_link(token, now=clock.now())


@bp.route("/sign-in/link/<token>", methods=["GET", "POST"])
@requires(Permission.SEE_PUBLIC_PAGES)
def use_link(token: str) -> ResponseReturnValue:
    """Confirm a one-time link: a mail program that opens links by itself does not spend it."""
    link = _find_link(token)
    if link is None:
        return render_template("accounts/link_spent.html", next=_next()), 410
    if request.method == "POST":
        user = service.use_sign_in_link(link, now=clock.now())
        _let_in(user)
        db.session.commit()
        return redirect(_next(), 303)
    return render_template("accounts/use_link.html", link=link, next=_next())


@bp.post("/sign-out")
@requires(Permission.EDIT_OWN_PROFILE)
def sign_out() -> ResponseReturnValue:
    """Sign this browser out, here and on the server."""
    from flask_login import current_user

    service.end_sign_in(current_user.signed_in, now=clock.now())
    db.session.commit()
    logout_user()
    session.clear()
    return redirect(url_for("home.index"), 303)


@bp.post("/language")
@requires(Permission.SEE_PUBLIC_PAGES)
def choose_language() -> ResponseReturnValue:
    """Choose the language of the pages: kept with the person, else in this browser."""
    chosen = request.form.get("language")
    if chosen in LANGUAGES:
        session["language"] = chosen
        user = signed_in_user()
        if user is not None:
            user.language = chosen
            db.session.commit()
    return redirect(_next(), 303)


@bp.route("/me", methods=["GET", "POST"])
@requires(Permission.EDIT_OWN_PROFILE)
def profile() -> ResponseReturnValue:
    """The own names, gender and language."""
    user = signed_in_user()
    form = ProfileForm(obj=user)
    if not form.is_submitted():
        form.gender.data = user.gender or ""
        form.language.data = user.language or ""
    if form.validate_on_submit():
        service.save_profile(
            user,
            name_latin=form.name_latin.data or "",
            name_native=form.name_native.data or "",
            gender=Gender(form.gender.data) if form.gender.data else None,
            language=form.language.data or None,
            by=user,
            now=clock.now(),
        )
        db.session.commit()
        flash(_("Your data is saved."))
        return redirect(url_for("accounts.profile"), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("accounts/profile.html", form=form, user=user), status


@bp.route("/me/password", methods=["GET", "POST"])
@requires(Permission.EDIT_OWN_PROFILE)
def password() -> ResponseReturnValue:
    """Set a password; all other browsers are signed out."""
    form = PasswordForm()
    if form.validate_on_submit():
        user = signed_in_user()
        service.set_password(user, form.password.data or "", by=user, now=clock.now())
        _let_in(user)
        db.session.commit()
        flash(_("Your password is set. Other browsers were signed out."))
        return redirect(url_for("accounts.profile"), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("accounts/password.html", form=form), status


@bp.get("/people")
@requires(Permission.MANAGE_PEOPLE)
def people() -> ResponseReturnValue:
    """Everybody, for administrators."""
    search = request.args.get("q", "").strip()[:100]
    return render_template("accounts/people.html", users=service.list_users(search), search=search)


@bp.route("/people/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_PEOPLE)
def add_person() -> ResponseReturnValue:
    """Add somebody and mail them a link to sign in."""
    form = PersonForm()
    if form.validate_on_submit():
        actor, now = signed_in_user(), clock.now()
        user = service.add_user(
            email=form.email.data,
            name_latin=form.name_latin.data or "",
            name_native=form.name_native.data or "",
            language=language(),
            by=actor,
            now=now,
        )
        service.give_general_roles(
            user,
            administrator=form.is_administrator.data,
            coordinator=form.is_coordinator.data,
            by=actor,
            now=now,
        )
        db.session.commit()
        flash(_("%(name)s was added and can sign in with a link by mail.", name=user.name))
        return redirect(url_for("accounts.people"), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("accounts/add_person.html", form=form), status


@bp.route("/people/<public_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_PEOPLE, on=service.find_user)
def person(subject: User) -> ResponseReturnValue:
    """One person's general roles."""
    form = GeneralRolesForm(obj=subject)
    if form.validate_on_submit():
        actor, now = signed_in_user(), clock.now()
        service.give_general_roles(
            subject,
            administrator=form.is_administrator.data,
            coordinator=form.is_coordinator.data,
            by=actor,
            now=now,
        )
        if form.is_active.data and not subject.is_active:
            service.activate(subject, by=actor, now=now)
        elif not form.is_active.data and subject.is_active:
            service.deactivate(subject, by=actor, now=now)
        db.session.commit()
        flash(_("The roles of %(name)s are saved.", name=subject.name))
        return redirect(url_for("accounts.people"), 303)
    return render_template("accounts/person.html", form=form, user=subject)
