"""The chapters of the report, in the language in force."""

from collections.abc import Iterable
from typing import Any

from courseware.feedback import wording_exports as words
from courseware.feedback.chart_exports import Charts, is_rating, overview
from courseware.feedback.document_rules import (
    Advice,
    Bar,
    Bars,
    BigFigure,
    BigFigures,
    Block,
    Chapter,
    Cover,
    Document,
    Partner,
    Quote,
    QuoteGroup,
    Quotes,
    Section,
    Table,
    Words,
)
from courseware.feedback.headline_rules import alike_sentence, headline
from courseware.feedback.method_exports import method
from courseware.feedback.report_rules import Category, FeedbackReport, QuoteFacts
from courseware.feedback.results_rules import GroupResult, QuestionResult, Results
from courseware.feedback.rules import About
from courseware.feedback.skills_rules import Skills
from courseware.feedback.summary_rules import Summary
from courseware.i18n import _, hours, language, long_date, ngettext, sentence
from courseware.texts import choose


def document(report: FeedbackReport) -> Document:
    """The whole report in the language in force."""
    charts = Charts()
    chapters = [_in_short(report, charts)]
    if report.recommendations:
        chapters.append(_what_follows(report))
    chapters.append(_figures(report))
    for results in report.results:
        if results.questionnaire.about is About.SKILLS and report.skills:
            continue  # both of its moments stand together, in a chapter of their own
        chapters.append(
            _sessions(results, charts, alone=_count(report, About.SESSION) == 1)
            if results.questionnaire.about is About.SESSION
            else _asked(results, charts)
        )
    for skills in report.skills:
        if skills.changes:
            chapters.append(_before_and_after(skills, charts))
    if report.quotes or report.hidden_comments:
        chapters.append(_in_their_words(report))
    chapters.append(method(report))
    if any(results.questions for results in report.results):
        chapters.append(_appendix(report, charts))
    return Document(language(), _cover(report), tuple(chapters))


def _say(texts: object) -> str:
    return choose(dict(texts or {}), language())  # type: ignore[call-overload]


def _count(report: FeedbackReport, about: About) -> int:
    return sum(each.questionnaire.about is about for each in report.results)


def _cover(report: FeedbackReport) -> Cover:
    leads = [each for each in report.partners if each.part in ("lead", "host")]
    others = [_say(each.names) for each in report.partners if each.part not in ("lead", "host")]
    first = report.results[0] if report.results else None
    return Cover(
        kind=_("Feedback report"),
        title=_say(report.programme_titles),
        dates=f"{long_date(report.starts_on)} – {long_date(report.ends_on)}",
        cohort=_("Cohort %(code)s", code=report.cohort_code),
        sentences=tuple(map(sentence, headline(first, language())[:3])) if first else (),
        leads=tuple(
            Partner(
                _say(each.names),
                ", ".join(filter(None, [_say(each.city), words.country(each.country)])),
                each.mark_letters,
                each.mark_colour,
            )
            for each in leads
        ),
        others=_("With: %(partners)s", partners=" · ".join(others)) if others else "",
        contents=_("Contents"),
        notes=(
            _(
                "How to read this report: every figure stands beside its n, the number of people "
                "who answered that question. Groups with fewer than five answers are not shown. "
                "The chapter “Method” says how anonymity is kept."
            ),
            _(
                "Report made on %(date)s. Times in the zone %(zone)s.",
                date=long_date(report.made_at, report.timezone),
                zone=report.timezone,
            ),
        ),
        author=", ".join(_say(each.names) for each in leads),
        description=_("What participants say of the course, in figures and in their words"),
    )


def _in_short(report: FeedbackReport, charts: Charts) -> Chapter:
    found = words.short_figures(report)
    figures = tuple(BigFigure(each.text, each.whole, each.word, each.note) for each in found)
    blocks: list[Block] = [BigFigures(figures)] if figures else []
    if not report.results:
        blocks.append(
            Words(_("No feedback has been closed yet, so there is nothing to report on."))
        )
    for results in report.results:
        blocks.append(Section(words.title_of(results)))
        blocks += [Words(sentence(said), "lead") for said in headline(results, language())]
    course = next((r for r in report.results if r.questionnaire.about is About.COURSE), None)
    rated = [each for each in course.questions if is_rating(each)] if course else []
    if 1 < len(rated) <= 24:
        blocks += overview(charts, rated)
    return Chapter(_("In short"), tuple(blocks))


