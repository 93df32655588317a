"""The report as a PDF: laid out by WeasyPrint, tagged, with named fonts and no other door."""

import importlib.resources
from pathlib import Path
from typing import Any

from flask import render_template
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from courseware.feedback import wording_exports
from courseware.feedback.report_rules import FeedbackReport
from courseware.feedback.results_rules import headline
from courseware.i18n import language, sentence

# A reserved name that never resolves; addresses below it stand for the report's own fonts.
ADDRESS = "https://report.invalid/"
FONTS = {
    "FiraSans-Regular.ttf": "fontpkg_fira_sans",
    "FiraSans-SemiBold.ttf": "fontpkg_fira_sans",
    "FiraSans-Italic.ttf": "fontpkg_fira_sans",
    "Spectral-Regular.ttf": "fontpkg_spectral",
    "Spectral-Italic.ttf": "fontpkg_spectral",
    "Spectral-SemiBold.ttf": "fontpkg_spectral",
}


class ReportFonts(URLFetcher):
    """The only side door of the layout engine: the fonts of the report, by name."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """One of the fonts; anything else stops the print."""
        name = url.removeprefix(ADDRESS)
        if name not in FONTS:
            raise FatalURLFetchingError(f"The report may not open {url}.")
        path = Path(str(importlib.resources.files(FONTS[name]) / "files" / name))
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": "font/ttf"})


def report_as_pdf(report: FeedbackReport) -> bytes:
    """The report as a tagged PDF (PDF/UA-1), in the language in force."""
    fonts, fetcher = FontConfiguration(), ReportFonts()
    style = CSS(
        string=render_template("feedback/report.css"),
        base_url=ADDRESS,
        url_fetcher=fetcher,
        font_config=fonts,
    )
    page = HTML(string=report_page(report), base_url=ADDRESS, url_fetcher=fetcher)
    return page.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")


def report_page(report: FeedbackReport) -> str:
    """The report as HTML, before it is laid out."""
    tongue = language()

    def sentences_of(results: Any) -> list[str]:
        return [sentence(said) for said in headline(results, tongue)]

    first = report.results[0] if report.results else None
    return render_template(
        "feedback/report.html",
        report=report,
        headlines=sentences_of(first) if first else [],
        sentences_of=sentences_of,
        short_figures=wording_exports.short_figures(report),
        took_part=wording_exports.took_part(report),
        country=wording_exports.country,
        rate_of=wording_exports.rate_sentence_of,
        has_comments=any(each.comments for r in report.results for each in r.questions),
    )
