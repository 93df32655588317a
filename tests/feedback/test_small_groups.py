"""Nothing that is shown tells of fewer than five: not by itself, not by subtraction, not over time.

The answers of small groups are dealt out anew among the groups that wait or count together. If
then not a byte of any page or file changes, nobody can compute what one of those groups said from
all of them taken together, by whatever arithmetic. That each such set has five people and more is
proved in test_summary_rules.
"""

import io
import random
import re
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update

from courseware.db import db
from courseware.feedback import results_rules, service, ticket_service
from courseware.feedback.answer_rules import Answer
from courseware.feedback.compare_rules import By
from courseware.feedback.models import (
    FeedbackAnswer,
    FeedbackRound,
    FeedbackTally,
)
from courseware.feedback.results_rules import RoundFacts, University, results_of
from courseware.feedback.rules import (
    About,
    Kind,
    Moment,
    Option,
    Question,
    Questionnaire,
    Section,
)
from courseware.feedback.summary_rules import pool_small

OPTIONS = tuple(Option(key, {"en": key}) for key in "abc")
COMMON = (
    Question("useful", Kind.SCALE, {"en": "Useful?"}, points=5, not_applicable=True),
    Question("which", Kind.MULTIPLE, {"en": "Which?"}, options=OPTIONS),
    Question("days", Kind.NUMBER, {"en": "Days?"}, least=1, most=9),
    Question("order", Kind.RANKING, {"en": "Order?"}, options=OPTIONS),
    Question("parts", Kind.MATRIX, {"en": "Parts?"}, points=3, rows=OPTIONS),
)
ABOUT_TRAINERS = (
    Question("clear", Kind.SCALE, {"en": "Clear?"}, points=4),
    Question("again", Kind.RECOMMENDATION, {"en": "Again?"}),
)
QUESTIONS = Questionnaire(
    "session",
    About.SESSION,
    {"en": "Session"},
    (
        Section({"en": "Session"}, COMMON),
        Section({"en": "Trainer"}, ABOUT_TRAINERS, per_trainer=True),
    ),
)
TRAINERS = {1: "Anna", 2: "Boris", 3: "Clara"}
UNIVERSITIES = [
    University("U1", {"en": "One"}, frozenset([1, 2])),
    University("U2", {"en": "Two"}, frozenset([3])),
]

