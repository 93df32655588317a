"""Who a name in a report is: by address, exact name, alias, or a resemblance with its reason."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from courseware.messages import N_, Message
from courseware.names import name_key, resemblance, sound_key

MOST_SUGGESTIONS = 3
LEAST_RESEMBLANCE = 0.72

_BRACKETED = re.compile(r"[(\[（][^)\]）]*[)\]）]?")
_IN_BRACKETS = re.compile(r"[(\[（]([^)\]）]+)[)\]）]?")
_PART_IS_THE_SAME = N_("a part of the name is the same")
_OWNER = re.compile(r"['’‘ʼ]s\b")


class MatchedBy(StrEnum):
    """How a name in a report was joined to a participant."""

    EMAIL = "email"
    NAME = "name"
    ALIAS = "alias"
    ELSEWHERE = "elsewhere"
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
    is_torn: bool = False
    """Whether more than one person is known by exactly this."""


def shown_name_key(name: str) -> str:
    """The same for one name however a meeting shows it: case, order, bracketed additions.

    "De Compostela, Santiago (EXT)" and "santiago  de compostela" have one key.
    """
    return name_key(_BRACKETED.sub(" ", name)) or name_key(name)


def spellings(name: str) -> tuple[str, ...]:
    """The keys under which a displayed name may be known: itself, and the one in brackets.

    Zoom writes "Display name (Original name)".
    """
    keys = [shown_name_key(name), *(name_key(part) for part in _IN_BRACKETS.findall(name))]
    return tuple(dict.fromkeys(key for key in keys if key))


_DEVICES = frozenset(
    {
        "my", "iphone", "ipad", "android", "galaxy", "samsung", "redmi", "xiaomi", "poco", "huawei",
        "honor", "oppo", "vivo", "realme", "tecno", "phone", "tablet", "laptop", "desktop", "pc",
        "pro", "max", "plus", "mini", "note", "ultra", "air", "lite", "tab", "zoom", "user",
        "guest", "participant", "admin", "телефон", "планшет", "ноутбук", "пользователь", "гость",
        "участник", "админ",
    }
)  # fmt: skip
_MODEL = re.compile(r"[a-z]?\d+[a-z]?")


def is_nobodys_name(name: str) -> bool:
    """Whether a name is that of a device or of anybody: next time it may be somebody else's."""
    words = name_key(name).split()
    return bool(words) and all(word in _DEVICES or _MODEL.fullmatch(word) for word in words)


