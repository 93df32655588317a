"""What one row of a participants list means: new, known, doubtful or wrong, and why."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from courseware.accounts.rules import Gender, normal_email
from courseware.cohorts.word_rules import GENDER_WORDS
from courseware.messages import Message
from courseware.names import clean_name, name_key, name_problem, sound_key
from courseware.partners.rules import KIND_WORDS, OrganisationKind, organisation_key
from courseware.texts import LANGUAGE_WORDS, LANGUAGES, clean_line

_CYRILLIC = re.compile(r"[Ѐ-ӿ]")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")

AnyWord = TypeVar("AnyWord")

AddressCheck = Callable[[str], Message | None]
"""Says why a text is no e-mail address."""


class Verdict(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    KNOWN = "known"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"


@dataclass(frozen=True)
class ParticipantRow:
    """One row of a list as it was written."""

    number: int
    name: str = ""
    name_latin: str = ""
    name_native: str = ""
    email: str = ""
    organisation: str = ""
    organisation_kind: str = ""
    country: str = ""
    position: str = ""
    gender: str = ""
    language: str = ""


@dataclass(frozen=True)
class OrganisationRow:
    """An organisation as a row names it."""

    name: str
    key: str
    kind: OrganisationKind | None = None
    country: str = ""


@dataclass(frozen=True)
class ParticipantFacts:
    """One person as a row describes them, cleaned."""

    name_latin: str = ""
    name_native: str = ""
    email: str | None = None
    organisation: OrganisationRow | None = None
    position: str = ""
    gender: Gender | None = None
    language: str | None = None

    @property
    def name(self) -> str:
        """The name to show."""
        return self.name_latin or self.name_native or self.email or "?"

    @cached_property
    def name_keys(self) -> frozenset[str]:
        """What this person's names are compared by."""
        return _name_keys((self.name_latin, self.name_native))


@dataclass(frozen=True)
class KnownPerson:
    """Somebody who is known already.

    `is_within_reach` says whether the person importing may see who that is: somebody enrolled in
    the same programme. Of others only the e-mail address is compared, and no name is shown.
    """

    key: int
    email: str | None
    names: tuple[str, ...]
    is_within_reach: bool = True
    is_enrolled: bool = False
    is_withdrawn: bool = False
    name_native: str = ""
    gender: Gender | None = None
    language: str | None = None
    organisation_keys: frozenset[str] = frozenset()
    position: str = ""


@dataclass(frozen=True)
class Judged:
    """A row with its verdict: who it is about, the reasons, and what accepting it changes."""

    number: int
    verdict: Verdict
    facts: ParticipantFacts
    reasons: tuple[Message, ...] = ()
    known: KnownPerson | None = None
    enrols: bool = False
    changes: frozenset[str] = field(default_factory=frozenset)

    @property
    def changes_something(self) -> bool:
        """Whether accepting the row writes anything."""
        return self.verdict is not Verdict.WRONG and (self.enrols or bool(self.changes))


def _name_keys(names: Iterable[str]) -> frozenset[str]:
    keys = set()
    for name in names:
        if name:
            keys |= {name_key(name), f"~{sound_key(name)}"} - {"", "~"}
    return frozenset(keys)


