"""Comments of closed rounds, and what coordinators note about them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased, selectinload

from courseware import audit
from courseware.accounts.models import User
from courseware.cohorts.models import Cohort
from courseware.db import db, only_once
from courseware.errors import Refused
from courseware.feedback.comment_rules import Comment, guess_language
from courseware.feedback.models import (
    CommentNote,
    FeedbackAnswer,
    FeedbackResponse,
    FeedbackRound,
)
from courseware.feedback.questionnaire_service import questions_of
from courseware.feedback.rules import LEAST_ANSWERS, Questionnaire
from courseware.messages import N_, Message
from courseware.schedule.models import TrainingSession

__all__ = [
    "Comment", "find_comment", "hide", "list_comments", "list_themes", "set_themes", "show",
    "translate",
]  # fmt: skip

_TRAINER = aliased(User)


def list_comments(
    cohort: Cohort, *, trainer: int | None = None, with_hidden: bool = False
) -> tuple[Comment, ...]:
    """The comments of a cohort's closed rounds with five answers or more, by question.

    Within a question they have no order. For a `trainer`, only those on the sessions that they
    lead, and of the trainers' part only the own. Hidden ones are left out unless asked for.
    Four queries, however many there are.
    """
    rounds = _readable_rounds(cohort)
    only: list[ColumnElement[bool]] = []
    if trainer is not None:
        rounds = [asked for asked in rounds if _leads(asked, trainer)]
        only.append(FeedbackAnswer.trainer_id.is_(None) | (FeedbackAnswer.trainer_id == trainer))
    if not with_hidden:
        only.append(CommentNote.hidden_at.is_(None))
    return _read(rounds, only)


def find_comment(cohort: Cohort, key: str) -> Comment | None:
    """One readable comment of a cohort, hidden or not."""
    found = _read(_readable_rounds(cohort), [FeedbackAnswer.key == key])
    return found[0] if found else None


def _read(
    rounds: Sequence[FeedbackRound], only: Sequence[ColumnElement[bool]]
) -> tuple[Comment, ...]:
    if not rounds:
        return ()
    by_id = {asked.id: asked for asked in rounds}
    wanted = (
        select(FeedbackAnswer, CommentNote, User, _TRAINER)
        .outerjoin(CommentNote, CommentNote.answer_key == FeedbackAnswer.key)
        .outerjoin(User, User.id == CommentNote.hidden_by_id)
        .outerjoin(_TRAINER, _TRAINER.id == FeedbackAnswer.trainer_id)
        .where(FeedbackAnswer.round_id.in_(by_id), FeedbackAnswer.text.is_not(None), *only)
        .order_by(FeedbackAnswer.key)
    )
    questions: dict[int, Questionnaire] = {}
    for asked in rounds:
        if asked.questionnaire_id not in questions:
            questions[asked.questionnaire_id] = questions_of(asked.questionnaire)
    order = {
        (code, question.key): place
        for place, (code, question) in enumerate(
            (questionnaire.code, question)
            for questionnaire in questions.values()
            for question in questionnaire.questions
        )
    }
    found = [
        _comment(answer, note, (hider, trainer), by_id[answer.round_id], questions)
        for answer, note, hider, trainer in db.session.execute(wanted)
    ]
    found.sort(key=lambda each: order.get((each.questionnaire, each.question), len(order)))
    return tuple(found)


def _readable_rounds(cohort: Cohort) -> list[FeedbackRound]:
    responses = (
        select(func.count())
        .where(FeedbackResponse.round_id == FeedbackRound.id)
        .correlate(FeedbackRound)
        .scalar_subquery()
    )
    return list(
        db.session.scalars(
            select(FeedbackRound)
            .where(
                FeedbackRound.cohort_id == cohort.id,
                FeedbackRound.closed_at.is_not(None),
                func.coalesce(FeedbackRound.answered, responses) >= LEAST_ANSWERS,
            )
            .order_by(FeedbackRound.place, FeedbackRound.id)
            .options(
                selectinload(FeedbackRound.training_session).selectinload(TrainingSession.trainers)
            )
        )
    )


def _leads(asked: FeedbackRound, trainer: int) -> bool:
    held = asked.training_session
    return held is not None and any(each.user_id == trainer for each in held.trainers)


def _comment(
    answer: FeedbackAnswer,
    note: CommentNote | None,
    people: tuple[User | None, User | None],
    asked: FeedbackRound,
    questions: dict[int, Questionnaire],
) -> Comment:
    questionnaire = questions[asked.questionnaire_id]
    question = questionnaire.question(answer.question)
    text = answer.text or ""
    hider, trainer = people
    return Comment(
        key=answer.key,
        text=text,
        round_id=asked.id,
        questionnaire=questionnaire.code,
        question=answer.question,
        question_texts=question.texts if question else {"en": answer.question},
        group=asked.place,
        group_title=asked.training_session.title if asked.training_session else "",
        trainer_id=answer.trainer_id,
        trainer=trainer.name if trainer else "",
        language=guess_language(text),
        themes=tuple(note.themes) if note else (),
        translations=dict(note.translations) if note else {},
        hidden_reason=note.hidden_reason if note else "",
        hidden_by=hider.name if hider else "",
        hidden_at=note.hidden_at if note else None,
    )


def list_themes(cohort: Cohort) -> list[str]:
    """The themes that comments of the programme were given before, for all its cohorts."""
    rows = db.session.scalars(
        select(CommentNote.themes)
        .join(FeedbackAnswer, FeedbackAnswer.key == CommentNote.answer_key)
        .join(FeedbackRound, FeedbackRound.id == FeedbackAnswer.round_id)
        .join(Cohort, Cohort.id == FeedbackRound.cohort_id)
        .where(Cohort.programme_id == cohort.programme_id)
    )
    return sorted({theme for themes in rows for theme in themes}, key=str.casefold)


def hide(comment: Comment, reason: str, *, by: User, now: datetime) -> None:
    """Take a comment out of every page and file; only its own page tells it and the reason."""
    note = _note_of(comment)
    if note.hidden_at is not None:
        raise Refused(Message(N_("This comment is hidden already.")))
    note.hidden_at, note.hidden_by_id, note.hidden_reason = now, by.id, reason
    _record("hide a comment", comment, by=by, now=now, reason=reason)


def show(comment: Comment, *, by: User, now: datetime) -> None:
    """Show a hidden comment again."""
    note = _note_of(comment)
    if note.hidden_at is None:
        raise Refused(Message(N_("This comment is shown already.")))
    note.hidden_at, note.hidden_by_id, note.hidden_reason = None, None, ""
    _record("show a comment again", comment, by=by, now=now)


def set_themes(comment: Comment, themes: tuple[str, ...]) -> None:
    """Say what a comment is about."""
    _note_of(comment).themes = list(themes)


def translate(comment: Comment, language: str, text: str) -> None:
    """Keep a translation beside a comment; an empty one takes it away."""
    note = _note_of(comment)
    kept = {code: said for code, said in note.translations.items() if code != language}
    note.translations = kept | ({language: text} if text else {})


def _note_of(comment: Comment) -> CommentNote:
    """The row about a comment, locked; made where nobody noted anything yet."""
    wanted = (
        select(CommentNote)
        .where(CommentNote.answer_key == comment.key)
        .with_for_update(of=CommentNote)
        .execution_options(populate_existing=True)
    )
    note = db.session.scalar(wanted)
    if note is None:
        only_once(
            db.session,
            CommentNote(answer_key=comment.key, themes=[], translations={}, hidden_reason=""),
        )
        note = db.session.scalars(wanted).one()
    return note


def _record(act: str, comment: Comment, *, by: User, now: datetime, **detail: str) -> None:
    asked = db.session.get_one(FeedbackRound, comment.round_id)
    audit.record(act, asked, by=by, now=now, comment=comment.key, **detail)
