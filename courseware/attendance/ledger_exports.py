"""The hours ledger as spreadsheets: the matrix as .xlsx, every entry with its history as .csv.

Every row carries its times, its minutes and the unit of its hours. Words are looked up once for a
file and not once for a cell: there are tens of thousands of them.
"""

from collections.abc import Collection, Iterator, Set
from functools import cache
from zoneinfo import ZoneInfo

from courseware.attendance.entries_service import CohortEntries
from courseware.attendance.exports import clock_of, source_word, standing_word, status_word
from courseware.attendance.ledger_rules import Standing
from courseware.attendance.ledger_service import CohortLedger, LedgerRow, LedgerSession, Marks
from courseware.attendance.rules import AttendanceStatus, MarkSource, Presence
from courseware.hours import academic
from courseware.i18n import _, hours, language, ngettext
from courseware.tables import Cell, Sheet, write_csv, write_xlsx
from courseware.texts import choose


class _Words:
    """What a file says again and again, in the reader's language, and times in its zone."""

    def __init__(self, ledger: CohortLedger) -> None:
        self.zone = zone = ZoneInfo(ledger.cohort.timezone)
        self.hour: int = ledger.cohort.programme.academic_hour_minutes
        self.status = {each: status_word(each) for each in (*AttendanceStatus, None)}
        self.source = {each: source_word(each) for each in MarkSource}
        self.standing = {each: standing_word(each) for each in Standing}
        self.unknown = _("not known")
        self.day = cache(lambda moment: f"{moment.astimezone(zone):%Y-%m-%d}")
        self.clock = cache(lambda moment: clock_of(moment, zone))
        self.moment = cache(lambda moment: f"{moment.astimezone(zone):%Y-%m-%d %H:%M}")
        # Academic hours as a spreadsheet counts with them; minutes stand beside them exactly.
        self.number = cache(lambda minutes: round(float(academic(minutes, self.hour)), 4))

    def came_and_left(self, presence: Presence | None) -> list[str]:
        if presence is None:
            return ["", ""]
        if not presence.times_known:
            return [self.unknown, self.unknown]
        return [self.clock(presence.arrived_at), self.clock(presence.left_at)]


def ledger_workbook(
    ledger: CohortLedger, marks: Marks, disputed: Collection[tuple[int, int]]
) -> bytes:
    """The ledger of a cohort: the hours, the matrix of marks, and one row for each mark.

    `marks` say how each came about (`ledger_service.marks_of`); `disputed` are the cells about
    which two people say different things.
    """
    words = _Words(ledger)
    return write_xlsx(
        _hours_sheet(ledger, words),
        _matrix_sheet(ledger, words, set(disputed)),
        _marks_sheet(ledger, marks, words),
    )


def _unit(ledger: CohortLedger) -> str:
    programme = ledger.cohort.programme
    return _(
        "%(programme)s, cohort %(cohort)s. Hours are academic hours of %(minutes)s minutes.",
        programme=choose(programme.titles, language()),
        cohort=ledger.cohort.code,
        minutes=programme.academic_hour_minutes,
    )


def _requirement(ledger: CohortLedger, words: _Words) -> str:
    return _(
        "The certificate asks for %(needed)s of %(planned)s hours (%(percent)s %%). "
        "Delivered so far: %(delivered)s.",
        needed=hours(ledger.course.needed, words.hour),
        planned=hours(ledger.course.planned, words.hour),
        percent=ledger.cohort.programme.threshold_percent,
        delivered=hours(ledger.course.delivered, words.hour),
    )


def _who(row: LedgerRow) -> list[str]:
    return [row.names[0], row.names[1] if len(row.names) > 1 else "", row.organisation]


def _hours_sheet(ledger: CohortLedger, words: _Words) -> Sheet:
    figures = ("planned", "needed", "delivered", "attended", "excused", "credited", "reachable")
    return Sheet(
        _("Hours"),
        [
            _("Name"),
            _("Name in own script"),
            _("Organisation"),
            _("Planned"),
            _("Needed"),
            _("Delivered"),
            _("Attended"),
            _("Excused"),
            _("Credited"),
            _("Still reachable"),
            _("Standing"),
            _("Credited, minutes"),
            *(module.code for module in ledger.modules),
        ],
        [
            [
                *_who(row),
                *(words.number(getattr(row.ledger, figure)) for figure in figures),
                words.standing[row.ledger.standing],
                row.ledger.credited,
                *(words.number(line.credited) for line in row.ledger.modules),
            ]
            for row in ledger.rows
        ],
        intro=[_unit(ledger), _requirement(ledger, words)],
    )


