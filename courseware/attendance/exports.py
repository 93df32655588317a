"""Registers and ledgers as spreadsheets; every row carries its unit and its times."""

from datetime import datetime
from zoneinfo import ZoneInfo

from courseware.attendance.ledger_rules import Standing
from courseware.attendance.ledger_service import CohortLedger, LedgerRow, LedgerSession
from courseware.attendance.rules import AttendanceStatus, MarkSource
from courseware.attendance.service import MarkInForce, SessionRegister
from courseware.hours import academic
from courseware.i18n import _, language
from courseware.tables import Sheet, write_xlsx
from courseware.texts import choose


def status_word(status: AttendanceStatus | None) -> str:
    """A status in the reader's language; None is *not marked*."""
    return {
        AttendanceStatus.PRESENT: _("present"),
        AttendanceStatus.LATE: _("late"),
        AttendanceStatus.LEFT_EARLY: _("left early"),
        AttendanceStatus.PARTIAL: _("partial"),
        AttendanceStatus.EXCUSED: _("excused"),
        AttendanceStatus.ABSENT: _("absent"),
        None: _("not marked"),
    }[status]


def source_word(source: MarkSource) -> str:
    """How a mark was made, in the reader's language."""
    return {
        MarkSource.TRAINER: _("trainer"),
        MarkSource.COORDINATOR: _("coordinator"),
        MarkSource.CHECK_IN: _("check-in"),
        MarkSource.IMPORT: _("meeting report"),
        MarkSource.PAPER: _("register sheet"),
        MarkSource.OFFLINE: _("trainer, sent later"),
    }[source]


def standing_word(standing: Standing) -> str:
    """How a participant stands, in the reader's language."""
    return {
        Standing.REACHED: _("reached"),
        Standing.ON_COURSE: _("on course"),
        Standing.BEHIND: _("behind"),
        Standing.OUT_OF_REACH: _("out of reach"),
    }[standing]


def ledger_workbook(ledger: CohortLedger) -> bytes:
    """The ledger of a cohort: the hours, the matrix of marks, and one row for each mark."""
    return write_xlsx(_hours_sheet(ledger), _matrix_sheet(ledger), _marks_sheet(ledger))


def _number(minutes: int, hour: int) -> float:
    """Academic hours as a spreadsheet counts with them; minutes stand beside them exactly."""
    return round(float(academic(minutes, hour)), 4)


def _unit(ledger: CohortLedger) -> str:
    programme = ledger.cohort.programme
    return _(
        "%(programme)s, cohort %(cohort)s. Hours are academic hours of %(minutes)s minutes.",
        programme=choose(programme.titles, language()),
        cohort=ledger.cohort.code,
        minutes=programme.academic_hour_minutes,
    )


def _requirement(ledger: CohortLedger) -> str:
    programme = ledger.cohort.programme
    hour = programme.academic_hour_minutes
    return _(
        "The certificate asks for %(needed)s of %(planned)s hours (%(percent)s %%). "
        "Delivered so far: %(delivered)s.",
        needed=_number(ledger.course.needed, hour),
        planned=_number(ledger.course.planned, hour),
        percent=programme.threshold_percent,
        delivered=_number(ledger.course.delivered, hour),
    )


def _who(row: LedgerRow) -> list[str]:
    return [row.names[0], row.names[1] if len(row.names) > 1 else "", row.organisation]


def _hours_sheet(ledger: CohortLedger) -> Sheet:
    hour = ledger.cohort.programme.academic_hour_minutes
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
                *(_number(getattr(row.ledger, figure), hour) for figure in figures),
                standing_word(row.ledger.standing),
                row.ledger.credited,
                *(_number(line.credited, hour) for line in row.ledger.modules),
            ]
            for row in ledger.rows
        ],
        intro=[_unit(ledger), _requirement(ledger)],
    )


def _matrix_sheet(ledger: CohortLedger) -> Sheet:
    zone = ZoneInfo(ledger.cohort.timezone)
    sessions = ledger.sessions_by_module
    return Sheet(
        _("Register"),
        [
            _("Name"),
            _("Name in own script"),
            _("Organisation"),
            *(f"{each.code} {each.starts_at.astimezone(zone):%d.%m. %H:%M}" for each in sessions),
        ],
        [[*_who(row), *(_cell_text(row, each) for each in sessions)] for row in ledger.rows],
        intro=[
            _unit(ledger),
            _("Each cell: the mark and the minutes that were attended. %(zone)s.", zone=zone.key),
        ],
    )


def _cell_text(row: LedgerRow, session: LedgerSession) -> str:
    mark = row.marks.get(session.id)
    if mark is None:
        return status_word(None) if session.held.has_ended else ""
    line = next(each for each in row.ledger.sessions if each.session_id == session.id)
    word = status_word(mark.presence.status)
    return f"{word} {line.attended}" if mark.presence.status.was_here else word


def _marks_sheet(ledger: CohortLedger) -> Sheet:
    zone = ZoneInfo(ledger.cohort.timezone)
    rows: list[list[str | int | None]] = []
    for row in ledger.rows:
        for session, line in zip(ledger.sessions, row.ledger.sessions, strict=True):
            mark = row.marks.get(session.id)
            rows.append(
                [
                    *_who(row),
                    session.code,
                    *_times(session, zone),
                    status_word(mark.presence.status if mark else None),
                    *_mark_times(mark, zone),
                    session.held.time.minutes,
                    line.delivered,
                    line.attended,
                    line.credited,
                    source_word(mark.source) if mark else "",
                    f"{mark.marked_at.astimezone(zone):%Y-%m-%d %H:%M}" if mark else "",
                    mark.note if mark else "",
                ]
            )
    return Sheet(
        _("Marks"),
        [
            _("Name"),
            _("Name in own script"),
            _("Organisation"),
            _("Session"),
            _("Date"),
            _("Start"),
            _("End"),
            _("Mark"),
            _("Came at"),
            _("Left at"),
            _("Contact time, minutes"),
            _("Delivered, minutes"),
            _("Attended, minutes"),
            _("Credited, minutes"),
            _("How it was made"),
            _("When it was made"),
            _("Note"),
        ],
        rows,
        intro=[_unit(ledger), _("Times are those of %(zone)s.", zone=zone.key)],
    )


def _times(session: LedgerSession, zone: ZoneInfo) -> list[str]:
    time = session.held.time
    start, end = time.start.astimezone(zone), time.end.astimezone(zone)
    return [f"{start:%Y-%m-%d}", f"{start:%H:%M}", f"{end:%H:%M}"]


def _mark_times(mark: MarkInForce | None, zone: ZoneInfo) -> list[str]:
    if mark is None:
        return ["", ""]
    if not mark.presence.times_known:
        return [_("not known"), _("not known")]
    return [_clock(mark.presence.arrived_at, zone), _clock(mark.presence.left_at, zone)]


def _clock(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M}" if moment else ""


def register_sheet(register: SessionRegister) -> bytes:
    """Our own register sheet, which `attendance import` reads again; always in English."""
    zone = register.zone
    return write_xlsx(
        Sheet(
            register.training_session.code,
            ["name", "e-mail", "mark", "from", "until", "note"],
            [
                [
                    row.names[0],
                    row.email,
                    row.status.replace("_", " ") if row.status else "",
                    _clock(row.mark.presence.arrived_at, zone) if row.mark else "",
                    _clock(row.mark.presence.left_at, zone) if row.mark else "",
                    row.mark.note if row.mark else "",
                ]
                for row in register.rows
            ],
        )
    )
