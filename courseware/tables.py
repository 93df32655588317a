"""Tables that people bring and take: .xlsx and .csv, recognised by content, never by file name."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from itertools import islice

from courseware.messages import Message
from courseware.workbooks import (
    MAX_CELL,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_UPLOAD,
    Cell,
    Sheet,
    UnreadableTable,
    as_text,
    check_size,
    column_letters,
    looks_like_a_zip,
    read_cells,
    too_long,
    write_workbook,
)

__all__ = [
    "Cell", "Columns", "Row", "Sheet", "Table", "UnreadableTable", "column_letters", "decoded",
    "match_columns", "read_rows", "read_table", "refuse_other_files", "write_csv", "write_xlsx",
]  # fmt: skip

_DELIMITERS = ",;\t"
_OTHER_FILES = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"{\\rtf": "RTF",
    b"Rar!": "RAR",
    b"\x1f\x8b": "gzip",
    b"7z\xbc\xaf": "7z",
}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1f]")
_RISKY = frozenset("'=+-@\t\r\n＝＋－＠")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


@dataclass(frozen=True)
class Row:
    """One row with its number as the spreadsheet program shows it."""

    number: int
    cells: tuple[str, ...]

    def __getitem__(self, column: int) -> str:
        return self.cells[column] if column < len(self.cells) else ""


@dataclass(frozen=True)
class Table:
    """A header and the rows below it that are not empty; every cell is stripped text."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, title: str) -> int | None:
        """Which column has this title, compared without case and punctuation; None if none has."""
        wanted = _comparable(title)
        return next(
            (at for at, name in enumerate(self.header) if _comparable(name) == wanted), None
        )


@dataclass(frozen=True)
class Columns:
    """Which column of a table holds which field, and what about that needs saying.

    `problems` stop an import; `remarks` are columns that are simply not read.
    """

    places: Mapping[str, int]
    problems: tuple[Message, ...] = ()
    remarks: tuple[Message, ...] = ()
    unknown: tuple[str, ...] = field(default=())

    def cell(self, row: Row, name: str) -> str:
        """The text of field `name` in `row`, or "" where the table has no such column."""
        place = self.places.get(name)
        return "" if place is None else row[place]

    def has(self, name: str) -> bool:
        """Whether the table has a column for field `name`."""
        return name in self.places


def read_table(data: bytes, filename: str = "") -> Table:
    """The table in an .xlsx or .csv file: the first row that is not empty is the header.

    Raises UnreadableTable with sentences. `filename` is only for those sentences.
    """
    rows = read_rows(data, filename)
    if not rows:
        raise UnreadableTable(Message("The file has no rows. Upload a file with a header row."))
    head, *body = rows
    width = max(at + 1 for at, cell in enumerate(head.cells) if cell)
    wide = [
        Message(
            "Row %(row)s has a value in column %(column)s, which has no heading. "
            "Check the row for a separator too many.",
            row=row.number,
            column=column_letters(max(at + 1 for at, cell in enumerate(row.cells) if cell)),
        )
        for row in body
        if any(row.cells[width:])
    ]
    if wide:
        raise UnreadableTable(*wide[:20])
    return Table(
        header=head.cells[:width],
        rows=tuple(
            Row(row.number, (row.cells + ("",) * (width - len(row.cells)))[:width]) for row in body
        ),
    )


def read_rows(data: bytes, filename: str = "") -> tuple[Row, ...]:
    """All rows that are not empty, for files that are more than one table; see `read_table`."""
    if not data.strip(b"\0 \t\r\n"):
        raise UnreadableTable(Message("The file is empty. Choose the file again."))
    if len(data) > MAX_UPLOAD:
        raise UnreadableTable(
            Message(
                "The file is larger than %(limit)s MB. Remove pictures and other sheets from it.",
                limit=MAX_UPLOAD // 2**20,
            )
        )
    found = read_cells(data) if looks_like_a_zip(data) else _read_text(data, filename)
    rows = []
    width = 0
    for number, cells in found:
        texts = tuple(_stripped(cell) for cell in cells)
        for at, text in enumerate(texts, start=1):
            if len(text) > MAX_CELL:
                raise UnreadableTable(too_long(number, at))
        if any(texts):
            width = max(width, *(at for at, text in enumerate(texts, start=1) if text))
            check_size(number, width)
            rows.append(Row(number, texts))
    return tuple(rows)