histories = st.lists(
    st.tuples(
        st.integers(0, 9),  # how many answered
        st.integers(1, 2),  # the module
        st.frozensets(st.sampled_from(sorted(TRAINERS)), max_size=2),
        st.integers(0, 3),  # how many of them found a question not applicable
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=15)
@given(histories, st.integers(0, 2**32))
def test_who_knows_every_figure_of_every_day_cannot_tell_small_groups_apart(history, seed):
    chance = random.Random(seed)
    rounds, counts = _answered(history, chance)
    dealt = _dealt_out_anew(rounds, counts, chance)
    for day in range(1, len(rounds) + 1):
        assert _figures(rounds[:day], counts) == _figures(rounds[:day], dealt)


def test_the_property_sees_a_leak(monkeypatch):
    """The control: if small groups were told, dealing their answers out anew would show."""
    history = [(6, 1, frozenset([1]), 0), (3, 1, frozenset([2]), 0), (3, 2, frozenset([3]), 0)]
    chance = random.Random(1)
    rounds, counts = _answered(history, chance)
    dealt = _dealt_out_anew(rounds, counts, chance)
    assert dealt != counts
    assert _figures(rounds, counts) == _figures(rounds, dealt)
    monkeypatch.setattr(results_rules, "countable", lambda _pooling, members: frozenset(members))
    assert _figures(rounds, counts) != _figures(rounds, dealt)


def test_no_page_and_no_file_changes_when_small_groups_change(
    asking, make, browser, db_session, app
):
    cohort = make.cohort()
    coordinator = make.coordinator(cohort.programme)
    asked = [
        _asked(asking, cohort, people, rating, text)
        for people, rating, text in [(6, 4, ""), (3, 1, "dealt"), (3, 5, "out"), (4, 2, "waits")]
    ]
    db_session.commit()
    trainer = asked[0].trainers[0]
    clients = {"coordinator": browser(coordinator), "trainer": browser(trainer)}
    before = _everything(clients, cohort)
    assert len(before) == 28
    _exchange(asked[1], asked[2])
    _turn_round(asked[3])
    db_session.commit()
    after = _everything(clients, cohort)
    assert {key for key in before if before[key] != after[key]} == set()
    # The control: a group of six is told, and shows when it changes.
    _turn_round(asked[0])
    db_session.commit()
    assert (
        len([key for key, page in _everything(clients, cohort).items() if page != before[key]]) > 9
    )


# Histories ----------------------------------------------------------------------------------


def _answered(history, chance):
    rounds, counts = [], {}
    for id, (n, module, led_by, no_answers) in enumerate(history, start=1):
        alike = chance.randint(0, n)
        rounds.append(
            RoundFacts(
                id, QUESTIONS, Moment.SESSION, n, 12, n, alike, code=f"S{id}", title="A session",
                module_code=f"M{module}", module_titles={"en": "A module"},
                trainers=tuple((key, TRAINERS[key]) for key in sorted(led_by)),
            )
        )  # fmt: skip
        for section in QUESTIONS.sections:
            for question in section.items:
                for key in sorted(led_by) if section.per_trainer else [None]:
                    values = [chance.choice(question.values) for _ in range(n - no_answers)]
                    counts[id, question.key, key] = _count(values)
    return rounds, counts


def _dealt_out_anew(rounds, counts, chance):
    """The same history for whoever may know only sets of five and more."""
    dealt = {cell: dict(each) for cell, each in counts.items()}
    for question in QUESTIONS.items:
        cells = sorted(
            (cell for cell in counts if cell[1] == question.key),
            key=lambda cell: (cell[0], cell[2] or 0),
        )
        sizes = [(cell, _valid(question, counts[cell])) for cell in cells]
        pooling = pool_small(sizes, people=lambda cell: cell[0])
        for pool in pooling.pools:
            members = sorted(pool, key=str)
            values = [value for cell in members for value in _values(counts[cell], question)]
            chance.shuffle(values)
            for cell in members:
                size = _valid(question, counts[cell])
                dealt[cell] = _count(values[:size]) | _not_applicable(question, counts[cell])
                del values[:size]
        for cell in pooling.waiting:
            given_ = [
                chance.choice([value for value in question.values if value or question.points == 0])
                for _ in range(_valid(question, counts[cell]))
            ]
            dealt[cell] = _count(given_) | _not_applicable(question, counts[cell])
    return dealt


def _count(values):
    return {value: values.count(value) for value in sorted(set(values))}


def _values(counts, question):
    skip = question.kind is Kind.SCALE
    return [value for value, n in counts.items() for _ in range(n) if value or not skip]


def _valid(question, counts):
    return len(_values(counts, question))


def _not_applicable(question, counts):
    return {0: counts[0]} if question.kind is Kind.SCALE and 0 in counts else {}


def _figures(rounds, counts):
    """Everything that pages and files are made of: they are functions of these values."""
    known = {each.id for each in rounds}
    seen = {cell: each for cell, each in counts.items() if cell[0] in known}
    return results_of(rounds, seen, {}, UNIVERSITIES)


# Pages --------------------------------------------------------------------------------------


def _asked(asking, cohort, people, rating, text):
    session = asking.session(cohort, people=people, title="A session")
    session.rating = rating
    (trainer,) = session.trainers
    for enrolment in session.enrolled:
        seat = ticket_service.find_seat_of(session.asked, enrolment.user)
        given_ = [Answer(key, rating) for key in ("useful", "understood", "pace")]
        given_ += [Answer(key, rating, trainer=trainer.public_id) for key in ("clear", "answered")]
        if text:
            given_.append(Answer("comment", text=text))
        service.submit_answers(seat, given_, now=session.asked.opens_at + timedelta(hours=1))
    asking.close(session.asked)
    return session


def _exchange(one, other):
    """Let two sessions that three people answered each change their ratings."""
    for session, rating in ((one, other.rating), (other, one.rating)):
        _rate(session, rating)


def _turn_round(session):
    _rate(session, 6 - session.rating)


def _rate(session, rating):
    for table in (FeedbackAnswer, FeedbackTally):
        db.session.execute(
            update(table)
            .where(table.round_id == session.asked.id, table.value.is_not(None))
            .values(value=rating)
        )


def _everything(clients, cohort):
    """Each page and file that shows figures, for each reader, without what is new every time."""
    base = f"/cohorts/{cohort.public_id}"
    (waits,) = db.session.scalars(
        select(FeedbackRound)
        .where(FeedbackRound.cohort_id == cohort.id)
        .order_by(FeedbackRound.id.desc())
        .limit(1)
    )
    new = f"{base}/recommendations/new?questionnaire=session-session&question="
    for_all = [
        f"{base}/feedback",
        *(f"{base}/feedback/compare?by={by}&low=yes&question=clear" for by in By),
        f"{base}/feedback/compare.csv?by=trainers",
        f"/feedback/rounds/{waits.public_id}",
    ]
    for_coordinators = [
        f"{base}/feedback?order=lowest",
        f"{base}/feedback/comments?words=dealt",
        f"{base}/feedback/report.json",
        f"{base}/feedback/report.xlsx",
        f"{base}/feedback/compare?order=worst&question=pace",
        f"{base}/feedback/compare.xlsx?by=universities",
        *(f"{base}/feedback/compare.csv?by={by}" for by in By),
        f"{new}useful",
        f"{new}clear&group=session:{waits.place}",
    ]
    addresses = {"trainer": for_all, "coordinator": for_all + for_coordinators}
    return {
        (who, address): _content(client.get(address))
        for who, client in clients.items()
        for address in addresses[who]
    }


def _content(answer):
    if "spreadsheet" in answer.content_type:
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.data))
        return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    text = re.sub(r'name="(csrf_token|_key)" value="[^"]*"', "", answer.text)
    return answer.status_code, re.sub(r'"made_at": "[^"]*"', "", text)