def _what_follows(report: FeedbackReport) -> Chapter:
    intro = _("What the partners decided after reading the answers, and how far it is.")
    blocks: list[Block] = [Words(intro, "lead")]
    for each in report.recommendations:
        addressee = words.addressee(each.addressee)
        if each.organisation:
            addressee += f": {_say(each.organisation)}"
        facts = [(_("For"), addressee)]
        if each.owner:
            facts.append((_("Owner"), each.owner))
        if each.due_on:
            facts.append((_("Due"), long_date(each.due_on)))
        if each.evidence is not None and (said := words.evidence(each.evidence)):
            facts.append((_("Because"), said))
        if each.answer:
            facts.append((_("What we did"), each.answer))
        state = words.recommendation_state(each.state)
        if each.is_overdue:
            state += f" · {_('overdue')}"
        blocks.append(Advice(each.text, each.state.value, state, tuple(facts)))
    return Chapter(_("What follows"), tuple(blocks))


def _figures(report: FeedbackReport) -> Chapter:
    hour = report.hours.hour
    stages = [
        (_("Planned"), report.hours.planned),
        (_("Scheduled"), report.hours.scheduled),
        (_("Delivered"), report.hours.delivered),
        (_("Attended, mean per participant"), report.hours.attended_mean),
    ]
    most = max(1, *(minutes for _word, minutes in stages))
    blocks: list[Block] = [
        Section(_("Hours")),
        Words(_("Academic hours of %(minutes)s minutes, breaks not counted.", minutes=hour)),
        Bars(
            "",
            (_("Stage"), _("Hours")),
            tuple(
                Bar(word, 100 * minutes / most, f"{hours(minutes, hour)} {_('h')}")
                for word, minutes in stages
            ),
        ),
    ]
    if report.modules:
        rows = [
            (
                f"{each.code} · {_say(each.titles)}",
                str(each.sessions),
                hours(each.planned, hour),
                hours(each.delivered, hour),
            )
            for each in report.modules
        ]
        total = (
            _("Together"),
            str(sum(each.sessions for each in report.modules)),
            hours(sum(each.planned for each in report.modules), hour),
            hours(sum(each.delivered for each in report.modules), hour),
        )
        head = (_("Module"), _("Sessions"), _("Planned, h"), _("Delivered, h"))
        blocks += [
            Section(_("Modules")),
            Table("", head, (*rows, total), total=True),
        ]
    people = report.participation
    blocks += [Section(_("Who took part")), Words(words.took_part(report))]
    for title, found in (
        (_("Gender"), people.genders),
        (_("Kind of organisation"), people.kinds),
        (_("Country"), people.countries),
    ):
        if found:
            blocks.append(_categories(title, found, people.participants))
    return Chapter(_("The course in figures"), tuple(blocks))


def _categories(title: str, found: tuple[Category, ...], whole: int) -> Bars:
    return Bars(
        title,
        (title, _("People")),
        tuple(
            Bar(
                ", ".join(words.category_word(key) for key in each.keys),
                100 * (each.count or 0) / (whole or 1),
                _("too few") if each.count is None else str(each.count),
            )
            for each in found
        ),
    )


def _asked(results: Results, charts: Charts) -> Chapter:
    blocks: list[Block] = [Words(words.rate_sentence_of(results.rate), "lead")]
    if alike := alike_sentence(results):
        blocks.append(Words(sentence(alike), "note"))
    blocks += _sections(results, charts)
    return Chapter(words.title_of(results), tuple(blocks))


def _sections(results: Results, charts: Charts) -> Iterable[Block]:
    for section in results.sections:
        shown = [each for each in section.blocks if not each.question.is_text]
        if shown:
            title = _say(section.titles)
            yield Section(_("The trainers, taken together") if section.per_trainer else title)
        for each in shown:
            yield charts.asked(each)


def _sessions(results: Results, charts: Charts, *, alone: bool) -> Chapter:
    asked = ngettext(
        "%(num)s session was asked about.", "%(num)s sessions were asked about.", results.rounds
    )
    blocks: list[Block] = [Words(f"{asked} {words.rate_sentence_of(results.rate)}", "lead")]
    if results.left_out:
        blocks.append(
            Words(
                _(
                    "%(count)s answers from groups under five are not in these totals.",
                    count=results.left_out,
                ),
                "note",
            )
        )
    if alike := alike_sentence(results):
        blocks.append(Words(sentence(alike), "note"))
    blocks += _sections(results, charts)
    columns = [each for each in results.questions if is_rating(each)]
    for title, word, groups in (
        (_("By module"), _("Module"), results.modules),
        (_("By session"), _("Session"), results.sessions),
    ):
        if groups and columns:
            blocks += [Section(title), *_comparison(word, groups, columns, charts)]
    title = _("Sessions and modules")
    if not alone:
        title += f": {words.title_of(results)}"
    return Chapter(title, tuple(blocks))


