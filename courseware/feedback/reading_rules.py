"""How results are read: lowest first, with what stands in the margin beside each figure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from courseware.feedback.recommendation_rules import is_low, limit_on
from courseware.feedback.results_rules import Block, QuestionResult, Results
from courseware.feedback.rules import Best, Question
from courseware.feedback.summary_rules import Summary, differ, goodness


@dataclass(frozen=True)
class Note:
    """What stands in the margin of a figure: the limit it is under, and what was said before.

    `earlier` is the figure that stands beside the chart, of the last cohort: the mean, for a
    recommendation its score, where the middle is best its share in percent. `change` is −1 or 1
    where the mean differs by more than chance.
    """

    question: Question
    mean: Fraction
    under: Fraction | None = None
    earlier: Fraction | None = None
    change: int = 0


def notes_of(block: Block, earlier: Results | None, tenths: int) -> tuple[Note, ...]:
    """A note for each figure of a question; `tenths` is the programme's limit."""
    return tuple(
        _note(each, earlier.summary(each.question.key) if earlier else None, tenths)
        for each in block.results
        if goodness(each.question, each.summary) is not None
    )


def _note(result: QuestionResult, earlier: Summary | None, tenths: int) -> Note:
    question, mean = result.question, result.summary.mean or Fraction(0)
    note = Note(
        question, mean, limit_on(question, tenths) if is_low(question, mean, tenths) else None
    )
    if earlier is None or earlier.mean is None:
        return note
    if len(earlier.counts) != len(result.summary.counts):  # its scale was another one
        return note
    if question.best is Best.MIDDLE and earlier.favourable:
        share = earlier.favourable
        return replace(note, earlier=Fraction(100 * share.part, share.whole))
    score = earlier.recommendation.score if earlier.recommendation else earlier.mean
    change = 0
    if differ(result.summary, earlier):
        change = -1 if mean < earlier.mean else 1
    return replace(note, earlier=score, change=change)


def lowest_first(results: Results) -> tuple[Sequence[Block], Sequence[Block]]:
    """The questions that have a good end, the lowest first, and all others in their order."""
    rated, others = [], []
    for section in results.sections:
        for block in section.blocks:
            found = [goodness(each.question, each.summary) for each in block.results]
            known = [each for each in found if each is not None]
            if known:
                rated.append((min(known), block))
            else:
                others.append(block)
    return [block for _, block in sorted(rated, key=lambda each: each[0])], others
