"""What answers say together: counts, means, shares with intervals, and what is too small to show.

Everything is computed from how often each value was chosen, which the database counts; no single
response is needed.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import sqrt
from typing import TypeVar

from courseware.feedback.answer_rules import NOT_APPLICABLE
from courseware.feedback.rules import LEAST_ANSWERS, Best, Kind, Question

CONFIDENCE_Z = 1.959963984540054
"""The normal quantile of a 95 % interval."""

Group = TypeVar("Group", bound=Hashable)
Counts = Mapping[int, int]


@dataclass(frozen=True)
class Share:
    """A part of a whole, with the interval in which the share lies with 95 % confidence."""

    part: int
    whole: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.part / self.whole


@dataclass(frozen=True)
class NetPromoter:
    """The recommendation score: promoters (9, 10) less detractors (0 to 6), in percent of n."""

    promoters: int
    passives: int
    detractors: int

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def score(self) -> Fraction:
        return Fraction(100 * (self.promoters - self.detractors), self.n)


@dataclass(frozen=True)
class Summary:
    """What one group answered to one question. `counts` follow the points, options or ranks.

    A number has no counts, because a rare one may be somebody's; `quartiles` enclose its middle
    half. With `is_hidden` nothing but the fact is told: fewer than five answered.
    """

    n: int
    counts: tuple[int, ...] = ()
    not_applicable: int = 0
    mean: Fraction | None = None
    median: Fraction | None = None
    favourable: Share | None = None
    recommendation: NetPromoter | None = None
    quartiles: tuple[Fraction, Fraction] | None = None
    is_hidden: bool = False

    @cached_property
    def squared_error(self) -> float:
        """The square of the standard error of the mean."""
        # Variance does not ask where the scale begins.
        return float(variance_of(dict(enumerate(self.counts)))) / self.n

    @property
    def shares(self) -> tuple[Fraction, ...]:
        """Each count as a part of n."""
        return tuple(Fraction(count, self.n) if self.n else Fraction(0) for count in self.counts)


HIDDEN = Summary(n=0, is_hidden=True)
"""The summary of a group that is too small to be shown."""


def wilson(part: int, whole: int, z: float = CONFIDENCE_Z) -> Share:
    """The share with its Wilson score interval, which stays within 0 and 1 for any n."""
    if not 0 <= part <= whole or not whole:
        raise ValueError(f"{part} of {whole} is not a share")
    share, square = part / whole, z * z
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    reach = z / (1 + square / whole)
    reach *= sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    # At the ends the interval touches them exactly; floating point misses by 1e-17.
    low = 0.0 if part == 0 else max(0.0, middle - reach)
    high = 1.0 if part == whole else min(1.0, middle + reach)
    return Share(part, whole, low, high)


def mean_of(counts: Counts) -> Fraction:
    """The arithmetic mean, exactly."""
    return Fraction(sum(value * count for value, count in counts.items()), sum(counts.values()))


def median_of(counts: Counts) -> Fraction:
    """The middle value; between two middle values, their mean."""
    n = sum(counts.values())
    lower, upper, seen = None, None, 0
    for value in sorted(counts):
        seen += counts[value]
        if lower is None and seen >= (n + 1) // 2:
            lower = value
        if upper is None and seen >= n // 2 + 1:
            upper = value
    if lower is None or upper is None:
        raise ValueError("Nothing has no median.")
    return Fraction(lower + upper, 2)


def quantile_of(counts: Counts, share: Fraction) -> Fraction:
    """The value below which `share` of all lie, between two values in proportion."""
    place = (sum(counts.values()) - 1) * share
    below = int(place)
    lower, upper = _value_at(counts, below), _value_at(counts, below + (place > below))
    return lower + (place - below) * (upper - lower)


def _value_at(counts: Counts, place: int) -> int:
    """The value at a place, from 0, when all are put in order."""
    for value in sorted(counts):
        place -= counts[value]
        if place < 0:
            return value
    raise ValueError("Nothing has no quantiles.")


def favourable_points(question: Question) -> tuple[int, ...]:
    """The points that count as favourable: the top two, on three points the top one.

    Where the middle is best, the middle.
    """
    if question.best is Best.MIDDLE:
        return ((question.points + 1) // 2,)
    if question.points == 3:
        return (3,)
    return (question.points - 1, question.points)


def summarise(question: Question, counts: Counts) -> Summary:
    """Summarise the answers to one question from how often each value was given."""
    possible = question.values
    strange = [value for value in counts if value not in possible]
    if strange:
        raise ValueError(f"{question.key} cannot be answered with {strange}")
    match question.kind:
        case Kind.SCALE:
            return _scale(question, counts)
        case Kind.RECOMMENDATION:
            return _recommendation(counts)
        case Kind.SINGLE:
            each = tuple(counts.get(place, 0) for place in range(len(question.options)))
            return _shown(Summary(n=sum(each), counts=each))
        case Kind.MULTIPLE:
            each = tuple(
                sum(count for chosen, count in counts.items() if chosen >> place & 1)
                for place in range(len(question.options))
            )
            return _shown(Summary(n=sum(counts.values()), counts=each))
        case Kind.RANKING:
            each = tuple(counts.get(rank, 0) for rank in question.values)
            return _measured(counts, each)
        case Kind.NUMBER:
            return _measured(counts, ())
        case _:
            return Summary(n=0)


def _measured(counts: Counts, each: tuple[int, ...]) -> Summary:
    valid = {value: count for value, count in counts.items() if count}
    if not valid:
        return Summary(n=0, counts=each)
    return _shown(
        Summary(
            n=sum(valid.values()),
            counts=each,
            mean=mean_of(valid),
            median=median_of(valid),
            quartiles=(quantile_of(valid, Fraction(1, 4)), quantile_of(valid, Fraction(3, 4))),
        )
    )


def _scale(question: Question, counts: Counts) -> Summary:
    valid = {value: count for value, count in counts.items() if value != NOT_APPLICABLE and count}
    n = sum(valid.values())
    if not n:
        return Summary(n=0, counts=(0,) * question.points)
    good = sum(valid.get(point, 0) for point in favourable_points(question))
    return _shown(
        Summary(
            n=n,
            counts=tuple(valid.get(point, 0) for point in range(1, question.points + 1)),
            not_applicable=counts.get(NOT_APPLICABLE, 0),
            mean=mean_of(valid),
            median=median_of(valid),
            favourable=wilson(good, n),
        )
    )


def _recommendation(counts: Counts) -> Summary:
    valid = {value: count for value, count in counts.items() if count}
    each = tuple(valid.get(point, 0) for point in range(11))
    if not valid:
        return Summary(n=0, counts=each)
    return _shown(
        Summary(
            n=sum(each),
            counts=each,
            mean=mean_of(valid),
            median=median_of(valid),
            recommendation=NetPromoter(sum(each[9:]), sum(each[7:9]), sum(each[:7])),
        )
    )


def variance_of(counts: Counts) -> Fraction:
    """The variance of a sample, exactly; of one value 0."""
    n = sum(counts.values())
    if n < 2:
        return Fraction(0)
    total = sum(value * count for value, count in counts.items())
    squares = sum(value * value * count for value, count in counts.items())
    return Fraction(n * squares - total * total, n * (n - 1))


def differ(one: Summary, other: Summary) -> bool:
    """Whether two means on the same scale lie further apart than chance would take them.

    Further than the 95 % interval of their difference is wide, on each side.
    """
    if one.mean is None or other.mean is None:
        return False
    away = abs(float(one.mean) - float(other.mean))
    return away > CONFIDENCE_Z * sqrt(one.squared_error + other.squared_error)


def goodness(question: Question, summary: Summary) -> float | None:
    """How good an answer is, from 0 to 1, so that different scales can be put in one order.

    The place of the mean between the ends; where the middle is best, the share of the middle.
    None for what is neither good nor bad, and for what is not told.
    """
    if summary.mean is None:
        return None
    above, below = summary.mean.numerator, summary.mean.denominator
    if question.kind is Kind.RECOMMENDATION:
        return above / (10 * below)
    if question.kind is not Kind.SCALE:
        return None
    if question.best is Best.MIDDLE:
        return summary.favourable.value if summary.favourable else None
    return (above - below) / (below * (question.points - 1))


def _shown(summary: Summary) -> Summary:
    return summary if not 0 < summary.n < LEAST_ANSWERS else HIDDEN


@dataclass(frozen=True)
class Pooling:
    """Which groups of one question may stand alone, and which join a total only together."""

    alone: frozenset
    pools: tuple[frozenset, ...]
    waiting: frozenset

    @property
    def in_totals(self) -> frozenset:
        return self.alone.union(*self.pools)


def pool_small(
    groups: Iterable[tuple[Group, int]],
    least: int = LEAST_ANSWERS,
    *,
    people: Callable[[Group], Hashable] | None = None,
) -> Pooling:
    """Decide what a total may hold, so that no small group can be had by subtraction.

    `groups` come in the order in which their rounds were closed, with their numbers of answers.
    A group with `least` answers stands alone. Smaller groups enter totals only in pools of
    `least` answers together, formed in order of closing; the last ones wait outside until their
    pool is full. So the difference of any two figures, also of today's and last week's, is empty
    or holds at least `least` answers.

    `people` says whose answers a group has: what three people said of two trainers are six
    answers of three people, and three people make no pool.
    """
    alone, pools, open_pool = set(), [], []
    held: dict[Hashable, int] = {}
    for group, n in groups:
        if n >= least:
            alone.add(group)
        elif n > 0:
            open_pool.append(group)
            who = people(group) if people else group
            held[who] = max(n, held.get(who, 0))
            if sum(held.values()) >= least:
                pools.append(frozenset(open_pool))
                open_pool, held = [], {}
    return Pooling(frozenset(alone), tuple(pools), frozenset(open_pool))


def countable(pooling: Pooling, members: Iterable[Group]) -> frozenset:
    """Which of `members` a total of just these may hold: those alone, and pools wholly inside."""
    wanted = frozenset(members)
    inside = [pool for pool in pooling.pools if pool <= wanted]
    return (pooling.alone & wanted).union(*inside)


def add_up(counts: Iterable[Counts]) -> dict[int, int]:
    """The counts of several groups together."""
    total: dict[int, int] = {}
    for each in counts:
        for value, count in each.items():
            total[value] = total.get(value, 0) + count
    return total


def hide_small(groups: Mapping[Group, int], least: int = LEAST_ANSWERS) -> frozenset:
    """Which parts of a published total to hide, so that no part under `least` can be computed.

    All parts under `least` are hidden; if those together are fewer than `least`, the next
    smallest parts are hidden too.
    """
    hidden = {group for group, n in groups.items() if 0 < n < least}
    rest = sorted((n, str(group), group) for group, n in groups.items() if n >= least)
    while hidden and sum(groups[group] for group in hidden) < least and rest:
        hidden.add(rest.pop(0)[2])
    return frozenset(hidden)


@dataclass(frozen=True)
class ResponseRate:
    """How many of those invited answered; `invited` is None where it is not known."""

    answered: int
    invited: int | None

    @property
    def percent(self) -> int | None:
        """The rate in whole percent, rounded half up; None where nobody knows it."""
        if not self.invited:
            return None
        return (200 * self.answered + self.invited) // (2 * self.invited)
