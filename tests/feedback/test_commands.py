"""The command line: answers in, the report out, a sentence for what is wrong."""

import json

import pytest

from courseware.cli import make_group
from courseware.db import db


@pytest.fixture
def command(app, monkeypatch):
    """Runs `courseware …` on the test's application; answers status and what was printed."""
    from click.testing import CliRunner

    def run(*words: object) -> tuple[int, str]:
        db.session.commit()
        arguments = [str(word) for word in words]
        monkeypatch.setattr("sys.argv", ["courseware", *arguments])
        result = CliRunner().invoke(make_group(lambda: app), arguments)
        db.session.expire_all()
        return result.exit_code, result.output

    return run


def test_answers_are_imported_and_reported(command, make, tmp_path):
    cohort = make.cohort(code="spring")
    make.enrolments(cohort, 7)
    file = tmp_path / "answers.csv"
    file.write_text("overall,recommend,time\n" + "5,9,10:00\n" * 6, "utf-8")
    status, said = command("feedback", "import", "spring", file, "--questionnaire", "course")
    assert status == 0, said
    assert "6 responses" in said
    assert "Columns not read: time." in said
    status, said = command(
        "feedback", "import", "spring", file, "--questionnaire", "course", "--json"
    )
    assert (status, json.loads(said)["imported_before"]) == (0, True)
    output = tmp_path / "report.json"
    status, said = command("feedback", "report", "spring", "--output", output)
    assert status == 0, said
    value = json.loads(output.read_text("utf-8"))
    assert value["results"][0]["response_percent"] == 86


def test_rows_about_sessions_may_name_their_session(command, make, tmp_path):
    cohort = make.cohort(code="spring")
    held = make.training_session(cohort, code="S01")
    make.trainer(cohort, leads=held)
    make.enrolments(cohort, 7)
    file = tmp_path / "answers.csv"
    file.write_text("session,useful,clear [lead]\n" + "s01,5,4\n" * 5, "utf-8")
    status, said = command("feedback", "import", "spring", file, "--questionnaire", "session")
    assert status == 0, said


@pytest.mark.parametrize(
    ("content", "words", "sentence"),
    [
        ("overall,recommend\n9,9\n", ["--questionnaire", "course"], "Row 2, column “overall”"),
        ("overall,recommend\n5,5\n", ["--questionnaire", "none"], "no questionnaire “none”"),
        ("useful\n5\n", ["--questionnaire", "session", "--session", "S9"], "no session “S9”"),
        ("useful\n5\n", ["--questionnaire", "session"], "no column “session”"),
        ("", ["--questionnaire", "course"], "empty"),
    ],
)
def test_what_is_wrong_ends_with_a_sentence_and_changes_nothing(
    command, make, tmp_path, content, words, sentence
):
    from courseware.feedback.models import Questionnaire

    make.cohort(code="spring")
    file = tmp_path / "answers.csv"
    file.write_text(content, "utf-8")
    status, said = command("feedback", "import", "spring", file, *words)
    assert status == 1
    assert sentence in said
    db.session.rollback()
    assert db.session.query(Questionnaire).count() == 0


def test_an_unknown_cohort_or_file_type_is_told(command, make, tmp_path):
    make.cohort(code="spring")
    assert "no cohort" in command("feedback", "report", "autumn", "--output", "x.pdf")[1]
    assert "not “.doc”" in command("feedback", "report", "spring", "--output", "x.doc")[1]
    assert "cannot be written" in command(
        "feedback", "report", "spring", "--output", tmp_path / "no" / "x.json"
    )[1]  # fmt: skip
