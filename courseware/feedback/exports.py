"""The report as spreadsheet and as JSON, and a questionnaire as YAML."""

import json
from collections.abc import Callable, Iterable
from fractions import Fraction

from flask_babel import force_locale

from courseware.feedback.headline_rules import headline
from courseware.feedback.pdf_exports import report_as_pdf
from courseware.feedback.questionnaire_rules import plain
from courseware.feedback.report_rules import Category, FeedbackReport, plain_report
from courseware.feedback.results_rules import GroupResult, QuestionResult, Results
from courseware.feedback.rules import Kind, Questionnaire, Texts
from courseware.feedback.wording_exports import (
    addressee,
    category_word,
    recommendation_state,
    title_of,
)
from courseware.hours import academic
from courseware.i18n import _, sentence
from courseware.tables import Sheet, write_xlsx
from courseware.texts import choose
from courseware.yaml_files import write_yaml

Cells = list


KINDS = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def make_report(
    report: FeedbackReport,
    kind: str,
    in_languages: str,
    step_is_done: Callable[[], None] = lambda: None,
) -> bytes:
    """The report as pdf, xlsx or json, in a language or, as "ru+tg", in two side by side.

    A workbook has room for one language, the first. A PDF tells when a language is written.
    """
    languages = in_languages.split("+")
    if kind == "json":
        return report_as_json(report)
    if kind == "xlsx":
        with force_locale(languages[0]):
            return report_as_xlsx(report, languages[0])
    return report_as_pdf(report, languages, step_is_done)


def write_questionnaire(questionnaire: Questionnaire) -> bytes:
    """The questionnaire as the YAML file that it can be read from again."""
    return write_yaml(plain(questionnaire)).encode()


def report_as_json(report: FeedbackReport) -> bytes:
    """The report for machines."""
    return json.dumps(plain_report(report), ensure_ascii=False, indent=2).encode()


def report_as_xlsx(report: FeedbackReport, language: str) -> bytes:
    """The report as a workbook: overview, questions, sessions, comments, who took part."""
    return write_xlsx(
        Sheet(_("Overview"), [_("What"), _("Figure")], list(_overview(report, language))),
        Sheet(_("Questions"), _question_heads(), list(_questions(report, language))),
        Sheet(_("Distributions"), _count_heads(), list(_counts(report, language))),
        Sheet(_("Modules and sessions"), _group_heads(), list(_groups(report, language))),
        Sheet(_("Before and after"), _change_heads(), list(_changes(report, language))),
        Sheet(_("Recommendations"), _advice_heads(), list(_advice(report, language))),
        Sheet(_("Comments"), _comment_heads(), list(_comments(report, language))),
        Sheet(_("Participants"), [_("By"), _("Group"), _("People")], list(_people(report))),
    )


def _overview(report: FeedbackReport, language: str) -> Iterable[Cells]:
    hour = report.hours.hour
    yield [_("Programme"), _say(report.programme_titles, language)]
    yield [_("Cohort"), report.cohort_code]
    yield [_("First day"), report.starts_on]
    yield [_("Last day"), report.ends_on]
    yield [_("Partners"), " · ".join(_say(each.names, language) for each in report.partners)]
    yield [_("Academic hour, minutes"), hour]
    yield [_("Planned, h"), _hours(report.hours.planned, hour)]
    yield [_("Scheduled, h"), _hours(report.hours.scheduled, hour)]
    yield [_("Delivered, h"), _hours(report.hours.delivered, hour)]
    yield [_("Attended, mean per participant, h"), _hours(report.hours.attended_mean, hour)]
    yield [_("Participants"), report.participation.participants]
    yield [_("Sessions held"), report.sessions_held]
    yield [_("Trainers"), report.trainers]
    for results in report.results:
        for said in headline(results, language):
            yield [title_of(results), sentence(said)]


def _question_heads() -> list[str]:
    return [
        _("Questionnaire"), _("Question"), _("Kind"), "n", _("Not applicable"), _("Mean"),
        _("Median"), _("Favourable, people"), _("Favourable, share"), _("Interval, low"),
        _("Interval, high"), "NPS",
    ]  # fmt: skip


def _questions(report: FeedbackReport, language: str) -> Iterable[Cells]:
    for results, result in _closed(report):
        summary = result.summary
        names = [
            title_of(results),
            _say(result.question.texts, language),
            result.question.kind.value,
        ]
        if summary.is_hidden:
            yield [*names, _("fewer than five"), *[None] * 8]
            continue
        share, score = summary.favourable, summary.recommendation
        yield [
            *names,
            summary.n,
            summary.not_applicable if result.question.not_applicable else None,
            _number(summary.mean),
            _number(summary.median),
            share.part if share else None,
            round(share.value, 4) if share else None,
            round(share.low, 4) if share else None,
            round(share.high, 4) if share else None,
            round(float(score.score), 1) if score else None,
        ]


