"""Writes one person's file: what is the same for all as it was kept, then what is theirs.

A `Plan` is all that is needed for that, and can be kept on a disk. No object is parsed here and
none is rendered: texts are shaped by HarfBuzz with the very font files of the design and written
into the holes, inside the marked content that stood there, so that structure survives.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import unicodedata
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from .codes import code_of
from .designs import Design, Face
from .facts import Attachment
from .signing import Signer
from .view import LINK, Person

FIELD = re.compile(r"\{(\w+)\}")
_ROW = struct.Struct(">BIH")
_BODY_LEVEL = 5
_BYTE_RANGE = b"[0 %010d %010d %010d]"
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 pdfaid:part="3" pdfaid:conformance="A"/>
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" pdf:Producer="{producer}">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that this file follows</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


Raised = tuple[float, str]
"""How high a piece stands in thousandths of an em, and the operand of TJ that sets it."""


class NotSettable(Exception):
    """This text cannot be set into a hole; the layout engine has to lay the whole page out."""


@dataclass(frozen=True, slots=True)
class Hole:
    """Where a run of text with fields stood: `anchor` is the x of its start, centre or end."""

    text: str
    font: str
    size: float
    anchor: float
    align: float
    y: float
    features: tuple[str, ...]
    language: str


@dataclass(frozen=True, slots=True)
class FontPlan:
    """An embedded font: the file it was cut from, and the glyphs that it still has."""

    file: str
    middle: float
    widths: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """A file but for what is a person's own.

    `bodies` are content streams, cut into what stays, the holes, and None for the QR code.
    `plain` and `sealed` are objects that differ where a signature is to come.
    """

    static: bytes  # the file from its first byte
    rows: bytes  # the cross-reference table so far, 7 bytes for each object
    root: int
    info: int
    metadata: int
    signature: int
    about: Mapping[str, str]
    plain: Mapping[int, str]
    sealed: Mapping[int, str]
    links: Mapping[int, str]
    bodies: Mapping[int, Sequence[str | Hole | None]]
    fonts: Mapping[str, FontPlan]

    def dump(self) -> bytes:
        """The plan as bytes to keep."""
        plain = asdict(self)
        plain["rows"] = self.rows.hex()
        del plain["static"]
        head = json.dumps(plain, separators=(",", ":")).encode()
        data = len(head).to_bytes(8, "big") + head + self.static
        return hashlib.sha256(data).digest() + data

    @classmethod
    def load(cls, kept: bytes) -> Plan:
        """A plan as it was kept. Raises ValueError where it is not whole."""
        data = kept[32:]
        if len(data) < 8 or hashlib.sha256(data).digest() != kept[:32]:
            raise ValueError("The kept template is damaged.")
        end = 8 + int.from_bytes(data[:8], "big")
        said = json.loads(data[8:end])

        def numbered(name: str) -> dict[int, Any]:
            return {int(number): value for number, value in said[name].items()}

        return cls(
            static=data[end:],
            rows=bytes.fromhex(said["rows"]),
            root=said["root"],
            info=said["info"],
            metadata=said["metadata"],
            signature=said["signature"],
            about=said["about"],
            plain=numbered("plain"),
            sealed=numbered("sealed"),
            links=numbered("links"),
            bodies={
                number: [
                    Hole(**{**part, "features": tuple(part["features"])})
                    if isinstance(part, dict)
                    else part
                    for part in parts
                ]
                for number, parts in numbered("bodies").items()
            },
            fonts={
                name: FontPlan(
                    each["file"],
                    each["middle"],
                    {int(glyph): width for glyph, width in each["widths"].items()},
                )
                for name, each in said["fonts"].items()
            },
        )


class _Piece:
    """A piece of a content stream, and the same as blocks that stand within a deflate stream."""

    __slots__ = ("packed", "plain")

    def __init__(self, plain: bytes, packed: bytes) -> None:
        self.plain = plain
        self.packed = packed

    @classmethod
    def for_all(cls, plain: bytes) -> _Piece:
        """A piece that is the same in all files: packed once."""
        packer = zlib.compressobj(_BODY_LEVEL, wbits=-zlib.MAX_WBITS)
        plain += b"\n"
        return cls(plain, packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH))

    @classmethod
    def of_one(cls, plain: bytes) -> _Piece:
        """A person's own piece: stored as it is, because it is too short to gain much."""
        plain += b"\n"
        return cls(plain, struct.pack("<BHH", 0, len(plain), len(plain) ^ 0xFFFF) + plain)


def _zlib_of(pieces: Sequence[_Piece]) -> bytes:
    checked = zlib.adler32(b"".join([piece.plain for piece in pieces])).to_bytes(4, "big")
    return b"".join([b"\x78\x9c", *[piece.packed for piece in pieces], b"\x03\x00", checked])


