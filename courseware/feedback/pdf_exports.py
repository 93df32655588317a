"""The report as a PDF: tagged, in the language in force."""

from typing import Any

from flask import render_template

from courseware.documents import write_pdf
from courseware.feedback import wording_exports
from courseware.feedback.headline_rules import headline
from courseware.feedback.report_rules import FeedbackReport
from courseware.i18n import language, sentence


def report_as_pdf(report: FeedbackReport) -> bytes:
    """The report as a tagged PDF (PDF/UA-1), in the language in force."""
    return write_pdf(report_page(report), render_template("feedback/report.css"))


def report_page(report: FeedbackReport) -> str:
    """The report as HTML, before it is laid out."""
    tongue = language()

    def sentences_of(results: Any) -> list[str]:
        return [sentence(said) for said in headline(results, tongue)]

    first = report.results[0] if report.results else None
    return render_template(
        "feedback/report.html",
        report=report,
        headlines=sentences_of(first) if first else [],
        sentences_of=sentences_of,
        short_figures=wording_exports.short_figures(report),
        took_part=wording_exports.took_part(report),
        country=wording_exports.country,
        rate_of=wording_exports.rate_sentence_of,
        has_comments=any(each.comments for r in report.results for each in r.questions),
    )
