import pytest

from courseware.cohorts.imports import countries, read_participants
from courseware.errors import BadInput
from courseware.tables import Sheet, write_xlsx


def test_a_russian_list_is_understood():
    data = "ФИО;Имя латиницей;Эл. почта;Пол\nИванов Пётр;Petr Ivanov;p@b.example;м\n".encode(
        "cp1251"
    )
    rows, remarks = read_participants(data)
    assert [
        (row.number, row.name_native, row.name_latin, row.email, row.gender) for row in rows
    ] == [(2, "Иванов Пётр", "Petr Ivanov", "p@b.example", "м")]
    assert remarks == []


def test_a_workbook_with_columns_in_any_order_is_understood():
    data = write_xlsx(Sheet("S", ["E-mail", "shoe size", "Name"], [["a@b.example", 43, "Asel"]]))
    rows, remarks = read_participants(data)
    assert (rows[0].email, rows[0].name) == ("a@b.example", "Asel")
    assert str(remarks[0]) == "Column B (“shoe size”) is not known and is not read."


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"e-mail,phone\na@b.example,1\n", "no column with names"),
        (b"name,phone\nAsel,1\n", "The column “e-mail” («эл. почта») is missing"),
        (b"name,e-mail\n", "a header and no rows"),
        (b"name,e-mail,email\nA,a,b\n", "both hold “e-mail”"),
        (b"", "is empty"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_a_sentence(data, words):
    with pytest.raises(BadInput) as caught:
        read_participants(data)
    assert words in str(caught.value)


def test_countries_are_known_by_name_and_letters_in_every_language():
    found = countries()
    assert {found[name] for name in ("kz", "kazakhstan", "казахстан", "қазақстан")} == {"KZ"}
    assert {found[name] for name in ("tj", "tajikistan", "таджикистан", "тоҷикистон")} == {"TJ"}