def _matrix_sheet(ledger: CohortLedger, words: _Words, disputed: Set[tuple[int, int]]) -> Sheet:
    """Participants and sessions; what an hour is and how long each session was stand above."""
    places = {each.id: place for place, each in enumerate(ledger.sessions)}
    columns = [(each, places[each.id]) for each in ledger.sessions_by_module]
    dispute = _("two people say different things")

    def cell(row: LedgerRow, session: LedgerSession, place: int) -> str:
        text = _cell_text(row, session, place, words)
        return f"{text} · {dispute}" if (session.id, row.enrolment_id) in disputed else text

    heads = [
        f"{each.code} {each.held.time.start.astimezone(words.zone):%d.%m. %H:%M}–"
        f"{words.clock(each.held.time.end)}, "
        + ngettext("%(num)s minute", "%(num)s minutes", each.held.time.minutes)
        for each, _place in columns
    ]
    return Sheet(
        _("Register"),
        [
            _("Name"),
            _("Name in own script"),
            _("Organisation"),
            _("Credited"),
            _("Still reachable"),
            *heads,
        ],
        [
            [
                *_who(row),
                words.number(row.ledger.credited),
                words.number(row.ledger.reachable),
                *(cell(row, each, place) for each, place in columns),
            ]
            for row in ledger.rows
        ],
        intro=[
            _unit(ledger),
            _requirement(ledger, words),
            _(
                "Each cell: the mark and the minutes that were attended. %(zone)s.",
                zone=words.zone.key,
            ),
        ],
    )


def _cell_text(row: LedgerRow, session: LedgerSession, place: int, words: _Words) -> str:
    presence = row.presences.get(session.id)
    if presence is None:
        return words.status[None] if session.held.has_ended else ""
    status = presence.status
    word = words.status[status]
    return f"{word} {row.ledger.sessions[place].attended}" if status.was_here else word


def _marks_sheet(ledger: CohortLedger, marks: Marks, words: _Words) -> Sheet:
    return Sheet(
        _("Marks"),
        [
            _("Name"),
            _("Session"),
            _("When"),
            _("Mark"),
            _("Came at"),
            _("Left at"),
            _("Attended, minutes"),
            _("Credited, minutes"),
            _("How it was made"),
            _("Note"),
        ],
        _mark_rows(ledger, marks, words),
        intro=[_unit(ledger), _("Times are those of %(zone)s.", zone=words.zone.key)],
    )


def _mark_rows(ledger: CohortLedger, marks: Marks, words: _Words) -> Iterator[list[Cell]]:
    # How long a session was, breaks aside, stands in the heads of the matrix and in the file of
    # entries: a workbook with all that is the same for everybody takes twice as long to write.
    of_session = [(each, [each.code, _when(each, words)]) for each in ledger.sessions]
    for row in ledger.rows:
        for (session, when), line in zip(of_session, row.ledger.sessions, strict=True):
            mark = marks.get((session.id, row.enrolment_id))
            yield [
                row.names[0],
                *when,
                words.status[mark.presence.status if mark else None],
                *words.came_and_left(mark.presence if mark else None),
                line.attended,
                line.credited,
                words.source[mark.source] if mark else "",
                mark.note if mark else "",
            ]


def _when(session: LedgerSession, words: _Words) -> str:
    day, start, end = _times(session, words)
    return f"{day} {start}–{end}"


def _times(session: LedgerSession, words: _Words) -> list[str]:
    time = session.held.time
    return [words.day(time.start), words.clock(time.start), words.clock(time.end)]


def entries_file(ledger: CohortLedger, entries: CohortEntries) -> bytes:
    """Every entry that was ever made, one in a row, with its history, as .csv.

    The entries of one participant at one session stand together in the order in which they were
    made; exactly one of them, or none, is in force.
    """
    words = _Words(ledger)
    return write_csv(
        [
            _("Cohort"),
            _("Session"),
            _("Title"),
            _("Date"),
            _("Start"),
            _("End"),
            _("Time zone"),
            _("Delivered, minutes"),
            _("Name"),
            _("Name in own script"),
            _("Organisation"),
            _("Entry"),
            _("Mark"),
            _("Came at"),
            _("Left at"),
            _("Minutes by this entry"),
            _("Academic hours by this entry"),
            _("Academic hour, minutes"),
            _("In force"),
            _("How it was made"),
            _("When it was made"),
            _("Who made it"),
            _("Settles a disagreement"),
            _("File"),
            _("Note"),
        ],
        _entry_rows(ledger, entries, words),
    )


def _entry_rows(
    ledger: CohortLedger, entries: CohortEntries, words: _Words
) -> Iterator[list[Cell]]:
    yes, no, back, withdrawn = _("yes"), _("no"), _("taken back"), _("withdrawn")
    of_session: dict[int, list[Cell]] = {
        each.id: [
            ledger.cohort.code,
            each.code,
            each.title,
            *_times(each, words),
            words.zone.key,
            each.held.delivered,
        ]
        for each in ledger.sessions
    }
    for row in ledger.rows:
        who = _who(row)
        for session in ledger.sessions:
            for number, entry in enumerate(entries.of(session.id, row.enrolment_id), start=1):
                presence = entry.presence
                minutes = entry.minutes_at(session.held.time)
                file = f"{entry.file} ({withdrawn})" if entry.is_withdrawn else entry.file
                yield [
                    *of_session[session.id],
                    *who,
                    number,
                    words.status[presence.status] if presence else back,
                    *words.came_and_left(presence),
                    minutes,
                    words.number(minutes),
                    words.hour,
                    yes if entry.is_in_force else no,
                    words.source[entry.source],
                    words.moment(entry.marked_at),
                    entry.marked_by,
                    yes if entry.settles else "",
                    file,
                    entry.note,
                ]
