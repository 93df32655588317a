"""Results of a cohort's closed rounds: in total, by module, by session and by trainer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from courseware.feedback.rules import (
    LEAST_ANSWERS,
    About,
    Best,
    Kind,
    Question,
    Questionnaire,
    Texts,
)
from courseware.feedback.summary_rules import (
    HIDDEN,
    Counts,
    Pooling,
    ResponseRate,
    Summary,
    add_up,
    countable,
    pool_small,
    summarise,
)
from courseware.messages import N_, Message
from courseware.texts import choose

Cell = tuple[int, str, int | None]
"""Where answers were counted: the round, the question's key, and the trainer or None."""


@dataclass(frozen=True)
class RoundFacts:
    """One closed round: what was asked, about which session, and how many answered."""

    id: int
    questionnaire: Questionnaire
    answered: int
    invited: int | None
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
class SectionResult:
    """The questions of one section."""

    titles: Texts
    per_trainer: bool
    questions: tuple[QuestionResult, ...]


@dataclass(frozen=True)
class GroupResult:
    """The same questions for one module, session or trainer."""

    code: str
    titles: Texts
    rate: ResponseRate
    sections: tuple[SectionResult, ...]
    is_hidden: bool = False

    def summary(self, key: str) -> Summary | None:
        """What this group answered to one question."""
        for section in self.sections:
            for each in section.questions:
                if each.question.key == key:
                    return each.summary
        return None


@dataclass(frozen=True)
class Results:
    """Everything that one questionnaire told about one cohort."""

    questionnaire: Questionnaire
    rate: ResponseRate
    rounds: int
    sections: tuple[SectionResult, ...]
    modules: tuple[GroupResult, ...] = ()
    sessions: tuple[GroupResult, ...] = ()
    trainers: tuple[GroupResult, ...] = ()
    left_out: int = 0

    @property
    def questions(self) -> tuple[QuestionResult, ...]:
        return tuple(each for section in self.sections for each in section.questions)


def results_of(
    rounds: Sequence[RoundFacts],
    counts: Mapping[Cell, Counts],
    comments: Mapping[Cell, Sequence[str]],
) -> tuple[Results, ...]:
    """Bring together the closed rounds of a cohort, in the order in which they were closed."""
    by_code: dict[str, list[RoundFacts]] = {}
    for each in rounds:
        by_code.setdefault(each.questionnaire.code, []).append(each)
    found = [_results(group, counts, comments) for group in by_code.values()]
    # What was asked about the course comes first: it is read first.
    return tuple(sorted(found, key=lambda each: each.questionnaire.about is About.SESSION))


