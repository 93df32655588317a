"""One table says who may do what; every view declares its permission."""

import pytest
from flask import Flask

from courseware import create_app
from courseware.permissions import (
    TABLE,
    Permission,
    UndeclaredView,
    check_all_views_declare,
    permission_table_as_markdown,
)


def test_a_view_without_a_permission_stops_the_start():
    app = Flask("undeclared")
    app.add_url_rule("/leak", "leak", lambda: "everything")
    with pytest.raises(UndeclaredView, match="/leak declares no permission"):
        check_all_views_declare(app)


def test_the_table_speaks_of_every_permission():
    assert set(TABLE) == set(Permission)


def test_the_page_of_permissions_is_the_table(tmp_path):
    app = create_app({"COURSEWARE_VAR": str(tmp_path), "COURSEWARE_SECRET_KEY": "x" * 32})
    page = (app.config["SETTINGS"].root / "docs" / "permissions.md").read_text("utf-8")
    assert page == permission_table_as_markdown(app), (
        "The rights have changed. If that is meant: courseware permissions > docs/permissions.md"
    )


def test_every_permission_is_asked_for_somewhere(tmp_path):
    app = create_app({"COURSEWARE_VAR": str(tmp_path), "COURSEWARE_SECRET_KEY": "x" * 32})
    asked = {getattr(view, "permission", None) for view in app.view_functions.values()}
    assert set(Permission) - asked == set()


def test_strangers_are_sent_to_sign_in_and_forbidden_people_are_told(client, make):
    assert client.get("/people").location.startswith("/sign-in?next=")
    client.sign_in(make.user())
    assert client.get("/people").status_code == 403


def test_the_page_of_a_failure_needs_no_database(app, make, browser, monkeypatch):
    client = browser(make.user())
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken(*_args, **_values):
        raise RuntimeError("the database is gone")

    from courseware.accounts import service

    monkeypatch.setattr(service, "find_sign_in", broken)
    answer = client.get("/me")
    assert answer.status_code == 500
    assert "What was saved before is safe" in answer.text
