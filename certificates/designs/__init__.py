"""Designs are folders that ship with the product: HTML, CSS, art, and the names of their fonts.

`design.toml` names every font file and the package that carries it, and the
room a name has. Nothing else is ever opened for a design.
"""

from __future__ import annotations

import importlib.util
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import uharfbuzz

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

    @cached_property
    def alphabet(self) -> frozenset[int]:
        """The characters that every font of the design has."""
        return frozenset.intersection(*(face.characters for face in self.faces.values()))


class Face:
    """A font file: which characters it has, and how wide it sets a text."""

    def __init__(self, path: Path) -> None:
        face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(path)))
        self.characters = frozenset(face.unicodes)
        self._font = uharfbuzz.Font(face)
        self._units = face.upem

    def width(self, text: str) -> float:
        """Width of `text` in ems, kerned."""
        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        uharfbuzz.shape(self._font, buffer)
        return sum(place.x_advance for place in buffer.glyph_positions) / self._units


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
