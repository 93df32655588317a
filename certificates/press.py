"""The press: opened for a design, it prints facts to the bytes of a PDF."""

from __future__ import annotations

import logging
import re
import threading
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Protocol

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
from .designs import HERE, Design, DesignIncomplete, read_design
from .facts import Attachment, CertificateFacts, Recipient, Texts
from .phrases import (
    LANGUAGES,
    PHRASES,
    date_range,
    hours_figure,
    long_date,
)
from .signing import Seal
from .template import (
    LINK,
    QR_COLOUR,
    FieldValue,
    NotSettable,
    NotTheSame,
    Template,
    cover_style,
    prove,
    say_raised_marks,
)
from .wording import heading_of, wording_of

# A reserved name that never resolves; addresses below it stand for the files of the design.
ADDRESS = "https://design.invalid/"
# How tightly the transcript is set, from roomy to dense; the first that fits one page is taken.
DENSITIES = ("roomy", "close", "dense", "tight")
VARIANT = "pdf/ua-1"
SAMPLES = 2  # laid out whole before a template is made, and what it is proved against
MOST_LEARNED = 16
TRANSCRIPT_TOO_LONG = N_(
    "The transcript does not fit on one page. Shorten the titles or the outcomes of the modules."
)


class Images(Protocol):
    """Gives the bytes of a picture (PNG), by its SHA-256. Raises KeyError where there is none."""

    def __call__(self, sha256: str, /) -> bytes: ...


def open_press(
    design: str,
    languages: tuple[str, ...],
    *,
    images: Images | None = None,
    seal: Seal | None = None,
) -> Press:
    """A press for this design in one language, or two side by side. Use one per thread.

    `images` gives the logos and signatures that facts name; with `seal` every file is signed.
    """
    return Press(read_design(design), languages, images=images, seal=seal)


_Sample = tuple[dict[str, Any], bytes]
_kept = threading.local()


def press_of_this_thread(
    design: str,
    languages: tuple[str, ...],
    *,
    images: Images | None = None,
    seal: Seal | None = None,
) -> Press:
    """A press opened before by this thread for the same, else a new one."""
    presses: dict[Any, Press] = _kept.__dict__.setdefault("presses", {})
    key = (design, languages, images, seal)
    if key not in presses:
        presses[key] = open_press(design, languages, images=images, seal=seal)
    return presses[key]


class Press:
    """Prints certificates of one design; fonts and styles are read once.

    The first two of a batch are laid out whole. From them a template is made and proved to draw
    the same; the others are set into it, a hundred times faster. What the template cannot set
    is laid out whole as well.
    """

    def __init__(
        self,
        design: Design,
        languages: tuple[str, ...],
        *,
        images: Images | None = None,
        seal: Seal | None = None,
    ) -> None:
        if not 1 <= len(languages) <= 2 or set(languages) - set(LANGUAGES):
            raise DesignIncomplete(f"One or two of these languages, please: {LANGUAGES}.")
        self.design = design
        self.languages = languages
        self._images = images
        self._layouts: dict[str, Layout] = {}
        self._learned: dict[str, list[_Sample] | Template | None] = {}

    def problems(self, facts: CertificateFacts) -> list[Problem]:
        """Every reason why these facts cannot be printed, without printing them."""
        return problems_of(facts, self.design)

    def print(self, facts: CertificateFacts, *, attachments: Sequence[Attachment] = ()) -> bytes:
        """The finished PDF: the certificate and its transcript. Raises CannotPrint."""
        if facts.languages != self.languages:
            raise ValueError(f"This press is opened for {self.languages}, not {facts.languages}.")
        if problems := self.problems(facts):
            raise CannotPrint(problems)
        view = paper_view(facts, self.design)
        layout = self._layout_for(facts)
        if any(unicodedata.combining(c) for c in "".join(facts.recipient.names)):
            return say_raised_marks(layout.print(view))
        key = _what_is_shared(facts, view)
        learned = self._learned.setdefault(key, [])
        if isinstance(learned, Template):
            try:
                return _set(learned, view)
            except NotSettable:
                return layout.print(view)
        data = layout.print(view)
        if learned is not None:
            learned.append((view, data))
            if len(learned) == SAMPLES:
                if len(self._learned) > MOST_LEARNED:
                    self._learned.clear()
                self._learned[key] = self._proved_template(facts, learned)
        return data

    def _layout_for(self, facts: CertificateFacts) -> Layout:
        if facts.accent not in self._layouts:
            if len(self._layouts) > MOST_LEARNED:
                self._layouts.clear()
            self._layouts[facts.accent] = Layout(self.design, facts.accent, self._images)
        return self._layouts[facts.accent]

    def _proved_template(self, facts: CertificateFacts, samples: list[_Sample]) -> Template | None:
        try:
            layout = self._layout_for(facts)
            laid_out = layout.print(template_view(facts, self.design), with_alphabet=True)
            template = Template(laid_out, self.design, self.languages[0])
            for view, data in samples:
                prove(_set(template, view), data)
        except (NotTheSame, NotSettable) as reason:
            logging.getLogger("certificates").warning(
                "the design %s is laid out anew for each person: %s", self.design.name, reason
            )
            return None
        return template


