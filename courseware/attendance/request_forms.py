"""What a browser may send with a request, and with a decision about one."""

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from courseware.attendance.state_service import LONGEST_REASON
from courseware.i18n import lazy
from courseware.names import clean_name


class ReopenForm(FlaskForm):
    """Why a closed register is opened again."""

    reason = StringField(
        lazy("Reason"),
        [
            InputRequired(lazy("Say why the register is opened again.")),
            Length(max=LONGEST_REASON, message=lazy("A reason has at most 400 characters.")),
        ],
        description=lazy("It is kept with the register, beside your name and the time."),
    )

    @property
    def said(self) -> str:
        """The reason, without what cannot be seen."""
        return clean_name(self.reason.data or "")
