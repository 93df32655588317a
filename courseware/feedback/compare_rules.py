"""Groups beside each other: questions × groups, what is low, what has changed over time.

All figures come from results, which tell nothing of groups under five; nothing is counted here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from courseware.feedback.recommendation_rules import limit_on
from courseware.feedback.results_rules import GroupResult, QuestionResult, Results
from courseware.feedback.rules import Kind, Question, Texts
from courseware.feedback.summary_rules import (
    HIDDEN,
    ResponseRate,
    Summary,
    differ,
    goodness,
)

LEVELS = (0.4, 0.55, 0.7, 0.85)
"""Where one tone of the heat map ends and the next begins; on five points 2.6, 3.2, 3.8, 4.4."""


class By(StrEnum):
    """What is put beside each other."""

    SESSIONS = "sessions"
    MODULES = "modules"
    TRAINERS = "trainers"
    UNIVERSITIES = "universities"
    COHORTS = "cohorts"


class Change(StrEnum):
    """How a cohort's mean lies to that of the cohort before: further than by chance, or not."""

    HIGHER = "higher"
    LOWER = "lower"
    ALIKE = "alike"


@dataclass(frozen=True)
class Cell:
    """What one group says to one question; `level` is the tone from 0, the worst, to 4."""

    summary: Summary | None
    level: int | None = None
    is_low: bool = False
    change: Change | None = None


@dataclass(frozen=True)
class Column:
    """One question that groups are compared by."""

    question: Question
    section: Texts
    limit: Fraction | None
    """Under it a mean is low; None where no end is good, as where the middle is best."""


@dataclass(frozen=True)
class Line:
    """One group with its cells, in the order of the columns."""

    code: str
    titles: Texts
    rate: ResponseRate
    cells: tuple[Cell, ...]

    @property
    def is_low(self) -> bool:
        return any(cell.is_low for cell in self.cells)


@dataclass(frozen=True)
class Comparison:
    """Questions × groups. `total` are all groups together, where everybody may read that."""

    by: By
    titles: Texts
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    total: Line | None = None

    def only_low(self) -> "Comparison":
        """Only groups and questions with a figure under the limit."""
        low = [
            place
            for place in range(len(self.columns))
            if any(line.cells[place].is_low for line in self.lines)
        ]
        lines = tuple(_cut(line, low) for line in self.lines if line.is_low)
        return replace(
            self,
            columns=tuple(self.columns[place] for place in low),
            lines=lines,
            total=_cut(self.total, low) if self.total else None,
        )

    def last(self, count: int) -> "Comparison":
        """Only the last groups; what changed in them is told against those before all the same."""
        return replace(self, lines=self.lines[-count:])

    def place_of(self, key: str) -> int:
        """Which column shows the question with this key; else that with the worst figure."""
        for place, column in enumerate(self.columns):
            if column.question.key == key:
                return place
        worst = self.worst()
        return self.columns.index(worst[1]) if worst else 0

    def worst(self) -> tuple[Line, Column, Cell] | None:
        """The group and the question with the lowest figure of all that a limit can be set for."""
        found = [
            (value, line, column, cell)
            for line in self.lines
            for column, cell in zip(self.columns, line.cells, strict=True)
            if cell.summary
            and column.limit is not None
            and (value := goodness(column.question, cell.summary)) is not None
        ]
        return min(found, key=lambda each: each[0])[1:] if found else None

    def ranked(self, place: int, *, worst_first: bool) -> list[tuple[Line, Cell]]:
        """The groups with what they say to one question, the untold last."""
        pairs = [(line, line.cells[place]) for line in self.lines]
        if not worst_first:
            return pairs
        question = self.columns[place].question

        def value(pair: tuple[Line, Cell]) -> float:
            found = goodness(question, pair[1].summary) if pair[1].summary else None
            return 2.0 if found is None else found

        return sorted(pairs, key=value)


