"""What a browser may send about sessions."""

from zoneinfo import ZoneInfo

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, DateField, SelectField, StringField, TimeField
from wtforms.validators import InputRequired, Length, Optional

from courseware.cohorts.models import Cohort
from courseware.i18n import _, capitalised, language, lazy, sentence
from courseware.schedule.models import TrainingSession
from courseware.schedule.planning_rules import HEADINGS, PlannedSession
from courseware.schedule.planning_service import read_one
from courseware.schedule.service import list_modules
from courseware.texts import choose

MARK_OF_FIELD = {name: name.replace("-", "_").replace(" ", "_") for name in HEADINGS}
"""The form's field for each column of the sheet."""


class ScheduleFileForm(FlaskForm):
    file = FileField(
        lazy("Schedule"),
        [FileRequired(lazy("Choose a file."))],
        description=lazy("Excel or CSV. First you see what would happen; nothing is changed yet."),
    )


class SessionForm(FlaskForm):
    """One session, in the words of the schedule sheet, checked by the same reader."""

    session = StringField(lazy("Code"), description=lazy("Short, for people to type: S01."))
    module = SelectField(lazy("Module"), validate_choice=False)
    title = StringField(
        lazy("Title"),
        [Optional(), Length(max=300, message=lazy("A title has at most 300 characters."))],
        description=lazy("Without one, the session is called as its module."),
    )
    date = StringField(lazy("Date"))
    start = StringField(lazy("Start"))
    end = StringField(lazy("End"))
    breaks = StringField(
        lazy("Breaks"), description=lazy("Such as 10:30-10:45; they do not count as hours.")
    )
    venues = StringField(
        lazy("Venue"),
        description=lazy("One for each partner: “TSUC: Room B-204; EKTU: Room 305”."),
    )
    city = StringField(lazy("City"))
    link = StringField(lazy("Link"), description=lazy("Of an online session: https://…"))
    lead = StringField(lazy("Lead"), description=lazy("The e-mail address of the trainer."))
    lead_name = StringField(
        lazy("Name of the lead"), description=lazy("Only for somebody not yet known here.")
    )
    co_trainers = StringField(
        lazy("Co-trainers"), description=lazy("E-mail addresses, with “;” between them.")
    )
    co_trainer_names = StringField(
        lazy("Names of the co-trainers"),
        description=lazy("Only for people not yet known here, in the same order."),
    )

    def __init__(self, cohort: Cohort, existing: TrainingSession | None = None) -> None:
        super().__init__()
        self.cohort = cohort
        self.planned: PlannedSession | None = None
        modules = list_modules(cohort.programme)
        self.module.choices = [
            (module.code, f"{module.code} · {choose(module.titles, language())}")
            for module in modules
        ]
        if existing is not None and not self.is_submitted():
            self._fill(existing)

    def _fill(self, one: TrainingSession) -> None:
        zone = ZoneInfo(self.cohort.timezone)
        starts, ends = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
        self.session.data, self.module.data, self.title.data = one.code, one.module.code, one.title
        self.date.data = starts.date().isoformat()
        self.start.data, self.end.data = f"{starts:%H:%M}", f"{ends:%H:%M}"
        self.breaks.data = "; ".join(
            f"{each.starts_at.astimezone(zone):%H:%M}-{each.ends_at.astimezone(zone):%H:%M}"
            for each in one.breaks
        )
        self.venues.data = "; ".join(each.venue.as_typed for each in one.venues)
        self.city.data = one.venues[0].venue.city if one.venues else ""
        self.link.data = one.link
        self.lead.data = one.lead.email if one.lead else ""
        self.co_trainers.data = "; ".join(user.email or "" for user in one.co_trainers)

    def validate(self, extra_validators: object = None) -> bool:
        """Read the fields as one row of the sheet; each fault goes to its field."""
        well = super().validate(extra_validators)
        cells = {
            name: (getattr(self, field).data or "").strip()
            for name, field in MARK_OF_FIELD.items()
            if field in self._fields
        }
        sheet = read_one(self.cohort, cells)
        for fault in sheet.faults:
            field = self._fields[MARK_OF_FIELD[fault.column]]
            if not field.errors:
                field.errors = [capitalised(sentence(fault.sentence))]
        self.planned = sheet.sessions[0] if sheet.sessions else None
        return well and self.planned is not None


class DeliveryForm(FlaskForm):
    """When a session really took place."""

    date = DateField(lazy("Date"), [InputRequired(lazy("Enter a date."))])
    start = TimeField(lazy("It began at"), [Optional()])
    end = TimeField(lazy("It ended at"), [Optional()])
    did_not_take_place = BooleanField(lazy("It did not take place"))
    reason = StringField(
        lazy("Reason"),
        [Optional(), Length(max=400, message=lazy("A reason has at most 400 characters."))],
        description=lazy("Needed where it was not held as planned. It stands in the hours ledger."),
    )

    def validate(self, extra_validators: object = None) -> bool:
        """Both times are needed, unless it did not take place at all."""
        well = super().validate(extra_validators)
        if not self.did_not_take_place.data:
            for field in (self.start, self.end):
                if field.data is None and not field.errors:
                    field.errors = [_("Enter a time, such as 09:00.")]
                    well = False
        return well
