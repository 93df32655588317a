"""The facts as a design's page asks for them, and which of them differ from person to person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from babel import Locale

from .checks import Fitted, clean, fit, in_language, names_in_order
from .codes import code_of
from .designs import Design
from .facts import CertificateFacts, Texts
from .phrases import PHRASES, date_range, hours_figure, long_date
from .wording import heading_of, transcript_of, wording_of

# A reserved name that never resolves; addresses below it stand for the files of the design.
ADDRESS = "https://design.invalid/"
_OWN = (
    "number",
    "issued_on",
    "verification_url",
    "offline",
    "recipient",
    "credited",
    "modules",
)
_SHARED = tuple(each.name for each in fields(CertificateFacts) if each.name not in _OWN)
LINK = "https://link.invalid/field"
QR_COLOUR = "#010203"


@dataclass(frozen=True, slots=True)
class FieldValue:
    """What a field says for one person; a size in points where it is fitted to the text."""

    text: str
    size: float | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """All that one certificate says differently from the others of its cohort."""

    fields: Mapping[str, FieldValue]
    title: str
    address: str
    code: str


def paper_view(facts: CertificateFacts, design: Design) -> dict[str, Any]:
    """The facts as the design's page asks for them: every text in every language, in order.

    Logos and signatures are addresses that the press opens for the design, or empty.
    """

    def said(texts: Texts) -> list[tuple[str, str]]:
        # What is the same in both languages, a name for instance, is said once.
        several = {
            clean(in_language(texts, language)): language for language in facts.languages[::-1]
        }
        return [(language, text) for text, language in reversed(several.items())]

    hours = _hours(facts)
    names: list[dict[str, Any]] = [
        {"lines": fitted.lines, "size": fitted.size} for fitted in _names(facts, design)
    ]
    listed = _listed(facts, design)
    code = code_of(facts.code)
    return {
        "title": _title(facts, design),
        "languages": facts.languages,
        "kind": facts.kind,
        "accent": facts.accent,
        "duplicate": facts.duplicate,
        "supersedes": facts.supersedes,
        "columns": [_column(facts, language, design) for language in facts.languages],
        "names": names,
        "listed": listed,
        "reference": facts.number,
        "partners": [
            {
                "letters": partner.letters,
                "colour": partner.colour,
                "logo": _picture(partner.logo),
                "names": said(partner.names),
                "places": [
                    (
                        language,
                        f"{clean(in_language(partner.city, language))}, {country}",
                    )
                    for language in facts.languages
                    for country in [_country(partner.country, language)]
                ],
            }
            for partner in facts.partners
        ],
        "signatories": [
            {
                "signature": _picture(signatory.signature),
                "names": said(signatory.names),
                "offices": said(_together(signatory.offices, signatory.organisation)),
            }
            for signatory in facts.signatories
        ],
        "modules": [
            {
                "columns": [
                    {
                        "language": language,
                        "title": clean(in_language(module.titles, language)),
                        "outcomes": [
                            clean(in_language(outcome, language)) for outcome in module.outcomes
                        ],
                    }
                    for language in facts.languages
                ],
                "hours": hours(module.minutes),
                "credited": "" if module.credited is None else hours(module.credited),
            }
            for module in facts.modules
        ],
        "hours": hours(facts.minutes),
        "credited": None if facts.credited is None else hours(facts.credited),
        "address": facts.verification_url,
        "link": _without_scheme(facts.verification_url),
        "qr": {"side": code.side, "path": code.svg, "colour": "#000"},
    }


def template_view(facts: CertificateFacts, design: Design) -> dict[str, Any]:
    """The same for nobody in particular: `{fields}` stand where people differ."""
    view = paper_view(replace(facts, number="{reference}"), design)
    for place, name in enumerate(view["names"]):
        name["lines"] = tuple(f"{{{_line(place, line)}}}" for line in range(len(name["lines"])))
    view["listed"] = Fitted(("{listed}",), view["listed"].size)
    view["title"] = "{title}"
    for place, column in enumerate(view["columns"]):
        column["issued"], column["number"] = f"{{issued{place}}}", f"{{number{place}}}"
        column["said"] = replace(column["said"], transcript_of=f"{{to{place}}}")
    if facts.credited is not None:
        view["credited"] = "{figures}"
        for place, module in enumerate(view["modules"]):
            module["credited"] = f"{{figure{place}}}"
    view["link"], view["address"] = "{link}", LINK
    view["qr"] = {"side": 1, "path": "M0 .5h1", "colour": QR_COLOUR}
    return view


def person_of(facts: CertificateFacts, design: Design) -> Person:
    """What stands in each field of a template, and what else is this person's own."""
    hours = _hours(facts)
    listed = _listed(facts, design)
    link = _without_scheme(facts.verification_url)
    said_in = {
        "reference": FieldValue(facts.number),
        "listed": FieldValue(" ".join(listed.lines), listed.size),
        "link": FieldValue(link),
    }
    for place, fitted in enumerate(_names(facts, design)):
        for at, line in enumerate(fitted.lines):
            said_in[_line(place, at)] = FieldValue(line, fitted.size)
    for place, language in enumerate(facts.languages):
        words = PHRASES[language]
        issued = words.issued.format(date=long_date(facts.issued_on, language))
        said_in[f"issued{place}"] = FieldValue(issued)
        number = words.number.format(number=facts.number)
        said_in[f"number{place}"] = FieldValue(number)
        said_in[f"to{place}"] = FieldValue(transcript_of(facts, language))
    if facts.credited is not None:
        said_in["figures"] = FieldValue(hours(facts.credited))
        for place, module in enumerate(facts.modules):
            said_in[f"figure{place}"] = FieldValue(hours(module.credited or 0))
    return Person(said_in, _title(facts, design), facts.verification_url, facts.code)


