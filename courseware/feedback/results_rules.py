"""Results of a cohort's closed rounds: in total, by module, by session and by trainer."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from courseware.feedback.rules import (
    LEAST_ANSWERS,
    About,
    Kind,
    Moment,
    Question,
    Questionnaire,
    Texts,
)
from courseware.feedback.summary_rules import (
    HIDDEN,
    Counts,
    Pooling,
    ResponseRate,
    Share,
    Summary,
    add_up,
    countable,
    pool_small,
    summarise,
    wilson,
)

Cell = tuple[int, str, int | None]
"""Where answers were counted: the round, the question's key, and the trainer or None."""

ORDER = (About.COURSE, About.SKILLS, About.SESSION, About.FOLLOW_UP, About.NEEDS)
"""What was asked about the course comes first: it is read first."""


@dataclass(frozen=True)
class RoundFacts:
    """One closed round: what was asked, about which session, and how many answered."""

    id: int
    questionnaire: Questionnaire
    moment: Moment
    answered: int
    invited: int | None
    rated: int = 0
    rated_alike: int = 0
    code: str = ""
    title: str = ""
    module_code: str = ""
    module_titles: Texts | None = None
    trainers: tuple[tuple[int, str], ...] = ()

    @property
    def is_shown(self) -> bool:
        return self.answered >= LEAST_ANSWERS


@dataclass(frozen=True)
class QuestionResult:
    """One question with what was answered; comments have no order."""

    question: Question
    summary: Summary
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """One question as it was asked, with all that it asks: the rows of a matrix, for example."""

    question: Question
    results: tuple[QuestionResult, ...]


@dataclass(frozen=True)
class SectionResult:
    """The questions of one section."""

    titles: Texts
    per_trainer: bool
    blocks: tuple[Block, ...]

    @property
    def questions(self) -> tuple[QuestionResult, ...]:
        """All that was answered, one by one."""
        return tuple(result for block in self.blocks for result in block.results)


@dataclass(frozen=True)
class GroupResult:
    """The same questions for one module, session or trainer."""

    code: str
    titles: Texts
    rate: ResponseRate
    sections: tuple[SectionResult, ...]
    is_hidden: bool = False
    parts: tuple["GroupResult", ...] = ()
    """Of a trainer: the sessions that they lead, one by one, with only the own part of each."""

    @cached_property
    def summaries(self) -> Mapping[str, Summary]:
        """What this group answered, by the key of each question."""
        return {
            each.question.key: each.summary
            for section in self.sections
            for each in section.questions
        }

    def summary(self, key: str) -> Summary | None:
        """What this group answered to one question."""
        return self.summaries.get(key)


@dataclass(frozen=True)
class Results:
    """Everything that one questionnaire told about one cohort at one moment.

    `alike` are the responses that gave the same rating to every question, of those that rated
    enough to tell.
    """

    questionnaire: Questionnaire
    moment: Moment
    rate: ResponseRate
    rounds: int
    sections: tuple[SectionResult, ...]
    modules: tuple[GroupResult, ...] = ()
    sessions: tuple[GroupResult, ...] = ()
    trainers: tuple[GroupResult, ...] = ()
    universities: tuple[GroupResult, ...] = ()
    left_out: int = 0
    alike: Share | None = None

    @property
    def key(self) -> str:
        """What tells these results from the others of the cohort."""
        return f"{self.questionnaire.code}-{self.moment.value}"

    @property
    def questions(self) -> tuple[QuestionResult, ...]:
        return tuple(each for section in self.sections for each in section.questions)

    def summary(self, key: str) -> Summary | None:
        """What was answered to one question."""
        return self.summaries.get(key)

    @cached_property
    def summaries(self) -> Mapping[str, Summary]:
        """What was answered, by the key of each question."""
        return {each.question.key: each.summary for each in self.questions}


@dataclass(frozen=True)
class University:
    """A partner that some of the trainers teach for."""

    code: str
    names: Texts
    trainers: frozenset[int]


