"""How results are read: in sentences, lowest first, beside the limit and the last cohort."""

from datetime import date

import pytest

from courseware.feedback import service
from courseware.feedback.answer_rules import Answer
from courseware.feedback.headline_rules import alike_sentence, headline
from courseware.feedback.reading_rules import lowest_first, notes_of
from courseware.feedback.results_rules import Results, RoundFacts, results_of
from courseware.feedback.results_service import read_earlier, read_results
from courseware.feedback.rules import About, Kind, Moment, Option, Question, Questionnaire, Section


def _scale(key: str) -> Question:
    return Question(
        key, Kind.SCALE, {"en": key.title()}, points=5, low={"en": "-"}, high={"en": "+"}
    )


RANKING = Question(
    "order", Kind.RANKING, {"en": "Order"}, options=tuple(Option(k, {"en": k}) for k in "ab")
)
NOTHING = Question("hello", Kind.INFORMATION, {"en": "Hello"})
ASKED = Questionnaire(
    "course",
    About.COURSE,
    {"en": "Course"},
    (
        Section(
            {"en": "All"}, (_scale("room"), NOTHING, _scale("practice"), _scale("food"), RANKING)
        ),
    ),
)


def _told(**given: dict[int, int]) -> Results:
    facts = RoundFacts(1, ASKED, Moment.AFTER, answered=10, invited=20, rated=10, rated_alike=2)
    counts = {(1, key.replace("__", "."), None): values for key, values in given.items()}
    (results,) = results_of([facts], counts, {})
    return results


NOW = _told(
    room={4: 5, 5: 5}, practice={2: 6, 3: 4}, food={4: 10},
    order__a={1: 9, 2: 1}, order__b={1: 1, 2: 9},
)  # fmt: skip


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ({2: 5, 3: 5}, "much as in the last cohort (2.5)"),
        ({4: 10}, "lower than in the last cohort (4.0)"),
        ({1: 10}, "higher than in the last cohort (1.0)"),
    ],
)
def test_the_lowest_rating_is_said_against_the_last_cohort(before, words):
    said = [str(each) for each in headline(NOW, "en", _told(practice=before))]
    assert said[0] == "10 of 20 answered (50 %)."
    assert said[2] == f"Rated lowest: “Practice”, 2.4 of 5 (n = 10): {words}."
    assert "last cohort" not in " ".join(map(str, headline(NOW, "en")))


def test_ratings_that_are_all_alike_are_told_with_their_share():
    assert "2 of 10 gave the same rating to every question (20 %)" in str(alike_sentence(NOW))


def test_questions_stand_lowest_first_and_what_is_neither_good_nor_bad_at_the_end():
    rated, others = lowest_first(NOW)
    assert [block.question.key for block in rated] == ["practice", "food", "room"]
    assert [block.question.key for block in others] == ["order"]
    assert [float(each.summary.mean) for each in others[0].results] == [1.1, 1.9]


def test_a_note_says_what_is_under_the_limit_and_what_has_changed():
    practice = lowest_first(NOW)[0][0]
    (note,) = notes_of(practice, _told(practice={4: 10}), 35)
    assert (float(note.under), float(note.earlier), note.change) == (3.5, 4.0, -1)
    (note,) = notes_of(practice, None, 20)
    assert (note.under, note.earlier, note.change) == (None, None, 0)


def test_the_summary_is_read_against_the_cohort_before(asking, make, client, db_session):
    programme = make.programme()
    cohorts = []
    for starts, rating in ((date(2024, 10, 7), 4), (date(2025, 4, 7), 2)):
        course = asking.course(people=6, of=programme, starts_on=starts)
        given = [Answer(key, rating) for key in ("overall", "relevant", "materials")]
        service.store_responses(course.asked, [given] * 6, {})
        asking.close(course.asked)
        cohorts.append(course.cohort)
    make.cohort(programme, starts_on=date(2025, 1, 1))  # nobody was asked there
    db_session.commit()
    coordinator, only_here = make.coordinator(programme), make.coordinator(cohorts[1])
    assert read_earlier(cohorts[0], by=coordinator) == {}
    assert read_earlier(cohorts[1], by=only_here) == {}
    earlier = read_earlier(cohorts[1], by=coordinator)
    assert earlier["course-after"].questionnaire.code == "course"
    assert read_results(cohorts[1])[0].alike.part == 6
    client.sign_in(coordinator)
    page = client.get(f"/cohorts/{cohorts[1].public_id}/feedback?order=lowest").text
    for words in (
        "lower than in the last cohort (4.0)", "▼ last cohort 4.0", "under 3.5", "n = 6 of 6",
        "6 of 6 gave the same rating to every question", "Make this a recommendation",
    ):  # fmt: skip
        assert words in page, words
    assert "&amp;question=overall" in page
    assert page.index("Lowest first") < page.index("Everything else")
