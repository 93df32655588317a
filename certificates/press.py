"""The press: opened for a design, it prints facts to the bytes of a PDF.

Every file is PDF/A-3a and PDF/UA-1, whichever way it came about, and sealed where there is a seal.
"""

from __future__ import annotations

import atexit
import contextlib
import copy
import gc
import hashlib
import importlib.metadata
import logging
import os
import tempfile
import threading
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .checks import (
    N_,
    CannotPrint,
    Problem,
    problems_of,
    problems_of_people,
    problems_of_texts,
)
from .designs import HERE, Design, DesignIncomplete, read_design
from .facts import Attachment, CertificateFacts
from .phrases import LANGUAGES
from .signing import Seal, Signer
from .view import Person, paper_view, person_of, shape_of, template_view
from .writing import NotSettable, Plan, Template

if TYPE_CHECKING:
    from .layout import Images, Layout

FORM = 1  # of a kept template; raised whenever what a plan means changes
MOST_LEARNED = 16
MOST_KEPT = 200
IMAGE_MISSING = N_("The picture of a logo or a signature is missing. Upload it again.")


def open_press(
    design: str,
    languages: tuple[str, ...],
    *,
    images: Images | None = None,
    seal: Seal | None = None,
    keep: Path | None = None,
) -> Press:
    """A press for this design in one language, or two side by side. Use one per thread.

    `images` gives the logos and signatures that facts name; with `seal` every file is signed.
    Templates are kept in the folder `keep`, so that the next press need not make them again.
    """
    return Press(_read(design), languages, images=images, seal=seal, keep=keep)


# Read once in a process; a press is only a view of them with templates of its own.
_read = lru_cache(16)(read_design)
_signer_of = lru_cache(16)(Signer)
_kept = threading.local()


@atexit.register
def _let_go() -> None:
    # The layout engine removes its folder of fonts when a press goes; at the very end it cannot.
    _kept.__dict__.clear()
    gc.collect()


def press_of_this_thread(
    design: str,
    languages: tuple[str, ...],
    *,
    images: Images | None = None,
    seal: Seal | None = None,
    keep: Path | None = None,
) -> Press:
    """A press opened before by this thread for the same, else a new one."""
    presses: dict[Any, Press] = _kept.__dict__.setdefault("presses", {})
    key = (design, languages, images, seal, keep)
    if key not in presses:
        plain = (*key[:3], None, keep)
        if plain not in presses:
            presses[plain] = open_press(design, languages, images=images, keep=keep)
        presses[key] = presses[plain].sealed(seal)
    return presses[key]


