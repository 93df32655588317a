"""Languages: whose turn it is, and how dates, numbers and sentences look in them."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import get_timezone_location
from flask import Flask, g, has_request_context, request, session
from flask_babel import Babel, format_decimal, get_locale, gettext, lazy_gettext, ngettext
from markupsafe import Markup, escape

from courseware.hours import academic
from courseware.messages import Message
from courseware.texts import LANGUAGES, Texts, choose

_ = gettext
lazy = lazy_gettext
__all__ = ["LANGUAGES", "_", "language", "lazy", "long_date", "ngettext", "sentence"]

LANGUAGE_NAMES = {"en": "English", "ru": "Русский", "kk": "Қазақша", "tg": "Тоҷикӣ"}

# CLDR's Tajik and Kazakh long dates are not written as people write them; these are ours.
_MONTHS_IN_DATES = {
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "kk": "қаңтар ақпан наурыз сәуір мамыр маусым шілде тамыз қыркүйек қазан қараша желтоқсан",
    "tg": "январи феврали марти апрели майи июни июли августи сентябри октябри ноябри декабри",
    "en": "January February March April May June July August September October November December",
}
_LONG_DATES = {
    "en": "{day} {month} {year}",
    "ru": "{day} {month} {year} г.",
    "kk": "{year} жылғы {day} {month}",
    "tg": "{day} {month} соли {year}",
}
_DAY_NAMES = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "ru": "понедельник вторник среда четверг пятница суббота воскресенье",
    "kk": "дүйсенбі сейсенбі сәрсенбі бейсенбі жұма сенбі жексенбі",
    "tg": "душанбе сешанбе чоршанбе панҷшанбе ҷумъа шанбе якшанбе",
}


def language() -> str:
    """The language of this answer: en, ru, kk or tg."""
    return str(get_locale() or "en").partition("_")[0]


def select_language() -> str:
    """What the person chose, else what this browser chose before, else what it asks for."""
    if not has_request_context():
        return g.get("language", "en")
    if forced := g.get("language"):
        return forced
    from courseware.permissions import signed_in_user

    user = signed_in_user()
    chosen = (user.language if user else None) or session.get("language")
    if chosen in LANGUAGES:
        return chosen
    default = g.get("default_language", "en")
    return request.accept_languages.best_match(list(LANGUAGES), default) or default


def sentence(message: Message | str) -> str:
    """A message in the language of this answer; a text that the catalogues lack stays as it is."""
    if isinstance(message, str):
        return gettext(message) if message else message
    values = {
        name: sentence(value) if isinstance(value, Message) else value
        for name, value in message.values.items()
    }
    return gettext(message.text) % values if values else gettext(message.text)


def long_date(day: date | datetime, zone: str | None = None, in_language: str = "") -> str:
    """A date in words, e.g. “7 April 2025”; a moment is first moved to `zone`."""
    if isinstance(day, datetime):
        day = day.astimezone(ZoneInfo(zone or "UTC")).date()
    tongue = in_language or language()
    month = _MONTHS_IN_DATES[tongue].split()[day.month - 1]
    return _LONG_DATES[tongue].format(day=day.day, month=month, year=day.year)


def weekday(day: date | datetime, zone: str | None = None) -> str:
    """The name of the day of the week."""
    if isinstance(day, datetime):
        day = day.astimezone(ZoneInfo(zone or "UTC")).date()
    return _DAY_NAMES[language()].split()[day.weekday()]


def time_of_day(moment: datetime, zone: str) -> str:
    """Hours and minutes in a zone, e.g. “09:00”."""
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


def capitalised(text: str) -> str:
    """Words that begin a sentence here and stand in the middle of one elsewhere."""
    return text[:1].upper() + text[1:]


def zone_name(zone: str, at: datetime) -> str:
    """The full name of a zone with its distance from UTC, e.g. “Dushanbe time, UTC+5”."""
    known = Locale.parse(language())
    city = get_timezone_location(zone, locale=known, return_city=True)
    if not city:
        city = zone.rpartition("/")[2].replace("_", " ")
    offset_now = at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    minutes = int(offset_now.total_seconds() // 60)
    sign = "+" if minutes >= 0 else "−"
    hours, rest = divmod(abs(minutes), 60)
    offset = f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
    return _("%(city)s time, %(offset)s", city=city, offset=offset)


def hours(minutes: int, hour: int) -> str:
    """Minutes as academic hours of `hour` minutes; cut at two places, so nobody seems to have more.

    A sentence about a requirement cuts too (credentials.rules.hours_text), and the two must agree.
    """
    hundredths = int(academic(minutes, hour) * 100)
    return str(format_decimal(hundredths / 100, format="#,##0.##"))


def init_app(app: Flask, default_language: str) -> None:
    """Choose the language of every answer, and give templates the words for it."""
    Babel(app, locale_selector=select_language, default_locale=default_language)

    @app.before_request
    def remember_default() -> None:
        g.default_language = default_language

    def text(texts: Texts | None) -> str:
        return choose(texts or {}, language())

    def paragraphs(value: str) -> Markup:
        parts = [part.strip() for part in value.replace("\r\n", "\n").split("\n\n")]
        return Markup("").join(Markup("<p>{}</p>").format(escape(part)) for part in parts if part)

    filters: dict[str, Any] = {
        "text": text,
        "sentence": sentence,
        "long_date": long_date,
        "weekday": weekday,
        "time_of_day": time_of_day,
        "hours": hours,
        "capitalised": capitalised,
        "paragraphs": paragraphs,
        "number": lambda value: str(format_decimal(value)),
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(
        get_locale=get_locale,
        language=language,
        zone_name=zone_name,
        LANGUAGE_NAMES=LANGUAGE_NAMES,
        LANGUAGES=LANGUAGES,
    )
