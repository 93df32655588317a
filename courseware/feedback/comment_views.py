"""Routes: the comments of a cohort, and what is noted about each."""

from collections.abc import Mapping
from itertools import groupby
from urllib.parse import parse_qsl, urlencode

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.feedback import comment_rules, comment_service
from courseware.feedback.cohort_views import bp
from courseware.feedback.comment_rules import Comment, Wanted
from courseware.i18n import LANGUAGE_NAMES, LANGUAGES, _, language, sentence
from courseware.messages import Message
from courseware.permissions import Permission, may, requires, signed_in_user

ON_A_PAGE = 40
FILTERS = ("question", "group", "language", "theme", "words", "hidden", "page")


@bp.get("/cohorts/<public_id>/feedback/comments")
@requires(Permission.SEE_FEEDBACK, on=find_cohort)
def comments(cohort: Cohort) -> ResponseReturnValue:
    """What participants wrote: by question, session, language and theme, with search."""
    everything = comment_service.list_comments(cohort, with_hidden=True)
    wanted = _wanted()
    found = [each for each in everything if wanted.takes(each)]
    asked = request.args.get("page", "")
    pages = max(1, -(-len(found) // ON_A_PAGE))
    page = min(int(asked), pages) if asked.isascii() and asked.isdigit() and int(asked) else 1
    shown = found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]
    among = [each for each in everything if each.is_hidden == wanted.hidden]
    return render_template(
        "feedback/comments.html",
        cohort=cohort,
        wanted=wanted,
        groups=[list(group) for _place, group in groupby(shown, comment_rules.place_of)],
        count=len(found),
        shown=sum(not each.is_hidden for each in everything),
        hidden=sum(each.is_hidden for each in everything),
        kinds={
            what: comment_rules.found_by(among, what)
            for what in ("question", "group", "language", "theme")
        },
        page=page,
        pages=pages,
        page_at=lambda number: _list_at(cohort, {**_filters(), "page": number}),
        within=urlencode(_filters()),
        **_words(cohort),
    )


@bp.get("/cohorts/<public_id>/feedback/comments/<key>")
@requires(Permission.SEE_FEEDBACK, on=lambda public_id, key: find_cohort(public_id))
def comment(cohort: Cohort) -> ResponseReturnValue:
    """One comment, with what is noted about it."""
    return _page(cohort, _found(cohort), [])


@bp.post("/cohorts/<public_id>/feedback/comments/<key>")
@requires(Permission.RUN_FEEDBACK, on=lambda public_id, key: find_cohort(public_id))
def note_comment(cohort: Cohort) -> ResponseReturnValue:
    """Give a comment themes or a translation, hide it with a reason, show it again."""
    found = _found(cohort)
    form, by, now = request.form, signed_in_user(), clock.now()
    problems: list[Message] = []
    said = ""
    match form.get("act"):
        case "themes":
            themes, problems = comment_rules.read_themes(
                form.get("themes", ""), comment_service.list_themes(cohort)
            )
            if not problems:
                comment_service.set_themes(found, themes)
                said = _("The themes are saved.")
        case "translation":
            text, problems = comment_rules.read_translation(
                form.get("translation", ""), form.get("language", "")
            )
            if not problems:
                comment_service.translate(found, form["language"], text)
                said = _("The translation is saved.")
        case "hide":
            reason, problems = comment_rules.read_reason(form.get("reason", ""))
            if not problems:
                comment_service.hide(found, reason, by=by, now=now)
                said = _("The comment is hidden. The report says how many are hidden.")
        case "show":
            comment_service.show(found, by=by, now=now)
            said = _("The comment is shown again.")
        case _:
            abort(400)
    if problems:
        db.session.rollback()
        return _page(cohort, found, problems), 422
    db.session.commit()
    flash(said)
    back = _list_at(cohort, _filters(form.get("within", "")))
    return redirect(f"{back}#comment-{found.key}", 303)


def _found(cohort: Cohort) -> Comment:
    found = comment_service.find_comment(cohort, str((request.view_args or {})["key"]))
    return found or abort(404)


def _page(cohort: Cohort, found: Comment, problems: list[Message]) -> str:
    return render_template(
        "feedback/comment.html",
        cohort=cohort,
        comment=found,
        act=request.form.get("act"),
        form=request.form,
        wrong=[(_FIELD.get(request.form.get("act", "")), sentence(each)) for each in problems],
        within=request.form.get("within", ""),
        **_words(cohort),
    )


_FIELD = {"themes": "themes", "translation": "translation", "hide": "reason"}


def _words(cohort: Cohort) -> dict[str, object]:
    return {
        "themes": comment_service.list_themes(cohort),
        "languages": [(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        "reader": language(),
        "may_run": may(signed_in_user(), Permission.RUN_FEEDBACK, cohort),
    }


def _filters(typed: str | None = None) -> dict[str, str]:
    """What the address chooses, or what a form remembers of it; only what we know."""
    given = request.args if typed is None else dict(parse_qsl(typed[:2000], errors="replace"))
    return {name: given[name][:200] for name in FILTERS if given.get(name)}


def _wanted() -> Wanted:
    given = _filters()
    texts = {name: given.get(name, "") for name in FILTERS if name not in ("hidden", "page")}
    return Wanted(**texts, hidden="hidden" in given)


def _list_at(cohort: Cohort, given: Mapping[str, object]) -> str:
    address = url_for("feedback.comments", public_id=cohort.public_id)
    return f"{address}?{urlencode(given)}" if given else address
