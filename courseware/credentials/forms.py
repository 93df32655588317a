"""What a browser may send about certificates."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from courseware.credentials.rules import LONGEST_REASON
from courseware.i18n import lazy
from courseware.names import MAX_NAME


class RevokeForm(FlaskForm):
    """Why a certificate is withdrawn."""

    reason = TextAreaField(
        lazy("Reason"),
        [
            DataRequired(lazy("Enter the reason.")),
            Length(max=LONGEST_REASON, message=lazy("Shorten the reason to 400 characters.")),
        ],
    )


class DuplicateForm(RevokeForm):
    """Why a paper is given again."""


class CorrectionForm(RevokeForm):
    """The names as they are to be printed, and why the certificate is printed anew."""

    name_latin = StringField(
        lazy("Name in Latin letters"),
        [Length(max=MAX_NAME, message=lazy("Shorten the name to 200 characters."))],
    )
    name_native = StringField(
        lazy("Name in the native script"),
        [Length(max=MAX_NAME, message=lazy("Shorten the name to 200 characters."))],
    )
    mailing = RadioField(
        lazy("How the participant is told"),
        choices=[
            SelectChoice("link", lazy("By mail with a link to the certificate")),
            SelectChoice("file", lazy("By mail with the PDF attached")),
            SelectChoice("none", lazy("Not by mail")),
        ],
        default="link",
    )
    seen = HiddenField()


class CodeForm(FlaskForm):
    """The code or the address that stands on a certificate."""

    code = StringField(
        lazy("Code or address"),
        [DataRequired(lazy("Enter the code.")), Length(max=800, message=lazy("Enter the code."))],
    )


class FileForm(FlaskForm):
    """A file that somebody holds."""

    file = FileField(lazy("Certificate as PDF"), [FileRequired(lazy("Choose a PDF file."))])
