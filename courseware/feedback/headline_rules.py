"""Results in a few sentences: how many answered, what is best and lowest, and what has changed."""

from courseware.feedback.results_rules import QuestionResult, Results, written
from courseware.feedback.rules import Best, Kind
from courseware.feedback.skills_rules import Skills
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


def alike_sentence(results: Results) -> Message | None:
    """How many rated everything alike, which may mean that they did not read the questions."""
    share = results.alike
    if share is None or not share.part:
        return None
    return Message(
        N_("%(part)s of %(whole)s gave the same rating to every question (%(percent)s %%). "
           "Perhaps they did not read them."),
        part=share.part,
        whole=share.whole,
        percent=written(100 * share.value, 0, "en"),
    )  # fmt: skip


def skills_sentences(skills: Skills, language: str) -> tuple[Message, ...]:
    """How much the same people changed, in one or two sentences."""
    paired = [(each.question, each.paired) for each in skills.changes if each.paired is not None]
    if not paired:
        return (Message(N_("Fewer than five people can be compared with themselves.")),)
    clearly = sum(1 for _, each in paired if each.low > 0)
    said = [
        Message(
            N_("In %(part)s of %(whole)s outcomes the same people rate themselves clearly higher "
               "after the course than before."),
            part=clearly,
            whole=len(paired),
        )
    ]  # fmt: skip
    question, most = max(paired, key=lambda each: each[1].difference)
    if most.difference > 0:
        said.append(
            Message(
                N_("They gained most in “%(question)s”: %(change)s points (n = %(n)s)."),
                question=choose(dict(question.title), language),
                change=written(most.difference, 1, language),
                n=most.n,
            )
        )
    return tuple(said)


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
