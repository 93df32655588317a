"""How other programs write dates, times and durations, and in which order day and month stand."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class DateOrder(StrEnum):
    """In which order a file writes day, month and year."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


class AmbiguousDates(Exception):
    """The dates of a file can be read in two ways and nothing known decides between them."""

    def __init__(self, readings: dict[DateOrder, date]) -> None:
        super().__init__("The dates can be read in two ways.")
        self.readings = readings


class UnknownDay(Exception):
    """A file has times of the day and does not say of which day."""


class UnreadableDate(Exception):
    """A text that should be a date and time is none in any order."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


_CLOCK = (
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?(?:[.,]\d{1,7})?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?(?:\s?Uhr)?"
)
# "г." and "ж." stand for *year* in Russian and in Kazakh.
_BETWEEN = r"(?:\s?[гж]\.?)?(?:[\s,T]|\bum\b)+"
_OFFSET = r"\s*(?P<offset>Z|(?:UTC|GMT)?[+-]\d\d:?\d\d)?"
_WEEKDAY = r"(?:[^\W\d_]{2,12}\.?,?\s)?"
_MONTH = r"(?P<month>[^\W\d_]{3,12})\.?"

_NUMERIC = re.compile(
    r"^\D{0,5}(?P<a>\d{1,4})(?P<mark>[./-])(?P<b>\d{1,2})(?P=mark)(?P<c>\d{1,4})"
    rf"{_BETWEEN}{_CLOCK}{_OFFSET}$"
)
_MONTH_IN_WORDS = re.compile(
    rf"^{_WEEKDAY}{_MONTH}\s(?P<day>\d{{1,2}}),?\s(?P<year>\d{{4}}){_BETWEEN}{_CLOCK}{_OFFSET}$"
)
_DAY_AND_WORDS = re.compile(
    rf"^{_WEEKDAY}(?P<day>\d{{1,2}})[.-]?\s?{_MONTH},?[\s-](?P<year>\d{{4}})"
    rf"{_BETWEEN}{_CLOCK}{_OFFSET}$"
)
# The first letters of each month: English, Russian (and Tajik), German, Kazakh.
_MONTHS = (
    ("jan", "янв", "jän", "қаң"), ("feb", "фев", "ақп"), ("mar", "мар", "mär", "mrz", "нау"),
    ("apr", "апр", "сәу"), ("may", "май", "мая", "mai", "мам"), ("jun", "июн", "мау"),
    ("jul", "июл", "шіл"), ("aug", "авг", "там"), ("sep", "сен", "қыр"),
    ("oct", "окт", "okt", "қаз"), ("nov", "ноя", "қар"), ("dec", "дек", "dez", "жел"),
)  # fmt: skip
_MONTH_NUMBERS = {start: at for at, starts in enumerate(_MONTHS, 1) for start in starts}
_INVISIBLE = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\u0000]")
_SPACES = re.compile(r"\s+")
_CENTURY = range(2000, 2100)
_LONGEST = 60


def clean(text: str) -> str:
    """A cell without invisible marks, with single spaces."""
    if text.isascii() and (text.isalnum() or not text):
        return text  # there may be a million of them
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()


def is_blank(text: str) -> bool:
    """Whether a cell says nothing; some programs write dashes there."""
    return not clean(text).strip("-–— ")


def read_moment(text: str, order: DateOrder, zone: ZoneInfo | None = None) -> datetime | None:
    """The date and time in `text`, on the clock of the file; None if it is none in that order.

    A moment that states its offset from UTC is put on the clock of `zone`.
    """
    text = clean(text)
    if len(text) > _LONGEST:
        return None
    if found := _NUMERIC.match(text):
        first, second, third = found["a"], found["b"], found["c"]
        if len(first) == 4:
            year, month, day = first, second, third
        elif found["mark"] == "." or order == DateOrder.DAY_FIRST:
            day, month, year = first, second, third
        else:
            month, day, year = first, second, third
        if found["mark"] == "." and len(first) != 4 and order != DateOrder.DAY_FIRST:
            return None  # nobody writes the month first with full stops
        return _moment(int(year), int(month), int(day), found, zone)
    found = _MONTH_IN_WORDS.match(text) or _DAY_AND_WORDS.match(text)
    if found is None:
        return None
    month_number = _MONTH_NUMBERS.get(found["month"][:3].casefold(), 0)
    return _moment(int(found["year"]), month_number, int(found["day"]), found, zone)


def hour_of(hour: str, half: str | None) -> int:
    """The hour of the day, of which a twelve-hour clock gives the half apart."""
    half = (half or "").lower()[:1]
    number = int(hour)
    # Some exports write "13:05:00 PM"; then the half of the day says nothing new.
    return number % 12 + (12 if half == "p" else 0) if half and number <= 12 else number


def _moment(
    year: int, month: int, day: int, found: re.Match[str], zone: ZoneInfo | None
) -> datetime | None:
    year += 2000 if year < 100 else 0
    if year not in _CENTURY:
        return None
    hour, second = hour_of(found["hour"], found["half"]), int(found["second"] or 0)
    try:
        moment = datetime(year, month, day, hour, int(found["minute"]), second)
        if found["offset"] and zone is not None:
            offset = "+0000" if found["offset"] == "Z" else found["offset"][-6:].lstrip("TC ")
            aware = datetime.strptime(f"{moment:%Y%m%d%H%M%S}{offset}", "%Y%m%d%H%M%S%z")
            moment = aware.astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return moment


def date_order_of(
    texts: Iterable[str], *, on: date | None, zone: ZoneInfo | None = None
) -> DateOrder:
    """In which order the file writes its dates.

    An order in which one of the dates does not exist is out. Where both remain, the one
    that falls on the day of the session (`on`, or a day beside it: another time zone)
    is meant. Raises AmbiguousDates where nothing decides, UnreadableDate for no date.
    """
    wanted = [text for text in texts if not is_blank(text)]
    readings: dict[DateOrder, list[datetime]] = {}
    for order in DateOrder:
        moments = [read_moment(text, order, zone) for text in wanted]
        if all(moment is not None for moment in moments):
            readings[order] = [moment for moment in moments if moment is not None]
    if not readings:
        raise UnreadableDate(_first_unreadable(wanted))
    possible = list(readings)
    if len(possible) == 1 or readings[possible[0]] == readings[possible[1]]:
        return possible[0]
    if on is not None:
        # A meeting over midnight on 7 July is on that day in both orders, and all of it in one.
        for enough in (any, all):
            near = [
                order
                for order in possible
                if enough(
                    abs(moment.date() - on) <= timedelta(days=1) for moment in readings[order]
                )
            ]
            if len(near) == 1:
                return near[0]
    raise AmbiguousDates({order: readings[order][0].date() for order in possible})


def _first_unreadable(texts: Sequence[str]) -> str:
    for text in texts:
        if all(read_moment(text, order) is None for order in DateOrder):
            return text
    # Each can be read in some order, but no order reads them all: show one of them.
    return next(text for text in texts if read_moment(text, DateOrder.DAY_FIRST) is None)


_PART = re.compile(r"(\d{1,5})\s*([^\W\d_]+)\.?")
# How the words for a unit begin, the longer beginnings first: English, Russian, German, Kazakh,
# Tajik. "Std." is an hour although it begins as a second does.
_UNITS = (
    ("std", 3600), ("stunde", 3600), ("соат", 3600), ("сағ", 3600), ("дақ", 60),
    ("h", 3600), ("ч", 3600), ("m", 60), ("м", 60), ("s", 1), ("с", 1), ("d", 86400), ("д", 86400),
)  # fmt: skip


def minutes_in(text: str) -> int | None:
    """Whole minutes in `75`, `1h 27m 51s`, `3 Std. 15 Min.` or `1:27:51`; None for no duration."""
    text = clean(text)
    if re.fullmatch(r"\d{1,5}([.,]\d{1,3})?", text):
        return round(float(text.replace(",", ".")))
    if found := re.fullmatch(r"(\d{1,3}):(\d\d):(\d\d)", text):
        seconds = int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
        return (seconds + 30) // 60
    parts = _PART.findall(text)
    if not parts or len(text) > 40:
        return None
    seconds = 0
    for number, word in parts:
        unit = next((size for start, size in _UNITS if word.casefold().startswith(start)), None)
        if unit is None:
            return None
        seconds += int(number) * unit
    return (seconds + 30) // 60


def looks_like_moment(text: str) -> bool:
    """Whether `text` is a date and time in some order."""
    return any(read_moment(text, order) is not None for order in DateOrder)
