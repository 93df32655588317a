"""What people say they can do before and after a course, and by how much the same people changed.

Pairs come from personal codes. Of each outcome three means are told: of all who answered before,
of all who answered after, and of those who could be paired. So that nobody can subtract the paired
from all, pairs are left out until those without a pair are none, or five and more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, lgamma, log, sqrt

from courseware.feedback.results_rules import Results
from courseware.feedback.rules import LEAST_ANSWERS, Kind, Question, Questionnaire
from courseware.feedback.summary_rules import Summary, mean_of, variance_of

Pair = tuple[int, int]
"""The ratings of one person before and after."""


@dataclass(frozen=True)
class PairedChange:
    """How the same `n` people rated before and after.

    `low` and `high` enclose the mean difference with 95 % confidence (paired t interval).
    `effect` is d_av: the mean difference in units of the mean of both standard deviations, so that
    it compares with effects of unpaired groups; None where nobody differs from anybody.
    """

    n: int
    before: Fraction
    after: Fraction
    low: float
    high: float
    effect: float | None
    left_out: int = 0

    @property
    def difference(self) -> Fraction:
        return self.after - self.before


@dataclass(frozen=True)
class Change:
    """One outcome: all who rated it before, all who did after, and those who did both."""

    question: Question
    before: Summary
    after: Summary
    paired: PairedChange | None = None


@dataclass(frozen=True)
class Skills:
    """A questionnaire that was asked before and after a course, outcome by outcome."""

    questionnaire: Questionnaire
    before: Results
    after: Results
    changes: tuple[Change, ...]


def skills_of(before: Results, after: Results, pairs: Mapping[str, Sequence[Pair]]) -> Skills:
    """Compare two rounds of a questionnaire; `pairs` stand by question, in an order that stays."""
    changes = []
    for question in after.questionnaire.items:
        first, second = before.summary(question.key), after.summary(question.key)
        if question.kind is not Kind.SCALE or first is None or second is None:
            continue
        paired = None
        if first.mean is not None and second.mean is not None:
            paired = paired_change(pairs.get(question.key, ()), first.n, second.n)
        changes.append(Change(question, first, second, paired))
    return Skills(after.questionnaire, before, after, tuple(changes))


def paired_change(pairs: Sequence[Pair], before: int, after: int) -> PairedChange | None:
    """The change of those who could be paired, of so many who answered before and after.

    None where fewer than five pairs may be told.
    """
    left_out = _to_leave_out(before - len(pairs), after - len(pairs))
    told = pairs[left_out:]
    n = len(told)
    if n < LEAST_ANSWERS:
        return None
    sides = [_counted([pair[side] for pair in told]) for side in (0, 1)]
    differences = _counted([later - earlier for earlier, later in told])
    mean = mean_of(differences)
    reach = student_quantile(0.975, n - 1) * sqrt(variance_of(differences) / n)
    deviation = sum(sqrt(variance_of(each)) for each in sides) / 2
    return PairedChange(
        n=n,
        before=mean_of(sides[0]),
        after=mean_of(sides[1]),
        low=float(mean) - reach,
        high=float(mean) + reach,
        effect=float(mean) / deviation if deviation else None,
        left_out=left_out,
    )


def _to_leave_out(before: int, after: int) -> int:
    """How many pairs to leave out, with so many people without a pair before and after."""

    def is_safe(alone: int) -> bool:
        return alone == 0 or alone >= LEAST_ANSWERS

    return next(
        more
        for more in range(LEAST_ANSWERS + 1)
        if is_safe(before + more) and is_safe(after + more)
    )


def _counted(values: Sequence[int]) -> dict[int, int]:
    return {value: values.count(value) for value in set(values)}


# Student's t, which the standard library lacks ------------------------------------------------


def student_quantile(share: float, degrees: int) -> float:
    """The value below which `share` (of a half and more) of Student's t distribution lies."""
    low, high = 0.0, 1.0
    while _student_below(high, degrees) < share:
        high *= 2
    for _halving in range(60):
        middle = (low + high) / 2
        if _student_below(middle, degrees) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _student_below(value: float, degrees: int) -> float:
    return 1 - _beta_share(degrees / 2, 0.5, degrees / (degrees + value * value)) / 2


def _beta_share(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function (DLMF 8.17.22, summed by Lentz's method)."""
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction converges quickly on the other side
        return 1 - _beta_share(b, a, 1 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)) / a
    upper, lower = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value = lower
    for m in range(1, 400):
        step = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        lower, upper = 1 / (1 + step * lower), 1 + step / upper
        value *= lower * upper
        step = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        lower, upper = 1 / (1 + step * lower), 1 + step / upper
        value *= lower * upper
        if abs(lower * upper - 1) < 1e-15:
            break
    return front * value
