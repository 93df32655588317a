"""Our own register sheet: name, e-mail, mark, from, until, note."""

import re
from collections.abc import Sequence
from datetime import time

from courseware.attendance.report_rules import MeetingReport, ReportedPerson, ReportKind
from courseware.attendance.row_imports import Row
from courseware.attendance.rules import AttendanceStatus
from courseware.attendance.sheet_imports import (
    LONGEST_NAME,
    LONGEST_NOTE,
    Header,
    email_of,
    refuse_if,
)
from courseware.messages import N_, Message

_STATUS_WORDS = {
    AttendanceStatus.PRESENT: ("present", "присутствовал", "присутствовала", "присутствует", "был"),
    AttendanceStatus.LATE: ("late", "опоздал", "опоздала", "опоздание"),
    AttendanceStatus.LEFT_EARLY: (
        "left early",
        "ушёл раньше",
        "ушла раньше",
        "ушел раньше",
        "ранний уход",
    ),
    AttendanceStatus.PARTIAL: ("partial", "частично"),
    AttendanceStatus.EXCUSED: ("excused", "уважительная причина", "уважительная", "освобождён"),
    AttendanceStatus.ABSENT: ("absent", "отсутствовал", "отсутствовала", "отсутствует", "не был"),
}
_STATUS_BY_WORD = {word: status for status, words in _STATUS_WORDS.items() for word in words}


def read_register_sheets(rows: Sequence[Row], header: Header) -> list[MeetingReport]:
    """Our own sheet: one row a participant, with a mark and the times of the day it needs.

    A column with the code of the session tells several sessions apart.
    """
    people: dict[str, list[ReportedPerson]] = {}
    wrong: list[Message] = []
    for row in rows[header.index + 1 :]:
        word = row.cell(header.get("mark")).casefold().replace("_", " ")
        name, email = row.cell(header.get("name")), email_of(row, header)
        if not word:
            continue
        if not name and not email:
            wrong.append(
                Message(N_("Row %(row)s: write a name or an e-mail address."), row=row.number)
            )
            continue
        status = _STATUS_BY_WORD.get(word)
        if status is None:
            wrong.append(
                Message(
                    N_(
                        "Row %(row)s: “%(value)s” is not a mark. Write present, late, "
                        "left early, partial, excused or absent, or leave it empty."
                    ),
                    row=row.number,
                    value=word[:60],
                )
            )
            continue
        arrived = _clock(row, header.get("from"), wrong)
        left = _clock(row, header.get("until"), wrong)
        wrong += _missing_times(row.number, status, arrived, left)
        code = row.cell(header.get("session"))[:40]
        people.setdefault(code, []).append(
            ReportedPerson(
                name=(name or email)[:LONGEST_NAME],
                email=email,
                status=status,
                arrived=arrived if status.needs_arrival else None,
                left=left if status.needs_leaving else None,
                note=row.cell(header.get("note"))[:LONGEST_NOTE],
                row=row.number,
            )
        )
    refuse_if(wrong)
    return [
        MeetingReport(ReportKind.REGISTER, tuple(listed), session_code=code)
        for code, listed in people.items()
    ] or [MeetingReport(ReportKind.REGISTER, ())]


def _missing_times(
    number: int, status: AttendanceStatus, arrived: time | None, left: time | None
) -> list[Message]:
    wrong = []
    if status.needs_arrival and arrived is None:
        wrong.append(
            Message(N_("Row %(row)s: write in “from” when the participant came."), row=number)
        )
    if status.needs_leaving and left is None:
        wrong.append(
            Message(N_("Row %(row)s: write in “until” when the participant left."), row=number)
        )
    return wrong


def _clock(row: Row, column: int | None, wrong: list[Message]) -> time | None:
    text = row.cell(column)
    if not text:
        return None
    found = re.fullmatch(r"(?:.*[ T])?(\d{1,2})[:.](\d{2})(?:[:.]\d{2})?", text)
    if found and int(found[1]) < 24 and int(found[2]) < 60:
        return time(int(found[1]), int(found[2]))
    wrong.append(
        Message(
            N_("Row %(row)s: “%(value)s” is not a time of the day. Write it like 09:15."),
            row=row.number,
            value=text[:60],
        )
    )
    return None
