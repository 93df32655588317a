"""The feedback report as one frozen value, of which PDF, spreadsheet and JSON are three views."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from courseware.feedback.recommendation_rules import Addressee, Evidence, RecommendationState
from courseware.feedback.results_rules import GroupResult, QuestionResult, Results
from courseware.feedback.rules import LEAST_ANSWERS, Kind, Texts
from courseware.feedback.skills_rules import Change, Skills
from courseware.feedback.summary_rules import Summary, hide_small


@dataclass(frozen=True)
class PartnerFacts:
    """One organisation on the cover."""

    names: Texts
    short_name: str
    part: str
    city: Texts
    country: str
    mark_letters: str = ""
    mark_colour: str = "#1d3a6b"


@dataclass(frozen=True)
class HoursFacts:
    """The course in minutes, and the length of the academic hour in which they are shown."""

    hour: int
    planned: int
    scheduled: int
    delivered: int
    attended: tuple[int, ...] = ()

    @property
    def attended_mean(self) -> int:
        """Minutes attended by each participant, on average."""
        return round(sum(self.attended) / len(self.attended)) if self.attended else 0


@dataclass(frozen=True)
class ModuleFacts:
    """One module in the course in figures."""

    code: str
    titles: Texts
    planned: int
    delivered: int
    sessions: int


@dataclass(frozen=True)
class Category:
    """One kind of participant, or several small ones counted together.

    `count` is None where even together they are too few to be shown.
    """

    keys: tuple[str, ...]
    count: int | None


@dataclass(frozen=True)
class Participation:
    """Who took part. Small categories are hidden so that they cannot be computed either."""

    participants: int
    genders: tuple[Category, ...] = ()
    kinds: tuple[Category, ...] = ()
    countries: tuple[Category, ...] = ()
    organisations: int = 0


@dataclass(frozen=True)
class QuoteFacts:
    """One comment that is not hidden; `session` is empty for the course."""

    questionnaire: str
    question: str
    text: str
    session: str = ""
    language: str = ""
    themes: tuple[str, ...] = ()
    translations: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class RecommendationFacts:
    """What follows from the feedback: for whom, by whom, until when, and what came of it."""

    text: str
    state: RecommendationState
    addressee: Addressee
    organisation: Texts
    owner: str
    due_on: date | None
    is_overdue: bool
    answer: str
    evidence: Evidence | None = None


@dataclass(frozen=True)
class CorrectionFacts:
    """One wording that was put right after it had been answered."""

    titles: Texts
    language: str
    before: str
    after: str
    reason: str
    corrected_on: date


@dataclass(frozen=True)
class FeedbackReport:
    """Everything the report says, in no particular language or form."""

    programme_titles: Texts
    programme_summaries: Texts
    programme_code: str
    cohort_code: str
    starts_on: date
    ends_on: date
    timezone: str
    partners: tuple[PartnerFacts, ...]
    hours: HoursFacts
    modules: tuple[ModuleFacts, ...]
    sessions_held: int
    trainers: int
    participation: Participation
    results: tuple[Results, ...]
    made_at: datetime
    skills: tuple[Skills, ...] = ()
    quotes: tuple[QuoteFacts, ...] = ()
    hidden_comments: int = 0
    recommendations: tuple[RecommendationFacts, ...] = ()
    corrections: tuple[CorrectionFacts, ...] = ()

    def quotes_on(self, questionnaire: str, question: str) -> tuple[QuoteFacts, ...]:
        """The comments on one question, without an order that means anything."""
        found = [
            each for each in self.quotes
            if (each.questionnaire, each.question) == (questionnaire, question)
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda each: each.text))


def categories(values: Iterable[str]) -> tuple[Category, ...]:
    """Count people by category, largest first; those that are too small are counted together.

    What stands together could be computed from the total anyway; no part of it can.
    """
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    hidden = hide_small(counts)
    shown = sorted(
        ((key, n) for key, n in counts.items() if key not in hidden),
        key=lambda item: (-item[1], item[0]),
    )
    found = [Category((key,), n) for key, n in shown]
    if hidden:
        together = sum(counts[key] for key in hidden)
        # The order tells nothing about which of them is how large.
        keys = tuple(sorted(hidden))
        found.append(Category(keys, together if together >= LEAST_ANSWERS else None))
    return tuple(found)


def plain_report(report: FeedbackReport) -> dict:
    """The report as plain values for machines; means and scores rounded to four places."""
    return {
        "programme": {"code": report.programme_code, "titles": dict(report.programme_titles)},
        "cohort": {
            "code": report.cohort_code,
            "starts_on": report.starts_on.isoformat(),
            "ends_on": report.ends_on.isoformat(),
            "timezone": report.timezone,
        },
        "partners": [
            {
                "names": dict(each.names),
                "short_name": each.short_name,
                "part": each.part,
                "country": each.country,
            }
            for each in report.partners
        ],
        "hours": {
            "academic_hour_minutes": report.hours.hour,
            "planned_minutes": report.hours.planned,
            "scheduled_minutes": report.hours.scheduled,
            "delivered_minutes": report.hours.delivered,
            "attended_minutes_mean": report.hours.attended_mean,
            "modules": [
                {
                    "code": each.code,
                    "titles": dict(each.titles),
                    "planned_minutes": each.planned,
                    "delivered_minutes": each.delivered,
                    "sessions": each.sessions,
                }
                for each in report.modules
            ],
        },
        "participation": {
            "participants": report.participation.participants,
            "organisations": report.participation.organisations,
            "sessions_held": report.sessions_held,
            "trainers": report.trainers,
            "gender": _plain_categories(report.participation.genders),
            "organisation_kind": _plain_categories(report.participation.kinds),
            "country": _plain_categories(report.participation.countries),
        },
        "results": [_plain_results(report, each) for each in report.results],
        "before_and_after": [
            {
                "questionnaire": each.questionnaire.code,
                "outcomes": [_plain_change(change) for change in each.changes],
            }
            for each in report.skills
        ],
        "comments_hidden": report.hidden_comments,
        "recommendations": [_plain_recommendation(each) for each in report.recommendations],
        "corrections": [
            {
                "questionnaire": dict(each.titles),
                "language": each.language,
                "before": each.before,
                "after": each.after,
                "reason": each.reason,
                "corrected_on": each.corrected_on.isoformat(),
            }
            for each in report.corrections
        ],
        "made_at": report.made_at.isoformat(),
    }


def _plain_categories(found: Iterable[Category]) -> dict[str, int | None]:
    return {" + ".join(each.keys): each.count for each in found}


def _plain_recommendation(each: RecommendationFacts) -> dict:
    return {
        "text": each.text,
        "addressee": each.addressee.value,
        "organisation": dict(each.organisation),
        "owner": each.owner,
        "due_on": each.due_on.isoformat() if each.due_on else None,
        "state": each.state.value,
        "overdue": each.is_overdue,
        "answer": each.answer,
        "evidence": each.evidence.plain() if each.evidence else {},
    }


def _plain_change(change: Change) -> dict:
    value: dict = {
        "key": change.question.key,
        "texts": dict(change.question.texts),
        "before": _plain_mean(change.before),
        "after": _plain_mean(change.after),
        "paired": None,
    }
    if (paired := change.paired) is not None:
        value["paired"] = {
            "n": paired.n,
            "before": round(float(paired.before), 4),
            "after": round(float(paired.after), 4),
            "difference": round(float(paired.difference), 4),
            "low": round(paired.low, 4),
            "high": round(paired.high, 4),
            "effect_d_av": None if paired.effect is None else round(paired.effect, 4),
        }
    return value


def _plain_mean(summary: Summary) -> dict | None:
    if summary.mean is None:
        return None
    return {"n": summary.n, "mean": round(float(summary.mean), 4)}


def _plain_quote(each: QuoteFacts) -> dict:
    return {
        "text": each.text,
        "session": each.session,
        "language": each.language,
        "themes": list(each.themes),
        "translations": dict(each.translations),
    }


def _plain_results(report: FeedbackReport, results: Results) -> dict:
    code = results.questionnaire.code
    return {
        "questionnaire": results.questionnaire.code,
        "about": results.questionnaire.about.value,
        "titles": dict(results.questionnaire.titles),
        "rounds": results.rounds,
        "answered": results.rate.answered,
        "invited": results.rate.invited,
        "response_percent": results.rate.percent,
        "answers_left_out": results.left_out,
        "questions": [
            plain_question(each)
            if not each.question.is_text
            else _plain_text(each, report.quotes_on(code, each.question.key))
            for each in results.questions
        ],
        "modules": [_plain_group(each) for each in results.modules],
        "sessions": [_plain_group(each) for each in results.sessions],
    }


def _plain_group(group: GroupResult) -> dict:
    return {
        "code": group.code,
        "titles": dict(group.titles),
        "answered": group.rate.answered,
        "invited": group.rate.invited,
        "hidden": group.is_hidden,
        "questions": [
            plain_question(each)
            for section in group.sections
            for each in section.questions
            if not each.question.is_text
        ],
    }


def _plain_text(result: QuestionResult, quotes: tuple[QuoteFacts, ...]) -> dict:
    return _plain_head(result) | {"n": len(quotes), "comments": [_plain_quote(e) for e in quotes]}


def _plain_head(result: QuestionResult) -> dict:
    question = result.question
    return {"key": question.key, "kind": question.kind.value, "texts": dict(question.texts)}


def plain_question(result: QuestionResult) -> dict:
    """One question's result for machines."""
    question, summary = result.question, result.summary
    value = _plain_head(result)
    if summary.is_hidden:
        return value | {"hidden": True, "n": None}
    value |= {"hidden": False, "n": summary.n, "counts": _plain_counts(result)}
    if question.not_applicable:
        value["not_applicable"] = summary.not_applicable
    if summary.mean is not None and summary.median is not None:
        value |= {"mean": round(float(summary.mean), 4), "median": float(summary.median)}
    if summary.favourable is not None:
        share = summary.favourable
        value["favourable"] = {
            "count": share.part,
            "share": round(share.value, 4),
            "low": round(share.low, 4),
            "high": round(share.high, 4),
        }
    if summary.recommendation is not None:
        score = summary.recommendation
        value["nps"] = {
            "score": round(float(score.score), 1),
            "n": score.n,
            "promoters": score.promoters,
            "passives": score.passives,
            "detractors": score.detractors,
        }
    return value


def _plain_counts(result: QuestionResult) -> dict[str, int]:
    question, counts = result.question, result.summary.counts
    if question.options:
        names = [option.key for option in question.options]
    else:
        first = 0 if question.kind is Kind.RECOMMENDATION else 1
        names = [str(first + place) for place in range(len(counts))]
    return dict(zip(names, counts, strict=True))
