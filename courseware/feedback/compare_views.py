"""Routes: groups beside each other, as a heat map and question by question."""

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.feedback import compare_exports, compare_rules, compare_service
from courseware.feedback.cohort_views import bp
from courseware.feedback.compare_rules import By, Comparison
from courseware.feedback.results_rules import QuestionResult, Results
from courseware.i18n import _, language
from courseware.permissions import Permission, may, requires, signed_in_user
from courseware.texts import choose

COHORTS_ON_A_PAGE = 10


@dataclass(frozen=True)
class Chosen:
    """What is compared, and what else could be: the ways, and the results of other askings."""

    found: Comparison | None
    by: By
    ways: tuple[By, ...]
    key: str
    others: tuple[Results, ...]


@bp.get("/cohorts/<public_id>/feedback/compare")
@requires(Permission.SEE_SESSION_FEEDBACK, on=find_cohort)
def compare(cohort: Cohort) -> ResponseReturnValue:
    """Sessions, modules, trainers, universities or cohorts beside each other.

    Who may not read all feedback sees the own sessions and nobody else's.
    """
    user = signed_in_user()
    chosen = _choose(cohort, told_changes=COHORTS_ON_A_PAGE)
    found = chosen.found
    only_low, worst_first = "low" in request.args, request.args.get("order") == "worst"
    whole, left_out = found, 0
    if found and found.by is By.COHORTS and len(found.lines) > COHORTS_ON_A_PAGE:
        left_out = len(found.lines) - COHORTS_ON_A_PAGE
        found = found.last(COHORTS_ON_A_PAGE)
    shown = found.only_low() if found and only_low else found
    place = found.place_of(request.args.get("question", "")) if found and found.columns else None
    sees_all = may(user, Permission.SEE_FEEDBACK, cohort)
    column = found.columns[place] if found and place is not None else None
    return render_template(
        "feedback/compare.html",
        cohort=cohort,
        chosen=chosen,
        found=shown,
        worst=found.worst() if found else None,
        column=column,
        ranked=found.ranked(place, worst_first=worst_first) if found and place is not None else [],
        result_of=lambda cell: QuestionResult(column.question, cell.summary) if column else None,
        limit=cohort.programme.feedback_limit,
        only_low=only_low,
        worst_first=worst_first,
        left_out=left_out,
        whole=whole,
        sees_all=sees_all,
        may_run=may(user, Permission.RUN_FEEDBACK, cohort),
        group_of=_group_names(chosen.by, found, cohort) if sees_all else {},
        address=lambda **changes: _address(cohort, chosen, **changes),
        kinds=compare_exports.KINDS,
    )


@bp.get("/cohorts/<public_id>/feedback/compare.<kind>")
@requires(
    Permission.SEE_SESSION_FEEDBACK,
    on=lambda public_id, kind: find_cohort(public_id) if kind in compare_exports.KINDS else None,
)
def compare_file(cohort: Cohort) -> ResponseReturnValue:
    """The same figures as a file."""
    kind = str((request.view_args or {})["kind"])
    chosen = _choose(cohort)
    if chosen.found is None:
        abort(404)
    title = f"{choose(cohort.programme.titles, language())} · {cohort.code}"
    name = f"feedback-{cohort.code}-{chosen.by.value}.{kind}"
    return Response(
        compare_exports.write_comparison(chosen.found, kind, title),
        content_type=compare_exports.KINDS[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _choose(cohort: Cohort, *, told_changes: int | None = None) -> Chosen:
    """What the address asks to compare, as far as this person may read it."""
    user, limit = signed_in_user(), cohort.programme.feedback_limit
    results = compare_service.read_groups(cohort)
    if not may(user, Permission.SEE_FEEDBACK, cohort):
        own = [each for each in results if any(one.code == str(user.id) for one in each.trainers)]
        asked = _one_of(own)
        found = compare_rules.compare_own(asked, user.id, limit) if asked else None
        return Chosen(found, By.SESSIONS, (), asked.key if asked else "", tuple(own))
    ways = tuple(by for by in By if compare_rules.comparable(results, by))
    by = next((each for each in ways if each.value == request.args.get("by")), None)
    by = by or next(iter(ways), By.SESSIONS)
    among = compare_rules.comparable(results, by)
    asked = _one_of(among)
    if asked is None:
        return Chosen(None, by, ways, "", ())
    if by is By.COHORTS:
        told = compare_service.read_cohorts(
            compare_service.cohorts_to_compare(cohort, user), asked.key
        )
        found = None
        if told:
            found = compare_rules.compare_cohorts(told, limit, told_changes=told_changes)
    else:
        found = compare_rules.compare(asked, by, limit)
    return Chosen(found, by, ways, asked.key, tuple(among))


def _one_of(results: list[Results]) -> Results | None:
    wanted = request.args.get("of", "")
    return next((each for each in results if each.key == wanted), next(iter(results), None))


def _group_names(by: By, found: Comparison | None, cohort: Cohort) -> dict[str, str]:
    """How a recommendation names each group; what cannot be named is left out."""
    if found is None:
        return {}
    codes = [line.code for line in found.lines]
    match by:
        case By.SESSIONS:
            return {code: f"session:{code}" for code in codes}
        case By.MODULES:
            return {code: f"module:{code}" for code in codes}
        case By.TRAINERS:
            known = compare_service.public_ids_of_trainers(cohort)
            return {code: f"trainer:{known[code]}" for code in codes if code in known}
        case By.UNIVERSITIES:
            return {code: f"university:{code}" for code in codes}
        case By.COHORTS:
            return {cohort.code: ""}


def _address(cohort: Cohort, chosen: Chosen, **changes: str | None) -> str:
    """This page with something chosen otherwise; None takes a choice away."""
    now = {
        "by": chosen.by.value,
        "of": chosen.key,
        "question": request.args.get("question"),
        "order": request.args.get("order"),
        "low": request.args.get("low"),
    }
    wanted = {name: value for name, value in (now | changes).items() if value}
    kind = wanted.pop("kind", None)
    if kind:
        return url_for("feedback.compare_file", public_id=cohort.public_id, kind=kind,
                       by=wanted["by"], of=wanted.get("of"))  # fmt: skip
    return f"{url_for('feedback.compare', public_id=cohort.public_id)}?{urlencode(wanted)}"


@bp.app_template_global()
def by_word(by: By) -> str:
    """What is compared, in a word."""
    return {
        By.SESSIONS: _("Sessions"),
        By.MODULES: _("Modules"),
        By.TRAINERS: _("Trainers"),
        By.UNIVERSITIES: _("Universities"),
        By.COHORTS: _("Cohorts over time"),
    }[by]
