"""Microsoft Teams: the report in three sections, and the older list of joining and leaving.

The sections are known by their numbers and the columns of a language that we do not know
by their places; times come from the third section, where each coming and going is a row.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from courseware.attendance.matching_rules import shown_name_key
from courseware.attendance.moment_rules import looks_like_moment, minutes_in
from courseware.attendance.report_rules import MeetingReport, ReportedInterval, ReportKind
from courseware.attendance.row_imports import Row
from courseware.attendance.sheet_imports import (
    LONGEST_NAME,
    Dates,
    Header,
    People,
    body_of,
    column_named,
    email_of,
    header_of,
    interval_of,
    refuse_if,
)
from courseware.messages import N_, Message

_SECTION = re.compile(r"^([1-9])\.\s*\S")
_JOINED = re.compile(r"^(joined|join|присоедин|вош|вход|beigetreten|teilgenommen)", re.IGNORECASE)
_LEFT = re.compile(r"^(left|leave|покину|выш|выход|verlassen|hat verlassen)", re.IGNORECASE)


Sections = dict[int, list[Row]]
"""The numbered sections of one report, by their numbers."""


def reports_in(rows: Sequence[Row]) -> list[Sections]:
    """The reports of the new generation in a file; several where somebody put them together."""
    found: list[Sections] = []
    current: list[Row] = []
    for row in rows:
        number = _SECTION.match(row.cell(0))
        if number and not any(row.cells[1:]):
            if not found or int(number[1]) in found[-1]:
                found.append({})
            current = found[-1].setdefault(int(number[1]), [])
        else:
            current.append(row)
    return [each for each in found if 2 in each or 3 in each]


def read_sections(reports: Sequence[Sections], dates: Dates) -> MeetingReport:
    """The reports of one file: each has a summary, participants, activities."""
    moments = [text for sections in reports for text in _moments_in(sections)]
    read = dates.reader(moments)
    people = People()
    for sections in reports:
        _add_people(people, sections, read)
    bounds = [
        moment
        for sections in reports
        for text in _bounds_in(sections)
        if (moment := read(text)) is not None
    ]
    title = next(
        (
            row.cell(1)
            for sections in reports
            for row in sections.get(1, [])
            if column_named(row.cell(0)) == "title"
        ),
        "",
    )
    return MeetingReport(
        ReportKind.TEAMS,
        people.listed(),
        title=title.strip('"')[:LONGEST_NAME],
        started=min(bounds, default=None),
        ended=max(bounds) if len(bounds) > 1 else None,
    )


def _bounds_in(sections: Sections) -> list[str]:
    """Start and end of the meeting: the first two moments in the summary."""
    values = [row.cell(1) for row in sections.get(1, [])]
    return [value for value in values if looks_like_moment(value)][:2]


def _moments_in(sections: Sections) -> list[str]:
    found = _bounds_in(sections)
    for number in (2, 3):
        part = sections.get(number)
        if part:
            header = _section_header(part)
            for row in part[1:]:
                found += [row.cell(header.get("join")), row.cell(header.get("leave"))]
    return found


def _add_people(people: People, sections: Sections, read: Callable[[str], datetime | None]) -> None:
    listed, activities = sections.get(2, []), sections.get(3, [])
    head_2 = _section_header(listed) if listed else None
    head_3 = _section_header(activities) if activities else None
    emails: dict[str, set[str]] = {}
    for row in listed[1:]:
        if head_2 is not None:
            key = shown_name_key(row.cell(head_2.get("name")))
            emails.setdefault(key, set()).add(email_of(row, head_2))
    active = set()
    if head_3 is not None:
        for row in activities[1:]:
            name = row.cell(head_3.get("name"))
            known = emails.get(shown_name_key(name), set())
            # Of two people with one name, nobody says whose row without an address this is.
            email = email_of(row, head_3) or (next(iter(known)) if len(known) == 1 else "")
            active.add((shown_name_key(name), email))
            people.add(name, email, row.number, interval=interval_of(row, head_3, read))
    if head_2 is not None:
        for row in listed[1:]:
            name, email = row.cell(head_2.get("name")), email_of(row, head_2)
            if (shown_name_key(name), email) not in active:
                _add_from_summary(people, row, head_2, read)


def _section_header(part: Sequence[Row]) -> Header:
    """The headings of a section; in a language that we do not know, by their usual places."""
    header = header_of(part[0], 0)
    usual = {"name": 0, "join": 1, "leave": 2, "duration": 3, "email": 4}
    return Header(header.row, 0, {**usual, **header.columns})


def _add_from_summary(
    people: People, row: Row, header: Header, read: Callable[[str], datetime | None]
) -> None:
    """Somebody without activities: first and last moment, which hide that they were away."""
    people.add_summary(
        row.cell(header.get("name")),
        email_of(row, header),
        row.number,
        interval=interval_of(row, header, read),
        minutes=minutes_in(row.cell(header.get("duration"))),
    )


def read_list(rows: Sequence[Row], header: Header, dates: Dates) -> MeetingReport:
    """The older list: somebody joined, left, joined again; the last leaving may be missing."""
    body = body_of(rows, header)
    read = dates.reader(row.cell(header.get("timestamp")) for row in body)
    people = People()
    moves: dict[str, list[tuple[datetime, bool, Row]]] = {}
    wrong = []
    for row in body:
        name, action = row.cell(header.get("name")), row.cell(header.get("action"))
        moment = read(row.cell(header.get("timestamp")))
        is_joining = _JOINED.match(action) is not None
        if moment is None or not (is_joining or _LEFT.match(action)):
            wrong.append(
                Message(
                    N_("Row %(row)s: “%(value)s” says neither that somebody joined nor left."),
                    row=row.number,
                    value=action[:60],
                )
            )
            continue
        moves.setdefault(shown_name_key(name), []).append((moment, is_joining, row))
    refuse_if(wrong)
    moments = [moment for history in moves.values() for moment, _joining, _row in history]
    for history in moves.values():
        # At the same second somebody leaves before they join again; the file's order decides.
        history.sort(key=lambda move: move[0])
        row = history[0][2]
        for interval in _stays([(moment, joining) for moment, joining, _row in history]):
            people.add(
                row.cell(header.get("name")), email_of(row, header), row.number, interval=interval
            )
    return MeetingReport(
        ReportKind.TEAMS_LIST,
        people.listed(),
        started=min(moments, default=None),
        ended=max(moments, default=None),
    )


def _stays(moves: Sequence[tuple[datetime, bool]]) -> list[ReportedInterval]:
    """From the first device that joined to the last one that left, as often as that happened.

    Where more devices joined than left, the last leaving counts: nobody is credited with a
    device that was forgotten.
    """
    found: list[ReportedInterval] = []
    devices = 0
    joined: datetime | None = None
    for index, (moment, is_joining) in enumerate(moves):
        if is_joining:
            joined = joined if devices else moment
            devices += 1
        elif devices or not found:
            devices = max(0, devices - 1)
            if not devices or index == len(moves) - 1:
                found.append(ReportedInterval(joined, moment))
                devices, joined = 0, None
    if devices:
        found.append(ReportedInterval(joined, None))
    return found
