import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courseware.names import MAX_NAME, clean_name, name_key, name_problem, resemblance, sound_key


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("  Әсел   Нұрланқызы ", "Әсел Нұрланқызы"),
        ("Й\u0438\u0306", "Йй"),
        ("O’Neil\u200b\u202e Anna\u00a0Maria", "O’Neil Anna Maria"),
        ("a\0b\x07c", "abc"),
        ("First\r\nLast\tName", "First Last Name"),
        ("van der BERG", "van der BERG"),
        ("\ud800x", "x"),
        ("", ""),
    ],
)
def test_a_name_is_cleaned_and_its_case_is_left_alone(written, cleaned):
    assert clean_name(written) == cleaned


@given(st.text(max_size=60))
def test_a_cleaned_name_is_nfc_printable_and_stays_as_it_is(text):
    name = clean_name(text)
    assert name == unicodedata.normalize("NFC", name) == clean_name(name) == name.strip()
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in name)


def test_a_name_of_more_than_200_characters_is_refused_and_not_cut():
    assert name_problem("x" * MAX_NAME) is None
    assert "more than 200 characters" in str(name_problem(clean_name("x" * 201)))
    assert "more than 200 characters" in str(name_problem(clean_name("Z\u0351\u036b" * 10_000)))


def test_a_name_without_letters_is_refused():
    assert str(name_problem("---")) == "“---” is not a name: it has no letters."
    assert name_problem("Сухарто") is None
    assert name_problem("") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Семёнов Пётр", "петр СЕМЕНОВ"),
        ("Ива\u0301нов Пётр", "Иванов Петр"),
        ("O'Neil Anna", "Anna O’Neil"),
        ("Anna-Maria Weiss", "Weiss Anna Maria"),
        ("Мурзатаев  Ерлан", "Ерлан Мурзатаев"),
    ],
)
def test_spellings_of_one_name_share_a_key(one, other):
    assert name_key(one) == name_key(other)


def test_letters_that_differ_give_different_keys():
    assert name_key("Андрей") != name_key("Андреи")
    assert name_key("Әсел") != name_key("Асел")


@pytest.mark.parametrize(
    ("latin", "cyrillic"),
    [
        ("Aigerim Nurlankyzy", "Нурланкызы Айгерим"),
        ("Zhanar Akhmetova", "Ахметова Жанар"),
        ("Jamshed Rahimov", "Ҷамшед Раҳимов"),
        ("Yulia Shcherbakova", "Щербакова Юлия"),
        ("Gulnora Qodirova", "Гулнора Қодирова"),
        ("Yerlan Seitkali", "Ерлан Сейткали"),
        ("Xeniya Tsoi", "Ксения Цой"),
    ],
)
def test_the_latin_and_the_cyrillic_spelling_of_a_name_resemble_each_other(latin, cyrillic):
    assert resemblance(latin, cyrillic) > 0.85
    assert resemblance(latin, "Мухаммадюсуф Бобоев") < 0.55


def test_exact_transliterations_share_a_sound_key():
    assert sound_key("Jamshed Rahimov") == sound_key("Раҳимов Ҷамшед")
    assert sound_key("Zhanar Akhmetova") == sound_key("Жанар Ахметова")


def test_a_missing_patronymic_and_initials_lower_the_resemblance_a_little():
    assert 0.85 < resemblance("Пётр Семёнов", "Семёнов Пётр Иванович") < 1
    assert 0.8 < resemblance("P. Semenov", "Пётр Семёнов") < 1
    assert resemblance("Пётр", "Пётр Семёнов") < 0.8


def test_nothing_resembles_an_empty_name():
    assert resemblance("", "Пётр") == resemblance("---", "—") == 0.0


@given(st.text(max_size=30), st.text(max_size=30))
def test_resemblance_is_a_share_and_the_same_both_ways_for_equal_names(one, other):
    assert 0 <= resemblance(one, other) <= 1
    assert resemblance(one, one) in (0.0, 1.0)