def shape_of(facts: CertificateFacts, design: Design) -> tuple[Any, ...]:
    """All that certificates must have in common to share a template; as text it is a key."""
    lines = [len(fitted.lines) for fitted in _names(facts, design)]
    said = [getattr(facts, name) for name in _SHARED]
    modules = [
        (row.titles, row.minutes, row.outcomes, row.credited is None) for row in facts.modules
    ]
    # A statement says the hours in a sentence, whose other words move with them.
    credited = facts.credited if facts.kind == "statement" else facts.credited is None
    return lines, said, modules, credited


def _column(facts: CertificateFacts, language: str, design: Design) -> dict[str, Any]:
    words = PHRASES[language]
    hour = facts.academic_hour_minutes
    room = design.title if len(facts.languages) == 1 else design.title_of_two
    programme = words.quoted.format(title=clean(in_language(facts.programme, language)))
    return {
        "language": language,
        "words": words,
        "said": wording_of(facts, language),
        "programme": programme,
        "title": fit(programme, room, design) or Fitted((programme,), room.least),
        "hour_length": words.hour_length.format(minutes=hour),
        "delivered": words.delivered.format(
            dates=date_range(facts.delivered_from, facts.delivered_to, language)
        ),
        "cohort": clean(in_language(facts.cohort, language)),
        "hours_note": words.hours_note.format(minutes=hour),
        "issued": words.issued.format(date=long_date(facts.issued_on, language)),
        "number": words.number.format(number=facts.number),
    }


def _title(facts: CertificateFacts, design: Design) -> str:
    heading = heading_of(facts, facts.languages[0])
    return f"{heading} {facts.number} · {' '.join(_names(facts, design)[0].lines)}"


def _names(facts: CertificateFacts, design: Design) -> list[Fitted]:
    return [
        fitted
        for room, name in names_in_order(facts, design)
        if (fitted := fit(name, room, design))
    ]


def _listed(facts: CertificateFacts, design: Design) -> Fitted:
    listed = fit(names_in_order(facts, design)[0][1], design.listed_name, design)
    assert listed is not None, "problems_of has looked at it"
    return listed


def _hours(facts: CertificateFacts) -> Callable[[int], str]:
    return lambda minutes: _figure(minutes, facts.academic_hour_minutes, facts.languages[0])


@lru_cache(4096)
def _figure(minutes: int, academic_hour_minutes: int, language: str) -> str:
    return hours_figure(minutes, academic_hour_minutes, language)


def _without_scheme(address: str) -> str:
    return address.partition("://")[2]


def _picture(sha256: str) -> str:
    return f"{ADDRESS}picture/{sha256}" if sha256 else ""


def _line(name: int, line: int) -> str:
    return f"name_{name}_{line}"


def _together(offices: Texts, organisation: Texts) -> Texts:
    """“Office, organisation” in every language that one of them has."""
    return {
        language: f"{in_language(offices, language)}, {in_language(organisation, language)}"
        for language in {**offices, **organisation}
    }


@lru_cache(256)
def _country(code: str, language: str) -> str:
    return str(Locale(language).territories.get(code, code))
