"""A foreign sheet as rows, columns found by their headings, and the people in it.

Headings are recognised by the words that they contain, in English, Russian and German,
because the programs change and translate them.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from courseware.attendance.matching_rules import shown_name_key
from courseware.attendance.moment_rules import (
    DateOrder,
    UnreadableDate,
    clean,
    date_order_of,
    is_blank,
    read_moment,
)
from courseware.attendance.report_rules import ReportedInterval, ReportedPerson, merged
from courseware.attendance.row_imports import NOTHING_CHANGED, Row
from courseware.errors import BadInput
from courseware.messages import N_, Message

MOST_PEOPLE = 1_000
MOST_SENTENCES = 20
LONGEST_NAME = 200
LONGEST_NOTE = 400


# The order matters: the first pattern that fits names the column.
_COLUMNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("waiting", r"waiting room|зал\w* ожидания|warteraum"),
        ("organiser", r"^host|организатор|gastgeber"),
        ("upn", r"\bUPN\b"),
        ("attended", r"^(attended|присутствовал\w*|посетил\w*|teilgenommen)$"),
        ("email", r"e-?mail|почт"),
        ("timestamp", r"time\s?stamp|(метка|отметка) времени|zeitstempel"),
        ("action", r"user action|действие|benutzeraktion|aktion"),
        (
            "duration",
            r"duration|time in session|продолжительность|длительность|время в сеансе|dauer",
        ),
        ("join", r"\bjoin|вход|присоединен|подключен|beitritt|beitret|beigetreten"),
        ("leave", r"\bleave|\bleft|\bexit|выход|покидан|отключен|verlass"),
        ("start", r"start time|время начала|startzeit|beginn"),
        ("end", r"end time|время (окончания|завершения)|endzeit|ende$"),
        ("title", r"topic|meeting title|тема|название собрания|thema|besprechungstitel"),
        ("mark", r"^(mark|status|отметка|статус|посещение)$"),
        ("from", r"^(from|since|с|прибыл\w*|arrived)$"),
        ("until", r"^(until|till|to|до|по|ушел|ушёл)$"),
        ("note", r"^(notes?|comment|примечание|комментарий)$"),
        ("session", r"^(session|занятие|сессия)$"),
        ("last_name", r"^(last name|surname|family name|фамилия|nachname)$"),
        ("first_name", r"^(first name|given name|vorname)$"),
        ("name", r"^(full |user |display )?name\b|^(полное )?имя\b|^ф\.?\s?и\.?\s?о"),
        ("name", r"^vollständiger name|^anzeigename|^participant name"),
    )
)
_ORIGINAL_NAME = re.compile(
    r"original name|настоящее имя|исходное имя|первоначальное имя|originalname", re.IGNORECASE
)
ZOOM_WORDS = re.compile(
    _ORIGINAL_NAME.pattern + r"|^guest$|^гость$|^gast$|\((minutes|минут\w*|мин\.?|minuten)\)",
    re.IGNORECASE,
)
YES = re.compile(r"^(yes|да|ja)$", re.IGNORECASE)
NO = re.compile(r"^(no|нет|nein)$", re.IGNORECASE)


@dataclass(frozen=True)
class Header:
    """The row of headings, and which column is which."""

    row: Row
    index: int
    columns: dict[str, int]

    def get(self, name: str) -> int | None:
        return self.columns.get(name)


@dataclass(frozen=True)
class Dates:
    """How the dates of this file are to be read, and onto which clock."""

    on: date | None
    order: DateOrder | None
    zone: ZoneInfo | None = None

    def reader(self, texts: Iterable[str]) -> Callable[[str], datetime | None]:
        """A function that reads this file's dates, in the one order that fits them all."""
        order = self.order or date_order_of(texts, on=self.on, zone=self.zone)

        def read(text: str) -> datetime | None:
            if is_blank(text):
                return None
            moment = read_moment(text, order, self.zone)
            if moment is None:
                raise UnreadableDate(text)
            return moment

        return read


def column_named(heading: str) -> str | None:
    heading = clean(heading).strip('"')
    return next((name for name, pattern in _COLUMNS if pattern.search(heading)), None)


def header_of(row: Row, index: int) -> Header:
    columns: dict[str, int] = {}
    for position, heading in enumerate(row.cells):
        name = column_named(heading)
        if name is not None:
            columns.setdefault(name, position)
    if "first_name" in columns and "last_name" in columns:
        columns["name"] = columns["first_name"]
    original = next((at for at, text in enumerate(row.cells) if _ORIGINAL_NAME.search(text)), None)
    if original is not None:
        _beside_the_name(columns, row, original)
    return Header(row, index, columns)


def _beside_the_name(columns: dict[str, int], row: Row, original: int) -> None:
    """Zoom's list of all meetings begins each row with the host; the person comes after.

    Its webinars give the name once whole and once in parts: the whole one is enough.
    """
    columns["name"] = original
    columns.pop("last_name", None)
    for position, heading in enumerate(row.cells[original + 1 :], original + 1):
        name = column_named(heading)
        if name in ("email", "duration") and columns[name] < original:
            columns[name] = position