class Template:
    """Prints by a plan."""

    def __init__(self, plan: Plan, design: Design) -> None:
        self.plan = plan
        self._fonts = {
            name: (font, design.faces[font.file] if font.file else None)
            for name, font in plan.fonts.items()
        }
        self._bodies = {
            number: [
                _Piece.for_all(part.encode("latin-1")) if isinstance(part, str) else part
                for part in parts
            ]
            for number, parts in plan.bodies.items()
        }
        self._begun = hashlib.sha256(plan.static)
        self._shaped = lru_cache(4096)(self._shape)
        self._before: dict[tuple[int, int], tuple[tuple[str, float | None], _Piece]] = {}

    def print(
        self,
        person: Person,
        *,
        attachments: Sequence[Attachment] = (),
        signer: Signer | None = None,
        at: datetime | None = None,
    ) -> bytes:
        """One person's file, sealed where there is a signer. Raises NotSettable."""
        plan = self.plan
        objects: dict[int, bytes] = {}
        code: _Piece | None = None
        for number, parts in self._bodies.items():
            pieces = []
            for place, part in enumerate(parts):
                if part is None:
                    code = code or _Piece.of_one(code_of(person.code).pdf)
                    pieces.append(code)
                elif isinstance(part, _Piece):
                    pieces.append(part)
                else:
                    pieces.append(self._piece(number, place, part, person))
            objects[number] = _stream(b"/Filter/FlateDecode", _zlib_of(pieces))
        link = _text(person.address)
        for number, written in plan.links.items():
            objects[number] = written.encode("latin-1").replace(b"(" + LINK.encode() + b")", link)
        objects[plan.metadata] = _stream(b"/Type/Metadata/Subtype/XML", self._xmp(person.title))
        about = {**plan.about, "Title": person.title}
        objects[plan.info] = b"<<%b>>" % b"".join(
            b"/%b%b" % (name.encode(), _text(value)) for name, value in about.items()
        )
        for number, written in (plan.sealed if signer else plan.plain).items():
            objects[number] = written.encode("latin-1")
        at = (at or datetime.now(UTC)).astimezone(UTC)
        if attachments:
            first = len(plan.rows) // _ROW.size
            more, catalog = _attached(attachments, first, at)
            objects |= more
            objects[plan.root] = objects[plan.root][:-2] + catalog + b">>"
        if signer is None:
            return self._write(objects, None, at)
        if signer.is_archival:
            del objects[plan.signature]
            mine = b"/V %d 0 R" % plan.signature
            objects = {number: each.replace(mine, b"") for number, each in objects.items()}
            return signer.archive(self._write(objects, None, at))
        return self._write(objects, signer, at)

    def _write(self, objects: dict[int, bytes], signer: Signer | None, at: datetime) -> bytes:
        plan = self.plan
        written = [plan.static]
        place = len(plan.static)
        count = max(len(plan.rows) // _ROW.size, max(objects) + 1)
        rows = bytearray(plan.rows.ljust((count + 1) * _ROW.size, b"\0"))
        if signer:
            objects[plan.signature] = objects.pop(plan.signature)  # the last one, before the table
            gap = b"0" * (2 * signer.room)
            about = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached"
            about += b"/M(D:%b)/ByteRange" % at.strftime("%Y%m%d%H%M%SZ").encode()
            objects[plan.signature] = about + _BYTE_RANGE % (0, 0, 0) + b"/Contents<" + gap + b">>>"
        before = 0
        for number, body in objects.items():
            entry = b"%d 0 obj\n%b\nendobj\n" % (number, body)
            _ROW.pack_into(rows, number * _ROW.size, 1, place, 0)
            if signer and number == plan.signature:
                before = place + entry.index(b"/Contents<") + len(b"/Contents")
            written.append(entry)
            place += len(entry)
        _ROW.pack_into(rows, count * _ROW.size, 1, place, 0)
        name = hashlib.sha256(b"".join(written[1:])).hexdigest()[:32].encode()
        about = b"/Type/XRef/Size %d/W[1 4 2]/Root %d 0 R/Info %d 0 R/ID[<%b><%b>]" % (
            count + 1, plan.root, plan.info, name, name,
        )  # fmt: skip
        table = _stream(about + b"/Filter/FlateDecode", zlib.compress(bytes(rows), 1))
        end = b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (count, table, place)
        if signer is None:
            return b"".join([*written, end])
        after = before + 2 * signer.room + 2
        last = written.pop()
        start = place - len(last)
        of = _BYTE_RANGE % (before, after, place + len(end) - after)
        last = last.replace(_BYTE_RANGE % (0, 0, 0), of)
        head, tail = last[: before - start], last[after - start :]
        digest = self._begun.copy()
        digest.update(b"".join([*written[1:], head, tail, end]))
        signature = signer.sign(digest.digest())
        return b"".join([*written, head, b"<%b>" % signature.hex().encode(), tail, end])

    def _xmp(self, title: str) -> bytes:
        about = self.plan.about
        return XMP.format(
            title=escape(title),
            author=escape(about.get("Author", "")),
            producer=escape(about.get("Producer", ""), {'"': "&quot;"}),
        ).encode()

    def _piece(self, number: int, place: int, hole: Hole, person: Person) -> _Piece:
        text = filled(hole.text, person)
        first = FIELD.search(hole.text)
        chosen = person.fields[first[1]].size if first else None
        # Most of it is said of the person before as well: the day, the hours, the modules.
        before = self._before.get((number, place))
        if before and before[0] == (text, chosen):
            return before[1]
        piece = _Piece.of_one(self._set(hole, text, chosen))
        self._before[number, place] = (text, chosen), piece
        return piece

    def _set(self, hole: Hole, text: str, chosen: float | None) -> bytes:
        size, y = hole.size, hole.y
        if chosen is not None:
            size = chosen * 4 / 3
            # The line keeps its height, so a smaller letter rises or falls with its own middle.
            y += self._fonts[hole.font][0].middle * (size - hole.size)
        pieces, width = self._shaped(hole.font, text, hole.language, hole.features)
        x = hole.anchor - hole.align * width * size
        if len(pieces) == 1:
            shown = f"[{pieces[0][1]}] TJ"
        else:
            shown = " ".join(f"{up * size / 1000:.5f} Ts [{each}] TJ" for up, each in pieces)
            shown += " 0 Ts"
        if size != hole.size:
            shown = f"/{hole.font} {size:.6f} Tf {shown} /{hole.font} {hole.size:.6f} Tf"
        drawn = f"1 0 0 -1 {x:.5f} {y:.5f} Tm {shown}"
        if chosen is not None:
            # A name comes back as it was written, whatever a reader takes its gaps for.
            drawn = f"/Span<</ActualText{_text(text).decode()}>>BDC {drawn} EMC"
        return drawn.encode()

    def _shape(
        self, font: str, text: str, language: str, features: tuple[str, ...]
    ) -> tuple[tuple[Raised, ...], float]:
        plan, face = self._fonts[font]
        assert face is not None
        if not text.isascii() and any(map(_runs_to_the_left, text)):
            raise NotSettable(text)
        return shaped(face, plan.widths, text, language, features)


@lru_cache(4096)
def _runs_to_the_left(character: str) -> bool:
    return unicodedata.bidirectional(character) in ("R", "AL")


def filled(text: str, person: Person) -> str:
    """The text of a run with this person's values in place of its fields."""
    return FIELD.sub(lambda found: person.fields[found[1]].text, text)


def shaped(
    face: Face, widths: Mapping[int, float], text: str, language: str, features: tuple[str, ...]
) -> tuple[tuple[Raised, ...], float]:
    """What TJ sets for `text`, and its width in ems; only with glyphs that have a width.

    A mark that stands higher or lower than its letter begins a piece of its own.
    """
    raised: list[Raised] = []
    pieces: list[str] = []
    run, owed, total, rise = "", 0.0, 0.0, 0.0
    for glyph, advance, dx, dy in face.shape(text, language, features):
        if glyph == 0 or glyph not in widths:
            raise NotSettable(text)
        move = owed + dx
        is_moved = not -0.0005 < move < 0.0005
        if run and (is_moved or dy != rise):
            pieces.append(f"<{run}>")
            run = ""
        if dy != rise:
            if pieces:
                raised.append((rise, " ".join(pieces)))
            pieces, rise = [], dy
        if is_moved:
            pieces.append(f"{-round(move, 3):g}")  # TJ moves to the left
        run += f"{glyph:04x}"
        owed = advance - dx - widths[glyph]
        total += advance
    pieces.append(f"<{run}>")
    raised.append((rise, " ".join(pieces)))
    return tuple(raised), total / 1000


def _text(text: str) -> bytes:
    """A text as PDF writes it; what is plain ASCII stays readable."""
    if text.isascii() and text.isprintable():
        return b"(%b)" % re.sub(rb"([\\()])", rb"\\\1", text.encode())
    return b"<FEFF%b>" % text.encode("utf-16-be").hex().upper().encode()


def _stream(about: bytes, data: bytes) -> bytes:
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (about, len(data), data)


def _attached(
    attachments: Sequence[Attachment], first: int, at: datetime
) -> tuple[dict[int, bytes], bytes]:
    """The objects of embedded files, and what the catalogue says of them."""
    objects: dict[int, bytes] = {}
    listed = []
    day = at.strftime("%Y%m%d%H%M%SZ").encode()
    for number, each in enumerate(attachments):
        file, data = first + 2 * number, first + 2 * number + 1
        kind = re.sub(r"[^A-Za-z0-9.+-]", lambda found: f"#{ord(found[0]):02x}", each.mime)
        name = _text(each.name)
        objects[file] = (
            b"<</Type/Filespec/F%b/UF%b/Desc%b/AFRelationship/Supplement"
            b"/EF<</F %d 0 R/UF %d 0 R>>>>" % (name, name, _text(each.description), data, data)
        )
        objects[data] = _stream(
            b"/Type/EmbeddedFile/Subtype/%b/Filter/FlateDecode/Params<</Size %d/ModDate(D:%b)>>"
            % (kind.encode(), len(each.data), day),
            zlib.compress(each.data, 4),
        )
        listed.append((name, b"%d 0 R" % file))
    listed.sort()
    names = b"".join(b"%b %b " % pair for pair in listed)
    files = b" ".join(reference for _, reference in listed)
    return objects, b"/AF[%b]/Names<</EmbeddedFiles<</Names[%b]>>>>" % (files, names)
