"""Google Meet: first and last moment of each participant, often as times of the day only."""

import re
from collections.abc import Sequence
from datetime import datetime, time

from courseware.attendance.report_rules import (
    MeetingReport,
    ReportedInterval,
    ReportKind,
    UnknownDay,
    UnreadableDate,
)
from courseware.attendance.sheet_imports import (
    Dates,
    Header,
    People,
    Row,
    body_of,
    email_of,
    minutes_in,
    name_in,
)

_EXITED = re.compile(r"\bexit|время выхода|beendet", re.IGNORECASE)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
)


def is_meet(header: Header) -> bool:
    """Whether the headings are Google's: two columns for the name, one for *exited*."""
    if not {"name", "last_name", "join", "leave", "duration"} <= header.columns.keys():
        return False
    return bool(_EXITED.search(header.row.cell(header.get("leave"))))


def read_summary(rows: Sequence[Row], header: Header, dates: Dates) -> MeetingReport:
    """One row for each participant: minutes, first joined, last exited."""
    body = body_of(rows, header)
    columns = (header.get("join"), header.get("leave"))
    texts = [text for row in body for column in columns if (text := row.cell(column))]
    clocks = [_clock(text) for text in texts]
    has_days = not all(clocks)
    if not has_days and texts and dates.on is None:
        raise UnknownDay
    read = dates.reader(texts) if has_days else None

    def moment(text: str) -> datetime | None:
        if not text:
            return None
        if read is not None:
            return read(text)
        clock = _clock(text)
        if clock is None or dates.on is None:
            raise UnreadableDate(text)
        return datetime.combine(dates.on, clock)

    people = People()
    for row in body:
        start, end = (moment(row.cell(column)) for column in columns)
        people.add_summary(
            name_in(row, header),
            email_of(row, header),
            row.number,
            interval=ReportedInterval(start, end),
            minutes=minutes_in(row.cell(header.get("duration"))),
        )
    moments = [
        each
        for person in people.listed()
        for interval in person.intervals
        for each in (interval.start, interval.end)
        if each is not None
    ]
    title = rows[0].cell(0) if header.index else ""
    return MeetingReport(
        ReportKind.MEET,
        people.listed(),
        title=title[:200],
        started=min(moments, default=None),
        ended=max(moments, default=None),
    )


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour = int(found["hour"])
    half = (found["half"] or "").lower()[:1]
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or int(found["minute"]) > 59 or int(found["second"] or 0) > 59:
        return None
    return time(hour, int(found["minute"]), int(found["second"] or 0))
