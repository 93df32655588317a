"""What a report is made of on paper: blocks of words and figures, in one language or in two.

A chapter is built once for each language; `beside` lays two of them over each other, so that each
text that differs stands there in both.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Words:
    """A paragraph; `look` is "body", "lead" or "note"."""

    text: str
    look: str = "body"
    kind: str = "words"


@dataclass(frozen=True)
class Items:
    """Sentences that stand under each other with dots before them."""

    items: tuple[str, ...]
    kind: str = "items"


@dataclass(frozen=True)
class Section:
    """A heading of the second order."""

    title: str
    kind: str = "section"


@dataclass(frozen=True)
class BigFigure:
    """A figure that says the most, with its whole and what it is."""

    text: str
    whole: str
    word: str
    note: str


@dataclass(frozen=True)
class BigFigures:
    """The largest figures beside each other."""

    items: tuple[BigFigure, ...]
    kind: str = "figures"


@dataclass(frozen=True)
class Bar:
    """A word, a part of a whole drawn as a bar, and the figure as it is written."""

    word: str
    percent: float
    figure: str


@dataclass(frozen=True)
class Bars:
    """Bars under each other, e.g. the answers to a question with options; `head` names columns."""

    title: str
    head: tuple[str, str]
    items: tuple[Bar, ...]
    note: str = ""
    is_question: bool = False
    kind: str = "bars"


@dataclass(frozen=True)
class Drawing:
    """A chart as SVG, and what it says for those who listen."""

    svg: str
    spoken: str


@dataclass(frozen=True)
class Chart:
    """A question with its chart, the words at the ends of its scale, its figure and a line."""

    title: str
    drawing: Drawing | None
    ends: tuple[str, ...] = ()
    figure: str = ""
    unit: str = ""
    n: str = ""
    line: str = ""
    kind: str = "chart"


@dataclass(frozen=True)
class Table:
    """Rows with a head; the first `words` columns hold words, the others figures.

    A cell may be a drawing; `total` says that the last row is a sum.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str | Drawing, ...], ...]
    words: int = 1
    note: str = ""
    total: bool = False
    is_small: bool = False
    drawn: int | None = None
    is_question: bool = False
    kind: str = "table"


@dataclass(frozen=True)
class Quote:
    """What somebody wrote, in the language in which they wrote it, and its translation if any."""

    text: str
    language: str = ""
    translation: str = ""


@dataclass(frozen=True)
class QuoteGroup:
    """The quotes of one theme."""

    title: str
    quotes: tuple[Quote, ...]


@dataclass(frozen=True)
class Quotes:
    """The comments on one question."""

    title: str
    note: str
    groups: tuple[QuoteGroup, ...]
    kind: str = "quotes"


@dataclass(frozen=True)
class Advice:
    """One recommendation: what, for whom, by whom and when, how far it is, what it stands on."""

    text: str
    state: str
    state_word: str
    facts: tuple[tuple[str, str], ...]
    kind: str = "advice"


Block = Words | Items | Section | BigFigures | Bars | Chart | Table | Quotes | Advice


@dataclass(frozen=True)
class Chapter:
    """A part of the document that begins on a page of its own."""

    title: str
    blocks: tuple[Block, ...]
    is_dense: bool = False


@dataclass(frozen=True)
class Partner:
    """One organisation on the cover."""

    name: str
    place: str
    letters: str
    colour: str


@dataclass(frozen=True)
class Cover:
    """The first page, and what stands under the list of contents."""

    kind: str
    title: str
    dates: str
    cohort: str
    sentences: tuple[str, ...]
    leads: tuple[Partner, ...]
    others: str
    contents: str
    notes: tuple[str, ...]
    author: str
    description: str


@dataclass(frozen=True)
class Document:
    """All of it, in one language."""

    language: str
    cover: Cover
    chapters: tuple[Chapter, ...] = field(default=())


def plain_document(documents: Sequence[Document]) -> dict[str, Any]:
    """The document as plain values, in one language or in two."""
    first, *others = [asdict(each) for each in documents]
    languages = [each.language for each in documents]
    for second in others:
        first = beside(first, second)
    return first | {"languages": languages}


def beside(first: Any, second: Any) -> Any:
    """Two values of the same shape as one: texts that differ become {"both": [first, second]}.

    A drawing is drawn once: it holds figures, and what it says stands beside it.
    """
    if isinstance(first, dict):
        return {
            key: value if key == "svg" else beside(value, second[key])
            for key, value in first.items()
        }
    if isinstance(first, list | tuple):
        return [beside(one, other) for one, other in zip(first, second, strict=True)]
    if isinstance(first, str) and first != second:
        return {"both": [first, second]}
    return first
