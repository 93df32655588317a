"""What one person sends: which fields a form has, and whether what came back are answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from courseware.feedback.condition_rules import chosen, is_shown
from courseware.feedback.rules import (
    CONDITION_KINDS,
    LONGEST_COMMENT,
    LONGEST_LINE,
    Kind,
    Question,
    Questionnaire,
    Texts,
    clean,
)
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
    """Every field of the form: its name, the item that it answers and the trainer it is about."""
    for section in questionnaire.sections:
        for trainer in trainers if section.per_trainer else (None,):
            for item in section.items:
                yield field_name(item, trainer), item, trainer


def field_labels(
    questionnaire: Questionnaire, trainers: Mapping[str, str]
) -> dict[str, tuple[Texts, str]]:
    """What stands above every field, by its name: the texts, and the name of the trainer.

    `trainers` are names by the keys of `fields`; a question of several items has a field itself.
    """
    found: dict[str, tuple[Texts, str]] = {}
    for section in questionnaire.sections:
        for trainer in trainers if section.per_trainer else (None,):
            who = trainers[trainer] if trainer else ""
            for question in section.questions:
                found[field_name(question, trainer)] = question.texts, who
                for item in question.items:
                    found.setdefault(field_name(item, trainer), (item.title, who))
    return found


def check_answers(
    questionnaire: Questionnaire,
    given: Mapping[str, Sequence[str]],
    trainers: Sequence[str] = (),
) -> Checked:
    """Turn the values of a form into answers; what is not a field of the form is not looked at.

    Neither is a question that does not appear after the answers before it.
    """
    answers: list[Answer] = []
    problems: dict[str, Message] = {}
    chosen_before: dict[str, frozenset[str]] = {}
    for section in questionnaire.sections:
        for trainer in trainers if section.per_trainer else (None,):
            chosen_here = dict(chosen_before)
            for question in section.questions:
                if not is_shown(question, chosen_here):
                    continue
                found, wrong = _check_question(question, given, trainer)
                answers += found
                problems |= wrong
                if question.kind in CONDITION_KINDS and found and found[0].value is not None:
                    chosen_here[question.key] = chosen(question, found[0].value)
            if not section.per_trainer:
                chosen_before = chosen_here
    if not answers and not problems:
        problems[""] = Message(N_("Nothing is answered yet. Answer at least one question."))
    return Checked(tuple(answers), problems)


def check_together(questionnaire: Questionnaire, answers: Sequence[Answer]) -> list[Message]:
    """What is wrong with answers that were read one by one, as from a row of a file.

    A ranking must be whole, and what is answered must follow from the answers before it.
    """
    problems = []
    given = {(answer.question, answer.trainer): answer.value for answer in answers}
    trainers = list(dict.fromkeys(answer.trainer for answer in answers))
    for section in questionnaire.sections:
        for question in section.questions:
            for trainer in trainers:
                keys = [(item.key, trainer) for item in question.items]
                places = [given[key] for key in keys if key in given]
                if not places:
                    continue
                if question.kind is Kind.RANKING and (wrong := _wrong_ranking(question, places)):
                    problems.append(Message("“%(key)s”: %(wrong)s", key=question.key, wrong=wrong))
                if question.shown_if is None:
                    continue
                deciding = questionnaire.question(question.shown_if.question)
                if deciding is None:
                    continue
                value = given.get((deciding.key, trainer), given.get((deciding.key, None)))
                before = {} if value is None else {deciding.key: chosen(deciding, value)}
                if not is_shown(question, before):
                    problems.append(
                        Message(
                            N_(
                                "“%(key)s” is answered, but does not appear after the answer "
                                "to “%(question)s”."
                            ),
                            key=question.key,
                            question=deciding.key,
                        )
                    )
    return problems


def _check_question(
    question: Question, given: Mapping[str, Sequence[str]], trainer: str | None
) -> tuple[list[Answer], dict[str, Message]]:
    """The answers to all items of a question, and what is wrong, by the name of the field."""
    answers: list[Answer] = []
    problems: dict[str, Message] = {}
    for item in question.items:
        name = field_name(item, trainer)
        values = [value for value in given.get(name, ()) if value.strip()]
        answer = check_answer(item, values)
        if isinstance(answer, Message):
            problems[name] = answer
        elif answer is not None:
            answers.append(Answer(item.key, answer.value, answer.text, trainer))
        elif question.required and question.kind is not Kind.RANKING:
            problems[name] = Message(N_("Choose or write an answer here."))
    if question.kind is Kind.RANKING and not problems:
        problem = _wrong_ranking(question, [answer.value for answer in answers])
        if problem is not None:
            return [], {field_name(question, trainer): problem}
    return answers, problems


def _wrong_ranking(question: Question, places: Sequence[int | None]) -> Message | None:
    """What is wrong with a ranking; none at all is none, but for one that is required."""
    if not places and not question.required:
        return None
    if len(places) < len(question.options):
        return Message(
            N_("Give each of the %(count)s lines a place, from 1 to %(count)s."),
            count=len(question.options),
        )
    twice = next((place for place in places if places.count(place) > 1), None)
    if twice is not None:
        return Message(N_("Place %(place)s is given twice. Give each line its own."), place=twice)
    return None


def check_answer(question: Question, values: Sequence[str]) -> Answer | Message | None:
    """One field's values as an answer, as a sentence that says what is wrong, or as no answer.

    `question` is an item: of a matrix or a ranking one line.
    """
    if not values:
        return None
    if question.kind is Kind.MULTIPLE:
        picked = 0
        for value in values:
            position = _option(question, value)
            if position is None:
                return _not_offered(value)
            picked |= 1 << position
        return Answer(question.key, value=picked)
    if len(values) > 1:
        return Message(N_("Give one answer here, not several."))
    if question.is_text:
        return _check_text(question, values[0])
    text = values[0].strip()
    match question.kind:
        case Kind.SINGLE:
            position = _option(question, values[0])
            if position is None:
                return _not_offered(text)
            return Answer(question.key, value=position)
        case Kind.NUMBER:
            number = _whole_number("".join(text.split()))  # 12 000 is a number, too
            if number is None or number not in question.values:
                return Message(
                    N_("Enter a whole number from %(least)s to %(most)s."),
                    least=question.least,
                    most=question.most,
                )
            return Answer(question.key, value=number)
        case Kind.SCALE if text == "na" and question.not_applicable:
            return Answer(question.key, value=NOT_APPLICABLE)
        case _:
            number = _whole_number(text)
            # 0 is the stored value of "not applicable", which nobody sends as a number.
            is_offered = number in question.values and (number or question.kind is not Kind.SCALE)
            return Answer(question.key, value=number) if is_offered else _not_offered(text)


def _check_text(question: Question, given: str) -> Answer | Message | None:
    text = clean(given)
    if question.kind is Kind.SHORT:
        text = " ".join(text.split())
    most = LONGEST_LINE if question.kind is Kind.SHORT else LONGEST_COMMENT
    if len(text) > most:
        return Message(
            N_("The text has %(count)s characters; at most %(most)s fit. Shorten it."),
            count=len(text),
            most=most,
        )
    return Answer(question.key, text=text) if text else None


def _whole_number(text: str) -> int | None:
    digits = text.replace("\u2212", "-").removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        return None
    return int(digits) if digits == text else -int(digits)


def _option(question: Question, value: str) -> int | None:
    keys = [option.key for option in question.options]
    return keys.index(value) if value in keys else None


def _not_offered(value: str) -> Message:
    shown = clean(value)
    return Message(
        N_("“%(value)s” is not one of the answers offered. Choose one of them."),
        value=shown if len(shown) <= 40 else shown[:39] + "…",
    )
