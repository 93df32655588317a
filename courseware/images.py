"""Pictures that people send: known by their content, limited before they are opened, drawn anew.

What is kept is a small PNG or JPEG of our own making; of the file that was sent nothing is left,
neither its profile nor its comments nor what hides behind its end.
"""

import io
import struct
from collections.abc import Iterator

from PIL import Image, ImageFile, ImageOps

from courseware.files import FileMissing, read_file, store_file
from courseware.messages import Message

MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 16_000_000  # some 150 MB for a moment while it is read
LOGO_SIDE = 480  # 16 mm on paper at more than 600 dpi
SIGNATURE_SIDE = 900
LEAST_SIDE = 40
PAGE_SIDE = 2200  # handwriting on A4 stays legible: 7 pixels for a millimetre
PAGE_BYTES = 15 * 1024 * 1024  # what a phone's camera makes
PAGE_PIXELS = 32_000_000

PUBLIC = ".png"
PRIVATE = ".private.png"
PAGE = ".page.jpg"


class UnusablePicture(ValueError):
    """This file cannot be taken as a picture; the message says why and what to send instead."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def take_logo(data: bytes) -> str:
    """Keep a logo, which anybody may see, and give back its SHA-256. Raises UnusablePicture."""
    picture = _opened(data)
    picture.thumbnail((LOGO_SIDE, LOGO_SIDE), Image.Resampling.LANCZOS)
    return store_file(_png(picture), PUBLIC)


def take_signature(data: bytes) -> str:
    """Keep a signature and give back its SHA-256. Raises UnusablePicture.

    White paper becomes transparent, so that a photograph of a signature stands on its line like
    ink; the empty paper round it is cut away. It is never served by itself.
    """
    picture = _opened(data)
    picture.thumbnail((2 * SIGNATURE_SIDE, 2 * SIGNATURE_SIDE), Image.Resampling.LANCZOS)
    ink = _ink(picture)
    box = ink.getchannel("A").point([0] * 24 + [255] * 232).getbbox()
    if box is None:
        raise UnusablePicture(
            Message("Nothing is drawn on this picture. Send a dark signature on white paper.")
        )
    ink = ink.crop(box)
    ink.thumbnail((SIGNATURE_SIDE, SIGNATURE_SIDE), Image.Resampling.LANCZOS)
    return store_file(_png(ink), PRIVATE)


def take_page(data: bytes) -> str:
    """Keep a photographed page, upright, and give back its SHA-256. Raises UnusablePicture.

    It is kept as JPEG, in colour, so that ink can be told from print.
    """
    picture = _opened(data, PAGE_BYTES, PAGE_PIXELS, PAGE_SIDE)
    picture.thumbnail((PAGE_SIDE, PAGE_SIDE), Image.Resampling.LANCZOS)
    if picture.mode == "RGBA":
        paper = Image.new("RGB", picture.size, "white")
        paper.paste(picture, mask=picture.getchannel("A"))
        picture = paper
    plain = Image.frombytes(picture.mode, picture.size, picture.tobytes())  # no profile, no place
    target = io.BytesIO()
    plain.save(target, "JPEG", quality=80, optimize=True)
    return store_file(target.getvalue(), PAGE)


def read_page(sha256: str) -> bytes:
    """A kept page, a JPEG. Raises FileMissing."""
    return read_file(sha256, PAGE)


def read_picture(sha256: str) -> bytes:
    """A kept picture of either kind, as it is printed. Raises FileMissing."""
    try:
        return read_file(sha256, PUBLIC)
    except FileMissing:
        return read_file(sha256, PRIVATE)


def read_logo(sha256: str) -> bytes:
    """A picture that anybody may see. Raises FileMissing."""
    return read_file(sha256, PUBLIC)


def _opened(
    data: bytes,
    most_bytes: int = MOST_BYTES,
    most_pixels: int = MOST_PIXELS,
    side: int = 2 * SIGNATURE_SIDE,
) -> Image.Image:
    """The picture in `data`, upright, with 8 bits a colour and transparency if it has any.

    A JPEG much larger than `side` is read at a half or a quarter of its size.
    """
    if len(data) > most_bytes:
        raise UnusablePicture(
            Message(
                "The file has %(size)s MB; at most %(most)s MB can be taken. Save it smaller.",
                size=f"{len(data) / 1024 / 1024:.1f}",
                most=most_bytes // 1024 // 1024,
            )
        )
    kind = _kind_of(data)
    size = (_sizes_png(data) if kind == "PNG" else _sizes_jpeg(data)) if data else None
    if size is None or 0 in size:
        raise UnusablePicture(_BROKEN)
    width, height = size
    if width * height > most_pixels:
        raise UnusablePicture(
            Message(
                "The picture is %(width)s × %(height)s pixels large. Send one of at most "
                "%(most)s million pixels.",
                width=width,
                height=height,
                most=most_pixels // 1_000_000,
            )
        )
    if min(width, height) < LEAST_SIDE:
        raise UnusablePicture(
            Message(
                "The picture is only %(width)s × %(height)s pixels large and would be blurred in "
                "print. Send one of at least %(least)s pixels on each side.",
                width=width,
                height=height,
                least=LEAST_SIDE,
            )
        )
    # The layout engine lets Pillow fill in what is missing, for everybody; what it is given by us
    # has been drawn anew and is whole.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as picture:
            if picture.size != size or getattr(picture, "n_frames", 1) > 1:
                raise UnusablePicture(_BROKEN)
            picture.draft("RGB", (side, side))
            picture.load()
            return _eight_bits(ImageOps.exif_transpose(picture))
    except UnusablePicture:
        raise
    except MemoryError:
        raise
    except Exception as error:  # whatever a decoder meets in a broken file
        raise UnusablePicture(_BROKEN) from error


_BROKEN = Message("The picture is broken or not complete. Save it again as PNG and send that.")


def _kind_of(data: bytes) -> str:
    start = data[:1024].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").lower().replace(b"\0", b"")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        if any(name == b"acTL" for name, _ in _chunks(data)):
            raise UnusablePicture(_MOVING)
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if b"<svg" in start or start.startswith((b"<?xml", b"<!doctype svg")):
        raise UnusablePicture(
            Message(
                "This is an SVG drawing, which can hold scripts and is not taken. "
                "Save it as PNG with a transparent ground and send that."
            )
        )
    if data.startswith((b"GIF87a", b"GIF89a")):
        raise UnusablePicture(_MOVING)
    if not data:
        raise UnusablePicture(Message("The file is empty. Choose a PNG or JPEG picture."))
    raise UnusablePicture(
        Message(
            "This is not a PNG or JPEG picture, whatever its name says. "
            "Save it as PNG and send that."
        )
    )


_MOVING = Message(
    "Moving pictures cannot be printed. Send a PNG or JPEG picture that stands still."
)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 8 <= len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        yield name, data[at + 8 : at + 8 + min(length, 16)]
        if name == b"IDAT":
            return
        at += 12 + length


def _sizes_png(data: bytes) -> tuple[int, int] | None:
    name, body = next(_chunks(data), (b"", b""))
    return struct.unpack(">II", body[:8]) if name == b"IHDR" and len(body) >= 8 else None


def _sizes_jpeg(data: bytes) -> tuple[int, int] | None:
    """Width and height from the frame header, before any decoder sees the file."""
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        if marker == 0xDA or length < 2:
            return None
        at += 2 + length
    return None


def _eight_bits(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16") or picture.mode == "I":
        picture = picture.point(lambda value: value / 257).convert("L")
    is_clear = "transparency" in picture.info or picture.mode in ("RGBA", "LA", "PA", "La", "RGBa")
    return picture.convert("RGBA" if is_clear else "RGB")


def _ink(picture: Image.Image) -> Image.Image:
    """What is drawn, on nothing: kept as it is where it has clear paper already."""
    if picture.mode == "RGBA" and picture.getchannel("A").histogram()[0]:
        return picture
    grey = ImageOps.autocontrast(picture.convert("L"), cutoff=1)
    cover = grey.point([max(0, min(255, (205 - value) * 255 // 110)) for value in range(256)])
    ink = picture.convert("RGBA")
    ink.putalpha(cover)
    return ink


def _png(picture: Image.Image) -> bytes:
    target = io.BytesIO()
    plain = Image.frombytes(picture.mode, picture.size, picture.tobytes())  # no profile, no text
    plain.save(target, "PNG", optimize=True)
    return target.getvalue()
