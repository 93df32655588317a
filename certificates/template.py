"""A finished layout read back: what is the same for everyone, and holes for what is not.

The layout engine sets the design once with `{fields}` in the place of what differs from person
to person. The finished pages are then read: text runs with a field become holes with their font,
size and place; everything else is kept as it is. How a run is anchored and shaped is learned from
people who were laid out whole, and what the template draws is proved against them.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, String

from .designs import Design
from .phrases import PHRASES
from .signing import FIELD as SEAL
from .view import LINK, QR_COLOUR, Person
from .writing import FIELD, FontPlan, Hole, NotSettable, Plan, Raised, filled, shaped

COVER = "{*}"
TOLERANCE = 0.35  # CSS pixels, a tenth of a millimetre
_QR_STROKE = tuple(int(QR_COLOUR[at : at + 2], 16) / 255 for at in (1, 3, 5))
_FEATURES: tuple[tuple[str, ...], ...] = ((), ("tnum", "lnum"), ("lnum",), ("tnum",), ("onum",))
# What the embedded fonts must be able to set, beyond the words of the design itself.
_ALPHABET = (
    "".join(map(chr, (*range(0x21, 0x7F), *range(0xA1, 0x180), *range(0x400, 0x460))))
    + "ҐґҒғҚқҢңҮүҰұҲҳҶҷҺһӘәӢӣӨөӮӯȘșȚțʻʼ’‘“”„–—№…"
)
_PAIRS = "ff fi fl ffi ffl fj ft tt Th"
# Letters with a mark over them: the stress of Russian dictionaries, and others that have no letter.
_MARKED = " ".join(letter + mark for mark in "\u0301\u0300\u0304\u0308" for letter in "жЖbB")
Sample = tuple[Person, bytes]


class NotTheSame(Exception):
    """The template does not draw what the layout engine draws; it must not be used."""


@dataclass(frozen=True, slots=True)
class _Font:
    name: str
    widths: Mapping[int, float]
    texts: Mapping[int, str]
    middle: float


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


def cover_style(design: Design, languages: tuple[str, ...]) -> str:
    """Page-margin boxes that carry the alphabet into every embedded font, far off the paper.

    The fonts of names get all letters, the others what dates and numbers need in these languages.
    """
    every = " ".join(c for c in _ALPHABET if ord(c) in design.alphabet)
    worded = {c for language in languages for said in words_of_dates(language) for c in said}
    plain = " ".join(c for c in _ALPHABET if c.isascii() or c in worded)
    in_rooms = {room.font for room in (design.first_name, design.second_name, design.listed_name)}
    boxes = ("top-left", "top-center", "top-right", "bottom-left", "bottom-center", "bottom-right")
    more = ("left-top", "left-middle", "left-bottom", "right-top", "right-middle", "right-bottom")
    figures = f'"{COVER} 0 1 2 3 4 5 6 7 8 9 . ,"'
    rules = []
    for box, other, file in zip(boxes, more, design.fonts, strict=False):
        family, style = design.faces[file].css
        letters = every if file in in_rooms else plain
        marked = f" {_MARKED}" if file in in_rooms else ""
        said = f"{COVER} {letters} {_PAIRS}{marked}".replace("\\", "\\\\").replace('"', '\\"')
        font = f"white-space: nowrap; font: {style} 1pt {family}"
        rules.append(f'@{box} {{ content: "{said}"; {font} }}')
        rules.append(
            f"@{other} {{ content: {figures}; {font};"
            " font-variant-numeric: tabular-nums lining-nums }"
        )
    return f"@page :first {{ {' '.join(rules)} }}"


def words_of_dates(language: str) -> tuple[str, ...]:
    """The words from which fields are made that are no names."""
    words = PHRASES[language]
    texts = (getattr(words, name) for name in words.__slots__)
    return (*(text for text in texts if isinstance(text, str)), *words.months, *words.hour_forms)


def learn(
    laid_out: bytes, samples: Sequence[Sample], design: Design, languages: tuple[str, ...]
) -> Plan:
    """The plan of a layout with fields. Raises NotTheSame where it cannot set the samples."""
    pdf = pikepdf.open(io.BytesIO(laid_out))
    fonts = _fonts_of(pdf)
    files = {name: _file_of(font, design) for name, font in fonts.items()}
    drawn = [(person, _runs_by_page(data)) for person, data in samples]
    bodies: dict[int, Sequence[str | Hole | None]] = {}
    for number, page in enumerate(pdf.pages):
        parts = _cut(page, fonts)
        if len(parts) == 1:
            continue
        same = [(person, pages[number]) for person, pages in drawn]
        count = sum(run is not None for _, run in _runs(page, fonts))
        if any(len(runs) != count for _, runs in same):
            raise NotTheSame("a field stands on another number of lines")
        body = pdf.make_stream(b" ")
        learned: list[str | Hole | None] = []
        for part in parts[1:-1]:
            if isinstance(part, tuple):
                at, run = part
                of = [(person, runs[at]) for person, runs in same]
                learned.append(_hole(run, of, fonts[run.font], files[run.font], design, languages))
            else:
                learned.append(None if part is None else part.decode("latin-1"))
        page.Contents = Array([_packed(pdf, parts[0]), body, _packed(pdf, parts[-1])])
        bodies[body.objgen[0]] = learned
    return _plan_of(pdf, bodies, fonts, files)


def plan_of_whole(laid_out: bytes, names: Collection[str]) -> Plan:
    """The plan of one person's own layout, which has no holes. `names` are lines to be said."""
    pdf = pikepdf.open(io.BytesIO(laid_out))
    _say_names(pdf, names)
    return _plan_of(pdf, {}, {}, {})


