"""Groups beside each other: what is low, what changed, and what a trainer may see."""

import io

import pytest
from python_calamine import CalamineWorkbook

from courseware.feedback import compare_service, service, ticket_service
from courseware.feedback.answer_rules import Answer
from courseware.feedback.compare_rules import (
    By,
    Change,
    CohortFacts,
    comparable,
    compare,
    compare_cohorts,
    compare_own,
)
from courseware.feedback.results_rules import RoundFacts, University, results_of
from courseware.feedback.rules import (
    About,
    Best,
    Kind,
    Moment,
    Option,
    Question,
    Questionnaire,
    Section,
)

USEFUL = Question("useful", Kind.SCALE, {"en": "Useful?"}, points=5, not_applicable=True)
PACE = Question("pace", Kind.SCALE, {"en": "Pace?"}, points=5, best=Best.MIDDLE)
CLEAR = Question("clear", Kind.SCALE, {"en": "Clear?"}, points=5)
MATRIX = Question(
    "parts",
    Kind.MATRIX,
    {"en": "Parts?"},
    points=3,
    rows=(Option("lab", {"en": "Lab"}), Option("visit", {"en": "Visit"})),
)
WHICH = Question("which", Kind.SINGLE, {"en": "Which?"}, options=(Option("a", {"en": "A"}),) * 2)
RECOMMEND = Question("recommend", Kind.RECOMMENDATION, {"en": "Recommend?"})
SESSION = Questionnaire(
    "session",
    About.SESSION,
    {"en": "Session"},
    (
        Section({"en": "Session"}, (USEFUL, PACE, MATRIX, WHICH)),
        Section({"en": "Trainer"}, (CLEAR,), per_trainer=True),
    ),
)
COURSE = Questionnaire(
    "course", About.COURSE, {"en": "Course"}, (Section({"en": "All"}, (USEFUL, RECOMMEND)),)
)
ANNA, BORIS = 1, 2


def test_sessions_stand_beside_each_other_and_what_is_low_is_said():
    results = _sessions()
    found = compare(results, By.SESSIONS, 35)
    assert [column.question.key for column in found.columns] == [
        "useful", "pace", "parts.lab", "parts.visit", "clear",
    ]  # fmt: skip
    assert [line.code for line in found.lines] == ["S1", "S2", "S3"]
    useful = [line.cells[0] for line in found.lines]
    assert [cell.level for cell in useful] == [4, 0, None]
    assert [cell.is_low for cell in useful] == [False, True, False]
    assert useful[2].summary.is_hidden
    assert found.total.cells[0].summary.n == 12
    low = found.only_low()
    assert ([line.code for line in low.lines], len(low.columns)) == (["S2"], 2)
    line, column, cell = found.worst()
    assert (line.code, column.question.key, cell.summary.mean) == ("S2", "useful", 2)
    assert [line.code for line, _cell in found.ranked(0, worst_first=True)] == ["S2", "S1", "S3"]
    assert found.place_of("clear") == 4
    assert found.place_of("no such question") == 0


def test_a_question_whose_middle_is_best_is_never_low():
    pace = compare(_sessions(), By.SESSIONS, 50).lines[1].cells[1]
    assert (pace.level, pace.is_low) == (0, False)


def test_universities_are_compared_by_whom_their_trainers_teach_for():
    results = _sessions(
        universities=[
            University("EKTU", {"en": "East"}, frozenset([ANNA])),
            University("TSUC", {"en": "South"}, frozenset([BORIS])),
            University("ELSE", {"en": "Else"}, frozenset([9])),
        ]
    )
    found = compare(results, By.UNIVERSITIES, 35)
    assert [line.code for line in found.lines] == ["EKTU", "TSUC"]
    clear = {line.code: line.cells[4].summary for line in found.lines}
    assert (clear["EKTU"].mean, clear["EKTU"].n) == (5, 6)
    assert (clear["TSUC"].mean, clear["TSUC"].n) == (2, 12)
    assert comparable([results], By.TRAINERS) == [results]
    assert comparable([_course(5)], By.TRAINERS) == []


def test_a_trainer_compares_the_own_sessions_and_no_total_holds_anybody_elses():
    found = compare_own(_sessions(), ANNA, 35)
    assert [line.code for line in found.lines] == ["S1", "S3"]
    assert found.lines[0].cells[4].summary.mean == 5
    assert found.lines[1].cells[4].summary.is_hidden
    assert found.total.rate.answered == 9
    assert found.total.cells[4].summary.n == 6
    assert compare_own(_sessions(), 9, 35).lines == ()


def test_cohorts_are_compared_over_time_with_the_one_before():
    told = [
        CohortFacts("2023", {}, _course(4)),
        CohortFacts("2024", {}, _course(2)),
        CohortFacts("2025", {}, _course(5, n=3)),
        CohortFacts("2026", {}, _course(2)),
    ]
    found = compare_cohorts(told, 35)
    changes = [line.cells[0].change for line in found.lines]
    assert changes == [None, Change.LOWER, None, Change.ALIKE]
    assert [line.code for line in found.last(2).lines] == ["2025", "2026"]
    assert found.lines[2].cells[0].summary.is_hidden


# Pages --------------------------------------------------------------------------------------


