"""Commands for whoever runs a server: db upgrade, serve, work, doctor, backup, restore, bench."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from flask_migrate import downgrade as migrate_down
from flask_migrate import upgrade as migrate_up

from courseware import assets, permissions
from courseware.cli import answer, json_option, settings
from courseware.db import db
from courseware.errors import Refused
from courseware.jobs import Worker
from courseware.messages import Message

Finding = tuple[bool, str]
"""Whether it is well, and a sentence: what is, or what to do."""

LEAST_ROOM = 100 * 2**20  # bytes; some thousand certificates need about half of it

_checks: list[Callable[[], Iterator[Finding]]] = []


def check(function: Callable[[], Iterator[Finding]]) -> Callable[[], Iterator[Finding]]:
    """Register something that the doctor looks at."""
    _checks.append(function)
    return function


def database_version() -> tuple[str | None, str]:
    """The migration that the database is at, and the newest there is."""
    newest = ScriptDirectory(str(settings().root / "migrations")).get_current_head() or ""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), newest


def refuse_old_database() -> None:
    """Refuse to go on with a database that is not upgraded."""
    found, newest = database_version()
    if found != newest:
        raise Refused(
            Message(
                "The database is at %(found)s, this release needs %(newest)s. "
                "Run: courseware db upgrade",
                found=found or "its beginning",
                newest=newest,
            )
        )


@check
def _database_is_upgraded() -> Iterator[Finding]:
    found, newest = database_version()
    if found == newest:
        yield True, f"The database is upgraded (migration {newest})."
    else:
        yield (
            False,
            (
                f"The database is at {found or 'its beginning'}, this release needs {newest}. "
                "Run: courseware db upgrade"
            ),
        )


@check
def _sqlite_is_sound() -> Iterator[Finding]:
    if db.engine.dialect.name != "sqlite":
        return
    with db.engine.connect() as connection:
        state = connection.exec_driver_sql("PRAGMA quick_check").scalar()
    yield (
        state == "ok",
        (
            "The database file is intact."
            if state == "ok"
            else f"The database file is damaged ({state}). Restore the last backup."
        ),
    )
    if sqlite3.sqlite_version_info < (3, 51, 3):
        yield (
            True,
            (
                f"SQLite {sqlite3.sqlite_version} is older than 3.51.3, which mended a rare fault "
                "with several writers; keep backups, or use PostgreSQL."
            ),
        )


@check
def _folders_are_writable() -> Iterator[Finding]:
    var = settings().var
    try:
        with tempfile.TemporaryFile(dir=var):
            yield True, f"The folder {var} is writable."
    except OSError as error:
        yield False, f"The folder {var} cannot be written ({error.strerror}). Change its owner."


@check
def _there_is_room() -> Iterator[Finding]:
    free = shutil.disk_usage(settings().var).free
    said = f"The disk of {settings().var} has {free // 2**20:,} MB free"
    if free < LEAST_ROOM:
        yield False, f"{said}. Make room before certificates are issued."
    else:
        yield True, f"{said}."


@check
def _fonts_are_there() -> Iterator[Finding]:
    for name in assets.FONTS:
        source = assets.font_source(name)
        if not source.exists():
            yield False, f"The font {source.name} is missing. Install the requirements again."
            return
    yield True, "The fonts are there."


@click.command("doctor")
@json_option
@with_appcontext
def doctor(as_json: bool) -> None:
    """Look at everything that can be wrong, and say what to do."""
    findings: list[Finding] = []
    for look in _checks:
        try:
            findings.extend(look())
        except Exception as error:  # a broken database must not hide the other findings
            findings.append((False, f"{type(error).__name__}: {str(error).splitlines()[0]}"))
    lines = [f"{'ok   ' if well else 'WRONG'}  {text}" for well, text in findings]
    value = [{"ok": well, "text": text} for well, text in findings]
    answer("\n".join(lines), value, as_json)
    if not all(well for well, _text in findings):
        raise SystemExit(1)


database = AppGroup("db", help="The database and its migrations.")


@database.command("upgrade")
@json_option
def upgrade(as_json: bool) -> None:
    """Bring the database to this release's form; a second run changes nothing."""
    before, newest = database_version()
    migrate_up(directory=str(settings().root / "migrations"))
    answer(
        f"The database is at {newest}." if before != newest else "There was nothing to upgrade.",
        {"before": before, "now": newest},
        as_json,
    )