class Layout:
    """The layout engine, with what can be shared between documents."""

    def __init__(self, design: Design, accent: str = "", images: Images | None = None) -> None:
        self._fetcher = DesignFiles(design, accent, images)
        self._fonts = FontConfiguration()
        self._style = self._sheet(design.style(accent))
        self._alphabet = self._sheet(cover_style(design))
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

    def print(self, view: dict[str, Any], *, with_alphabet: bool = False) -> bytes:
        """Lay a document out and write it, as tightly as it needs to have two pages."""
        sheets = [self._style, self._alphabet] if with_alphabet else [self._style]
        for density in DENSITIES:
            html = self._page.render(**view, density=density)
            document = HTML(string=html, base_url=ADDRESS, url_fetcher=self._fetcher).render(
                stylesheets=sheets, font_config=self._fonts, pdf_variant=VARIANT
            )
            if len(document.pages) == 2:
                return document.write_pdf(
                    pdf_variant=VARIANT, pdf_identifier=view["reference"].encode()
                )
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


def _picture(sha256: str) -> str:
    return f"{ADDRESS}picture/{sha256}" if sha256 else ""


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
    assert listed is not None, "problems_of has looked at it"
    return {
        "title": f"{heading_of(facts, first)} {facts.number} · {' '.join(names[0]['lines'])}",
        "languages": facts.languages,
        "columns": [_column(facts, language, design) for language in facts.languages],
        "names": names,
        "listed": listed,
        "reference": facts.number,
        "fields": _fields(facts, names, listed, hours),
        "partners": [
            {
                "logo": _picture(partner.logo),
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
                "signature": _picture(signatory.signature),
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
                "credited": "" if module.credited is None else hours(module.credited),
            }
            for module in facts.modules
        ],
        "hours": hours(facts.minutes),
        "credited": None if facts.credited is None else hours(facts.credited),
        "address": facts.verification_url,
        "link": facts.verification_url.partition("://")[2],
        "qr": qr_path(facts.code),
    }


def template_view(facts: CertificateFacts, design: Design) -> dict[str, Any]:
    """The same for nobody in particular: `{fields}` stand where people differ."""
    view = paper_view(replace(facts, number="{reference}"), design)
    for place, name in enumerate(view["names"]):
        name["lines"] = tuple(f"{{{_line(place, line)}}}" for line in range(len(name["lines"])))
    view["listed"] = Fitted(("{listed}",), view["listed"].size)
    view["title"] = f"{heading_of(facts, facts.languages[0])} {{reference}} · {{listed}}"
    if facts.credited is not None:
        view["credited"] = "{figures}"
        for place, module in enumerate(view["modules"]):
            module["credited"] = f"{{figure{place}}}"
    view["link"], view["address"] = "{link}", LINK
    view["qr"] = {"side": 1, "path": "M0 .5h1", "colour": QR_COLOUR}
    return view


def _fields(
    facts: CertificateFacts, names: list[dict[str, Any]], listed: Fitted, hours: Any
) -> dict[str, FieldValue]:
    """What stands in each field of a template."""
    fields = {
        "reference": FieldValue(facts.number),
        "listed": FieldValue(" ".join(listed.lines), listed.size),
        "link": FieldValue(facts.verification_url.partition("://")[2]),
    }
    for place, name in enumerate(names):
        for number, line in enumerate(name["lines"]):
            fields[_line(place, number)] = FieldValue(line, name["size"])
    if facts.credited is not None:
        fields["figures"] = FieldValue(hours(facts.credited))
        for place, module in enumerate(facts.modules):
            fields[f"figure{place}"] = FieldValue(hours(module.credited or 0))
    return fields


def _line(name: int, line: int) -> str:
    return f"name_{name}_{line}"


def _set(template: Template, view: dict[str, Any]) -> bytes:
    return template.print(
        view["fields"], title=view["title"], address=view["address"], code=view["qr"]
    )


def _what_is_shared(facts: CertificateFacts, view: dict[str, Any]) -> str:
    """What must be the same for two people to share a template."""
    modules = tuple(replace(row, credited=row.credited and 0) for row in facts.modules)
    is_said = facts.kind == "statement"  # a statement says the hours in its sentence
    shared = replace(
        facts,
        number="",
        verification_url="",
        recipient=Recipient(),
        credited=facts.credited and (facts.credited if is_said else 0),
        offline=facts.offline and "yes",
        modules=modules,
    )
    lines = [len(name["lines"]) for name in view["names"]]
    return f"{lines} {shared!r}"


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
        "said": wording_of(facts, language),
        "programme": programme,
        "title": fit(programme, room, design) or Fitted((programme,), room.least),
        "hour_length": words.hour_length.format(minutes=hour),
        "delivered": words.delivered.format(
            dates=date_range(facts.delivered_from, facts.delivered_to, language)
        ),
        "cohort": clean(in_language(facts.cohort, language)),
        "issued": words.issued.format(date=long_date(facts.issued_on, language)),
        "number": words.number.format(number=facts.number),
        "hours_note": words.hours_note.format(minutes=hour),
    }


def _country(code: str, language: str) -> str:
    return Locale(language).territories.get(code, code)


def qr_path(url: str) -> dict[str, Any]:
    """The QR code of `url` as strokes one unit high, for SVG and for PDF, and its side in units."""
    rows = [bytes(row) for row in segno.make(url, error="m", micro=False).matrix]
    path, operators = [], []
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                path.append(f"M{x} {y + 0.5}h{length}")
                operators.append(f"{x} {y + 0.5} m {x + length} {y + 0.5} l")
            x += length
    return {
        "side": len(rows),
        "path": "".join(path),
        "operators": "\n".join(operators),
        "colour": "#000",
    }
