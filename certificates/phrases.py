"""The sentences, dates and figures that a certificate prints, in four languages.

They are kept here and not in the interface's catalogues: a printed document
must not change because somebody reworded a button. Dates are written by our
own patterns, because Tajik dates are inflected and CLDR's are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

LANGUAGES = ("en", "ru", "kk", "tg")


@dataclass(frozen=True, slots=True)
class Statement:
    """How a statement of attendance words what a certificate says otherwise."""

    heading: str
    subtitle: str
    before_name: str
    after_name: str
    extent: str
    transcript_of: str
    verify: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """What one language says on the paper; `{…}` stands for a fact."""

    certificate: str
    subtitle: str
    before_name: str
    after_name: str
    quoted: str
    extent: str
    hour_length: str
    delivered: str
    issued: str
    number: str
    verify: str
    scan: str
    transcript: str
    transcript_of: str
    module: str
    hours: str
    credited: str
    total: str
    hours_note: str
    outcomes_note: str
    hour_forms: tuple[str, ...]
    months: tuple[str, ...]
    day: str
    one_month: str
    one_year: str
    two_years: str
    statement: Statement
    duplicate: str
    supersedes: str
    participation: str
    ways: Mapping[str, str]
    assessment: str
    kinds: Mapping[str, str]
    decimal_point: str = "."


PHRASES: Mapping[str, Phrases] = {
    "en": Phrases(
        certificate="Certificate",
        subtitle="of completion",
        before_name="This is to certify that",
        after_name="has completed the programme",
        quoted="{title}",
        extent="{hours}",
        hour_length="one academic hour is {minutes} minutes",
        delivered="Held {dates}",
        issued="Issued {date}",
        number="No. {number}",
        verify="Is this certificate genuine? Scan the code or open",
        scan="Code that leads to the page where this certificate is verified",
        transcript="Transcript",
        transcript_of="to certificate {number}",
        module="Module and what it teaches",
        hours="Hours",
        credited="Credited",
        total="Total",
        hours_note="Hours are academic hours of {minutes} minutes.",
        outcomes_note="Below each module: what a participant can do after it.",
        hour_forms=("{n} academic hour", "{n} academic hours"),
        months=(
            "January", "February", "March", "April", "May", "June", "July",
            "August", "September", "October", "November", "December",
        ),
        day="{d} {month} {y}",
        one_month="{d1}–{d2} {month} {y}",
        one_year="{d1} {month1} – {d2} {month2} {y}",
        two_years="{first} – {last}",
        statement=Statement(
            heading="Statement",
            subtitle="of attendance",
            before_name="This is to state that",
            after_name="took part in the programme",
            extent="{credited} of {hours} credited",
            transcript_of="to statement {number}",
            verify="Is this statement genuine? Scan the code or open",
        ),
        duplicate="Duplicate no. {n}",
        supersedes="Corrects and replaces {number}",
        participation="Participation: {way}",
        ways={"on_site": "on site", "online": "online", "blended": "on site and online"},
        assessment="Assessment: {kind}",
        kinds={"attendance": "attendance", "assignment": "assignment", "exam": "examination"},
    ),
    "ru": Phrases(
        certificate="Сертификат",
        subtitle="о прохождении программы",
        before_name="Настоящий сертификат получает",
        after_name="по окончании программы",
        quoted="«{title}»",
        extent="в объёме {hours}",
        hour_length="академический час — {minutes} минут",
        delivered="Обучение проведено {dates}",
        issued="Выдан {date}",
        number="№ {number}",
        verify="Проверить подлинность: отсканируйте код или откройте",
        scan="Код ведёт на страницу проверки этого сертификата",
        transcript="Приложение",
        transcript_of="к сертификату {number}",
        module="Модуль и его результаты",
        hours="Часы",
        credited="Зачтено",
        total="Всего",
        hours_note="Часы академические, по {minutes} минут.",
        outcomes_note="Под каждым модулем указано, что слушатель умеет после него.",
        hour_forms=(
            "{n} академического часа",
            "{n} академических часов",
            "{n} академических часов",
            "{n} академического часа",
        ),
        months=(
            "января", "февраля", "марта", "апреля", "мая", "июня", "июля",
            "августа", "сентября", "октября", "ноября", "декабря",
        ),
        day="{d} {month} {y} года",
        one_month="{d1}–{d2} {month} {y} года",
        one_year="{d1} {month1} – {d2} {month2} {y} года",
        two_years="{first} – {last}",
        statement=Statement(
            heading="Справка",
            subtitle="об участии в программе",
            before_name="Настоящую справку получает",
            after_name="за участие в программе",
            extent="зачтено {credited} из {hours}",
            transcript_of="к справке {number}",
            verify="Проверить подлинность: отсканируйте код или откройте",
        ),
        duplicate="Дубликат № {n}",
        supersedes="Исправляет и заменяет {number}",
        participation="Форма участия: {way}",
        ways={"on_site": "очная", "online": "онлайн", "blended": "очная и онлайн"},
        assessment="Форма оценивания: {kind}",
        kinds={"attendance": "посещаемость", "assignment": "задание", "exam": "экзамен"},
        decimal_point=",",
    ),
    "kk": Phrases(
        certificate="Сертификат",
        subtitle="бағдарламаны аяқтағаны туралы",
        before_name="Осы сертификаттың иесі",
        after_name="мына бағдарламаны толық аяқтады:",
        quoted="«{title}»",
        extent="көлемі — {hours}",
        hour_length="бір академиялық сағат — {minutes} минут",
        delivered="Оқу мерзімі: {dates}",
        issued="Берілген күні: {date}",
        number="№ {number}",
        verify="Түпнұсқалығын тексеру: кодты сканерлеңіз немесе ашыңыз",
        scan="Код осы сертификатты тексеру бетіне апарады",
        transcript="Қосымша",
        transcript_of="{number} сертификатына",
        module="Модуль және оның нәтижелері",
        hours="Сағат",
        credited="Есептелді",
        total="Барлығы",
        hours_note="Сағаттар академиялық, әрқайсысы {minutes} минут.",
        outcomes_note="Әр модульдің астында қатысушы одан кейін не істей алатыны жазылған.",
        hour_forms=("{n} академиялық сағат",),
        months=(
            "қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде",
            "тамыз", "қыркүйек", "қазан", "қараша", "желтоқсан",
        ),
        day="{y} жылғы {d} {month}",
        one_month="{y} жылғы {d1}–{d2} {month}",
        one_year="{y} жылғы {d1} {month1} – {d2} {month2}",
        two_years="{first} – {last}",
        statement=Statement(
            heading="Анықтама",
            subtitle="бағдарламаға қатысқаны туралы",
            before_name="Осы анықтаманың иесі",
            after_name="мына бағдарламаға қатысты:",
            extent="{hours} ішінен {credited} есептелді",
            transcript_of="{number} анықтамаға",
            verify="Түпнұсқалығын тексеру: кодты сканерлеңіз немесе ашыңыз",
        ),
        duplicate="№ {n} телнұсқа",
        supersedes="{number} құжаттың орнына түзетіліп берілді",
        participation="Қатысу түрі: {way}",
        ways={"on_site": "бетпе-бет", "online": "онлайн", "blended": "бетпе-бет және онлайн"},
        assessment="Бағалау түрі: {kind}",
        kinds={"attendance": "сабаққа қатысу", "assignment": "тапсырма", "exam": "емтихан"},
        decimal_point=",",
    ),
    "tg": Phrases(
        certificate="Сертификат",
        subtitle="дар бораи хатми барнома",
        before_name="Дорандаи ин сертификат",
        after_name="барномаи зеринро пурра хатм намуд:",
        quoted="«{title}»",
        extent="дар ҳаҷми {hours}",
        hour_length="як соати академӣ — {minutes} дақиқа",
        delivered="Давраи таълим: {dates}",
        issued="Санаи додашуда: {date}",
        number="№ {number}",
        verify="Санҷиши ҳаққоният: рамзро скан кунед ё кушоед",
        scan="Рамз ба саҳифаи санҷиши ин сертификат мебарад",
        transcript="Замима",
        transcript_of="ба сертификати {number}",
        module="Модул ва натиҷаҳои он",
        hours="Соат",
        credited="Ҳисобшуда",
        total="Ҳамагӣ",
        hours_note="Соатҳо академӣ буда, ҳар кадоми он {minutes} дақиқа аст.",
        outcomes_note="Дар зери ҳар модул: иштирокчӣ баъди он чӣ карда метавонад.",
        hour_forms=("{n} соати академӣ",),
        months=(
            "январи", "феврали", "марти", "апрели", "майи", "июни", "июли",
            "августи", "сентябри", "октябри", "ноябри", "декабри",
        ),
        day="{d} {month} соли {y}",
        one_month="{d1}–{d2} {month} соли {y}",
        one_year="{d1} {month1} – {d2} {month2} соли {y}",
        two_years="{first} – {last}",
        statement=Statement(
            heading="Маълумотнома",
            subtitle="дар бораи иштирок дар барнома",
            before_name="Дорандаи ин маълумотнома",
            after_name="дар барномаи зерин иштирок намуд:",
            extent="аз {hours} {credited} ба ҳисоб гирифта шуд",
            transcript_of="ба маълумотномаи {number}",
            verify="Санҷиши ҳаққоният: рамзро скан кунед ё кушоед",
        ),
        duplicate="Дубликати № {n}",
        supersedes="Ба ҷойи {number} бо ислоҳ дода шуд",
        participation="Шакли иштирок: {way}",
        ways={"on_site": "ҳузурӣ", "online": "онлайн", "blended": "ҳузурӣ ва онлайн"},
        assessment="Шакли арзёбӣ: {kind}",
        kinds={"attendance": "иштирок дар дарсҳо", "assignment": "супориш", "exam": "имтиҳон"},
        decimal_point=",",
    ),
}  # fmt: skip


def long_date(day: date, language: str) -> str:
    """One day as the language writes it in a document."""
    words = PHRASES[language]
    return words.day.format(d=day.day, month=words.months[day.month - 1], y=day.year)


def date_range(first: date, last: date, language: str) -> str:
    """First and last day, saying month and year only once where they are the same."""
    words = PHRASES[language]
    if first == last:
        return long_date(first, language)
    if first.year != last.year:
        return words.two_years.format(
            first=long_date(first, language), last=long_date(last, language)
        )
    months = {
        "month1": words.months[first.month - 1],
        "month2": words.months[last.month - 1],
    }
    pattern = words.one_month if first.month == last.month else words.one_year
    return pattern.format(d1=first.day, d2=last.day, month=months["month1"], y=first.year, **months)


def hours_figure(minutes: int, academic_hour_minutes: int, language: str) -> str:
    """The number of academic hours, exact to two decimals, without needless zeros."""
    hundredths = round(Fraction(minutes, academic_hour_minutes) * 100)
    figure = f"{hundredths // 100}.{hundredths % 100:02}".rstrip("0").rstrip(".")
    return figure.replace(".", PHRASES[language].decimal_point)


def hours_phrase(minutes: int, academic_hour_minutes: int, language: str) -> str:
    """The number of academic hours with its unit, in the form that the number asks for.

    Russian stands in the genitive, because the printed sentence says “в объёме …”.
    """
    figure = hours_figure(minutes, academic_hour_minutes, language)
    forms = PHRASES[language].hour_forms
    return forms[_plural_form(figure, language)].format(n=figure)


def _plural_form(figure: str, language: str) -> int:
    if language == "en":
        return 0 if figure == "1" else 1
    if language == "ru":
        if not figure.isdigit():
            return 3
        one = figure.endswith("1") and not figure.endswith("11")
        return 0 if one else 1
    return 0
