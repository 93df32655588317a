"""What a questionnaire is: sections, questions and the answers they allow, as plain values."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from courseware.messages import Message

Texts = Mapping[str, str]

LEAST_ANSWERS = 5
"""A group with fewer answers is not shown."""

LEAST_POINTS, MOST_POINTS = 3, 7
MOST_OPTIONS = 20
MOST_QUESTIONS = 80
LONGEST_TEXT = 500
LONGEST_COMMENT = 5000


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
    """How a question is answered."""

    SCALE = "scale"
    RECOMMENDATION = "recommendation"
    SINGLE = "single"
    MULTIPLE = "multiple"
    TEXT = "text"


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
class Question:
    """One question. Fields that its kind does not use keep their defaults."""

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

    @property
    def title(self) -> Texts:
        """The short label where there is one, else the question itself."""
        return self.labels or self.texts

    @property
    def values(self) -> range:
        """Every value a stored answer may have; a multiple choice is a sum of powers of two."""
        match self.kind:
            case Kind.SCALE:
                return range(0 if self.not_applicable else 1, self.points + 1)
            case Kind.RECOMMENDATION:
                return range(11)
            case Kind.SINGLE:
                return range(len(self.options))
            case Kind.MULTIPLE:
                return range(1, 2 ** len(self.options))
            case _:
                return range(0)


@dataclass(frozen=True)
class Section:
    """Questions that stand together; asked once for each trainer where `per_trainer`."""

    titles: Texts
    questions: tuple[Question, ...]
    per_trainer: bool = False


@dataclass(frozen=True)
class Questionnaire:
    """Everything that is asked in one round of feedback."""

    code: str
    about: About
    titles: Texts
    sections: tuple[Section, ...]
    introductions: Texts = field(default_factory=dict)

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for section in self.sections for question in section.questions)

    def question(self, key: str) -> Question | None:
        """Find a question by its key."""
        return next((each for each in self.questions if each.key == key), None)

    def is_per_trainer(self, key: str) -> bool:
        """Whether the question stands in the part that is asked for each trainer."""
        return any(
            section.per_trainer and any(each.key == key for each in section.questions)
            for section in self.sections
        )


class WrongQuestionnaire(ValueError):
    """A questionnaire that cannot be used, with one sentence for each fault."""

    def __init__(self, problems: Sequence[Message]):
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def clean(text: str) -> str:
    """Text as it is stored: NFC, no NUL or lone surrogates, plain line ends, trimmed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = (
        letter
        for letter in text
        if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs")
    )
    return unicodedata.normalize("NFC", "".join(kept)).strip()
