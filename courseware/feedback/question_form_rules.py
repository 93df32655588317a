"""The form of one question: its fields onto plain values, and the buttons beside its lines."""

import copy
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from courseware.feedback.rules import (
    CONDITION_KINDS,
    Kind,
    Question,
    Questionnaire,
    Section,
)
from courseware.feedback.wording_rules import TEXTS_OF_A_QUESTION
from courseware.texts import LANGUAGES

Plain = dict[str, Any]
Form = Mapping[str, Sequence[str]]

MOST_NEW_LINES = 100

LINES_OF = {
    Kind.SINGLE: "options",
    Kind.MULTIPLE: "options",
    Kind.RANKING: "options",
    Kind.MATRIX: "rows",
}
"""Which lines a question of each kind has."""


def new_question(kind: Kind) -> Plain:
    """A question of this kind as the form begins with it."""
    question: Plain = {"key": "", "kind": kind.value, "texts": {}}
    if kind in (Kind.SCALE, Kind.MATRIX):
        question["points"] = 5
    if kind in LINES_OF:
        question[LINES_OF[kind]] = []
    return question


def question_from_form(question: Plain, form: Form, *, taken: Sequence[str] = ()) -> Plain:
    """The question with what the form says; what the form does not name stays.

    `taken` are the keys of the other questions. Nothing is judged here: `questionnaire_from`
    judges the outcome.
    """
    value = copy.deepcopy(question)
    kind = Kind(value["kind"])
    for name in TEXTS_OF_A_QUESTION:
        _set_texts(value, name, name, form)
    for group in ("options", "rows"):
        for number, line in enumerate(value.get(group, [])):
            _set_texts(line, "texts", f"line{number}", form)
    if "there" not in form:
        return value
    value["required"] = "required" in form
    if kind in (Kind.SCALE, Kind.MATRIX):
        value["points"] = _number(_one(form, "points"))
        value["not_applicable"] = "not_applicable" in form
        value["best"] = _one(form, "best") or "high"
        if len(value.get("import", [])) != value["points"]:
            value.pop("import", None)
    if kind is Kind.NUMBER:
        for end in ("least", "most"):
            if text := _one(form, end).strip():
                value[end] = _number(text)
            else:
                value.pop(end, None)
    if kind is Kind.INFORMATION:
        value["required"] = False
    _set_condition(value, form)
    if kind in LINES_OF:
        _set_lines(value, LINES_OF[kind], form)
    if not value["key"]:
        value["key"] = key_for(value, taken)
    return value


def key_for(question: Plain, taken: Sequence[str]) -> str:
    """A readable key from the short form or the question itself, in Latin letters."""
    texts = question.get("labels") or question.get("texts") or {}
    return _key(texts.get("en", ""), taken, "question")


def conditions_for(questionnaire: Questionnaire, key: str, section: int) -> list[Question]:
    """The questions on whose answer it can depend whether the one with this key is shown.

    A new question (no key) stands at the end of its section.
    """
    found: list[Question] = []
    for at, each in enumerate(questionnaire.sections):
        for question in each.questions:
            if question.key == key:
                return [one for one in found if _may_see(questionnaire, one.key, each)]
            if question.kind in CONDITION_KINDS:
                found.append(question)
        if not key and at == section:
            return [one for one in found if _may_see(questionnaire, one.key, each)]
    return []


def _may_see(questionnaire: Questionnaire, key: str, section: Section) -> bool:
    return not questionnaire.is_per_trainer(key) or any(
        each.key == key for each in section.questions
    )


def _set_texts(value: Plain, key: str, name: str, form: Form) -> None:
    given = {each: _one(form, f"{name}-{each}") for each in LANGUAGES if f"{name}-{each}" in form}
    if given:
        texts = {**value.get(key, {}), **{each: text.strip() for each, text in given.items()}}
        value[key] = {each: text for each, text in texts.items() if text}


def _set_condition(value: Plain, form: Form) -> None:
    """Values come as "question:value"; of two questions the first is not enough to be sure."""
    chosen = [each.partition(":") for each in form.get("shown_if", ()) if ":" in each]
    value.pop("shown_if", None)
    if chosen:
        questions = list(dict.fromkeys(question for question, _, _ in chosen))
        value["shown_if"] = {
            "question": " + ".join(questions),
            "values": [answer for _, _, answer in chosen],
        }


def _set_lines(value: Plain, group: str, form: Form) -> None:
    lines: list[Plain] = value.setdefault(group, [])
    act, _, target = _one(form, "act").partition(":")
    at = int(target) if target.isdecimal() and len(target) < 4 else -1
    if 0 <= at < len(lines):
        if act == "remove":
            del lines[at]
        elif act == "up" and at:
            lines.insert(at - 1, lines.pop(at))
        elif act == "down":
            lines.insert(at + 1, lines.pop(at))
    if act == "outcomes":
        value["rows_from"] = "outcomes"
        lines.clear()
    elif lines or _one(form, "more").strip():
        for text in _one(form, "more").splitlines()[:MOST_NEW_LINES]:
            if text := text.strip():
                language = _one(form, "more_language")
                language = language if language in LANGUAGES else "en"
                key = _key(text, [line["key"] for line in lines], "line")
                lines.append({"key": key, "texts": {language: text}})


def _key(text: str, taken: Sequence[str], word: str) -> str:
    folded = unicodedata.normalize("NFKD", text).lower()
    words = re.findall(r"[a-z0-9]+", folded)
    key = ""
    for each in words[:6]:
        longer = f"{key}_{each}" if key else each
        if len(longer) > 24:
            break
        key = longer
    if not key or not key[0].isalpha():
        key = f"{word}_1"
    if key not in taken:
        return key
    stem = re.sub(r"_\d+$", "", key)
    return next(f"{stem}_{n}" for n in range(2, 1000) if f"{stem}_{n}" not in taken)


def _one(form: Form, name: str) -> str:
    return next(iter(form.get(name, ())), "")


def _number(text: str) -> int | str:
    """The number that is written, else the text itself, so that it can be refused by name."""
    plain = text.strip()
    return int(plain) if re.fullmatch(r"-?[0-9]{1,10}", plain) else plain
