import csv

import pytest

from courseware.credentials.name_rules import (
    PrintedNames,
    doubts_of,
    lost_letters,
    possible_twins,
)


def said(latin, native=""):
    return [str(message) for message in doubts_of(PrintedNames(latin, native))]


@pytest.mark.parametrize(
    "name",
    ["Aigerim Nurlankyzy", "Shahlo O'ktamova", "Li Na", "Al", "d’Artagnan Dupont", "Mädïna",
     "Anna-Maria von Berg", "John McDonald III", "Šárka Nováková", "Suharto"],
)  # fmt: skip
def test_a_usual_latin_name_raises_no_doubt(name):
    assert said(name) == []


@pytest.mark.parametrize(
    "name",
    ["Айгерім Нұрланқызы", "Шаҳло Ӯктамова", "Зулфия Ҷӯраева", "Өмірғали Әңһұлы", "Олег Ёж",
     "Хусейн оглы Алиев", "Абдулло ибни Сино"],
)  # fmt: skip
def test_a_usual_cyrillic_name_raises_no_doubt(name):
    assert said("", name) == []


@pytest.mark.parametrize(
    ("native", "doubt"),
    [
        ("Иванoв Пётр", "“Иванoв”: letters of another alphabet among Cyrillic ones: "
                        "o (U+006F) → о (U+043E)."),
        ("Əділ Сапаров", "Ə (U+018F) → Ә (U+04D8)"),
        ("Айсұлу Нұрлан¥лы", "¥ (U+00A5) → Ұ (U+04B0)"),
        ("Тољидин Ќодиров", "“Ќодиров” has letters that are often typed for Kazakh or Tajik ones: "
                            "Ќ (U+040C) → Қ (U+049A)."),
        ("Сағынғали Аӄылбеков", "ӄ (U+04C4) → қ (U+049B)"),
        ("Карим 2", "“Карим 2” has digits: 2."),
        ("КАРИМОВ АЛИ", "“КАРИМОВ АЛИ” is all in capitals. It is printed so: the case of a name "
                        "is never changed here."),
        ("карим алиев", "has no capital letter. It is printed so"),
    ],
)  # fmt: skip
def test_a_letter_typed_for_another_is_named_with_its_code_point(native, doubt):
    assert doubt in " ".join(said("", native))


def test_cyrillic_in_a_latin_name_is_seen_though_it_looks_the_same():
    assert said("Kаrim Aliev") == ["“Kаrim”: Cyrillic letters among Latin ones: а (U+0430)."]
    assert said("Карим Алиев") == ["“Карим Алиев” stands as the Latin name in Cyrillic letters."]


@pytest.mark.parametrize("name", ["Ayg?rim", "Айг\ufffdрим", "ÐÐ¹Ð³ÐµÑÑ", "РђР№РіРµСЂС–Рј"])
def test_a_name_that_lost_letters_stops(name):
    assert len(lost_letters(PrintedNames("", name))) == 1


def test_one_person_entered_twice_is_found_across_scripts_spellings_and_patronymics():
    people = {
        "one": PrintedNames("Aigerim Ospanova", "", "a@people.example"),
        "with patronymic": PrintedNames("Aigerim Nurlankyzy Ospanova", "", "b@people.example"),
        "native": PrintedNames("", "Айгерим Оспанова", ""),
        "sister": PrintedNames("Dana Nurlankyzy Ospanova", "", "d@people.example"),
        "same": PrintedNames("ospanova AIGERIM", "", "e@people.example"),
        "another": PrintedNames("Farrukh Rahimov", "Фаррух Раҳимов", "f@people.example"),
    }
    twins = possible_twins(list(people.items()))
    assert {key: {other for other, _ in found} for key, found in twins.items()} == {
        "one": {"with patronymic", "native", "same"},
        "with patronymic": {"one", "native", "same"},
        "native": {"one", "with patronymic", "same"},
        "same": {"one", "with patronymic", "native"},
    }
    assert str(dict(twins["one"])["same"]) == (
        "ospanova AIGERIM (e@people.example) has the same name: perhaps one person, entered twice."
    )
    assert "nearly the same name" in str(dict(twins["one"])["with patronymic"])


def test_one_person_with_one_name_in_both_scripts_is_no_twin_of_themselves():
    assert possible_twins([(1, PrintedNames("Marat", "Марат"))]) == {}


def test_of_five_thousand_real_names_hardly_one_is_doubted_and_none_stops(shared_data):
    doubted, stopped, count = [], [], 0
    for kind in ("forenames", "surnames"):
        path = shared_data / "names" / f"common-{kind}-by-country.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                names = PrintedNames(row["Romanized Name"], row["Localized Name"])
                count += 1
                stopped += [row] if lost_letters(names) else []
                doubted += [(names.latin, names.native)] if doubts_of(names) else []
    assert (count > 5000, stopped) == (True, [])
    assert len(doubted) <= 25
    assert ("Sukhbaаtar", "Sukhbaаtar") in doubted or any("Sukhba" in each[0] for each in doubted)
