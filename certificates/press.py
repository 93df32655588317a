"""The press: opened for a design, it prints facts to the bytes of a PDF."""

from __future__ import annotations

import threading
from itertools import groupby
from typing import Any

import segno
from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from .checks import (
    N_,
    CannotPrint,
    Fitted,
    Problem,
    clean,
    fit,
    in_language,
    names_in_order,
    problems_of,
)
from .designs import Design, DesignIncomplete, read_design
from .facts import CertificateFacts, Texts
from .phrases import (
    LANGUAGES,
    PHRASES,
    date_range,
    hours_figure,
    hours_phrase,
    long_date,
)

# A reserved name that never resolves; addresses below it stand for the files of the design.
ADDRESS = "https://design.invalid/"
# How tightly the transcript is set, from roomy to dense; the first that fits one page is taken.
DENSITIES = ("roomy", "close", "dense", "tight")
VARIANT = "pdf/ua-1"
TRANSCRIPT_TOO_LONG = N_(
    "The transcript does not fit on one page. Shorten the titles or the outcomes of the modules."
)


def open_press(design: str, languages: tuple[str, ...]) -> Press:
    """A press for this design in one language, or two side by side. Use one per thread."""
    return Press(read_design(design), languages)


_kept = threading.local()


def press_of_this_thread(design: str, languages: tuple[str, ...]) -> Press:
    """A press opened before by this thread for the same, else a new one."""
    presses: dict[tuple[str, tuple[str, ...]], Press] = _kept.__dict__.setdefault("presses", {})
    key = (design, languages)
    if key not in presses:
        presses[key] = open_press(design, languages)
    return presses[key]


