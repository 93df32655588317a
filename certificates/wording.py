"""What the paper says of one kind of document: a certificate or a statement of attendance.

What a coordinator words anew stands in the facts under the keys of `TEXTS`; a statement keeps
its own plain words, because “has completed” must never stand on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from .checks import clean
from .facts import CertificateFacts
from .phrases import PHRASES, Phrases, hours_figure, hours_phrase

TEXTS = ("heading", "subtitle", "before_name", "after_name", "closing")
"""The texts that may be worded anew, in the order in which they stand on the paper."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The words round the name, in one language."""

    heading: str
    subtitle: str
    before_name: str
    after_name: str
    closing: str
    extent: str
    transcript_of: str
    verify: str
    duplicate: str
    supersedes: str
    particulars: tuple[str, ...]


def usual_text(key: str, language: str) -> str:
    """What stands on a certificate where nobody words it anew; nothing closes it."""
    words = PHRASES[language]
    return {
        "heading": words.certificate,
        "subtitle": words.subtitle,
        "before_name": words.before_name,
        "after_name": words.after_name,
    }.get(key, "")


def heading_of(facts: CertificateFacts, language: str) -> str:
    """What the document is called, in its title too."""
    words = PHRASES[language]
    return words.statement.heading if facts.kind == "statement" else words.certificate


def transcript_of(facts: CertificateFacts, language: str) -> str:
    """Which document the transcript belongs to; the one sentence that has its number."""
    words = PHRASES[language]
    said = words.statement.transcript_of if facts.kind == "statement" else words.transcript_of
    return said.format(number=words.number.format(number=facts.number))


def wording_of(facts: CertificateFacts, language: str) -> Wording:
    """How these facts are worded in this language."""
    words = PHRASES[language]
    hour = facts.academic_hour_minutes
    whole = hours_phrase(facts.minutes, hour, language)
    duplicate = words.duplicate.format(n=facts.duplicate) if facts.duplicate else ""
    if facts.kind == "statement":
        said = words.statement
        credited = hours_figure(facts.credited or 0, hour, language)
        return Wording(
            heading=said.heading,
            subtitle=said.subtitle,
            before_name=said.before_name,
            after_name=said.after_name,
            closing="",
            extent=said.extent.format(credited=credited, hours=whole),
            transcript_of=transcript_of(facts, language),
            verify=said.verify,
            duplicate=duplicate,
            supersedes=_superseded(facts, words),
            particulars=_particulars(facts, words),
        )
    return Wording(
        heading=_worded(facts, "heading", language),
        subtitle=_worded(facts, "subtitle", language),
        before_name=_worded(facts, "before_name", language),
        after_name=_worded(facts, "after_name", language),
        closing=_worded(facts, "closing", language),
        extent=words.extent.format(hours=whole),
        transcript_of=transcript_of(facts, language),
        verify=words.verify,
        duplicate=duplicate,
        supersedes=_superseded(facts, words),
        particulars=_particulars(facts, words),
    )


def _worded(facts: CertificateFacts, key: str, language: str) -> str:
    anew = clean(facts.texts.get(key, {}).get(language, ""))
    return anew or usual_text(key, language)


def _superseded(facts: CertificateFacts, words: Phrases) -> str:
    if not facts.supersedes:
        return ""
    return words.supersedes.format(number=words.number.format(number=facts.supersedes))


def _particulars(facts: CertificateFacts, words: Phrases) -> tuple[str, ...]:
    """The form of participation and the kind of assessment, where they are given."""
    said = []
    if way := words.ways.get(facts.participation):
        said.append(words.participation.format(way=way))
    if kind := words.kinds.get(facts.assessment):
        said.append(words.assessment.format(kind=kind))
    return tuple(said)
