"""What can be printed: clean text, letters the fonts have, names that fit.

Whatever cannot be printed is said in a sentence before anything is printed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from .designs import Design, Room
from .facts import CertificateFacts, Texts

LONGEST_NAME = 200
POINTS_PER_MM = 72 / 25.4
# WeasyPrint and HarfBuzz agree to far less than this; it keeps a name off the very edge.
SPARE = 0.995


def N_(sentence: str) -> str:
    """Mark a sentence for translation by whoever shows it."""
    return sentence


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a certificate cannot be printed: a sentence and what it speaks of."""

    sentence: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.sentence % self.values


class CannotPrint(Exception):
    """This certificate cannot be printed; `problems` says why, in sentences."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Fitted:
    """A name as it is set: its lines and their size in points."""

    lines: tuple[str, ...]
    size: float


@lru_cache(4096)
def clean(text: str) -> str:
    """The text as it is printed: NFC, no invisible format characters, single plain spaces.

    Letter case is never touched. NUL and halves of surrogate pairs are left
    for `problems_of_name` to refuse: nothing is quietly dropped that was meant
    to be seen.
    """
    shown = (c for c in text if unicodedata.category(c) != "Cf")
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in shown)
    return unicodedata.normalize("NFC", " ".join(filter(None, spaced.split(" "))))


def problems_of(facts: CertificateFacts, design: Design) -> list[Problem]:
    """Every reason why these facts cannot be printed in this design; none is good."""
    return problems_of_people(facts, design) or problems_of_texts(facts, design)


def problems_of_people(facts: CertificateFacts, design: Design) -> list[Problem]:
    """What speaks against printing the name, and what else is this person's own."""
    if not facts.recipient.names:
        return [Problem(N_("The certificate has no name. Enter the participant's name."))]
    problems = []
    for name in facts.recipient.names:
        problems += problems_of_name(name, design)
    if problems:
        return problems
    for room, name in names_in_order(facts, design):
        if fit(name, room, design) is None:
            problems.append(Problem(N_("“%(name)s” is too wide to be printed."), {"name": name}))
    if missing := missing_letters(facts.number, design):
        problems.append(_lacking(facts.number, missing))
    return problems


def problems_of_texts(facts: CertificateFacts, design: Design) -> list[Problem]:
    """What speaks against printing the texts that a whole cohort shares."""
    problems = []
    for text in printed_texts(facts):
        if missing := missing_letters(clean(text), design):
            problems.append(_lacking(text, missing))
    return problems


def _lacking(text: str, missing: tuple[str, ...]) -> Problem:
    return Problem(
        N_("“%(text)s” has letters that the fonts of the design lack: %(letters)s."),
        {"text": text, "letters": _spelled(missing)},
    )


def problems_of_name(name: str, design: Design) -> list[Problem]:
    """What speaks against printing this name, before its width is looked at."""
    if len(name) > LONGEST_NAME:
        return [
            Problem(
                N_("The name has %(length)s characters; at most %(most)s can be printed."),
                {"length": len(name), "most": LONGEST_NAME},
            )
        ]
    if any(unicodedata.category(c) in ("Cc", "Cs", "Cn", "Co", "Zl", "Zp") for c in name):
        return [Problem(N_("The name contains a character that is not text. Type the name again."))]
    shown = clean(name)
    if not any(unicodedata.category(c)[0] == "L" for c in shown):
        return [
            Problem(
                N_("“%(name)s” has no letters. Enter the name as it is to be printed."),
                {"name": shown},
            )
        ]
    if missing := missing_letters(shown, design):
        return [
            Problem(
                N_(
                    "“%(name)s” cannot be printed: the fonts have no %(letters)s. "
                    "Enter the name in Latin or Cyrillic letters."
                ),
                {"name": shown, "letters": _spelled(missing)},
            )
        ]
    if _heaped_marks(shown):
        return [
            Problem(
                N_("“%(name)s” heaps marks upon one letter. Type the name again."),
                {"name": shown[:40]},
            )
        ]
    return []


@lru_cache(4096)
def missing_letters(text: str, design: Design) -> tuple[str, ...]:
    """The characters of `text` that one of the design's fonts lacks, each once, in order."""
    return tuple(c for c in dict.fromkeys(text) if ord(c) not in design.alphabet)


@lru_cache(4096)
def fit(name: str, room: Room, design: Design) -> Fitted | None:
    """The name at the largest size that its room allows, on one line or two; None if too wide."""
    face = design.faces[room.font]
    points = room.width_mm * POINTS_PER_MM * SPARE
    name = clean(name)
    size = min(room.largest, points / max(face.width(name), 0.01))
    if size >= room.least_on_one_line:
        return Fitted((name,), _rounded(size))
    words = name.split(" ")
    halves = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words))]
    if halves and room.least < room.least_on_one_line:
        lines = min(halves, key=lambda two: max(face.width(line) for line in two))
        widest = max(face.width(line) for line in lines)
        size = min(room.least_on_one_line, points / widest)
        if size >= room.least:
            return Fitted(lines, _rounded(size))
    if size >= room.least:
        return Fitted((name,), _rounded(size))
    return None


def names_in_order(facts: CertificateFacts, design: Design) -> list[tuple[Room, str]]:
    """The recipient's names with their rooms: first the one in the script of the first language."""
    names = facts.recipient.names
    if facts.languages[0] != "en" and len(names) == 2:
        names = names[::-1]
    return list(zip((design.first_name, design.second_name), names, strict=False))


def printed_texts(facts: CertificateFacts) -> Iterator[str]:
    """Every free text that will stand on the paper, apart from the name."""
    several: list[Texts] = [facts.programme, facts.cohort, *facts.texts.values()]
    for partner in facts.partners:
        several += [partner.names, partner.city]
        yield partner.letters
    for signatory in facts.signatories:
        several += [signatory.names, signatory.offices, signatory.organisation]
    for module in facts.modules:
        several += [module.titles, *module.outcomes]
    for texts in several:
        for language in facts.languages:
            yield in_language(texts, language)


def in_language(texts: Texts, language: str) -> str:
    """The text in that language, else in English, else in any; empty when there is none."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


def _heaped_marks(text: str) -> bool:
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) == "Mn" else 0
        if marks > 2:
            return True
    return False


def _spelled(characters: tuple[str, ...]) -> str:
    shown = [f"{c} (U+{ord(c):04X})" for c in characters[:5]]
    return ", ".join(shown) + (" …" if len(characters) > 5 else "")


def _rounded(size: float) -> float:
    return int(size * 20) / 20
