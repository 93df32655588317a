"""A million stored answers in 200 cohorts: the summary of the largest, and all of them compared.

Both databases, in the same run; what is measured is what a browser waits for on the server. Beside
each stands the plain SQL aggregate over the stored answers, which is what counting them anew at
each reading would cost at the least.
"""

import random
from datetime import timedelta
from typing import Any

import factories as make
from flask import Flask
from postgres import on_server, running_postgres
from sqlalchemy import func, insert, select, text

from benchmarks import Figure, fresh_app, measure
from benchmarks.attendance import _get, _signed_in
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db, new_public_id
from courseware.feedback import questionnaire_service, tally_service
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackResponse,
    FeedbackRound,
    FeedbackTicket,
)
from courseware.feedback.questionnaire_rules import questionnaire_from
from courseware.feedback.rules import Moment, Questionnaire

COHORTS, PEOPLE, SESSIONS = 200, 46, 8
SHOWN_PEOPLE, SCALES, TEXTS = 500, 56, 3
"""The cohort that is shown: 60 questions, 56 of them scales, one the recommendation."""


def run() -> list[Figure]:
    """The pages and the plain aggregates, on both databases."""
    with fresh_app() as app:
        figures = _on(app, "SQLite")
    with running_postgres(durable=True) as server:
        on_server(server, "CREATE DATABASE summaries")
        with fresh_app(f"{server}/summaries") as app:
            figures += _on(app, "PostgreSQL")
    return figures


def _on(app: Flask, engine: str) -> list[Figure]:
    client = _signed_in(app)
    shown = _fill()
    answers = db.session.scalar(select(func.count()).select_from(FeedbackAnswer)) or 0
    page, cohort_id, programme_id = f"/cohorts/{shown.public_id}", shown.id, shown.programme_id
    db.session.commit()
    db.session.execute(text("ANALYZE"))
    db.session.commit()
    whole = f"among {answers:,} answers, {engine}"
    compared = f"{page}/feedback/compare?by=cohorts"
    return [
        measure(
            f"summary of {SHOWN_PEOPLE} x {SCALES + TEXTS + 1} {whole}",
            lambda: _get(app, client, f"{page}/feedback"),
            limit=300.0,
            times=9,
        ),
        measure(
            f"counting the same by plain SQL {whole}",
            lambda: _count(app, "c.id = :id", cohort_id),
            times=9,
        ),
        measure(
            f"all {COHORTS} cohorts compared {whole}",
            lambda: _get(app, client, compared),
            limit=2000.0,
            times=5,
        ),
        measure(
            f"counting all by plain SQL {whole}",
            lambda: _count(app, "c.programme_id = :id", programme_id),
            times=3,
        ),
    ]


def _count(app: Flask, which: str, id: int) -> None:
    with app.app_context():
        db.session.execute(
            text(
                "SELECT c.id, a.question, a.value, COUNT(*) FROM feedback_answer a "
                "JOIN feedback_round r ON r.id = a.round_id JOIN cohort c ON c.id = r.cohort_id "
                f"WHERE {which} AND a.value IS NOT NULL GROUP BY c.id, a.question, a.value"
            ),
            {"id": id},
        ).all()
        db.session.rollback()


def _fill() -> Cohort:
    """All cohorts of one programme; the one that is shown is the last."""
    programme = make.programme()
    course = questionnaire_service.save_questionnaire(
        programme, _long_questionnaire(), by=None, now=make.NOW
    )
    about_sessions = questionnaire_service.take_questionnaire(
        programme, "session", by=None, now=make.NOW
    )
    people = [make.user().id for _ in range(SHOWN_PEOPLE)]
    first = make.cohort(programme)
    _enrol(first, people[:PEOPLE])
    _ask(first, course, PEOPLE)
    for number in range(SESSIONS):
        held = make.training_session(first, starts=f"2025-04-{7 + number:02} 04:00")
        make.trainer(first, leads=held)
        _ask(first, about_sessions, PEOPLE, held)
    for _number in range(COHORTS - 2):
        _copy(first, make.cohort(programme))
    shown = make.cohort(programme)
    _enrol(shown, people)
    _ask(shown, course, SHOWN_PEOPLE)
    db.session.commit()
    return shown


def _long_questionnaire() -> Questionnaire:
    def question(place: int) -> dict[str, Any]:
        words = {"key": f"q{place}", "texts": {"en": f"How good was part {place} of the course?"}}
        if place < SCALES:
            return words | {"kind": "scale", "points": 5, "low": "bad", "high": "good"}
        return words | {"kind": "recommendation" if place == SCALES else "text"}

    questions = [question(place) for place in range(SCALES + TEXTS + 1)]
    sections = [
        {"titles": {"en": f"Part {place // 10 + 1}"}, "questions": questions[place : place + 10]}
        for place in range(0, len(questions), 10)
    ]
    return questionnaire_from(
        {"code": "long", "about": "course", "titles": {"en": "Long form"}, "sections": sections}
    )


