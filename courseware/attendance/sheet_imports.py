"""A foreign sheet as rows, columns found by their headings, and the people in it.

Headings are recognised by the words that they contain, in English, Russian and German,
because the programs change and translate them.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from courseware.attendance.matching_rules import shown_name_key
from courseware.attendance.report_rules import (
    DateOrder,
    ReportedInterval,
    ReportedPerson,
    UnreadableDate,
    clean,
    date_order_of,
    read_moment,
)
from courseware.errors import BadInput
from courseware.messages import N_, Message
from courseware.tables import UnreadableTable, decoded, read_rows

MOST_BYTES = 5_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 200
MOST_PEOPLE = 1_000
MOST_SENTENCES = 20
LONGEST_NAME = 200
LONGEST_NOTE = 400

NOTHING_CHANGED = N_("Nothing was imported. Correct the file and import it again.")


@dataclass(frozen=True)
class Row:
    """One line of a file with its number, as a person counts it."""

    number: int
    cells: tuple[str, ...]

    def cell(self, column: int | None) -> str:
        if column is None or column >= len(self.cells):
            return ""
        return self.cells[column]


# The order matters: the first pattern that fits names the column.
_COLUMNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE))
    for name, pattern in (
        ("waiting", r"waiting room|зал\w* ожидания|warteraum"),
        ("organiser", r"^host|организатор|gastgeber"),
        ("upn", r"\bUPN\b"),
        ("email", r"e-?mail|почт"),
        ("timestamp", r"time\s?stamp|(метка|отметка) времени|zeitstempel"),
        ("action", r"user action|действие|benutzeraktion|aktion"),
        ("duration", r"duration|продолжительность|длительность|dauer"),
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
        ("name", r"^(full |user )?name\b|^(полное )?имя\b|^ф\.?\s?и\.?\s?о|^vollständiger name"),
    )
)
ZOOM_WORDS = re.compile(
    r"original name|настоящее имя|исходное имя|первоначальное имя|originalname"
    r"|^guest$|^гость$|^gast$|\((minutes|минут\w*|мин\.?|minuten)\)",
    re.IGNORECASE,
)
YES = re.compile(r"^(yes|да|ja)$", re.IGNORECASE)
_DURATION_PARTS = re.compile(r"(\d+)\s*([hmsчмсшdд])", re.IGNORECASE)


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
    """How the dates of this file are to be read."""

    on: date | None
    order: DateOrder | None

    def reader(self, texts: Iterable[str]) -> Callable[[str], datetime | None]:
        """A function that reads this file's dates, in the one order that fits them all."""
        texts = list(texts)
        order = self.order or date_order_of(texts, on=self.on)

        def read(text: str) -> datetime | None:
            if not clean(text):
                return None
            moment = read_moment(text, order)
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
    return Header(row, index, columns)


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


def rows_of(data: bytes, file_name: str) -> list[Row]:
    """The lines of a text file or the rows of a workbook's first sheet, cells cleaned."""
    if len(data) > MOST_BYTES:
        raise _refused(N_("“%(file)s” is larger than 5 MB; a meeting report never is."), file_name)
    try:
        if data.startswith(b"PK"):
            rows = [Row(row.number, row.cells) for row in read_rows(data, file_name)]
        else:
            rows = list(_text_rows(_text_of(data), file_name))
    except UnreadableTable as error:
        raise BadInput([*error.messages, Message(NOTHING_CHANGED)]) from error
    return [Row(row.number, tuple(clean(cell) for cell in row.cells)) for row in rows]


def _text_of(data: bytes) -> str:
    text = decoded(data)
    if not text.strip("\0 \t\r\n\ufeff"):
        raise UnreadableTable(Message(N_("The file is empty. Choose the file again.")))
    return text


def _refused(text: str, file_name: str) -> BadInput:
    return BadInput([Message(text, file=file_name), Message(NOTHING_CHANGED)])


