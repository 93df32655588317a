"""Doubts about printed names: letters typed as others, capitals, and two that may be one person.

Nothing here changes a name; a doubt is a sentence, and a person decides. Only what cannot be a
name at all stops: letters that were lost when a file was read.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

from courseware.messages import Message
from courseware.names import name_key, sound_key

# What stands for a letter where a keyboard or a font did not have it. Fonts of the 1990s showed
# the Tajik letters in the places of Serbian, Macedonian, Ukrainian and Belarusian ones.
_TAJIK = {
    "Ѓ": "Ғ", "ѓ": "ғ", "Ї": "Ӣ", "ї": "ӣ", "Ќ": "Қ", "ќ": "қ", "Ў": "Ӯ", "ў": "ӯ",
    "Њ": "Ҳ", "њ": "ҳ", "Љ": "Ҷ", "љ": "ҷ",
}  # fmt: skip
_ALIKE = {
    "Ӄ": "Қ", "ӄ": "қ", "Ҝ": "Қ", "ҝ": "қ", "Ҡ": "Қ", "ҡ": "қ", "Ӈ": "Ң", "ӈ": "ң", "Ӊ": "Ң",
    "ӊ": "ң", "Ҥ": "Ң", "ҥ": "ң", "Ҕ": "Ғ", "ҕ": "ғ", "Ӷ": "Ғ", "ӷ": "ғ", "Ӽ": "Ҳ", "ӽ": "ҳ",
    "Ҹ": "Ҷ", "ҹ": "ҷ", "Ӌ": "Ҷ", "ӌ": "ҷ", "Ӱ": "Ӯ", "ӱ": "ӯ", "Ӥ": "Ӣ", "ӥ": "ӣ", "Ѳ": "Ө",
    "ѳ": "ө", "Ӏ": "І", "ӏ": "і", "ћ": "һ", "ђ": "һ", "Ѵ": "Ү", "ѵ": "ү",
}  # fmt: skip
# Letters of other scripts, digits and signs that are taken for a Cyrillic letter beside others.
_FOREIGN = {
    "A": "А", "a": "а", "B": "В", "C": "С", "c": "с", "E": "Е", "e": "е", "H": "Н", "h": "һ",
    "I": "І", "i": "і", "K": "К", "k": "к", "M": "М", "O": "О", "o": "о", "P": "Р", "p": "р",
    "T": "Т", "X": "Х", "x": "х", "Y": "Ү", "y": "у", "ə": "ә", "Ə": "Ә", "ɵ": "ө", "Ɵ": "Ө",
    "θ": "ө", "Θ": "Ө", "ν": "ү", "ı": "і", "l": "І", "0": "О", "1": "І", "3": "З", "6": "б",
    "9": "ө", "¥": "Ұ", "|": "І",
}  # fmt: skip
_WORD = re.compile(r"[^\s\-–—.,’'‘ʼʻ`´′]+")
_LOST = re.compile("[?\ufffd□]")
# UTF-8 read as Windows-1252 or Windows-1251: the first byte of a Cyrillic letter shows as these.
_MISREAD = re.compile(
    r"(?:[ÐÑÒÓ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ ]?){3,}"
    r"|(?:[РС][Ђ-џ‚„…†‡€‰‹‘’“”•–—™›°±µ¶·№»]){2,}"
)

MOST_TWINS = 3

Person = TypeVar("Person", bound=Hashable)


@dataclass(frozen=True, slots=True)
class PrintedNames:
    """One person's names as they are to be printed, and the address they are known by."""

    latin: str
    native: str
    email: str = ""

    @property
    def each(self) -> tuple[str, ...]:
        """The names that are given, each once."""
        return tuple(dict.fromkeys(name for name in (self.latin, self.native) if name))


def lost_letters(names: PrintedNames) -> tuple[Message, ...]:
    """What stops: a name in which letters were lost, so that nobody could want it printed."""
    found = []
    for name in names.each:
        if _LOST.search(name):
            found.append(
                Message(
                    "“%(name)s”: a letter was lost where “?” or a box stands. Type the name again.",
                    name=name,
                )
            )
        elif _MISREAD.search(name):
            found.append(
                Message(
                    "“%(name)s” was read in the wrong encoding. Type the name again.", name=name
                )
            )
    return tuple(found)


def doubts_of(names: PrintedNames) -> tuple[Message, ...]:
    """What a coordinator looks at again and may let pass."""
    found: list[Message] = []
    for name in names.each:
        found += _doubtful_letters(name)
        if digits := sorted({c for c in name if unicodedata.category(c) == "Nd"}):
            found.append(
                Message("“%(name)s” has digits: %(digits)s.", name=name, digits=", ".join(digits))
            )
        found += _doubtful_case(name)
    if names.latin and not _scripts(names.latin) - {"CYRILLIC"}:
        found.append(
            Message("“%(name)s” stands as the Latin name in Cyrillic letters.", name=names.latin)
        )
    return tuple(dict.fromkeys(found))


