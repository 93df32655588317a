"""Before and after a course: figures as scipy computes them, and nobody left alone in a rest."""

from datetime import timedelta

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sqlalchemy import insert

from courseware.feedback import questionnaire_service, tally_service
from courseware.feedback.models import FeedbackAnswer, FeedbackResponse, FeedbackRound
from courseware.feedback.questionnaire_rules import questionnaire_from
from courseware.feedback.results_service import read_results
from courseware.feedback.rules import Moment
from courseware.feedback.skills_rules import paired_change, student_quantile
from courseware.feedback.skills_service import read_skills

ratings = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=5, max_size=80)


@given(ratings)
def test_the_paired_change_is_that_of_scipy(pairs):
    change = paired_change(pairs, len(pairs), len(pairs))
    before, after = numpy.array(pairs).T
    assert change.n == len(pairs)
    assert float(change.difference) == pytest.approx((after - before).mean())
    spread = (before.std(ddof=1) + after.std(ddof=1)) / 2
    if spread:
        assert change.effect == pytest.approx((after - before).mean() / spread)
    else:
        assert change.effect is None
    if (after - before).std():
        expected = stats.ttest_rel(after, before).confidence_interval(0.95)
        assert (change.low, change.high) == pytest.approx((expected.low, expected.high))
    else:
        assert change.low == change.high == float(change.difference)


@pytest.mark.parametrize("degrees", [1, 4, 5, 17, 30, 400, 5000])
def test_quantiles_of_t_are_those_of_scipy(degrees):
    assert student_quantile(0.975, degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-9)


@given(ratings, st.integers(0, 9), st.integers(0, 9))
def test_those_without_a_pair_are_none_or_five_and_more(pairs, only_before, only_after):
    before, after = len(pairs) + only_before, len(pairs) + only_after
    change = paired_change(pairs, before, after)
    if change is None:
        assert len(pairs) < 10
        return
    assert change.n == len(pairs) - change.left_out >= 5
    for everybody in (before, after):
        assert everybody - change.n == 0 or everybody - change.n >= 5


DEFINITION = {
    "code": "can-do",
    "about": "skills",
    "titles": {"en": "What can you do?"},
    "sections": [
        {
            "titles": {"en": "Outcomes"},
            "questions": [
                {
                    "key": "can", "kind": "matrix", "texts": "I can", "points": 5,
                    "low": "not at all", "high": "very well",
                    "rows": [
                        {"key": "plan", "texts": "plan a service"},
                        {"key": "price", "texts": "price it"},
                    ],
                }
            ],
        }
    ],
}  # fmt: skip


def test_people_are_paired_by_their_code_and_a_code_that_two_made_up_by_neither(make, db_session):
    cohort = make.cohort()
    stored = questionnaire_service.save_questionnaire(
        cohort.programme, questionnaire_from(DEFINITION), by=None, now=make.NOW
    )
    rounds = {}
    for moment in (Moment.BEFORE, Moment.AFTER):
        rounds[moment] = FeedbackRound(
            questionnaire=stored, cohort=cohort, moment=moment, opens_at=make.NOW,
            opened_at=make.NOW, closes_at=make.NOW, closed_at=make.NOW + timedelta(hours=1),
        )  # fmt: skip
        db_session.add(rounds[moment])
    db_session.flush()
    codes = [f"code {place}" for place in range(8)]
    for moment, rated in ((Moment.BEFORE, 2), (Moment.AFTER, 4)):
        for code in [*codes, "the same", "the same"]:
            _answer(db_session, rounds[moment], code, rated + (code == "code 0"))
        tally_service.count_round(rounds[moment])
    (skills,) = read_skills(cohort, read_results(cohort))
    plan, price = skills.changes
    assert (plan.before.n, plan.after.n) == (10, 10)
    # Of ten, eight are paired; two would be alone, so three more stay without.
    assert (plan.paired.n, plan.paired.left_out) == (5, 3)
    assert plan.paired.difference == 2
    assert price.before.n == 0
    assert price.paired is None


def _answer(db_session, asked, code, value):
    response = FeedbackResponse(round_id=asked.id, pair=code)
    db_session.add(response)
    db_session.flush()
    row = {"response_key": response.key, "round_id": asked.id, "question": "can.plan"}
    db_session.execute(insert(FeedbackAnswer), [row | {"value": value, "text": None}])
