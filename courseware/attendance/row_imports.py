"""A foreign file as rows of cells: a text in whatever form, or a workbook's first sheet."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from courseware.attendance.moment_rules import clean
from courseware.errors import BadInput
from courseware.messages import N_, Message
from courseware.tables import UnreadableTable, decoded, read_rows, refuse_other_files

MOST_BYTES = 5_000_000
MOST_ROWS = 20_000
MOST_COLUMNS = 200

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


def rows_of(data: bytes, file_name: str) -> list[Row]:
    """The lines of a text file or the rows of a workbook's first sheet, cells cleaned."""
    if len(data) > MOST_BYTES:
        raise _refused(N_("“%(file)s” is larger than 5 MB; a meeting report never is."), file_name)
    try:
        if data.startswith(b"PK"):
            rows = [Row(row.number, row.cells) for row in read_rows(data, file_name)]
        else:
            refuse_other_files(data)
            rows = list(_text_rows(_text_of(data), file_name))
    except UnreadableTable as error:
        raise BadInput([*error.messages, Message(NOTHING_CHANGED)]) from error
    rows = _opened(rows)
    return [Row(row.number, tuple(clean(cell) for cell in row.cells)) for row in rows]


def _opened(rows: list[Row]) -> list[Row]:
    """The rows of a text that a spreadsheet program of another country kept in one column."""
    filled = [row for row in rows if any(row.cells)]
    lines = [row.cells[0] for row in filled if row.cells[0] and not any(row.cells[1:])]
    delimiter = next((mark for mark in ",;\t" if sum(line.count(mark) for line in lines) > 1), "")
    if not delimiter or len(lines) < max(2, len(filled)):
        return rows
    try:
        return [
            Row(row.number, tuple(next(csv.reader([row.cells[0]], delimiter=delimiter))))
            for row in filled
        ]
    except (csv.Error, StopIteration):
        return rows


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
            yield number, [_unquoted(cell) for cell in line.rstrip("\n").split("\t")]
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        message = N_("“%(file)s” is not a table that can be read.")
        raise _refused(message, file_name) from error


def _unquoted(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell
