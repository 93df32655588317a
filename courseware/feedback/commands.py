"""Commands about feedback: answers in, the report out."""

from pathlib import Path

import click
from flask.cli import AppGroup

from courseware import clock
from courseware.cli import answer, json_option
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort_by_code
from courseware.db import db
from courseware.errors import BadInput, Refused
from courseware.feedback import closing_service, exports, questionnaire_service, report_service
from courseware.feedback.imports import import_answers
from courseware.feedback.models import Questionnaire
from courseware.feedback.questionnaire_imports import read_questionnaire
from courseware.messages import Message
from courseware.texts import LANGUAGES

feedback = AppGroup("feedback", help="Answers of participants, and the report made from them.")


def _find(code: str) -> Cohort:
    found = find_cohort_by_code(code)
    if found is None:
        raise Refused(Message("There is no cohort with the code “%(code)s”.", code=code))
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(
            [Message("%(path)s cannot be read: %(why)s.", path=path, why=error.strerror)]
        ) from None


def _questionnaire(cohort: Cohort, named: str) -> Questionnaire:
    now = clock.now()
    if named.lower().endswith((".yaml", ".yml")):
        questions = read_questionnaire(_read(Path(named)))
        return questionnaire_service.save_questionnaire(
            cohort.programme, questions, by=None, now=now
        )
    return questionnaire_service.take_questionnaire(cohort.programme, named, by=None, now=now)


@feedback.command("import")
@click.argument("cohort")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--questionnaire", required=True, help="Its code, or its YAML file.")
@click.option("--session", default="", help="The session that all rows are about.")
@click.option("--invited", type=click.IntRange(1), help="How many people were asked.")
@json_option
def import_command(
    cohort: str, file: Path, questionnaire: str, session: str, invited: int | None, as_json: bool
) -> None:
    """Take the answers in FILE (.csv or .xlsx), one row a response, all or nothing."""
    found = _find(cohort)
    asked = _questionnaire(found, questionnaire)
    done = import_answers(
        found, asked, _read(file), file.name,
        session=session, invited=invited, by=None, now=clock.now(),
    )  # fmt: skip
    db.session.commit()
    lines = [
        f"{file.name} was imported before. Nothing was changed."
        if done.is_repeat
        else f"{done.responses} responses to “{asked.code}” are imported."
    ]
    if done.empty_rows:
        lines.append(f"{done.empty_rows} rows without any answer were left out.")
    if done.unused_columns:
        lines.append("Columns not read: " + ", ".join(done.unused_columns) + ".")
    answer(
        "\n".join(lines),
        {
            "cohort": found.code,
            "questionnaire": asked.code,
            "responses": done.responses,
            "rounds": len(done.rounds),
            "empty_rows": done.empty_rows,
            "unused_columns": list(done.unused_columns),
            "imported_before": done.is_repeat,
        },
        as_json,
    )


@feedback.command("report")
@click.argument("cohort")
@click.option(
    "--output", required=True, type=click.Path(path_type=Path), help="A .pdf, .xlsx or .json file."
)
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--beside", type=click.Choice(LANGUAGES), help="A second language, in a PDF.")
@json_option
def report_command(
    cohort: str, output: Path, language: str, beside: str | None, as_json: bool
) -> None:
    """Write the feedback report of COHORT."""
    kind = output.suffix.lower().removeprefix(".")
    if kind not in exports.KINDS:
        raise Refused(
            Message(
                "The report is written as .pdf, .xlsx or .json, not “%(kind)s”.", kind=output.suffix
            )
        )
    report = report_service.read_report(_find(cohort), now=clock.now())
    two = beside is not None and beside != language and kind == "pdf"
    data = exports.make_report(report, kind, f"{language}+{beside}" if two else language)
    try:
        output.write_bytes(data)
    except OSError as error:
        raise Refused(
            Message("%(path)s cannot be written: %(why)s.", path=output, why=error.strerror)
        ) from None
    answered = {each.questionnaire.code: each.rate.answered for each in report.results}
    said = ", ".join(f"{code} n = {n}" for code, n in answered.items()) or "no answers yet"
    answer(
        f"{output} is written ({len(data) // 1024} kB): {said}.",
        {"output": str(output), "bytes": len(data), "language": language, "answered": answered},
        as_json,
    )


@feedback.command("close")
@json_option
def close_command(as_json: bool) -> None:
    """Close every round whose time is over, so that its results can be read."""
    now = clock.now()
    due = closing_service.list_rounds_to_close(now=now)
    for asked in due:
        closing_service.close_round(asked, by=None, now=now)
    db.session.commit()
    if due:
        closing_service.sweep_traces()
    answer(f"{len(due)} rounds are closed.", {"closed": len(due)}, as_json)


commands = [feedback]
