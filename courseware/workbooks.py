"""Excel workbooks (.xlsx): looked over before they are opened, read as text, written typed.

A reader allocates the whole rectangle up to the last cell and a copy of a shared text for every
cell that shows it, so a file of some kilobytes can cost gigabytes. Everything that a workbook
could grow into is therefore measured first, on the inflated bytes themselves.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from xml.parsers import expat

import xlsxwriter
from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from courseware.messages import Message

Cell = str | int | float | Fraction | Decimal | bool | date | datetime | time | timedelta | None

MAX_UPLOAD = 10 * 2**20
MAX_INFLATED = 64 * 2**20
MAX_PARTS = 500
MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_CELLS = 1_000_000
MAX_CELL = 32_767
"""The most characters that Excel itself keeps in a cell."""

_CHUNK = 2**16
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_WITH_CONTENT = frozenset({"v", "is", "f"})


class UnreadableTable(ValueError):
    """The file is not a table that can be read; `messages` say why and what to do."""

    def __init__(self, *messages: Message) -> None:
        super().__init__(" ".join(str(message) for message in messages))
        self.messages = list(messages)


def looks_like_a_zip(data: bytes) -> bool:
    """Whether `data` begins as every .xlsx file does."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def read_cells(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first visible sheet with cells in it, as row number and texts.

    Numbers lose a needless ".0"; dates read `2025-04-07`, times `09:00`, both `2025-04-07 09:00`.
    """
    look_over(data)
    try:
        workbook = load_workbook(io.BytesIO(data))
        for index, about in enumerate(workbook.sheets_metadata):
            if about.visible != SheetVisibleEnum.Visible or about.typ != SheetTypeEnum.WorkSheet:
                continue
            sheet = workbook.get_sheet_by_index(index)
            if sheet.start is None:
                continue
            top, left = sheet.start
            rows = sheet.to_python(skip_empty_area=True)
            break
        else:
            return
    except BaseException as error:
        # The reader is a compiled library: what it did not expect reaches us as a panic,
        # which is not an Exception.
        if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError):
            raise
        raise UnreadableTable(_DAMAGED) from error
    for number, cells in enumerate(rows, start=top + 1):
        yield number, [""] * left + [as_text(cell) for cell in cells]


def as_text(cell: object) -> str:
    """A cell's value as a person would type it into a CSV file."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return f"{cell.date().isoformat()} {as_text(cell.time())}"
        case time():
            return cell.isoformat("seconds" if cell.second else "minutes")
        case timedelta():
            minutes, seconds = divmod(round(cell.total_seconds()), 60)
            hours, minutes = divmod(minutes, 60)
            return f"{hours:02}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
        case _:
            return str(cell)


_DAMAGED = Message(
    "The file looks like an Excel workbook, but it cannot be opened. "
    "Open it in Excel, save it again as .xlsx and upload that file."
)
_TOO_LARGE = Message(
    "The workbook unpacks to more than %(limit)s MB and was not opened. "
    "Keep only the sheet with the table and upload it again.",
    limit=MAX_INFLATED // 2**20,
)


def look_over(data: bytes) -> None:
    """Refuse a workbook that is damaged, no .xlsx, or would grow beyond the limits when read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except Exception as error:  # a broken directory breaks in many ways
        raise UnreadableTable(_DAMAGED) from error
    names = [part.filename for part in parts]
    if "[Content_Types].xml" not in names or any(
        name.endswith(".bin") and "workbook" in name for name in names
    ):
        raise UnreadableTable(
            Message(
                "The file is packed, but it is not an Excel workbook (.xlsx). "
                "Save the table as .xlsx or .csv and upload it again."
            )
        )
    if len(parts) > MAX_PARTS or len(set(names)) < len(names):
        raise UnreadableTable(_DAMAGED)
    if sum(part.file_size for part in parts) > MAX_INFLATED:
        raise UnreadableTable(_TOO_LARGE)
    # The directory may lie: only really inflating tells, and it stops at the size promised.
    roots = {part.filename: _root(part, data) for part in parts}
    texts = _SharedTexts()
    for part in parts:
        if roots[part.filename] == "sst":
            _parse(part, data, texts)
    for part in parts:
        if roots[part.filename] == "worksheet":
            _parse(part, data, _Sheet(texts.lengths))


def _inflated(part: zipfile.ZipInfo, data: bytes) -> Iterator[bytes]:
    """The bytes of one part in pieces, never more than its directory entry promises."""
    if part.flag_bits & 0x1:
        raise UnreadableTable(Message("The workbook is protected by a password. Save it without."))
    header = data[part.header_offset : part.header_offset + 30]
    if len(header) < 30 or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnreadableTable(_DAMAGED)
    name_size, extra_size = struct.unpack("<HH", header[26:30])
    start = part.header_offset + 30 + name_size + extra_size
    packed = memoryview(data)[start : start + part.compress_size]
    promised = part.file_size
    if part.compress_type == zipfile.ZIP_STORED:
        if len(packed) != promised:
            raise UnreadableTable(_DAMAGED)
        for at in range(0, len(packed), _CHUNK):
            yield bytes(packed[at : at + _CHUNK])
        return
    inflator = zlib.decompressobj(-zlib.MAX_WBITS)
    source: bytes | memoryview = packed
    try:
        while not inflator.eof:
            piece = inflator.decompress(source, _CHUNK)
            source = inflator.unconsumed_tail
            promised -= len(piece)
            if promised < 0 or not (piece or source or inflator.eof):
                raise UnreadableTable(_DAMAGED)
            if piece:
                yield piece
    except zlib.error as error:
        raise UnreadableTable(_DAMAGED) from error


class _Stop(Exception):
    """Enough of a part has been read."""


def _parse(
    part: zipfile.ZipInfo, data: bytes, handler: Callable[[expat.XMLParserType], None]
) -> None:
    """Run the XML of one part through `handler`, refusing document types and broken XML."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise UnreadableTable(_DAMAGED)

    parser.StartDoctypeDeclHandler = refuse
    handler(parser)
    try:
        for piece in _inflated(part, data):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if isinstance(error, UnreadableTable):
            raise
        raise UnreadableTable(_DAMAGED) from error


