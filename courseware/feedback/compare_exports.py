"""A comparison as a spreadsheet: one row for each group and question."""

from collections.abc import Iterable

from courseware.feedback.compare_rules import By, Change, Comparison
from courseware.i18n import _, language
from courseware.tables import Cell, Sheet, write_csv, write_xlsx
from courseware.texts import choose

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def write_comparison(found: Comparison, kind: str, title: str) -> bytes:
    """The comparison as csv or xlsx, in the language of this answer."""
    if kind == "csv":
        return write_csv(_heads(), _rows(found))
    return write_xlsx(
        Sheet(_("Compare"), _heads(), list(_rows(found)), intro=[title], frozen_columns=2)
    )


def _heads() -> list[str]:
    return [
        _("Code"), _("Title"), _("Answers"), _("Invited"), _("Section"), _("Question"), "n",
        _("Mean"), _("Points"), _("Median"), _("Favourable, share"), _("Interval, low"),
        _("Interval, high"), _("Under the limit"), _("Against the cohort before"),
    ]  # fmt: skip


def _rows(found: Comparison) -> Iterable[list[Cell]]:
    words = {Change.HIGHER: _("higher"), Change.LOWER: _("lower"), Change.ALIKE: _("much the same")}
    lines = found.lines + ((found.total,) if found.total else ())
    for line in lines:
        names: list[Cell] = [
            "" if found.by is By.TRAINERS else line.code,
            _("All together") if line is found.total else choose(line.titles, language()),
            line.rate.answered,
            line.rate.invited,
        ]
        for column, cell in zip(found.columns, line.cells, strict=True):
            asked: list[Cell] = [
                choose(column.section, language()),
                choose(column.question.title, language()),
            ]
            summary = cell.summary
            if summary is None or summary.mean is None:
                hidden = summary is not None and summary.is_hidden
                yield [*names, *asked, _("fewer than five") if hidden else 0, *[None] * 8]
                continue
            share = summary.favourable
            yield [
                *names,
                *asked,
                summary.n,
                round(float(summary.mean), 4),
                column.question.points or 10,
                float(summary.median) if summary.median is not None else None,
                round(share.value, 4) if share else None,
                round(share.low, 4) if share else None,
                round(share.high, 4) if share else None,
                _("yes") if cell.is_low else _("no"),
                words[cell.change] if cell.change else None,
            ]
