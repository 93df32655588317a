"""Zoom: one row for each time that somebody joined, or only the total minutes of each name."""

from collections.abc import Sequence

from courseware.attendance.report_rules import MeetingReport, ReportKind
from courseware.attendance.sheet_imports import (
    YES,
    ZOOM_WORDS,
    Dates,
    Header,
    People,
    Row,
    body_of,
    email_of,
    interval_of,
    meeting_head,
    minutes_in,
    name_in,
    refuse_if,
)
from courseware.messages import N_, Message


def read_joins(rows: Sequence[Row], header: Header, dates: Dates) -> MeetingReport:
    """One row for each time that somebody joined: Zoom, and Teams between its generations."""
    is_zoom = any(ZOOM_WORDS.search(heading) for heading in header.row.cells)
    head = meeting_head(rows[: header.index])
    body = [row for row in body_of(rows, header) if not YES.match(row.cell(header.get("waiting")))]
    columns = (header.get("join"), header.get("leave"))
    texts = [row.cell(column) for row in body for column in columns]
    read = dates.reader([*texts, *head.moments])
    people = People()
    for row in body:
        people.add(
            name_in(row, header),
            email_of(row, header),
            row.number,
            interval=interval_of(row, header, read),
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
    for row in body_of(rows, header):
        if YES.match(row.cell(header.get("waiting"))):
            continue
        minutes = minutes_in(row.cell(header.get("duration")))
        if minutes is None:
            wrong.append(
                Message(
                    N_("Row %(row)s: “%(value)s” is not a number of minutes."),
                    row=row.number,
                    value=row.cell(header.get("duration"))[:60],
                )
            )
            continue
        people.add(name_in(row, header), email_of(row, header), row.number, minutes=minutes)
    refuse_if(wrong)
    return MeetingReport(
        ReportKind.ZOOM_TOTALS,
        people.listed(),
        title=head.title,
        started=read(head.moments[0]) if head.moments else None,
        ended=read(head.moments[1]) if len(head.moments) > 1 else None,
    )
