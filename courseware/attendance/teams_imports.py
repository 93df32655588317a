"""Microsoft Teams: the report in three sections, and the older list of joining and leaving.

The sections are known by their numbers and the columns of a language that we do not know
by their places; times come from the third section, where each coming and going is a row.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from courseware.attendance.matching_rules import shown_name_key
from courseware.attendance.report_rules import MeetingReport, ReportedInterval, ReportKind
from courseware.attendance.sheet_imports import (
    LONGEST_NAME,
    Dates,
    Header,
    People,
    Row,
    body_of,
    column_named,
    email_of,
    header_of,
    interval_of,
    looks_like_moment,
    minutes_in,
    refuse_if,
)
from courseware.messages import N_, Message

_SECTION = re.compile(r"^([1-9])\.\s*\S")
_JOINED = re.compile(r"^(joined|join|присоедин|вош|вход|beigetreten|teilgenommen)", re.IGNORECASE)
_LEFT = re.compile(r"^(left|leave|покину|выш|выход|verlassen|hat verlassen)", re.IGNORECASE)


def sections_of(rows: Sequence[Row]) -> dict[int, list[Row]]:
    """The numbered sections of a Teams report of the new generation."""
    sections: dict[int, list[Row]] = {}
    current = 0
    for row in rows:
        found = _SECTION.match(row.cell(0))
        if found and not any(row.cells[1:]):
            current = int(found[1])
            sections[current] = []
        elif current:
            sections[current].append(row)
    return sections


def read_sections(sections: dict[int, list[Row]], dates: Dates) -> MeetingReport:
    """The report in three sections: summary, participants, activities."""
    summary, listed = sections.get(1, []), sections.get(2, [])
    activities = sections.get(3, [])
    heads = {section: _section_header(part) for section, part in sections.items() if part}
    head_2, head_3 = heads.get(2), heads.get(3)
    moments = [value for value in (row.cell(1) for row in summary) if looks_like_moment(value)]
    for header, part in ((head_2, listed), (head_3, activities)):
        if header is not None:
            for row in part[1:]:
                moments += [row.cell(header.get("join")), row.cell(header.get("leave"))]
    read = dates.reader(moments)
    emails = {
        shown_name_key(row.cell(head_2.get("name"))): email_of(row, head_2)
        for row in listed[1:]
        if head_2 is not None
    }
    people = People()
    if head_3 is not None:
        for row in activities[1:]:
            name = row.cell(head_3.get("name"))
            email = email_of(row, head_3) or emails.get(shown_name_key(name), "")
            interval = interval_of(row, head_3, read)
            people.add(name, email, row.number, interval=interval)
    if head_2 is not None:
        for row in listed[1:]:
            name, email = row.cell(head_2.get("name")), email_of(row, head_2)
            if not people.has(name, email):
                _add_from_summary(people, row, head_2, read)
    bounds = [moment for moment in (read(text) for text in moments[:2]) if moment]
    title = next((row.cell(1) for row in summary if column_named(row.cell(0)) == "title"), "")
    return MeetingReport(
        ReportKind.TEAMS,
        people.listed(),
        title=title[:LONGEST_NAME],
        started=bounds[0] if bounds else None,
        ended=bounds[1] if len(bounds) == 2 else None,
    )


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
        joined: datetime | None = None
        is_inside = False
        for moment, is_joining, row in history:
            name, email = row.cell(header.get("name")), email_of(row, header)
            if is_joining:
                joined = joined if is_inside else moment
                is_inside = True
            else:
                if is_inside or row is history[0][2]:
                    start = joined if is_inside else None
                    people.add(name, email, row.number, interval=ReportedInterval(start, moment))
                is_inside, joined = False, None
        if is_inside:
            people.add(name, email, row.number, interval=ReportedInterval(joined, None))
    return MeetingReport(
        ReportKind.TEAMS_LIST,
        people.listed(),
        started=min(moments, default=None),
        ended=max(moments, default=None),
    )