def _cut(page: Any, fonts: Mapping[str, _Font]) -> list[Any]:
    """Static pieces of the content stream as bytes; between them numbered runs, None for the code.

    One piece alone where nothing is a field.
    """
    parts: list[Any] = []
    kept: list[Any] = []
    at = -1

    def cut() -> None:
        parts.append(pikepdf.unparse_content_stream(kept))
        kept.clear()

    in_code = False
    for instruction, run in _runs(page, fonts):
        operator = str(instruction.operator)
        if in_code:
            in_code = operator != "S"
            continue
        at += run is not None
        if run is not None and FIELD.search(run.text):
            cut()
            parts.append((at, run))
        elif operator == "RG" and _is_code_colour(instruction.operands):
            cut()
            parts.append(None)
            in_code = True
        else:
            kept.append(instruction)
    cut()
    return parts


def _hole(
    run: _Run,
    samples: Sequence[tuple[Person, _Run]],
    font: _Font,
    file: str,
    design: Design,
    languages: tuple[str, ...],
) -> Hole:
    """How the run is anchored and shaped, so that all samples come out as they were laid out."""
    anchors = {
        align: max(
            (
                abs(run.x + align * run.advance - each.x - align * each.advance)
                for _, each in samples
            ),
            default=0.0,
        )
        for align in (0.0, 0.5, 1.0)
    }
    align = min(anchors, key=anchors.__getitem__)
    said = [(filled(run.text, person), each) for person, each in samples]
    for features in _FEATURES:
        for language in languages:
            try:
                same = all(
                    _hexadecimal(shaped(design.faces[file], font.widths, text, language, features))
                    == each.glyphs
                    for text, each in said
                )
            except NotSettable:
                same = False
            if same:
                x = run.x + align * run.advance
                return Hole(run.text, run.font, run.size, x, align, run.y, features, language)
    raise NotTheSame(f"{run.text} has other glyphs")


def _hexadecimal(set_text: tuple[Sequence[Raised], float]) -> tuple[int, ...]:
    said = "".join(pieces for _, pieces in set_text[0])
    digits = "".join(re.findall(r"<([0-9a-f]*)>", said))
    return tuple(int(digits[at : at + 4], 16) for at in range(0, len(digits), 4))


def _packed(pdf: pikepdf.Pdf, data: bytes) -> Stream:
    made = pdf.make_stream(b"")
    made.write(zlib.compress(data, 9), filter=Name.FlateDecode)
    return made


