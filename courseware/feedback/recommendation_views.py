"""Routes of recommendations: make one from a figure or a comment, follow it, say what was done."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.db import db
from courseware.errors import Refused
from courseware.feedback import evidence_service
from courseware.feedback import recommendation_service as service
from courseware.feedback.cohort_views import bp
from courseware.feedback.models import Recommendation
from courseware.feedback.recommendation_rules import (
    USUAL_TIME,
    Addressee,
    Evidence,
    RecommendationState,
    check_said,
    is_overdue,
)
from courseware.feedback.results_rules import written
from courseware.feedback.rules import clean
from courseware.i18n import _, language, sentence
from courseware.permissions import Permission, may, requires, signed_in_user
from courseware.texts import choose


@bp.get("/cohorts/<public_id>/recommendations")
@requires(Permission.SEE_FEEDBACK, on=find_cohort)
def recommendations(cohort: Cohort) -> ResponseReturnValue:
    """What follows from the feedback of a cohort, by state."""
    found = service.list_recommendations(cohort)
    wanted = request.args.get("state", "")
    return render_template(
        "feedback/recommendations.html",
        cohort=cohort,
        found=[each for each in found if not wanted or each.state.value == wanted],
        wanted=wanted,
        counts=[
            (state, sum(1 for each in found if each.state is state))
            for state in RecommendationState
        ],
        may_run=may(signed_in_user(), Permission.RUN_FEEDBACK, cohort),
        overdue=_overdue_ids(found),
    )


def _overdue_ids(found: list[Recommendation]) -> set[int]:
    now = clock.now()
    return {
        each.id for each in found
        if is_overdue(each.state, each.due_on, service.today_in(each, now))
    }  # fmt: skip


@bp.route("/cohorts/<public_id>/recommendations/new", methods=["GET", "POST"])
@requires(Permission.RUN_FEEDBACK, on=find_cohort)
def new_recommendation(cohort: Cohort) -> ResponseReturnValue:
    """Make a recommendation from a figure, from a comment, or freely.

    The figure is computed here from what the address names; see evidence_service.find_evidence.
    """
    named = {
        name: request.values.get(name, "")
        for name in ("questionnaire", "question", "group", "comment")
    }
    evidence = None
    if any(named.values()):
        evidence = evidence_service.find_evidence(cohort, **named)
        if evidence is None:
            abort(404)
    user, now = signed_in_user(), clock.now()
    wrong: dict[str, str] = {}
    values: dict[str, str] = {
        "text": _first_words(evidence),
        "addressee": Addressee.PARTNER.value,
        "owner": user.public_id,
        "due_on": (now + USUAL_TIME).date().isoformat(),
        "is_shared": "yes",
    }
    if request.method == "POST":
        values = request.form.to_dict()
        said, problems = check_said(values)
        wrong = {name: sentence(problem) for name, problem in problems.items()}
        owner, organisation = _chosen(cohort, wrong)
        if said is not None and not wrong:
            made = service.make_recommendation(
                cohort,
                said,
                evidence=evidence,
                organisation=organisation,
                owner=owner,
                link_to=address_of,
                by=user,
                now=now,
            )
            db.session.commit()
            flash(_("The recommendation is saved."))
            return redirect(url_for("feedback.recommendation", public_id=made.public_id), 303)
    page = render_template(
        "feedback/recommendation_form.html",
        cohort=cohort,
        found=None,
        named=named,
        evidence=evidence,
        comment=evidence_service.comment_text(cohort, evidence) if evidence else "",
        form=values,
        wrong=wrong,
        owners=service.owners_of(cohort),
        organisations=service.organisations_of(cohort),
    )
    return page, 422 if wrong else 200


def _first_words(evidence: Evidence | None) -> str:
    if evidence is None or not evidence.titles or evidence.comment:
        return ""
    return _("Improve: %(question)s", question=choose(dict(evidence.titles), language()))


def _chosen(cohort: Cohort, wrong: dict[str, str]):
    """The owner and the organisation that a form names, of those that are offered."""
    found = []
    for name, offered in (
        ("owner", service.owners_of(cohort)),
        ("organisation", service.organisations_of(cohort)),
    ):
        key = request.form.get(name, "")
        chosen = next((each for each in offered if each.public_id == key), None)
        if key and chosen is None:
            wrong[name] = _("Choose one of the list.")
        found.append(chosen)
    return found


@bp.get("/recommendations/<public_id>")
@requires(Permission.FOLLOW_RECOMMENDATION, on=service.find_recommendation)
def recommendation(found: Recommendation) -> ResponseReturnValue:
    """One recommendation: what it stands on, how far it is, its history."""
    return _page(found, {}, found.state.value, "", found.answer)


@bp.post("/recommendations/<public_id>/step")
@requires(Permission.FOLLOW_RECOMMENDATION, on=service.find_recommendation)
def recommendation_step(found: Recommendation) -> ResponseReturnValue:
    """Say how far it is."""
    state = request.form.get("state", "")
    note, answer = clean(request.form.get("note", "")), clean(request.form.get("answer", ""))
    if state not in list(RecommendationState):
        return _page(found, {"state": _("Choose how far it is.")}, "", note, answer)
    try:
        service.take_step(
            found,
            RecommendationState(state),
            note=note,
            answer=answer,
            by=signed_in_user(),
            now=clock.now(),
        )
    except Refused as error:
        field = "answer" if state == RecommendationState.DONE else "note"
        return _page(found, {field: sentence(error.message)}, state, note, answer)
    db.session.commit()
    flash(_("Saved."))
    return redirect(url_for("feedback.recommendation", public_id=found.public_id), 303)


def _page(
    found: Recommendation, wrong: dict[str, str], state: str, note: str, answer: str
) -> ResponseReturnValue:
    evidence = service.evidence_of(found)
    sees_all = may(signed_in_user(), Permission.SEE_FEEDBACK, found.cohort)
    page = render_template(
        "feedback/recommendation.html",
        found=found,
        cohort=found.cohort,
        # Whoever only owns it learns nothing of single trainers, and reads no comment.
        evidence=evidence if sees_all or not evidence.is_about_a_person else None,
        comment=evidence_service.comment_text(found.cohort, evidence) if sees_all else "",
        sees_all=sees_all,
        may_run=may(signed_in_user(), Permission.RUN_FEEDBACK, found),
        is_overdue=bool(_overdue_ids([found])),
        wrong=wrong,
        state=state,
        note=note,
        answer=answer,
    )
    return page, 422 if wrong else 200


@bp.route("/recommendations/<public_id>/edit", methods=["GET", "POST"])
@requires(Permission.RUN_FEEDBACK, on=service.find_recommendation)
def edit_recommendation(found: Recommendation) -> ResponseReturnValue:
    """Word a recommendation anew, or give it to somebody else."""
    wrong: dict[str, str] = {}
    values: dict[str, str] = {
        "text": found.text,
        "addressee": found.addressee.value,
        "owner": found.owner.public_id if found.owner else "",
        "organisation": found.organisation.public_id if found.organisation else "",
        "due_on": found.due_on.isoformat() if found.due_on else "",
        "is_shared": "yes" if found.is_shared else "",
        "answer": found.answer,
    }
    if request.method == "POST":
        values = request.form.to_dict()
        said, problems = check_said(values)
        wrong = {name: sentence(problem) for name, problem in problems.items()}
        owner, organisation = _chosen(found.cohort, wrong)
        if said is not None and not wrong:
            service.change_recommendation(
                found,
                said,
                organisation=organisation,
                owner=owner,
                link_to=address_of,
                by=signed_in_user(),
                now=clock.now(),
            )
            db.session.commit()
            flash(_("The recommendation is saved."))
            return redirect(url_for("feedback.recommendation", public_id=found.public_id), 303)
    evidence = service.evidence_of(found)
    page = render_template(
        "feedback/recommendation_form.html",
        cohort=found.cohort,
        found=found,
        named={},
        evidence=evidence,
        comment=evidence_service.comment_text(found.cohort, evidence),
        form=values,
        wrong=wrong,
        owners=service.owners_of(found.cohort),
        organisations=service.organisations_of(found.cohort),
    )
    return page, 422 if wrong else 200


def address_of(found: Recommendation) -> str:
    """The page of a recommendation, for a mail."""
    return url_for("feedback.recommendation", public_id=found.public_id, _external=True)


@bp.get("/cohorts/<public_id>/you-said")
@requires(Permission.SEE_COHORT, on=find_cohort)
def promises(cohort: Cohort) -> ResponseReturnValue:
    """“You said, we did”: what came of the feedback of this cohort and of those before it."""
    return render_template(
        "feedback/promises.html",
        cohort=cohort,
        found=service.promises_for([cohort])[cohort.id],
    )


@bp.app_template_filter("evidence_figure")
def evidence_figure(evidence: Evidence) -> str:
    """The figure that a recommendation stands on, in words: “3.1 of 5 (n = 19)”."""
    return _(
        "%(mean)s of %(points)s (n = %(n)s)",
        mean=written(evidence.mean, 1, language()),
        points=evidence.points,
        n=evidence.n,
    )


@bp.app_template_filter("addressee_word")
def addressee_word(addressee: Addressee) -> str:
    """For whom a recommendation is, in a word."""
    words = {
        Addressee.PARTNER: _("partner"),
        Addressee.COMPANY: _("company"),
        Addressee.MINISTRY: _("ministry"),
    }
    return words[Addressee(addressee)]


@bp.app_template_filter("recommendation_word")
def recommendation_word(state: RecommendationState) -> str:
    """How far a recommendation is, in a word."""
    words = {
        RecommendationState.OPEN: _("open"),
        RecommendationState.UNDER_WAY: _("under way"),
        RecommendationState.DONE: _("done"),
        RecommendationState.DROPPED: _("dropped"),
    }
    return words[RecommendationState(state)]


bp.add_app_template_global(service.evidence_of, "evidence_of")
