"""`python -m certificates [FOLDER]`: previews of every design, with awkward sample facts."""

from __future__ import annotations

import sys
from pathlib import Path

from .designs import list_designs
from .press import open_press
from .sample import awkward_facts, sample_picture

LANGUAGES = (("en",), ("ru",), ("kk",), ("tg",), ("en", "ru"), ("kk", "tg"))


def main(folder: Path) -> None:
    """Write one PDF for each design, choice of languages and awkward certificate."""
    folder.mkdir(parents=True, exist_ok=True)
    for design in list_designs():
        for languages in LANGUAGES:
            press = open_press(design, languages, images=sample_picture)
            for kind, facts in awkward_facts(design, languages).items():
                name = f"{design}-{'-'.join(languages)}-{kind.replace(' ', '-')}.pdf"
                (folder / name).write_bytes(press.print(facts))
                print(folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "var/previews"))
