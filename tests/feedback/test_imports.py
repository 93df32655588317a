"""Answers from tables: all rows or none, and a sentence for each wrong one."""

import pytest

from courseware.errors import BadInput
from courseware.feedback.answer_rules import Answer
from courseware.feedback.imports import read_answers
from courseware.feedback.questionnaire_imports import read_questionnaire
from courseware.feedback.questionnaire_rules import questionnaire_from
from courseware.tables import UnreadableTable, read_table
from tests.feedback.test_rules import ALL_KINDS, SMALL

TRAINERS = {
    "S01": {"lead": "anna", "anna@example.org": "anna", "co-trainer": "boris"},
    "S02": {"lead": "anna", "anna@example.org": "anna"},
}


def test_a_row_becomes_a_response_about_its_session_and_trainers():
    imported = _read(
        "session,useful,recommend,which,comment,clear [lead],clear [co-trainer],time\n"
        "S01,5,9,A; c,Good,3,2,09:00\n"
        "S02,n/a,10,,,,,\n".replace("n/a", "4.0")
    )
    first, second = imported.responses
    assert (first.session, second.session) == ("S01", "S02")
    assert first.answers == (
        Answer("useful", 5),
        Answer("recommend", 9),
        Answer("which", 0b101),
        Answer("comment", text="Good"),
        Answer("clear", 3, trainer="anna"),
        Answer("clear", 2, trainer="boris"),
    )
    assert second.answers == (Answer("useful", 4), Answer("recommend", 10))
    assert imported.unused_columns == ("time",)


def test_worded_scales_are_mapped_without_regard_to_case_and_spaces():
    value = {
        "key": "agree",
        "kind": "scale",
        "texts": "Agree?",
        "points": 3,
        "low": "no",
        "high": "yes",
        "import": [["Disagree", "no way"], ["Neither"], ["Agree fully"]],
        "import_not_applicable": ["-"],
        "column": "Do you agree?",
    }
    questionnaire = questionnaire_from(
        SMALL | {"about": "course", "sections": [{"titles": "All", "questions": [value]}]}
    )
    table = read_table(
        "Do you agree?;x\nAGREE\u00a0 fully;\nno way;\n-;1\nNeither;\n".encode("utf-16")
    )
    imported = read_answers(table, questionnaire)
    assert [r.answers[0].value for r in imported.responses] == [3, 1, 2]
    assert imported.empty_rows == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("session,useful\nS01,6\n", "Row 2, column “useful”: “6” is not a known answer"),
        ("session,useful\nS01,good\n", "Known are: 1 · … · 5"),
        ("session,useful,when\nS01,5,Never\n", "Known are: Soon · Later"),
        ("session,useful\n,5\n", "Row 2 names no session"),
        ("useful\n5\n", "has no column “session”"),
        ("session,useful,useful\nS01,5,4\n", "“useful” is there twice"),
        ("session,x\nS01,5\n", "No column of the file belongs to a question"),
        ("session,recommend\nS01,5\n", "lacks the columns of required questions: useful"),
        ("session,useful\nS01,\n", "The file holds no answers"),
        ("session,useful,clear [boris]\nS02,5,3\n", "“boris” is not a trainer of session S02"),
        ("session,useful,clear\nS01,5,3\n", "session S01 has not exactly one trainer"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(BadInput) as wrong:
        _read(text)
    assert sentence in str(wrong.value)


def test_where_a_session_has_one_trainer_the_column_needs_no_name():
    (response,) = _read("session,useful,clear\nS02,5,3\n").responses
    assert Answer("clear", 3, trainer="anna") in response.answers


def test_the_rows_of_a_matrix_a_ranking_and_numbers_have_columns_of_their_own():
    text = (
        "apply,why_not,rooms.light,rooms.air,order.price,order.time,order.place,people\n"
        "Never,no time,4,1,2,3,1,1200\n"
        "Soon,,,2,,,,-5.0\n"
    )
    imported = read_answers(read_table(text.encode(), "a.csv"), questionnaire_from(ALL_KINDS))
    assert [answer.value for answer in imported.responses[0].answers] == [
        1, None, 4, 1, 2, 3, 1, 1200,
    ]  # fmt: skip
    assert imported.responses[1].answers == (
        Answer("apply", 0),
        Answer("rooms.air", 2),
        Answer("people", -5),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("order.price,order.time,order.place\n1,2,\n", "Row 2: “order”: Give each of the 3 lines"),
        ("order.price,order.time,order.place\n1,2,2\n", "Place 2 is given twice"),
        ("order.price\n4\n", "Known are: 1 · … · 3"),
        ("people\nmany\n", "Enter a whole number from -5 to 20000"),
        ("apply,why_not\nSoon,no time\n", "does not appear after the answer to “apply”"),
        ("why_not\nno time\n", "does not appear after the answer to “apply”"),
        (f"apply,why_not\nNever,{'x' * 201}\n", "at most 200 fit"),
    ],
)  # fmt: skip
def test_answers_that_cannot_be_together_are_refused_with_a_sentence(text, sentence):
    with pytest.raises(BadInput) as wrong:
        read_answers(read_table(text.encode(), "a.csv"), questionnaire_from(ALL_KINDS))
    assert sentence in str(wrong.value)


def test_every_wrong_row_is_named_but_not_without_end():
    with pytest.raises(BadInput) as wrong:
        _read("session,useful\n" + "S01,x\n" * 80)
    assert len(wrong.value.messages) == 51
    assert "30 more" in str(wrong.value)


@pytest.mark.parametrize(
    "data",
    [b"", b"session,useful\nS01,5,7,8\n", b"PK\x03\x04broken", b"\x81\x8d\x8f\x90\x98"],
    ids=["empty", "ragged", "broken zip", "no text"],
)
def test_a_broken_file_ends_with_a_sentence(data):
    with pytest.raises((UnreadableTable, BadInput)):
        read_answers(read_table(data, "answers.csv"), questionnaire_from(SMALL), TRAINERS.get)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"a: [", "this is not YAML"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"just text", "names with values"),
        (b"a: &a [1]\nb: *a", "aliases"),
        (b"a" * 2_000_000, "larger than 1 MB"),
        (b"!!python/object/apply:os.system ['true']", "expected"),
        (b"[" * 5000, "YAML"),
    ],
)
def test_a_wrong_yaml_is_refused_with_a_sentence(data, sentence):
    with pytest.raises(BadInput) as wrong:
        read_questionnaire(data)
    assert sentence in str(wrong.value)


def _read(text):
    return read_answers(
        read_table(text.encode(), "answers.csv"),
        questionnaire_from(SMALL),
        lambda code: TRAINERS.get(code, {}),
    )
