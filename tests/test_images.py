import io
import struct
import zlib

import pytest
from flask import Flask
from PIL import Image, ImageDraw, ImageFile, PngImagePlugin

from courseware.files import FileMissing
from courseware.images import (
    LOGO_SIDE,
    MOST_BYTES,
    UnusablePicture,
    read_logo,
    read_picture,
    take_logo,
    take_signature,
)


@pytest.fixture(autouse=True)
def inside(tmp_path):
    plain = Flask(__name__)
    plain.config["VAR_FOLDER"] = tmp_path
    with plain.app_context():
        yield


def picture(size=(600, 300), mode="RGBA", colour=(0, 90, 60, 0), form="PNG", **more):
    image = Image.new(mode, size, colour)
    pen = ImageDraw.Draw(image)
    dark = (10, 20, 80, 255)[: len(image.getbands())]
    pen.line([(100, 200), (250, 60), (480, 240)], fill=dark, width=14)
    target = io.BytesIO()
    image.save(target, form, **more)
    return target.getvalue()


def opened(sha256):
    return Image.open(io.BytesIO(read_picture(sha256)))


def test_a_logo_is_drawn_anew_small_and_keeps_its_transparency():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("comment", "<script>alert(1)</script>")
    sha256 = take_logo(picture((2000, 1000), pnginfo=notes) + b"<script>alert(2)</script>")
    kept = opened(sha256)
    assert (kept.format, kept.mode, kept.size) == ("PNG", "RGBA", (LOGO_SIDE, LOGO_SIDE // 2))
    assert b"script" not in read_logo(sha256)
    assert kept.getpixel((0, 0))[3] == 0


@pytest.mark.parametrize("mode", ["RGB", "CMYK", "L"])
def test_a_photograph_is_a_logo_too(mode):
    colour = {"RGB": (255, 255, 255), "CMYK": (0, 0, 0, 0), "L": 255}[mode]
    sha256 = take_logo(picture(mode=mode, colour=colour, form="JPEG"))
    assert opened(sha256).mode == "RGB"


def test_a_photographed_signature_becomes_ink_without_its_paper_and_is_never_public():
    sha256 = take_signature(picture(mode="RGB", colour=(238, 232, 225), form="JPEG"))
    kept = opened(sha256)
    assert kept.mode == "RGBA"
    assert kept.width < 450  # the paper round it is gone
    assert kept.getchannel("A").getextrema() == (0, 255)
    with pytest.raises(FileMissing, match="cannot be read"):
        read_logo(sha256)


def test_empty_paper_is_no_signature():
    with pytest.raises(UnusablePicture, match="Nothing is drawn"):
        take_signature(encoded(Image.new("RGBA", (300, 100), (0, 0, 0, 0))))


def encoded(image, form="PNG", **more):
    target = io.BytesIO()
    image.save(target, form, **more)
    return target.getvalue()


def bomb(width, height):
    """A PNG that says it is enormous and packs almost nothing."""

    def chunk(name, body):
        crc = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    body = zlib.compress(b"\0" * 4_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def moving(form):
    frames = [Image.new("RGB", (80, 80), c) for c in ("red", "blue")]
    return encoded(frames[0], form, save_all=True, append_images=frames[1:])


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (SVG, "SVG drawing, which can hold scripts"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!DOCTYPE svg>" + SVG, "SVG drawing"),
        (SVG.decode().encode("utf-16"), "SVG drawing"),
        (b"", "file is empty"),
        (b"%PDF-1.7 not a picture", "not a PNG or JPEG picture, whatever its name says"),
        (b"MZ\x90\0 a program called logo.png", "not a PNG or JPEG"),
        (moving("GIF"), "Moving pictures"),
        (moving("PNG"), "Moving pictures"),
        (bomb(10_000, 10_000), "10000 × 10000 pixels large"),
        (bomb(60_000, 60_000), "at most 16 million pixels"),
        (bomb(0, 500), "broken or not complete"),
        (bomb(2000, 2000), "broken or not complete"),
        (picture()[:900], "broken or not complete"),
        (picture(mode="RGB", colour="white", form="JPEG")[:400], "broken or not complete"),
        (b"\xff\xd8\xff" + b"\xff" * 5000, "broken or not complete"),
        (b"\x89PNG\r\n\x1a\n", "broken or not complete"),
        (picture((20, 20)), "would be blurred in print"),
        (picture() + b"\0" * MOST_BYTES, "at most 5 MB can be taken"),
    ],
    ids=range(18),
)
def test_what_is_no_usable_picture_is_refused_with_a_sentence(data, said, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)  # as the layout engine sets it
    for take in (take_logo, take_signature):
        with pytest.raises(UnusablePicture, match=said):
            take(data)