def _enrol(cohort: Cohort, people: list[int]) -> None:
    rows = [
        {"public_id": new_public_id(), "cohort_id": cohort.id, "user_id": each, "position": "",
         "enrolled_at": make.NOW}
        for each in people
    ]  # fmt: skip
    db.session.execute(insert(Enrolment), rows)


def _ask(cohort: Cohort, stored: Any, people: int, held: Any = None) -> None:
    """A closed round that so many people answered."""
    asked = FeedbackRound(
        questionnaire=stored, cohort=cohort, training_session=held, place=held.code if held else "",
        moment=Moment.SESSION if held else Moment.AFTER, opens_at=make.NOW, opened_at=make.NOW,
        closes_at=make.NOW, closed_at=make.NOW + timedelta(days=1),
    )  # fmt: skip
    db.session.add(asked)
    db.session.flush()
    enrolled = db.session.scalars(select(Enrolment.id).where(Enrolment.cohort_id == cohort.id))
    tickets = [{"round_id": asked.id, "enrolment_id": each, "is_spent": True} for each in enrolled]
    db.session.execute(insert(FeedbackTicket), tickets)
    questions = questionnaire_service.questions_of(stored)
    trainer = held.trainers[0].user_id if held else None
    chance, responses, answers = random.Random(asked.id), [], []
    for number in range(people):
        response = new_public_id()
        responses.append({"key": response, "round_id": asked.id})
        for item in questions.items:
            values = None if item.is_text else chance.choice(item.values[-5:])
            answers.append(
                {
                    "key": new_public_id(),
                    "response_key": None if item.is_text else response,
                    "round_id": asked.id,
                    "question": item.key,
                    "trainer_id": trainer if questions.is_per_trainer(item.key) else None,
                    "value": values,
                    "text": f"Comment {number} on {item.key}, as long as comments are."
                    if item.is_text
                    else None,
                }
            )
    db.session.execute(insert(FeedbackResponse), responses)
    db.session.execute(insert(FeedbackAnswer), answers)
    tally_service.count_round(asked)
    db.session.flush()


_COPIES = (
    "INSERT INTO enrolment (public_id, cohort_id, user_id, position, enrolled_at) "
    "SELECT 'copy-' || :new || '-' || id, :new, user_id, position, enrolled_at "
    "FROM enrolment WHERE cohort_id = :first",
    "INSERT INTO feedback_round (public_id, questionnaire_id, cohort_id, place, moment, opens_at, "
    "opened_at, closes_at, closed_at, is_by_mail, reminders, reminders_sent, answered, rated, "
    "rated_alike, file_hash) SELECT 'copy-' || :new || '-' || id, questionnaire_id, :new, place, "
    "moment, opens_at, opened_at, closes_at, closed_at, is_by_mail, 0, 0, answered, rated, "
    "rated_alike, '' FROM feedback_round WHERE cohort_id = :first",
    "INSERT INTO feedback_ticket (round_id, enrolment_id, is_spent) SELECT r.id, e.id, t.is_spent "
    "FROM feedback_ticket t JOIN enrolment was ON was.id = t.enrolment_id "
    "JOIN enrolment e ON e.cohort_id = :new AND e.user_id = was.user_id {rounds} t.round_id",
    "INSERT INTO feedback_response (key, round_id) "
    "SELECT :new || '-' || f.key, r.id FROM feedback_response f {rounds} f.round_id",
    "INSERT INTO feedback_answer (key, response_key, round_id, question, trainer_id, value, text) "
    "SELECT :new || '-' || f.key, :new || '-' || f.response_key, r.id, f.question, f.trainer_id, "
    "f.value, f.text FROM feedback_answer f {rounds} f.round_id",
    "INSERT INTO feedback_tally (round_id, question, trainer_id, value, count) "
    "SELECT r.id, f.question, f.trainer_id, f.value, f.count FROM feedback_tally f "
    "{rounds} f.round_id",
)
_ROUNDS = (
    "JOIN feedback_round r ON r.cohort_id = :new JOIN feedback_round o ON o.cohort_id = :first "
    "AND o.place = r.place AND o.questionnaire_id = r.questionnaire_id AND o.id ="
)


def _copy(first: Cohort, new: Cohort) -> None:
    """The same rounds and answers in another cohort, written by the database itself."""
    for copy in _COPIES:
        values = {"first": first.id, "new": new.id}
        db.session.execute(text(copy.format(rounds=_ROUNDS)), values)
