"""Designs are folders that ship with the product: HTML, CSS, art, and the names of their fonts.

`design.toml` names every font file and the package that carries it, the room a
name has, the colour of the ink and the texts that may be worded anew. A design
lacking anything is refused with a sentence when it is read, not when somebody
is waiting for a certificate. Nothing else is ever opened for a design.
"""

from __future__ import annotations

import importlib.util
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import uharfbuzz
from fontTools import unicodedata

HERE = Path(__file__).parent
COLOUR = re.compile(r"#[0-9a-f]{6}")

# What a page must ask for, so that no certificate leaves without its name or number.
_FIELDS = {
    "title": "title",
    "names": "names",
    "qr": "qr",
    "columns": "columns",
    "partners": "partners",
    "signatories": "signatories",
    "number": "column.number|columns\\[0\\].number",
    "issued": "column.issued|columns\\[0\\].issued",
    "extent": "said.extent",
    "duplicate and supersedes": "parts.remarks|said.duplicate",
    "listed": "listed",
    "address": "address",
    "modules": "modules",
}


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


@dataclass(frozen=True, eq=False)
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
    accent: str = "#000000"
    texts: Mapping[str, int] = field(default_factory=dict)  # the longest that has room, by key
    centres_names: bool = True

    def style(self, accent: str = "") -> str:
        """The style sheets of the sheet and of the design, in this ink or in the design's own."""
        sheets = [HERE / "paper.css", self.folder / "design.css"]
        return self._inked("\n".join(s.read_text(encoding="utf-8") for s in sheets), accent)

    def art(self, accent: str = "") -> dict[str, bytes]:
        """The drawings of the design by name, in this ink or in the design's own."""
        drawings = sorted(self.folder.glob("*.svg"))
        return {
            path.name: self._inked(path.read_text(encoding="utf-8"), accent).encode()
            for path in drawings
        }

    def _inked(self, text: str, accent: str) -> str:
        return (
            text.replace(self.accent, accent.lower()) if COLOUR.fullmatch(accent.lower()) else text
        )

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
            said = {"300": "light", "400": "", "500": "medium", "600": "semibold", "700": "bold"}[
                weight
            ]
            if f"{family}{said}{slant}".casefold() == wanted:
                return face
        raise DesignIncomplete(f"No font of the design “{self.name}” is called {name}.")

    @cached_property
    def alphabet(self) -> frozenset[int]:
        """The characters that every font of the design has."""
        return frozenset.intersection(*(face.characters for face in self.faces.values()))


_WEIGHTS = {"Light": "300", "Regular": "400", "Medium": "500", "SemiBold": "600", "Bold": "700"}
_FAMILIES = {"Spectral": "Spectral", "FiraSans": "Fira"}
# The layout engine lets letters of another script follow that script's usual language: a Latin
# “i” within Kazakh is not the i of Latin-script Kazakh, for which Fira has a glyph of its own.
_USUAL = {"Latn": "en", "Cyrl": "ru"}
_OTHER = {"en": ("Cyrl",), "ru": ("Latn",), "kk": ("Latn",), "tg": ("Latn",)}
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
            buffer.script, buffer.direction = script, "ltr"
            buffer.language = _USUAL[script] if script in _OTHER[language] else language
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
    return read_design_in(HERE / name)


def read_design_in(folder: Path) -> Design:
    """The design in this folder. Raises DesignIncomplete with what is missing."""
    name = folder.name
    try:
        said = tomllib.loads((folder / "design.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DesignIncomplete(
            f"The file design.toml of the design “{name}” cannot be read: {error}."
        ) from error
    rooms = {room: _room(said, room, name) for room in _ROOMS}
    fonts = _part(said, "fonts", dict, name)
    for room in rooms.values():
        if room.font not in fonts:
            raise DesignIncomplete(
                f"A room of the design “{name}” is set in {room.font}, which is not among its "
                "fonts. Name it under [fonts] in design.toml."
            )
    design = Design(
        name=name,
        label=_part(said, "label", str, name),
        folder=folder,
        fonts={file: _find_font(file, package) for file, package in fonts.items()},
        first_name=rooms["first"],
        second_name=rooms["second"],
        listed_name=rooms["listed"],
        title=rooms["title"],
        title_of_two=rooms["title_of_two"],
        accent=_part(said, "accent", str, name),
        texts=_part(said, "texts", dict, name),
        centres_names=_part(said, "names", str, name) == "centre",
    )
    _check_files(design)
    return design


_ROOMS = ("first", "second", "listed", "title", "title_of_two")


def _part(said: Mapping[str, Any], key: str, kind: type, design: str) -> Any:
    if not isinstance(said.get(key), kind):
        raise DesignIncomplete(f"The design “{design}” does not say “{key}” in its design.toml.")
    return said[key]


def _room(said: Mapping[str, Any], room: str, design: str) -> Room:
    given = _part(_part(said, "rooms", dict, design), room, dict, design)
    try:
        return Room(**given)
    except TypeError as error:
        raise DesignIncomplete(
            f"The room “{room}” of the design “{design}” needs a font, width_mm, largest, least "
            "and least_on_one_line in design.toml, and nothing else."
        ) from error


def _check_files(design: Design) -> None:
    """Every font and drawing that the sheets name is there; the page asks for every fact."""
    if not COLOUR.fullmatch(design.accent):
        raise DesignIncomplete(
            f"The accent of the design “{design.name}” is no colour such as “#1d3a6b”."
        )
    try:
        style = design.style()
        page = (design.folder / "design.html").read_text(encoding="utf-8")
    except OSError as error:
        raise DesignIncomplete(
            f"The design “{design.name}” has no file {Path(error.filename or '').name}."
        ) from error
    for file in re.findall(r"url\(([^)]*)\)", style):
        if file not in design.fonts and not (
            file.endswith(".svg") and "/" not in file and (design.folder / file).is_file()
        ):
            raise DesignIncomplete(
                f"The style sheet of the design “{design.name}” asks for {file}, which is neither "
                "a font named in design.toml nor a drawing in its folder."
            )
    shared = HERE / "transcript.html"
    if '"transcript.html"' in page:
        page += shared.read_text(encoding="utf-8")
    asked = " ".join(re.findall(r"\{[{%](.*?)[%}]\}", page, re.DOTALL))
    for field_name, pattern in _FIELDS.items():
        if not re.search(rf"\b(?:{pattern})\b", asked):
            raise DesignIncomplete(
                f"The page of the design “{design.name}” does not print “{field_name}”."
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