@pytest.fixture
def taught(asking, make, db_session):
    """A session that two trainers of two universities led, and the course, both closed."""
    session = asking.session(people=6, trainers=2, title="Laboratory")
    lead, other = session.trainers
    for trainer, partner in zip((lead, other), session.cohort.programme.partners, strict=True):
        _teaches_for(session.cohort, trainer, partner.organisation)
    for enrolment in session.enrolled:
        seat = ticket_service.find_seat_of(session.asked, enrolment.user)
        given = [
            Answer("useful", 2),
            Answer("clear", 5, trainer=lead.public_id),
            Answer("clear", 1, trainer=other.public_id),
        ]
        service.submit_answers(seat, given, now=make.NOW)
    asking.close(session.asked)
    db_session.commit()
    return session


def test_the_page_and_its_files_compare_by_everything(taught, make, browser, asking, db_session):
    client = browser(make.coordinator(taught.cohort.programme))
    address = f"/cohorts/{taught.cohort.public_id}/feedback/compare"
    page = client.get(address).text
    assert "Laboratory" in page
    assert "under the limit of the programme, 3.5 of 5" in page
    assert "Make this a recommendation" in page
    universities = client.get(f"{address}?by=universities&question=clear&order=worst").text
    for partner in taught.cohort.programme.partners:
        assert partner.organisation.names["en"] in universities
    for by in ("modules", "trainers", "cohorts", "nonsense"):
        assert (
            client.get(f"{address}?by={by}&low=yes&of=nonsense&question=nonsense").status_code
            == 200
        )
    data = client.get(f"{address}.xlsx?by=trainers").data
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert any(row[1] == taught.trainers[1].name and row[7] == 1 for row in rows)
    assert str(taught.trainers[1].id) not in {str(row[0]) for row in rows}
    assert client.get(f"{address}.csv").data.startswith(b"\xef\xbb\xbf")
    assert client.get(f"{address}.pdf").status_code == 404
    empty = make.cohort()
    assert (
        "Nothing to compare yet"
        in browser(make.coordinator(empty)).get(f"/cohorts/{empty.public_id}/feedback/compare").text
    )


def test_a_trainer_never_sees_the_co_trainers_figures(taught, browser):
    lead, other = taught.trainers
    address = f"/cohorts/{taught.cohort.public_id}/feedback/compare"
    client = browser(lead)
    for asked in ("", "?by=trainers", "?by=universities", "?by=cohorts", "?question=clear"):
        page = client.get(address + asked).text
        assert other.name not in page
        assert "Make this a recommendation" not in page
    assert ">5.0<" in client.get(f"{address}?question=clear").text
    rows = client.get(f"{address}.csv?by=trainers").text.splitlines()
    clear = [row.split(",") for row in rows if "clear" in row.casefold()]
    assert {row[7] for row in clear} <= {"5", "5.0"}
    own = client.get(f"/cohorts/{taught.cohort.public_id}/feedback").text
    assert f"{address}" in own


def test_only_cohorts_that_somebody_may_read_are_compared(taught, make, asking, browser):
    elsewhere = make.cohort(taught.cohort.programme, code="secret-cohort")
    of_one = make.coordinator(taught.cohort)
    of_both = make.coordinator(taught.cohort.programme)
    assert compare_service.cohorts_to_compare(taught.cohort, of_one) == [taught.cohort]
    assert set(compare_service.cohorts_to_compare(taught.cohort, of_both)) == {
        taught.cohort,
        elsewhere,
    }


def test_comparing_cohorts_takes_as_many_queries_for_two_as_for_one(taught, make, queries):
    for _cohort in range(2):
        make.cohort(taught.cohort.programme)
    cohorts = compare_service.cohorts_to_compare(taught.cohort, make.administrator())
    with queries() as seen:
        told = compare_service.read_cohorts(cohorts, "session-session")
    assert [each.code for each in told] == [taught.cohort.code]
    assert told[0].results.rate.invited == 6
    assert len(seen) == 5


def _teaches_for(cohort, trainer, organisation):
    from courseware.cohorts.models import CohortRole
    from courseware.db import db

    role = db.session.query(CohortRole).filter_by(cohort_id=cohort.id, user_id=trainer.id).one()
    role.organisation_id = organisation.id
    db.session.flush()


def _sessions(universities=()):
    """S1 is led by Anna, S2 by Boris, S3 by both; three answered S3."""
    rounds, counts = [], {}
    for id, (code, n, led_by, useful) in enumerate(
        [("S1", 6, [ANNA], 5), ("S2", 6, [BORIS], 2), ("S3", 3, [ANNA, BORIS], 1)], start=1
    ):
        names = {ANNA: "Anna", BORIS: "Boris"}
        rounds.append(
            RoundFacts(
                id, SESSION, Moment.SESSION, n, 10, code=code, title=code, module_code="M1",
                module_titles={"en": "Module"}, trainers=tuple((key, names[key]) for key in led_by),
            )
        )  # fmt: skip
        counts[id, "useful", None] = {useful: n, 0: 1}
        counts[id, "pace", None] = {1: n}
        counts[id, "parts.lab", None] = {3: n}
        for key in led_by:
            counts[id, "clear", key] = {5 if key == ANNA else 2: n * key}
    counts[3, "clear", ANNA] = {1: 2}
    counts[3, "clear", BORIS] = {1: 2}
    (results,) = results_of(rounds, counts, {}, universities)
    return results


def _course(useful, n=20):
    facts = RoundFacts(1, COURSE, Moment.AFTER, n, 25)
    (results,) = results_of([facts], {(1, "useful", None): {useful: n - 1, 3: 1}}, {})
    return results