@database.command("downgrade")
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Take the database back to an earlier migration, for whoever develops one."""
    migrate_down(directory=str(settings().root / "migrations"), revision=revision)


@click.command("serve")
@click.option("--host", default=None, help="Default: the host of COURSEWARE_BASE_URL.")
@click.option("--port", default=None, type=int, help="Default: the port of COURSEWARE_BASE_URL.")
@with_appcontext
def serve(host: str | None, port: int | None) -> None:
    """Serve the application, and work off its jobs."""
    from waitress import create_server

    from courseware import keys  # which registers a check here

    refuse_old_database()
    keys.current()
    base = urlsplit(settings().base_url)
    host = host or ("127.0.0.1" if base.hostname in ("localhost", None) else base.hostname)
    port = port or base.port or 8000
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    _refuse_taken_port(host, port)
    assets.make_fonts(settings().var / "assets")
    server = create_server(app, host=host, port=port, threads=8, ident=None)
    worker = Worker(app, settings()) if settings().jobs_here else None
    if worker:
        worker.start()
    click.echo(f"Serving {settings().base_url} (stop with Ctrl+C)")
    signal.signal(signal.SIGTERM, lambda *_: _interrupt())
    try:
        server.run()
    finally:
        server.close()
        if worker:
            worker.stop()


def _interrupt() -> None:
    raise KeyboardInterrupt


def _refuse_taken_port(host: str, port: int) -> None:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError as error:
            raise Refused(
                Message(
                    "Port %(port)s of %(host)s cannot be used: %(reason)s. Stop what uses it, or "
                    "choose another one with --port and COURSEWARE_BASE_URL.",
                    port=port,
                    host=host,
                    reason=error.strerror or "it is taken",
                )
            ) from None


@click.command("work")
@click.option("--until-empty", is_flag=True, help="End when no job is left.")
@with_appcontext
def work(until_empty: bool) -> None:
    """Work off jobs and mail; for servers with COURSEWARE_JOBS_HERE=no."""
    refuse_old_database()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    worker = Worker(app, settings())
    worker.launch()
    signal.signal(signal.SIGTERM, lambda *_: _interrupt())
    try:
        if until_empty:
            worker.work_until_empty()
        else:
            click.echo("Working (stop with Ctrl+C)")
            worker.work()
    except KeyboardInterrupt:
        pass
    finally:
        worker.stop()


_KEPT_FILES = ("secret-key", "keys", "files")


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@with_appcontext
def backup(file: Path, as_json: bool) -> None:
    """Write everything into one FILE.zip, while the server runs."""
    with tempfile.TemporaryDirectory(dir=settings().var) as folder:
        kind, dump = _dump_database(Path(folder))
        part = file.with_name(file.name + ".part")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(dump, f"database.{kind}")
            for name in _KEPT_FILES:
                for path in sorted((settings().var / name).rglob("*")) or [settings().var / name]:
                    if path.is_file():
                        archive.write(path, str(path.relative_to(settings().var)))
        os.chmod(part, 0o600)
        os.replace(part, file)
    size = file.stat().st_size
    answer(
        f"Everything is in {file} ({size // 1024} kB). It holds personal data and the secret keys: "
        "keep it where only you can read it.",
        {"file": str(file), "bytes": size},
        as_json,
    )


def _dump_database(folder: Path) -> tuple[str, Path]:
    # A plain copy of a live SQLite file is corrupt; its own backup interface is not.
    if db.engine.dialect.name == "sqlite":
        target = folder / "database.sqlite"
        with db.engine.connect() as connection:
            source: Any = connection.connection.driver_connection
            copy = sqlite3.connect(target)
            source.backup(copy)
            copy.close()
        return "sqlite", target
    target = folder / "database.dump"
    _run(["pg_dump", "--format=custom", f"--file={target}", _postgres_address()])
    return "dump", target


def _postgres_address() -> str:
    return settings().database_url.replace("postgresql+psycopg://", "postgresql://", 1)


def _run(command: list[str]) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise Refused(
            Message(
                "“%(program)s” is not installed. Install PostgreSQL's client programs "
                "(Debian: postgresql-client) and try again.",
                program=command[0],
            )
        )
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(
            Message("%(program)s says: %(said)s", program=command[0], said=done.stderr.strip())
        )


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace a database that holds something.")
@json_option
@with_appcontext
def restore(file: Path, replace: bool, as_json: bool) -> None:
    """Put a backup FILE back; stop the server first."""
    found, _newest = database_version()
    if found and not replace:
        raise Refused(
            Message(
                "There is a database already. To replace it, stop the server and add --replace."
            )
        )
    var = settings().var
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if any(".." in name or name.startswith("/") for name in names):
                raise Refused(Message("%(file)s is not a backup of ours.", file=file.name))
            with tempfile.TemporaryDirectory(dir=var) as folder:
                archive.extractall(folder)
                _restore_database(Path(folder))
                for name in _KEPT_FILES:
                    fresh = Path(folder) / name
                    if fresh.exists():
                        old = var / name
                        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
                        shutil.move(fresh, old)
            if (var / "secret-key").exists():
                os.chmod(var / "secret-key", 0o600)
            if (var / "keys").exists():
                os.chmod(var / "keys", 0o700)
                for path in (var / "keys").iterdir():
                    os.chmod(path, 0o600)
    except zipfile.BadZipFile:
        raise Refused(Message("%(file)s is not a backup of ours.", file=file.name)) from None
    migrate_up(directory=str(settings().root / "migrations"))
    answer(f"{file} is restored. Run: courseware doctor", {"restored": str(file)}, as_json)


def _restore_database(folder: Path) -> None:
    kind = db.engine.dialect.name
    db.session.remove()
    if kind == "sqlite" and (folder / "database.sqlite").exists():
        db.engine.dispose()
        target = Path(db.engine.url.database or "")
        for ending in ("-wal", "-shm"):
            target.with_name(target.name + ending).unlink(missing_ok=True)
        os.replace(folder / "database.sqlite", target)
    elif kind == "postgresql" and (folder / "database.dump").exists():
        _run(
            ["pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction",
             f"--dbname={_postgres_address()}", str(folder / "database.dump")]
        )  # fmt: skip
    else:
        raise Refused(
            Message(
                "This backup is of another kind of database than COURSEWARE_DATABASE_URL names."
            )
        )


@click.command("permissions")
@with_appcontext
def show_permissions() -> None:
    """Print docs/permissions.md."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    click.echo(permissions.permission_table_as_markdown(app), nl=False)


@click.command("bench")
@click.argument("names", nargs=-1)
@click.option("--count", type=int, help="How many certificates are printed.")
@json_option
@with_appcontext
def bench(names: tuple[str, ...], count: int | None, as_json: bool) -> None:
    """Measure what is NAMEd, such as certificates, or everything; in a process of its own."""
    root = settings().root
    if not (root / "benchmarks").is_dir():
        raise Refused(Message("Measuring needs the source of the product beside it."))
    more = (["--json"] if as_json else []) + ([f"--count={count}"] if count else [])
    measured = subprocess.run([sys.executable, "-m", "benchmarks", *names, *more], cwd=root)
    raise SystemExit(measured.returncode)


commands = [database, doctor, serve, work, backup, restore, show_permissions, bench]
