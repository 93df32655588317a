"""Measurements, for people and machines: medians with their spread. They are no tests.

Each module here has `run()`, which answers a list of `Figure`s. `python -m benchmarks [--json]`.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

from courseware import create_app
from courseware.db import db


@dataclass(frozen=True)
class Figure:
    """One figure: a median, the quartiles around it, and between which bounds it should be."""

    name: str
    value: float
    unit: str
    low: float
    high: float
    limit: float | None = None
    least: float | None = None


def measure(
    name: str,
    act: Callable[[], object],
    *,
    times: int = 15,
    per: int = 1,
    limit: float | None = None,
    warm: int = 1,
) -> Figure:
    """The median milliseconds of `act` over `times` runs, divided by `per` pieces each."""
    for _ in range(warm):
        act()
    return _figure(name, [_took(act) / per for _ in range(times)], "ms", limit)


def measure_in_turn(
    acts: dict[str, Callable[[], object]], *, times: int = 15, limit: float | None = None
) -> list[Figure]:
    """The same thing in several places, in turn, so that a noisy machine is noisy for each alike.

    After the milliseconds of each comes how many times those of the first it took, in each turn.
    """
    for act in acts.values():
        act()
    turns = [{name: _took(act) for name, act in acts.items()} for _ in range(times)]
    first, *others = acts
    return [
        *(_figure(name, [turn[name] for turn in turns], "ms", limit) for name in acts),
        *(
            _figure(f"{name}: times the first", [turn[name] / turn[first] for turn in turns], "x")
            for name in others
        ),
    ]


def _took(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _figure(name: str, took: list[float], unit: str, limit: float | None = None) -> Figure:
    low, high = min(took), max(took)
    if len(took) >= 4:
        quartiles = statistics.quantiles(took, n=4)
        low, high = quartiles[0], quartiles[2]
    return Figure(name, statistics.median(took), unit, low, high, limit)


@contextmanager
def fresh_app(database_url: str = "") -> Iterator[Flask]:
    """An application on a fresh SQLite database, or on this one, in a folder that goes."""
    from courseware.security import limiter

    with tempfile.TemporaryDirectory(prefix="courseware-bench-") as folder:
        app = create_app(
            {
                "COURSEWARE_VAR": folder,
                "COURSEWARE_DATABASE_URL": database_url,
                "COURSEWARE_BASE_URL": "http://localhost",
                "COURSEWARE_SECRET_KEY": "for-benchmarks-only-" * 3,
            }
        )
        app.config["WTF_CSRF_ENABLED"] = False
        limiter.enabled = False
        root: Path = app.config["SETTINGS"].root
        with app.app_context():
            upgrade(directory=str(root / "migrations"))
            yield app
            db.session.remove()
            db.engine.dispose()
