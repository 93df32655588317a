"""What a browser may send about certificates."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from courseware.credentials.service import LONGEST_REASON
from courseware.i18n import lazy


class RevokeForm(FlaskForm):
    """Why a certificate is withdrawn."""

    reason = TextAreaField(
        lazy("Reason"),
        [
            DataRequired(lazy("Enter the reason.")),
            Length(max=LONGEST_REASON, message=lazy("Shorten the reason to 400 characters.")),
        ],
    )


class CodeForm(FlaskForm):
    """The code or the address that stands on a certificate."""

    code = StringField(
        lazy("Code or address"),
        [DataRequired(lazy("Enter the code.")), Length(max=300, message=lazy("Enter the code."))],
    )


class FileForm(FlaskForm):
    """A file that somebody holds."""

    file = FileField(lazy("Certificate as PDF"), [FileRequired(lazy("Choose a PDF file."))])
