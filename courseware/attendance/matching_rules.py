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
        for known in self._people:
            for name in known.names:
                self._by_name.setdefault(shown_name_key(name), set()).add(known.id)
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
        if email and (found := self._by_email.get(email.lower())) is not None:
            return Match(MatchedBy.EMAIL, found)
        for key in (email.lower(), name_key(name)):
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
            return _unknown(candidates, reason)
        used_by = self._elsewhere.get(name_key(name), frozenset[int]())
        if len(used_by) == 1:
            return Match(MatchedBy.ELSEWHERE, next(iter(used_by)))
        if used_by:
            return _unknown(used_by, Message(N_("used this name in another cohort")))
        return Match(
            MatchedBy.UNKNOWN, suggestions=self._resembling(name, email) if suggest else ()
        )

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


def _unknown(people: Iterable[int], reason: Message) -> Match:
    found = tuple(Suggestion(each, reason, 1.0) for each in sorted(people))
    return Match(MatchedBy.UNKNOWN, suggestions=found)


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
            Message(N_("a part of the name is the same")),
            max(alike, 0.95 if whole else 0.8),
        )
    if alike >= LEAST_RESEMBLANCE:
        return Suggestion(person, Message(N_("is spelt almost like this")), alike)
    return None
