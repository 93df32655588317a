"""Papers that people send: photographs and PDFs become pages of our own drawing."""

import io

import pytest
from flask import Flask
from PIL import Image

from courseware import scans
from courseware.images import PAGE_SIDE, UnusablePicture, read_page
from courseware.scans import take_pages


@pytest.fixture(autouse=True)
def inside(tmp_path):
    plain = Flask(__name__)
    plain.config["VAR_FOLDER"] = tmp_path
    with plain.app_context():
        yield


def scan(pages: int = 1, size=(620, 877)) -> bytes:
    sheets = [Image.new("RGB", size, (250 - number, 240, 230)) for number in range(pages)]
    target = io.BytesIO()
    sheets[0].save(target, "PDF", save_all=True, append_images=sheets[1:])
    return target.getvalue()


def test_a_photograph_is_one_page_upright_and_without_the_place_where_it_was_taken():
    photo, where = Image.new("RGB", (4000, 3000), "white"), Image.Exif()
    where[0x0112] = 6  # turned by the camera
    where[0x010E] = "Room B-204"
    target = io.BytesIO()
    photo.save(target, "JPEG", exif=where)
    (page,) = take_pages(target.getvalue())
    kept = Image.open(io.BytesIO(read_page(page)))
    assert (kept.format, kept.size) == ("JPEG", (PAGE_SIDE * 3 // 4, PAGE_SIDE))
    assert not kept.getexif() and b"B-204" not in read_page(page)


def test_a_scan_in_pdf_becomes_a_picture_for_each_page():
    pages = take_pages(scan(pages=2))
    assert [max(Image.open(io.BytesIO(read_page(page))).size) for page in pages] == [PAGE_SIDE] * 2


def test_what_cannot_be_drawn_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setattr(scans, "MOST_PAGES", 1)  # for the sentence; the other process has its own
    for wrong, says in (
        (b"%PDF-1.7 and no more", "Photograph the pages"),
        (scan(pages=21, size=(60, 60)), "more than 1 pages"),
        (b"PK\x03\x04 a workbook", "not a PNG or JPEG"),
        (b"", "empty"),
    ):
        with pytest.raises(UnusablePicture, match=says):
            take_pages(wrong)


def test_a_pdf_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(scans, "SECONDS", 0.01)
    with pytest.raises(UnusablePicture, match="cannot be drawn"):
        take_pages(scan())
