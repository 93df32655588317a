"""What a certificate says as an Open Badges 3.0 credential, and its canonical form.

The credential is a W3C Verifiable Credential of type `OpenBadgeCredential` with what the European
recommendation on micro-credentials lists: learner, title, issuers and their countries, dates,
outcomes, workload with its unit, form of participation, kind of assessment.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from courseware.credentials.rules import hours_text

CONTEXTS = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
STATUS_LIST_LENGTH = 2**17
"""How many credentials one status list has room for: the least that the standard allows."""

_PARTICIPATION = {"on_site": "on site", "online": "online", "blended": "on site and online"}
_ASSESSMENT = {
    "attendance": "attendance, no examination",
    "assignment": "an assessed assignment",
    "exam": "an examination",
}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Issued:
    """Where and when a credential was issued: what its badge says beside the facts.

    `facts` are the certificate's own (CertificateFacts); `status_index` is the credential's place
    among all, `at` the moment as ISO text in UTC.
    """

    facts: Any
    site: str
    did: str
    at: str
    status_index: int
    with_name: bool = True


def badge_of(issued: Issued) -> Json:
    """The credential without its proof."""
    facts, site = issued.facts, issued.site
    language = facts.languages[0]
    address = facts.verification_url
    achievement = _achievement(facts, site, language)
    subject: Json = {
        "id": _urn(address, "holder"),
        "type": ["AchievementSubject"],
        "activityStartDate": f"{facts.delivered_from}T00:00:00Z",
        "activityEndDate": f"{facts.delivered_to}T00:00:00Z",
        "licenseNumber": facts.number,
        "achievement": achievement,
    }
    if issued.with_name:
        subject["identifier"] = [
            {
                "type": "IdentityObject",
                "hashed": False,
                "identityHash": name,
                "identityType": "name",
            }
            for name in facts.recipient.names
        ]
    hour = facts.academic_hour_minutes
    credited = facts.minutes if facts.credited is None else facts.credited
    workload = achievement["resultDescription"][0]["id"]
    subject["result"] = [
        {
            "type": ["Result"],
            "resultDescription": workload,
            "value": hours_text(credited, hour),
        }
    ]
    if len(facts.partners) > 1:
        subject["source"] = _profile(facts.partners[1], language)
    issuers = [_named(partner, language) for partner in facts.partners]
    return {
        "@context": list(CONTEXTS),
        "id": address,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": _text(facts.programme, language),
        "description": f"Issued together by {'; '.join(issuers)}. Number {facts.number}.",
        "issuer": {
            "id": issued.did,
            "type": ["Profile"],
            "name": "; ".join(issuers),
            "url": f"{site}/issuer",
        },
        "validFrom": issued.at,
        "awardedDate": f"{facts.issued_on}T00:00:00Z",
        "credentialSubject": subject,
        "credentialStatus": [
            status_entry(site, issued.status_index, "revocation"),
            status_entry(site, issued.status_index, "refresh"),
        ],
    }


def status_entry(site: str, index: int, purpose: str) -> Json:
    """Where others look up whether the credential is in force."""
    number, place = divmod(index, STATUS_LIST_LENGTH)
    address = status_list_address(site, purpose, number)
    return {
        "id": f"{address}#{place}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(place),
        "statusListCredential": address,
    }


def status_list_address(site: str, purpose: str, number: int) -> str:
    """Where a status list is published."""
    return f"{site}/status/{purpose}/{number}"


def _achievement(facts: Any, site: str, language: str) -> Json:
    hour = facts.academic_hour_minutes
    participation = _PARTICIPATION.get(facts.participation, "")
    assessment = _ASSESSMENT.get(facts.assessment, "")
    is_statement = facts.kind == "statement"
    title = _text(facts.programme, language)
    hours = hours_text(facts.minutes, hour)
    found: Json = {
        "type": ["Achievement"],
        "name": title,
        "inLanguage": language,
        "description": " ".join(
            filter(
                None,
                (
                    f"{title}: {hours} academic hours of {hour} minutes each.",
                    f"Form of participation: {participation}." if participation else "",
                    f"Assessment: {assessment}." if assessment else "",
                ),
            )
        ),
        "achievementType": "CertificateOfCompletion" if not is_statement else "Certificate",
        "criteria": {"narrative": _narrative(facts, language, is_statement)},
        "creator": _profile(facts.partners[0], language) if facts.partners else None,
        "resultDescription": [
            {
                "type": ["ResultDescription"],
                "name": f"Workload in academic hours of {hour} minutes",
                "resultType": "ext:AcademicHours",
                "valueMin": "0",
                "valueMax": hours,
            }
        ],
    }
    if participation:
        found["tag"] = [f"participation: {participation}"]
    if assessment:
        found.setdefault("tag", []).append(f"assessment: {assessment}")
    if found["creator"] is None:
        del found["creator"]
    name = _urn(site, json.dumps(found, sort_keys=True, ensure_ascii=False))
    found["resultDescription"][0]["id"] = _urn(name, "workload")
    found["criteria"]["id"] = _urn(name, "criteria")
    return {"id": name, **found}


def _narrative(facts: Any, language: str, is_statement: bool) -> str:
    """In Markdown, as the standard asks: modules with their hours and what can be done after."""
    hour = facts.academic_hour_minutes
    lines = [
        "Hours really attended, without the programme's requirements being met."
        if is_statement
        else "The requirements of the programme are met."
    ]
    for module in facts.modules:
        title, minutes = _text(module.titles, language), module.minutes
        lines.append(f"- {title} ({hours_text(minutes, hour)} h)")
        lines += [f"  - {_text(outcome, language)}" for outcome in module.outcomes]
    return "\n".join(lines)


def _profile(partner: Any, language: str) -> Json:
    name = _text(partner.names, language)
    address = {
        "type": ["Address"],
        "addressCountry": partner.country,
        "addressLocality": _text(partner.city, language),
    }
    if not address["addressLocality"]:
        del address["addressLocality"]
    return {
        "id": _urn(name, partner.country),
        "type": ["Profile"],
        "name": name,
        "address": address,
    }


def _named(partner: Any, language: str) -> str:
    place = ", ".join(filter(None, (_text(partner.city, language), partner.country)))
    return f"{_text(partner.names, language)} ({place})"


def _text(texts: Mapping[str, str], language: str) -> str:
    said = texts.get(language) or texts.get("en") or next(iter(filter(None, texts.values())), "")
    return " ".join(_CONTROL.sub(" ", said).split())


def _urn(*names: str) -> str:
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(names))}"


# Canonical form. A batch's badges differ only in what they say, not in how they are built. So one
# of them is canonicalised by a JSON-LD processor with every text replaced by a numbered hole, and
# the others are made by filling the holes: RDF canonicalisation without blank nodes is sorting, and
# blank nodes that touch no other are labelled by the order of their own hashes (RDFC-1.0, 4.6).

_HOLE = re.compile(r"urn:x-hole:(\d{4}):")
_SPECIAL = re.compile(r"[\x00-\x1f\x7f\\\"]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_WRITTEN = (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-\[\]_a-z~]*")
_BLANK = re.compile(r"_:c14n\d+")
_KEPT = {"@context", "type"}


class NotFilled(Exception):
    """The short way cannot be proved right for this document; canonicalise it in full."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A statement with places for texts: `template % values`, each by its number.

    Numbers below the count of texts are literals; the same text as an address follows behind them.
    """

    template: str
    numbers: tuple[tuple[int, bool], ...]

    def fill(self, literals: Sequence[str], addresses: Mapping[int, str]) -> str:
        return self.template % tuple(
            addresses[number] if is_address else literals[number]
            for number, is_address in self.numbers
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """The canonical statements of one kind of document, cut at the holes.

    `by_blank` has the statements that name a blank node, which is written as a tab there.
    """

    fixed: tuple[str, ...]
    lines: tuple[_Line, ...]
    by_blank: tuple[tuple[_Line, ...], ...]
    addresses: frozenset[int]

    @classmethod
    def of(cls, canonical: str) -> "Shape":
        """The shape of a canonicalised document whose texts are holes. Raises NotFilled."""
        fixed, lines, addresses = [], [], set[int]()
        by_blank: dict[str, list[_Line]] = {}
        for text in canonical.splitlines(keepends=True):
            head, quote, tail = text.partition('"')
            labels = set(_BLANK.findall(head))
            if len(labels) > 1:
                raise NotFilled("Blank nodes touch.")
            parts = _HOLE.split(_BLANK.sub("\t", head) + quote + tail)
            numbers = tuple(
                (int(number), not parts[2 * at].endswith('"'))
                for at, number in enumerate(parts[1::2])
            )
            template = "%s".join(part.replace("%", "%%") for part in parts[::2])
            addresses |= {number for number, is_address in numbers if is_address}
            for label in labels:
                by_blank.setdefault(label, []).append(_Line(template, numbers))
            if not labels and numbers:
                lines.append(_Line(template, numbers))
            elif not labels:
                fixed.append(text)
        blanks = tuple(tuple(said) for said in by_blank.values())
        return cls(tuple(fixed), tuple(lines), blanks, frozenset(addresses))

    def fill(self, texts: Sequence[str]) -> str:
        """The canonical form of the document that says `texts`. Raises NotFilled."""
        literals = [_escaped(text) for text in texts]
        addresses = {number: _checked_address(texts[number]) for number in self.addresses}
        filled = {line.fill(literals, addresses) for line in self.lines}
        filled.update(self.fixed)
        nodes = []
        for said in self.by_blank:
            own = sorted({line.fill(literals, addresses) for line in said})
            as_hashed = "".join(sorted(line.replace("\t", "_:a") for line in own))
            nodes.append((hashlib.sha256(as_hashed.encode()).hexdigest(), own))
        nodes.sort()
        if len({name for name, _own in nodes}) < len(nodes):
            raise NotFilled("Two blank nodes say the same.")
        for at, (_name, own) in enumerate(nodes):
            filled.update(line.replace("\t", f"_:c14n{at}") for line in own)
        return "".join(sorted(filled))


def holes(document: Any) -> tuple[Any, list[str]]:
    """`document` with every text that a batch may differ in replaced by a hole, and the texts."""
    texts: list[str] = []

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: each if name in _KEPT else walk(each) for name, each in value.items()}
        if isinstance(value, list):
            return [walk(each) for each in value]
        if isinstance(value, str):
            texts.append(value)
            return f"urn:x-hole:{len(texts) - 1:04}:"
        return value

    return walk(document), texts


def _escaped(text: str) -> str:
    if _SPECIAL.search(text) is None:
        return text
    for letter, written in _WRITTEN:
        text = text.replace(letter, written)
    if _CONTROL.search(text):
        raise NotFilled("A control character is escaped in more than one way.")
    return text


def _checked_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise NotFilled("This is no plain address.")
    return text


def hash_of(config: str, document: str) -> bytes:
    """What the proof signs: SHA-256 of the proof's own options, then of the document."""
    return hashlib.sha256(config.encode()).digest() + hashlib.sha256(document.encode()).digest()
