"""What a browser may send about cohorts and who is in them."""

from typing import Any
from zoneinfo import available_timezones

from flask_wtf import FlaskForm
from wtforms import DateField, EmailField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional, Regexp, ValidationError

from courseware.accounts.forms import AnEmail, gender_choices
from courseware.cohorts.models import Enrolment
from courseware.cohorts.rules import ParticipantRow
from courseware.i18n import LANGUAGE_NAMES, _, lazy, sentence
from courseware.names import clean_name, name_problem
from courseware.partners.forms import country_choices, kind_choices
from courseware.permissions import Role
from courseware.texts import choose, clean_line

_NEAR_ZONES = (
    "Asia/Dushanbe", "Asia/Almaty", "Asia/Bishkek", "Asia/Tashkent", "Asia/Ashgabat",
    "Europe/Moscow", "Europe/Berlin", "UTC",
)  # fmt: skip
_TOO_LONG = lazy("At most 200 characters fit here.")


def zone_choices() -> list[tuple[str, str]]:
    """All time zones, those of our partners first."""
    others = sorted(
        zone
        for zone in available_timezones()
        if zone.partition("/")[0] in ("Asia", "Europe", "Africa", "America", "Australia")
        and zone not in _NEAR_ZONES
    )
    return [(zone, zone.replace("_", " ")) for zone in (*_NEAR_ZONES, *others)]


class AName:
    """Says beside the field why this is no name that can be printed."""

    def __call__(self, form: FlaskForm, field: StringField) -> None:
        if problem := name_problem(clean_name(field.data or "")):
            raise ValidationError(sentence(problem))


class CohortForm(FlaskForm):
    code = StringField(
        lazy("Code"),
        [
            DataRequired(lazy("Enter a code.")),
            Regexp(
                r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$",
                message=lazy("A code has Latin letters, digits, “-”, “.” and “_” only."),
            ),
        ],
        description=lazy("Short and typeable, such as dushanbe-2025. Files and commands use it."),
    )
    starts_on = DateField(
        lazy("First day"), [DataRequired(lazy("Enter the first day, such as 2025-04-07."))]
    )
    timezone = SelectField(
        lazy("Time zone of its sessions"),
        choices=zone_choices,
        description=lazy("All times of the cohort are written and shown in it."),
    )


class EditCohortForm(FlaskForm):
    starts_on = DateField(
        lazy("First day"), [DataRequired(lazy("Enter the first day, such as 2025-04-07."))]
    )
    timezone = SelectField(lazy("Time zone of its sessions"), choices=zone_choices)


class _NamesForm(FlaskForm):
    name_latin = StringField(
        lazy("Name in Latin letters"),
        [Optional(), AName()],
        description=lazy("As in the passport. It is printed as it is written."),
    )
    name_native = StringField(
        lazy("Name in their own script"),
        [Optional(), AName()],
        description=lazy("For example in Kazakh, Tajik or Russian letters."),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        is_valid = super().validate(extra_validators)
        if not clean_name((self.name_latin.data or "") + (self.name_native.data or "")):
            self.name_latin.errors = [
                *self.name_latin.errors, _("Enter the name in at least one script."),
            ]  # fmt: skip
            return False
        return is_valid


class ParticipantForm(_NamesForm):
    email = EmailField(
        lazy("E-mail"),
        [Optional(), AnEmail()],
        description=lazy("Links to sign in and to give feedback go there."),
    )
    organisation = StringField(
        lazy("Organisation"), [Optional(), Length(max=200, message=_TOO_LONG)]
    )
    organisation_kind = SelectField(
        lazy("Kind of organisation"), choices=lambda: [("", _("Not said")), *kind_choices()]
    )
    country = SelectField(lazy("Country of the organisation"), choices=country_choices)
    position = StringField(lazy("Position"), [Optional(), Length(max=200, message=_TOO_LONG)])
    gender = RadioField(
        lazy("Gender"),
        choices=gender_choices,
        description=lazy("As the person says. Funders ask for it; nobody must answer."),
    )
    language = SelectField(
        lazy("Language"), choices=lambda: [("", _("Not said")), *LANGUAGE_NAMES.items()]
    )

    @property
    def row(self) -> ParticipantRow:
        """What was sent, as one row of a list."""
        names = ("name_latin", "name_native", "email", "organisation", "organisation_kind",
                 "country", "position", "gender", "language")  # fmt: skip
        return ParticipantRow(1, **{name: self[name].data or "" for name in names})


class EnrolmentForm(_NamesForm):
    organisation = StringField(
        lazy("Organisation"), [Optional(), Length(max=200, message=_TOO_LONG)]
    )
    position = StringField(lazy("Position"), [Optional(), Length(max=200, message=_TOO_LONG)])

    @classmethod
    def of(cls, enrolment: Enrolment) -> "EnrolmentForm":
        """The form, filled with what is known."""
        user, organisation = enrolment.user, enrolment.organisation
        return cls(
            data={
                "name_latin": user.name_latin,
                "name_native": user.name_native,
                "organisation": choose(organisation.names) if organisation else "",
                "position": enrolment.position,
            }
        )

    @property
    def organisation_name(self) -> str:
        """The organisation that was typed, cleaned."""
        return clean_line(self.organisation.data or "")


class WithdrawForm(FlaskForm):
    reason = TextAreaField(
        lazy("Why"),
        [DataRequired(lazy("Write why, in a few words.")), Length(max=400)],
        description=lazy("It is kept with the record. What was recorded so far stays."),
    )


class StaffForm(FlaskForm):
    email = EmailField(lazy("E-mail"), [DataRequired(lazy("Enter an e-mail address.")), AnEmail()])
    name_latin = StringField(
        lazy("Name in Latin letters"),
        [Optional(), AName()],
        description=lazy("Needed only for somebody who is not known yet."),
    )
    role = RadioField(
        lazy("Role"),
        choices=lambda: [
            (Role.TRAINER.value, _("Trainer: fills registers, reads feedback on own sessions")),
            (Role.COORDINATOR.value, _("Coordinator: runs everything in this cohort")),
        ],
        default=Role.TRAINER.value,
    )
