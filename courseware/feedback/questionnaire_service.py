"""Questionnaires of a programme: taken from the library, changed, and reworded once answered."""

import copy
import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files

from sqlalchemy import exists, func, select
from sqlalchemy.orm import joinedload

from courseware import audit
from courseware.accounts.models import User
from courseware.db import db
from courseware.errors import Refused
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackPlan,
    FeedbackResponse,
    FeedbackRound,
    Questionnaire,
    QuestionnaireCorrection,
)
from courseware.feedback.questionnaire_rules import plain, questionnaire_from, with_rows
from courseware.feedback.rules import MOST_ROWS, About, Option, Texts
from courseware.feedback.rules import Questionnaire as Questions
from courseware.feedback.wording_rules import corrections_between, meaning_of
from courseware.messages import N_, Message
from courseware.permissions import Role, roles_on
from courseware.programmes.models import Programme
from courseware.yaml_files import read_yaml


@roles_on.register
def _roles_on_questionnaire(subject: Questionnaire, user: User) -> set[Role]:
    return roles_on(subject.programme, user)


@cache
def shipped_questionnaires() -> dict[str, Questions]:
    """The questionnaires that come with the product, by code."""
    folder = files("courseware.feedback") / "questionnaires"
    found = [questionnaire_from(read_yaml(each.read_bytes()).value) for each in folder.iterdir()]
    return {each.code: each for each in sorted(found, key=lambda each: each.code)}


def questions_of(questionnaire: Questionnaire) -> Questions:
    """A stored questionnaire as the value that rules work with."""
    return _questions_in(json.dumps(questionnaire.definition))


@lru_cache(maxsize=64)
def _questions_in(definition: str) -> Questions:
    """Checking a long definition takes longer than reading all that was answered to it."""
    return questionnaire_from(json.loads(definition))


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


def list_corrections(questionnaire: Questionnaire) -> Sequence[QuestionnaireCorrection]:
    """What was worded differently after the first answer, the oldest first."""
    return db.session.scalars(
        select(QuestionnaireCorrection)
        .where(QuestionnaireCorrection.questionnaire_id == questionnaire.id)
        .options(joinedload(QuestionnaireCorrection.corrected_by))
        .order_by(QuestionnaireCorrection.id)
    ).all()


def list_questionnaires_elsewhere(
    programmes: Sequence[Programme], programme: Programme
) -> list[Questionnaire]:
    """The questionnaires of `programmes` other than `programme`, to be copied from."""
    ids = [each.id for each in programmes if each.id != programme.id]
    return list(
        db.session.scalars(
            select(Questionnaire)
            .where(Questionnaire.programme_id.in_(ids))
            .order_by(Questionnaire.programme_id, Questionnaire.code)
        )
    )


def copy_questionnaire(
    questionnaire: Questionnaire, programme: Programme, *, by: User | None, now: datetime
) -> Questionnaire:
    """Give a programme a copy, of its own or another's; a code that it has already gets a number.

    Rows that were the outcomes of the other programme become those of this one.
    """
    definition = copy.deepcopy(questionnaire.definition)
    for section in definition["sections"]:
        for question in section["questions"]:
            if question.get("rows_from"):
                question.pop("rows", None)
    taken = {each.code for each in list_questionnaires(programme)}
    code = questionnaire.code
    free = (each for number in range(1, 1000) if (each := _numbered(code, number)) not in taken)
    definition["code"] = next(free)
    return save_questionnaire(programme, questionnaire_from(definition), by=by, now=now)


def is_used(questionnaire: Questionnaire) -> bool:
    """Whether it was ever asked, or a plan asks it."""
    plans = select(FeedbackPlan.id).where(FeedbackPlan.questionnaire_id == questionnaire.id)
    return bool(_rounds_of(questionnaire) or db.session.scalar(select(exists(plans))))


