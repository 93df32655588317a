"""The outline of a questionnaire: its acts upon sections and the order of questions."""

import copy
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from courseware.texts import LANGUAGES

Plain = dict[str, Any]


def stamp_of(definition: Mapping[str, Any]) -> str:
    """A short mark of a definition, by which a page knows that nobody changed it meanwhile."""
    written = json.dumps(definition, sort_keys=True, ensure_ascii=False).encode()
    return hashlib.sha256(written).hexdigest()[:16]


def edited(definition: Mapping[str, Any], form: Mapping[str, str]) -> Plain:
    """The definition after one act of the outline's form; an act that is not known changes nothing.

    Nothing is judged here: `questionnaire_from` judges the outcome.
    """
    value: Plain = copy.deepcopy(dict(definition))
    act, _, target = form.get("act", "").partition(":")
    if act in _ACTS:
        _ACTS[act](value, target, form)
    return value


def with_question(definition: Mapping[str, Any], question: Plain, section: int) -> Plain:
    """The definition with a question: in place of the one with its key, else at a section's end."""
    value: Plain = copy.deepcopy(dict(definition))
    for each in value["sections"]:
        for place, old in enumerate(each["questions"]):
            if old["key"] == question["key"]:
                each["questions"][place] = question
                return value
    if 0 <= section < len(value["sections"]):
        value["sections"][section]["questions"].append(question)
    return value


def without_question(definition: Mapping[str, Any], key: str) -> Plain:
    """The definition without one question."""
    value: Plain = copy.deepcopy(dict(definition))
    for section in value["sections"]:
        section["questions"] = [each for each in section["questions"] if each["key"] != key]
    return value


def _titles(value: Plain, _target: str, form: Mapping[str, str]) -> None:
    for name in ("titles", "introductions"):
        _set_texts(value, name, name, form)


def _section(value: Plain, target: str, form: Mapping[str, str]) -> None:
    if (at := _at(value, target)) is not None:
        section = value["sections"][at]
        _set_texts(section, "titles", "section", form)
        section["per_trainer"] = "per_trainer" in form


def _add_section(value: Plain, _target: str, form: Mapping[str, str]) -> None:
    section: Plain = {"titles": {}, "questions": []}
    _set_texts(section, "titles", "section", form)
    value["sections"].append(section)


def _remove_section(value: Plain, target: str, _form: Mapping[str, str]) -> None:
    """Only an empty one: a question goes by its own button, or moves elsewhere first."""
    at = _at(value, target)
    if at is not None and not value["sections"][at]["questions"]:
        del value["sections"][at]


def _section_up(value: Plain, target: str, _form: Mapping[str, str]) -> None:
    at = _at(value, target)
    if at:
        value["sections"].insert(at - 1, value["sections"].pop(at))


def _section_down(value: Plain, target: str, _form: Mapping[str, str]) -> None:
    at = _at(value, target)
    if at is not None:
        value["sections"].insert(at + 1, value["sections"].pop(at))


def _up(value: Plain, key: str, _form: Mapping[str, str]) -> None:
    """One place up; from the top of a section to the end of the one before."""
    at, place = _place(value, key)
    if place > 0:
        _move(value, at, place, at, place - 1)
    elif at > 0:
        _move(value, at, place, at - 1, len(value["sections"][at - 1]["questions"]))


def _down(value: Plain, key: str, _form: Mapping[str, str]) -> None:
    """One place down; from the end of a section to the top of the next."""
    at, place = _place(value, key)
    if at < 0:
        return
    if place + 1 < len(value["sections"][at]["questions"]):
        _move(value, at, place, at, place + 1)
    elif at + 1 < len(value["sections"]):
        _move(value, at, place, at + 1, 0)


def _order(value: Plain, target: str, _form: Mapping[str, str]) -> None:
    """The whole order: keys by comma, sections by bar. It must name every question once."""
    wanted = [[key for key in part.split(",") if key] for part in target.split("|")]
    by_key = {each["key"]: each for section in value["sections"] for each in section["questions"]}
    named = sorted(key for keys in wanted for key in keys)
    if len(wanted) == len(value["sections"]) and named == sorted(by_key):
        for section, keys in zip(value["sections"], wanted, strict=True):
            section["questions"] = [by_key[key] for key in keys]


def _move(value: Plain, at: int, place: int, to: int, to_place: int) -> None:
    sections = value["sections"]
    sections[to]["questions"].insert(to_place, sections[at]["questions"].pop(place))


def _place(value: Plain, key: str) -> tuple[int, int]:
    for at, section in enumerate(value["sections"]):
        for place, each in enumerate(section["questions"]):
            if each["key"] == key:
                return at, place
    return -1, -1


def _at(value: Plain, target: str) -> int | None:
    is_there = target.isdecimal() and len(target) < 4 and int(target) < len(value["sections"])
    return int(target) if is_there else None


def _set_texts(value: Plain, key: str, name: str, form: Mapping[str, str]) -> None:
    given = {each: form[f"{name}-{each}"] for each in LANGUAGES if f"{name}-{each}" in form}
    if given:
        texts = {**value.get(key, {}), **{each: text.strip() for each, text in given.items()}}
        value[key] = {each: text for each, text in texts.items() if text}


_ACTS = {
    "titles": _titles,
    "section": _section,
    "add_section": _add_section,
    "remove_section": _remove_section,
    "section_up": _section_up,
    "section_down": _section_down,
    "up": _up,
    "down": _down,
    "order": _order,
}
