"""What a questionnaire is: sections, questions and the answers they allow, as plain values."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from courseware.messages import Message

Texts = Mapping[str, str]

LEAST_ANSWERS = 5
"""A group with fewer answers is not shown."""

LEAST_POINTS, MOST_POINTS = 3, 7
MOST_OPTIONS = 20
MOST_ROWS = 40
MOST_QUESTIONS = 80
LONGEST_TEXT = 500
LONGEST_COMMENT = 5000
LONGEST_LINE = 200
LARGEST_NUMBER = 1_000_000_000


class About(StrEnum):
    """What a questionnaire asks about."""

    SESSION = "session"
    COURSE = "course"
    SKILLS = "skills"
    FOLLOW_UP = "follow_up"
    NEEDS = "needs"


class Moment(StrEnum):
    """When a round asks: after a session, before or after the course, some months later."""

    SESSION = "session"
    BEFORE = "before"
    AFTER = "after"
    FOLLOW_UP = "follow_up"


MOMENTS = {
    About.SESSION: (Moment.SESSION,),
    About.COURSE: (Moment.AFTER,),
    About.SKILLS: (Moment.BEFORE, Moment.AFTER),
    About.FOLLOW_UP: (Moment.FOLLOW_UP,),
    About.NEEDS: (Moment.BEFORE, Moment.FOLLOW_UP),
}
"""The moments at which each kind of questionnaire can be put; the first is the usual one."""


class Kind(StrEnum):
    """How a question is answered.

    A short text is one line; information asks nothing; a matrix is several scales with the same
    ends, one for each of its rows.
    """

    SCALE = "scale"
    MATRIX = "matrix"
    RECOMMENDATION = "recommendation"
    SINGLE = "single"
    MULTIPLE = "multiple"
    RANKING = "ranking"
    NUMBER = "number"
    SHORT = "short"
    TEXT = "text"
    INFORMATION = "information"


TEXT_KINDS = (Kind.SHORT, Kind.TEXT)
CONDITION_KINDS = (Kind.SCALE, Kind.RECOMMENDATION, Kind.SINGLE, Kind.MULTIPLE)
"""The kinds of questions on whose answer it can depend whether another is shown."""


class Best(StrEnum):
    """Which end of a scale is good: the high one, or the middle ("too slow … too fast")."""

    HIGH = "high"
    MIDDLE = "middle"


@dataclass(frozen=True)
class Option:
    """One choice, with the wordings that mean it in files from elsewhere."""

    key: str
    texts: Texts
    wordings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ShownIf:
    """The answers to an earlier question that make a question appear.

    `values` are as a form sends them: keys of options, points of a scale, "na".
    """

    question: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One question. Fields that its kind does not use keep their defaults.

    `items` are what is really answered, stored, counted and drawn: for most kinds the question
    itself, for a matrix one scale for each row, for a ranking one place for each option.
    `rows_from` says that a library's matrix gets its rows from the programme ("outcomes").
    """

    key: str
    kind: Kind
    texts: Texts
    labels: Texts = field(default_factory=dict)
    hints: Texts = field(default_factory=dict)
    required: bool = False
    points: int = 0
    low: Texts = field(default_factory=dict)
    middle: Texts = field(default_factory=dict)
    high: Texts = field(default_factory=dict)
    best: Best = Best.HIGH
    not_applicable: bool = False
    options: tuple[Option, ...] = ()
    column: str = ""
    wordings: tuple[tuple[str, ...], ...] = ()
    wordings_not_applicable: tuple[str, ...] = ()
    rows: tuple[Option, ...] = ()
    rows_from: str = ""
    least: int = 0
    most: int = LARGEST_NUMBER
    unit: Texts = field(default_factory=dict)
    shown_if: ShownIf | None = None
    part_of: str = ""
    """Of an item: the key of the matrix or ranking that it belongs to."""

    @property
    def title(self) -> Texts:
        """The short label where there is one, else the question itself."""
        return self.labels or self.texts

    @property
    def values(self) -> range:
        """Every value a stored answer may have; a multiple choice is a sum of powers of two.

        The value of a ranked option is its place, 1 for the first. What is stored as a text, or
        under the keys of its items, has none.
        """
        match self.kind:
            case Kind.SCALE:
                return range(0 if self.not_applicable else 1, self.points + 1)
            case Kind.RECOMMENDATION:
                return range(11)
            case Kind.SINGLE:
                return range(len(self.options))
            case Kind.MULTIPLE:
                return range(1, 2 ** len(self.options))
            case Kind.RANKING if self.part_of:
                return range(1, self.points + 1)
            case Kind.NUMBER:
                return range(self.least, self.most + 1)
            case _:
                return range(0)

    @property
    def is_text(self) -> bool:
        """Whether it is answered in words."""
        return self.kind in TEXT_KINDS

    @cached_property
    def items(self) -> tuple["Question", ...]:
        """What is answered: plain questions, under whose keys the answers are stored.

        The rows of a matrix become scales, the options of a ranking become questions of kind
        RANKING whose `points` are the number of places.
        """
        match self.kind:
            case Kind.INFORMATION:
                return ()
            case Kind.MATRIX:
                return tuple(
                    replace(
                        self,
                        key=f"{self.key}.{row.key}",
                        kind=Kind.SCALE,
                        texts=row.texts,
                        labels={},
                        hints={},
                        column=next(iter(row.wordings), ""),
                        rows=(),
                        rows_from="",
                        part_of=self.key,
                    )
                    for row in self.rows
                )
            case Kind.RANKING if not self.part_of:
                return tuple(
                    replace(
                        self,
                        key=f"{self.key}.{option.key}",
                        texts=option.texts,
                        labels={},
                        hints={},
                        column=next(iter(option.wordings), ""),
                        points=len(self.options),
                        options=(),
                        part_of=self.key,
                    )
                    for option in self.options
                )
            case _:
                return (self,)


