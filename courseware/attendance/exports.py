"""Words of marks for people, and the register as a sheet that is imported again."""

from datetime import datetime
from zoneinfo import ZoneInfo

from courseware.attendance.ledger_rules import Standing
from courseware.attendance.rules import AttendanceStatus, MarkSource
from courseware.attendance.service import SessionRegister
from courseware.i18n import _
from courseware.tables import Sheet, write_xlsx


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
        MarkSource.NOTICE: _("announced absence"),
    }[source]


def standing_word(standing: Standing) -> str:
    """How a participant stands, in the reader's language."""
    return {
        Standing.REACHED: _("reached"),
        Standing.ON_COURSE: _("on course"),
        Standing.BEHIND: _("behind"),
        Standing.OUT_OF_REACH: _("out of reach"),
    }[standing]


def clock_of(moment: datetime | None, zone: ZoneInfo) -> str:
    """Hours and minutes in `zone`; empty where nothing is known."""
    return f"{moment.astimezone(zone):%H:%M}" if moment else ""


def register_sheet(register: SessionRegister) -> bytes:
    """Our own register sheet, which `attendance import` reads again; always in English."""
    zone = register.zone
    return write_xlsx(
        Sheet(
            register.training_session.code,
            ["name", "e-mail", "mark", "from", "until", "note", "session"],
            [
                [
                    row.names[0],
                    row.email,
                    row.status.replace("_", " ") if row.status else "",
                    clock_of(row.mark.presence.arrived_at, zone) if row.mark else "",
                    clock_of(row.mark.presence.left_at, zone) if row.mark else "",
                    row.mark.note if row.mark else "",
                    register.training_session.code,
                ]
                for row in register.rows
            ],
        )
    )