def _count_heads() -> list[str]:
    return [_("Questionnaire"), _("Question"), _("Answer"), _("People"), _("Share"), "n"]


def _counts(report: FeedbackReport, language: str) -> Iterable[Cells]:
    for results, result in _closed(report):
        if result.summary.is_hidden:
            continue
        for place, count in enumerate(result.summary.counts):
            yield [
                title_of(results),
                _say(result.question.texts, language),
                _answer(result, place, language),
                count,
                round(float(result.summary.shares[place]), 4),
                result.summary.n,
            ]


def _answer(result: QuestionResult, place: int, language: str) -> str | int:
    question = result.question
    if question.options:
        return _say(question.options[place].texts, language)
    return place if question.kind is Kind.RECOMMENDATION else place + 1


def _group_heads() -> list[str]:
    return [
        _("By"), _("Code"), _("Title"), _("Answers"), _("Invited"), _("Question"), "n",
        _("Mean"), _("Median"), _("Favourable, share"),
    ]  # fmt: skip


def _groups(report: FeedbackReport, language: str) -> Iterable[Cells]:
    for results in report.results:
        for word, groups in ((_("module"), results.modules), (_("session"), results.sessions)):
            for group in groups:
                yield from _group(word, group, language)


def _group(word: str, group: GroupResult, language: str) -> Iterable[Cells]:
    names = [word, group.code, _say(group.titles, language), group.rate.answered]
    for section in group.sections:
        for result in section.questions:
            summary = result.summary
            if result.question.is_text:
                continue
            share = summary.favourable
            yield [
                *names,
                group.rate.invited,
                _say(result.question.title, language),
                _("fewer than five") if summary.is_hidden else summary.n,
                _number(summary.mean),
                _number(summary.median),
                round(share.value, 4) if share else None,
            ]


def _change_heads() -> list[str]:
    return [
        _("Outcome"), _("Before, mean"), "n", _("After, mean"), "n", _("Change, paired"),
        _("Interval, low"), _("Interval, high"), _("Pairs"), "d",
    ]  # fmt: skip


def _changes(report: FeedbackReport, language: str) -> Iterable[Cells]:
    for skills in report.skills:
        for each in skills.changes:
            row: Cells = [_say(each.question.texts, language)]
            for summary in (each.before, each.after):
                row += [_number(summary.mean), summary.n if summary.mean is not None else None]
            paired = each.paired
            if paired is not None:
                row += [_number(paired.difference), round(paired.low, 4), round(paired.high, 4)]
                row += [paired.n, None if paired.effect is None else round(paired.effect, 4)]
            yield row


def _advice_heads() -> list[str]:
    return [
        _("Recommendation"), _("For"), _("Organisation"), _("Owner"), _("Due"), _("State"),
        _("Overdue"), _("What was done"),
    ]  # fmt: skip


def _advice(report: FeedbackReport, language: str) -> Iterable[Cells]:
    for each in report.recommendations:
        yield [
            each.text,
            addressee(each.addressee),
            _say(each.organisation, language),
            each.owner,
            each.due_on,
            recommendation_state(each.state),
            _("overdue") if each.is_overdue else "",
            each.answer,
        ]


def _comment_heads() -> list[str]:
    return [
        _("Questionnaire"), _("Question"), _("Session"), _("Comment"), _("Themes"),
        _("Translation"),
    ]  # fmt: skip


def _comments(report: FeedbackReport, language: str) -> Iterable[Cells]:
    for results in report.results:
        for result in results.questions:
            for each in report.quotes_on(results.questionnaire.code, result.question.key):
                yield [
                    title_of(results),
                    _say(result.question.texts, language),
                    each.session,
                    each.text,
                    ", ".join(each.themes),
                    each.translations.get(language, ""),
                ]


def _people(report: FeedbackReport) -> Iterable[Cells]:
    people = report.participation
    groups: list[tuple[str, tuple[Category, ...]]] = [
        (_("Gender"), people.genders),
        (_("Kind of organisation"), people.kinds),
        (_("Country"), people.countries),
    ]
    for word, found in groups:
        for each in found:
            shown = each.count if each.count is not None else _("not shown: too few")
            yield [word, ", ".join(category_word(key) for key in each.keys), shown]


def _closed(report: FeedbackReport) -> Iterable[tuple[Results, QuestionResult]]:
    for results in report.results:
        for result in results.questions:
            if not result.question.is_text:
                yield results, result


def _say(texts: Texts, language: str) -> str:
    return choose(dict(texts), language)


def _hours(minutes: int, hour: int) -> float:
    return round(float(academic(minutes, hour)), 2)


def _number(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), 4)