def compare(results: Results, by: By, limit: int) -> Comparison:
    """The groups of one cohort beside each other, with all of them together."""
    groups: Mapping[By, Sequence[GroupResult]] = {
        By.SESSIONS: results.sessions,
        By.MODULES: results.modules,
        By.TRAINERS: results.trainers,
        By.UNIVERSITIES: results.universities,
    }
    columns = _columns(results, limit)
    return Comparison(
        by=by,
        titles=results.questionnaire.titles,
        columns=columns,
        lines=tuple(_line(each, columns) for each in groups.get(by, ())),
        total=_line(GroupResult("", {}, results.rate, results.sections), columns),
    )


def compare_own(results: Results, trainer: int, limit: int) -> Comparison:
    """A trainer's own sessions: what is common in them, and of the trainers' part only the own.

    There is no total of other people's sessions: less the own it would be theirs.
    """
    own = next((each for each in results.trainers if each.code == str(trainer)), None)
    columns = _columns(results, limit)
    return Comparison(
        by=By.SESSIONS,
        titles=results.questionnaire.titles,
        columns=columns,
        lines=tuple(_line(each, columns) for each in own.parts) if own else (),
        total=_line(own, columns) if own else None,
    )


@dataclass(frozen=True)
class CohortFacts:
    """One cohort in a row of cohorts, with what it told at one asking."""

    code: str
    titles: Texts
    results: Results


def compare_cohorts(
    cohorts: Sequence[CohortFacts], limit: int, *, told_changes: int | None = None
) -> Comparison:
    """Cohorts of a programme beside each other, in order of time.

    Of the last `told_changes` (of all, if none is given) it is said how they changed.
    """
    newest = cohorts[-1].results
    columns = _columns(newest, limit)
    first = 0 if told_changes is None else len(cohorts) - told_changes
    lines: list[Line] = []
    for each in cohorts:
        group = GroupResult(each.code, each.titles, each.results.rate, each.results.sections)
        line = _line(group, columns)
        if lines and len(lines) >= first:
            line = replace(line, cells=_changed(columns, lines, line))
        lines.append(line)
    return Comparison(By.COHORTS, newest.questionnaire.titles, columns, tuple(lines))


def comparable(results: Sequence[Results], by: By) -> list[Results]:
    """Which results have groups of this kind to compare."""
    if by is By.COHORTS:
        return list(results)
    return [each for each in results if getattr(each, by.value)]


def _columns(results: Results, limit: int) -> tuple[Column, ...]:
    return tuple(
        Column(each.question, section.titles, limit_on(each.question, limit))
        for section in results.sections
        for each in section.questions
        if _is_rated(each)
    )


def _is_rated(result: QuestionResult) -> bool:
    return result.question.kind in (Kind.SCALE, Kind.RECOMMENDATION)


def _line(group: GroupResult, columns: Sequence[Column]) -> Line:
    cells = []
    for column in columns:
        summary = group.summary(column.question.key)
        value = goodness(column.question, summary) if summary else None
        if summary is None or value is None:
            cells.append(Cell(HIDDEN if summary and summary.is_hidden else None))
            continue
        cells.append(
            Cell(
                summary,
                sum(value >= level for level in LEVELS),
                column.limit is not None
                and summary.mean is not None
                and summary.mean < column.limit,
            )
        )
    return Line(group.code, group.titles, group.rate, tuple(cells))


def _changed(columns: Sequence[Column], before: Sequence[Line], line: Line) -> tuple[Cell, ...]:
    """The cells with how they lie to the last earlier cohort that tells the same question."""
    cells = []
    for place, (column, cell) in enumerate(zip(columns, line.cells, strict=True)):
        earlier = next(
            (
                found.summary
                for each in reversed(before)
                if (found := each.cells[place]).level is not None
            ),
            None,
        )
        if cell.level is not None and cell.summary and earlier:
            change = Change.ALIKE
            if differ(cell.summary, earlier):
                now, then = (goodness(column.question, each) for each in (cell.summary, earlier))
                change = Change.HIGHER if (now or 0) > (then or 0) else Change.LOWER
            cell = replace(cell, change=change)
        cells.append(cell)
    return tuple(cells)


def _cut(line: Line, places: Sequence[int]) -> Line:
    return replace(line, cells=tuple(line.cells[place] for place in places))
