"""Running a server: upgrade, doctor, backup and restore, and refusing what cannot go well."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, select, text

from courseware import operating
from courseware.db import db
from courseware.programmes.models import Programme

ROOT = Path(__file__).parent.parent


def run(var: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, with its own folder."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("COURSEWARE_")},
        "COURSEWARE_VAR": str(var),
        "PYTHONPATH": str(ROOT),
        **settings,
    }
    return subprocess.run(
        [sys.executable, "-c", "from courseware.cli import main; main()", *words],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory):
    var = tmp_path_factory.mktemp("upgraded") / "var"
    assert run(var, "db", "upgrade").returncode == 0
    return var


@pytest.fixture
def var(upgraded, tmp_path):
    return Path(shutil.copytree(upgraded, tmp_path / "var"))


def test_upgrading_twice_changes_nothing(var):
    assert run(var, "db", "upgrade").stdout.strip() == "There was nothing to upgrade."


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_database_that_is_not_upgraded_is_refused_with_what_to_do(tmp_path, command):
    done = run(tmp_path / "var", command)
    assert done.returncode == 1
    assert "Run: courseware db upgrade" in done.stderr and "Traceback" not in done.stderr


def test_other_commands_say_the_same_of_such_a_database(tmp_path):
    done = run(tmp_path / "var", "user", "add", "a@people.example", "--role", "administrator")
    assert done.returncode == 2
    assert done.stderr.strip() == "The database is not upgraded. Run: courseware db upgrade"


def test_a_taken_port_is_named(var):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(var, "serve", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} of 127.0.0.1 cannot be used" in done.stderr


def test_a_wrong_setting_ends_every_command_by_name(var):
    done = run(var, "doctor", COURSEWARE_LANGUAGE="de")
    assert done.returncode == 2
    assert "COURSEWARE_LANGUAGE is “de”" in done.stderr and "Traceback" not in done.stderr


def test_the_doctor_finds_a_fresh_installation_well(var):
    done = run(var, "doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(finding["ok"] for finding in json.loads(done.stdout))


def test_the_doctor_says_what_to_do_about_an_old_database(tmp_path):
    done = run(tmp_path / "var", "doctor")
    assert done.returncode == 1
    assert "WRONG" in done.stdout and "courseware db upgrade" in done.stdout


def test_the_doctor_names_a_missing_font(app, monkeypatch, tmp_path):
    monkeypatch.setattr(operating.assets, "font_source", lambda name: tmp_path / name)
    findings = list(operating._fonts_are_there())
    assert findings == [
        (False, "The font fira-sans-regular.woff2 is missing. Install the requirements again.")
    ]


def test_a_backup_of_a_live_database_restores_what_was_acknowledged(var, tmp_path):
    run(var, "user", "add", "first@people.example", "--role", "administrator")
    (var / "keys").mkdir(mode=0o700)
    (var / "keys" / "badge-7.pem").write_text("a key of certificates")
    with closing(sqlite3.connect(var / "courseware.sqlite")) as writer:
        writer.execute("BEGIN IMMEDIATE")  # somebody is writing while the backup is made
        done = run(var, "backup", str(tmp_path / "backup.zip"))
        writer.rollback()
    assert done.returncode == 0, done.stderr
    key = (var / "secret-key").read_text()

    elsewhere = tmp_path / "elsewhere"
    assert run(elsewhere, "restore", str(tmp_path / "backup.zip")).returncode == 0
    assert run(elsewhere, "doctor").returncode == 0
    assert (elsewhere / "secret-key").read_text() == key
    kept = elsewhere / "keys" / "badge-7.pem"
    assert kept.read_text() == "a key of certificates"
    assert (kept.parent.stat().st_mode & 0o777, kept.stat().st_mode & 0o777) == (0o700, 0o600)
    with closing(sqlite3.connect(elsewhere / "courseware.sqlite")) as reader:
        assert reader.execute('SELECT email FROM "user"').fetchall() == [("first@people.example",)]


def test_a_restore_replaces_nothing_unasked(var, tmp_path):
    run(var, "backup", str(tmp_path / "backup.zip"))
    done = run(var, "restore", str(tmp_path / "backup.zip"))
    assert done.returncode == 1 and "--replace" in done.stderr


def test_a_file_that_is_no_backup_is_refused(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"\xff\xd8\xff")
    done = run(tmp_path / "var", "restore", str(tmp_path / "holiday.jpg"))
    assert done.returncode == 1 and "is not a backup of ours" in done.stderr


def test_a_person_is_added_with_a_role_and_a_link(command):
    done = command("user", "add", "Ada@People.example", "--role", "administrator", "--json")
    value = json.loads(done.output)
    assert (value["email"], value["is_new"]) == ("ada@people.example", True)
    assert value["link"].startswith("http://localhost/sign-in/link/")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["user", "add", "ada", "--role", "administrator"], "“ada” is not an e-mail address"),
        (["user", "add", "a@b.example", "--role", "trainer"], "Say of which cohort"),
        (["user", "add", "a@b.example", "--role", "trainer", "--of", "X"], "code “X”"),
    ],
)
def test_a_wrong_person_ends_with_a_sentence_and_nothing_saved(command, words, sentence):
    from courseware.accounts.models import User

    done = command(*words)
    assert done.exit_code == 1 and sentence in done.output
    db.session.rollback()
    assert db.session.query(User).count() == 0


def test_a_full_disk_is_a_sentence_and_nothing_is_half_saved(app, browser, make):
    if db.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite can be told that its disk is full")
    coordinator = browser(make.administrator())
    pages = db.session.scalar(text("PRAGMA page_count"))
    db.session.rollback()

    def fill(connection, _record, _proxy):
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(db.engine, "checkout", fill)
    file = ROOT / "examples" / "ektu-tsuc-2025" / "programme.yaml"
    page = coordinator.post("/programmes/load", data={"file": (file.open("rb"), "programme.yaml")})
    event.remove(db.engine, "checkout", fill)

    assert page.status_code == 507
    assert "The server’s disk is full" in page.text
    assert db.session.scalars(select(Programme)).all() == []