def results_of(
    rounds: Sequence[RoundFacts],
    counts: Mapping[Cell, Counts],
    comments: Mapping[Cell, Sequence[str]],
    universities: Iterable[University] = (),
) -> tuple[Results, ...]:
    """Bring together the closed rounds of a cohort, in the order in which they were closed."""
    asked: dict[tuple[str, Moment], list[RoundFacts]] = {}
    for each in rounds:
        asked.setdefault((each.questionnaire.code, each.moment), []).append(each)
    known = tuple(universities)
    found = [_results(group, counts, comments, known) for group in asked.values()]
    return tuple(sorted(found, key=lambda each: ORDER.index(each.questionnaire.about)))


def _results(
    rounds: Sequence[RoundFacts],
    counts: Mapping[Cell, Counts],
    comments: Mapping[Cell, Sequence[str]],
    universities: Iterable[University],
) -> Results:
    questionnaire = rounds[0].questionnaire
    counted = _Counted(questionnaire, rounds, counts, comments)
    results = Results(
        questionnaire=questionnaire,
        moment=rounds[0].moment,
        rate=_rate(rounds),
        rounds=len(rounds),
        sections=counted.sections([each.id for each in rounds]),
        left_out=sum(each.answered for each in rounds if each.id not in counted.told),
        alike=_alike(rounds),
    )
    if not any(each.code for each in rounds):  # about the course, or read for the total only
        return results
    modules: dict[str, list[RoundFacts]] = {}
    for each in sorted(rounds, key=lambda each: (each.module_code, each.code)):
        modules.setdefault(each.module_code, []).append(each)
    trainers = {key: name for each in rounds for key, name in each.trainers}
    return replace(
        results,
        modules=tuple(
            counted.group(code, members[0].module_titles or {}, members)
            for code, members in modules.items()
        ),
        sessions=tuple(
            counted.group(each.code, {"en": each.title}, [each])
            for each in sorted(rounds, key=lambda each: each.code)
        ),
        trainers=tuple(
            counted.trainer(key, name) for key, name in sorted(trainers.items(), key=_by_name)
        ),
        universities=tuple(
            counted.led_by(each.trainers, each.code, each.names)
            for each in universities
            if each.trainers & trainers.keys()
        ),
    )