def _plan_of(
    pdf: pikepdf.Pdf,
    bodies: Mapping[int, Sequence[str | Hole | None]],
    fonts: Mapping[str, _Font],
    files: Mapping[str, str],
) -> Plan:
    for each in pdf.objects:
        if isinstance(each, Stream) and each.get("/Subtype") == Name.Image:
            each.Interpolate = False  # PDF/A allows no other
    about = {str(key)[1:]: str(value) for key, value in pdf.docinfo.items()}
    metadata = pdf.Root.Metadata.objgen[0]
    info = pdf.docinfo.objgen[0]
    tree = pdf.Root.StructTreeRoot.ParentTree
    leaf = _leaf(tree.Nums)
    del tree["/Nums"]
    tree.Kids = Array([pdf.make_indirect(leaf)])
    plain = _objects_of(pdf)
    signature = _make_room_for_seal(pdf)
    sealed = _objects_of(pdf)
    links = {
        number: data.decode("latin-1")
        for number, (data, stream) in plain.items()
        if stream is None and f"({LINK})".encode() in data
    }
    anew = {*bodies, *links, metadata, info, signature, pdf.Root.objgen[0]}
    differ = {number for number in sealed if sealed[number] != plain.get(number)}
    static = {n: each for n, each in plain.items() if n not in anew and n not in differ}
    first, rows = _written(static, max(sealed))
    wanted = (differ | {pdf.Root.objgen[0]}) - {*links, *bodies, metadata, info}

    def theirs(objects: Mapping[int, tuple[bytes, bytes | None]]) -> dict[int, str]:
        return {n: objects[n][0].decode("latin-1") for n in sorted(wanted) if n in objects}

    return Plan(
        static=first,
        rows=rows,
        root=pdf.Root.objgen[0],
        info=info,
        metadata=metadata,
        signature=signature,
        about=about,
        plain=theirs(plain),
        sealed=theirs(sealed),
        links=links,
        bodies=bodies,
        fonts={
            name: FontPlan(
                files[name],
                font.middle,
                {glyph: width for glyph, width in font.widths.items() if glyph in font.texts},
            )
            for name, font in fonts.items()
        },
    )


def _leaf(numbers: Any) -> Dictionary:
    keys = [int(number) for number in list(numbers)[::2]]
    return Dictionary(Limits=Array([keys[0], keys[-1]]), Nums=numbers)


def _make_room_for_seal(pdf: pikepdf.Pdf) -> int:
    """An invisible field for a signature, tagged as a form; answers the signature's number."""
    page = pdf.pages[0].obj
    structure = pdf.Root.StructTreeRoot
    document = structure.K[0] if isinstance(structure.K, Array) else structure.K
    tree = structure.ParentTree
    number = int(tree.Kids[-1].Limits[1]) + 1
    signature = pdf.make_indirect(Dictionary(Type=Name.Sig))
    widget = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String(SEAL),
            TU=String("Electronic seal of the issuer"),
            F=4 + 128,  # printed and locked
            Rect=Array([0, 0, 0, 0]),
            P=page,
            StructParent=number,
            V=signature,
        )
    )
    reference = pdf.make_indirect(Dictionary(Type=Name.OBJR, Obj=widget, Pg=page))
    form = pdf.make_indirect(
        Dictionary(Type=Name.StructElem, S=Name.Form, P=document, Pg=page, K=Array([reference]))
    )
    document.K.append(form)
    leaf = pdf.make_indirect(Dictionary(Limits=Array([number] * 2), Nums=Array([number, form])))
    tree.Kids.append(leaf)
    if "/Annots" not in page:
        page.Annots = Array([])
    page.Annots.append(widget)
    pdf.Root.AcroForm = Dictionary(Fields=Array([widget]), SigFlags=3)
    return int(signature.objgen[0])


def _objects_of(pdf: pikepdf.Pdf) -> dict[int, tuple[bytes, bytes | None]]:
    """Every object that is reached from the catalogue, as it is written, and its data if any."""
    found: dict[int, tuple[bytes, bytes | None]] = {}
    waiting = [pdf.Root.objgen[0]]
    while waiting:
        number = waiting.pop()
        if number in found:
            continue
        each = pdf.get_object(number, 0)
        if isinstance(each, Stream):
            raw = each.read_raw_bytes()
            written, data = Dictionary(dict(each.items())).unparse(), raw
        else:
            written, data = each.unparse(resolved=True), None
        found[number] = (written, data)
        waiting += [int(other) for other in re.findall(rb"\b(\d+) 0 R\b", written)]
    return found


def _written(objects: Mapping[int, tuple[bytes, bytes | None]], last: int) -> tuple[bytes, bytes]:
    """The beginning of a file with these objects, and the rows of its cross-reference table."""
    rows: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}
    written = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"]
    place = len(written[0])
    small = [(number, data) for number, (data, stream) in objects.items() if stream is None]
    holder = last + 1
    heads, inner, at = [], [], 0
    for index, (number, data) in enumerate(small):
        heads.append(b"%d %d" % (number, at))
        inner.append(data)
        at += len(data) + 1
        rows[number] = (2, holder, index)
    head = b" ".join(heads) + b"\n"
    packed = zlib.compress(head + b"\n".join(inner), 9)
    about = b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>" % (
        len(small), len(head), len(packed),
    )  # fmt: skip
    streams = [(n, data, stream) for n, (data, stream) in objects.items() if stream is not None]
    for number, data, stream in [*streams, (holder, about, packed)]:
        entry = b"%d 0 obj\n%b\nstream\n%b\nendstream\nendobj\n" % (number, data, stream)
        rows[number] = (1, place, 0)
        written.append(entry)
        place += len(entry)
    table = b"".join(
        bytes([kind]) + where.to_bytes(4, "big") + which.to_bytes(2, "big")
        for kind, where, which in (rows.get(n, (0, 0, 0)) for n in range(holder + 1))
    )
    return b"".join(written), table


