"""`python -m benchmarks [--json] [--count N] [NAME…]`: run all measurements, or those named."""

import argparse
import importlib
import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path

FOLDER = Path(__file__).parent
# The factories of the tests make the believable objects to measure with.
sys.path.append(str(FOLDER.parent / "tests"))


def machine() -> str:
    """Processor, cores, system and Python, in one line."""
    name = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        name = models[0].partition(":")[2].strip() if models else name
    return f"{name}, {os.cpu_count()} cores, {platform.system()}, Python {sys.version.split()[0]}"


def _said(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--count", type=int, help="how many certificates are printed")
    asked = parser.parse_args()
    more = {"count": asked.count} if asked.count else {}
    known = {path.stem for path in FOLDER.glob("[a-z]*.py")}
    if unknown := set(asked.names) - known:
        parser.error(f"{', '.join(sorted(unknown))}: what can be measured is {sorted(known)}")
    names = asked.names or sorted(known)
    figures = []
    for name in names:
        measured = importlib.import_module(f"benchmarks.{name}")
        figures += measured.run(**more) if name == "certificates" else measured.run()
    if asked.json:
        value = {"machine": machine(), "figures": [asdict(figure) for figure in figures]}
        print(json.dumps(value, indent=2))
        return
    print(f"Medians on {machine()}; in brackets the quartiles\n")
    wide = max(len(figure.name) for figure in figures)
    for figure in figures:
        limit = f"  at most {figure.limit:g}" if figure.limit is not None else ""
        limit += f"  at least {figure.least:g}" if figure.least is not None else ""
        missed = (figure.limit is not None and figure.value > figure.limit) or (
            figure.least is not None and figure.value < figure.least
        )
        over = "  MISSED" if missed else ""
        print(
            f"{figure.name:<{wide}}  {_said(figure.value):>9} {figure.unit}"
            f"  [{_said(figure.low)}–{_said(figure.high)}]{limit}{over}"
        )


if __name__ == "__main__":
    main()