def _results(
    rounds: Sequence[RoundFacts],
    counts: Mapping[Cell, Counts],
    comments: Mapping[Cell, Sequence[str]],
) -> Results:
    questionnaire = rounds[0].questionnaire
    counted = _Counted(questionnaire, rounds, counts, comments)
    everything = [each.id for each in rounds]
    results = Results(
        questionnaire=questionnaire,
        rate=_rate(rounds),
        rounds=len(rounds),
        sections=counted.sections(everything),
        left_out=sum(each.answered for each in rounds if each.id not in counted.told),
    )
    if questionnaire.about is About.COURSE:
        return results
    modules: dict[str, list[RoundFacts]] = {}
    for each in sorted(rounds, key=lambda each: (each.module_code, each.code)):
        modules.setdefault(each.module_code, []).append(each)
    trainers = {key: name for each in rounds for key, name in each.trainers}
    return Results(
        questionnaire=results.questionnaire,
        rate=results.rate,
        rounds=results.rounds,
        sections=results.sections,
        left_out=results.left_out,
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
        for cell in sorted(counts.keys() | comments.keys(), key=str):
            if cell[0] in self.rounds:
                self.cells.setdefault(cell[1], []).append(cell)
        self.pooling: dict[str, Pooling] = {}
        trainers = sorted({key for each in rounds for key, _ in each.trainers})
        for section in questionnaire.sections:
            for question in section.questions:
                leaves = [
                    (leaf, _answered(question, counts.get((leaf[0], question.key, leaf[1]), {})))
                    for each in rounds
                    for leaf in _leaves(each.id, trainers if section.per_trainer else (None,))
                ]
                self.pooling[question.key] = pool_small(leaves)
        answered = pool_small((each.id, each.answered) for each in rounds)
        self.told = answered.in_totals

    def sections(
        self, rounds: Iterable[int], trainer: int | None = None
    ) -> tuple[SectionResult, ...]:
        chosen = list(rounds)
        return tuple(
            SectionResult(
                section.titles,
                section.per_trainer,
                tuple(
                    self.question(question, chosen, trainer if section.per_trainer else None)
                    for question in section.questions
                ),
            )
            for section in self.questionnaire.sections
        )

    def question(
        self, question: Question, rounds: Sequence[int], trainer: int | None
    ) -> QuestionResult:
        wanted = [
            cell
            for cell in self.cells.get(question.key, ())
            if cell[0] in rounds and (trainer is None or cell[2] == trainer)
        ]
        if question.kind is Kind.TEXT:
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
        members = [each for each in self.rounds.values() if key in dict(each.trainers)]
        sections = self.sections([each.id for each in members], key)
        return GroupResult(str(key), {"en": name}, _rate(members), sections, _is_hidden(sections))


def own_results(results: Results, trainer: int) -> GroupResult | None:
    """What a trainer may see: the sessions that they lead, and of the trainers' part the own."""
    return next((each for each in results.trainers if each.code == str(trainer)), None)


def headline(results: Results, language: str) -> tuple[Message, ...]:
    """The results in two or three sentences: how many answered, best, lowest, recommendation."""
    said = [rate_sentence(results.rate)]
    rated = [
        each
        for each in results.questions
        if each.question.kind is Kind.SCALE
        and each.question.best is Best.HIGH
        and each.summary.mean is not None
    ]
    rated.sort(key=lambda each: -_position(each))
    if rated:
        said.append(_rated(N_("Rated highest: “%(question)s”, %(mean)s of %(points)s (n = %(n)s)."),
                           rated[0], language))  # fmt: skip
    if len(rated) > 2:
        said.append(_rated(N_("Rated lowest: “%(question)s”, %(mean)s of %(points)s (n = %(n)s)."),
                           rated[-1], language))  # fmt: skip
    for each in results.questions:
        if each.summary.recommendation is not None:
            said.append(
                Message(
                    N_("Recommendation score (NPS): %(score)s (n = %(n)s)."),
                    score=written(each.summary.recommendation.score, 1, language),
                    n=each.summary.n,
                )
            )
    return tuple(said)


def rate_sentence(rate: ResponseRate) -> Message:
    """How many of how many answered."""
    if rate.percent is None:
        return Message(
            N_("%(answered)s answers; how many were invited is not known."),
            answered=rate.answered,
        )
    return Message(
        N_("%(answered)s of %(invited)s answered (%(percent)s %%)."),
        answered=rate.answered,
        invited=rate.invited,
        percent=rate.percent,
    )


def written(value: Any, places: int, language: str) -> str:
    """A number with a fixed number of places, rounded half away from zero, in a language."""
    scale = 10**places
    exact = abs(value) * scale
    whole = int(exact * 2 + 1) // 2
    text = f"{whole // scale}.{whole % scale:0{places}d}" if places else str(whole)
    sign = "−" if value < 0 and whole else ""
    return sign + (text if language == "en" else text.replace(".", ","))


def _rated(template: str, result: QuestionResult, language: str) -> Message:
    return Message(
        template,
        question=choose(dict(result.question.title), language),
        mean=written(result.summary.mean, 1, language),
        points=result.question.points,
        n=result.summary.n,
    )


def _position(result: QuestionResult) -> float:
    """Where the mean lies between the ends of its scale, so that scales can be compared."""
    assert result.summary.mean is not None
    return float((result.summary.mean - 1) / (result.question.points - 1))


def _leaves(round_id: int, trainers: Iterable[int | None]) -> list[tuple[int, int | None]]:
    return [(round_id, trainer) for trainer in trainers]


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
        if each.question.kind is not Kind.TEXT
    ]  # fmt: skip
    return bool(closed) and all(each.summary.is_hidden or not each.summary.n for each in closed)


def _by_name(item: tuple[int, str]) -> tuple[str, int]:
    return (item[1].casefold(), item[0])
