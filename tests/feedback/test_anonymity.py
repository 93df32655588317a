"""Nobody finds out who answered what: attacks on all that is stored, on both databases.

The attacker is told more than any log, outbox or table tells: the exact order in which people
answered. The attacker then tries every order that the rows of answers have.
"""

import itertools
import random
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, inspect, select, text

from courseware import clock
from courseware.db import db
from courseware.feedback import (
    closing_service,
    pairing_service,
    questionnaire_service,
    service,
    slip_service,
    ticket_service,
)
from courseware.feedback.answer_rules import Answer
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackPairing,
    FeedbackResponse,
    FeedbackRound,
    FeedbackTicket,
)
from courseware.feedback.questionnaire_rules import questionnaire_from
from courseware.feedback.rules import Moment
from courseware.feedback.service import Seat

PEOPLE, SEEDS = 30, 20
MOST_MATCHES = 1.7
"""Of 30, on average over 20 seeds; one is what guessing gives."""

NUMBERED = {
    "code": "numbered",
    "about": "session",
    "titles": {"en": "Numbered"},
    "sections": [
        {
            "titles": {"en": "All"},
            "questions": [
                {"key": "n", "kind": "number", "texts": {"en": "n?"}, "least": 0, "most": 99},
                {"key": "why", "kind": "text", "texts": {"en": "Why?"}},
            ],
        }
    ],
}


@pytest.fixture
def steady(monkeypatch):
    """Chance that is the same in each run, so that a figure of this test is the same too."""
    chance = random.Random(15)
    monkeypatch.setattr("secrets.token_urlsafe", lambda size: chance.randbytes(size).hex()[:22])
    monkeypatch.setattr("random.SystemRandom", lambda: random.Random(chance.random()))
    return chance


@pytest.fixture
def rounds(make, db_session, steady):
    """Twenty rounds of thirty people each, who all answer with a number of their own."""
    # What reaches the disk when is no matter here.
    db_session.commit()
    connection = db.engine.raw_connection()
    quick = "PRAGMA synchronous = OFF" if _is_sqlite() else "SET synchronous_commit = off"
    connection.cursor().execute(quick)
    connection.commit()
    connection.close()
    cohort = make.cohort()
    people = [each.id for each in make.enrolments(cohort, PEOPLE)]
    stored = questionnaire_service.save_questionnaire(
        cohort.programme, questionnaire_from(NUMBERED), by=None, now=make.NOW
    )
    found = [
        FeedbackRound(
            questionnaire=stored, cohort=cohort, place=f"S{number}", moment=Moment.SESSION,
            opens_at=make.NOW, opened_at=make.NOW, closes_at=make.NOW + timedelta(days=7),
        )
        for number in range(SEEDS)
    ]  # fmt: skip
    db_session.add_all(found)
    db_session.flush()
    tickets = itertools.product((each.id for each in found), people)
    db_session.execute(
        insert(FeedbackTicket),
        [{"round_id": one, "enrolment_id": who, "is_spent": False} for one, who in tickets],
    )
    db_session.commit()
    return found


def _is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def _answer_all(asked: FeedbackRound, chance: random.Random, now) -> dict[int, int]:
    """Everybody answers in an order of their own; answers who said what, in that order."""
    people = db.session.scalars(
        select(FeedbackTicket.enrolment_id).where(FeedbackTicket.round_id == asked.id)
    ).all()
    said = dict(zip(chance.sample(people, PEOPLE), chance.sample(range(99), PEOPLE), strict=True))
    for enrolment_id, value in said.items():
        seat = Seat(asked, enrolment_id, is_spent=False)
        answers = [Answer("n", value), Answer("why", text=f"{value}")]
        service.submit_answers(seat, answers, now=now)
        db.session.commit()
    return said


def _attacks(asked: FeedbackRound, said: dict[int, int]) -> dict[str, int]:
    """How many of thirty each pair of an order of people and an order of answers matches."""
    persons = {"log": list(said), **_orders("enrolment_id", "feedback_ticket", asked)}
    answers = {
        **_orders("value", "feedback_answer", asked, "a.question = 'n'"),
        **{
            f"texts {name}": [int(each) for each in found]
            for name, found in _orders("text", "feedback_answer", asked, "a.text <> ''").items()
        },
        **{
            f"responses {name}": found
            for name, found in _orders(
                "(SELECT value FROM feedback_answer b WHERE b.response_key = a.key)",
                "feedback_response", asked,
            ).items()
        },
    }  # fmt: skip
    if _is_sqlite():
        answers["bytes"] = _in_file(asked)
    return {
        f"{who} × {what}": sum(said[one] == value for one, value in zip(order, found, strict=True))
        for (who, order), (what, found) in itertools.product(persons.items(), answers.items())
    }


def _orders(what: str, table: str, asked: FeedbackRound, where: str = "true") -> dict[str, list]:
    """A column of a table in each order that a backup, a dump or the raw rows give it."""
    orders = {"as stored": "", "by key": "ORDER BY key"} if table != "feedback_ticket" else {}
    if not _is_sqlite():
        orders |= {
            "ctid": "ORDER BY a.ctid",
            "xmin": "ORDER BY a.xmin::text::bigint, a.cmin::text::bigint, a.ctid",
        }
    orders = orders or {"as stored": ""}
    column = what if "(" in what else f"a.{what}"
    return {
        name: list(
            db.session.scalars(
                text(f"SELECT {column} FROM {table} a WHERE round_id = {asked.id} AND {where} {by}")
            )
        )
        for name, by in orders.items()
    }


def _files() -> list[bytes]:
    path = db.engine.url.database
    files = []
    for ending in ("-wal", ""):
        with open(path + ending, "rb") as file:
            files.append(file.read())
    return files


