"""What is printed on a certificate, and nothing that is not.

A text in several languages is a mapping from language code to text. Hours are
minutes; how many of them make an academic hour is a fact of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that travels inside the PDF, such as the badge as JSON."""

    name: str
    data: bytes
    mime: str
    description: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """The person: one name or both, exactly as they are to be printed."""

    latin: str = ""
    native: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that are given, each once."""
        return tuple(dict.fromkeys(name for name in (self.latin, self.native) if name))


@dataclass(frozen=True, slots=True)
class Partner:
    """An organisation that stands on the paper, with its logo or its plain letter-mark."""

    names: Texts
    letters: str
    colour: str
    country: str  # two letters, ISO 3166
    city: Texts
    logo: str = ""  # SHA-256 of a picture; without one the letters stand in its place


@dataclass(frozen=True, slots=True)
class Signatory:
    """Whose name stands under a signature line, in which office, for whom."""

    names: Texts
    offices: Texts
    organisation: Texts
    signature: str = ""  # SHA-256 of a picture that stands upon the line


@dataclass(frozen=True, slots=True)
class ModuleRow:
    """One line of the transcript; `credited` is None where it is not to be shown."""

    titles: Texts
    minutes: int
    credited: int | None = None
    outcomes: tuple[Texts, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """Everything that one certificate says.

    What has a default came later: facts frozen before it existed are read as if it said nothing.
    """

    number: str
    issued_on: date
    verification_url: str
    languages: tuple[str, ...]
    recipient: Recipient
    programme: Texts
    minutes: int
    academic_hour_minutes: int
    delivered_from: date
    delivered_to: date
    cohort: Texts
    partners: tuple[Partner, ...]
    signatories: tuple[Signatory, ...]
    modules: tuple[ModuleRow, ...]
    credited: int | None = None
    kind: str = "certificate"  # or "statement": of attendance, with the hours really credited
    design: str = "academic"
    accent: str = ""  # "#1d3a6b"; the design's own where it is empty
    texts: Mapping[str, Texts] = field(default_factory=dict)  # what is worded anew, by its key
    duplicate: int = 0  # 1, 2, …: which duplicate of a lost paper this is
    supersedes: str = ""  # the number of the certificate that this one corrects
    participation: str = ""  # "on_site", "online" or "blended"
    assessment: str = ""  # "attendance", "assignment" or "exam"
    offline: str = ""  # a signed payload that verifies without the network, behind # in the code

    @property
    def code(self) -> str:
        """What the QR code says: the address of verification, with the payload if there is one."""
        return f"{self.verification_url}#{self.offline}" if self.offline else self.verification_url

    def __post_init__(self) -> None:
        if not 1 <= len(self.languages) <= 2:
            raise ValueError("A certificate has one language, or two side by side.")
        if self.academic_hour_minutes < 1 or self.minutes < 0:
            raise ValueError("Hours are counted in whole minutes, and not below zero.")
        if self.delivered_to < self.delivered_from:
            raise ValueError("A programme cannot end before it begins.")

    def as_json(self) -> dict[str, Any]:
        """The facts as plain values that JSON keeps; `from_json` brings them back equal."""
        return _plain(self)  # `asdict` copies every text, and takes three times as long

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> CertificateFacts:
        """Facts as they were frozen by `as_json`."""
        values = dict(plain)
        for name in ("issued_on", "delivered_from", "delivered_to"):
            values[name] = date.fromisoformat(values[name])
        values["languages"] = tuple(values["languages"])
        values["recipient"] = Recipient(**values["recipient"])
        values["partners"] = tuple(Partner(**row) for row in values["partners"])
        values["signatories"] = tuple(Signatory(**row) for row in values["signatories"])
        values["modules"] = tuple(
            ModuleRow(**{**row, "outcomes": tuple(row["outcomes"])}) for row in values["modules"]
        )
        return cls(**values)


_NAMES = {
    kind: tuple(each.name for each in fields(kind))
    for kind in (CertificateFacts, Recipient, Partner, Signatory, ModuleRow)
}


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int:
        return value
    if kind in _NAMES:
        return {name: _plain(getattr(value, name)) for name in _NAMES[kind]}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return value
