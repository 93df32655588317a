"""Questionnaires of a programme: shipped ones copied at first use, changed before any answer."""

from datetime import datetime
from importlib.resources import files

from sqlalchemy import exists, func, select

from courseware import audit
from courseware.accounts.models import User
from courseware.db import db
from courseware.errors import Refused
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackResponse,
    FeedbackRound,
    Questionnaire,
)
from courseware.feedback.questionnaire_rules import plain, questionnaire_from
from courseware.feedback.rules import Questionnaire as Questions
from courseware.messages import N_, Message
from courseware.permissions import Role, roles_on
from courseware.programmes.models import Programme
from courseware.yaml_files import read_yaml


@roles_on.register
def _roles_on_questionnaire(subject: Questionnaire, user: User) -> set[Role]:
    return roles_on(subject.programme, user)


def shipped_questionnaires() -> dict[str, Questions]:
    """The questionnaires that come with the product, by code."""
    folder = files("courseware.feedback") / "questionnaires"
    found = [questionnaire_from(read_yaml(each.read_bytes()).value) for each in folder.iterdir()]
    return {each.code: each for each in sorted(found, key=lambda each: each.code)}


def questions_of(questionnaire: Questionnaire) -> Questions:
    """A stored questionnaire as the value that rules work with."""
    return questionnaire_from(questionnaire.definition)


def find_questionnaire(public_id: str) -> Questionnaire | None:
    """The questionnaire at this address."""
    return db.session.scalar(select(Questionnaire).where(Questionnaire.public_id == public_id))


def find_questionnaire_by_code(programme: Programme, code: str) -> Questionnaire | None:
    """The questionnaire that a programme has under this code."""
    return db.session.scalar(
        select(Questionnaire).where(
            Questionnaire.programme_id == programme.id, Questionnaire.code == code
        )
    )


def list_questionnaires(programme: Programme) -> list[Questionnaire]:
    """The questionnaires of a programme by code."""
    return list(
        db.session.scalars(
            select(Questionnaire)
            .where(Questionnaire.programme_id == programme.id)
            .order_by(Questionnaire.code)
        )
    )


def take_questionnaire(
    programme: Programme, code: str, *, by: User | None, now: datetime
) -> Questionnaire:
    """The programme's questionnaire with this code; a shipped one is copied at its first use."""
    found = find_questionnaire_by_code(programme, code)
    if found is not None:
        return found
    shipped = shipped_questionnaires().get(code)
    if shipped is None:
        raise Refused(
            Message(
                N_("The programme has no questionnaire “%(code)s”. Upload it first."), code=code
            )
        )
    return save_questionnaire(programme, shipped, by=by, now=now)


def has_answers(questionnaire: Questionnaire) -> bool:
    """Whether anybody has answered it; from then on its questions stay as they are."""
    asked = select(FeedbackRound.id).where(FeedbackRound.questionnaire_id == questionnaire.id)
    return bool(
        db.session.scalar(
            select(
                exists().where(FeedbackResponse.round_id.in_(asked))
                | exists().where(FeedbackAnswer.round_id.in_(asked))
            )
        )
    )


def save_questionnaire(
    programme: Programme, questions: Questions, *, by: User | None, now: datetime
) -> Questionnaire:
    """Add a questionnaire to a programme, or change the one with its code before any answer.

    Saving the same questions again changes nothing.
    """
    found = find_questionnaire_by_code(programme, questions.code)
    if found is None:
        found = Questionnaire(
            programme=programme,
            code=questions.code,
            about=questions.about,
            definition=plain(questions),
        )
        db.session.add(found)
        db.session.flush()
        audit.record("add questionnaire", found, by=by, now=now, code=questions.code)
        return found
    if questions_of(found) == questions:
        return found
    if has_answers(found):
        raise Refused(
            Message(
                N_(
                    "“%(code)s” has been answered, so its questions stay as they are. Give the "
                    "changed questionnaire another code."
                ),
                code=questions.code,
            )
        )
    if found.about is not questions.about and _rounds_of(found):
        raise Refused(
            Message(
                N_("“%(code)s” has been opened and cannot be about something else now."),
                code=questions.code,
            )
        )
    found.about, found.definition = questions.about, plain(questions)
    audit.record("change questionnaire", found, by=by, now=now, code=questions.code)
    return found


def _rounds_of(questionnaire: Questionnaire) -> int:
    return (
        db.session.scalar(
            select(func.count(FeedbackRound.id)).where(
                FeedbackRound.questionnaire_id == questionnaire.id
            )
        )
        or 0
    )
