"""Designs are folders that ship with the product: HTML, CSS, art, and the names of their fonts.

`design.toml` names every font file and the package that carries it, and the
room a name has. Nothing else is ever opened for a design.
"""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import uharfbuzz
from fontTools import unicodedata

HERE = Path(__file__).parent


class DesignIncomplete(Exception):
    """A design cannot be opened; the message says which file is missing and what to do."""


@dataclass(frozen=True)
class Room:
    """Where a name stands: its font, the width it has, and its sizes in points."""

    font: str
    width_mm: float
    largest: float
    least: float
    least_on_one_line: float


@dataclass(frozen=True)
class Design:
    """One design: its folder, the fonts it names, the rooms for a name."""

    name: str
    label: str
    folder: Path
    fonts: dict[str, Path]
    first_name: Room
    second_name: Room
    listed_name: Room
    title: Room
    title_of_two: Room

    @cached_property
    def faces(self) -> dict[str, Face]:
        """The named fonts, as HarfBuzz sees them."""
        return {file: Face(path) for file, path in self.fonts.items()}

    def face_called(self, name: str) -> Face:
        """The face that an embedded font was cut from; `name` as layout engines write it."""
        wanted = name.replace("-", "").replace(" ", "").casefold()
        for face in self.faces.values():
            family, style = face.css
            weight, _, slant = style.partition(" ")
            said = {"400": "", "500": "medium", "600": "semibold", "700": "bold"}[weight]
            if f"{family}{said}{slant}".casefold() == wanted:
                return face
        raise DesignIncomplete(f"No font of the design “{self.name}” is called {name}.")

    @cached_property
    def alphabet(self) -> frozenset[int]:
        """The characters that every font of the design has."""
        return frozenset.intersection(*(face.characters for face in self.faces.values()))


_WEIGHTS = {"Regular": "400", "Medium": "500", "SemiBold": "600", "Bold": "700"}
_FAMILIES = {"Spectral": "Spectral", "FiraSans": "Fira"}
_COMMON = ("Zyyy", "Zinh", "Zzzz")
Glyph = tuple[int, float, float, float]


class Face:
    """A font file: which characters it has, and how it sets a text."""

    def __init__(self, path: Path) -> None:
        face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
        self.characters = frozenset(face.unicodes)
        self._font = uharfbuzz.Font(face)
        self._scale = 1000 / face.upem
        family, _, style = path.stem.partition("-")
        weight = style.removesuffix("Italic") or "Regular"
        slant = " italic" if style.endswith("Italic") else ""
        self.css = (_FAMILIES.get(family, family), _WEIGHTS[weight] + slant)
        self.width = lru_cache(4096)(self._width)

    def _width(self, text: str) -> float:
        """Width of `text` in ems, kerned."""
        return sum(glyph[1] for glyph in self.shape(text, "en")) / 1000

    def shape(self, text: str, language: str, features: tuple[str, ...] = ()) -> list[Glyph]:
        """Glyph, advance, and offsets right and up of each letter, in thousandths of an em."""
        glyphs: list[Glyph] = []
        for script, part in _by_script(text):
            buffer = uharfbuzz.Buffer()
            buffer.add_str(part)
            buffer.script, buffer.language, buffer.direction = script, language, "ltr"
            uharfbuzz.shape(self._font, buffer, dict.fromkeys(features, True))
            glyphs += [
                (
                    info.codepoint,
                    place.x_advance * self._scale,
                    place.x_offset * self._scale,
                    place.y_offset * self._scale,
                )
                for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
            ]
        return glyphs


@lru_cache(4096)
def _script(character: str) -> str:
    return str(unicodedata.script(character))


def _by_script(text: str) -> Iterator[tuple[str, str]]:
    """Runs of one script; spaces and signs belong to the run before them."""
    start, current = 0, ""
    for at, character in enumerate(text):
        script = _script(character)
        if script in _COMMON or script == current:
            continue
        if current:
            yield current, text[start:at]
            start = at
        current = script
    if text:
        yield current or "Zyyy", text[start:]


def list_designs() -> list[str]:
    """The names of all designs that ship with the product."""
    return sorted(path.parent.name for path in HERE.glob("*/design.toml"))


def read_design(name: str) -> Design:
    """The design called `name`, with every font file found."""
    if name not in list_designs():
        raise DesignIncomplete(f"There is no design “{name}”; there are: {list_designs()}.")
    folder = HERE / name
    said = tomllib.loads((folder / "design.toml").read_text(encoding="utf-8"))
    rooms = {name: Room(**room) for name, room in said["rooms"].items()}
    return Design(
        name=name,
        label=said["label"],
        folder=folder,
        fonts={file: _find_font(file, package) for file, package in said["fonts"].items()},
        first_name=rooms["first"],
        second_name=rooms["second"],
        listed_name=rooms["listed"],
        title=rooms["title"],
        title_of_two=rooms["title_of_two"],
    )


def _find_font(file: str, package: str) -> Path:
    found = importlib.util.find_spec(package)
    for place in (found and found.submodule_search_locations) or []:
        path = Path(place) / "files" / file
        if path.is_file():
            return path
    raise DesignIncomplete(
        f"The font file {file} is missing. Install the package {package.replace('_', '-')}."
    )
