"""Moodle's attendance plug-in: participants × sessions, a letter and its points in each cell."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from courseware.attendance.moment_rules import looks_like_moment
from courseware.attendance.report_rules import (
    MeetingReport,
    ReportedPerson,
    ReportKind,
)
from courseware.attendance.row_imports import Row
from courseware.attendance.rules import AttendanceStatus
from courseware.attendance.sheet_imports import (
    LONGEST_NAME,
    LONGEST_NOTE,
    Dates,
    Header,
    body_of,
    email_of,
    header_of,
    name_in,
    refuse_if,
)
from courseware.messages import N_, Message

_IN_WORDS = re.compile(
    r"(?:[^\W\d_]{2,3}\.?,? )?(?P<day>\d{1,2})\.? (?P<month>[^\W\d_]{3,12})\.?,? (?P<year>\d{4})"
    r"(?: г\.)?,? (?P<hour>\d{1,2})[.:](?P<minute>\d{2}) ?(?P<half>[AaPp][Mm])?\b"
)
_IN_FIGURES = re.compile(
    r"\d{1,4}(?P<mark>[./-])\d{1,2}(?P=mark)\d{1,4}[ ,]+\d{1,2}[:.]\d{2}(?: ?[AaPp][Mm])?\b"
)
_CELL = re.compile(
    r"(?P<letter>[^\W\d_]{1,12})?\s*(?:\((?P<got>\d+(?:[.,]\d+)?)\s*/\s*(?P<most>\d+(?:[.,]\d+)?)\))?"
)
_LETTERS = {
    AttendanceStatus.PRESENT: ("p", "п", "present"),
    AttendanceStatus.LATE: ("l", "о", "late"),
    AttendanceStatus.EXCUSED: ("e", "у", "excused"),
    AttendanceStatus.ABSENT: ("a", "н", "absent"),
}
_BY_LETTER = {letter: status for status, letters in _LETTERS.items() for letter in letters}
_REMARKS = re.compile(r"remarks?|замечани|примечани|bemerkung|anmerkung", re.IGNORECASE)


@dataclass(frozen=True)
class _Column:
    """A session's column: where it is, what its heading says, where its remarks are."""

    position: int
    moment: str
    title: str
    remarks: int | None


def find_header(rows: Sequence[Row]) -> Header | None:
    """The row of headings: first and last name, and at least one session by its date."""
    for index, row in enumerate(rows[:20]):
        header = header_of(row, index)
        has_names = "name" in header.columns and "last_name" in header.columns
        if has_names and _columns(header):
            return header
    return None


def _columns(header: Header) -> list[_Column]:
    found = []
    cells = header.row.cells
    for position, heading in enumerate(cells):
        match = _IN_WORDS.match(heading) or _IN_FIGURES.match(heading)
        if match is None:
            continue
        following = cells[position + 1] if position + 1 < len(cells) else "-"
        has_remarks = not following or _REMARKS.match(following) is not None
        found.append(
            _Column(
                position,
                match[0],
                heading[match.end() :].strip(" -"),
                position + 1 if has_remarks else None,
            )
        )
    return found


def read_sessions(rows: Sequence[Row], header: Header, dates: Dates) -> list[MeetingReport]:
    """One report for each session; a cell that nobody filled is no mark."""
    columns = _columns(header)
    figures = [column.moment for column in columns if looks_like_moment(column.moment)]
    read = dates.reader(figures)
    wrong: list[Message] = []
    reports = []
    body = [
        (row, name_in(row, header)[:LONGEST_NAME], email_of(row, header))
        for row in body_of(rows, header)
    ]
    for column in columns:
        started = read(column.moment) if column.moment in figures else None
        if started is None:
            wrong.append(
                Message(
                    N_("Row %(row)s: “%(value)s” is not a date and time."),
                    row=header.row.number,
                    value=column.moment[:60],
                )
            )
            continue
        people = [
            person
            for row, name, email in body
            if (person := _person(row, name, email, column, wrong)) is not None
        ]
        reports.append(
            MeetingReport(
                ReportKind.MOODLE,
                tuple(people),
                title=column.title[:LONGEST_NAME],
                started=started,
            )
        )
    refuse_if(wrong)
    return reports


def _person(
    row: Row, name: str, email: str, column: _Column, wrong: list[Message]
) -> ReportedPerson | None:
    cell = row.cell(column.position)
    found = _CELL.fullmatch(cell)
    if not cell or found is None:
        return None  # "?" is not taken; a sentence says that the person was not enrolled then
    status = _status(found)
    if status is None:
        wrong.append(
            Message(
                N_(
                    "Row %(row)s: the mark “%(value)s” is not known. Write P, L, E or A for "
                    "present, late, excused and absent."
                ),
                row=row.number,
                value=cell[:60],
            )
        )
        return None
    person = ReportedPerson(
        name=name,
        email=email,
        status=status,
        note=row.cell(column.remarks)[:LONGEST_NOTE],
        row=row.number,
    )
    return replace(person, times_known=False) if status is AttendanceStatus.LATE else person


def _status(found: re.Match[str]) -> AttendanceStatus | None:
    """What letter and points say; the letters are each course's own, and points tell."""
    by_letter = _BY_LETTER.get((found["letter"] or "").casefold())
    if not found["most"]:
        return by_letter
    got, most = (float(found[part].replace(",", ".")) for part in ("got", "most"))
    if most and got >= most and by_letter in (None, AttendanceStatus.ABSENT):
        # "A" is *anwesend* in a German course.
        return AttendanceStatus.PRESENT
    if by_letter is AttendanceStatus.PRESENT and most and got == 0:
        return None
    if by_letter is None and got == 0:
        return AttendanceStatus.ABSENT
    return by_letter
