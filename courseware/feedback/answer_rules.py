"""What one person sends: which fields a form has, and whether what came back are answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from courseware.feedback.rules import LONGEST_COMMENT, Kind, Question, Questionnaire, clean
from courseware.messages import N_, Message

NOT_APPLICABLE = 0
"""The stored value of "not applicable" on a scale; its points begin at 1."""


@dataclass(frozen=True)
class Answer:
    """One answer: a number for scales and choices, or a text. `trainer` is whom it is about."""

    question: str
    value: int | None = None
    text: str | None = None
    trainer: str | None = None


@dataclass(frozen=True)
class Checked:
    """What was sent, as answers and as sentences beside the fields that are wrong."""

    answers: tuple[Answer, ...]
    problems: Mapping[str, Message]


def field_name(question: Question, trainer: str | None = None) -> str:
    """The name of a question's form field."""
    return f"q-{question.key}-{trainer}" if trainer else f"q-{question.key}"


def fields(
    questionnaire: Questionnaire, trainers: Sequence[str] = ()
) -> Iterator[tuple[str, Question, str | None]]:
    """Every field of the form: its name, its question and the trainer it is about."""
    for section in questionnaire.sections:
        for trainer in trainers if section.per_trainer else (None,):
            for question in section.questions:
                yield field_name(question, trainer), question, trainer


def check_answers(
    questionnaire: Questionnaire,
    given: Mapping[str, Sequence[str]],
    trainers: Sequence[str] = (),
) -> Checked:
    """Turn the values of a form into answers; what is not a field of the form is not looked at."""
    answers: list[Answer] = []
    problems: dict[str, Message] = {}
    for name, question, trainer in fields(questionnaire, trainers):
        values = [value for value in given.get(name, ()) if value.strip()]
        answer = check_answer(question, values)
        if isinstance(answer, Message):
            problems[name] = answer
        elif answer is not None:
            answers.append(Answer(question.key, answer.value, answer.text, trainer))
        elif question.required:
            problems[name] = Message(N_("Choose or write an answer here."))
    if not answers and not problems:
        problems[""] = Message(N_("Nothing is answered yet. Answer at least one question."))
    return Checked(tuple(answers), problems)


def check_answer(question: Question, values: Sequence[str]) -> Answer | Message | None:
    """One field's values as an answer, as a sentence that says what is wrong, or as no answer."""
    if not values:
        return None
    if question.kind is Kind.TEXT:
        text = clean(values[0])
        if len(text) > LONGEST_COMMENT:
            return Message(
                N_("The text has %(count)s characters; at most %(most)s fit. Shorten it."),
                count=len(text),
                most=LONGEST_COMMENT,
            )
        return Answer(question.key, text=text) if text else None
    if question.kind is Kind.MULTIPLE:
        chosen = 0
        for value in values:
            position = _option(question, value)
            if position is None:
                return _not_offered(value)
            chosen |= 1 << position
        return Answer(question.key, value=chosen)
    if len(values) > 1:
        return Message(N_("Choose one answer here, not several."))
    if question.kind is Kind.SINGLE:
        position = _option(question, values[0])
        return _not_offered(values[0]) if position is None else Answer(question.key, value=position)
    text = values[0].strip()
    if text == "na" and question.not_applicable:
        return Answer(question.key, value=NOT_APPLICABLE)
    points = range(1, question.points + 1) if question.kind is Kind.SCALE else range(11)
    if text.isascii() and text.isdigit() and len(text) <= 2 and int(text) in points:
        return Answer(question.key, value=int(text))
    return _not_offered(text)


def _option(question: Question, value: str) -> int | None:
    keys = [option.key for option in question.options]
    return keys.index(value) if value in keys else None


def _not_offered(value: str) -> Message:
    shown = clean(value)
    return Message(
        N_("“%(value)s” is not one of the answers offered. Choose one of them."),
        value=shown if len(shown) <= 40 else shown[:39] + "…",
    )
