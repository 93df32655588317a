"""The layout engine: a design and a view of the facts in, a tagged PDF/A out."""

from __future__ import annotations

import io
import re
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from .checks import N_, CannotPrint, Problem
from .designs import HERE, Design
from .template import cover_style
from .view import ADDRESS

# How tightly the transcript is set, from roomy to dense; the first that fits one page is taken.
DENSITIES = ("roomy", "close", "dense", "tight")
VARIANT = "pdf/a-3a"
TRANSCRIPT_TOO_LONG = N_(
    "The transcript does not fit on one page. Shorten the titles or the outcomes of the modules."
)


class Images(Protocol):
    """Gives the bytes of a picture (PNG), by its SHA-256. Raises where there is none."""

    def __call__(self, sha256: str, /) -> bytes: ...


class Layout:
    """The layout engine, with what can be shared between documents."""

    def __init__(
        self,
        design: Design,
        languages: tuple[str, ...],
        accent: str = "",
        images: Images | None = None,
    ) -> None:
        self._fetcher = DesignFiles(design, accent, images)
        self._fonts = FontConfiguration()
        self._style = self._sheet(design.style(accent))
        self._alphabet = self._sheet(cover_style(design, languages))
        environment = Environment(
            loader=FileSystemLoader([design.folder, HERE]),
            undefined=StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._page = environment.get_template("design.html")

    def _sheet(self, css: str) -> CSS:
        return CSS(string=css, base_url=ADDRESS, url_fetcher=self._fetcher, font_config=self._fonts)

    def print(
        self, view: dict[str, Any], *, with_alphabet: bool = False, density: str = DENSITIES[0]
    ) -> tuple[bytes, str]:
        """Lay a document out, as tightly as it needs to have two pages: the PDF and how tightly.

        `density` is the first to be tried, where it is known that a roomier one does not fit.
        """
        sheets = [self._style, self._alphabet] if with_alphabet else [self._style]
        for tried in DENSITIES[DENSITIES.index(density) :]:
            html = self._page.render(**view, density=tried)
            document = HTML(string=html, base_url=ADDRESS, url_fetcher=self._fetcher).render(
                stylesheets=sheets, font_config=self._fonts, pdf_variant=VARIANT
            )
            if len(document.pages) == 2:
                written = io.BytesIO()
                document.write_pdf(
                    written, pdf_variant=VARIANT, pdf_identifier=view["reference"].encode()
                )
                return written.getvalue(), tried
        raise CannotPrint([Problem(TRANSCRIPT_TOO_LONG)])


class DesignFiles(URLFetcher):
    """The only side door of the layout engine: a design's art and named fonts, and pictures.

    Pictures are asked for by their SHA-256 and given by whoever opened the press.
    """

    def __init__(self, design: Design, accent: str = "", images: Images | None = None) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self._art = {ADDRESS + name: drawn for name, drawn in design.art(accent).items()}
        self._fonts = {ADDRESS + name: path for name, path in design.fonts.items()}
        self._images = images

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The file that a design names; anything else stops the print."""
        if url in self._art:
            return URLFetcherResponse(url, self._art[url], {"Content-Type": "image/svg+xml"})
        if url in self._fonts:
            data = self._fonts[url].read_bytes()
            return URLFetcherResponse(url, data, {"Content-Type": "font/ttf"})
        if self._images and (named := _PICTURE.fullmatch(url)):
            return URLFetcherResponse(url, self._images(named[1]), {"Content-Type": "image/png"})
        raise FatalURLFetchingError(f"A design may not open {url}.")


_PICTURE = re.compile(re.escape(ADDRESS) + "picture/([0-9a-f]{64})")
