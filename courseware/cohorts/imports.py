"""Reading the list of participants that a coordinator uploads."""

from functools import cache

from babel import Locale

from courseware.cohorts.rules import ParticipantRow
from courseware.errors import BadInput
from courseware.messages import Message
from courseware.tables import UnreadableTable, match_columns, read_table
from courseware.texts import LANGUAGES

COLUMNS = {
    "name_latin": (
        "name (Latin)", "Latin name", "name in Latin script", "name in English",
        "имя латиницей", "имя (латиницей)", "ФИО латиницей", "ФИО на английском",
    ),
    "name_native": (
        "name (native)", "native name", "name in native script", "ФИО", "Ф.И.О.",
        "имя кириллицей", "ФИО кириллицей", "фамилия, имя, отчество", "аты-жөні", "ному насаб",
    ),
    "name": ("name", "full name", "participant", "имя", "участник", "полное имя"),
    "email": (
        "e-mail", "email address", "mail", "эл. почта", "электронная почта", "почта", "имейл",
        "адрес электронной почты", "эл. пошта", "почтаи электронӣ",
    ),
    "organisation": (
        "organisation", "organization", "institution", "employer", "организация",
        "место работы", "учреждение", "ұйым", "ташкилот",
    ),
    "organisation_kind": (
        "organisation kind", "organization kind", "kind of organisation", "organisation type",
        "organization type", "вид организации", "тип организации",
    ),
    "country": ("country", "страна", "ел", "кишвар", "мамлакат"),
    "position": ("position", "job title", "должность", "лауазым", "вазифа"),
    "gender": ("gender", "sex", "пол", "жынысы", "ҷинс"),
    "language": ("language", "язык", "тіл", "забон"),
}  # fmt: skip
"""The accepted headings of each field; the first is the one our own sheets have."""


def read_participants(
    data: bytes, filename: str = ""
) -> tuple[list[ParticipantRow], list[Message]]:
    """The rows of a list and what is to be said about its columns. Raises BadInput."""
    try:
        table = read_table(data, filename)
    except UnreadableTable as error:
        raise BadInput(error.messages) from error
    columns = match_columns(table, COLUMNS)
    problems = list(columns.problems)
    if not any(columns.has(name) for name in ("name", "name_latin", "name_native")):
        problems.append(
            Message(
                "The file has no column with names. Call one “name (Latin)” or “name (native)” "
                "(«имя латиницей», «ФИО»). The template shows all columns.",
            )
        )
    elif not columns.has("email"):
        problems.append(
            Message("The column “e-mail” («эл. почта») is missing; by it people are recognised.")
        )
    if problems:
        raise BadInput(problems)
    if not table.rows:
        raise BadInput([Message("The file has a header and no rows. Add the participants.")])
    rows = [
        ParticipantRow(row.number, **{name: columns.cell(row, name) for name in columns.places})
        for row in table.rows
    ]
    return rows, list(columns.remarks)


@cache
def countries() -> dict[str, str]:
    """The two letters of every country, by its names in our languages and by the letters."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and code.isalpha():
                found.setdefault(code.casefold(), code)
                found.setdefault(name.casefold(), code)
    return found
