"""The catalogues are complete, have every plural form, and keep every placeholder."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from courseware.texts import LANGUAGES

ROOT = Path(__file__).parent.parent
OTHERS = [language for language in LANGUAGES if language != "en"]
KEYWORDS = {
    "_": None, "gettext": None, "ngettext": (1, 2), "lazy": None, "N_": None, "Message": None,
}  # fmt: skip
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")
# Cyrillic catalogues: a sentence left in Latin letters was forgotten. These words may stay.
LATIN_MAY_STAY = re.compile(
    r"\b(Courseware|YAML|XLSX|CSV|PDF|ZIP|JSON|iCalendar|Microsoft|Teams|Zoom|Excel|Word|Google|"
    r"Outlook|Apple|NPS|QR|EKTU|TSUC|UTC|SHA-256|Open Badges|LinkedIn|PNG|SVG|SMTP|ID|[xy])\b"
)


@cache
def source() -> dict[str, tuple[str, ...]]:
    """Every string of the source: its id, and its one or two English forms."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file, filename="babel.cfg")
    found = {}
    for folder in ("courseware", "certificates", "templates"):
        for _file, _line, text, _comments, _context in extract_from_dir(
            ROOT / folder,
            [(pattern.split("/", 1)[1], method) for pattern, method in methods
             if pattern.startswith(folder)],
            options, keywords=KEYWORDS,
        ):  # fmt: skip
            forms = text if isinstance(text, tuple) else (text,)
            if forms[0]:
                found[forms[0]] = forms
    return found


@cache
def catalogue(language: str) -> Catalog:
    path = ROOT / "courseware/translations" / language / "LC_MESSAGES/messages.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def entries(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def first(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple) else message.id


def forms(message: Message) -> tuple[str, ...]:
    return message.string if isinstance(message.string, tuple) else (message.string,)


@pytest.mark.parametrize("language", OTHERS)
def test_every_string_is_in_the_catalogue_and_none_is_left_over(language):
    known = {first(message) for message in entries(language)}
    assert sorted(set(source()) - known)[:10] == []
    assert sorted(known - set(source()))[:10] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_string_is_translated_in_every_plural_form(language):
    empty = [first(message) for message in entries(language) if not all(forms(message))]
    fuzzy = [first(message) for message in entries(language) if message.fuzzy]
    assert (empty[:10], fuzzy[:10]) == ([], [])
    counts = {len(forms(message)) for message in entries(language) if message.pluralizable}
    assert counts <= {catalogue(language).num_plurals}


@pytest.mark.parametrize("language", OTHERS)
def test_every_placeholder_is_kept(language):
    wrong = []
    for message in entries(language):
        english = source().get(first(message), (first(message),))
        wanted = set(PLACEHOLDER.findall(english[-1]))
        for form in forms(message):
            got = set(PLACEHOLDER.findall(form))
            # “One person” may drop the number, in any language.
            if got != wanted and not (message.pluralizable and got <= wanted):
                wrong.append((first(message), form))
    assert wrong[:5] == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_was_left_in_english(language):
    left = []
    for message in entries(language):
        for form in forms(message):
            bare = LATIN_MAY_STAY.sub("", PLACEHOLDER.sub("", re.sub(r"<[^>]+>", "", form)))
            bare = re.sub(r"[\w.+-]+@[\w.-]+|https?://\S+|“[^”]*”|`[^`]*`|\S*[./]\S*", "", bare)
            latin, own = re.findall(r"[A-Za-z]{3,}", bare), re.findall(r"[^\W\d_A-Za-z]{3,}", bare)
            # A sentence may name what stands in Latin letters: menus, marks in a file, settings.
            if len(latin) > 2 and len(latin) > len(own):
                left.append(form)
    assert left[:5] == []


def test_the_plural_rules_are_those_of_the_languages():
    """Tajik has one form in CLDR, but gettext's catalogues of it have two; Kazakh has two."""
    assert {language: catalogue(language).num_plurals for language in OTHERS} == {
        "ru": 3,
        "kk": 2,
        "tg": 2,
    }