class Directory:
    """The people of a cohort, ready to be found by what a report says of them."""

    def __init__(
        self,
        people: Iterable[Known],
        *,
        aliases: Mapping[str, int | None] | None = None,
        elsewhere: Mapping[str, frozenset[int]] | None = None,
        trainers: Iterable[Known] = (),
    ) -> None:
        self._people = list(people)
        self._aliases = dict(aliases or {})
        self._elsewhere = dict(elsewhere or {})
        self._by_email = {known.email.lower(): known.id for known in self._people if known.email}
        self._by_name: dict[str, set[int]] = {}
        self._by_word: dict[str, set[int]] = {}
        for known in self._people:
            for name in known.names:
                key = shown_name_key(name)
                self._by_name.setdefault(key, set()).add(known.id)
                for word in key.split():
                    self._by_word.setdefault(word, set()).add(known.id)
        self._trainer_emails: set[str] = set()
        self._trainer_names: set[str] = set()
        for trainer in trainers:
            self._trainer_emails.add(trainer.email.lower())
            self._trainer_names.update(shown_name_key(name) for name in trainer.names)
        self._sounds = [
            (known.id, name, frozenset(sounds.split()), pairs_in(sounds))
            for known in self._people
            for name in known.names
            if (sounds := sound_key(name))
        ]

    def match(self, name: str, email: str = "", *, suggest: bool = True) -> Match:
        """Who this is. Never guesses: a resemblance is only suggested, where that is wanted."""
        addressed = self._by_email.get(email.lower()) if email else None
        named = set[int]().union(*(self._by_name.get(key, set()) for key in spellings(name)))
        if addressed is not None and (not named or addressed in named):
            return Match(MatchedBy.EMAIL, addressed)
        for key in (email.lower(), name_key(name)):
            if key and key in self._aliases:
                remembered = self._aliases[key]
                # An alias of nobody: a device in the room, a guest; it was said once.
                by = MatchedBy.LEFT_OUT if remembered is None else MatchedBy.ALIAS
                return Match(by, remembered)
        if addressed is not None:
            return _unknown(
                _suggested([addressed], N_("has this e-mail address")),
                _suggested(named, N_("has exactly this name")),
            )
        if email and email.lower() in self._trainer_emails:
            return Match(MatchedBy.TRAINER)
        is_trainer = any(key in self._trainer_names for key in spellings(name))
        if named:
            return self._named(name, named, is_trainer=is_trainer)
        if is_trainer:
            return Match(MatchedBy.TRAINER)
        used_by = self._elsewhere.get(name_key(name), frozenset[int]())
        if len(used_by) == 1:
            return Match(MatchedBy.ELSEWHERE, next(iter(used_by)))
        if used_by:
            return _unknown(_suggested(used_by, N_("used this name in another cohort")))
        return Match(
            MatchedBy.UNKNOWN, suggestions=self._resembling(name, email) if suggest else ()
        )

    def _named(self, name: str, named: set[int], *, is_trainer: bool) -> Match:
        """Whoever has exactly this name, if nobody else can be meant by it."""
        if len(named) > 1:
            return _unknown(_suggested(named, N_("several participants have exactly this name")))
        if is_trainer:
            return _unknown(_suggested(named, N_("a trainer has exactly this name too")))
        word = shown_name_key(name)
        others = self._by_word.get(word, set()) - named
        if others:
            return _unknown(
                _suggested(named, N_("has exactly this name")),
                _suggested(sorted(others)[:MOST_SUGGESTIONS], _PART_IS_THE_SAME),
            )
        return Match(MatchedBy.NAME, next(iter(named)))

    def _resembling(self, name: str, email: str) -> tuple[Suggestion, ...]:
        best: dict[int, Suggestion] = {}
        parts = [name, *_IN_BRACKETS.findall(name)]
        if email:
            parts.append(email.split("@")[0].replace(".", " ").replace("_", " "))
        for part in parts:
            shown = _OWNER.sub("", _BRACKETED.sub(" ", part) or part)
            heard = sound_key(shown)
            sounds, pairs = frozenset(heard.split()), pairs_in(heard)
            if not sounds:
                continue
            for person, known_name, known_sounds, known_pairs in self._sounds:
                if not may_resemble(pairs, known_pairs) and not sounds & known_sounds:
                    continue
                found = _suggestion(person, shown, sounds, known_name, known_sounds)
                if found and (person not in best or best[person].resemblance < found.resemblance):
                    best[person] = found
        ordered = sorted(best.values(), key=lambda each: (-each.resemblance, each.id))
        return tuple(ordered[:MOST_SUGGESTIONS])


def pairs_in(sounds: str) -> frozenset[str]:
    """The pairs of letters that stand beside each other in the words of a name."""
    return frozenset(
        word[at : at + 2] for word in sounds.split() for at in range(max(1, len(word) - 1))
    )


def may_resemble(pairs: frozenset[str], others: frozenset[str]) -> bool:
    """Whether comparing two names letter by letter is worth its time.

    A thousand names against five hundred participants are half a million comparisons.
    """
    return 3 * len(pairs & others) >= min(len(pairs), len(others))


def _suggested(people: Iterable[int], reason: str) -> tuple[Suggestion, ...]:
    return tuple(Suggestion(each, Message(reason), 1.0) for each in sorted(people))


def _unknown(*suggestions: tuple[Suggestion, ...]) -> Match:
    found = tuple(one for each in suggestions for one in each)
    return Match(MatchedBy.UNKNOWN, suggestions=found, is_torn=True)


def _suggestion(
    person: int,
    shown: str,
    sounds: frozenset[str],
    known_name: str,
    known_sounds: frozenset[str],
) -> Suggestion | None:
    if sounds == known_sounds:
        return Suggestion(person, Message(N_("sounds the same")), 1.0)
    shared = {word for word in sounds & known_sounds if len(word) > 2}
    alike = resemblance(shown, known_name)
    if shared:
        whole = len(sounds & known_sounds) == min(len(sounds), len(known_sounds))
        return Suggestion(
            person,
            Message(_PART_IS_THE_SAME),
            max(alike, 0.95 if whole else 0.8),
        )
    if alike >= LEAST_RESEMBLANCE:
        return Suggestion(person, Message(N_("is spelt almost like this")), alike)
    return None