def _root(part: zipfile.ZipInfo, data: bytes) -> str:
    """The name of a part's outermost element, or "" where it is no XML; inflates all of it."""
    pieces = _inflated(part, data)
    first = next(pieces, b"")
    found: list[str] = []

    def start(name: str, _attributes: object) -> None:
        found.append(_local(name))
        raise _Stop

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    with suppress(_Stop, expat.ExpatError, ValueError, LookupError):
        parser.Parse(first, False)
    for _ in pieces:
        pass
    return found[0] if found else ""


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _SharedTexts:
    """How long each shared text is, in order."""

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def __call__(self, parser: expat.XMLParserType) -> None:
        parser.StartElementHandler = self._start
        parser.CharacterDataHandler = self._characters

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if _local(name) == "si":
            self.lengths.append(0)

    def _characters(self, text: str) -> None:
        if self.lengths:
            self.lengths[-1] += len(text)


class _Sheet:
    """Where the cells of a sheet lie and how much text they show together."""

    def __init__(self, lengths: Sequence[int]) -> None:
        self.lengths = lengths
        self.row = self.column = self.last_row = self.last_column = 0
        self.characters = 0
        self.is_shared = self.in_value = False
        self.value = ""

    def __call__(self, parser: expat.XMLParserType) -> None:
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if name == "c":
            self._place(attributes.get("r"))
            self.is_shared = attributes.get("t") == "s"
        elif name in _WITH_CONTENT:
            self._check()
            self.in_value = self.is_shared and name == "v"
            self.value = ""
        elif name == "row":
            self.row = self._row_number(attributes.get("r"))
            self.column = 0

    def _row_number(self, text: str | None) -> int:
        if text is None:
            return self.row + 1
        if not text.isascii() or not text.isdigit() or len(text) > 7 or int(text) < 1:
            raise UnreadableTable(_DAMAGED)
        return int(text)

    def _place(self, reference: str | None) -> None:
        if reference is None:
            self.column += 1
            return
        match = _REFERENCE.fullmatch(reference)
        if not match or int(match[2]) < 1:
            raise UnreadableTable(_DAMAGED)
        self.row = int(match[2])
        self.column = 0
        for letter in match[1]:
            self.column = self.column * 26 + ord(letter) - 64

    def _check(self) -> None:
        self.last_row = max(self.last_row, self.row)
        self.last_column = max(self.last_column, self.column)
        check_size(self.last_row, self.last_column, cell=f"{column_letters(self.column)}{self.row}")

    def _characters(self, text: str) -> None:
        if self.in_value:
            self.value += text
            if len(self.value) > 10:
                raise UnreadableTable(_DAMAGED)

    def _end(self, name: str) -> None:
        if self.in_value and _local(name) == "v":
            self.in_value = False
            if not self.value.strip().isdigit() or int(self.value) >= len(self.lengths):
                raise UnreadableTable(_DAMAGED)
            length = self.lengths[int(self.value)]
            self.characters += length
            if length > MAX_CELL:
                raise UnreadableTable(too_long(self.row, self.column))
            if self.characters > MAX_INFLATED:
                raise UnreadableTable(_TOO_LARGE)


def column_letters(column: int) -> str:
    """The letters over a column, counted from 1: A … Z, AA …"""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def too_long(row: int, column: int) -> Message:
    """The sentence about a cell with more text than a spreadsheet keeps."""
    return Message(
        "Row %(row)s, column %(column)s holds more than %(limit)s characters. "
        "Shorten the text and upload the file again.",
        row=row,
        column=column_letters(column),
        limit=f"{MAX_CELL:,}",
    )