def read_person(
    row: ParticipantRow, countries: Mapping[str, str], address_problem: AddressCheck
) -> tuple[ParticipantFacts, list[Message], list[Message]]:
    """The person a row describes, what is wrong with it, and what is doubtful.

    `countries` gives the two letters for a name or code in lower case.
    """
    wrong: list[Message] = []
    doubts: list[Message] = []
    latin, native = _names_of(row, doubts)
    for name in (latin, native):
        if problem := name_problem(name):
            wrong.append(problem)
    if not latin and not native and not wrong:
        wrong.append(Message("There is no name. Write it in Latin or in native script."))
    email = normal_email(clean_line(row.email))
    if email and (problem := address_problem(email)):
        wrong.append(problem)
    gender = _word(row.gender, GENDER_WORDS)
    if row.gender and gender is None:
        wrong.append(
            Message(
                "“%(value)s” is not known as a gender. Write female, male, other or "
                "prefer not to say, or leave it empty.",
                value=clean_line(row.gender)[:40],
            )
        )
    language = _word(row.language, LANGUAGE_WORDS)
    if row.language and language is None:
        wrong.append(
            Message(
                "“%(value)s” is not a language here. Write one of: %(known)s.",
                value=clean_line(row.language)[:40],
                known=", ".join(LANGUAGES),
            )
        )
    kind = _word(row.organisation_kind, KIND_WORDS)
    if row.organisation_kind and kind is None:
        wrong.append(
            Message(
                "“%(value)s” is not a kind of organisation. Write university, college, company, "
                "public body, association or other.",
                value=clean_line(row.organisation_kind)[:40],
            )
        )
    country = _word(row.country, countries) or ""
    if row.country and not country:
        wrong.append(
            Message(
                "“%(value)s” is not known as a country. Write its name or two letters, such as KZ.",
                value=clean_line(row.country)[:40],
            )
        )
    position = clean_line(row.position)
    organisation = clean_line(row.organisation)
    for text, what in (
        (position, Message("position")),
        (organisation, Message("name of the organisation")),
    ):
        if len(text) > 200:
            wrong.append(Message("The %(what)s has more than 200 characters.", what=what))
    facts = ParticipantFacts(
        name_latin=latin,
        name_native=native,
        email=email or None,
        organisation=_organisation_row(organisation, kind, country),
        position=position,
        gender=gender,
        language=language,
    )
    return facts, wrong, doubts


def _organisation_row(
    name: str, kind: OrganisationKind | None, country: str
) -> OrganisationRow | None:
    key = organisation_key(name)
    return OrganisationRow(name, key, kind, country) if key else None


def _word(text: str, words: Mapping[str, AnyWord]) -> AnyWord | None:
    return words.get(clean_line(text).casefold())


def _names_of(row: ParticipantRow, doubts: list[Message]) -> tuple[str, str]:
    """Latin and native name; a name in the wrong one of two columns finds its place."""
    name, latin, native = (clean_name(text) for text in (row.name, row.name_latin, row.name_native))
    if name and not latin and not _CYRILLIC.search(name):
        latin = name
    elif name and not native:
        native = name
    if latin and _CYRILLIC.search(latin):
        if not native and not _LATIN.search(latin):
            latin, native = "", latin
        else:
            doubts.append(
                Message("The Latin name “%(name)s” has Cyrillic letters in it.", name=latin[:60])
            )
    return latin, native


def judge(
    rows: Sequence[ParticipantRow],
    known: Sequence[KnownPerson],
    countries: Mapping[str, str],
    address_problem: AddressCheck,
) -> list[Judged]:
    """One verdict for each row, given who is known already. Nobody is looked up elsewhere."""
    by_email = {person.email: person for person in known if person.email}
    by_name: dict[str, list[KnownPerson]] = {}
    for person in known:
        if person.is_within_reach:
            for key in _name_keys(person.names):
                by_name.setdefault(key, []).append(person)
    emails: dict[str, int] = {}
    names: dict[str, tuple[int, str | None]] = {}
    organisations: dict[str, tuple[int, OrganisationRow]] = {}
    judged = []
    for row in rows:
        facts, wrong, doubts = read_person(row, countries, address_problem)
        if facts.email in emails:
            wrong.append(
                Message(
                    "“%(email)s” is the address of row %(row)s already.",
                    email=facts.email,
                    row=emails[facts.email],
                )
            )
        elif facts.email:
            emails[facts.email] = row.number
        twin = next((names[key] for key in sorted(facts.name_keys) if key in names), None)
        if twin and not wrong:
            if facts.email is None or twin[1] is None:
                wrong.append(
                    Message(
                        "The same name stands in row %(row)s. "
                        "Write both e-mail addresses, so that the two can be told apart.",
                        row=twin[0],
                    )
                )
            else:
                doubts.append(
                    Message(
                        "Row %(row)s has the same or nearly the same name with another address.",
                        row=twin[0],
                    )
                )
        for key in facts.name_keys:
            names.setdefault(key, (row.number, facts.email))
        doubts += _organisation_doubts(facts.organisation, row.number, organisations)
        judged.append(_judge_one(row.number, facts, wrong, doubts, by_email, by_name))
    return _once_each(judged)


