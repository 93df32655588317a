"""Answers that are files: a download with a name in any script, a PDF, the picture of its face."""

import io
from functools import lru_cache
from urllib.parse import quote

import pypdfium2
from flask import Response
from werkzeug.http import dump_options_header

PDF = "application/pdf"
PREVIEW_WIDTH = 800


def download(data: bytes, kind: str, name: str) -> Response:
    """A file to keep; old browsers get the name in plain letters."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    response = Response(data, mimetype=kind)
    header = dump_options_header("attachment", {"filename": plain})
    if plain != name:
        header += f"; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Disposition"] = header
    return response


def shown_pdf(data: bytes, ending: str) -> Response:
    """A PDF to look at: itself, or its first page as a picture."""
    if ending == "pdf":
        return Response(data, mimetype=PDF)
    return Response(first_page(data), mimetype="image/png")


@lru_cache(maxsize=8)
def first_page(pdf: bytes) -> bytes:
    """The first page as a PNG."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0]
        # Drawn twice as large and reduced: engraved lines are finer than the dots of a screen.
        image = page.render(scale=2 * PREVIEW_WIDTH / page.get_width()).to_pil().reduce(2)
    finally:
        document.close()
    target = io.BytesIO()
    image.convert("P", palette=1, colors=32).save(target, "PNG", optimize=True)
    return target.getvalue()
