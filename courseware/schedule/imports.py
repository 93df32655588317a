"""The schedule as a spreadsheet: each row is a session, or a sentence that says why not."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from courseware.addresses import email_problem
from courseware.messages import N_, Message
from courseware.names import clean_name, name_problem
from courseware.schedule.planning_rules import (
    HEADINGS,
    PlannedSession,
    PlannedTrainer,
    PlannedVenue,
)
from courseware.schedule.rules import NoSuchTime, Span, TrainerPart, contact_minutes, moment
from courseware.tables import Columns, Row, Table, match_columns

REQUIRED = ("session", "module", "date", "start", "end")
LONGEST_SESSION = 12 * 60
MOST_SESSIONS = 1000

_CODE = re.compile(r"[^\W_][\w.\-]{0,39}")
_LINK = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?::00)?")


@dataclass(frozen=True)
class Fault:
    """What is wrong in one cell; the sentence begins in small letters, to follow “Row 3:”."""

    row: int
    column: str
    sentence: Message


@dataclass(frozen=True)
class ScheduleSheet:
    """What a file says: its sessions, or the problems that stop it, and remarks that do not.

    `faults` are those of the problems that have a cell.
    """

    sessions: tuple[PlannedSession, ...] = ()
    problems: tuple[Message, ...] = ()
    remarks: tuple[Message, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass
class _Reader:
    """Reads rows one by one and collects what is wrong with them."""

    columns: Columns
    zone: ZoneInfo
    modules: Collection[str]
    partners: Collection[str]
    faults: list[Fault] = field(default_factory=list)

    def wrong(self, row: Row, column: str, text: str, /, **values: object) -> None:
        self.faults.append(Fault(row.number, column, Message(text, **values)))


def read_schedule(
    table: Table, *, zone: ZoneInfo, modules: Collection[str], partners: Collection[str]
) -> ScheduleSheet:
    """The sessions of a table with local times in `zone`.

    `modules` and `partners` are the codes that may appear. One wrong row stops the file, and
    every wrong row has its sentence.
    """
    columns = match_columns(table, HEADINGS, required=REQUIRED)
    if columns.problems:
        return ScheduleSheet(problems=columns.problems, remarks=columns.remarks)
    if len(table.rows) > MOST_SESSIONS:
        many = Message(
            "The file has %(rows)s rows; a schedule has at most %(most)s sessions.",
            rows=len(table.rows),
            most=MOST_SESSIONS,
        )
        return ScheduleSheet(problems=(many,), remarks=columns.remarks)
    reader = _Reader(columns, zone, modules, partners)
    sessions: list[PlannedSession] = []
    seen: dict[str, int] = {}
    for row in table.rows:
        planned = _session(reader, row)
        if planned is None:
            continue
        key = planned.code.casefold()
        if key in seen:
            reader.wrong(
                row,
                "session",
                N_("session “%(code)s” is in row %(first)s already. Give each its own code."),
                code=planned.code,
                first=seen[key],
            )
        else:
            seen[key] = row.number
            sessions.append(planned)
    problems = [
        Message("Row %(row)s: %(what)s", row=fault.row, what=fault.sentence)
        for fault in reader.faults
    ]
    if not table.rows:
        problems.append(Message("The file has a header and no sessions below it."))
    return ScheduleSheet(tuple(sessions), tuple(problems), columns.remarks, tuple(reader.faults))


def _session(reader: _Reader, row: Row) -> PlannedSession | None:
    """The session of one row; None when something in it is wrong."""
    before = len(reader.faults)
    cell = {name: reader.columns.cell(row, name) for name in HEADINGS}
    code = cell["session"]
    if not code:
        reader.wrong(row, "session", N_("the session has no code. Enter one, such as S01."))
    elif not _CODE.fullmatch(code):
        reader.wrong(
            row,
            "session",
            N_("“%(code)s” cannot be a code: use up to 40 letters, digits, dots and hyphens."),
            code=_short(code),
        )
    module = _known(cell["module"], reader.modules)
    if module is None:
        reader.wrong(
            row,
            "module",
            N_("the programme has no module “%(module)s”. It has: %(known)s."),
            module=_short(cell["module"]),
            known=", ".join(reader.modules),
        )
    for name, most in (("title", 300), ("city", 120), ("link", 500)):
        if len(cell[name]) > most:
            reader.wrong(
                row,
                name,
                N_("“%(field)s” is longer than %(most)s characters. Shorten it."),
                field=name,
                most=most,
            )
    if cell["link"] and not _LINK.fullmatch(cell["link"]):
        reader.wrong(
            row,
            "link",
            N_("“%(link)s” is not a link. It begins with https:// and has no spaces."),
            link=_short(cell["link"]),
        )
    span = _span(reader, row, cell["date"], cell["start"], cell["end"])
    breaks = _breaks(reader, row, cell["date"], cell["breaks"], span) if span else ()
    if span and breaks and len(reader.faults) == before and not contact_minutes(span, breaks):
        reader.wrong(row, "breaks", N_("the breaks leave no contact time. Shorten them."))
    venues = _venues(reader, row, cell["venues"])
    trainers = _trainers(reader, row, cell)
    if len(reader.faults) > before or span is None or module is None:
        return None
    return PlannedSession(
        row=row.number,
        code=code,
        module=module,
        title=cell["title"],
        span=span,
        breaks=breaks,
        venues=venues,
        city=cell["city"],
        link=cell["link"],
        trainers=trainers,
    )


def _span(reader: _Reader, row: Row, day: str, start: str, end: str) -> Span | None:
    on = read_date(day)
    if isinstance(on, Message):
        reader.wrong(row, "date", on.text, **on.values)
    moments = []
    for column, text, missing in (
        ("start", start, N_("the start is missing. Enter a time, such as 09:00.")),
        ("end", end, N_("the end is missing. Enter a time, such as 12:15.")),
    ):
        if not text:
            reader.wrong(row, column, missing)
            continue
        at = read_time(text)
        if at is None:
            reader.wrong(
                row, column, N_("“%(text)s” is not a time. Write it as 09:00."), text=_short(text)
            )
        elif isinstance(on, date):
            moments.append(_moment(reader, row, column, on, at))
    if len(moments) < 2 or None in moments:
        return None
    starts_at, ends_at = moments
    assert starts_at and ends_at
    if ends_at <= starts_at:
        reader.wrong(
            row,
            "end",
            N_("the session ends at %(end)s, before it starts at %(start)s."),
            start=start,
            end=end,
        )
        return None
    if (ends_at - starts_at).total_seconds() > LONGEST_SESSION * 60:
        reader.wrong(
            row,
            "end",
            N_("the session is longer than %(most)s hours. Split it, or correct its times."),
            most=LONGEST_SESSION // 60,
        )
        return None
    return Span(starts_at, ends_at)


def _moment(reader: _Reader, row: Row, column: str, day: date, at: time) -> datetime | None:
    try:
        return moment(day, at, reader.zone)
    except NoSuchTime:
        reader.wrong(
            row,
            column,
            N_(
                "clocks in %(zone)s are put forward past %(time)s on %(date)s, so that time "
                "does not exist. Enter another."
            ),
            zone=reader.zone.key,
            time=f"{at:%H:%M}",
            date=f"{day}",
        )
    except OverflowError:
        reader.wrong(row, "date", N_("“%(text)s” is not a date of our time."), text=f"{day}")
    return None


def _breaks(reader: _Reader, row: Row, day: str, text: str, span: Span) -> tuple[Span, ...]:
    on = read_date(day)
    spans = []
    for part in _parts(text):
        ends = re.split(r"\s*[-–—−]\s*", part)
        times = [read_time(end) for end in ends]
        if len(ends) != 2 or None in times:
            reader.wrong(
                row,
                "breaks",
                N_("“%(text)s” is not a break. Write it as 10:30-10:45, and “;” between two."),
                text=_short(part),
            )
            continue
        assert isinstance(on, date)
        first, last = (_moment(reader, row, "breaks", on, at) for at in times if at is not None)
        if first is None or last is None:
            continue
        if last <= first:
            reader.wrong(row, "breaks", N_("the break %(text)s ends before it begins."), text=part)
        elif first < span.starts_at or last > span.ends_at:
            reader.wrong(
                row, "breaks", N_("the break %(text)s is not inside the session."), text=part
            )
        else:
            spans.append(Span(first, last))
    return tuple(sorted(spans))


def _venues(reader: _Reader, row: Row, text: str) -> tuple[PlannedVenue, ...]:
    venues = []
    for part in _parts(text):
        head, colon, tail = part.partition(":")
        partner = _known(head.strip(), reader.partners) if colon else None
        if colon and partner is None:
            reader.wrong(
                row,
                "venues",
                N_(
                    "“%(partner)s” is not a partner of the programme. Before “:” stands one of: "
                    "%(known)s."
                ),
                partner=_short(head.strip()),
                known=", ".join(reader.partners),
            )
            continue
        name = tail.strip() if colon else part
        if not name or len(name) > 200:
            reader.wrong(
                row,
                "venues",
                N_(
                    "“%(text)s” is not a venue. Write it as “TSUC: Room B-204”, at most 200 "
                    "characters."
                ),
                text=_short(part),
            )
            continue
        venues.append(PlannedVenue(partner or "", name))
    return tuple(dict.fromkeys(venues))


def _trainers(reader: _Reader, row: Row, cell: Mapping[str, str]) -> tuple[PlannedTrainer, ...]:
    found: dict[str, PlannedTrainer] = {}
    for part, addresses, names, partners in (
        (TrainerPart.LEAD, "lead", "lead name", "lead organisation"),
        (TrainerPart.CO_TRAINER, "co-trainers", "co-trainer names", "co-trainer organisations"),
    ):
        emails = _parts(cell[addresses])
        if part is TrainerPart.LEAD and len(emails) > 1:
            reader.wrong(
                row,
                addresses,
                N_("a session has one lead. Put the others into the column “co-trainers”."),
            )
            continue
        given_names = _aligned(reader, row, names, cell[names], len(emails))
        given_partners = _aligned(reader, row, partners, cell[partners], len(emails))
        for at, email in enumerate(emails):
            if email_problem(email):
                reader.wrong(
                    row,
                    addresses,
                    N_("“%(text)s” is not an e-mail address. Trainers are named by theirs."),
                    text=_short(email),
                )
                continue
            partner = given_partners[at]
            known = _known(partner, reader.partners) if partner else ""
            if known is None:
                reader.wrong(
                    row,
                    partners,
                    N_("“%(partner)s” is not a partner of the programme. It has: %(known)s."),
                    partner=_short(partner),
                    known=", ".join(reader.partners),
                )
                continue
            name = clean_name(given_names[at])
            if problem := name_problem(name):
                reader.wrong(row, names, problem.text, **problem.values)
                continue
            key = email.lower()
            if key in found:
                reader.wrong(
                    row,
                    addresses,
                    N_("%(email)s is named twice. Name each trainer once."),
                    email=key,
                )
                continue
            found[key] = PlannedTrainer(part, key, name, known)
    return tuple(found.values())


def _aligned(reader: _Reader, row: Row, field_: str, text: str, count: int) -> list[str]:
    """The parts of a cell that goes with another of `count` parts; empty ones where it is empty."""
    parts = [part.strip() for part in text.split(";")] if text else []
    if parts and len(parts) != count and count:
        reader.wrong(
            row,
            field_,
            N_(
                "“%(field)s” has %(found)s entries for %(count)s trainers. "
                "Give one for each, with “;” between them."
            ),
            field=field_,
            found=len(parts),
            count=count,
        )
        return [""] * count
    return (parts + [""] * count)[:count]


def read_date(text: str) -> date | Message:
    """A date as people write it: 2025-04-07, 07.04.2025, or with slashes where only one fits."""
    if not text:
        return Message("the date is missing. Enter one, such as 2025-04-07.")
    wrong = Message("“%(text)s” is not a date. Write it as 2025-04-07.", text=_short(text))
    plain = re.sub(r"[ T]00:00(:00)?$", "", text)
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", plain):
        year, month, day = map(int, found.groups())
    elif found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", plain):
        day, month, year = map(int, found.groups())
    elif found := re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", plain):
        day, month, year = map(int, found.groups())
        if day <= 12 and month <= 12 and day != month:
            return Message(
                "“%(text)s” can be read in two ways, day or month first. Write it as 2025-04-07.",
                text=_short(text),
            )
        if month > 12:
            day, month = month, day
    else:
        return wrong
    try:
        on = date(year, month, day)
    except ValueError:
        return wrong
    return on if 1990 <= on.year <= 2199 else wrong


def read_time(text: str) -> time | None:
    """A time of day such as 09:00, 9.00 or 09:00:00; None where the text is not one."""
    found = _TIME.fullmatch(text.strip())
    if not found:
        return None
    hour, minute = int(found[1]), int(found[2])
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _parts(text: str) -> list[str]:
    """The parts of a cell between semicolons or line breaks."""
    return [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]


def _known(text: str, codes: Iterable[str]) -> str | None:
    """The code that `text` means, whatever its case; None when none is meant."""
    return next((code for code in codes if code.casefold() == text.casefold()), None)


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
