"""Who may do what: one table.

A view declares one permission with `@requires`. The object it is about is loaded within the
actor's reach: somebody without any role on it gets the same 404 as for an object that does not
exist; somebody with a role that the table does not list gets 403.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import singledispatch, wraps
from typing import Any

from flask import Flask, abort, g, redirect, request, url_for


class Role(StrEnum):
    """What somebody is towards an object. The first three are granted, the others follow."""

    ADMINISTRATOR = "administrator"
    COORDINATOR = "coordinator"
    TRAINER = "trainer"
    PARTICIPANT = "participant"
    SELF = "self"
    SIGNED_IN = "signed_in"
    ANYONE = "anyone"


class Permission(StrEnum):
    """Something that can be done; the value is the sentence in docs/permissions.md."""

    SEE_PUBLIC_PAGES = "see the front page, sign in, choose a language"
    ANSWER_FEEDBACK = "open a feedback link and answer"
    VERIFY_CERTIFICATE = "verify a certificate"
    AGREE_TO_CERTIFICATES = "agree to a list of certificates by an approver's link"
    CHECK_IN = "check in to a session by the code on its wall, or by a personal link"
    READ_CALENDAR = "read a calendar feed by its secret address"
    SEE_HOME = "see the own first page"
    EDIT_OWN_PROFILE = "edit the own names, language and password"
    MANAGE_PEOPLE = "see all people, add them, give roles"
    SEE_ORGANISATIONS = "see organisations"
    EDIT_ORGANISATIONS = "add and edit organisations"
    CREATE_PROGRAMME = "create a programme or load one from a file"
    SEE_PROGRAMME = "see a programme"
    EDIT_PROGRAMME = "edit and release a programme"
    CREATE_COHORT = "create a cohort of a programme"
    SEE_COHORT = "see a cohort and its sessions"
    SEE_PARTICIPANTS = "see who is enrolled"
    EDIT_PARTICIPANTS = "enrol, import, correct and withdraw participants"
    GIVE_COHORT_ROLES = "make somebody trainer or coordinator of a cohort"
    EDIT_SCHEDULE = "import and edit the schedule"
    RECORD_DELIVERY = "record what really took place"
    RECORD_ATTENDANCE = "fill and correct registers"
    IMPORT_ATTENDANCE = "import attendance reports"
    SEE_LEDGER = "see the hours ledger of a cohort"
    SEE_OWN_HOURS = "see the hours of one participant"
    REQUEST_ABOUT_MARKS = "announce an absence, ask to have a mark looked at again"
    MANAGE_PHONES = "see and forget a participant's phones, take a new personal link"
    SEE_REQUEST = "see the papers of an announced absence"
    DECIDE_REQUESTS = "decide about absences, questions and disputed marks"
    CONFIRM_NAME = "confirm how a name is printed"
    RUN_FEEDBACK = "open and close feedback, edit questionnaires, import answers"
    SEE_SESSION_FEEDBACK = "see the feedback on a session (trainers: their own part)"
    SEE_FEEDBACK = "see all feedback of a cohort and make the report"
    FOLLOW_RECOMMENDATION = "see a recommendation and say how far it is"
    ISSUE_CERTIFICATES = "issue certificates and download them all"
    DOWNLOAD_CERTIFICATE = "download one certificate"
    CORRECT_CERTIFICATE = "correct a certificate, make a duplicate of it"
    REVOKE_CERTIFICATE = "revoke a certificate"
    HIDE_OWN_NAME = "hide one's own name from the public page of a certificate"
    SEE_COMPONENTS = "see the page of all components"


_STAFF = frozenset({Role.ADMINISTRATOR, Role.COORDINATOR})
_TEACHING = _STAFF | {Role.TRAINER}
_ANYONE = frozenset(Role)
_SIGNED_IN = frozenset(Role) - {Role.ANYONE}

TABLE: dict[Permission, frozenset[Role]] = {
    Permission.SEE_PUBLIC_PAGES: _ANYONE,
    Permission.ANSWER_FEEDBACK: _ANYONE,
    Permission.VERIFY_CERTIFICATE: _ANYONE,
    Permission.AGREE_TO_CERTIFICATES: _ANYONE,
    Permission.CHECK_IN: _ANYONE,
    Permission.READ_CALENDAR: _ANYONE,
    Permission.SEE_COMPONENTS: _ANYONE,
    Permission.SEE_HOME: _ANYONE,
    Permission.EDIT_OWN_PROFILE: _SIGNED_IN,
    Permission.MANAGE_PEOPLE: frozenset({Role.ADMINISTRATOR}),
    Permission.SEE_ORGANISATIONS: _STAFF,
    Permission.EDIT_ORGANISATIONS: _STAFF,
    Permission.CREATE_PROGRAMME: _STAFF,
    Permission.SEE_PROGRAMME: _TEACHING | {Role.PARTICIPANT},
    Permission.EDIT_PROGRAMME: _STAFF,
    Permission.CREATE_COHORT: _STAFF,
    Permission.SEE_COHORT: _TEACHING | {Role.PARTICIPANT},
    Permission.SEE_PARTICIPANTS: _TEACHING,
    Permission.EDIT_PARTICIPANTS: _STAFF,
    Permission.GIVE_COHORT_ROLES: _STAFF,
    Permission.EDIT_SCHEDULE: _STAFF,
    Permission.RECORD_DELIVERY: _TEACHING,
    Permission.RECORD_ATTENDANCE: _TEACHING,
    Permission.IMPORT_ATTENDANCE: _TEACHING,
    Permission.SEE_LEDGER: _STAFF,
    Permission.SEE_OWN_HOURS: _STAFF | {Role.SELF},
    Permission.REQUEST_ABOUT_MARKS: frozenset({Role.SELF}),
    Permission.MANAGE_PHONES: _STAFF | {Role.SELF},
    Permission.SEE_REQUEST: _STAFF | {Role.SELF},
    Permission.DECIDE_REQUESTS: _STAFF,
    Permission.CONFIRM_NAME: _STAFF | {Role.SELF},
    Permission.RUN_FEEDBACK: _STAFF,
    Permission.SEE_SESSION_FEEDBACK: _TEACHING,
    Permission.SEE_FEEDBACK: _STAFF,
    Permission.FOLLOW_RECOMMENDATION: _STAFF | {Role.SELF},
    Permission.ISSUE_CERTIFICATES: _STAFF,
    Permission.DOWNLOAD_CERTIFICATE: _STAFF | {Role.SELF},
    Permission.CORRECT_CERTIFICATE: _STAFF,
    Permission.REVOKE_CERTIFICATE: _STAFF,
    Permission.HIDE_OWN_NAME: frozenset({Role.SELF}),
}


@singledispatch
def roles_on(subject: object, user: Any) -> set[Role]:
    """The roles that `user` (never None) has on `subject`; features register their own kinds.

    For `None`, a page about nothing in particular: what the person is anywhere. Administrators
    need not be added; they reach everything.
    """
    raise TypeError(f"No rule says who reaches a {type(subject).__name__}.")


_roles_anywhere: list[Callable[[Any], set[Role]]] = []


def also_anywhere(function: Callable[[Any], set[Role]]) -> Callable[[Any], set[Role]]:
    """Register a function that says what a person is anywhere (for pages about no one object)."""
    _roles_anywhere.append(function)
    return function


def roles_of(user: Any, subject: object = None) -> set[Role]:
    """All roles of `user` (or of a stranger, None) on `subject`, asked once for each request."""
    if user is None:
        return {Role.ANYONE} if subject is None else set()
    kept = g.setdefault("_roles", {})
    key = (user.id, type(subject), getattr(subject, "id", None))
    if key not in kept:
        if subject is None:
            roles = {Role.SIGNED_IN, Role.ANYONE}
            for function in _roles_anywhere:
                roles |= function(user)
        else:
            roles = roles_on(subject, user)
        if user.is_administrator:
            roles = roles | {Role.ADMINISTRATOR}
        kept[key] = roles
    return kept[key]


def may(user: Any, permission: Permission, subject: object = None) -> bool:
    """Ask the table. Templates ask it too."""
    return bool(roles_of(user, subject) & TABLE[permission])


def signed_in_user() -> Any:
    """The person acting, as the object itself and not Flask-Login's proxy; None for a stranger."""
    from flask_login import current_user

    actor = current_user._get_current_object()
    return actor.user if actor.is_authenticated else None


