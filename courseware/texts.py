"""Texts in several languages: titles, names and offices as `{"en": "…", "ru": "…"}`."""

import re
import unicodedata
from collections.abc import Mapping

Texts = dict[str, str]

LANGUAGES = ("en", "ru", "kk", "tg")
"""The languages of interface and documents, in the order in which they are offered."""

LANGUAGE_NAMES = {"en": "English", "ru": "Русский", "kk": "Қазақша", "tg": "Тоҷикӣ"}

LANGUAGE_WORDS: Mapping[str, str] = {
    word: code
    for code, words in {
        "en": ("en", "eng", "english", "английский", "ағылшын", "англисӣ"),
        "ru": ("ru", "rus", "russian", "русский", "орыс", "русӣ"),
        "kk": ("kk", "kaz", "kz", "kazakh", "казахский", "қазақ", "қазақша", "қазақӣ"),
        "tg": ("tg", "tgk", "tj", "tajik", "таджикский", "тәжік", "тоҷикӣ"),
    }.items()
    for word in words
}


def choose(texts: Mapping[str, str] | None, language: str | None = None) -> str:
    """The text in `language`; else in English; else in any language there is; else ""."""
    if not texts:
        return ""
    for wanted in (language, *LANGUAGES):
        if wanted and texts.get(wanted):
            return texts[wanted]
    return next((text for text in texts.values() if text), "")


def filled(texts: Mapping[str, str | None] | None) -> Texts:
    """Only the languages that have a text, stripped, in the order of `LANGUAGES`."""
    texts = texts or {}
    order = [*LANGUAGES, *(language for language in texts if language not in LANGUAGES)]
    found = {language: (texts.get(language) or "").strip() for language in order}
    return {language: text for language, text in found.items() if text}


def is_complete(texts: Mapping[str, str] | None, languages: tuple[str, ...] = LANGUAGES) -> bool:
    """Whether each of `languages` has a text."""
    known = texts or {}
    return all(known.get(language, "").strip() for language in languages)


# Controls, lone surrogates, overrides of the writing direction, and what is no character at all.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)


def clean_text(text: str) -> str:
    """Text of several lines as it can be stored and printed: NFC, no control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("", lines)).strip()


def clean_line(text: str) -> str:
    """Text of one line, cleaned, with its white space folded."""
    return " ".join(clean_text(text.replace("\x85", " ")).split())
