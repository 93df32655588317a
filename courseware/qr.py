"""QR codes as inline SVG, without any style of their own."""

import io

import segno
from markupsafe import Markup


def qr_svg(address: str, *, title: str, border: int = 2) -> Markup:
    """The QR code of an address, black on white in every theme.

    `border` is the white margin in modules: on paper, which is white, less will do.
    """
    written = io.BytesIO()
    segno.make(address, error="m").save(
        written, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=border,
        svgclass="qr", lineclass=None, title=title, dark="#000", light="#fff",
    )  # fmt: skip
    return Markup(written.getvalue().decode())