def delete_questionnaire(questionnaire: Questionnaire, *, by: User | None, now: datetime) -> None:
    """Take a questionnaire away that was never asked and that no plan asks."""
    if is_used(questionnaire):
        raise Refused(
            Message(
                N_("“%(code)s” has been asked or is planned, so it stays."),
                code=questionnaire.code,
            )
        )
    audit.record("delete questionnaire", questionnaire, by=by, now=now, code=questionnaire.code)
    db.session.delete(questionnaire)


def begin_questionnaire(
    programme: Programme,
    code: str,
    about: About,
    titles: Texts,
    *,
    by: User | None,
    now: datetime,
) -> Questionnaire:
    """Begin a questionnaire of one's own: a title, and the library's open question."""
    taken = {each.code for each in list_questionnaires(programme)}
    free = (each for number in range(1, 1000) if (each := _numbered(code, number)) not in taken)
    *_, last = shipped_questionnaires()["session"].sections
    questions = Questions(next(free), about, titles, (last,))
    return save_questionnaire(programme, questionnaire_from(plain(questions)), by=by, now=now)


def _numbered(code: str, number: int) -> str:
    return code if number == 1 else f"{code[:36]}-{number}"


def outcomes_of(programme: Programme) -> tuple[Option, ...]:
    """What the participants of a programme are to be able to do, as rows of a matrix."""
    texts = [outcome for module in programme.modules for outcome in module.outcomes if outcome]
    return tuple(
        Option(f"outcome_{number}", dict(each)) for number, each in enumerate(texts, start=1)
    )


def _with_rows(questions: Questions, programme: Programme) -> Questions:
    if not any(each.rows_from and not each.rows for each in questions.questions):
        return questions
    rows = outcomes_of(programme)
    if not rows:
        raise Refused(
            N_(
                "This questionnaire asks about the outcomes of the programme, and the programme "
                "has none yet. Add them to its modules first."
            )
        )
    if len(rows) > MOST_ROWS:
        raise Refused(
            Message(
                N_("The programme has %(count)s outcomes; a table has at most %(most)s rows."),
                count=len(rows),
                most=MOST_ROWS,
            )
        )
    return with_rows(questions, {"outcomes": rows})


def save_questionnaire(
    programme: Programme,
    questions: Questions,
    *,
    by: User | None,
    now: datetime,
    reason: str = "",
) -> Questionnaire:
    """Add a questionnaire to a programme, or change the one with its code before any answer.

    After the first answer only wordings can be put right, for a `reason` that is kept with what
    was said before; a translation that was missing needs none. Saving the same questions again
    changes nothing.
    """
    questions = _with_rows(questions, programme)
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
        _reword(found, questions, reason=reason, by=by, now=now)
        return found
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


def _reword(
    found: Questionnaire, questions: Questions, *, reason: str, by: User | None, now: datetime
) -> None:
    """Put wordings right that have been answered, and keep what they were."""
    before, after = plain(questions_of(found)), plain(questions)
    if meaning_of(before) != meaning_of(after):
        raise Refused(
            Message(
                N_(
                    "“%(code)s” has been answered, so its questions stay as they are; only "
                    "wordings can be corrected. Give the changed questionnaire another code."
                ),
                code=questions.code,
            )
        )
    corrections = corrections_between(before, after)
    if not reason and any(each.before for each in corrections):
        raise Refused(
            N_("People have answered the old wording. Say in a few words why it is corrected.")
        )
    for each in corrections:
        db.session.add(
            QuestionnaireCorrection(
                questionnaire=found,
                place=each.place,
                language=each.language,
                before=each.before,
                after=each.after,
                reason=reason,
                corrected_at=now,
                corrected_by=by,
            )
        )
    found.definition = after
    audit.record("reword questionnaire", found, by=by, now=now, code=found.code, reason=reason)


def _rounds_of(questionnaire: Questionnaire) -> int:
    return (
        db.session.scalar(
            select(func.count(FeedbackRound.id)).where(
                FeedbackRound.questionnaire_id == questionnaire.id
            )
        )
        or 0
    )
