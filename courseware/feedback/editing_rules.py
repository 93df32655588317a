"""A questionnaire's form: its fields onto plain values, and the acts of its buttons."""

import copy
from collections.abc import Mapping
from typing import Any

from courseware.texts import LANGUAGES

QUESTION_TEXTS = ("texts", "labels", "hints", "low", "middle", "high")


def edited(definition: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
    """The definition with what the form says; what the form does not name stays.

    Nothing is judged here: `questionnaire_from` judges the outcome.
    """
    value: dict[str, Any] = copy.deepcopy(dict(definition))
    _set_texts(value, "titles", "titles", form)
    _set_texts(value, "introductions", "introductions", form)
    for at, section in enumerate(value.get("sections", [])):
        _set_texts(section, "titles", f"s{at}-titles", form)
        for place, question in enumerate(section.get("questions", [])):
            name = f"s{at}-q{place}"
            for kind in QUESTION_TEXTS:
                _set_texts(question, kind, f"{name}-{kind}", form)
            if f"{name}-there" in form:
                question["required"] = f"{name}-required" in form
                if question["kind"] == "scale":
                    question["not_applicable"] = f"{name}-na" in form
            for number, option in enumerate(question.get("options", [])):
                _set_texts(option, "texts", f"{name}-o{number}", form)
    act, _, target = form.get("act", "").partition(":")
    if act in _ACTS and target:
        _ACTS[act](value, target, form)
    return value


def _set_texts(value: dict[str, Any], key: str, name: str, form: Mapping[str, str]) -> None:
    given = {each: form[f"{name}-{each}"] for each in LANGUAGES if f"{name}-{each}" in form}
    if given:
        texts = {**value.get(key, {}), **{each: text.strip() for each, text in given.items()}}
        value[key] = {each: text for each, text in texts.items() if text}


def _questions(value: dict[str, Any], target: str) -> tuple[list[Any], int] | None:
    at, _, place = target.partition("-")
    sections = value.get("sections", [])
    if not at.isdigit() or int(at) >= len(sections):
        return None
    questions = sections[int(at)]["questions"]
    if not place.isdigit() or int(place) >= len(questions):
        return None
    return questions, int(place)


def _up(value: dict[str, Any], target: str, _form: Mapping[str, str]) -> None:
    if (found := _questions(value, target)) and found[1] > 0:
        questions, place = found
        questions[place - 1], questions[place] = questions[place], questions[place - 1]


def _down(value: dict[str, Any], target: str, _form: Mapping[str, str]) -> None:
    if (found := _questions(value, target)) and found[1] + 1 < len(found[0]):
        questions, place = found
        questions[place + 1], questions[place] = questions[place], questions[place + 1]


def _remove(value: dict[str, Any], target: str, _form: Mapping[str, str]) -> None:
    if found := _questions(value, target):
        del found[0][found[1]]


def _add(value: dict[str, Any], target: str, form: Mapping[str, str]) -> None:
    sections = value.get("sections", [])
    if not target.isdigit() or int(target) >= len(sections):
        return
    text = form.get(f"s{target}-new-text", "").strip()
    kind = form.get(f"s{target}-new-kind", "scale")
    used = {question["key"] for section in sections for question in section["questions"]}
    number = next(n for n in range(1, 1000) if f"question_{n}" not in used)
    question: dict[str, Any] = {"key": f"question_{number}", "kind": kind, "texts": {"en": text}}
    if kind == "scale":
        low, high = (form.get(f"s{target}-new-{end}", "").strip() for end in ("low", "high"))
        question |= {"points": 5, "low": {"en": low}, "high": {"en": high}}
    if kind in ("single", "multiple"):
        lines = form.get(f"s{target}-new-options", "").splitlines()
        question["options"] = [
            {"key": f"option_{place}", "texts": {"en": line.strip()}}
            for place, line in enumerate((each for each in lines if each.strip()), start=1)
        ]
    sections[int(target)]["questions"].append(question)


_ACTS = {"up": _up, "down": _down, "remove": _remove, "add": _add}
