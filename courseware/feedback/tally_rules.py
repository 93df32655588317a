"""What is counted when a round closes: which answers are ratings, and when they are all alike."""

from courseware.feedback.rules import Kind, Questionnaire

LEAST_RATINGS = 3
"""With fewer ratings in a response nobody can say that they are all alike."""


def rating_keys(questionnaire: Questionnaire) -> tuple[str, ...]:
    """The keys of all that is rated on a scale, as they are stored with answers."""
    return tuple(each.key for each in questionnaire.items if each.kind is Kind.SCALE)