class _Learned:
    """What a press knows of one cohort: a template, or people laid out whole to make it from."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        self.samples: dict[tuple[str, ...], tuple[Person, bytes]] = {}
        self.template: Template | None = None
        self.fails = False
        self.density = "roomy"


class Press:
    """Prints certificates of one design; fonts and styles are read once.

    The first two people of a cohort are laid out whole. From them a template is made and proved
    to draw the same; all others are set into it, a hundred times faster, and it is kept for later.
    What the template cannot set is laid out whole as well.
    """

    def __init__(
        self,
        design: Design,
        languages: tuple[str, ...],
        *,
        images: Images | None = None,
        seal: Seal | None = None,
        keep: Path | None = None,
    ) -> None:
        if not 1 <= len(languages) <= 2 or set(languages) - set(LANGUAGES):
            raise DesignIncomplete(f"One or two of these languages, please: {LANGUAGES}.")
        self.design = design
        self.languages = languages
        self._images = images
        self._signer = _signer_of(seal) if seal else None
        self._keep = keep
        self._known: dict[str, _Learned] = {}
        self._last: tuple[tuple[Any, ...], _Learned] | None = None
        self._layouts: dict[str, Layout] = {}

    def sealed(self, seal: Seal | None) -> Press:
        """A press that seals with `seal`, and shares what this one has learned."""
        other = copy.copy(self)
        other._signer = _signer_of(seal) if seal else None
        return other

    def layout_for(self, facts: CertificateFacts) -> Layout:
        """The layout engine with the ink of these facts, started when it is first needed."""
        from .layout import Layout

        if facts.accent not in self._layouts:
            if len(self._layouts) >= MOST_LEARNED:
                self._layouts.clear()
            self._layouts[facts.accent] = Layout(
                self.design, self.languages, facts.accent, self._images
            )
        return self._layouts[facts.accent]

    def problems(self, facts: CertificateFacts) -> list[Problem]:
        """Every reason why these facts cannot be printed, without printing them."""
        return problems_of(facts, self.design) or self._missing_images(facts)

    def print(
        self,
        facts: CertificateFacts,
        *,
        attachments: Sequence[Attachment] = (),
        signed_at: datetime | None = None,
    ) -> bytes:
        """The finished PDF: the certificate and its transcript. Raises CannotPrint.

        `signed_at` is what the seal says of its time; now, where it is not given.
        """
        if facts.languages != self.languages:
            raise ValueError(f"This press is opened for {self.languages}, not {facts.languages}.")
        if problems := problems_of_people(facts, self.design):
            raise CannotPrint(problems)
        known = self._known_of(facts)
        if known.problems:
            raise CannotPrint(known.problems)
        person = person_of(facts, self.design)
        how: dict[str, Any] = {
            "attachments": attachments,
            "signer": self._signer,
            "at": signed_at,
        }
        if known.template:
            try:
                return known.template.print(person, **how)
            except NotSettable:
                pass
        laid_out, known.density = self.layout_for(facts).print(
            paper_view(facts, self.design), density=known.density
        )
        # A line with marks over its letters is drawn in pieces, from which nothing can be learned.
        has_marks = any(unicodedata.combining(c) for c in "".join(facts.recipient.names))
        if not has_marks and not known.template and not known.fails:
            self._learn(facts, known, person, laid_out)
        return self._whole(person, laid_out).print(person, **how)

    def _whole(self, person: Person, laid_out: bytes) -> Template:
        from .template import plan_of_whole

        names = {value.text for value in person.fields.values() if value.size is not None}
        return Template(plan_of_whole(laid_out, names), self.design)

    def _known_of(self, facts: CertificateFacts) -> _Learned:
        shape = shape_of(facts, self.design)
        # People come one cohort after another, and to compare is quicker than to make a key.
        if self._last and self._last[0] == shape:
            return self._last[1]
        key = repr(shape)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MOST_LEARNED:
                self._known.clear()
            problems = problems_of_texts(facts, self.design) + self._missing_images(facts)
            known = self._known[key] = _Learned(problems)
            path = self._path(key)
            if path and not problems:
                # Where it is not kept yet, or damaged, it is made anew.
                with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
                    known.template = Template(Plan.load(path.read_bytes()), self.design)
        self._last = shape, known
        return known

    def _missing_images(self, facts: CertificateFacts) -> list[Problem]:
        wanted = [partner.logo for partner in facts.partners]
        wanted += [signatory.signature for signatory in facts.signatories]
        for sha256 in filter(None, wanted):
            try:
                found = self._images(sha256) if self._images else b""
            except (LookupError, OSError):
                found = b""
            if hashlib.sha256(found).hexdigest() != sha256:
                return [Problem(IMAGE_MISSING)]
        return []

    def _learn(
        self, facts: CertificateFacts, known: _Learned, person: Person, laid_out: bytes
    ) -> None:
        """Remember a person laid out whole; from the second on, make the template and prove it."""
        from .template import NotTheSame, learn, prove

        names = tuple(facts.recipient.names)
        known.samples[names] = (person, laid_out)
        if len(known.samples) < 2:
            return
        samples = list(known.samples.values())
        known.samples = {}
        try:
            with_fields, _ = self.layout_for(facts).print(
                template_view(facts, self.design), with_alphabet=True, density=known.density
            )
            plan = learn(with_fields, samples, self.design, self.languages)
            template = Template(plan, self.design)
            for each, data in samples:
                prove(template.print(each), data)
        except (NotTheSame, NotSettable) as reason:
            known.fails = True
            logging.getLogger("certificates").warning(
                "the design %s is laid out anew for each person: %s", self.design.name, reason
            )
            return
        known.template = template
        if path := self._path(repr(shape_of(facts, self.design))):
            _keep_file(path, plan.dump())

    def _path(self, key: str) -> Path | None:
        if self._keep is None:
            return None
        said = f"{_version_of(self.design)} {self.languages} {key}"
        return self._keep / f"{hashlib.sha256(said.encode()).hexdigest()}.template"


@cache
def _version_of(design: Design) -> str:
    """What a kept template depends on besides the facts: files, fonts, libraries, our own form."""
    digest = hashlib.sha256(str(FORM).encode())
    own = Path(__file__).parent.glob("*.py")
    for path in sorted([*design.folder.iterdir(), *HERE.iterdir(), *design.fonts.values(), *own]):
        if path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    for library in ("weasyprint", "pydyf", "pikepdf", "uharfbuzz", "fonttools"):
        digest.update(importlib.metadata.version(library).encode())
    return digest.hexdigest()


def _keep_file(path: Path, data: bytes) -> None:
    """Write the file whole or not at all, and let the oldest go where there are too many."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = sorted(path.parent.glob("*.template"), key=lambda each: each.stat().st_mtime)
        for old in kept[: max(0, len(kept) - MOST_KEPT + 1)]:
            old.unlink(missing_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            file.write(data)
        os.replace(file.name, path)
    except OSError as error:  # a full disk costs time later, and no certificate now
        logging.getLogger("certificates").warning("a template could not be kept: %s", error)
