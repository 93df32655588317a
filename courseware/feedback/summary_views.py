"""The summary: what participants say of a course, for those who run it and for its trainers."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from courseware import clock
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort
from courseware.feedback import headline_rules, reading_rules, results_rules, results_service
from courseware.feedback.cohort_views import bp
from courseware.feedback.results_rules import Results
from courseware.feedback.skills_service import read_skills
from courseware.i18n import language, sentence
from courseware.permissions import Permission, may, requires, signed_in_user

bp.add_app_template_global(reading_rules.notes_of, "notes_of")
bp.add_app_template_global(reading_rules.lowest_first, "lowest_first")


@bp.get("/cohorts/<public_id>/feedback")
@requires(Permission.SEE_SESSION_FEEDBACK, on=find_cohort)
def summary(cohort: Cohort) -> ResponseReturnValue:
    """What was asked, how many answered, and what the closed rounds told."""
    user = signed_in_user()
    lines = results_service.list_rounds(cohort)
    found = results_service.read_results(cohort, lines)
    if not may(user, Permission.SEE_FEEDBACK, cohort):
        return _own(cohort, lines, found, user.id)
    earlier = results_service.read_earlier(cohort, by=user) if found else {}
    return render_template(
        "feedback/summary.html",
        cohort=cohort,
        lines=lines,
        found=found,
        earlier=earlier,
        headlines={each.key: _sentences(each, earlier.get(each.key)) for each in found},
        skills=[
            (each, [sentence(said) for said in headline_rules.skills_sentences(each, language())])
            for each in read_skills(cohort, found)
        ],
        is_lowest_first=request.args.get("order") == "lowest",
        may_run=may(user, Permission.RUN_FEEDBACK, cohort),
        now=clock.now(),
    )


def _sentences(results: Results, earlier: Results | None) -> tuple[list[str], str]:
    """The headline, and what is to be said about ratings that are all alike."""
    alike = headline_rules.alike_sentence(results)
    said = headline_rules.headline(results, language(), earlier)
    return [sentence(each) for each in said], sentence(alike) if alike else ""


def _own(
    cohort: Cohort,
    lines: list[results_service.RoundLine],
    found: tuple[Results, ...],
    user_id: int,
) -> ResponseReturnValue:
    own = [
        line
        for line in lines
        if line.asked.training_session is not None
        and any(each.user_id == user_id for each in line.asked.training_session.trainers)
    ]
    groups = [
        (results.questionnaire, group)
        for results in found
        if (group := results_rules.own_results(results, user_id)) is not None
    ]
    return render_template(
        "feedback/own.html", cohort=cohort, lines=own, groups=groups, now=clock.now()
    )
