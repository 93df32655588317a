"""Figures against an independent computation, and groups that nobody can compute."""

from fractions import Fraction

import numpy
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from courseware.feedback.chart_rules import diverging, tones
from courseware.feedback.report_rules import Category, categories
from courseware.feedback.rules import Best, Kind, Option, Question
from courseware.feedback.summary_rules import (
    add_up,
    countable,
    differ,
    hide_small,
    pool_small,
    summarise,
    wilson,
)

SCALE = Question("useful", Kind.SCALE, {"en": "Useful?"}, points=5, not_applicable=True)
PACE = Question("pace", Kind.SCALE, {"en": "Pace?"}, points=5, best=Best.MIDDLE)
RECOMMEND = Question("recommend", Kind.RECOMMENDATION, {"en": "Recommend?"})
WHICH = Question(
    "which", Kind.MULTIPLE, {"en": "Which?"}, options=tuple(Option(k, {"en": k}) for k in "abc")
)
WHEN = Question(
    "when", Kind.SINGLE, {"en": "When?"}, options=tuple(Option(k, {"en": k}) for k in "abc")
)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=300))
def test_scale_figures_equal_those_of_pandas(values):
    summary = summarise(SCALE, _counts(values))
    valid = pandas.Series([value for value in values if value])
    if len(valid) < 5:
        assert summary.is_hidden == (len(valid) > 0)
        return
    assert summary.n == len(valid)
    assert summary.not_applicable == values.count(0)
    assert float(summary.mean) == pytest.approx(valid.mean())
    assert float(summary.median) == valid.median()
    assert summary.favourable.part == (valid >= 4).sum()
    assert sum(summary.shares) == 1


NUMBER = Question("years", Kind.NUMBER, {"en": "Years?"}, most=60)


@given(st.lists(st.integers(0, 60), min_size=5, max_size=300))
def test_figures_of_a_number_equal_those_of_pandas(values):
    summary, series = summarise(NUMBER, _counts(values)), pandas.Series(values)
    assert (summary.n, float(summary.median)) == (len(values), series.median())
    assert float(summary.mean) == pytest.approx(series.mean())
    quartiles = [float(each) for each in summary.quartiles]
    assert quartiles == pytest.approx([series.quantile(0.25), series.quantile(0.75)])
    assert summary.counts == ()  # a rare number may be somebody's


@given(*[st.lists(st.integers(1, 5), min_size=5, max_size=60)] * 2)
def test_two_means_differ_where_their_difference_is_beyond_its_interval(one, other):
    error = sum(numpy.var(each, ddof=1) / len(each) for each in (one, other)) ** 0.5
    away = abs(numpy.mean(one) - numpy.mean(other))
    if abs(away - 1.959963984540054 * error) > 1e-9:
        said = differ(summarise(SCALE, _counts(one)), summarise(SCALE, _counts(other)))
        assert said == (away > 1.959963984540054 * error)


@given(st.lists(st.integers(0, 10), min_size=5, max_size=300))
def test_the_recommendation_score_equals_that_of_numpy(values):
    summary = summarise(RECOMMEND, _counts(values))
    array = numpy.array(values)
    score = 100 * ((array >= 9).mean() - (array <= 6).mean())
    assert float(summary.recommendation.score) == pytest.approx(score)
    assert summary.recommendation.n == summary.n == len(values)
    assert float(summary.median) == numpy.median(array)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_bounds_solve_its_equation(pair):
    part, whole = pair
    share = wilson(part, whole)
    assert 0 <= share.low <= share.value <= share.high <= 1
    for bound in (share.low, share.high):
        distance = (share.value - bound) ** 2
        assert distance == pytest.approx(
            1.959963984540054**2 * bound * (1 - bound) / whole, abs=1e-9
        )


def test_wilson_agrees_with_published_values():
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 and 15 of 148.
    assert (round(wilson(81, 263).low, 4), round(wilson(81, 263).high, 4)) == (0.2553, 0.3662)
    assert (round(wilson(15, 148).low, 4), round(wilson(15, 148).high, 4)) == (0.0624, 0.1605)


def test_where_the_middle_is_best_the_favourable_share_is_the_middle():
    assert summarise(PACE, {1: 1, 3: 7, 5: 2}).favourable.part == 7


def test_several_choices_are_counted_each_and_people_once():
    summary = summarise(WHICH, {0b001: 3, 0b101: 4})
    assert (summary.n, summary.counts) == (7, (7, 0, 4))
    assert summarise(WHEN, {0: 3, 2: 4}).counts == (3, 0, 4)


@pytest.mark.parametrize("question", [SCALE, RECOMMEND, WHEN, WHICH], ids=lambda q: q.key)
def test_under_five_answers_nothing_is_told(question):
    assert summarise(question, {1: 4}) == summarise(question, {2: 1})
    assert summarise(question, {1: 4}).is_hidden
    assert not summarise(question, {1: 5}).is_hidden
    assert summarise(question, {}).n == 0


