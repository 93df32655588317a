"""What a browser may send about people and signing in."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from courseware.accounts.rules import SHORTEST_PASSWORD, Gender
from courseware.addresses import email_problem
from courseware.i18n import LANGUAGE_NAMES, _, lazy, sentence


class AnEmail:
    """Says beside the field why this is no e-mail address."""

    def __call__(self, form: FlaskForm, field: StringField) -> None:
        if problem := email_problem(field.data or ""):
            raise ValidationError(sentence(problem))


class SignInForm(FlaskForm):
    email = EmailField(
        lazy("E-mail"), [DataRequired(lazy("Enter your e-mail address.")), Length(max=254)]
    )
    password = PasswordField(
        lazy("Password"), [DataRequired(lazy("Enter your password.")), Length(max=400)]
    )


class SignInLinkForm(FlaskForm):
    email = EmailField(
        lazy("E-mail"), [DataRequired(lazy("Enter your e-mail address.")), AnEmail()]
    )


def gender_choices() -> list[tuple[str, str]]:
    """The answers to “gender”, in words."""
    return [
        ("", _("Not said")),
        (Gender.FEMALE, _("Female")),
        (Gender.MALE, _("Male")),
        (Gender.OTHER, _("Other")),
        (Gender.UNDISCLOSED, _("I prefer not to say")),
    ]


class ProfileForm(FlaskForm):
    name_latin = StringField(
        lazy("Name in Latin letters"),
        [Optional(), Length(max=200, message=lazy("A name has at most 200 characters."))],
        description=lazy("As in your passport. It is printed on certificates as you write it."),
    )
    name_native = StringField(
        lazy("Name in your own script"),
        [Optional(), Length(max=200, message=lazy("A name has at most 200 characters."))],
        description=lazy("For example in Kazakh, Tajik or Russian letters."),
    )
    gender = RadioField(lazy("Gender"), choices=gender_choices, validate_choice=True)
    language = SelectField(
        lazy("Language"),
        choices=lambda: [("", _("As my browser says")), *LANGUAGE_NAMES.items()],
    )


class PasswordForm(FlaskForm):
    password = PasswordField(
        lazy("New password"),
        [
            DataRequired(lazy("Enter a new password.")),
            Length(
                min=SHORTEST_PASSWORD,
                max=400,
                message=lazy("A password has at least 12 characters. A few words do well."),
            ),
        ],
        description=lazy("At least 12 characters. A few words do well."),
    )


class PersonForm(FlaskForm):
    email = EmailField(lazy("E-mail"), [DataRequired(lazy("Enter an e-mail address.")), AnEmail()])
    name_latin = StringField(lazy("Name in Latin letters"), [Optional(), Length(max=200)])
    name_native = StringField(lazy("Name in their own script"), [Optional(), Length(max=200)])
    is_coordinator = BooleanField(lazy("May create programmes"))
    is_administrator = BooleanField(lazy("Administrator"))


class GeneralRolesForm(FlaskForm):
    is_coordinator = BooleanField(lazy("May create programmes"))
    is_administrator = BooleanField(lazy("Administrator"))
    is_active = BooleanField(lazy("May sign in"))
