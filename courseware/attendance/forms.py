"""What a browser may send about marks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired, MultipleFileField
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from courseware.attendance.alias_service import Candidate
from courseware.attendance.report_rules import moment_on_the_day
from courseware.attendance.rules import AttendanceStatus, Presence, SessionTime
from courseware.attendance.service import RegisterRow, SessionRegister, WantedMark
from courseware.attendance.sync_rules import NO_MARK, signature
from courseware.i18n import _, lazy, sentence
from courseware.names import clean_name, name_problem

LEFT_OUT = "-"
LONGEST_NOTE = 400


def status_choices() -> list[tuple[str, str]]:
    """The statuses in words, and *not marked*."""
    return [
        (AttendanceStatus.PRESENT, _("present")),
        (AttendanceStatus.LATE, _("late")),
        (AttendanceStatus.LEFT_EARLY, _("left early")),
        (AttendanceStatus.PARTIAL, _("partial")),
        (AttendanceStatus.EXCUSED, _("excused")),
        (AttendanceStatus.ABSENT, _("absent")),
        (NO_MARK, _("not marked")),
    ]


def read_clock(text: str) -> time | None:
    """A time of the day as browsers send it, or None."""
    try:
        return time.fromisoformat(text.strip()[:5])
    except ValueError:
        return None


@dataclass
class RegisterForm:
    """The sheet of a whole session: a toggle for each row, and for some a status with times.

    Only what was changed is wanted; a row that somebody else changed since the page was made
    is not overwritten but listed in `meanwhile`.
    """

    register: SessionRegister
    wanted: dict[int, WantedMark] = field(default_factory=dict)
    meanwhile: list[RegisterRow] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    walk_in: str = ""
    walk_in_at: datetime | None = None

    def read(self, sent: Mapping[str, str]) -> bool:
        """Read what was sent; True when nothing needs correcting."""
        for row in self.register.rows:
            was = sent.get(f"was-{row.public_id}")
            if was is None:
                continue
            mark = self._mark_of(row, was, sent)
            if mark is None:
                continue
            if was != signature(row.mark.presence if row.mark else None, self.register.zone):
                if mark.presence != (row.mark.presence if row.mark else None):
                    self.meanwhile.append(row)
                continue
            self.wanted[row.enrolment_id] = mark
        self._read_walk_in(sent)
        return not self.errors

    def _read_walk_in(self, sent: Mapping[str, str]) -> None:
        self.walk_in = clean_name(sent.get("walk-in", ""))
        if not self.walk_in and sent.get("act") == "walk-in":
            self.errors.append(("walk-in", _("Enter the name of who came.")))
        elif problem := name_problem(self.walk_in):
            self.errors.append(("walk-in", sentence(problem)))
        came = read_clock(sent.get("walk-in-at", ""))
        if came:
            self.walk_in_at = moment_on_the_day(came, self.register.time, self.register.zone)

    def _mark_of(self, row: RegisterRow, was: str, sent: Mapping[str, str]) -> WantedMark | None:
        status = sent.get(f"status-{row.public_id}", "")
        is_on = f"here-{row.public_id}" in sent
        was_on = was.partition("|")[0] == AttendanceStatus.PRESENT
        if status:
            return self._stated(row, status, sent)
        if is_on and not was_on:
            return WantedMark(Presence(AttendanceStatus.PRESENT))
        if was_on and not is_on:
            return WantedMark(None)
        return None

    def _stated(self, row: RegisterRow, status: str, sent: Mapping[str, str]) -> WantedMark | None:
        note = clean_name(sent.get(f"note-{row.public_id}", ""))[:LONGEST_NOTE]
        if status == NO_MARK:
            return WantedMark(None, note)
        if status not in set(AttendanceStatus):
            return None
        presence, problem = presence_from(
            AttendanceStatus(status),
            read_clock(sent.get(f"from-{row.public_id}", "")),
            read_clock(sent.get(f"until-{row.public_id}", "")),
            self.register.time,
            self.register.zone,
        )
        if problem:
            self.errors.append((f"here-{row.public_id}", f"{row.names[0]}: {problem}"))
            return None
        return WantedMark(presence, note)


def presence_from(
    status: AttendanceStatus,
    arrived: time | None,
    left: time | None,
    at: SessionTime,
    zone: ZoneInfo,
) -> tuple[Presence, str]:
    """A status with the times that it needs, or a sentence about what is missing."""
    presence = Presence(
        status,
        arrived_at=moment_on_the_day(arrived, at, zone)
        if arrived and status.needs_arrival
        else None,
        left_at=moment_on_the_day(left, at, zone) if left and status.needs_leaving else None,
    )
    if presence.lacks_arrival:
        return presence, _("Enter when the participant came.")
    if presence.lacks_leaving:
        return presence, _("Enter when the participant left.")
    if presence.arrived_at and presence.left_at and presence.left_at <= presence.arrived_at:
        return presence, _("The participant cannot have left before coming.")
    if not presence.is_within(at):
        start, end = (f"{moment.astimezone(zone):%H:%M}" for moment in (at.start, at.end))
        return presence, _(
            "The session was from %(start)s to %(end)s: enter a time between them.",
            start=start,
            end=end,
        )
    return presence, ""


class ClockField(StringField):
    """A time of the day; what is none stays as it was typed, with a message."""

    clock: time | None = None

    def post_validate(self, form: FlaskForm, validation_stopped: bool) -> None:
        """Read the time after the other validators."""
        text = (self.data or "").strip()
        self.clock = read_clock(text) if text else None
        if text and self.clock is None:
            raise ValidationError(_("Enter a time like 09:15."))


class MarkForm(FlaskForm):
    """One cell of a register."""

    status = RadioField(
        lazy("Mark"),
        [InputRequired(lazy("Choose what the register says."))],
        choices=status_choices,
    )
    arrived = ClockField(lazy("Came at"), description=lazy("For late and partial."))
    left = ClockField(lazy("Left at"), description=lazy("For left early and partial."))
    note = StringField(
        lazy("Note"),
        [Length(max=400, message=lazy("A note has at most 400 characters."))],
        description=lazy("Why, where it helps: it stays in the history."),
    )
    mark: WantedMark | None = None

    def read(self, at: SessionTime, zone: ZoneInfo) -> bool:
        """Validate, and make the mark that is wanted."""
        if not self.validate_on_submit():
            return False
        note = clean_name(self.note.data or "")[:LONGEST_NOTE]
        if self.status.data == NO_MARK:
            self.mark = WantedMark(None, note)
            return True
        presence, problem = presence_from(
            AttendanceStatus(self.status.data), self.arrived.clock, self.left.clock, at, zone
        )
        if problem:
            place = self.arrived if presence.lacks_arrival else self.left
            place.errors = [*place.errors, problem]
            return False
        self.mark = WantedMark(presence, note)
        return True


class ReportForm(FlaskForm):
    """A file with attendance."""

    file = FileField(
        lazy("Report or register sheet"),
        [FileRequired(lazy("Choose a file."))],
        description=lazy(
            "The attendance report of Microsoft Teams, Zoom, Google Meet or Moodle, or our own "
            "sheet. First you see what would happen."
        ),
    )


class FilesForm(FlaskForm):
    """Several files with attendance."""

    files = MultipleFileField(
        lazy("Reports and register sheets"),
        [FileRequired(lazy("Choose at least one file."))],
        description=lazy(
            "As many as you like, from Microsoft Teams, Zoom, Google Meet, Moodle, or our own "
            "sheets. Each is recognised by its content, and nothing is written before you say so."
        ),
    )


def read_choices(
    sent: Mapping[str, str], count: int, candidates: tuple[Candidate, ...]
) -> dict[int, int | None]:
    """Whom somebody chose for the names of a report: place → enrolment, or None to leave out.

    What was never offered is as if nothing was chosen.
    """
    by_address = {each.public_id: each.enrolment_id for each in candidates}
    choices: dict[int, int | None] = {}
    for index in range(count):
        said = sent.get(f"who-{index}", "")
        if said == LEFT_OUT:
            choices[index] = None
        elif said in by_address:
            choices[index] = by_address[said]
    return choices
