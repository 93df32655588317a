import json
from pathlib import Path

import pytest

from courseware.cli import make_group
from courseware.cohorts import service
from courseware.db import db

EXAMPLE = Path(__file__).parents[2] / "examples" / "ektu-tsuc-2025"


@pytest.fixture
def run(app):
    """Runs a command as the console script does; answers status and output."""
    from click.testing import CliRunner

    group = make_group(lambda: app)

    def run(*words: str):
        db.session.commit()
        result = CliRunner().invoke(group, list(map(str, words)), catch_exceptions=False)
        db.session.expire_all()
        return result

    return run


def create(run):
    assert run("programme", "load", EXAMPLE / "programme.yaml").exit_code == 0
    answer = run("cohort", "create", "research-services", "2025-1", "--starts", "2025-04-07",
                 "--timezone", "Asia/Dushanbe")  # fmt: skip
    assert answer.exit_code == 0, answer.output


def test_the_example_course_is_set_up_by_commands(run):
    create(run)
    answer = run("participants", "import", "2025-1", EXAMPLE / "participants.xlsx", "--json")
    assert json.loads(answer.output) == {
        "cohort": "2025-1", "enrolled": 26, "updated": 0, "unchanged": 0, "notes": [],
    }  # fmt: skip
    again = run("participants", "import", "2025-1", EXAMPLE / "participants.xlsx")
    assert again.output == "2025-1: 0 enrolled, 0 updated, 26 unchanged.\n"
    assert len(service.list_enrolments(service.find_cohort_by_code("2025-1"))) == 26


def test_a_dumped_programme_loads_unchanged(run, tmp_path):
    create(run)
    file = tmp_path / "dump.yaml"
    file.write_text(run("programme", "dump", "research-services").output, encoding="utf-8")
    answer = run("programme", "load", file, "--json")
    assert json.loads(answer.output)["done"] == "unchanged"
    assert json.loads(run("programme", "dump", "research-services", "--json").output)["code"]


def test_a_wrong_list_ends_with_sentences_naming_rows_and_changes_nothing(run, tmp_path):
    create(run)
    file = tmp_path / "list.csv"
    file.write_text("name,e-mail\nAsel,asel@people.example\nBolat,bolat\n", encoding="utf-8")
    answer = run("participants", "import", "2025-1", file)
    assert answer.exit_code == 1
    assert "Row 3: “bolat” is not an e-mail address." in answer.output
    assert service.list_enrolments(service.find_cohort_by_code("2025-1")) == []


def test_a_doubtful_row_is_taken_and_said_unless_strict(run, tmp_path):
    create(run)
    file = tmp_path / "list.csv"
    file.write_text("name,e-mail\nAsel B,a@people.example\nB Asel,b@people.example\n")
    assert run("participants", "import", "2025-1", file, "--strict").exit_code == 1
    answer = run("participants", "import", "2025-1", file)
    assert answer.exit_code == 0
    assert "Row 3: Row 2 has the same or nearly the same name" in answer.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("programme", "dump", "none"), "There is no programme with the code “none”."),
        (("cohort", "create", "none", "x", "--starts", "2025-04-07", "--timezone", "UTC"),
         "There is no programme with the code “none”."),
        (("cohort", "create", "research-services", "x", "--starts", "07.04.25",
          "--timezone", "UTC"), "“07.04.25” is not a date."),
        (("cohort", "create", "research-services", "x", "--starts", "2025-04-07",
          "--timezone", "Mars"), "“Mars” is not a time zone."),
        (("participants", "import", "none", EXAMPLE / "participants.xlsx"),
         "There is no cohort with the code “none”."),
        (("participants", "import", "2025-1", EXAMPLE / "schedule.xlsx"),
         "The file has no column with names."),
        (("programme", "load", EXAMPLE / "README.md"), "Nothing was changed."),
    ],
)  # fmt: skip
def test_a_wrong_command_ends_with_a_sentence_and_a_status(run, words, sentence):
    create(run)
    answer = run(*words)
    assert answer.exit_code == 1
    assert sentence in answer.output
