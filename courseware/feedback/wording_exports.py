"""The words of the report that are not in its value: kinds of people, countries, short figures."""

from dataclasses import dataclass

from babel import Locale

from courseware.feedback.recommendation_rules import Addressee, Evidence, RecommendationState
from courseware.feedback.report_rules import FeedbackReport
from courseware.feedback.results_rules import Results, written
from courseware.feedback.rules import MOMENTS, About, Best, Kind, Moment
from courseware.feedback.summary_rules import ResponseRate
from courseware.i18n import _, hours, language, ngettext
from courseware.texts import choose

# What CLDR lacks for the countries of our courses.
_COUNTRIES = {
    "tg": {
        "KZ": "Қазоқистон", "TJ": "Тоҷикистон", "KG": "Қирғизистон", "UZ": "Ӯзбекистон",
        "TM": "Туркманистон", "RU": "Русия", "CN": "Чин", "DE": "Олмон", "AF": "Афғонистон",
    },
}  # fmt: skip


@dataclass(frozen=True)
class ShortFigure:
    """One large figure on the page “In short”."""

    text: str
    whole: str
    word: str
    note: str


def country(code: str) -> str:
    """The name of a country in the language of this answer."""
    tongue = language()
    ours = _COUNTRIES.get(tongue, {}).get(code)
    return ours or Locale.parse(tongue).territories.get(code) or code


def category_word(key: str) -> str:
    """What to call a category of participants; what is no word of ours is a country."""
    words = {
        "female": _("women"),
        "male": _("men"),
        "other": _("other"),
        "undisclosed": _("prefer not to say"),
        "unknown": _("not known"),
        "university": _("universities"),
        "college": _("colleges"),
        "company": _("companies"),
        "public_body": _("public bodies"),
        "association": _("associations"),
    }
    return words.get(key) or country(key)


def addressee(who: Addressee) -> str:
    """Who a recommendation is for."""
    return {
        Addressee.PARTNER: _("partner"),
        Addressee.COMPANY: _("company"),
        Addressee.MINISTRY: _("ministry"),
    }[who]


def recommendation_state(state: RecommendationState) -> str:
    """How far a recommendation is, in a word or two."""
    return {
        RecommendationState.OPEN: _("open"),
        RecommendationState.UNDER_WAY: _("under way"),
        RecommendationState.DONE: _("done"),
        RecommendationState.DROPPED: _("dropped"),
    }[state]


def evidence(found: Evidence) -> str:
    """The figure that a recommendation stands on: “Practice: 3.1 of 5 (n = 19)”."""
    if not found.is_figure:
        return ""
    figure = _(
        "%(mean)s of %(points)s (n = %(n)s)",
        mean=written(found.mean, 1, language()),
        points=found.points,
        n=found.n,
    )
    titles = [choose(dict(each or {}), language()) for each in (found.titles, found.group_titles)]
    return ": ".join([" · ".join(filter(None, titles)), figure])


def title_of(results: Results) -> str:
    """What a questionnaire is called; where it was put twice, with the moment."""
    title = choose(dict(results.questionnaire.titles), language())
    if len(MOMENTS[results.questionnaire.about]) == 1:
        return title
    moments = {
        Moment.BEFORE: _("before the course"),
        Moment.AFTER: _("after the course"),
        Moment.FOLLOW_UP: _("months later"),
    }
    return f"{title}, {moments.get(results.moment, results.moment.value)}"


def rate_sentence_of(rate: ResponseRate) -> str:
    """How many of how many answered, in words."""
    if rate.percent is None:
        return ngettext("%(num)s answer.", "%(num)s answers.", rate.answered)
    return _(
        "%(answered)s of %(invited)s answered (%(percent)s %%).",
        answered=rate.answered,
        invited=rate.invited,
        percent=rate.percent,
    )


def took_part(report: FeedbackReport) -> str:
    """Who took part, in one sentence."""
    people = report.participation
    said = [ngettext("%(num)s participant", "%(num)s participants", people.participants)]
    if people.organisations:
        said.append(
            ngettext(
                "from %(num)s organisation", "from %(num)s organisations", people.organisations
            )
        )
    sessions = ngettext("%(num)s session held", "%(num)s sessions held", report.sessions_held)
    trainers = ngettext("%(num)s trainer", "%(num)s trainers", report.trainers)
    return " ".join(said) + f"; {sessions}, {trainers}."


def short_figures(report: FeedbackReport) -> list[ShortFigure]:
    """Up to four figures that say the most: answers, satisfaction, recommendation, hours."""
    tongue, found = language(), []
    course = next((r for r in report.results if r.questionnaire.about is About.COURSE), None)
    if course is not None:
        found += _of_course(course, tongue)
    hour = report.hours.hour
    if report.hours.planned:
        found.append(
            ShortFigure(
                hours(report.hours.delivered, hour),
                _("of %(hours)s h", hours=hours(report.hours.planned, hour)),
                _("delivered"),
                _("academic hours of %(minutes)s minutes", minutes=hour),
            )
        )
    return found[:4]


def _of_course(course: Results, tongue: str) -> list[ShortFigure]:
    found = []
    rate = course.rate
    if rate.percent is not None:
        note = _("%(answered)s of %(invited)s", answered=rate.answered, invited=rate.invited)
        found.append(ShortFigure(f"{rate.percent} %", "", _("answered"), note))
    else:
        found.append(ShortFigure(str(rate.answered), "", _("answers"), _("invited: not known")))
    rated = next(
        (
            each
            for each in course.questions
            if each.question.kind is Kind.SCALE
            and each.question.best is Best.HIGH
            and each.summary.mean is not None
        ),
        None,
    )
    if rated is not None:
        found.append(
            ShortFigure(
                written(rated.summary.mean, 1, tongue),
                _("of %(points)s", points=rated.question.points),
                choose(dict(rated.question.title), tongue),
                f"n = {rated.summary.n}",
            )
        )
    score = next((each for each in course.questions if each.summary.recommendation), None)
    if score is not None and score.summary.recommendation is not None:
        found.append(
            ShortFigure(
                written(score.summary.recommendation.score, 1, tongue),
                "NPS",
                _("recommendation score"),
                f"n = {score.summary.n}",
            )
        )
    return found