def _in_file(asked: FeedbackRound) -> list[int]:
    """The answers in the order of the bytes that were first written for them."""
    rows = db.session.execute(
        select(FeedbackAnswer.response_key, FeedbackAnswer.value).where(
            FeedbackAnswer.round_id == asked.id, FeedbackAnswer.response_key.is_not(None)
        )
    ).all()
    written = b"".join(_files())
    return [row.value for row in sorted(rows, key=lambda row: written.find(row[0].encode()))]


def test_after_closing_no_order_leads_from_people_to_answers(rounds, steady, make, db_session):
    total: dict[str, int] = {}
    for number, asked in enumerate(rounds):
        said = _answer_all(asked, steady, make.NOW)
        if number == 0:
            # Before closing the operator can: this shows that the attack is one.
            assert max(_attacks(asked, said).values()) == PEOPLE
            old = db_session.scalars(select(FeedbackResponse.key)).all()
        closing_service.close_round(asked, by=None, now=make.NOW)
        db_session.commit()
        closing_service.sweep_traces()
        for attack, matches in _attacks(asked, said).items():
            total[attack] = total.get(attack, 0) + matches
    means = {attack: matches / SEEDS for attack, matches in total.items()}
    assert max(means.values()) <= MOST_MATCHES, means
    if _is_sqlite():
        log, kept = _files()
        assert not log
        assert not any(key.encode() in kept for key in old)
    else:
        writers = "SELECT count(DISTINCT xmin::text) FROM feedback_answer GROUP BY round_id"
        assert set(db_session.scalars(text(writers))) == {1}


def test_an_answer_writes_its_own_rows_and_nothing_else(asking, browser, make, caplog):
    """Not in the audit log, the outbox, the jobs, the forms, the sign-ins, nor what is logged."""
    course = asking.course(people=2)
    course.asked.opens_at = clock.now() - timedelta(hours=1)
    course.asked.closes_at = clock.now() + timedelta(days=7)
    enrolment = course.enrolled[0]
    links = []
    ticket_service.send_link_to(
        course.asked, enrolment.user.email, now=clock.now(),
        address_of=lambda token: links.append(f"/feedback/link/{token}") or links[0],
    )  # fmt: skip
    db.session.commit()
    (slip,) = slip_service.make_slips(course.asked, 1, by=None, now=clock.now())
    ways = [
        (browser(), links[0]),
        (browser(course.enrolled[1].user), f"/feedback/{course.asked.public_id}/answer"),
        (browser(), f"/feedback/{course.asked.public_id}/slip/{slip}"),
    ]
    caplog.set_level("DEBUG")
    for client, address in ways[:2]:
        before = _everything()
        sent = {"q-overall": "5", "q-recommend": "9", "q-best": "Mövenpick", "_key": "k" * 20}
        assert client.post(address, data=sent).status_code == 303
        after = _everything()
        changed = {name for name in after if after[name] != before[name]}
        assert changed == {"feedback_ticket", "feedback_response", "feedback_answer"}
    assert "Mövenpick" not in caplog.text
    assert ways[2][0].post(ways[2][1], data=sent).status_code == 409  # both have answered


def _everything() -> dict[str, list[str]]:
    db.session.commit()
    names = inspect(db.session.connection()).get_table_names()
    rows = {
        name: sorted(map(str, db.session.execute(text(f'SELECT * FROM "{name}"'))))
        for name in names
    }
    db.session.rollback()
    return rows


def test_an_error_is_logged_without_the_answers(app, make):
    with pytest.raises(Exception, match="hidden") as raised:
        db.session.execute(insert(FeedbackResponse), [{"key": "Mövenpick", "round_id": None}])
    db.session.rollback()
    assert "parameters hidden" in str(raised.value)
    assert "(b'" not in str(raised.value)


def test_after_the_last_round_no_personal_code_can_be_tried(make, db_session, asking):
    cohort = make.cohort()
    people = make.enrolments(cohort, 6)
    stored = questionnaire_service.save_questionnaire(
        cohort.programme,
        questionnaire_from(NUMBERED | {"code": "skills", "about": "skills"}),
        by=None,
        now=make.NOW,
    )
    before, after = (
        FeedbackRound(
            questionnaire=stored, cohort=cohort, place="", moment=moment, opens_at=make.NOW,
            opened_at=make.NOW, closes_at=make.NOW + timedelta(days=7),
        )
        for moment in (Moment.BEFORE, Moment.AFTER)
    )  # fmt: skip
    db_session.add_all([before, after])
    db_session.flush()

    def answer(asked, count, code):
        for number, enrolment in enumerate(people[:count]):
            pair = pairing_service.pair_of(asked, code.format(number))
            seat = ticket_service.find_seat_of(asked, enrolment.user)
            service.submit_answers(seat, [Answer("n", number)], pair=pair, now=make.NOW)

    answer(before, 6, "ma0{}na")
    asking.close(before)
    made = set(db_session.scalars(select(FeedbackResponse.pair)))
    assert pairing_service.pair_of(after, "МА00 NA") in made  # in Cyrillic letters, and with a gap
    answer(after, 5, "MA-0{}-NA")
    asking.close(after)
    assert db_session.scalars(select(FeedbackPairing.salt)).one() is None
    assert pairing_service.pair_of(after, "MA00NA") is None
    pairs = db_session.execute(
        select(
            FeedbackResponse.pair, func.min(FeedbackAnswer.value), func.max(FeedbackAnswer.value)
        )
        .join(FeedbackAnswer, FeedbackAnswer.response_key == FeedbackResponse.key)
        .group_by(FeedbackResponse.pair)
        .having(func.count() == 2)
    ).all()
    assert len(pairs) == 5
    assert all(least == most for _pair, least, most in pairs)
    assert not made & {pair for pair, *_values in pairs}
