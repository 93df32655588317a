"""The report as a PDF: tagged, in one language or in two side by side."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import force_locale

from courseware.feedback.chapter_exports import document
from courseware.feedback.document_rules import plain_document
from courseware.feedback.report_rules import FeedbackReport
from courseware.typesetting import printable, typeset


def report_as_pdf(
    report: FeedbackReport, languages: Sequence[str], step_is_done: Callable[[], None]
) -> bytes:
    """The report as a tagged PDF (PDF/UA-1)."""
    value = report_value(report, languages, step_is_done)
    return typeset(_template(), value, made_at=report.made_at)


def report_value(
    report: FeedbackReport,
    languages: Sequence[str],
    step_is_done: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """What the template sets: plain values with texts that our fonts have."""
    documents = []
    for each in languages:
        with force_locale(each):
            documents.append(document(report))
        step_is_done()
    found: dict[str, Any] = _printable(plain_document(documents))
    return found


def _template() -> Path:
    return Path(str(current_app.template_folder)) / "feedback" / "report.typ"


def _printable(value: Any, name: str = "") -> Any:
    if isinstance(value, str):
        return value if name == "svg" else printable(value)
    if isinstance(value, dict):
        return {key: _printable(each, key) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(each) for each in value]
    return value
