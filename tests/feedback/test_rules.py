"""Questionnaires, and the answers that a form may send."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import courseware.feedback
from courseware.feedback.answer_rules import (
    NOT_APPLICABLE,
    Answer,
    Checked,
    check_answers,
    fields,
)
from courseware.feedback.questionnaire_rules import missing_languages, plain, questionnaire_from
from courseware.feedback.rules import LONGEST_COMMENT, WrongQuestionnaire, clean
from courseware.texts import LANGUAGES
from courseware.yaml_files import read_yaml, write_yaml

SHIPPED = Path(courseware.feedback.__file__).parent / "questionnaires"

SMALL = {
    "code": "small",
    "about": "session",
    "titles": {"en": "Small"},
    "sections": [
        {
            "titles": {"en": "All"},
            "questions": [
                {
                    "key": "useful",
                    "kind": "scale",
                    "texts": {"en": "Useful?"},
                    "points": 5,
                    "low": {"en": "no"},
                    "high": {"en": "yes"},
                    "required": True,
                    "not_applicable": True,
                },
                {"key": "recommend", "kind": "recommendation", "texts": {"en": "Recommend?"}},
                {
                    "key": "when",
                    "kind": "single",
                    "texts": {"en": "When?"},
                    "options": [
                        {"key": "soon", "texts": {"en": "Soon"}},
                        {"key": "later", "texts": {"en": "Later"}},
                    ],
                },
                {
                    "key": "which",
                    "kind": "multiple",
                    "texts": {"en": "Which?"},
                    "options": [
                        {"key": "a", "texts": {"en": "A"}},
                        {"key": "b", "texts": {"en": "B"}},
                        {"key": "c", "texts": {"en": "C"}},
                    ],
                },
                {"key": "comment", "kind": "text", "texts": {"en": "Comment"}},
            ],
        },
        {
            "titles": {"en": "The trainer"},
            "per_trainer": True,
            "questions": [
                {
                    "key": "clear",
                    "kind": "scale",
                    "texts": {"en": "Clear?"},
                    "points": 3,
                    "low": {"en": "no"},
                    "high": {"en": "yes"},
                }
            ],
        },
    ],
}


@pytest.mark.parametrize("code", ["course", "follow-up", "needs", "session", "skills", "trainer"])
def test_the_shipped_questionnaires_are_complete_in_four_languages_and_load_without_loss(code):
    value = read_yaml((SHIPPED / f"{code}.yaml").read_bytes()).value
    questionnaire = questionnaire_from(value)
    assert questionnaire.code == code
    assert missing_languages(questionnaire) == {}
    written = write_yaml(plain(questionnaire)).encode()
    assert questionnaire_from(read_yaml(written).value) == questionnaire


def test_only_a_questionnaire_about_a_session_asks_about_trainers():
    wrong = SMALL | {"about": "course"}
    assert "Section 2 is about each trainer" in _problems(wrong)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"code": "Kurs 1"}, "The code “Kurs 1” is not usable"),
        ({"about": "module"}, "about: “module” is not one of session, course"),
        ({"titles": {}}, "titles: the text is missing"),
        ({"titles": {"de": "Kurs"}}, "“de” is not known"),
        ({"sections": []}, "asks nothing"),
        ({"sections": "all"}, "a list is expected"),
        ({"extra": 1}, "“extra” is not known"),
    ],
)
def test_a_wrong_questionnaire_is_refused_with_a_sentence(change, sentence):
    assert sentence in _problems(SMALL | change)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"points": 2}, "a scale has 3 to 7 points, not “2”"),
        ({"points": 4, "best": "middle"}, "needs an odd number of points"),
        ({"low": {}}, "low: the text is missing"),
        ({"required": "ja"}, "say true or false"),
        ({"import": [["a"], ["b"]]}, "2 wordings for 5 points"),
        ({"kind": "stars"}, "“stars” is not one of"),
        ({"key": "recommend"}, "The key “recommend” is used twice"),
        ({"kind": "single", "options": [{"key": "a", "texts": "A"}]}, "2 to 20 entries, not 1"),
        ({"texts": {"en": "x" * 501}}, "longer than 500"),
    ],
)
def test_a_wrong_question_is_refused_with_a_sentence(change, sentence):
    first, *others = SMALL["sections"][0]["questions"]
    section = SMALL["sections"][0] | {"questions": [first | change, *others]}
    assert sentence in _problems(SMALL | {"sections": [section]})


@pytest.mark.parametrize("value", [None, [], "text", 7, {"sections": [None, {"questions": [3]}]}])
def test_anything_that_is_no_questionnaire_ends_with_sentences_and_not_with_a_crash(value):
    assert _problems(value)


def test_answers_of_each_kind_are_read():
    checked = _check(
        {
            "q-useful": ["4"],
            "q-recommend": ["10"],
            "q-when": ["later"],
            "q-which": ["a", "c"],
            "q-comment": ["  Thank you  "],
            "q-clear-anna": ["3"],
            "q-clear-stranger": ["1"],
            "something": ["else"],
        }
    )
    assert not checked.problems
    assert set(checked.answers) == {
        Answer("useful", 4),
        Answer("recommend", 10),
        Answer("when", 1),
        Answer("which", 0b101),
        Answer("comment", text="Thank you"),
        Answer("clear", 3, trainer="anna"),
    }


ALL_KINDS = {
    "code": "kinds",
    "about": "course",
    "titles": {"en": "All kinds"},
    "sections": [
        {
            "titles": {"en": "All"},
            "questions": [
                {"key": "hello", "kind": "information", "texts": {"en": "Welcome"}},
                {
                    "key": "apply",
                    "kind": "single",
                    "texts": {"en": "When?"},
                    "options": [
                        {"key": "soon", "texts": {"en": "Soon"}},
                        {"key": "never", "texts": {"en": "Never"}},
                    ],
                },
                {
                    "key": "why_not",
                    "kind": "short",
                    "texts": {"en": "Why not?"},
                    "required": True,
                    "shown_if": {"question": "apply", "values": ["never"]},
                },
                {
                    "key": "rooms",
                    "kind": "matrix",
                    "texts": {"en": "How good were these?"},
                    "points": 4,
                    "low": {"en": "bad"},
                    "high": {"en": "good"},
                    "not_applicable": True,
                    "rows": [
                        {"key": "light", "texts": {"en": "Light"}},
                        {"key": "air", "texts": {"en": "Air"}},
                    ],
                },
                {
                    "key": "order",
                    "kind": "ranking",
                    "texts": {"en": "What matters most?"},
                    "options": [
                        {"key": "price", "texts": {"en": "Price"}},
                        {"key": "time", "texts": {"en": "Time"}},
                        {"key": "place", "texts": {"en": "Place"}},
                    ],
                },
                {
                    "key": "people",
                    "kind": "number",
                    "texts": {"en": "How many people?"},
                    "least": -5,
                    "most": 20000,
                    "unit": {"en": "people"},
                },
            ],
        }
    ],
}


def test_a_questionnaire_of_all_kinds_is_kept_without_loss_and_falls_into_items():
    questionnaire = questionnaire_from(ALL_KINDS)
    assert questionnaire_from(plain(questionnaire)) == questionnaire
    assert [(item.key, item.kind.value) for item in questionnaire.items] == [
        ("apply", "single"),
        ("why_not", "short"),
        ("rooms.light", "scale"),
        ("rooms.air", "scale"),
        ("order.price", "ranking"),
        ("order.time", "ranking"),
        ("order.place", "ranking"),
        ("people", "number"),
    ]
    assert questionnaire.question("rooms.air").texts == {"en": "Air"}
    assert list(questionnaire.question("rooms.air").values) == [0, 1, 2, 3, 4]
    assert list(questionnaire.question("order.time").values) == [1, 2, 3]


def test_answers_of_the_other_kinds_are_read():
    checked = check_answers(
        questionnaire_from(ALL_KINDS),
        {
            "q-hello": ["nothing"],
            "q-apply": ["never"],
            "q-why_not": ["no\n time"],
            "q-rooms.light": ["4"],
            "q-rooms.air": ["na"],
            "q-order.price": ["2"],
            "q-order.time": ["3"],
            "q-order.place": ["1"],
            "q-people": ["\u22125"],
        },
    )
    assert not checked.problems
    assert checked.answers == (
        Answer("apply", 1),
        Answer("why_not", text="no time"),
        Answer("rooms.light", 4),
        Answer("rooms.air", 0),
        Answer("order.price", 2),
        Answer("order.time", 3),
        Answer("order.place", 1),
        Answer("people", -5),
    )


def test_what_is_not_shown_is_neither_required_nor_stored():
    questionnaire = questionnaire_from(ALL_KINDS)
    checked = check_answers(questionnaire, {"q-apply": ["soon"], "q-why_not": ["because"]})
    assert checked == Checked((Answer("apply", 0),), {})
    assert set(check_answers(questionnaire, {"q-apply": ["never"]}).problems) == {"q-why_not"}


@pytest.mark.parametrize(
    ("given_values", "field"),
    [
        ({"q-order.price": ["1"]}, "q-order"),
        ({"q-order.price": ["1"], "q-order.time": ["1"], "q-order.place": ["2"]}, "q-order"),
        ({"q-order.price": ["4"]}, "q-order.price"),
        ({"q-people": ["20001"]}, "q-people"),
        ({"q-people": ["1.5"]}, "q-people"),
        ({"q-people": ["9" * 5000]}, "q-people"),
        ({"q-rooms.air": ["5"]}, "q-rooms.air"),
        ({"q-apply": ["never"], "q-why_not": ["x" * 201]}, "q-why_not"),
    ],
)
def test_a_wrong_ranking_number_line_or_row_is_told_beside_its_field(given_values, field):
    assert set(check_answers(questionnaire_from(ALL_KINDS), given_values).problems) == {field}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"question": "people", "values": ["1"]}, "not a question before it"),
        ({"question": "hello", "values": ["1"]}, "only scales"),
        ({"question": "apply", "values": ["later"]}, "Name at least one of these: soon, never"),
        ({"question": "apply"}, "Name at least one of these"),
        ("apply", "names with values are expected"),
    ],
)
def test_a_condition_names_an_answer_to_a_question_before(change, sentence):
    section = ALL_KINDS["sections"][0]
    questions = [
        each | ({"shown_if": change} if each["key"] == "why_not" else {})
        for each in section["questions"]
    ]
    assert sentence in _problems(ALL_KINDS | {"sections": [section | {"questions": questions}]})


def test_not_applicable_is_an_answer_also_to_a_required_question():
    assert _check({"q-useful": ["na"]}).answers == (Answer("useful", NOT_APPLICABLE),)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("q-useful", ["0"]),
        ("q-useful", ["6"]),
        ("q-useful", ["٣"]),
        ("q-useful", ["1", "2"]),
        ("q-recommend", ["11"]),
        ("q-recommend", ["na"]),
        ("q-when", ["never"]),
        ("q-which", ["a", "x"]),
        ("q-clear-anna", ["na"]),
        ("q-comment", ["x" * 100_000]),
    ],
)
def test_an_answer_outside_what_is_offered_is_refused_beside_its_field(field, values):
    assert set(_check({"q-useful": ["1"], field: values}).problems) == {field}


def test_a_required_question_left_out_and_an_empty_form_are_told():
    assert set(_check({"q-recommend": ["5"]}).problems) == {"q-useful"}
    assert _check({}).problems


@given(st.dictionaries(st.sampled_from(["q-useful", "q-which", "q-comment", "q-clear-anna"]),
                       st.lists(st.text(), max_size=3)))  # fmt: skip
def test_whatever_is_sent_comes_back_as_allowed_values_or_as_sentences(given_values):
    questionnaire = questionnaire_from(SMALL)
    checked = check_answers(questionnaire, given_values, ["anna"])
    for answer in checked.answers:
        question = questionnaire.question(answer.question)
        if answer.text is None:
            assert answer.value in question.values
        else:
            assert 0 < len(answer.text) <= LONGEST_COMMENT
    assert set(checked.problems) <= {name for name, *_ in fields(questionnaire, ["anna"])} | {""}


@given(st.text())
def test_clean_text_stays_clean_and_can_be_stored(text):
    once = clean(text)
    assert clean(once) == once
    assert "\x00" not in once
    once.encode("utf-8")


def test_missing_languages_are_counted():
    assert set(missing_languages(questionnaire_from(SMALL))) == set(LANGUAGES) - {"en"}


def _check(values):
    return check_answers(questionnaire_from(SMALL), values, ["anna"])


def _problems(value) -> str:
    with pytest.raises(WrongQuestionnaire) as wrong:
        questionnaire_from(value)
    return str(wrong.value)
