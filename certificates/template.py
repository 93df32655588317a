"""A finished layout read back: what is the same for everyone, and holes for what is not.

The layout engine sets the design once with `{fields}` in the place of what differs from person
to person. The finished pages are then read: text runs with a field become holes with their font,
size and place; everything else is kept as it is. For each person HarfBuzz shapes the texts with
the very font files of the design, and they are written into the holes, inside the marked content
that was there, so that structure and text extraction survive. Nothing is rendered again.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from .designs import Design, Face

COVER = "{*}"
QR_COLOUR = "#010203"
LINK = "https://link.invalid/field"
TOLERANCE = 0.35  # CSS pixels, a tenth of a millimetre
_FIELD = re.compile(r"\{(\w+)\}")
_QR_STROKE = (1 / 255, 2 / 255, 3 / 255)
# What the embedded fonts must be able to set, beyond the words of the design itself.
_ALPHABET = (
    "".join(map(chr, (*range(0x21, 0x7F), *range(0xA1, 0x180), *range(0x400, 0x460))))
    + "ҐґҒғҚқҢңҮүҰұҲҳҶҷҺһӘәӢӣӨөӮӯȘșȚțʻʼ’‘“”„–—№…"
)
_PAIRS = "ff fi fl ffi ffl fj ft tt Th"


class NotSettable(Exception):
    """This text cannot be set into a hole; the layout engine has to lay the whole page out."""


class NotTheSame(Exception):
    """The template does not draw what the layout engine draws; it must not be used."""


@dataclass(frozen=True, slots=True)
class FieldValue:
    """What a field says for one person; a size in points where it is fitted to the text."""

    text: str
    size: float | None = None


@dataclass(frozen=True, slots=True)
class _Font:
    """An embedded font: the face it was cut from, and the glyphs that it still has."""

    face: Face
    name: str
    widths: Mapping[int, float]
    texts: Mapping[int, str]
    middle: float


@dataclass(frozen=True, slots=True)
class _Hole:
    """Where a run of text with fields stood: `anchor` is the x of its start, centre or end."""

    text: str
    font: str
    size: float
    anchor: float
    align: float
    y: float
    features: tuple[str, ...]


_QR_HOLE = object()


def cover_style(design: Design) -> str:
    """Page-margin boxes that carry the alphabet into every embedded font, far off the paper."""
    every = " ".join(c for c in _ALPHABET if ord(c) in design.alphabet)
    plain = " ".join(c for c in _ALPHABET if c.isascii())
    in_rooms = {room.font for room in (design.first_name, design.second_name, design.listed_name)}
    boxes = ("top-left", "top-center", "top-right", "bottom-left", "bottom-center", "bottom-right")
    more = ("left-top", "left-middle", "left-bottom", "right-top", "right-middle", "right-bottom")
    figures = f'"{COVER} 0 1 2 3 4 5 6 7 8 9 . ,"'
    rules = []
    for box, other, file in zip(boxes, more, design.fonts, strict=False):
        family, style = design.faces[file].css
        letters = every if file in in_rooms else plain
        said = f"{COVER} {letters} {_PAIRS}".replace("\\", "\\\\").replace('"', '\\"')
        font = f"white-space: nowrap; font: {style} 1pt {family}"
        rules.append(f'@{box} {{ content: "{said}"; {font} }}')
        rules.append(
            f"@{other} {{ content: {figures}; {font};"
            " font-variant-numeric: tabular-nums lining-nums }"
        )
    return f"@page :first {{ {' '.join(rules)} }}"


class Template:
    """The pages of one layout with holes in them."""

    def __init__(self, laid_out: bytes, design: Design, language: str) -> None:
        self._pdf = pikepdf.open(io.BytesIO(laid_out))
        self._language = language
        self._align = {"n": 0.5 if design.centres_names else 0.0, "f": 1.0, "r": 1.0}
        self._fonts = _fonts_of(self._pdf, design)
        self._pages: list[tuple[Stream, list[Any]]] = []
        for page in self._pdf.pages:
            body = self._pdf.make_stream(b" ")
            parts = self._cut(page)
            page.Contents = body
            self._pages.append((body, parts))
        self._links = [
            (owner, key)
            for each in self._pdf.objects
            if isinstance(each, Dictionary)
            for owner, key in _strings_with_link(each)
        ]
        self._metadata = self._pdf.Root.Metadata.read_bytes().decode()

    def _cut(self, page: Any) -> list[Any]:
        """Static pieces of the content stream as bytes, and between them the holes."""
        parts: list[Any] = []
        kept: list[Any] = []

        def cut() -> None:
            parts.append(pikepdf.unparse_content_stream(kept))
            kept.clear()

        in_code = False
        for instruction, run in _runs(page, self._fonts):
            operator = str(instruction.operator)
            if in_code:
                in_code = operator != "S"
                continue
            if run is not None and COVER in run.text:
                continue
            if run is not None and _FIELD.search(run.text):
                cut()
                parts.append(self._hole(run))
                continue
            if operator == "RG" and _is_code_colour(instruction.operands):
                cut()
                parts.append(_QR_HOLE)
                in_code = True
                continue
            kept.append(instruction)
        cut()
        return parts

    def _hole(self, run: _Run) -> _Hole:
        first = _FIELD.search(run.text)
        assert first is not None
        align = self._align.get(first[1][0], 0.0)
        return _Hole(
            text=run.text,
            font=run.font,
            size=run.size,
            anchor=run.x + align * run.advance,
            align=align,
            y=run.y,
            features=("tnum", "lnum") if first[1][0] == "f" else (),
        )

    def print(
        self, fields: Mapping[str, FieldValue], *, title: str, address: str, code: dict[str, Any]
    ) -> bytes:
        """One person's document. Raises NotSettable."""
        drawn_code = (
            f"q 0 0 0 RG {1 / code['side']:.9f} 0 0 {1 / code['side']:.9f} 0 0 cm 1 w\n"
            f"{code['operators']}\nS Q"
        ).encode()
        bodies = []
        for _, parts in self._pages:
            drawn = [
                part
                if isinstance(part, bytes)
                else drawn_code
                if part is _QR_HOLE
                else self._set(part, fields)
                for part in parts
            ]
            bodies.append(zlib.compress(b"\n".join(drawn), 6))
        for (body, _), data in zip(self._pages, bodies, strict=True):
            body.write(data, filter=Name.FlateDecode)
        for owner, key in self._links:
            owner[key] = String(address)
        self._pdf.docinfo["/Title"] = title
        metadata = self._metadata
        for name, value in fields.items():
            metadata = metadata.replace(f"{{{name}}}", escape(value.text))
        self._pdf.Root.Metadata.write(metadata.encode())
        target = io.BytesIO()
        self._pdf.save(
            target,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            fix_metadata_version=False,
            deterministic_id=True,
        )
        return target.getvalue()

    def _set(self, hole: _Hole, fields: Mapping[str, FieldValue]) -> bytes:
        text = _FIELD.sub(lambda found: fields[found[1]].text, hole.text)
        sizes = [fields[name].size for name in _FIELD.findall(hole.text)]
        if any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
            raise NotSettable(text)
        font = self._fonts[hole.font]
        size, y = hole.size, hole.y
        if sizes[0] is not None:
            size = sizes[0] * 4 / 3
            # The line keeps its height, so a smaller letter rises or falls with its own middle.
            y += font.middle * (size - hole.size)
        pieces, width = _shaped(font, text, self._language, hole.features)
        x = hole.anchor - hole.align * width * size
        restored = f"\n/{hole.font} {hole.size:.6f} Tf" if size != hole.size else ""
        chosen = f"/{hole.font} {size:.6f} Tf " if size != hole.size else ""
        return f"1 0 0 -1 {x:.5f} {y:.5f} Tm {chosen}[{pieces}] TJ{restored}".encode()


