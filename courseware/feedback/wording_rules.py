"""The wordings of a questionnaire: every text by its place, what is missing, what was put right."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from courseware.feedback.rules import Texts, clean
from courseware.messages import N_
from courseware.texts import LANGUAGES

Plain = dict[str, Any]

_WORDS = {
    "titles": N_("Title"),
    "introductions": N_("Introduction"),
    "texts": N_("Question"),
    "labels": N_("Short form, for charts"),
    "hints": N_("Hint"),
    "low": N_("Low end"),
    "middle": N_("Middle"),
    "high": N_("High end"),
    "unit": N_("Unit"),
    "options": N_("Choice"),
    "rows": N_("Row"),
}
TEXTS_OF_A_QUESTION = ("texts", "labels", "hints", "low", "middle", "high", "unit")


@dataclass(frozen=True)
class Wording:
    """One text: its place in the questionnaire, what kind of text it is, and what it belongs to."""

    place: str
    word: str
    belongs_to: Texts
    texts: Texts

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(language for language in LANGUAGES if not self.texts.get(language))


@dataclass(frozen=True)
class Correction:
    """One wording before and after, in one language."""

    place: str
    language: str
    before: str
    after: str


def list_wordings(definition: Mapping[str, Any]) -> list[Wording]:
    """Every text of a questionnaire (as plain values) that says something, in order."""
    return [
        Wording(place, _WORDS[kind], belongs_to, dict(holder.get(name, {})))
        for place, kind, belongs_to, holder, name in _places(definition)
        if holder.get(name)
    ]


def missing_texts(definition: Mapping[str, Any]) -> dict[str, int]:
    """How many texts each language still lacks; a language without gaps is not named."""
    wordings = list_wordings(definition)
    gaps = {
        language: sum(1 for each in wordings if language in each.missing) for language in LANGUAGES
    }
    return {language: count for language, count in gaps.items() if count}


def reworded(definition: Mapping[str, Any], texts: Mapping[tuple[str, str], str]) -> Plain:
    """The definition with other texts, by place and language; an empty text is taken away."""
    value = copy.deepcopy(dict(definition))
    for place, _, _, holder, name in list(_places(value)):
        given = {
            language: clean(texts[place, language])
            for language in LANGUAGES
            if (place, language) in texts
        }
        if given:
            after = {**holder.get(name, {}), **given}
            holder[name] = {key: text for key, text in after.items() if text}
            if not holder[name]:
                del holder[name]
    return value


def corrections_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Correction]:
    """What was worded differently in two definitions of the same meaning."""
    earlier = {place: holder.get(name, {}) for place, _, _, holder, name in _places(before)}
    found = []
    for place, _, _, holder, name in _places(after):
        for language in LANGUAGES:
            said, says = earlier[place].get(language, ""), holder.get(name, {}).get(language, "")
            if said != says:
                found.append(Correction(place, language, said, says))
    return found


def meaning_of(definition: Mapping[str, Any]) -> Plain:
    """The definition without its texts: what answers depend on."""
    value = copy.deepcopy(dict(definition))
    for _, _, _, holder, name in list(_places(value)):
        holder.pop(name, None)
    return value


def _places(
    definition: Mapping[str, Any],
) -> Iterator[tuple[str, str, Texts, dict[str, Any], str]]:
    """Where texts can stand: place, kind, the title of what they belong to, holder and name."""
    root: Any = definition
    yield "titles", "titles", {}, root, "titles"
    yield "introductions", "introductions", {}, root, "introductions"
    for number, section in enumerate(root.get("sections", []), start=1):
        yield f"section {number}", "titles", {}, section, "titles"
        for question in section.get("questions", []):
            title = dict(question.get("labels") or question.get("texts") or {})
            key = question["key"]
            for name in TEXTS_OF_A_QUESTION:
                yield f"{key}.{name}", name, title, question, name
            for group in ("options", "rows"):
                for each in question.get(group, []):
                    yield f"{key}.{group}.{each['key']}", group, title, each, "texts"
