"""The keys of a programme's plain values, read one by one, each error with its place."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from courseware.hours import Minutes, minutes_from_hours
from courseware.messages import Message
from courseware.programmes.rules import CODE, MOST_MINUTES, Problem
from courseware.texts import LANGUAGES, Texts, clean_line, clean_text, filled


class Fields:
    """The keys of one mapping, read one by one; what is left over is not known."""

    def __init__(self, data: Any, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.asked: list[str] = []
        if not isinstance(data, Mapping):
            self.wrong("", Message("Here keys with values are needed, such as “code: …”."))
            data = {}
        self.data = data

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def wrong(self, key: str, message: Message) -> None:
        self.problems.append(Problem(self.at(key), message))

    def value(self, key: str) -> Any:
        self.asked.append(key)
        return self.data.get(key)

    def line(self, key: str, *, most: int, required: bool = False) -> str:
        value = self.value(key)
        if value is None:
            if required:
                self.wrong(key, Message("This is missing."))
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.wrong(key, Message("Here a text is needed."))
            return ""
        text = clean_line(str(value))
        if required and not text:
            self.wrong(key, Message("This is missing."))
        if len(text) > most:
            self.wrong(key, Message("At most %(most)s characters fit here.", most=most))
        return text

    def code(self, key: str) -> str:
        text = self.line(key, most=60, required=True)
        if text and not CODE.fullmatch(text):
            self.wrong(
                key,
                Message(
                    "“%(value)s” is not a code. Use Latin letters, digits, “-”, “.” and “_”, "
                    "beginning with a letter or digit.",
                    value=text[:60],
                ),
            )
        return text

    def texts(self, key: str, *, most: int, required: bool = False, lines: bool = False) -> Texts:
        return read_texts(
            self.value(key),
            self.at(key),
            self.problems,
            most=most,
            required=required,
            lines=lines,
        )

    def flag(self, key: str, default: bool) -> bool:
        value = self.value(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(key, Message("Write true or false."))
            return default
        return value

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        value = self.value(key)
        if value is None:
            return default
        if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.wrong(
                key, Message("Write a whole number from %(low)s to %(high)s.", low=low, high=high)
            )
            return default
        return value

    def tenths(self, key: str, default: int, low: int, high: int) -> int:
        """A number with at most one place, such as 3.5, in tenths; low and high in tenths too."""
        value = self.value(key)
        if value is None:
            return default
        text = "" if isinstance(value, bool) else str(value).strip().replace(",", ".")
        whole, _point, place = text.partition(".")
        parts = (whole, place or "0")
        if all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
            found = int(whole) * 10 + int(parts[1][0])
            if not parts[1][1:].strip("0") and low <= found <= high:
                return found
        self.wrong(
            key,
            Message(
                "Write a number from %(low)s to %(high)s with at most one decimal place.",
                low=low / 10,
                high=high / 10,
            ),
        )
        return default

    def minutes(self, key: str, hour: Minutes) -> Minutes:
        value = self.value(key)
        if value is None or value == "":
            self.wrong(key, Message("This is missing."))
            return 0
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self.wrong(key, Message("Here a number of academic hours is needed."))
            return 0
        minutes = minutes_from_hours(value, hour)
        if isinstance(minutes, Message):
            self.wrong(key, minutes)
            return 0
        if not 0 < minutes <= MOST_MINUTES:
            self.wrong(key, Message("The hours must be more than 0 and at most 10,000."))
        return minutes

    def choice(self, key: str, kinds: Any, default: Any = None) -> Any:
        value = self.value(key)
        if value is None and default is not None:
            return default
        known = [str(kind) for kind in kinds]
        if not isinstance(value, str) or value not in known:
            self.wrong(key, Message("Write one of: %(known)s.", known=", ".join(known)))
            return default or next(iter(kinds))
        return kinds(value)

    def items(self, key: str, most: int) -> list[tuple[Any, str]]:
        value = self.value(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(key, Message("Here a list is needed, each item beginning with “- ”."))
            return []
        if len(value) > most:
            self.wrong(key, Message("At most %(most)s are possible.", most=most))
        return [(item, f"{self.at(key)}[{n}]") for n, item in enumerate(value[:most], start=1)]

    def done(self) -> None:
        for key in self.data:
            if key in self.asked:
                continue
            near = get_close_matches(str(key), self.asked, n=1, cutoff=0.7)
            self.wrong(
                str(key)[:40],
                Message("This is not known. Did you mean “%(near)s”?", near=near[0])
                if near
                else Message("This is not known. Known are: %(all)s.", all=", ".join(self.asked)),
            )


def read_texts(
    value: Any,
    path: str,
    problems: list[Problem],
    *,
    most: int,
    required: bool,
    lines: bool = False,
) -> Texts:
    def wrong(where: str, message: Message) -> None:
        problems.append(Problem(where, message))

    if isinstance(value, str):
        value = {"en": value}
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        wrong(path, Message("Here texts by language are needed, such as {en: …, ru: …}."))
        return {}
    texts: Texts = {}
    for language, text in value.items():
        if language not in LANGUAGES:
            wrong(
                f"{path}.{str(language)[:20]}",
                Message(
                    "“%(value)s” is not a language here; known are %(known)s.",
                    value=str(language)[:20],
                    known=", ".join(LANGUAGES),
                ),
            )
        elif text is None:
            continue
        elif isinstance(text, bool) or not isinstance(text, str | int | float):
            wrong(f"{path}.{language}", Message("Here a text is needed."))
        else:
            texts[language] = clean_text(str(text)) if lines else clean_line(str(text))
            if len(texts[language]) > most:
                wrong(
                    f"{path}.{language}",
                    Message("At most %(most)s characters fit here.", most=most),
                )
    texts = filled(texts)
    if required and not texts and not any(problem.path.startswith(path) for problem in problems):
        wrong(path, Message("A text in at least one language is needed."))
    return texts