def _runs(page: Any, fonts: Mapping[str, _Font]) -> Iterator[tuple[Any, _Run | None]]:
    """Every instruction, with the run that it draws if any; what only carries letters is left out.

    A line with raised marks is drawn in several runs.
    """
    font, size, x, y = "", 0.0, 0.0, 0.0
    covers = False
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
            covers = covers or COVER in text
            run = _Run(font, size, x, y, advance, glyphs, text)
        elif operator == "ET":
            covers = False
        if not (covers and operator in ("TJ", "Ts")):
            yield instruction, run


def _runs_by_page(data: bytes) -> list[list[_Run]]:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        fonts = _fonts_of(pdf)
        return [
            [
                replace(run, font=fonts[run.font].name)
                for _, run in _runs(page, fonts)
                if run is not None
            ]
            for page in pdf.pages
        ]


def _glyphs(piece: String) -> list[int]:
    data = bytes(piece)
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def _is_code_colour(operands: Any) -> bool:
    given = [float(value) for value in operands]
    return len(given) == 3 and all(
        abs(a - b) < 0.001 for a, b in zip(given, _QR_STROKE, strict=True)
    )


def _fonts_of(pdf: pikepdf.Pdf) -> dict[str, _Font]:
    return {str(name)[1:]: _font(value) for name, value in pdf.pages[0].Resources.Font.items()}


def _file_of(font: _Font, design: Design) -> str:
    face = design.face_called(font.name)
    return next(file for file, each in design.faces.items() if each is face)


def _font(entry: Any) -> _Font:
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
    about = inner.FontDescriptor
    return _Font(
        name=str(entry.BaseFont)[1:].split("+", 1)[-1],
        widths=widths,
        texts=texts,
        middle=(int(about.Ascent) + int(about.Descent)) / 2000,
    )


def _say_names(pdf: pikepdf.Pdf, names: Collection[str]) -> None:
    """Say beside every name, and every line with combining marks, what it reads.

    A mark is drawn back over its letter, where programs that read a PDF see the end of a word;
    with the text itself beside it (ActualText) they give the name back as it was written.
    """
    fonts = _fonts_of(pdf)
    for page in pdf.pages:
        instructions: list[Any] = []
        begun, said, changed = -1, "", False
        for instruction, run in _runs(page, fonts):
            operator = str(instruction.operator)
            if operator == "BDC":
                begun, said = len(instructions), ""
            if run is not None:
                said += run.text
            if operator == "EMC" and begun >= 0:
                text = unicodedata.normalize("NFC", said)
                if text in names or any(unicodedata.category(c) == "Mn" for c in text):
                    tag, about = instructions[begun].operands
                    about = Dictionary(dict(about.items()))
                    about["/ActualText"] = String(text)
                    instructions[begun] = pikepdf.ContentStreamInstruction(
                        [tag, about], pikepdf.Operator("BDC")
                    )
                    changed = True
                begun = -1
            instructions.append(instruction)
        if changed:
            page.Contents = _packed(pdf, pikepdf.unparse_content_stream(instructions))


def prove(printed: bytes, laid_out: bytes) -> float:
    """The greatest distance in CSS pixels between what two documents draw. Raises NotTheSame.

    Same runs in the same fonts, the same glyphs and text; place and width within TOLERANCE.
    """
    one, other = _runs_by_page(printed), _runs_by_page(laid_out)
    if [[(run.font, run.glyphs, run.text) for run in page] for page in one] != [
        [(run.font, run.glyphs, run.text) for run in page] for page in other
    ]:
        raise NotTheSame("other runs, fonts or glyphs")
    farthest = max(
        (
            abs(getattr(p, what) - getattr(q, what))
            for a, b in zip(one, other, strict=True)
            for p, q in zip(a, b, strict=True)
            for what in ("size", "x", "y", "advance")
        ),
        default=0.0,
    )
    if farthest > TOLERANCE:
        raise NotTheSame(f"{farthest:.2f} px apart")
    return farthest