def requires(
    permission: Permission, on: Callable[..., object | None] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare who may use a view, and give it the object instead of the address's values.

    `on` takes the values of the address by name and returns the object or None.
    """

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(**values: Any) -> Any:
            user = signed_in_user()
            is_open = Role.ANYONE in TABLE[permission]
            if user is None and not is_open:
                if request.method in ("GET", "HEAD"):
                    return redirect(
                        url_for("accounts.sign_in", next=request.full_path.rstrip("?")), 303
                    )
                abort(403)
            if on is None:
                if not is_open and not may(user, permission):
                    abort(403)
                return view(**values)
            subject = on(**values)
            if subject is None:
                abort(404)
            if not is_open:
                if not roles_of(user, subject):
                    abort(404)
                if not may(user, permission, subject):
                    abort(403)
            return view(subject)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return decorate


class UndeclaredView(RuntimeError):
    """A route without a declared permission; the application does not start with it."""


_OPEN_ENDPOINTS = {"static", "assets.show"}


def check_all_views_declare(app: Flask) -> None:
    """Stop the start if any route says nothing about who may use it."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in _OPEN_ENDPOINTS:
            continue
        view = app.view_functions[rule.endpoint]
        if getattr(view, "permission", None) is None:
            raise UndeclaredView(
                f"The view “{rule.endpoint}” at {rule.rule} declares no permission. "
                "Add @requires(Permission.…) to it."
            )


def permission_table_as_markdown(app: Flask) -> str:
    """docs/permissions.md: each permission, who has it, and the routes that ask for it."""
    routes: dict[Permission, list[str]] = {permission: [] for permission in Permission}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        permission = getattr(app.view_functions[rule.endpoint], "permission", None)
        if permission is not None:
            methods = ", ".join(sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"}))
            routes[permission].append(f"`{methods} {rule.rule}`")
    lines = [
        "# Who may do what",
        "",
        "Made from the table in `courseware/permissions.py` by `courseware permissions`; a test",
        "compares the two. Objects outside somebody's reach answer like missing ones (404).",
        "",
        "| to | who | where |",
        "|---|---|---|",
    ]
    for permission in Permission:
        roles = TABLE[permission]
        if Role.ANYONE in roles:
            who = "anyone"
        elif Role.SIGNED_IN in roles:
            who = "everyone signed in"
        else:
            who = ", ".join(role for role in Role if role in roles)
        lines.append(f"| {permission} | {who} | {'<br>'.join(routes[permission])} |")
    return "\n".join(lines) + "\n"
