"""`python -m benchmarks [--json] [NAME…]`: run all measurements, or those named."""

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


def main() -> None:
    words = [word for word in sys.argv[1:] if word != "--json"]
    names = words or sorted(path.stem for path in FOLDER.glob("[a-z]*.py"))
    figures = []
    for name in names:
        figures += importlib.import_module(f"benchmarks.{name}").run()
    if "--json" in sys.argv:
        value = {"machine": machine(), "figures": [asdict(figure) for figure in figures]}
        print(json.dumps(value, indent=2))
        return
    print(f"Medians on {machine()}; in brackets the quartiles\n")
    wide = max(len(figure.name) for figure in figures)
    for figure in figures:
        limit = f"  at most {figure.limit:g}" if figure.limit is not None else ""
        over = "  OVER" if figure.limit is not None and figure.value > figure.limit else ""
        print(
            f"{figure.name:<{wide}}  {figure.value:9.1f} {figure.unit}"
            f"  [{figure.low:.1f}–{figure.high:.1f}]{limit}{over}"
        )


if __name__ == "__main__":
    main()
