"""Zoom: one row for each time that somebody joined, or only the total minutes of each name."""

from collections.abc import Sequence

from courseware.attendance.moment_rules import minutes_in
from courseware.attendance.report_rules import MeetingReport, ReportKind
from courseware.attendance.row_imports import Row
from courseware.attendance.sheet_imports import (
    YES,
    ZOOM_WORDS,
    Dates,
    Header,
    People,
    email_of,
    interval_of,
    meeting_head,
    name_in,
    parts_of,
    refuse_if,
)
from courseware.messages import N_, Message


def read_joins(rows: Sequence[Row], header: Header, dates: Dates) -> MeetingReport:
    """One row for each time that somebody joined: Zoom, and Teams between its generations."""
    is_zoom = any(ZOOM_WORDS.search(heading) for heading in header.row.cells)
    head = meeting_head(rows[: header.index])
    body = [
        (row, columns)
        for row, columns in parts_of(rows, header)
        if not YES.match(row.cell(columns.get("waiting")))
    ]
    texts = [row.cell(columns.get(name)) for row, columns in body for name in ("join", "leave")]
    read = dates.reader([*texts, *head.moments])
    people = People()
    for row, columns in body:
        people.add(
            name_in(row, columns),
            email_of(row, columns),
            row.number,
            interval=interval_of(row, columns, read),
        )
    return MeetingReport(
        ReportKind.ZOOM if is_zoom else ReportKind.TEAMS,
        people.listed(),
        title=head.title,
        started=read(head.moments[0]) if head.moments else None,
        ended=read(head.moments[1]) if len(head.moments) > 1 else None,
    )


def read_totals(rows: Sequence[Row], header: Header, dates: Dates) -> MeetingReport:
    """Zoom's list of unique users: total minutes, no times."""
    head = meeting_head(rows[: header.index])
    read = dates.reader(head.moments)
    people = People()
    wrong = []
    for row, columns in parts_of(rows, header):
        if YES.match(row.cell(columns.get("waiting"))):
            continue
        minutes = minutes_in(row.cell(columns.get("duration")))
        if minutes is None:
            wrong.append(
                Message(
                    N_("Row %(row)s: “%(value)s” is not a number of minutes."),
                    row=row.number,
                    value=row.cell(columns.get("duration"))[:60],
                )
            )
            continue
        people.add(name_in(row, columns), email_of(row, columns), row.number, minutes=minutes)
    refuse_if(wrong)
    return MeetingReport(
        ReportKind.ZOOM_TOTALS,
        people.listed(),
        title=head.title,
        started=read(head.moments[0]) if head.moments else None,
        ended=read(head.moments[1]) if len(head.moments) > 1 else None,
    )
