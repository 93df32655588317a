"""One question on paper: its chart with its figures, and its table in the appendix."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app
from markupsafe import Markup

from courseware.feedback.document_rules import Bar, Bars, Block, Chart, Drawing, Table
from courseware.feedback.results_rules import Block as AskedBlock
from courseware.feedback.results_rules import QuestionResult, written
from courseware.feedback.rules import Best, Kind, Question
from courseware.i18n import _, language
from courseware.texts import choose

CHART, OVERVIEW = 446, 265
"""How wide a chart and a bar in a table are, in pixels of 1/96 inch."""


class Charts:
    """The charts of the pages, drawn for paper: the same macros, with widths in pixels."""

    def __init__(self) -> None:
        self.macros: Any = current_app.jinja_env.get_template("feedback/charts.html").make_module()
        self.tongue = language()

    def say(self, texts: Any) -> str:
        """A text in the language of this document."""
        return choose(dict(texts or {}), self.tongue)

    def number(self, value: Any, places: int = 1) -> str:
        """A number as this language writes it."""
        return written(value, places, self.tongue)

    def diverging(self, result: QuestionResult, width: int = CHART) -> Drawing:
        """A scale as a stacked bar around the middle of the axis."""
        return self._drawn(self.macros.diverging_bar(result), result, width)

    def _drawn(self, svg: str, result: QuestionResult, width: int) -> Drawing:
        drawn = str(svg).replace('width="100%"', f'width="{width}"', 1)
        drawn = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        return Drawing(drawn, _plain(self.macros.spoken(result)))

    def asked(self, block: AskedBlock) -> Block:
        """One question as it was asked, with its chart or its charts."""
        question, results = block.question, block.results
        if question.kind is Kind.MATRIX:
            return self._matrix(question, results)
        if question.kind is Kind.RANKING:
            return self._ranking(question, results)
        return self.block(results[0])

    def _matrix(self, question: Question, results: Sequence[QuestionResult]) -> Table:
        rows = [
            (
                self.say(each.question.texts),
                self.diverging(each, OVERVIEW),
                self.number(each.summary.mean),
                str(each.summary.n),
            )
            if each.summary.mean is not None
            else (self.say(each.question.texts), "", "–", "–")
            for each in results
        ]
        head = (f"← {self.say(question.low)} · {self.say(question.high)} →", _("Mean"), "n")
        return Table(
            self.say(question.texts), ("", *head), tuple(rows), drawn=1,
            note=self._untold(results), is_question=True,
        )  # fmt: skip

    def _ranking(self, question: Question, results: Sequence[QuestionResult]) -> Block:
        told = [each for each in results if each.summary.mean is not None]
        title = self.say(question.texts)
        if not told:
            return Chart(title, None, line=self._untold(results) or _("No answers."))
        told.sort(key=lambda each: each.summary.mean or 0)
        n = max(each.summary.n for each in told)
        return Bars(
            title,
            (_("Answer"), _("Mean place")),
            tuple(
                Bar(
                    self.say(each.question.texts),
                    float(100 * (each.question.points + 1 - (each.summary.mean or 0)))
                    / each.question.points,
                    self.number(each.summary.mean),
                )
                for each in told
            ),
            note=f"n = {n} · " + _("1 is the first place; the longest bar is liked best."),
            is_question=True,
        )

    def _untold(self, results: Sequence[QuestionResult]) -> str:
        hidden = any(each.summary.is_hidden for each in results)
        return _("– stands for fewer than five answers, or for none.") if hidden else ""

    def block(self, result: QuestionResult) -> Block:
        """One question with its chart and its figures."""
        question, summary = result.question, result.summary
        title = self.say(question.texts)
        if summary.is_hidden:
            return Chart(title, None, line=_("Fewer than five answers: not shown."))
        if not summary.n:
            return Chart(title, None, line=_("No answers."))
        if question.options and summary.counts:
            return self._choices(result, title)
        if question.kind is Kind.SCALE:
            return self._scale(result, title)
        if summary.recommendation is not None:
            return Chart(
                title,
                self._drawn(self.macros.recommendation_columns(result), result, CHART),
                figure=self.number(summary.recommendation.score),
                unit="NPS",
                n=f"n = {summary.n}",
                line=_plain(self.macros.figures_line(result)),
            )
        return self._number(result, title)

    def _scale(self, result: QuestionResult, title: str) -> Chart:
        question, summary = result.question, result.summary
        ends = [self.say(each) for each in (question.low, question.middle, question.high)]
        figure = self.number(summary.mean) if summary.mean is not None else ""
        unit = _("of %(points)s", points=question.points)
        if question.best is Best.MIDDLE and summary.favourable is not None:
            figure = f"{self.number(100 * summary.favourable.value, 0)} %"
            unit = self.say(question.middle) or _("the middle")
        return Chart(
            title,
            self.diverging(result),
            ends=tuple(ends if ends[1] else (ends[0], ends[2])),
            figure=figure,
            unit=unit,
            n=f"n = {summary.n}",
            line=_plain(self.macros.figures_line(result)),
        )

    def _choices(self, result: QuestionResult, title: str) -> Bars:
        summary = result.summary
        note = f"n = {summary.n}"
        if result.question.kind is Kind.MULTIPLE:
            note += " · " + _("several answers possible")
        return Bars(
            title,
            (_("Answer"), _("People")),
            tuple(
                Bar(
                    self.say(option.texts),
                    float(100 * summary.shares[place]),
                    f"{summary.counts[place]} ({self.number(100 * summary.shares[place], 0)} %)",
                )
                for place, option in enumerate(result.question.options)
            ),
            note=note,
            is_question=True,
        )

    def _number(self, result: QuestionResult, title: str) -> Chart:
        summary = result.summary
        line = ""
        if summary.median is not None:
            line = _("median %(median)s", median=self.number(summary.median))
        if summary.quartiles is not None:
            low, high = (self.number(each) for each in summary.quartiles)
            line += " · " + _("the middle half: %(low)s to %(high)s", low=low, high=high)
        return Chart(
            title,
            None,
            figure=self.number(summary.mean) if summary.mean is not None else "",
            unit=self.say(result.question.unit),
            n=f"n = {summary.n}",
            line=line,
        )

    def table(self, result: QuestionResult, parents: Mapping[str, Question]) -> Block:
        """One question of the appendix: each answer with its number and share."""
        question, summary = result.question, result.summary
        title = self.say(question.texts)
        if question.part_of:
            title = f"{self.say(parents[question.part_of].texts)} – {title}"
        if summary.is_hidden:
            return Chart(title, None, line=_("Fewer than five answers: not shown."))
        if not summary.n:
            return Chart(title, None, line=_("No answers."))
        if not summary.counts:
            return self._number(result, title)
        if question.options:
            rows = [
                (
                    self.say(option.texts),
                    str(summary.counts[place]),
                    self.number(100 * summary.shares[place], 0),
                )
                for place, option in enumerate(question.options)
            ]
            head = (_("Answer"), _("People"), "%")
            return Table(title, head, (*rows, ("n", str(summary.n), "")), total=True, is_small=True)
        return self._points(result, title)

    def _points(self, result: QuestionResult, title: str) -> Table:
        question, summary = result.question, result.summary
        first = 0 if question.kind is Kind.RECOMMENDATION else 1
        head = [_("Point"), *(str(first + place) for place in range(len(summary.counts))), "n"]
        people = [_("People"), *map(str, summary.counts), str(summary.n)]
        shares = ["%", *(self.number(100 * share, 0) for share in summary.shares), "100"]
        if question.not_applicable:
            head.append(_("n/a"))
            people.append(str(summary.not_applicable))
            shares.append("")
        if summary.mean is not None and summary.median is not None:
            head += [_("Mean"), _("Median")]
            people += [self.number(summary.mean, 2), self.number(summary.median)]
            shares += ["", ""]
        note = ""
        if question.kind is Kind.SCALE:
            words = [(1, question.low), ((question.points + 1) // 2, question.middle)]
            words.append((question.points, question.high))
            said = [f"{point} = {self.say(text)}" for point, text in words if self.say(text)]
            note = ", ".join(said)
        return Table(title, tuple(head), (tuple(people), tuple(shares)), note=note, is_small=True)


def overview(charts: Charts, found: list[QuestionResult]) -> list[Block]:
    """All ratings on one axis."""
    rows = tuple(
        (
            charts.say(each.question.title),
            charts.diverging(each, OVERVIEW),
            charts.number(each.summary.mean),
            str(each.summary.n),
        )
        for each in found
    )
    axis = f"← {_('less')} · {_('more')} →"
    return [
        Table(
            _("All ratings of the course on one axis"),
            (_("Question"), axis, _("Mean"), "n"),
            rows,
            drawn=1,
            note=_(
                "Each bar shows how many people chose each point; answers below the middle of the "
                "scale lie left of the axis, those above it right."
            ),
        )
    ]


def is_rating(result: QuestionResult) -> bool:
    """Whether it is a scale whose high end is good, with answers that may be shown."""
    question = result.question
    return (
        question.kind is Kind.SCALE
        and question.best is Best.HIGH
        and result.summary.mean is not None
    )


def _plain(html: str) -> str:
    return Markup(html).striptags()
