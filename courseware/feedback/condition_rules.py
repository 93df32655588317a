"""Questions that appear only after certain answers to an earlier one."""

from collections.abc import Mapping

from courseware.feedback.plain_value_rules import shown
from courseware.feedback.rules import (
    CONDITION_KINDS,
    Kind,
    Question,
    Questionnaire,
    Section,
    choices,
)
from courseware.messages import N_, Message


def chosen(question: Question, value: int) -> frozenset[str]:
    """A stored answer to a question that can be a condition, as the form had sent it."""
    match question.kind:
        case Kind.SCALE if value == 0:
            return frozenset({"na"})
        case Kind.SINGLE:
            return frozenset({question.options[value].key})
        case Kind.MULTIPLE:
            return frozenset(
                option.key for place, option in enumerate(question.options) if value >> place & 1
            )
        case _:
            return frozenset({str(value)})


def is_shown(question: Question, given: Mapping[str, frozenset[str]]) -> bool:
    """Whether a question appears after what was `given`: for each question the chosen values.

    A question that did not appear itself was given no answer, so what depends on it does not
    appear either.
    """
    condition = question.shown_if
    if condition is None:
        return True
    return not given.get(condition.question, frozenset()).isdisjoint(condition.values)


def condition_problems(questionnaire: Questionnaire) -> list[Message]:
    """What is wrong with the conditions under which questions are shown."""
    problems = []
    before: dict[str, tuple[Question, Section]] = {}
    for section in questionnaire.sections:
        for question in section.questions:
            if question.shown_if is not None:
                asked, within = before.get(question.shown_if.question, (None, None))
                if asked is None or (within and within.per_trainer and within is not section):
                    problems.append(
                        Message(
                            N_(
                                "“%(key)s” is shown after an answer to “%(question)s”, which is "
                                "not a question before it."
                            ),
                            key=question.key,
                            question=shown(question.shown_if.question),
                        )
                    )
                elif asked.kind not in CONDITION_KINDS:
                    problems.append(
                        Message(
                            N_(
                                "“%(key)s” cannot depend on “%(question)s”: only scales, "
                                "recommendations and choices can decide what is shown."
                            ),
                            key=question.key,
                            question=asked.key,
                        )
                    )
                elif not question.shown_if.values or set(question.shown_if.values) - set(
                    choices(asked)
                ):
                    problems.append(
                        Message(
                            N_(
                                "“%(key)s” is shown after certain answers to “%(question)s”. "
                                "Name at least one of these: %(allowed)s."
                            ),
                            key=question.key,
                            question=asked.key,
                            allowed=", ".join(choices(asked)),
                        )
                    )
            before[question.key] = (question, section)
    return problems