def name_in(row: Row, header: Header) -> str:
    """The name in a row, of one column or of two."""
    parts = [row.cell(header.get("name"))]
    if "last_name" in header.columns:
        parts.append(row.cell(header.get("last_name")))
    return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class MeetingHead:
    title: str = ""
    moments: tuple[str, ...] = ()


def meeting_head(rows: Sequence[Row]) -> MeetingHead:
    """Title, start and end of the meeting from above the list, where the file has them."""
    for index, row in enumerate(rows[:-1]):
        columns = header_of(row, index).columns
        if "start" in columns and "end" in columns:
            values = rows[index + 1]
            moments = (values.cell(columns["start"]), values.cell(columns["end"]))
            return MeetingHead(values.cell(columns.get("title"))[:LONGEST_NAME], moments)
    # Teams between its generations has one line for each: "Meeting Start Time <tab> …".
    pairs = {column_named(row.cell(0)): row.cell(1) for row in rows}
    if pairs.get("start") and pairs.get("end"):
        return MeetingHead(pairs.get("title", "")[:LONGEST_NAME], (pairs["start"], pairs["end"]))
    return MeetingHead()


def body_of(rows: Sequence[Row], header: Header) -> list[Row]:
    """The rows below the headings that name somebody."""
    return [row for row, _header in parts_of(rows, header)]


def parts_of(rows: Sequence[Row], header: Header) -> list[tuple[Row, Header]]:
    """The rows that name somebody, each with the headings that are in force for it.

    Files that somebody put one below the other, and Zoom's webinars, have their headings
    again and again, and lines about the meeting between them.
    """
    heads = {row.cells for row in rows[: header.index] if _is_about_a_meeting(row)}
    words = {cell for cell in header.row.cells if cell}
    found = []
    is_value = False
    for index, row in enumerate(rows[header.index + 1 :], header.index + 1):
        if is_value or row.cells in heads:
            is_value = not is_value
        elif len(words.intersection(row.cells)) > 2:
            header = header if row.cells == header.row.cells else header_of(row, index)
        elif name_in(row, header) and not NO.match(row.cell(header.get("attended"))):
            found.append((row, header))
    return found


def _is_about_a_meeting(row: Row) -> bool:
    return {"start", "end"} <= header_of(row, 0).columns.keys()


def email_of(row: Row, header: Header) -> str:
    """The address in a row, lower case; the sign-in name where there is no address."""
    for column in ("email", "upn"):
        text = row.cell(header.get(column)).lower()
        if "@" in text and len(text) <= 254:
            return text
    return ""


def interval_of(
    row: Row, header: Header, read: Callable[[str], datetime | None]
) -> ReportedInterval:
    """From joining to leaving, as a row says."""
    return ReportedInterval(read(row.cell(header.get("join"))), read(row.cell(header.get("leave"))))


def refuse_if(wrong: Sequence[Message]) -> None:
    """Raise what is wrong with a file, the first rows of it."""
    if wrong:
        more = len(wrong) - MOST_SENTENCES
        sentences = list(wrong[:MOST_SENTENCES])
        if more > 0:
            sentences.append(Message(N_("And %(count)s more rows like these."), count=more))
        raise BadInput([*sentences, Message(NOTHING_CHANGED)])


class People:
    """The people of a file, gathered by address, else by name, in order of appearance."""

    def __init__(self) -> None:
        self._parts: dict[str, list[ReportedPerson]] = {}

    def add(
        self,
        name: str,
        email: str,
        row: int,
        *,
        interval: ReportedInterval | None = None,
        minutes: int | None = None,
    ) -> None:
        """Add what one row says; a row without a name and an address is nobody.

        Who has neither time nor minutes is listed and was not there: programs name those who
        registered or were called.
        """
        name = name[:LONGEST_NAME]
        if not name and not email:
            return
        is_timed = interval is not None and (interval.start or interval.end)
        self._parts.setdefault(self._key(name, email), []).append(
            ReportedPerson(
                name or email,
                email,
                intervals=(interval,) if interval is not None and is_timed else (),
                minutes=minutes,
                times_known=minutes is None,
                row=row,
            )
        )

    def has(self, name: str, email: str) -> bool:
        return self._key(name, email) in self._parts

    def listed(self) -> tuple[ReportedPerson, ...]:
        return tuple(merged(parts) for parts in self._parts.values())

    def add_summary(
        self,
        name: str,
        email: str,
        row: int,
        *,
        interval: ReportedInterval,
        minutes: int | None,
    ) -> None:
        """Add first and last moment of somebody, which may hide that they were away between.

        Where the minutes are fewer than lie between, only they are known.
        """
        if interval.start and interval.end and minutes is not None:
            between = (interval.end - interval.start).total_seconds() / 60
            if between - minutes > 1:
                self.add(name, email, row, interval=interval, minutes=minutes)
                return
        self.add(name, email, row, interval=interval)

    @staticmethod
    def _key(name: str, email: str) -> str:
        return email or shown_name_key(name)
