"""Plain values, as a YAML file gives them, read with a sentence for each that is wrong."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from courseware.feedback.rules import LONGEST_TEXT, MOST_QUESTIONS, Texts, clean
from courseware.messages import N_, Message
from courseware.texts import LANGUAGES

AnyChoice = TypeVar("AnyChoice", bound=StrEnum)

KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")


class PlainReader:
    """Reads plain values and collects what is wrong with them, so that all is told at once."""

    def __init__(self) -> None:
        self.problems: list[Message] = []

    def wrong(self, template: str, **values: object) -> None:
        self.problems.append(Message(template, **values))

    def number(self, value: object, place: str, *, least: int, most: int, default: int) -> int:
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.wrong(
            N_(
                "%(place)s: a whole number from %(least)s to %(most)s is expected, not “%(value)s”."
            ),
            place=place,
            least=least,
            most=most,
            value=shown(value),
        )
        return default

    def mapping(self, value: object, place: str, allowed: Sequence[str]) -> Mapping:
        if not isinstance(value, Mapping):
            self.wrong(N_("%(place)s: names with values are expected here."), place=place)
            return {}
        for name in value:
            if name not in allowed:
                self.wrong(
                    N_("%(place)s: “%(name)s” is not known. Known are: %(allowed)s."),
                    place=place,
                    name=shown(name),
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
            value=shown(value),
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


def shown(value: object) -> str:
    """A value as a sentence names it: not too long."""
    text = "" if value is None else str(value)
    return text if len(text) <= 40 else text[:39] + "…"