def choices(question: Question) -> tuple[str, ...]:
    """The answers that a form offers to a question, as it sends them."""
    match question.kind:
        case Kind.SCALE:
            points = tuple(str(point) for point in range(1, question.points + 1))
            return (*points, "na") if question.not_applicable else points
        case Kind.RECOMMENDATION:
            return tuple(str(point) for point in range(11))
        case Kind.SINGLE | Kind.MULTIPLE | Kind.RANKING:
            return tuple(option.key for option in question.options)
        case _:
            return ()


@dataclass(frozen=True)
class Section:
    """Questions that stand together; asked once for each trainer where `per_trainer`."""

    titles: Texts
    questions: tuple[Question, ...]
    per_trainer: bool = False

    @cached_property
    def items(self) -> tuple[Question, ...]:
        """What is answered in this section; see Question.items."""
        return tuple(item for question in self.questions for item in question.items)


@dataclass(frozen=True)
class Questionnaire:
    """Everything that is asked in one round of feedback."""

    code: str
    about: About
    titles: Texts
    sections: tuple[Section, ...]
    introductions: Texts = field(default_factory=dict)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for section in self.sections for question in section.questions)

    @cached_property
    def items(self) -> tuple[Question, ...]:
        """What is answered, in the order of the form; see Question.items."""
        return tuple(item for section in self.sections for item in section.items)

    def question(self, key: str) -> Question | None:
        """Find a question by its key, or an item of one by the key that its answers have."""
        return self._by_key.get(key)

    @cached_property
    def _by_key(self) -> Mapping[str, Question]:
        return {each.key: each for each in (*self.items, *self.questions)}

    def is_per_trainer(self, key: str) -> bool:
        """Whether the question, or the item, is in the part that is asked for each trainer."""
        return any(
            section.per_trainer
            and any(each.key == key for each in (*section.questions, *section.items))
            for section in self.sections
        )


class WrongQuestionnaire(ValueError):
    """A questionnaire that cannot be used, with one sentence for each fault."""

    def __init__(self, problems: Sequence[Message]):
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but for tabs and line ends, and lone surrogates."""


def clean(text: str) -> str:
    """Text as it is stored: NFC, no NUL or lone surrogates, plain line ends, trimmed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _NOT_TEXT.sub("", text)).strip()
