"""Results in a few sentences: how many answered, what is best and lowest, and what has changed."""

from courseware.feedback.results_rules import QuestionResult, Results, written
from courseware.feedback.rules import Best, Kind
from courseware.feedback.summary_rules import ResponseRate, differ, goodness
from courseware.messages import N_, Message
from courseware.texts import choose


def headline(
    results: Results, language: str, earlier: Results | None = None
) -> tuple[Message, ...]:
    """The results in two to four sentences; against those of an `earlier` cohort where given."""
    said = [rate_sentence(results.rate)]
    rated = [
        each
        for each in results.questions
        if each.question.kind is Kind.SCALE
        and each.question.best is Best.HIGH
        and each.summary.mean is not None
    ]
    rated.sort(key=lambda each: -(goodness(each.question, each.summary) or 0))
    if rated:
        said.append(_rated(N_("Rated highest: “%(question)s”, %(mean)s of %(points)s (n = %(n)s)."),
                           rated[0], language))  # fmt: skip
    if len(rated) > 2:
        said.append(_lowest(rated[-1], language, earlier))
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


def _lowest(result: QuestionResult, language: str, earlier: Results | None) -> Message:
    before = earlier.summary(result.question.key) if earlier else None
    template = N_("Rated lowest: “%(question)s”, %(mean)s of %(points)s (n = %(n)s).")
    if before is None or before.mean is None or len(before.counts) != result.question.points:
        return _rated(template, result, language)
    if not differ(result.summary, before):
        template = N_("Rated lowest: “%(question)s”, %(mean)s of %(points)s (n = %(n)s): "
                      "much as in the last cohort (%(before)s).")  # fmt: skip
    elif result.summary.mean is not None and result.summary.mean < before.mean:
        template = N_("Rated lowest: “%(question)s”, %(mean)s of %(points)s (n = %(n)s): "
                      "lower than in the last cohort (%(before)s).")  # fmt: skip
    else:
        template = N_("Rated lowest: “%(question)s”, %(mean)s of %(points)s (n = %(n)s): "
                      "higher than in the last cohort (%(before)s).")  # fmt: skip
    return _rated(template, result, language, before=written(before.mean, 1, language))


def _rated(template: str, result: QuestionResult, language: str, **more: str) -> Message:
    return Message(
        template,
        question=choose(dict(result.question.title), language),
        mean=written(result.summary.mean, 1, language),
        points=result.question.points,
        n=result.summary.n,
        **more,
    )
