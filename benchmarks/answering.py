"""200 people send a form of 20 questions within a minute over HTTP: open the link, send, thanks.

The server is `courseware serve` in a process of its own, on SQLite and, where there is one, on
PostgreSQL. Afterwards the round is closed, and every answer is compared with what was sent.
Beside it the plain limit: the same rows in one transaction each, by the bare driver.
"""

import http.client
import random
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import factories as make
from flask import Flask
from sqlalchemy import func, select, text

from benchmarks import Figure, fresh_app
from benchmarks.check_in import PEOPLE, WITHIN, Phone, _figure, _p95, _served
from benchmarks.issuing import _on_postgres
from courseware import clock
from courseware.db import db
from courseware.feedback import (
    closing_service,
    questionnaire_service,
    service,
    ticket_service,
)
from courseware.feedback.models import FeedbackAnswer, FeedbackResponse, FeedbackRound
from courseware.feedback.questionnaire_rules import questionnaire_from

QUESTIONS = 20
MOST_SECONDS = 1.0


def run() -> list[Figure]:
    """Answering on each database that is there."""
    figures = []
    for engine, opened in (("SQLite", fresh_app), ("PostgreSQL", _on_postgres)):
        with suppress(ImportError), opened() as app:
            figures += _measure(app, engine)
    return figures


def _measure(app: Flask, engine: str) -> list[Figure]:
    with _served(app) as address:
        asked, links = _room()
        shuffled = random.Random(5)
        people = [
            Person(address, link, "", app, shuffled.uniform(0, WITHIN), chance=random.Random(link))
            for link in links
        ]
        start = time.perf_counter() + 0.5
        threads = [threading.Thread(target=each.answer, args=(start,)) for each in people]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        _compare(asked, people)
    name = f"{PEOPLE} answer {QUESTIONS} questions within a minute on {engine}"
    sent = [each.took[1] for each in people]
    answers = [took for each in people for took in each.took]
    plain = _plain_rate()
    bare = f"the rows of one form in a transaction on {engine}, bare"
    return [
        _figure(f"{name}, p95 of sending", _p95(sent), sent, MOST_SECONDS),
        _figure(f"{name}, p95 of any answer", _p95(answers), answers, MOST_SECONDS),
        Figure(bare, plain, "/s", plain, plain),
    ]


def _room() -> tuple[int, list[str]]:
    """A round that is open now, and everybody's personal link."""
    now = clock.now()
    cohort = make.cohort()
    make.enrolments(cohort, PEOPLE)
    scale = {"kind": "scale", "points": 5, "low": {"en": "no"}, "high": {"en": "yes"}}
    questions = [
        {**scale, "key": f"q{number}", "texts": {"en": f"Question {number}?"}}
        for number in range(QUESTIONS - 2)
    ]
    texts = [{"key": key, "kind": "text", "texts": {"en": f"{key}?"}} for key in ("best", "worst")]
    stored = questionnaire_service.save_questionnaire(
        cohort.programme,
        questionnaire_from(
            {
                "code": "twenty",
                "about": "course",
                "titles": {"en": "Twenty questions"},
                "sections": [{"titles": {"en": "All"}, "questions": [*questions, *texts]}],
            }
        ),
        by=None,
        now=now,
    )
    asked = service.open_round(
        cohort, stored, None, closes_at=now + timedelta(days=1), by=None, now=now
    )
    links: list[str] = []

    def link(token: str) -> str:
        links.append(f"/feedback/link/{token}")
        return links[-1]

    ticket_service.send_links(asked, address_of=link, now=now)
    round_id = asked.id
    db.session.commit()  # and nothing is read after it: the server must be able to write
    return round_id, links


@dataclass
class Person(Phone):
    """One person with a link of their own; what they say is kept, to be compared."""

    chance: random.Random = field(default_factory=random.Random)
    said: dict[str, str] = field(default_factory=dict)

    def answer(self, start: float) -> None:
        """Open the form, fill it in at once, and see the thanks."""
        time.sleep(max(0.0, start + self.comes_after - time.perf_counter()))
        self.line = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=60)
        page = self._ask("GET", self.path)
        fields = dict(re.findall(r'name="(csrf_token|owner)" value="([^"]*)"', page))
        for number in range(QUESTIONS - 2):
            self.said[f"q-q{number}"] = str(self.chance.randint(1, 5))
        self.said["q-best"] = f"The cases, said {self.path}"
        self.said["q-worst"] = "Time."
        self._ask("POST", self.path, {**fields, **self.said})
        if self.place.endswith("/thanks"):
            self._ask("GET", urlsplit(self.place).path)
        else:
            self.problems.append(f"sent to {self.place}")
        self.line.close()


def _compare(round_id: int, people: list[Person]) -> None:
    """What was acknowledged is stored, whole and once; and it is all there after closing."""
    problems = [problem for each in people for problem in each.problems]
    assert not problems, problems[:3]
    db.session.rollback()
    asked = db.session.get(FeedbackRound, round_id)
    assert asked is not None
    closing_service.close_round(asked, by=None, now=clock.now())
    db.session.commit()
    assert asked.answered == PEOPLE, asked.answered
    stored = db.session.execute(
        select(FeedbackAnswer.question, FeedbackAnswer.value, func.count())
        .where(FeedbackAnswer.round_id == round_id, FeedbackAnswer.value.is_not(None))
        .group_by(FeedbackAnswer.question, FeedbackAnswer.value)
    ).all()
    sent: dict[tuple[str, int], int] = {}
    for each in people:
        for name, value in each.said.items():
            if value.isdigit():
                cell = (name.removeprefix("q-"), int(value))
                sent[cell] = sent.get(cell, 0) + 1
    assert {(row[0], row[1]): row[2] for row in stored} == sent
    comments = db.session.scalars(
        select(FeedbackAnswer.text).where(
            FeedbackAnswer.round_id == round_id, FeedbackAnswer.question == "best"
        )
    ).all()
    assert sorted(map(str, comments)) == sorted(each.said["q-best"] for each in people)
    responses = select(func.count()).select_from(FeedbackResponse)
    assert db.session.scalar(responses) == PEOPLE
    db.session.rollback()


def _plain_rate() -> float:
    """Transactions of one response and twenty answers in a second, without anything of ours."""
    with db.engine.connect() as connection:
        connection.execute(text("CREATE TABLE plain_form (id INTEGER PRIMARY KEY, key TEXT)"))
        connection.commit()
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < 1:
            rows = [
                {"id": count * 100 + number, "key": f"answer:{number}"}
                for number in range(QUESTIONS + 1)
            ]
            connection.execute(text("INSERT INTO plain_form VALUES (:id, :key)"), rows)
            connection.commit()
            count += 1
        return count / (time.perf_counter() - began)
