"""Every string of the big list of naughty strings as an answer: taken whole, or a sentence."""

import json

import pytest
from sqlalchemy import select

from courseware.feedback import pairing_rules, service, slip_rules
from courseware.feedback.answer_rules import Answer, check_answers, fields
from courseware.feedback.models import FeedbackAnswer
from courseware.feedback.questionnaire_rules import questionnaire_from
from courseware.feedback.rules import LONGEST_COMMENT, clean
from courseware.messages import Message

ENDS = {"low": {"en": "no"}, "high": {"en": "yes"}}
OPTIONS = [{"key": key, "texts": {"en": key}} for key in ("one", "two", "three")]
EVERY_KIND = {
    "code": "every",
    "about": "course",
    "titles": {"en": "Every kind"},
    "sections": [
        {
            "titles": {"en": "All"},
            "questions": [
                {"key": kind, "kind": kind, "texts": {"en": kind}, **more}
                for kind, more in {
                    "scale": {"points": 5, **ENDS},
                    "recommendation": {},
                    "single": {"options": OPTIONS},
                    "multiple": {"options": OPTIONS},
                    "ranking": {"options": OPTIONS},
                    "matrix": {"points": 5, "rows": OPTIONS, **ENDS},
                    "number": {"least": 0, "most": 99},
                    "short": {},
                    "text": {},
                }.items()
            ],
        }
    ],
}


@pytest.fixture
def naughty(shared_data) -> list[str]:
    found = json.loads((shared_data / "strings" / "blns.json").read_text("utf-8"))
    return [*found, "\ud800", "a" * 100_000, "́" * 20_000, "x\x00y", "=HYPERLINK(1)"]


def test_every_string_in_every_field_is_an_answer_or_a_sentence(naughty):
    questions = questionnaire_from(EVERY_KIND)
    names = [name for name, *_rest in fields(questions)]
    for string in naughty:
        checked = check_answers(questions, {name: [string] for name in names})
        assert all(isinstance(said, Message) and str(said) for said in checked.problems.values())
        assert all(len(str(said)) < 300 for said in checked.problems.values())
        for answer in checked.answers:
            assert answer.text is None or answer.text.split() == clean(string).split()
            assert answer.value is None or 0 <= answer.value <= 99
        slip_rules.meant_by(string)
        assert len(pairing_rules.same_code(string)) <= 2000


def test_every_string_is_stored_as_it_was_written(naughty, asking, db_session):
    course = asking.course(people=1)
    texts = sorted({clean(string) for string in naughty} - {""})
    texts = [each for each in texts if len(each) <= LONGEST_COMMENT]
    service.store_responses(course.asked, [[Answer("best", text=each)] for each in texts], {})
    db_session.commit()
    assert sorted(db_session.scalars(select(FeedbackAnswer.text))) == texts


def test_what_cannot_be_stored_is_a_sentence_and_stores_nothing(asking, browser, db_session):
    course = asking.course(people=1)
    course.asked.closes_at = course.asked.opens_at.replace(year=2100)
    client = browser(course.enrolled[0].user)
    for sent, said in (
        ({"q-overall": "5", "q-best": "a" * 100_000}, "at most 5000 fit"),
        ({"q-overall": "9"}, "not one of the answers offered"),
        ({"q-overall": ["1", "2"]}, "to correct"),
        ({"q-overall": "5\x00"}, "not one of the answers offered"),
        ({}, "to correct"),
    ):
        answer = client.post(f"/feedback/{course.asked.public_id}/answer", data=sent)
        assert answer.status_code == 422
        assert said in answer.text
    assert db_session.scalars(select(FeedbackAnswer.key)).all() == []