def _scripts(text: str) -> set[str]:
    """The scripts of the letters of `text`: LATIN, CYRILLIC, GREEK …"""
    return {unicodedata.name(c, "?").partition(" ")[0] for c in text if c.isalpha()}


def _doubtful_letters(name: str) -> list[Message]:
    found = []
    for word in _WORD.findall(name):
        scripts = _scripts(word)
        if "CYRILLIC" not in scripts:
            continue
        if len(scripts) > 1:
            strangers = [c for c in word if c.isalpha() and _scripts(c) != {"CYRILLIC"}]
            if 2 * len(strangers) > len([c for c in word if c.isalpha()]):
                cyrillic = [c for c in word if _scripts(c) == {"CYRILLIC"}]
                found.append(
                    Message(
                        "“%(word)s”: Cyrillic letters among Latin ones: %(letters)s.",
                        word=word,
                        letters=_spelled(cyrillic, {}),
                    )
                )
            else:
                found.append(
                    Message(
                        "“%(word)s”: letters of another alphabet among Cyrillic ones: %(letters)s.",
                        word=word,
                        letters=_spelled(strangers, _FOREIGN),
                    )
                )
        typed = [c for c in word if c in _TAJIK or c in _ALIKE]
        if typed:
            found.append(
                Message(
                    "“%(word)s” has letters that are often typed for Kazakh or Tajik ones: "
                    "%(letters)s.",
                    word=word,
                    letters=_spelled(typed, {**_ALIKE, **_TAJIK}),
                )
            )
        signs = [c for c in word if not c.isalpha() and c in _FOREIGN]
        if signs:
            found.append(
                Message(
                    "“%(word)s”: signs that look like letters: %(letters)s.",
                    word=word,
                    letters=_spelled(signs, _FOREIGN),
                )
            )
    return found


def _spelled(letters: Iterable[str], meant: Mapping[str, str]) -> str:
    """The letters with their code points, since they look alike, and what is usually meant."""
    shown = []
    for letter in dict.fromkeys(letters):
        text = f"{letter} (U+{ord(letter):04X})"
        if letter in meant:
            text += f" → {meant[letter]} (U+{ord(meant[letter]):04X})"
        shown.append(text)
    return ", ".join(shown[:6])


def _doubtful_case(name: str) -> list[Message]:
    # Only Latin, Cyrillic and Greek words begin with a capital.
    letters = "".join(c for c in name if _scripts(c) <= {"LATIN", "CYRILLIC", "GREEK"})
    if sum(c.isalpha() for c in letters) < 4:
        return []
    if letters.isupper():
        return [
            Message(
                "“%(name)s” is all in capitals. It is printed so: the case of a name is never "
                "changed here.",
                name=name,
            )
        ]
    if letters.islower():
        return [
            Message(
                "“%(name)s” has no capital letter. It is printed so: the case of a name is never "
                "changed here.",
                name=name,
            )
        ]
    return []


def possible_twins(
    people: Sequence[tuple[Person, PrintedNames]],
) -> dict[Person, tuple[tuple[Person, Message], ...]]:
    """Who may be entered twice: for each person, the others with the same or nearly the same name.

    Nearly the same: another spelling or script of it, or one name with and one without the
    patronymic. Counted by shared words, so that 500 people take no longer than a moment; of many
    for one person the first three are named.
    """
    same: dict[str, list[int]] = defaultdict(list)
    near: dict[frozenset[str], list[int]] = defaultdict(list)
    words: list[list[frozenset[str]]] = []
    for at, (_person, names) in enumerate(people):
        mine = []
        for name in names.each:
            same[name_key(name)].append(at)
            sounds = frozenset(sound_key(name).split()[:8])
            mine.append(sounds)
            for pair in combinations(sorted(sounds), 2):
                near[frozenset(pair)].append(at)
        words.append(mine)
    kinds: dict[tuple[int, int], bool] = {}
    for key, at_once in same.items():
        if key:
            for one, other in combinations(sorted(set(at_once)), 2):
                kinds[one, other] = True
    for at_once in near.values():
        for one, other in combinations(sorted(set(at_once)), 2):
            if (one, other) not in kinds and any(
                len(a) > 1 and len(b) > 1 and (a <= b or b <= a)
                for a in words[one]
                for b in words[other]
            ):
                kinds[one, other] = False
    twins: dict[Person, list[tuple[Person, Message]]] = defaultdict(list)
    for (one, other), is_same in sorted(kinds.items()):
        for me, them in ((one, other), (other, one)):
            if len(twins[people[me][0]]) < MOST_TWINS:
                twins[people[me][0]].append((people[them][0], _twin(people[them][1], is_same)))
    return {person: tuple(found) for person, found in twins.items()}


def _twin(other: PrintedNames, is_same: bool) -> Message:
    values = {"name": " · ".join(other.each), "email": other.email or "–"}
    if is_same:
        return Message(
            "%(name)s (%(email)s) has the same name: perhaps one person, entered twice.", **values
        )
    return Message(
        "%(name)s (%(email)s) has nearly the same name: perhaps one person, entered twice.",
        **values,
    )
