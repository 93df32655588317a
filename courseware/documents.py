"""Documents on paper: HTML laid out by WeasyPrint as tagged PDF with named fonts.

Certificates have a press of their own; everything else that is printed comes from here.
"""

import importlib.resources
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

# A reserved name that never resolves; addresses below it stand for fonts and for the pictures that
# a document was given.
ADDRESS = "https://document.invalid/"
FONTS = {
    "FiraSans-Regular.ttf": "fontpkg_fira_sans",
    "FiraSans-SemiBold.ttf": "fontpkg_fira_sans",
    "FiraSans-Italic.ttf": "fontpkg_fira_sans",
    "Spectral-Regular.ttf": "fontpkg_spectral",
    "Spectral-Italic.ttf": "fontpkg_spectral",
    "Spectral-SemiBold.ttf": "fontpkg_spectral",
}


class DocumentFiles(URLFetcher):
    """The only side door of the layout engine: fonts and the document's own pictures, by name."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self.pictures = pictures

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """One of the fonts or pictures; anything else stops the print."""
        name = url.removeprefix(ADDRESS)
        if name in self.pictures:
            return URLFetcherResponse(url, self.pictures[name], {"Content-Type": "image/png"})
        if name not in FONTS:
            raise FatalURLFetchingError(f"A document may not open {url}.")
        path = Path(str(importlib.resources.files(FONTS[name]) / "files" / name))
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "font/ttf"})


def write_pdf(page: str, style: str, pictures: Mapping[str, bytes] | None = None) -> bytes:
    """A page of HTML with its style sheet as a tagged PDF (PDF/UA-1).

    `pictures` are PNGs by the name that the page uses for them.
    """
    fonts, fetcher = FontConfiguration(), DocumentFiles(pictures or {})
    sheet = CSS(string=style, base_url=ADDRESS, url_fetcher=fetcher, font_config=fonts)
    document = HTML(string=page, base_url=ADDRESS, url_fetcher=fetcher)
    return document.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1")
