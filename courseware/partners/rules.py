"""Kinds of organisations and the parts they play."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from courseware.texts import Texts

COUNTRY = re.compile(r"[A-Z]{2}")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
DEFAULT_COLOUR = "#1d3a6b"


class OrganisationKind(StrEnum):
    UNIVERSITY = "university"
    COLLEGE = "college"
    COMPANY = "company"
    PUBLIC_BODY = "public_body"
    ASSOCIATION = "association"
    OTHER = "other"


class Part(StrEnum):
    """What an organisation does in a programme."""

    LEAD = "lead"
    HOST = "host"
    FUNDER = "funder"
    EMPLOYER = "employer"


KIND_WORDS: Mapping[str, OrganisationKind] = {
    word: kind
    for kind, words in {
        OrganisationKind.UNIVERSITY: ("university", "университет", "вуз", "донишгоҳ"),
        OrganisationKind.COLLEGE: ("college", "колледж", "коллеҷ"),
        OrganisationKind.COMPANY: (
            "company", "business", "компания", "предприятие", "фирма", "бизнес", "ширкат",
        ),
        OrganisationKind.PUBLIC_BODY: (
            "public body", "public_body", "government", "ministry", "agency", "госорган",
            "государственный орган", "министерство", "мемлекеттік орган", "мақоми давлатӣ",
        ),
        OrganisationKind.ASSOCIATION: (
            "association", "ngo", "ассоциация", "союз", "нко", "нпо", "қауымдастық", "ассотсиатсия",
        ),
        OrganisationKind.OTHER: ("other", "другое", "другая", "басқа", "дигар"),
    }.items()
    for word in words
}  # fmt: skip


def organisation_key(name: str) -> str:
    """What two spellings of one organisation's name share: letters and digits without case."""
    text = unicodedata.normalize("NFKC", name).casefold().replace("ё", "е")
    return " ".join(re.sub(r"[\W_]+", " ", text).split())[:400]


@dataclass(frozen=True)
class OrganisationFacts:
    """An organisation as a programme file or a form describes it."""

    code: str
    names: Texts
    kind: OrganisationKind
    short_name: str = ""
    country: str = ""
    city: Texts = field(default_factory=dict)
    sector: str = ""
    mark_letters: str = ""
    mark_colour: str = DEFAULT_COLOUR
