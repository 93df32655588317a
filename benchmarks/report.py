"""The feedback report as a PDF: 500 people, 60 questions, 1,500 comments, in one language or two.

From the database to the file, on both databases; and the most memory that any of the processes
takes which make it.
"""

import random
import resource
from typing import Any

import factories as make
from flask import Flask
from postgres import on_server, running_postgres
from sqlalchemy import insert

from benchmarks import Figure, fresh_app, measure
from courseware import clock
from courseware.cohorts.models import Cohort, Enrolment
from courseware.db import db, new_public_id
from courseware.feedback import exports, report_service, tally_service
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackResponse,
    FeedbackRound,
    Questionnaire,
)
from courseware.feedback.rules import About, Moment

PEOPLE, QUESTIONS, COMMENTS = 500, 60, 1500
SAID = (
    "Практика в компаниях была полезнее всего и мы хотели бы больше времени на неё дар корхона "
    "бисёр муфид буд өте пайдалы болды рахмет the trainers explained everything clearly"
)
SECONDS, MEGABYTES = 8000.0, 300.0


def run() -> list[Figure]:
    """The report on each database, and its memory."""
    with fresh_app() as app:
        figures = _on(app, "SQLite")
    with running_postgres(durable=True) as server:
        on_server(server, "CREATE DATABASE report")
        with fresh_app(f"{server}/report") as app:
            figures += _on(app, "PostgreSQL")
    for name, who in (("the process that asks", resource.RUSAGE_SELF),
                      ("the process that sets", resource.RUSAGE_CHILDREN)):  # fmt: skip
        most = resource.getrusage(who).ru_maxrss / 1024
        figures.append(Figure(f"memory of {name}", most, "MB", most, most, MEGABYTES))
    return figures


def _on(app: Flask, engine: str) -> list[Figure]:
    id = _cohort()
    what = f"of {PEOPLE} people, {QUESTIONS} questions and {COMMENTS:,} comments on {engine}"
    return [
        measure(
            f"report PDF in {words} {what}",
            lambda languages=languages: _make(app, id, languages),
            times=3,
            limit=limit,
        )
        for words, languages, limit in (
            ("one language", "ru", SECONDS),
            ("two languages", "ru+tg", None),
        )
    ]


def _make(app: Flask, id: int, languages: str) -> None:
    with app.app_context():
        cohort = db.session.get_one(Cohort, id)
        exports.make_report(report_service.read_report(cohort, now=clock.now()), "pdf", languages)
        db.session.rollback()


def _cohort() -> int:
    """A cohort that has answered."""
    cohort = make.cohort()
    users = [make.user().id for _ in range(PEOPLE)]
    db.session.execute(
        insert(Enrolment),
        [
            {"public_id": new_public_id(), "cohort_id": cohort.id, "user_id": user,
             "enrolled_at": make.NOW}
            for user in users
        ],
    )  # fmt: skip
    questionnaire = Questionnaire(
        programme=cohort.programme, code="long", about=About.COURSE, definition=_definition()
    )
    asked = FeedbackRound(
        questionnaire=questionnaire, cohort=cohort, moment=Moment.AFTER, opens_at=make.NOW,
        opened_at=make.NOW, closes_at=make.NOW, closed_at=make.NOW, invited=PEOPLE,
        file_hash="for a benchmark",
    )  # fmt: skip
    db.session.add_all([questionnaire, asked])
    db.session.flush()
    chance, words = random.Random(5), SAID.split()
    responses = [new_public_id() for _ in range(PEOPLE)]
    db.session.execute(
        insert(FeedbackResponse), [{"key": key, "round_id": asked.id} for key in responses]
    )
    rows: list[dict[str, Any]] = []
    for number in range(QUESTIONS):
        given = {"round_id": asked.id, "question": f"q{number}"}
        if number < 3:
            rows += [
                {**given, "key": new_public_id(), "response_key": None, "value": None,
                 "text": " ".join(chance.choices(words, k=chance.randint(4, 40)))}
                for _ in range(COMMENTS // 3)
            ]  # fmt: skip
        else:
            rows += [
                {**given, "key": new_public_id(), "response_key": key, "text": None,
                 "value": chance.randint(1, 5)}
                for key in responses
            ]  # fmt: skip
    db.session.execute(insert(FeedbackAnswer), rows)
    tally_service.count_round(asked)
    id = cohort.id
    db.session.commit()
    return id


def _definition() -> dict[str, Any]:
    """Three questions for words and 57 scales, in six sections."""
    questions = []
    for number in range(QUESTIONS):
        texts = {
            "en": f"How useful was part {number} of the course for your own work?",
            "ru": f"Насколько полезна часть {number} курса для вашей работы?",
            "tg": f"Қисми {number}-уми курс барои кори шумо то чӣ андоза муфид буд?",
        }
        one: dict[str, Any] = {"key": f"q{number}", "kind": "text", "texts": texts}
        if number >= 3:
            one |= {"kind": "scale", "points": 5,
                    "low": {"en": "not at all"}, "high": {"en": "very much"}}  # fmt: skip
        questions.append(one)
    return {
        "code": "long",
        "about": "course",
        "titles": {"en": "A long questionnaire", "ru": "Длинная анкета"},
        "sections": [
            {"titles": {"en": f"Part {at // 10 + 1}"}, "questions": questions[at : at + 10]}
            for at in range(0, QUESTIONS, 10)
        ],
    }
