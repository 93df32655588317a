"""QR codes as inline SVG, without any style of their own."""

import io

import segno
from markupsafe import Markup


def qr_svg(address: str, *, title: str) -> Markup:
    """The QR code of an address, black on white in every theme."""
    written = io.BytesIO()
    segno.make(address, error="m").save(
        written, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2,
        svgclass="qr", lineclass=None, title=title, dark="#000", light="#fff",
    )  # fmt: skip
    return Markup(written.getvalue().decode())
