"""Who a name in a report is: by address, exact name, alias, or a resemblance with its reason."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from courseware.messages import N_, Message

MOST_SUGGESTIONS = 3
LEAST_RESEMBLANCE = 0.72

_BRACKETED = re.compile(r"[(\[（][^)\]）]*[)\]）]?")
_IN_BRACKETS = re.compile(r"[(\[（]([^)\]）]+)[)\]）]?")
_NOT_LETTERS = re.compile(r"[^\w'’ʼ-]+", re.UNICODE)
_APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "`": "'", "ʻ": "'", "‘": "'"})

_LATIN = {
    "а": "a", "ә": "a", "б": "b", "в": "v", "г": "g", "ғ": "g", "д": "d", "е": "e", "ё": "e",
    "ж": "zh", "з": "z", "и": "i", "ӣ": "i", "й": "y", "к": "k", "қ": "k", "л": "l", "м": "m",
    "н": "n", "ң": "n", "о": "o", "ө": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u",
    "ӯ": "u", "ұ": "u", "ү": "u", "ф": "f", "х": "kh", "ҳ": "h", "һ": "h", "ц": "ts", "ч": "ch",
    "ҷ": "j", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "і": "i", "ь": "", "э": "e", "ю": "yu",
    "я": "ya",
}  # fmt: skip
# Spellings that differ between passports of the region and mean the same sound.
_SAME_SOUND = (
    ("iya", "ia"), ("yya", "ia"), ("iy", "i"), ("yy", "i"), ("yu", "u"), ("ya", "a"), ("ye", "e"),
    ("yo", "o"), ("kh", "h"), ("dzh", "j"), ("zh", "j"), ("gh", "g"), ("q", "k"), ("w", "v"),
    ("x", "h"), ("y", "i"), ("ii", "i"), ("'", ""), ("-", ""),
)  # fmt: skip


class MatchedBy(StrEnum):
    """How a name in a report was joined to a participant."""

    EMAIL = "email"
    NAME = "name"
    ALIAS = "alias"
    CHOICE = "choice"
    TRAINER = "trainer"
    LEFT_OUT = "left_out"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Known:
    """Somebody who may be meant: a participant, by any key, with their address and names."""

    id: int
    email: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """Somebody who may be meant, and why we think so."""

    id: int
    reason: Message
    resemblance: float


@dataclass(frozen=True)
class Match:
    """Who a name is, or whom it may be. `id` is None until a person has chosen."""

    by: MatchedBy
    id: int | None = None
    suggestions: tuple[Suggestion, ...] = ()


def name_key(name: str) -> str:
    """The same for the same name however it is typed: case, order, spaces, bracketed additions.

    "De Compostela, Santiago (EXT)" and "santiago  de compostela" have one key.
    """
    return " ".join(sorted(_words(_BRACKETED.sub(" ", name)))) or " ".join(sorted(_words(name)))


def spellings(name: str) -> tuple[str, ...]:
    """The keys under which a displayed name may be known: itself, and the one in brackets.

    Zoom writes "Display name (Original name)".
    """
    keys = [name_key(name), *(name_key(part) for part in _IN_BRACKETS.findall(name))]
    return tuple(dict.fromkeys(key for key in keys if key))


def sound_key(name: str) -> str:
    """A rough Latin form, the same for a name in Cyrillic and in most of its Latin spellings."""
    words = _words(_BRACKETED.sub(" ", name))
    return " ".join(sorted(_sound(word.removesuffix("'s")) for word in words))


def _words(text: str) -> list[str]:
    # Stress marks (Russian dictionaries write them) are not letters; й and ё stay letters.
    text = unicodedata.normalize("NFC", text).replace("\u0301", "")
    text = text.translate(_APOSTROPHES).casefold()
    return [word.strip("'-_") for word in _NOT_LETTERS.split(text) if word.strip("'-_")]


def _sound(word: str) -> str:
    latin = "".join(_LATIN.get(letter, letter) for letter in word)
    latin = unicodedata.normalize("NFKD", latin)
    latin = "".join(letter for letter in latin if not unicodedata.combining(letter))
    for spelling, sound in _SAME_SOUND:
        latin = latin.replace(spelling, sound)
    return latin


class Directory:
    """The people of a cohort, ready to be found by what a report says of them."""

    def __init__(
        self,
        people: Iterable[Known],
        *,
        aliases: Mapping[str, int | None] | None = None,
        trainers: Iterable[Known] = (),
    ) -> None:
        self._people = list(people)
        self._aliases = dict(aliases or {})
        self._by_email = {known.email.lower(): known.id for known in self._people if known.email}
        self._by_name: dict[str, set[int]] = {}
        for known in self._people:
            for name in known.names:
                self._by_name.setdefault(name_key(name), set()).add(known.id)
        self._trainer_emails: set[str] = set()
        self._trainer_names: set[str] = set()
        for trainer in trainers:
            self._trainer_emails.add(trainer.email.lower())
            self._trainer_names.update(name_key(name) for name in trainer.names)
        self._sounds = [
            (known.id, name, sound_key(name)) for known in self._people for name in known.names
        ]

    def match(self, name: str, email: str = "") -> Match:
        """Who this is. Never guesses: a resemblance is only suggested."""
        if email and (found := self._by_email.get(email.lower())) is not None:
            return Match(MatchedBy.EMAIL, found)
        for key in (email.lower(), *spellings(name)):
            if key and key in self._aliases:
                remembered = self._aliases[key]
                # An alias of nobody: a device in the room, a guest; it was said once.
                by = MatchedBy.LEFT_OUT if remembered is None else MatchedBy.ALIAS
                return Match(by, remembered)
        candidates = set[int]().union(*(self._by_name.get(key, set()) for key in spellings(name)))
        if len(candidates) == 1:
            return Match(MatchedBy.NAME, candidates.pop())
        if self._is_trainer(name, email):
            return Match(MatchedBy.TRAINER)
        if candidates:
            reason = Message(N_("several participants have exactly this name"))
            found_all = tuple(Suggestion(each, reason, 1.0) for each in sorted(candidates))
            return Match(MatchedBy.UNKNOWN, suggestions=found_all)
        return Match(MatchedBy.UNKNOWN, suggestions=self._resembling(name, email))

    def _is_trainer(self, name: str, email: str) -> bool:
        return (bool(email) and email.lower() in self._trainer_emails) or any(
            key in self._trainer_names for key in spellings(name)
        )

    def _resembling(self, name: str, email: str) -> tuple[Suggestion, ...]:
        best: dict[int, Suggestion] = {}
        parts = [name, *_IN_BRACKETS.findall(name)]
        if email:
            parts.append(email.split("@")[0].replace(".", " ").replace("_", " "))
        for part in parts:
            sound = sound_key(part)
            if not sound:
                continue
            for person, known_name, known_sound in self._sounds:
                suggestion = _resemblance(person, known_name, sound, known_sound)
                if suggestion and (
                    person not in best or best[person].resemblance < suggestion.resemblance
                ):
                    best[person] = suggestion
        ordered = sorted(best.values(), key=lambda each: (-each.resemblance, each.id))
        return tuple(ordered[:MOST_SUGGESTIONS])


def _resemblance(person: int, known_name: str, sound: str, known_sound: str) -> Suggestion | None:
    if sound == known_sound:
        return Suggestion(person, Message(N_("sounds the same in the other script")), 0.99)
    words, known_words = set(sound.split()), set(known_sound.split())
    shared = [word for word in words & known_words if len(word) > 2]
    if shared and len(words & known_words) == min(len(words), len(known_words)):
        return Suggestion(person, Message(N_("a part of the name is the same")), 0.95)
    ratio = _alike(sound.split(), known_sound.split())
    if shared:
        ratio = max(ratio, 0.8)
        return Suggestion(person, Message(N_("a part of the name is the same")), ratio)
    if ratio >= LEAST_RESEMBLANCE:
        return Suggestion(person, Message(N_("is spelt almost like this")), ratio)
    return None


def _alike(words: Sequence[str], known_words: Sequence[str]) -> float:
    """How much two names resemble each other as a whole, from 0 to 1."""
    matcher = SequenceMatcher(None, " ".join(words), " ".join(known_words), autojunk=False)
    # The two quick ratios are upper bounds: most pairs end here, cheaply.
    if matcher.real_quick_ratio() < LEAST_RESEMBLANCE or matcher.quick_ratio() < LEAST_RESEMBLANCE:
        return 0.0
    return matcher.ratio()
