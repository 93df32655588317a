"""Google Meet: first and last moment of each participant, often as times of the day only."""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from courseware.attendance.moment_rules import (
    UnknownDay,
    UnreadableDate,
    clean,
    hour_of,
    is_blank,
    looks_like_moment,
    minutes_in,
)
from courseware.attendance.report_rules import MeetingReport, ReportedInterval, ReportKind
from courseware.attendance.row_imports import Row
from courseware.attendance.sheet_imports import (
    Dates,
    Header,
    People,
    body_of,
    email_of,
    header_of,
    name_in,
)

_CLOCK = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
)


def find_header(rows: Sequence[Row]) -> Header | None:
    """Google's headings: two columns for the name, a duration, and two columns with times.

    The times are found by their words, else by their place beside the duration.
    """
    for index, row in enumerate(rows[:20]):
        header = header_of(row, index)
        columns = dict(header.columns)
        if not {"name", "last_name", "duration"} <= columns.keys() or "mark" in columns:
            continue
        columns.setdefault("join", columns["duration"] + 1)
        columns.setdefault("leave", columns["join"] + 1)
        found = Header(row, index, columns)
        texts = _times(body_of(rows, found), found)
        if texts and all(_clock(text) or looks_like_moment(text) for text in texts[:20]):
            return found
    return None


def _times(body: Sequence[Row], header: Header) -> list[str]:
    cells = (row.cell(header.get(name)) for row in body for name in ("join", "leave"))
    return [cell for cell in cells if not is_blank(cell)]


def read_summary(rows: Sequence[Row], header: Header, dates: Dates) -> MeetingReport:
    """One row for each participant: minutes, first joined, last exited."""
    body = body_of(rows, header)
    texts = _times(body, header)
    has_days = not all(_clock(text) for text in texts)
    if not has_days and texts and dates.on is None:
        raise UnknownDay
    read = dates.reader(texts) if has_days else None

    def moment(text: str) -> datetime | None:
        if is_blank(text):
            return None
        if read is not None:
            return read(text)
        clock = _clock(text)
        if clock is None or dates.on is None:
            raise UnreadableDate(text)
        return datetime.combine(dates.on, clock)

    moments: list[datetime] = []
    people = People()
    for row in body:
        start, end = (moment(row.cell(header.get(name))) for name in ("join", "leave"))
        if start and end and end < start and not has_days:
            end += timedelta(days=1)  # over midnight
        moments += [each for each in (start, end) if each]
        people.add_summary(
            name_in(row, header),
            email_of(row, header),
            row.number,
            interval=ReportedInterval(start, end),
            minutes=minutes_in(row.cell(header.get("duration"))),
        )
    title = rows[0].cell(0) if header.index else ""
    return MeetingReport(
        ReportKind.MEET,
        people.listed(),
        title=title[:200],
        started=min(moments, default=None),
        ended=max(moments, default=None),
    )


def _clock(text: str) -> time | None:
    found = _CLOCK.fullmatch(clean(text))
    if found is None:
        return None
    hour = hour_of(found["hour"], found["half"])
    if hour > 23 or int(found["minute"]) > 59 or int(found["second"] or 0) > 59:
        return None
    return time(hour, int(found["minute"]), int(found["second"] or 0))
