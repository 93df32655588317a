"""Long documents on paper: plain values set by typst as tagged PDF (PDF/UA-1) with named fonts.

What WeasyPrint lays out in a minute this does in a second; see docs/decisions/0020. A template is
ours and ships with the product; what people wrote reaches it as data and is never read as markup.
"""

import importlib.resources
import json
import subprocess
import sys
import unicodedata
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

FONTS = ("fontpkg_fira_sans", "fontpkg_spectral")
# Spaces, joiners and marks of direction or colour that are set without a glyph of their own.
_SILENT = ("\u200c", "\u200d", "\ufe0e", "\ufe0f")
LONGEST_WORD = 32
LONGEST_SETTING = 300
"""After so many seconds a document is given up."""

_CHILD = "import json, sys, typst; sys.stdout.buffer.write(typst.compile(**json.load(sys.stdin)))"


class CannotTypeset(RuntimeError):
    """typst refused the document; the message is its own."""


def typeset(template: Path, value: dict[str, Any], *, made_at: datetime) -> bytes:
    """`value` as a PDF, set by `template`, which finds it as JSON in `sys.inputs.document`.

    It is set in a process of its own: typst keeps what it has laid out for the next time, a hundred
    megabytes and more, and only the end of the process gives them back.
    """
    asked = {
        "input": str(template),
        "font_paths": [str(importlib.resources.files(name) / "files") for name in FONTS],
        "ignore_system_fonts": True,
        "sys_inputs": {"document": json.dumps(value, ensure_ascii=False)},
        "format": "pdf",
        "pdf_standards": "ua-1",
        "timestamp": int(made_at.timestamp()),
    }
    done = subprocess.run(
        [sys.executable, "-I", "-c", _CHILD],
        input=json.dumps(asked).encode(),
        capture_output=True,
        timeout=LONGEST_SETTING,
        check=False,
    )
    if done.returncode:
        raise CannotTypeset(done.stderr.decode(errors="replace").strip()[-400:])
    return done.stdout


def printable(text: str) -> str:
    """Text as our fonts can set it: a picture is said by its name, very long words may break."""
    if not text.isascii() and (missing := set(text) - _letters()):
        text = "".join(_said(letter) if letter in missing else letter for letter in text)
    if len(text) <= LONGEST_WORD:
        return text
    return "".join(_breakable(part) for part in _parts(text))


def _parts(text: str) -> list[str]:
    """The text cut before and behind each space."""
    parts, begin = [], 0
    for place, letter in enumerate(text):
        if letter in " \n\t":
            parts += [text[begin:place], letter]
            begin = place + 1
    return [*parts, text[begin:]]


def _breakable(word: str) -> str:
    if len(word) <= LONGEST_WORD:
        return word
    pieces = [word[at : at + LONGEST_WORD // 2] for at in range(0, len(word), LONGEST_WORD // 2)]
    return "\u200b".join(pieces)


def _said(letter: str) -> str:
    if letter.isspace():
        return letter if letter in "\n\t" else " "
    kind = unicodedata.category(letter)
    if letter in _SILENT or kind in ("Cf", "Cc", "Cn", "Co", "Mn", "Me", "Sk"):
        return ""
    name = unicodedata.name(letter, "")
    return f"[{name.lower()}]" if name and kind.startswith("S") else "?"


@lru_cache(1)
def _letters() -> frozenset[str]:
    """What every font of our documents has; the italics have the fewest."""
    from fontTools.ttLib import TTFont

    known: set[int] | None = None
    for name, file in (
        ("fontpkg_fira_sans", "FiraSans-Regular.ttf"),
        ("fontpkg_fira_sans", "FiraSans-SemiBold.ttf"),
        ("fontpkg_spectral", "Spectral-Regular.ttf"),
        ("fontpkg_spectral", "Spectral-Italic.ttf"),
        ("fontpkg_spectral", "Spectral-SemiBold.ttf"),
    ):
        with TTFont(Path(str(importlib.resources.files(name) / "files" / file)), lazy=True) as font:
            found = set(font.getBestCmap())
        known = found if known is None else known & found
    return frozenset(map(chr, (known or set()) | {10, 9, 0x200B}))