class _Counted:
    """The counts of one questionnaire's rounds, and what of them may be told."""

    def __init__(
        self,
        questionnaire: Questionnaire,
        rounds: Sequence[RoundFacts],
        counts: Mapping[Cell, Counts],
        comments: Mapping[Cell, Sequence[str]],
    ):
        self.questionnaire = questionnaire
        self.rounds = {each.id: each for each in rounds}
        self.counts = counts
        self.comments = comments
        self.cells: dict[str, list[Cell]] = {}
        for cell in counts.keys() | comments.keys():
            if cell[0] in self.rounds:
                self.cells.setdefault(cell[1], []).append(cell)
        self.asked = [
            (section, [(each, each.items) for each in section.questions if each.items])
            for section in questionnaire.sections
        ]
        self.pooling: dict[str, Pooling] = {}
        order = {each.id: place for place, each in enumerate(rounds)}
        for question in questionnaire.items:
            # Of whom there are answers, and not who leads the session today: pools never change.
            cells = sorted(
                (cell for cell in self.cells.get(question.key, ()) if cell in counts),
                key=lambda cell: (order[cell[0]], cell[2] or 0),
            )
            self.pooling[question.key] = pool_small(
                (((cell[0], cell[2]), _answered(question, counts[cell])) for cell in cells),
                people=lambda leaf: leaf[0],
            )
        answered = pool_small((each.id, each.answered) for each in rounds)
        self.told = answered.in_totals

    def sections(
        self, rounds: Iterable[int], trainers: Set[int] | None = None
    ) -> tuple[SectionResult, ...]:
        chosen = frozenset(rounds)
        found = []
        for section, asked in self.asked:
            about = trainers if section.per_trainer else None
            blocks = tuple(
                Block(question, tuple(self.question(each, chosen, about) for each in items))
                for question, items in asked
            )
            found.append(SectionResult(section.titles, section.per_trainer, blocks))
        return tuple(found)

    def question(
        self, question: Question, rounds: Set[int], trainers: Set[int] | None
    ) -> QuestionResult:
        wanted = [
            cell
            for cell in self.cells.get(question.key, ())
            if cell[0] in rounds and (trainers is None or cell[2] in trainers)
        ]
        if question.is_text:
            said = [
                comment
                for cell in wanted
                if self.rounds[cell[0]].is_shown
                for comment in self.comments.get(cell, ())
            ]
            return QuestionResult(question, Summary(n=len(said)), tuple(sorted(said)))
        leaves = {(cell[0], cell[2]): self.counts.get(cell, {}) for cell in wanted}
        told = countable(self.pooling[question.key], leaves)
        total = add_up(leaves[leaf] for leaf in told)
        if not told and any(_answered(question, each) for each in leaves.values()):
            return QuestionResult(question, HIDDEN)
        return QuestionResult(question, summarise(question, total))

    def group(self, code: str, titles: Texts, members: Sequence[RoundFacts]) -> GroupResult:
        sections = self.sections([each.id for each in members])
        return GroupResult(code, titles, _rate(members), sections, _is_hidden(sections))

    def trainer(self, key: int, name: str) -> GroupResult:
        return self.led_by(frozenset([key]), str(key), {"en": name})

    def led_by(self, trainers: frozenset[int], code: str, titles: Texts) -> GroupResult:
        """The sessions that one of `trainers` led, and of the trainers' part what is about them."""
        members = [
            each for each in self.rounds.values() if trainers & {key for key, _ in each.trainers}
        ]
        sections = self.sections([each.id for each in members], trainers)
        parts = [
            GroupResult(
                each.code,
                {"en": each.title},
                _rate([each]),
                self.sections([each.id], trainers),
            )
            for each in sorted(members, key=lambda each: each.code)
        ]
        return GroupResult(
            code, titles, _rate(members), sections, _is_hidden(sections), tuple(parts)
        )


def own_results(results: Results, trainer: int) -> GroupResult | None:
    """What a trainer may see: the sessions that they lead, and of the trainers' part the own."""
    return next((each for each in results.trainers if each.code == str(trainer)), None)


def written(value: Any, places: int, language: str) -> str:
    """A number with a fixed number of places, rounded half away from zero, in a language."""
    scale = 10**places
    exact = abs(value) * scale
    whole = int(exact * 2 + 1) // 2
    text = f"{whole // scale}.{whole % scale:0{places}d}" if places else str(whole)
    sign = "−" if value < 0 and whole else ""
    return sign + (text if language == "en" else text.replace(".", ","))


def _alike(rounds: Sequence[RoundFacts]) -> Share | None:
    """How many rated everything alike, of all in groups that may be counted."""
    told = pool_small((each.id, each.rated) for each in rounds).in_totals
    whole = sum(each.rated for each in rounds if each.id in told)
    if not whole:
        return None
    return wilson(sum(each.rated_alike for each in rounds if each.id in told), whole)


def _answered(question: Question, counts: Counts) -> int:
    """How many gave an answer that counts; not applicable does not."""
    if question.kind is Kind.SCALE:
        return sum(count for value, count in counts.items() if value)
    return sum(counts.values())


def _rate(rounds: Sequence[RoundFacts]) -> ResponseRate:
    known = [each.invited for each in rounds if each.invited is not None]
    invited = sum(known) if len(known) == len(rounds) else None
    return ResponseRate(sum(each.answered for each in rounds), invited)


def _is_hidden(sections: Sequence[SectionResult]) -> bool:
    closed = [
        each for section in sections for each in section.questions
        if not each.question.is_text
    ]  # fmt: skip
    return bool(closed) and all(each.summary.is_hidden or not each.summary.n for each in closed)


def _by_name(item: tuple[int, str]) -> tuple[str, int]:
    return (item[1].casefold(), item[0])
