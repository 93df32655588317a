"""What a browser may send with a request, and with a decision about one."""

from collections.abc import Sequence

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from courseware.attendance.forms import MarkForm
from courseware.attendance.request_rules import LONGEST_TEXT
from courseware.attendance.state_service import LONGEST_REASON
from courseware.i18n import lazy
from courseware.names import clean_name
from courseware.schedule.models import TrainingSession
from courseware.texts import clean_text

_NOT_TOO_LONG = Length(max=LONGEST_TEXT, message=lazy("At most 2,000 characters fit here."))


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

    def validate_reason(self, field: StringField) -> None:
        """Spaces are no reason."""
        if not self.said:
            raise ValidationError(lazy("Say why the register is opened again."))


class AbsenceForm(FlaskForm):
    """Which sessions a participant will miss, and why."""

    sessions = SelectMultipleField(
        lazy("Sessions that you will miss"),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    reason = TextAreaField(
        lazy("Reason"),
        [InputRequired(lazy("Say why you cannot come.")), _NOT_TOO_LONG],
        description=lazy("The coordinator reads it; trainers see only that you are excused."),
    )
    file = FileField(
        lazy("A paper about it"),
        description=lazy(
            "A photograph or PDF of at most 5 pages, such as a doctor’s note. Only you and the "
            "coordinator see it."
        ),
    )

    def validate_sessions(self, field: SelectMultipleField) -> None:
        """At least one."""
        if not field.data:
            raise ValidationError(lazy("Choose the sessions that you will miss."))

    def validate_reason(self, field: TextAreaField) -> None:
        """Spaces are no reason."""
        if not self.said:
            raise ValidationError(lazy("Say why you cannot come."))

    def chosen(self, sessions: Sequence[TrainingSession]) -> list[TrainingSession]:
        """The sessions that were chosen among those that were offered."""
        return [each for each in sessions if each.public_id in (self.sessions.data or ())]

    @property
    def said(self) -> str:
        """The reason, without what cannot be seen."""
        return clean_text((self.reason.data or "")[:LONGEST_TEXT])


class QuestionForm(FlaskForm):
    """Which mark is asked about, and what is wrong with it."""

    session = SelectField(lazy("Session"), [InputRequired(lazy("Choose the session."))])
    text = TextAreaField(
        lazy("What is wrong"),
        [InputRequired(lazy("Say what is wrong with the mark.")), _NOT_TOO_LONG],
        description=lazy("Such as when you came, and who can say so."),
    )

    @property
    def said(self) -> str:
        """The text, without what cannot be seen."""
        return clean_text((self.text.data or "")[:LONGEST_TEXT])

    def validate_text(self, field: TextAreaField) -> None:
        """Spaces say nothing."""
        if not self.said:
            raise ValidationError(lazy("Say what is wrong with the mark."))


ACCEPT, DECLINE = "accept", "decline"


class DecisionForm(FlaskForm):
    """Whether an announced absence is excused."""

    decision = RadioField(
        lazy("Decision"),
        [InputRequired(lazy("Choose whether the absence is excused."))],
        choices=lambda: [
            (ACCEPT, lazy("Accept: the absence is excused")),
            (DECLINE, lazy("Decline: the absence is not excused")),
        ],
    )
    answer = TextAreaField(
        lazy("Answer"),
        [_NOT_TOO_LONG],
        description=lazy("The participant gets it by mail. Needed where you decline."),
    )

    @property
    def said(self) -> str:
        """The answer, without what cannot be seen."""
        return clean_text((self.answer.data or "")[:LONGEST_TEXT])

    def validate_answer(self, field: TextAreaField) -> None:
        """Whoever is refused learns why."""
        if self.decision.data == DECLINE and not self.said:
            raise ValidationError(
                lazy("Say why the absence is not excused: the participant reads it.")
            )


class AnswerForm(MarkForm):
    """What the register says after a question about a mark, and the answer, which is its note."""

    note = TextAreaField(
        lazy("Answer"),
        [InputRequired(lazy("Write an answer: the participant reads it.")), _NOT_TOO_LONG],
        description=lazy("It goes to the participant by mail and is kept with the mark."),
    )

    @property
    def said(self) -> str:
        """The answer, without what cannot be seen."""
        return clean_text((self.note.data or "")[:LONGEST_TEXT])

    def validate_note(self, field: TextAreaField) -> None:
        """Spaces are no answer."""
        if not self.said:
            raise ValidationError(lazy("Write an answer: the participant reads it."))