def _stripped(cell: str) -> str:
    """No NUL, which databases refuse, and no space around."""
    return cell.replace("\0", "").strip()


def _without_apostrophe(cell: str) -> str:
    """What `write_csv` was given, before it guarded a formula."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def refuse_other_files(data: bytes) -> None:
    """Raise UnreadableTable for what its first bytes say is no table, and say what it is."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableTable(
            Message(
                "The file is an old Excel file (.xls) or protected by a password. "
                "Save it as .xlsx without a password and upload that file."
            )
        )
    for start, kind in _OTHER_FILES.items():
        if data.startswith(start):
            raise UnreadableTable(
                Message(
                    "The file is a %(kind)s file, not a table. "
                    "Save the table as .xlsx or .csv and upload that file.",
                    kind=kind,
                )
            )


def _read_text(data: bytes, filename: str) -> Iterable[tuple[int, list[str]]]:
    refuse_other_files(data)
    text = decoded(data)
    declared = re.match(r"sep=([,;\t])\r?\n", text)
    delimiter = declared[1] if declared else _delimiter_of(text)
    # With the line kept, row numbers stay those of the text; Excel hides it and counts from 1.
    text = text[declared.end() :] if declared else text
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field larger" in str(error):
                raise UnreadableTable(too_long(number, 1)) from error
            raise UnreadableTable(
                Message(
                    "Row %(row)s: a quotation mark is opened and not closed, or stands inside a "
                    "text that is not in quotation marks. Correct it, or save the table as .xlsx.",
                    row=number,
                )
            ) from error
        is_far = len(cells) > MAX_COLUMNS or number > MAX_ROWS
        if is_far and any(cell.strip() for cell in cells):
            check_size(number, len(cells))
        yield number, [_without_apostrophe(cell) for cell in cells]


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 of either byte order, or Windows-1251."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return _decoded_as(encoding, data)
    sample = data[:4096]
    # Without a mark, text in UTF-16 shows by the empty half of its spaces, digits and separators.
    if sample.count(0) > len(sample) // 20:
        low, high = sample[1::2].count(0), sample[0::2].count(0)
        return _decoded_as("utf-16-le" if low > high else "utf-16-be", data)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        text = _decoded_as("cp1251", data)
    if _CONTROL.search(text):
        raise UnreadableTable(_NOT_TEXT)
    return text


_NOT_TEXT = Message(
    "The file is neither an Excel workbook nor text in UTF-8, UTF-16 or Windows-1251. "
    "Save the table as .xlsx or as CSV UTF-8 and upload that file."
)


def _decoded_as(encoding: str, data: bytes) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableTable(_NOT_TEXT) from error


def _delimiter_of(text: str) -> str:
    """The separator that cuts the rows most evenly, judged by the first fifty."""

    def score(delimiter: str) -> tuple[bool, float, int]:
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            widths = [len(cells) for cells in islice(filter(any, reader), 50)]
        except csv.Error:
            return (False, 0.0, 0)
        if not widths:
            return (False, 0.0, 0)
        alike = sum(width == widths[0] for width in widths) / len(widths)
        if widths[0] > 1:
            return (True, alike, widths[0])
        return (False, float(sum(widths)), 0)

    return max(_DELIMITERS, key=score)


def _comparable(title: str) -> str:
    """A heading without case, accents of type and punctuation: "E-mail *" is "email"."""
    text = unicodedata.normalize("NFKC", title).casefold().replace("ё", "е")
    return "".join(letter for letter in text if letter.isalnum())