def _organisation_doubts(
    organisation: OrganisationRow | None,
    number: int,
    seen: dict[str, tuple[int, OrganisationRow]],
) -> list[Message]:
    """Doubts where two rows say different things of one organisation."""
    if organisation is None:
        return []
    first, other = seen.setdefault(organisation.key, (number, organisation))
    if (organisation.kind and other.kind and organisation.kind != other.kind) or (
        organisation.country and other.country and organisation.country != other.country
    ):
        return [
            Message(
                "Row %(row)s gives another kind or country for “%(name)s”; that row is followed.",
                row=first,
                name=organisation.name[:60],
            )
        ]
    merged = replace(
        other,
        kind=other.kind or organisation.kind,
        country=other.country or organisation.country,
    )
    seen[organisation.key] = (first, merged)
    return []


def _judge_one(
    number: int,
    facts: ParticipantFacts,
    wrong: list[Message],
    doubts: list[Message],
    by_email: Mapping[str, KnownPerson],
    by_name: Mapping[str, list[KnownPerson]],
) -> Judged:
    person = by_email.get(facts.email) if facts.email else None
    alike = list(
        {
            other.key: other
            for key in sorted(facts.name_keys)
            for other in by_name.get(key, ())
            if other is not person
        }.values()
    )
    if person is None:
        # Somebody enrolled without an address is recognised by name, and gets one from the file.
        without_address = [other for other in alike if other.email is None and other.is_enrolled]
        if len(without_address) == 1:
            person = without_address[0]
            alike = [other for other in alike if other is not person]
    if wrong:
        return Judged(number, Verdict.WRONG, facts, tuple(wrong))
    if person is None:
        for other in alike[:3]:
            doubts.append(
                Message(
                    "The name is like that of %(name)s (%(email)s), who is known with another "
                    "address.",
                    name=other.names[0] if other.names else "?",
                    email=other.email or "–",
                )
            )
        verdict = Verdict.DOUBTFUL if doubts else Verdict.NEW
        return Judged(number, verdict, facts, tuple(doubts), enrols=True)
    if not _name_keys(person.names) & facts.name_keys and person.names:
        doubts.append(
            Message(
                "The address belongs to %(name)s; the file has another name. "
                "The name stays as it is known.",
                name=person.names[0],
            )
            if person.is_within_reach
            else Message(
                "The address belongs to somebody with another name. The name stays as it is known."
            )
        )
    if person.is_withdrawn:
        doubts.append(Message("This person was withdrawn; accepting the file enrols them again."))
    return Judged(
        number,
        Verdict.DOUBTFUL if doubts else Verdict.KNOWN,
        facts,
        tuple(doubts),
        known=person,
        enrols=not person.is_enrolled or person.is_withdrawn,
        changes=_changes(facts, person),
    )


def _changes(facts: ParticipantFacts, person: KnownPerson) -> frozenset[str]:
    """What the row adds or changes; what a person said of themselves is only ever added to."""
    changes = set()
    if person.is_enrolled:
        if facts.organisation and facts.organisation.key not in person.organisation_keys:
            changes.add("organisation")
        if facts.position and facts.position != person.position:
            changes.add("position")
    for name in ("email", "name_native", "gender", "language"):
        if getattr(facts, name) and not getattr(person, name):
            changes.add(name)
    return frozenset(changes)


def _once_each(judged: list[Judged]) -> list[Judged]:
    """Two rows that turn out to be one known person: the later one is wrong."""
    seen: dict[int, int] = {}
    result = []
    for row in judged:
        if row.known and row.verdict is not Verdict.WRONG:
            first = seen.setdefault(row.known.key, row.number)
            if first != row.number:
                row = Judged(
                    row.number,
                    Verdict.WRONG,
                    row.facts,
                    (Message("Row %(row)s is about the same person.", row=first),),
                )
        result.append(row)
    return result


def counts(judged: Iterable[Judged]) -> dict[Verdict, int]:
    """How many rows have each verdict, in their order."""
    found = Counter(row.verdict for row in judged)
    return {verdict: found[verdict] for verdict in Verdict}
