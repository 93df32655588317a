"""The geometry and the tones of charts, so that page and document draw the same ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from courseware.feedback.results_rules import Block, QuestionResult
from courseware.feedback.rules import Best, Kind, Question

TONES = ("low-3", "low-2", "low-1", "middle", "high-1", "high-2", "high-3")
"""From the worst to the best; print and screen give each its colour."""

_TONES_OF = {
    3: ("low-2", "middle", "high-2"),
    4: ("low-3", "low-1", "high-1", "high-3"),
    5: ("low-3", "low-1", "middle", "high-1", "high-3"),
    6: ("low-3", "low-2", "low-1", "high-1", "high-2", "high-3"),
    7: TONES,
}


@dataclass(frozen=True)
class Segment:
    """One piece of a stacked bar, in percent of the axis: where it begins and how wide it is."""

    point: int
    start: float
    width: float
    count: int


def diverging(counts: Sequence[int]) -> tuple[Segment, ...]:
    """A scale's bar on the common axis from −100 % to 100 %, drawn from 0 to 100.

    The middle of the scale lies on the middle of the axis; a middle point is halved by it.
    """
    n = sum(counts)
    if not n:
        return ()
    half = len(counts) // 2
    left = sum(counts[:half]) + (counts[half] / 2 if len(counts) % 2 else 0)
    start = 50 - 50 * left / n
    segments = []
    for point, count in enumerate(counts, start=1):
        width = 50 * count / n
        if count:
            segments.append(Segment(point, round(start, 3), round(width, 3), count))
        start += width
    return tuple(segments)


def ranked(block: Block) -> tuple[QuestionResult, ...]:
    """The options of a ranking, the one with the best mean place first; what is hidden last."""

    def place(each: QuestionResult) -> tuple[bool, float]:
        return each.summary.mean is None, float(each.summary.mean or 0)

    return tuple(sorted(block.results, key=place))


def tones(question: Question) -> tuple[str, ...]:
    """The tone of each point: by how good it is, not by how high."""
    if question.kind is Kind.RECOMMENDATION:
        return ("low-2",) * 7 + ("middle",) * 2 + ("high-2",) * 2
    if question.kind is not Kind.SCALE:
        return ("high-2",) * len(question.options)
    if question.best is Best.HIGH:
        return _TONES_OF[question.points]
    middle = question.points // 2
    by_distance = ("high-3", "low-1", "low-2", "low-3")
    return tuple(by_distance[abs(point - middle)] for point in range(question.points))
