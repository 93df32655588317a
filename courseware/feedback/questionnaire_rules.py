"""Questionnaires from plain values, as a YAML file gives them, and back without loss."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from courseware.feedback.rules import (
    LEAST_POINTS,
    LONGEST_TEXT,
    MOST_OPTIONS,
    MOST_POINTS,
    MOST_QUESTIONS,
    About,
    Best,
    Kind,
    Option,
    Question,
    Questionnaire,
    Section,
    Texts,
    WrongQuestionnaire,
    clean,
)
from courseware.messages import N_, Message
from courseware.texts import LANGUAGES

AnyChoice = TypeVar("AnyChoice", bound=StrEnum)

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")

_QUESTION_NAMES = (
    *("key", "kind", "texts", "labels", "hints", "required", "points", "low", "middle", "high"),
    *("best", "not_applicable", "options", "column", "import", "import_not_applicable"),
)


def missing_languages(questionnaire: Questionnaire) -> dict[str, int]:
    """How many texts each language still lacks; a language without gaps is not named."""
    every = [questionnaire.titles]
    if questionnaire.introductions:
        every.append(questionnaire.introductions)
    for section in questionnaire.sections:
        every.append(section.titles)
        for question in section.questions:
            every.append(question.texts)
            optional = (question.labels, question.hints, question.low, question.middle)
            every += [texts for texts in (*optional, question.high) if texts]
            every += [option.texts for option in question.options]
    gaps = {language: sum(1 for texts in every if language not in texts) for language in LANGUAGES}
    return {language: count for language, count in gaps.items() if count}


def questionnaire_from(value: object) -> Questionnaire:
    """Build a questionnaire from plain values, as a YAML file gives them.

    Raises WrongQuestionnaire with every fault that was found.
    """
    reader = _Reader()
    questionnaire = reader.questionnaire(value)
    if reader.problems:
        raise WrongQuestionnaire(reader.problems)
    return questionnaire


class _Reader:
    """Reads plain values and collects what is wrong with them, so that all is told at once."""

    def __init__(self) -> None:
        self.problems: list[Message] = []
        self.keys: set[str] = set()

    def wrong(self, template: str, **values: object) -> None:
        self.problems.append(Message(template, **values))

    def questionnaire(self, value: object) -> Questionnaire:
        value = self.mapping(
            value, "questionnaire", ("code", "about", "titles", "introductions", "sections")
        )
        code = value.get("code")
        if not isinstance(code, str) or not CODE.fullmatch(code):
            self.wrong(
                N_(
                    "The code “%(code)s” is not usable. Use small Latin letters, digits "
                    "and hyphens, beginning with a letter."
                ),
                code=_shown(code),
            )
            code = "wrong"
        about = self.choice(value.get("about"), About, "about") or About.COURSE
        titles = self.texts(value.get("titles"), "titles", required=True)
        introductions = self.texts(value.get("introductions"), "introductions")
        sections = tuple(
            self.section(each, number, about)
            for number, each in enumerate(self.list(value.get("sections"), "sections"), start=1)
        )
        count = sum(len(section.questions) for section in sections)
        if not count:
            self.wrong(N_("The questionnaire asks nothing. Add at least one question."))
        if count > MOST_QUESTIONS:
            self.wrong(
                N_("The questionnaire has %(count)s questions; at most %(most)s are possible."),
                count=count,
                most=MOST_QUESTIONS,
            )
        return Questionnaire(code, about, titles, sections, introductions)

    def section(self, value: object, number: int, about: About) -> Section:
        place = f"section {number}"
        value = self.mapping(value, place, ("titles", "per_trainer", "questions"))
        per_trainer = self.boolean(value.get("per_trainer"), f"{place}, per_trainer")
        if per_trainer and about is not About.SESSION:
            self.wrong(
                N_(
                    "Section %(number)s is about each trainer; only a questionnaire "
                    "about a session can have such a section."
                ),
                number=number,
            )
        return Section(
            titles=self.texts(value.get("titles"), f"{place}, titles"),
            questions=tuple(
                self.question(each, f"{place}, question {position}")
                for position, each in enumerate(
                    self.list(value.get("questions"), f"{place}, questions"), start=1
                )
            ),
            per_trainer=per_trainer,
        )

    def question(self, value: object, place: str) -> Question:
        value = self.mapping(
            value,
            place,
            _QUESTION_NAMES,
        )
        key = value.get("key")
        if not isinstance(key, str) or not KEY.fullmatch(key):
            self.wrong(
                N_(
                    "%(place)s: the key “%(key)s” is not usable. Use small Latin letters, "
                    "digits and underscores, beginning with a letter."
                ),
                place=place,
                key=_shown(key),
            )
            key = f"wrong_{len(self.keys)}"
        elif key in self.keys:
            self.wrong(N_("The key “%(key)s” is used twice."), key=key)
        self.keys.add(key)
        place = f"“{key}”"
        kind = self.choice(value.get("kind"), Kind, f"{place}, kind")
        column = value.get("column") or ""
        plain: dict[str, Any] = {
            "key": key,
            "kind": kind or Kind.TEXT,
            "texts": self.texts(value.get("texts"), f"{place}, texts", required=True),
            "labels": self.texts(value.get("labels"), f"{place}, labels"),
            "hints": self.texts(value.get("hints"), f"{place}, hints"),
            "required": self.boolean(value.get("required"), f"{place}, required"),
            "column": str(column),
        }
        if kind is Kind.SCALE:
            plain |= self.scale(value, place)
        if kind in (Kind.SINGLE, Kind.MULTIPLE):
            plain["options"] = self.options(value.get("options"), place)
        return Question(**plain)

    def scale(self, value: Mapping, place: str) -> dict:
        points = value.get("points", 5)
        if (
            not isinstance(points, int)
            or isinstance(points, bool)
            or not LEAST_POINTS <= points <= MOST_POINTS
        ):
            self.wrong(
                N_("%(place)s: a scale has %(least)s to %(most)s points, not “%(points)s”."),
                place=place,
                least=LEAST_POINTS,
                most=MOST_POINTS,
                points=_shown(points),
            )
            points = 5
        best = self.choice(value.get("best", Best.HIGH), Best, f"{place}, best") or Best.HIGH
        if best is Best.MIDDLE and points % 2 == 0:
            self.wrong(
                N_("%(place)s: a scale whose middle is best needs an odd number of points."),
                place=place,
            )
        wordings = tuple(
            self.wordings(each, f"{place}, import")
            for each in self.list(value.get("import"), f"{place}, import")
        )
        if wordings and len(wordings) != points:
            self.wrong(
                N_("%(place)s: “import” has %(count)s wordings for %(points)s points."),
                place=place,
                count=len(wordings),
                points=points,
            )
        other = self.wordings(value.get("import_not_applicable", []), f"{place}, import")
        return {
            "points": points,
            "best": best,
            "low": self.texts(value.get("low"), f"{place}, low", required=True),
            "middle": self.texts(value.get("middle"), f"{place}, middle"),
            "high": self.texts(value.get("high"), f"{place}, high", required=True),
            "not_applicable": self.boolean(value.get("not_applicable"), f"{place}, not_applicable"),
            "wordings": wordings,
            "wordings_not_applicable": other,
        }

    def options(self, value: object, place: str) -> tuple[Option, ...]:
        options: list[Option] = []
        for number, each in enumerate(self.list(value, f"{place}, options"), start=1):
            each = self.mapping(each, f"{place}, option {number}", ("key", "texts", "import"))
            key = each.get("key")
            if not isinstance(key, str) or not KEY.fullmatch(key):
                self.wrong(
                    N_("%(place)s: option %(number)s needs a key in small Latin letters."),
                    place=place,
                    number=number,
                )
                key = f"wrong_{number}"
            if any(option.key == key for option in options):
                self.wrong(
                    N_("%(place)s: the option “%(key)s” is there twice."), place=place, key=key
                )
            texts = self.texts(each.get("texts"), f"{place}, {key}", required=True)
            options.append(Option(key, texts, self.wordings(each.get("import", []), place)))
        if not 2 <= len(options) <= MOST_OPTIONS:
            self.wrong(
                N_("%(place)s: a choice has 2 to %(most)s options, not %(count)s."),
                place=place,
                most=MOST_OPTIONS,
                count=len(options),
            )
        return tuple(options)

    def mapping(self, value: object, place: str, allowed: Sequence[str]) -> Mapping:
        if not isinstance(value, Mapping):
            self.wrong(N_("%(place)s: names with values are expected here."), place=place)
            return {}
        for name in value:
            if name not in allowed:
                self.wrong(
                    N_("%(place)s: “%(name)s” is not known. Known are: %(allowed)s."),
                    place=place,
                    name=_shown(name),
                    allowed=", ".join(allowed),
                )
        return value

    def list(self, value: object, place: str) -> Sequence:
        if value is None:
            return []
        if isinstance(value, list | tuple):
            if len(value) > MOST_QUESTIONS:
                self.wrong(
                    N_("%(place)s: a list has at most %(most)s entries."),
                    place=place,
                    most=MOST_QUESTIONS,
                )
            return value[:MOST_QUESTIONS]
        self.wrong(N_("%(place)s: a list is expected here."), place=place)
        return []

    def boolean(self, value: object, place: str) -> bool:
        if value is None or isinstance(value, bool):
            return bool(value)
        self.wrong(N_("%(place)s: say true or false."), place=place)
        return False

    def choice(self, value: object, choices: type[AnyChoice], place: str) -> AnyChoice | None:
        if isinstance(value, str) and value in list(choices):
            return choices(value)
        self.wrong(
            N_("%(place)s: “%(value)s” is not one of %(allowed)s."),
            place=place,
            value=_shown(value),
            allowed=", ".join(choices),
        )
        return None

    def texts(self, value: object, place: str, *, required: bool = False) -> Texts:
        if isinstance(value, str):
            value = {"en": value}
        if value is None or (isinstance(value, Mapping) and not value):
            if required:
                self.wrong(N_("%(place)s: the text is missing."), place=place)
            return {}
        value = self.mapping(value, place, LANGUAGES)
        texts = {}
        for language in LANGUAGES:
            text = value.get(language)
            if text is None:
                continue
            text = clean(str(text))
            if len(text) > LONGEST_TEXT:
                self.wrong(
                    N_("%(place)s: a text is longer than %(most)s characters."),
                    place=place,
                    most=LONGEST_TEXT,
                )
                text = text[:LONGEST_TEXT]
            if text:
                texts[language] = text
        if required and not texts:
            self.wrong(N_("%(place)s: the text is missing."), place=place)
        return texts

    def wordings(self, value: object, place: str) -> tuple[str, ...]:
        if isinstance(value, str | int) and not isinstance(value, bool):
            value = [value]
        return tuple(str(each) for each in self.list(value, place))


def plain(questionnaire: Questionnaire) -> dict:
    """The questionnaire as plain values, without loss; what is empty is left out."""
    return _without_empty(
        {
            "code": questionnaire.code,
            "about": questionnaire.about.value,
            "titles": dict(questionnaire.titles),
            "introductions": dict(questionnaire.introductions),
            "sections": [_plain_section(section) for section in questionnaire.sections],
        }
    )


def _plain_section(section: Section) -> dict:
    questions = [_plain_question(question) for question in section.questions]
    return _without_empty({"titles": dict(section.titles), "per_trainer": section.per_trainer}) | {
        "questions": questions
    }


def _plain_question(question: Question) -> dict:
    value = {
        "key": question.key,
        "kind": question.kind.value,
        "texts": dict(question.texts),
        "labels": dict(question.labels),
        "hints": dict(question.hints),
        "required": question.required,
        "points": question.points,
        "low": dict(question.low),
        "middle": dict(question.middle),
        "high": dict(question.high),
        "best": question.best.value if question.best is not Best.HIGH else "",
        "not_applicable": question.not_applicable,
        "options": [
            _without_empty(
                {"key": each.key, "texts": dict(each.texts), "import": list(each.wordings)}
            )
            for each in question.options
        ],
        "column": question.column,
        "import": [list(each) for each in question.wordings],
        "import_not_applicable": list(question.wordings_not_applicable),
    }
    return _without_empty(value)


def _without_empty(value: dict) -> dict:
    return {name: each for name, each in value.items() if each not in ("", False, 0, {}, [])}


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= 40 else text[:39] + "…"