def _text_rows(text: str, file_name: str) -> Iterator[Row]:
    """The lines of a text, measured while they are read: a file may be made to be large."""
    delimiter = _delimiter_of(text)
    for number, cells in _lines(text, delimiter, file_name):
        if number > MOST_ROWS:
            raise _refused(N_("“%(file)s” has more than 20,000 rows."), file_name)
        if len(cells) > MOST_COLUMNS and any(map(str.strip, cells[MOST_COLUMNS:])):
            raise BadInput(
                [
                    Message(
                        N_(
                            "“%(file)s”, row %(row)s has %(count)s columns, and at most "
                            "%(most)s are read. It is not a report that can be read here."
                        ),
                        file=file_name,
                        row=number,
                        count=len(cells),
                        most=MOST_COLUMNS,
                    ),
                    Message(NOTHING_CHANGED),
                ]
            )
        yield Row(number, tuple(cells[:MOST_COLUMNS]))


def _delimiter_of(text: str) -> str:
    # The list of people decides, not the line of the meeting above it.
    if text.count("\t") >= max(1, text.count("\n") // 2):
        return "\t"
    return ";" if text.count(";") > text.count(",") else ","


def _lines(text: str, delimiter: str, file_name: str) -> Iterator[tuple[int, list[str]]]:
    if delimiter == "\t":
        # Programs that write tabs do not quote: a lone quotation mark is part of a name.
        for number, line in enumerate(io.StringIO(text, newline=None), 1):
            yield number, [cell.strip('"') for cell in line.rstrip("\n").split("\t")]
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        message = N_("“%(file)s” is not a table that can be read.")
        raise _refused(message, file_name) from error


def body_of(rows: Sequence[Row], header: Header) -> list[Row]:
    """The rows below the headings that name somebody."""
    return [row for row in rows[header.index + 1 :] if name_in(row, header)]


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


def minutes_in(text: str) -> int | None:
    """Whole minutes in `75`, `1h 27m 51s`, `19 мин 26 с` or `1:27:51`; None for no duration."""
    text = clean(text)
    if re.fullmatch(r"\d{1,5}([.,]\d{1,3})?", text):
        return round(float(text.replace(",", ".")))
    if found := re.fullmatch(r"(\d{1,3}):(\d\d):(\d\d)", text):
        seconds = int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
        return (seconds + 30) // 60
    parts = _DURATION_PARTS.findall(text)
    if not parts or len(text) > 40:
        return None
    seconds = sum(int(number) * _UNIT_SECONDS[unit.lower()] for number, unit in parts)
    return (seconds + 30) // 60


_UNIT_SECONDS = {"h": 3600, "ч": 3600, "m": 60, "м": 60, "s": 1, "с": 1, "d": 86400, "д": 86400}


def looks_like_moment(text: str) -> bool:
    """Whether `text` is a date and time in some order."""
    return any(read_moment(text, order) is not None for order in DateOrder)


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
        self._people: dict[str, ReportedPerson] = {}

    def add(
        self,
        name: str,
        email: str,
        row: int,
        *,
        interval: ReportedInterval | None = None,
        minutes: int | None = None,
    ) -> None:
        """Add what one row says; a row without a name and an address is nobody."""
        name = name[:LONGEST_NAME]
        if not name and not email:
            return
        key = self._key(name, email)
        known = self._people.get(key) or ReportedPerson(name or email, email, row=row)
        if minutes is not None:
            known = replace(known, minutes=(known.minutes or 0) + minutes, times_known=False)
        if interval is not None:
            known = replace(known, intervals=(*known.intervals, interval))
        self._people[key] = known

    def has(self, name: str, email: str) -> bool:
        return self._key(name, email) in self._people

    def listed(self) -> tuple[ReportedPerson, ...]:
        return tuple(self._people.values())

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
                self.add(name, email, row, minutes=minutes)
                return
        self.add(name, email, row, interval=interval)

    @staticmethod
    def _key(name: str, email: str) -> str:
        return email or shown_name_key(name)