def match_columns(
    table: Table, accepted: Mapping[str, Sequence[str]], *, required: Iterable[str] = ()
) -> Columns:
    """Find the column of each field by its accepted headings, the first of which names it.

    A field found twice or a required one not found is a problem; other columns are remarks.
    """
    known = {_comparable(title): name for name, titles in accepted.items() for title in titles}
    places: dict[str, int] = {}
    problems: list[Message] = []
    remarks: list[Message] = []
    unknown: list[str] = []
    for at, title in enumerate(table.header):
        name = known.get(_comparable(title)) if title else None
        if name is None:
            if title:
                unknown.append(title)
                remarks.append(_unknown_column(title, at, known, accepted))
            elif any(row[at] for row in table.rows):
                remarks.append(
                    Message(
                        "Column %(column)s has no heading and is not read.",
                        column=column_letters(at + 1),
                    )
                )
        elif name in places:
            problems.append(
                Message(
                    "Columns %(first)s (“%(first_title)s”) and %(second)s (“%(second_title)s”) "
                    "both hold “%(field)s”. Remove or rename one of them.",
                    first=column_letters(places[name] + 1),
                    first_title=_short(table.header[places[name]]),
                    second=column_letters(at + 1),
                    second_title=_short(title),
                    field=accepted[name][0],
                )
            )
        else:
            places[name] = at
    for name in required:
        if name not in places:
            problems.append(
                Message(
                    "The column “%(field)s” is missing. Accepted headings: %(accepted)s. "
                    "The file has: %(found)s.",
                    field=accepted[name][0],
                    accepted=_listed(accepted[name]),
                    found=_listed([title for title in table.header if title]),
                )
            )
    return Columns(places, tuple(problems), tuple(remarks), tuple(unknown))


def _unknown_column(
    title: str, at: int, known: Mapping[str, str], accepted: Mapping[str, Sequence[str]]
) -> Message:
    near = get_close_matches(_comparable(title), known, n=1, cutoff=0.8)
    if near:
        return Message(
            "Column %(column)s (“%(title)s”) is not known and is not read. "
            "Did you mean “%(meant)s”?",
            column=column_letters(at + 1),
            title=_short(title),
            meant=accepted[known[near[0]]][0],
        )
    return Message(
        "Column %(column)s (“%(title)s”) is not known and is not read.",
        column=column_letters(at + 1),
        title=_short(title),
    )


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _listed(titles: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(f"“{_short(title)}”" for title in titles[:most])
    return f"{shown}, …" if len(titles) > most else shown


def write_xlsx(*sheets: Sheet) -> bytes:
    """An Excel workbook with typed cells, in which text is never a formula or a link."""
    return write_workbook(sheets)


def write_csv(
    header: Sequence[str], rows: Iterable[Sequence[Cell]], *, delimiter: str = ","
) -> bytes:
    """CSV in UTF-8 with a mark, so that Excel reads Cyrillic, and without formulas.

    Text that a spreadsheet program would calculate gets an apostrophe before it, which
    `read_table` takes off again.
    """
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([_safe(title) for title in header])
    writer.writerows(
        # Most cells are texts; a function of ours for each of a million would double the time.
        [_safe_text(cell) if type(cell) is str else _safe(cell) for cell in row]
        for row in rows
    )
    text = target.getvalue().encode("utf-8", errors="replace")
    return b"\xef\xbb\xbf" + text


def _safe(cell: Cell) -> str:
    if isinstance(cell, str):
        return _safe_text(cell)
    return str(cell) if type(cell) is int else as_text(cell)


@lru_cache(8192)  # there may be a million cells, and most are said again and again
def _safe_text(text: str) -> str:
    text = text.replace("\0", "") if "\0" in text else text
    return f"'{text}" if text[:1] in _RISKY and _FORMULA.match(text) else text
