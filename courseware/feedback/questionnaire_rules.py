"""Questionnaires from plain values, as a YAML file gives them, and back without loss."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from courseware.feedback.condition_rules import condition_problems
from courseware.feedback.plain_value_rules import KEY, PlainReader, shown
from courseware.feedback.rules import (
    LARGEST_NUMBER,
    LEAST_POINTS,
    MOST_OPTIONS,
    MOST_POINTS,
    MOST_QUESTIONS,
    MOST_ROWS,
    About,
    Best,
    Kind,
    Option,
    Question,
    Questionnaire,
    Section,
    ShownIf,
    WrongQuestionnaire,
)
from courseware.feedback.wording_rules import missing_texts
from courseware.messages import N_

CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")

_QUESTION_NAMES = (
    *("key", "kind", "texts", "labels", "hints", "required", "points", "low", "middle", "high"),
    *("best", "not_applicable", "options", "rows", "rows_from", "least", "most", "unit"),
    *("shown_if", "column", "import", "import_not_applicable"),
)
ROWS_FROM = ("outcomes",)
"""What a matrix can take its rows from when a programme takes the questionnaire."""


def missing_languages(questionnaire: Questionnaire) -> dict[str, int]:
    """How many texts each language still lacks; a language without gaps is not named."""
    return missing_texts(plain(questionnaire))


def questionnaire_from(value: object) -> Questionnaire:
    """Build a questionnaire from plain values, as a YAML file gives them.

    Raises WrongQuestionnaire with every fault that was found.
    """
    reader = _Reader()
    questionnaire = reader.questionnaire(value)
    if reader.problems:
        raise WrongQuestionnaire(reader.problems)
    return questionnaire


class _Reader(PlainReader):
    """Reads a questionnaire and collects what is wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: set[str] = set()

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
                code=shown(code),
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
        if not any(
            each.kind is not Kind.INFORMATION for part in sections for each in part.questions
        ):
            self.wrong(N_("The questionnaire asks nothing. Add at least one question."))
        if count > MOST_QUESTIONS:
            self.wrong(
                N_("The questionnaire has %(count)s questions; at most %(most)s are possible."),
                count=count,
                most=MOST_QUESTIONS,
            )
        questionnaire = Questionnaire(code, about, titles, sections, introductions)
        self.problems += condition_problems(questionnaire)
        return questionnaire

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
                key=shown(key),
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
        plain["shown_if"] = self.shown_if(value.get("shown_if"), f"{place}, shown_if")
        if kind in (Kind.SCALE, Kind.MATRIX):
            plain |= self.scale(value, place)
        if kind in (Kind.SINGLE, Kind.MULTIPLE, Kind.RANKING):
            plain["options"] = self.options(value.get("options"), f"{place}, options")
        if kind is Kind.MATRIX:
            plain |= self.rows(value, place)
        if kind is Kind.NUMBER:
            plain |= self.limits(value, place)
        return Question(**plain)

    def shown_if(self, value: object, place: str) -> ShownIf | None:
        if value is None:
            return None
        value = self.mapping(value, place, ("question", "values"))
        values = value.get("values")
        if isinstance(values, str | int) and not isinstance(values, bool):
            values = [values]
        return ShownIf(
            str(value.get("question") or ""),
            tuple(str(each) for each in self.list(values, f"{place}, values")),
        )

    def rows(self, value: Mapping, place: str) -> dict[str, Any]:
        source = value.get("rows_from") or ""
        if source and source not in ROWS_FROM:
            self.wrong(
                N_("%(place)s: “%(value)s” is not one of %(allowed)s."),
                place=f"{place}, rows_from",
                value=shown(source),
                allowed=", ".join(ROWS_FROM),
            )
        fewest = 0 if source else 1
        rows = self.options(value.get("rows"), f"{place}, rows", fewest=fewest, most=MOST_ROWS)
        return {"rows": rows, "rows_from": str(source)}

    def limits(self, value: Mapping, place: str) -> dict[str, Any]:
        ends = {"least": -LARGEST_NUMBER, "most": LARGEST_NUMBER}
        least = self.number(value.get("least"), f"{place}, least", **ends, default=0)
        most = self.number(value.get("most"), f"{place}, most", **ends, default=LARGEST_NUMBER)
        if least >= most:
            self.wrong(N_("%(place)s: the smallest number must be under the largest."), place=place)
            least, most = 0, LARGEST_NUMBER
        unit = self.texts(value.get("unit"), f"{place}, unit")
        return {"least": least, "most": most, "unit": unit}

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
                points=shown(points),
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

    def options(
        self, value: object, place: str, *, fewest: int = 2, most: int = MOST_OPTIONS
    ) -> tuple[Option, ...]:
        options: list[Option] = []
        for number, each in enumerate(self.list(value, place), start=1):
            each = self.mapping(each, f"{place}, {number}", ("key", "texts", "import"))
            key = each.get("key")
            if not isinstance(key, str) or not KEY.fullmatch(key):
                self.wrong(
                    N_("%(place)s: entry %(number)s needs a key in small Latin letters."),
                    place=place,
                    number=number,
                )
                key = f"wrong_{number}"
            if any(option.key == key for option in options):
                self.wrong(N_("%(place)s: “%(key)s” is there twice."), place=place, key=key)
            texts = self.texts(each.get("texts"), f"{place}, {key}", required=True)
            options.append(Option(key, texts, self.wordings(each.get("import", []), place)))
        if not fewest <= len(options) <= most:
            self.wrong(
                N_("%(place)s: there must be %(fewest)s to %(most)s entries, not %(count)s."),
                place=place,
                fewest=fewest,
                most=most,
                count=len(options),
            )
        return tuple(options)


def with_rows(
    questionnaire: Questionnaire, rows: Mapping[str, tuple[Option, ...]]
) -> Questionnaire:
    """The questionnaire whose matrices without rows have those of their source ("outcomes")."""
    sections = tuple(
        replace(
            section,
            questions=tuple(
                replace(each, rows=rows[each.rows_from])
                if each.rows_from and not each.rows
                else each
                for each in section.questions
            ),
        )
        for section in questionnaire.sections
    )
    return replace(questionnaire, sections=sections)


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
        "options": _plain_options(question.options),
        "rows": _plain_options(question.rows),
        "rows_from": question.rows_from,
        "least": question.least,
        "most": question.most if question.most != LARGEST_NUMBER else 0,
        "unit": dict(question.unit),
        "shown_if": _plain_condition(question.shown_if),
        "column": question.column,
        "import": [list(each) for each in question.wordings],
        "import_not_applicable": list(question.wordings_not_applicable),
    }
    return _without_empty(value)


def _plain_options(options: tuple[Option, ...]) -> list[dict]:
    return [
        _without_empty({"key": each.key, "texts": dict(each.texts), "import": list(each.wordings)})
        for each in options
    ]


def _plain_condition(shown_if: ShownIf | None) -> dict:
    if shown_if is None:
        return {}
    return {"question": shown_if.question, "values": list(shown_if.values)}


def _without_empty(value: dict) -> dict:
    return {name: each for name, each in value.items() if each not in ("", False, 0, {}, [])}
