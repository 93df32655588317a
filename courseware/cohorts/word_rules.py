"""The words that lists of participants use: headings and answers, in several languages."""

from collections.abc import Mapping

from courseware.accounts.rules import Gender

GENDER_WORDS: Mapping[str, Gender] = {
    word: gender
    for gender, words in {
        Gender.FEMALE: ("female", "f", "woman", "ж", "жен", "жен.", "женский", "әйел", "зан"),
        Gender.MALE: ("male", "m", "man", "м", "муж", "муж.", "мужской", "ер", "мард"),
        Gender.OTHER: ("other", "другой", "другое", "другая", "басқа", "дигар"),
        Gender.UNDISCLOSED: (
            "undisclosed", "prefer not to say", "not disclosed", "не указывать", "не указан",
            "не хочу указывать", "предпочитаю не указывать", "предпочитаю не отвечать",
            "айтқым келмейді", "намехоҳам бигӯям",
        ),
    }.items()
    for word in words
}  # fmt: skip

COLUMNS = {
    "name_latin": (
        "name (Latin)", "Latin name", "name in Latin script", "name in English",
        "имя латиницей", "имя (латиницей)", "ФИО латиницей", "ФИО на английском",
    ),
    "name_native": (
        "name (native)", "native name", "name in native script", "ФИО", "Ф.И.О.",
        "имя кириллицей", "ФИО кириллицей", "фамилия, имя, отчество", "аты-жөні", "ному насаб",
    ),
    "name": ("name", "full name", "participant", "имя", "участник", "слушатель", "полное имя"),
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
