import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificates import Recipient, clean
from certificates.checks import fit, problems_of
from certificates.designs import DesignIncomplete, _find_font, read_design
from certificates.sample import RECIPIENTS, sample_facts

DESIGN = read_design("academic")
LETTERS = "abcdefghijklmnopqrstuvwxyzÖöÜüİıŞşÇç" + "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
LETTERS += "ӘәҒғҚқҢңӨөҰұҮүҺһІіӢӣӮӯҲҳҶҷ"
names = st.lists(
    st.text(LETTERS + LETTERS.upper() + "'’-", min_size=1, max_size=24).filter(
        lambda word: any(c.isalpha() for c in word)
    ),
    min_size=1,
    max_size=5,
).map(" ".join)


def said_of(name: str) -> list[str]:
    facts = sample_facts(Recipient(name), ("en",))
    return [str(problem) for problem in problems_of(facts, DESIGN)]


@pytest.mark.parametrize("kind", RECIPIENTS)
def test_every_sample_name_can_be_printed(kind):
    assert problems_of(sample_facts(RECIPIENTS[kind], ("kk", "tg")), DESIGN) == []


def test_every_kazakh_and_tajik_letter_is_in_every_font_of_the_design():
    for letter in "ӘәҒғҚқҢңӨөҰұҮүҺһІіӢӣӮӯҲҳҶҷЁё№«»–’":
        assert ord(letter) in DESIGN.alphabet


def test_a_letter_that_no_font_has_is_named_in_the_sentence():
    assert said_of("李 Wei") == [
        "“李 Wei” cannot be printed: the fonts have no 李 (U+674E). "
        "Enter the name in Latin or Cyrillic letters."
    ]


@pytest.mark.parametrize("name", ["Nul\x00", "Half \ud83d", "Tab\tbed", "Line\nbreak"])
def test_what_is_not_text_is_refused_and_not_quietly_dropped(name):
    assert said_of(name) == ["The name contains a character that is not text. Type the name again."]


def test_a_name_of_more_than_two_hundred_characters_is_refused_with_its_length():
    assert said_of("a" * 201) == ["The name has 201 characters; at most 200 can be printed."]


def test_a_word_too_wide_for_the_page_is_refused():
    assert said_of("W" * 180) == [f"“{'W' * 180}” is too wide to be printed."]


@pytest.mark.parametrize("name", ["", "  ", "\u200b", "…", "123"])
def test_a_name_without_letters_is_refused(name):
    assert len(said_of(name)) == 1


def test_heaped_combining_marks_are_refused():
    (said,) = said_of("a" + "\u0301" * 40)
    assert said.endswith("heaps marks upon one letter. Type the name again.")


def test_a_stress_mark_on_a_russian_letter_is_allowed():
    assert said_of("Воробьё\u0301в") == []


def test_a_title_with_letters_that_are_not_in_the_fonts_is_named_too():
    facts = replace(sample_facts(RECIPIENTS["usual"], ("en",)), programme={"en": "食品 safety"})
    assert [str(problem) for problem in problems_of(facts, DESIGN)] == [
        "“食品 safety” has letters that the fonts of the design lack: 食 (U+98DF), 品 (U+54C1)."
    ]


def test_a_missing_font_names_the_package_to_install():
    with pytest.raises(DesignIncomplete, match=r"Gone\.ttf is missing.*package fontpkg-gone"):
        _find_font("Gone.ttf", "fontpkg_gone")


@given(st.text(max_size=60))
def test_cleaning_gives_nfc_keeps_case_and_changes_nothing_the_second_time(text):
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert cleaned.casefold() == clean(text).casefold()


@given(names)
def test_a_name_of_covered_letters_fits_its_room_or_is_said_to_be_too_wide(name):
    room = DESIGN.first_name
    fitted = fit(name, room, DESIGN)
    if fitted is None:
        assert said_of(name) == [f"“{clean(name)}” is too wide to be printed."]
        return
    face = DESIGN.faces[room.font]
    assert " ".join(fitted.lines) == clean(name)
    assert room.least <= fitted.size <= room.largest
    for line in fitted.lines:
        assert face.width(line) * fitted.size <= room.width_mm * 72 / 25.4