@dataclass(frozen=True, slots=True)
class _Run:
    """One drawn piece of text: `advance` is its width in CSS pixels."""

    font: str
    size: float
    x: float
    y: float
    advance: float
    glyphs: tuple[int, ...]
    text: str


def _runs(page: Any, fonts: Mapping[str, _Font]) -> Iterator[tuple[Any, _Run | None]]:
    font, size, x, y = "", 0.0, 0.0, 0.0
    for instruction in pikepdf.parse_content_stream(page):
        operator = str(instruction.operator)
        run = None
        if operator == "Tf":
            font, size = str(instruction.operands[0])[1:], float(instruction.operands[1])
        elif operator == "Tm":
            x, y = (float(value) for value in list(instruction.operands)[4:6])
        elif operator == "TJ":
            pieces = list(instruction.operands[0])
            glyphs = tuple(g for p in pieces if isinstance(p, String) for g in _glyphs(p))
            moved = sum(float(p) for p in pieces if not isinstance(p, String))
            known = fonts[font]
            advance = (sum(known.widths[g] for g in glyphs) - moved) / 1000 * size
            text = "".join(known.texts.get(g, "\0") for g in glyphs)
            run = _Run(font, size, x, y, advance, glyphs, text)
        yield instruction, run


def _glyphs(piece: String) -> list[int]:
    data = bytes(piece)
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def _is_code_colour(operands: Any) -> bool:
    given = [float(value) for value in operands]
    return len(given) == 3 and all(
        abs(a - b) < 0.001 for a, b in zip(given, _QR_STROKE, strict=True)
    )


def _fonts_of(pdf: pikepdf.Pdf, design: Design | None) -> dict[str, _Font]:
    return {
        str(name)[1:]: _font(value, design) for name, value in pdf.pages[0].Resources.Font.items()
    }