def test_a_value_that_cannot_have_been_given_is_our_bug():
    with pytest.raises(ValueError, match="cannot be answered"):
        summarise(SCALE, {6: 5})


sessions = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=9).map(
    lambda rows: [((module, place), n) for place, (module, n) in enumerate(rows)]
)


@given(sessions)
def test_no_difference_of_published_figures_is_about_fewer_than_five(groups):
    """All figures ever shown, also earlier ones, are unions of pieces of none or five and more."""
    sizes = dict(groups)
    published = set()
    for shown in range(1, len(groups) + 1):  # each time another round was closed
        pooling = pool_small(groups[:shown])
        published |= {frozenset([group]) for group in pooling.alone}
        published.add(pooling.in_totals)
        for module in range(4):
            members = [group for group, _ in groups[:shown] if group[0] == module]
            published.add(countable(pooling, members))
    for piece in _pieces(published, sizes):
        assert sum(sizes[group] for group in piece) >= 5


def test_what_three_people_say_of_two_trainers_is_no_pool_of_six():
    leaves = [(("S1", "lead"), 3), (("S1", "co"), 3), (("S2", "lead"), 2)]
    assert pool_small(leaves[:2], people=lambda leaf: leaf[0]).pools == ()
    (pool,) = pool_small(leaves, people=lambda leaf: leaf[0]).pools
    assert pool == {leaf for leaf, _ in leaves}


@given(sessions)
def test_at_most_four_answers_wait_outside_the_total(groups):
    pooling = pool_small(groups)
    assert sum(dict(groups)[group] for group in pooling.waiting) < 5
    assert not pooling.waiting & pooling.in_totals


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 20), min_size=1))
def test_hidden_categories_cannot_be_had_from_the_total(groups):
    hidden = hide_small(groups)
    assert all(groups[group] >= 5 or groups[group] == 0 for group in groups.keys() - hidden)
    rest = sum(groups[group] for group in hidden)
    assert rest == 0 or rest >= 5 or sum(groups.values()) < 5


def test_small_categories_are_counted_together_with_the_next_smallest():
    people = ["male"] * 14 + ["female"] * 10 + ["undisclosed"] * 2
    assert categories(people) == (Category(("male",), 14), Category(("female", "undisclosed"), 12))
    assert categories(["a"] * 3) == (Category(("a",), None),)
    assert categories([]) == ()


def test_a_single_small_category_takes_the_next_smallest_with_it():
    assert hide_small({"f": 14, "m": 9, "other": 2}) == {"other", "m"}
    assert hide_small({"f": 14, "m": 12}) == frozenset()
    assert hide_small({"a": 3, "b": 3, "c": 20}) == {"a", "b"}


@given(st.lists(st.integers(0, 50), min_size=3, max_size=7).filter(any))
def test_a_diverging_bar_stays_on_its_axis_and_is_half_of_it_long(counts):
    segments = diverging(counts)
    assert sum(segment.width for segment in segments) == pytest.approx(50, abs=0.01)
    assert min(segment.start for segment in segments) >= -0.001
    assert segments[-1].start + segments[-1].width <= 100.01


def test_a_neutral_answer_lies_on_the_middle():
    (segment,) = diverging([0, 0, 8, 0, 0])
    assert (segment.start, segment.width) == (25, 50)
    left, right = diverging([4, 0, 0, 4])
    assert left.start + left.width == right.start == 50


def test_counts_add_up():
    assert add_up([{1: 2, 5: 1}, {5: 3}]) == {1: 2, 5: 4}
    assert summarise(SCALE, add_up([{5: 3}, {4: 2}])).mean == Fraction(23, 5)


def _counts(values):
    return {value: values.count(value) for value in set(values)}


def _pieces(published, sizes):
    """The smallest pieces that unions, intersections and differences of figures can make."""
    by_membership = {}
    for group, n in sizes.items():
        if n:
            key = frozenset(place for place, each in enumerate(published) if group in each)
            if key:
                by_membership.setdefault(key, set()).add(group)
    return by_membership.values()


def test_the_way_pieces_are_found_sees_a_leak():
    sizes = {"a": 3, "b": 9}
    leaks = _pieces([frozenset("ab"), frozenset("b")], sizes)
    assert any(sum(sizes[group] for group in piece) < 5 for piece in leaks)


@pytest.mark.parametrize("points", [3, 4, 5, 6, 7])
def test_every_point_of_every_scale_has_a_tone(points):
    question = Question("q", Kind.SCALE, {"en": "?"}, points=points)
    assert len(set(tones(question))) == points
    middle = Question("q", Kind.SCALE, {"en": "?"}, points=points, best=Best.MIDDLE)
    if points % 2:
        assert tones(middle) == tones(middle)[::-1]
        assert tones(middle)[points // 2] == "high-3"
