"""Files that somebody else wrote, recognised by their content and read into one form."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from courseware.attendance import (
    meet_imports,
    moodle_imports,
    register_imports,
    teams_imports,
    zoom_imports,
)
from courseware.attendance.moment_rules import DateOrder, UnreadableDate
from courseware.attendance.report_rules import MeetingReport, ReportedPerson
from courseware.attendance.row_imports import NOTHING_CHANGED, Row, rows_of
from courseware.attendance.sheet_imports import MOST_PEOPLE, Dates, Header, header_of
from courseware.errors import BadInput
from courseware.messages import N_, Message


def read_reports(
    data: bytes,
    file_name: str,
    *,
    on: date | None = None,
    order: DateOrder | None = None,
    zone: ZoneInfo | None = None,
) -> list[MeetingReport]:
    """Read any file that we know; one report for each session that the file tells apart.

    `on` is the day of the session, to tell day from month; `zone` the one whose clock moments
    are put on that state their offset from UTC. Raises BadInput with sentences
    that name rows, AmbiguousDates when a person has to say which of two readings is meant
    (then call again with `order`), UnknownDay when the file has times of the day only (then
    call again with `on`).
    """
    rows = rows_of(data, file_name)
    try:
        reports = _read(rows, file_name, Dates(on, order, zone))
    except UnreadableDate as error:
        raise BadInput([_not_a_date(rows, error.text), Message(NOTHING_CHANGED)]) from error
    if not any(report.people for report in reports):
        raise BadInput(
            [Message(N_("“%(file)s” names nobody. Nothing was imported."), file=file_name)]
        )
    if not any(_says_something(person) for report in reports for person in report.people):
        raise BadInput(
            [
                Message(
                    N_("“%(file)s” does not say of anybody when or how long they were there."),
                    file=file_name,
                ),
                Message(NOTHING_CHANGED),
            ]
        )
    if any(len(report.people) > MOST_PEOPLE for report in reports):
        raise BadInput(
            [
                Message(
                    N_("“%(file)s” names more than 1,000 people. Nothing was imported."),
                    file=file_name,
                )
            ]
        )
    return [report for report in reports if report.people]


def read_report(
    data: bytes,
    file_name: str,
    *,
    on: date | None = None,
    order: DateOrder | None = None,
) -> MeetingReport:
    """The same for a file that is about one session."""
    return read_reports(data, file_name, on=on, order=order)[0]


def _read(rows: Sequence[Row], file_name: str, dates: Dates) -> list[MeetingReport]:
    teams = teams_imports.reports_in(rows)
    if teams:
        return [teams_imports.read_sections(teams, dates)]
    moodle = moodle_imports.find_header(rows)
    if moodle is not None:
        return moodle_imports.read_sessions(rows, moodle, dates)
    meet = meet_imports.find_header(rows)
    if meet is not None:
        return [meet_imports.read_summary(rows, meet, dates)]
    header = _header_among(rows)
    if header is None:
        raise BadInput(
            [
                Message(
                    N_(
                        "“%(file)s” is not a report that can be read here: there is no row with "
                        "the headings of a Microsoft Teams, Zoom, Google Meet or Moodle report "
                        "or of a register sheet (name, e-mail, mark, from, until, note)."
                    ),
                    file=file_name,
                ),
                Message(NOTHING_CHANGED),
            ]
        )
    columns = header.columns
    if "mark" in columns and "join" not in columns:
        return register_imports.read_register_sheets(rows, header)
    if "action" in columns and "timestamp" in columns:
        return [teams_imports.read_list(rows, header, dates)]
    if "join" in columns and "leave" in columns:
        return [zoom_imports.read_joins(rows, header, dates)]
    return [zoom_imports.read_totals(rows, header, dates)]


def _header_among(rows: Sequence[Row]) -> Header | None:
    """The headings of the list of people: a name beside times, a duration or a mark."""
    for index, row in enumerate(rows[:50]):
        header = header_of(row, index)
        columns = header.columns
        is_list = "name" in columns and columns.keys() & {"join", "timestamp", "duration"}
        is_register = "mark" in columns and columns.keys() & {"name", "email"}
        if is_list or is_register:
            return header
    return None


def _says_something(person: ReportedPerson) -> bool:
    return bool(person.status or person.intervals or person.minutes)


def _not_a_date(rows: Sequence[Row], text: str) -> Message:
    number = next((row.number for row in rows if text in row.cells), 0)
    return Message(
        N_("Row %(row)s: “%(value)s” is not a date and time."), row=number, value=text[:60]
    )