def _before_and_after(skills: Skills, charts: Charts) -> Chapter:
    rows = []
    for each in skills.changes:
        paired = each.paired
        row = [_say(each.question.texts), *(_mean(at, charts) for at in (each.before, each.after))]
        if paired is None:
            row += ["–", "–"]
        else:
            change = _signed(paired.difference, charts)
            low, high = _signed(paired.low, charts), _signed(paired.high, charts)
            row.append(f"{change}\n{low} … {high}\nn {paired.n}")
            row.append("–" if paired.effect is None else _signed(paired.effect, charts))
        rows.append(tuple(row))
    head = (_("Outcome"), _("Before, all"), _("After, all"), _("Change, paired"), "d")
    lead = _(
        "Participants rated what they can do before the course and after it. A code of their own "
        "joins both, which nobody can trace back."
    )
    note = _(
        "Change is the mean difference of the same people with its 95 per cent interval; d is the "
        "difference in standard deviations (d_av). – stands for fewer than five answers or pairs."
    )
    title = _("Before and after")
    return Chapter(
        title, (Words(lead, "lead"), Table("", head, tuple(rows), note=note)), is_dense=False
    )


def _mean(summary: Summary, charts: Charts) -> str:
    if summary.mean is None:
        return "–"
    return f"{charts.number(summary.mean)}\nn {summary.n}"


def _signed(value: Any, charts: Charts) -> str:
    text = charts.number(value)
    return f"+{text}" if value > 0 else text


COLUMNS = 5
"""As many questions as stand beside each other on a page."""


def _comparison(
    word: str, groups: Iterable[GroupResult], columns: list[QuestionResult], charts: Charts
) -> Iterable[Block]:
    note = _("Means on the scales of the questions. – stands for fewer than five answers, or none.")
    parts = [columns[at : at + COLUMNS] for at in range(0, len(columns), COLUMNS)]
    for part in parts:
        rows = []
        for group in groups:
            answered = str(group.rate.answered)
            if group.rate.invited:
                answered += f" / {group.rate.invited}"
            cells = [f"{group.code} · {_say(group.titles)}".strip(" ·"), answered]
            for column in part:
                summary = group.summary(column.question.key)
                if summary is None or summary.mean is None:
                    cells.append("–")
                else:
                    cells.append(f"{charts.number(summary.mean)}\nn {summary.n}")
            rows.append(tuple(cells))
        head = (word, _("Answers"), *(_say(each.question.title) for each in part))
        yield Table("", head, tuple(rows), note=note if part is parts[-1] else "", is_small=True)


def _in_their_words(report: FeedbackReport) -> Chapter:
    blocks: list[Block] = [
        Words(
            _(
                "Comments are printed as they were written, in the language in which they were "
                "written and in no order that means anything."
            ),
            "lead",
        )
    ]
    if report.hidden_comments:
        blocks.append(
            Words(
                ngettext(
                    "%(num)s comment is hidden. The reason stands on the page of comments.",
                    "%(num)s comments are hidden. The reasons stand on the page of comments.",
                    report.hidden_comments,
                ),
                "note",
            )
        )
    for results in report.results:
        for each in results.questions:
            quotes = report.quotes_on(results.questionnaire.code, each.question.key)
            if quotes:
                note = f"{words.title_of(results)} · n = {len(quotes)}"
                blocks.append(Quotes(_say(each.question.texts), note, tuple(_by_theme(quotes))))
    return Chapter(_("In their words"), tuple(blocks))


def _by_theme(quotes: tuple[QuoteFacts, ...]) -> Iterable[QuoteGroup]:
    """The comments by their first theme, the largest first; those without one at the end."""
    by_theme: dict[str, list[QuoteFacts]] = {}
    for each in quotes:
        by_theme.setdefault(each.themes[0] if each.themes else "", []).append(each)
    for theme, found in sorted(by_theme.items(), key=lambda at: (not at[0], -len(at[1]), at[0])):
        title = theme or (_("Without a theme") if len(by_theme) > 1 else "")
        if title:
            title += f" · {len(found)}"
        yield QuoteGroup(title, tuple(_quote(each) for each in found))


def _quote(each: QuoteFacts) -> Quote:
    translation = "" if each.language == language() else each.translations.get(language(), "")
    return Quote(each.text, each.language, translation)


def _appendix(report: FeedbackReport, charts: Charts) -> Chapter:
    blocks: list[Block] = []
    for results in report.results:
        closed = [each for each in results.questions if not each.question.is_text]
        if closed:
            blocks.append(Section(words.title_of(results)))
        parents = {each.key: each for each in results.questionnaire.questions}
        blocks += [charts.table(each, parents) for each in closed]
    return Chapter(_("Appendix: every question and its figures"), tuple(blocks), is_dense=True)