class Press:
    """Prints certificates of one design; fonts and styles are read once."""

    def __init__(self, design: Design, languages: tuple[str, ...]) -> None:
        if not 1 <= len(languages) <= 2 or set(languages) - set(LANGUAGES):
            raise DesignIncomplete(f"One or two of these languages, please: {LANGUAGES}.")
        self.design = design
        self.languages = languages
        self._fetcher = DesignFiles(design)
        self._fonts = FontConfiguration()
        self._style = CSS(
            string=(design.folder / "design.css").read_text(encoding="utf-8"),
            base_url=ADDRESS,
            url_fetcher=self._fetcher,
            font_config=self._fonts,
        )
        environment = Environment(
            loader=FileSystemLoader(design.folder),
            undefined=StrictUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._page = environment.get_template("design.html")
        self._density: dict[Any, int] = {}

    def problems(self, facts: CertificateFacts) -> list[Problem]:
        """Every reason why these facts cannot be printed, without printing them."""
        return problems_of(facts, self.design)

    def print(self, facts: CertificateFacts) -> bytes:
        """The finished PDF: the certificate and its transcript. Raises CannotPrint."""
        if facts.languages != self.languages:
            raise ValueError(f"This press is opened for {self.languages}, not {facts.languages}.")
        if problems := self.problems(facts):
            raise CannotPrint(problems)
        document = self._lay_out(facts)
        return document.write_pdf(pdf_variant=VARIANT, pdf_identifier=facts.number.encode())

    def _lay_out(self, facts: CertificateFacts) -> Any:
        # One batch shares its modules, so the density found for one serves the next.
        taught = repr([(module.titles, module.outcomes) for module in facts.modules])
        for density in DENSITIES[self._density.get(taught, 0) :]:
            html = self._page.render(**paper_view(facts, self.design), density=density)
            document = HTML(string=html, base_url=ADDRESS, url_fetcher=self._fetcher).render(
                stylesheets=[self._style], font_config=self._fonts, pdf_variant=VARIANT
            )
            if len(document.pages) == 2:
                self._density[taught] = DENSITIES.index(density)
                return document
        raise CannotPrint([Problem(TRANSCRIPT_TOO_LONG)])


class DesignFiles(URLFetcher):
    """The only side door of the layout engine: a design's own files and its named fonts."""

    def __init__(self, design: Design) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        art = {path.name: path for path in design.folder.iterdir() if path.suffix == ".svg"}
        self._files = {ADDRESS + name: path for name, path in (art | design.fonts).items()}

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        """The file that a design names; anything else stops the print."""
        path = self._files.get(url)
        if path is None:
            raise FatalURLFetchingError(f"A design may not open {url}.")
        kind = "image/svg+xml" if path.suffix == ".svg" else "font/ttf"
        return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": kind})


def paper_view(facts: CertificateFacts, design: Design) -> dict[str, Any]:
    """The facts as the design's page asks for them: every text in every language, in order."""

    def said(texts: Texts) -> list[tuple[str, str]]:
        # What is the same in both languages, a name for instance, is said once.
        several = {
            clean(in_language(texts, language)): language for language in facts.languages[::-1]
        }
        return [(language, text) for text, language in reversed(several.items())]

    def hours(minutes: int) -> str:
        return hours_figure(minutes, facts.academic_hour_minutes, facts.languages[0])

    first = facts.languages[0]
    names: list[dict[str, Any]] = [
        {"lines": fitted.lines, "size": fitted.size}
        for room, name in names_in_order(facts, design)
        if (fitted := fit(name, room, design))
    ]
    listed = fit(names_in_order(facts, design)[0][1], design.listed_name, design)
    return {
        "title": f"{PHRASES[first].certificate} {facts.number} · {' '.join(names[0]['lines'])}",
        "languages": facts.languages,
        "columns": [_column(facts, language, design) for language in facts.languages],
        "names": names,
        "listed": listed,
        "number": facts.number,
        "partners": [
            {
                "letters": partner.letters,
                "colour": partner.colour,
                "names": said(partner.names),
                "places": [
                    (
                        language,
                        f"{clean(in_language(partner.city, language))}, {country}",
                    )
                    for language in facts.languages
                    if (country := _country(partner.country, language))
                ],
            }
            for partner in facts.partners
        ],
        "signatories": [
            {
                "names": said(signatory.names),
                "offices": said(_together(signatory.offices, signatory.organisation)),
            }
            for signatory in facts.signatories
        ],
        "modules": [
            {
                "columns": [
                    {
                        "language": language,
                        "title": clean(in_language(module.titles, language)),
                        "outcomes": [clean(in_language(o, language)) for o in module.outcomes],
                    }
                    for language in facts.languages
                ],
                "hours": hours(module.minutes),
                "credited": None if module.credited is None else hours(module.credited),
            }
            for module in facts.modules
        ],
        "hours": hours(facts.minutes),
        "credited": None if facts.credited is None else hours(facts.credited),
        "address": facts.verification_url,
        "link": facts.verification_url.partition("://")[2],
        "qr": qr_path(facts.verification_url),
    }


def _together(offices: Texts, organisation: Texts) -> Texts:
    """“Office, organisation” in every language that one of them has."""
    return {
        language: f"{in_language(offices, language)}, {in_language(organisation, language)}"
        for language in {**offices, **organisation}
    }


def _column(facts: CertificateFacts, language: str, design: Design) -> dict[str, Any]:
    words = PHRASES[language]
    hour = facts.academic_hour_minutes
    room = design.title if len(facts.languages) == 1 else design.title_of_two
    programme = words.quoted.format(title=clean(in_language(facts.programme, language)))
    return {
        "language": language,
        "words": words,
        "programme": programme,
        "title": fit(programme, room, design) or Fitted((programme,), room.least),
        "extent": words.extent.format(hours=hours_phrase(facts.minutes, hour, language)),
        "hour_length": words.hour_length.format(minutes=hour),
        "delivered": words.delivered.format(
            dates=date_range(facts.delivered_from, facts.delivered_to, language)
        ),
        "cohort": clean(in_language(facts.cohort, language)),
        "issued": words.issued.format(date=long_date(facts.issued_on, language)),
        "number": words.number.format(number=facts.number),
        "transcript_of": words.transcript_of.format(
            number=words.number.format(number=facts.number)
        ),
        "hours_note": words.hours_note.format(minutes=hour),
    }


def _country(code: str, language: str) -> str:
    return Locale(language).territories.get(code, code)


def qr_path(url: str) -> dict[str, Any]:
    """The QR code of `url` as strokes one unit high, with the number of modules a side."""
    rows = [bytes(row) for row in segno.make(url, error="m", micro=False).matrix]
    path = []
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                path.append(f"M{x} {y + 0.5}h{length}")
            x += length
    return {"side": len(rows), "path": "".join(path)}
