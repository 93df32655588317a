"""Settings come from COURSEWARE_… variables; a wrong one is refused by name."""

import os
import re
import stat
from pathlib import Path

import pytest

from courseware.config import SETTINGS, WrongSetting, read_settings

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COURSEWARE_SECRET_KEY", "short"),
        ("COURSEWARE_BASE_URL", "courses.example.org"),
        ("COURSEWARE_DATABASE_URL", "mysql://x"),
        ("COURSEWARE_UPLOAD_MEGABYTES", "many"),
        ("COURSEWARE_JOBS_HERE", "perhaps"),
        ("COURSEWARE_LANGUAGE", "de"),
        ("COURSEWARE_TIMEZONE", "Asia/Nowhere"),
        ("COURSEWARE_MAIL_URL", "pigeon://"),
        ("COURSEWARE_TIMESTAMP_URL", "tsa.example"),
        ("COURSEWARE_TIMESTAMP_ROOTS", "README.md"),
        ("COURSEWARE_DATABASE", "sqlite://"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(tmp_path, name, value):
    with pytest.raises(WrongSetting, match=name):
        read_settings({"COURSEWARE_VAR": str(tmp_path), name: value})


def test_an_unwritable_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WrongSetting, match="cannot be written"):
        read_settings({"COURSEWARE_VAR": str(tmp_path / "file" / "var")})


def test_a_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    first = read_settings({"COURSEWARE_VAR": str(tmp_path)})
    again = read_settings({"COURSEWARE_VAR": str(tmp_path)})
    assert first.secret_key == again.secret_key and len(first.secret_key) >= 32
    assert stat.S_IMODE(os.stat(tmp_path / "secret-key").st_mode) == 0o600


def test_the_readme_lists_every_setting_with_its_default_and_meaning():
    page = (ROOT / "README.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(COURSEWARE_\w+)` \| (.*) \|$", page, re.M))
    assert rows == {
        setting.variable: f"{f'`{setting.default}`' if setting.default else ''} | {setting.meaning}"
        for setting in SETTINGS
    }