def _font(entry: Any, design: Design | None) -> _Font:
    inner = entry.DescendantFonts[0]
    widths: dict[int, float] = {}
    given, at = list(inner.W), 0
    while at < len(given):
        if isinstance(given[at + 1], Array):
            for step, width in enumerate(given[at + 1]):
                widths[int(given[at]) + step] = float(width)
            at += 2
        else:
            for glyph in range(int(given[at]), int(given[at + 1]) + 1):
                widths[glyph] = float(given[at + 2])
            at += 3
    texts = {
        int(glyph, 16): bytes.fromhex(said.decode()).decode("utf-16-be")
        for block in re.findall(
            rb"beginbfchar(.*?)endbfchar", entry.ToUnicode.read_bytes(), re.DOTALL
        )
        for glyph, said in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]*)>", block)
    }
    name = str(entry.BaseFont)[1:].split("+", 1)[-1]
    about = inner.FontDescriptor
    return _Font(
        face=design.face_called(name) if design else None,  # type: ignore[arg-type]
        name=name,
        widths=widths,
        texts=texts,
        middle=(int(about.Ascent) + int(about.Descent)) / 2000,
    )


def _shaped(font: _Font, text: str, language: str, features: tuple[str, ...]) -> tuple[str, float]:
    """The operand of TJ for `text`, and its width in ems; only with glyphs that are embedded."""
    pieces: list[str] = []
    run, owed, total = "", 0.0, 0.0
    for glyph, advance, dx, dy in font.face.shape(text, language, features):
        if glyph == 0 or glyph not in font.texts or dy:
            raise NotSettable(text)
        if move := round(owed + dx, 3):
            if run:
                pieces.append(f"<{run}>")
            run = ""
            pieces.append(f"{-move:g}")  # TJ moves to the left
        run += f"{glyph:04x}"
        owed = advance - dx - font.widths[glyph]
        total += advance
    pieces.append(f"<{run}>")
    return " ".join(pieces), total / 1000


def _strings_with_link(owner: Any) -> Iterator[tuple[Any, str]]:
    for key, value in owner.items():
        if isinstance(value, String) and str(value) == LINK:
            yield owner, key
        elif isinstance(value, Dictionary) and not value.is_indirect:
            yield from _strings_with_link(value)


def say_raised_marks(laid_out: bytes) -> bytes:
    """Say beside every drawn line with combining marks what it reads.

    A mark is drawn back over its letter, where programs that read a PDF see the end of a word;
    with the text itself beside it (ActualText) they give the name back as it was written.
    """
    with pikepdf.open(io.BytesIO(laid_out)) as pdf:
        fonts = _fonts_of(pdf, None)
        for page in pdf.pages:
            instructions: list[Any] = []
            begun, said = -1, ""
            for instruction, run in _runs(page, fonts):
                operator = str(instruction.operator)
                if operator == "BDC":
                    begun, said = len(instructions), ""
                if run is not None:
                    said += run.text
                if operator == "EMC" and begun >= 0 and _has_raised_marks(said):
                    tag, about = instructions[begun].operands
                    about = Dictionary(dict(about.items()))
                    about["/ActualText"] = String(unicodedata.normalize("NFC", said))
                    instructions[begun] = pikepdf.ContentStreamInstruction(
                        [tag, about], pikepdf.Operator("BDC")
                    )
                instructions.append(instruction)
            page.Contents = pdf.make_stream(pikepdf.unparse_content_stream(instructions))
        target = io.BytesIO()
        pdf.save(target, fix_metadata_version=False, deterministic_id=True)
        return target.getvalue()


def _has_raised_marks(text: str) -> bool:
    return any(unicodedata.category(character) == "Mn" for character in text)


def prove(filled: bytes, laid_out: bytes) -> float:
    """The greatest distance in CSS pixels between what two documents draw. Raises NotTheSame.

    Same runs in the same fonts, the same glyphs and text; place and width within TOLERANCE.
    """
    one, other = _drawn(filled), _drawn(laid_out)
    if [run[:4] for run in one] != [run[:4] for run in other]:
        raise NotTheSame("other runs, fonts or glyphs")
    farthest = max(
        (
            abs(a - b)
            for p, q in zip(one, other, strict=True)
            for a, b in zip(p[4], q[4], strict=True)
        ),
        default=0.0,
    )
    if farthest > TOLERANCE:
        raise NotTheSame(f"{farthest:.2f} px apart")
    return farthest


def _drawn(data: bytes) -> list[tuple[int, str, tuple[int, ...], str, tuple[float, ...]]]:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        fonts = _fonts_of(pdf, None)
        return [
            (
                number,
                fonts[run.font].name,
                run.glyphs,
                run.text,
                (run.size, run.x, run.y, run.advance),
            )
            for number, page in enumerate(pdf.pages)
            for _, run in _runs(page, fonts)
            if run is not None
        ]