def check_size(rows: int, columns: int, *, cell: str = "") -> None:
    """Refuse a table of more rows, columns or cells than are read."""
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise UnreadableTable(
            Message(
                "The table reaches to cell %(cell)s; at most %(rows)s rows and %(columns)s columns "
                "are read. Remove what is not part of the table and upload the file again.",
                cell=cell or f"{column_letters(columns)}{rows}",
                rows=f"{MAX_ROWS:,}",
                columns=MAX_COLUMNS,
            )
        )
    if rows * columns > MAX_CELLS:
        raise UnreadableTable(
            Message(
                "The table has %(rows)s rows and %(columns)s columns: more than %(limit)s cells. "
                "Split the file and upload the parts one after the other.",
                rows=rows,
                columns=columns,
                limit=f"{MAX_CELLS:,}",
            )
        )


@dataclass(frozen=True)
class Sheet:
    """One sheet to write: a name, lines above the table, a header and typed rows."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    intro: Sequence[str] = ()
    widths: Sequence[float] = ()
    frozen_columns: int = 1


def write_workbook(sheets: Sequence[Sheet]) -> bytes:
    """An .xlsx file: header bold and frozen, columns as wide as their content, text always text."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        },
    )
    formats = {
        "header": book.add_format(
            {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#eef1f5"}
        ),
        "intro": book.add_format({"italic": True, "font_color": "#444444"}),
        "text": book.add_format({"valign": "top", "text_wrap": True}),
        "date": book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": "left"}),
        "datetime": book.add_format(
            {"num_format": "yyyy-mm-dd hh:mm", "valign": "top", "align": "left"}
        ),
        "time": book.add_format({"num_format": "hh:mm", "valign": "top", "align": "left"}),
        "number": book.add_format({"num_format": "General", "valign": "top"}),
    }
    used: set[str] = set()
    for sheet in sheets:
        page = book.add_worksheet(_sheet_name(sheet.name, used))
        _write_sheet(page, sheet, formats)
    book.close()
    return target.getvalue()


def _sheet_name(name: str, used: set[str]) -> str:
    """A name that Excel accepts: 31 characters, none of []:*?/\\, unlike the others."""
    kept = re.sub(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff\ufffe\uffff]", " ", name).strip(" '")[:31]
    kept = kept.strip(" '") or "Sheet"
    if kept.casefold() == "history":
        kept = f"{kept}_"  # Excel keeps the name "History" for itself
    candidate, n = kept, 1
    while candidate.casefold() in used:
        n += 1
        candidate = f"{kept[: 31 - len(str(n)) - 1]} {n}"
    used.add(candidate.casefold())
    return candidate


def _write_sheet(page: Worksheet, sheet: Sheet, formats: dict[str, Format]) -> None:
    for number, line in enumerate(sheet.intro):
        page.write_string(number, 0, printable(line), formats["intro"])
    top = len(sheet.intro)
    widths = [max(8.0, min(len(title) + 2.0, 28.0)) for title in sheet.header]
    for column, title in enumerate(sheet.header):
        page.write_string(top, column, printable(title), formats["header"])
    last = top
    texts: dict[str, str] = {}  # most are said again and again, and there may be 100,000 of them
    for last, row in enumerate(sheet.rows, start=top + 1):
        for column, cell in enumerate(row):
            if type(cell) is str:
                if not cell:
                    continue
                text = texts.get(cell)
                if text is None:
                    text = texts[cell] = printable(cell)
                page.write_string(last, column, text, formats["text"])
                if column < len(widths) and len(text) + 2 > widths[column]:
                    widths[column] = min(len(text) + 2.0, 48.0)
            elif type(cell) is int:
                page.write_number(last, column, cell, formats["number"])
            else:
                _write_cell(page, last, column, cell, formats)
                if column < len(widths) and isinstance(cell, date):
                    least = 17.0 if isinstance(cell, datetime) else 12.0
                    widths[column] = max(widths[column], least)
    for column, width in enumerate(widths):
        wanted = sheet.widths[column] if column < len(sheet.widths) else None
        page.set_column(column, column, wanted or width)
    page.freeze_panes(top + 1, sheet.frozen_columns)
    if sheet.header and last > top:
        page.autofilter(top, 0, last, len(sheet.header) - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(top)


def _write_cell(
    page: Worksheet, row: int, column: int, cell: Cell, formats: dict[str, Format]
) -> None:
    match cell:
        case None:
            return
        case str():
            page.write_string(row, column, printable(cell), formats["text"])
        case bool():
            page.write_boolean(row, column, cell)
        case datetime():
            if cell.tzinfo is not None:
                raise ValueError("a spreadsheet shows local times: convert and drop the zone first")
            page.write_datetime(row, column, cell, formats["datetime"])
        case date():
            page.write_datetime(row, column, cell, formats["date"])
        case time() | timedelta():
            page.write_datetime(row, column, cell, formats["time"])
        case _:
            page.write_number(row, column, float(cell), formats["number"])


_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """`text` as far as a spreadsheet can hold it: no control characters, 32,767 at most."""
    if len(text) <= MAX_CELL and not _UNPRINTABLE.search(text):
        return text
    kept = _UNPRINTABLE.sub("�", text)
    return kept if len(kept) <= MAX_CELL else kept[: MAX_CELL - 1] + "…"
