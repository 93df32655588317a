"""What lies on the import desk of a cohort: questions, files to review, what was imported."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import defer, joinedload

from courseware.accounts.models import User
from courseware.attendance import import_service
from courseware.attendance.alias_service import People, people_of
from courseware.attendance.desk_service import DATES, SESSION, span_of
from courseware.attendance.matching_rules import MatchedBy
from courseware.attendance.models import AttendanceImport
from courseware.attendance.moment_rules import DateOrder
from courseware.attendance.report_rules import SHEETS, report_from_json
from courseware.attendance.rules import ImportState
from courseware.cohorts.models import Cohort
from courseware.db import db

MOST_LISTED = 200


@dataclass(frozen=True)
class Reading:
    """One way to read the dates of a file, and the sessions that it would be for."""

    order: DateOrder
    day: date
    codes: tuple[str, ...]


@dataclass(frozen=True)
class DeskLine:
    """One file for one session, as the desk shows it."""

    kept: AttendanceImport
    names: int
    unknown: int
    is_known: bool
    when: str
    offered: tuple[int, ...]
    """The sessions that its times would fit, where a person has to choose."""
    clock: int | None = None
    """On which other clock, in minutes ahead of UTC, the file would fit its session."""


@dataclass(frozen=True)
class DatesQuestion:
    """Files that were dropped together and whose dates can be read in two ways."""

    desk: str
    files: tuple[str, ...]
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Desk:
    """Everything on the import desk of a cohort."""

    dates: tuple[DatesQuestion, ...]
    sessions: tuple[DeskLine, ...]
    review: tuple[DeskLine, ...]
    done: tuple[AttendanceImport, ...]

    @property
    def clear(self) -> tuple[DeskLine, ...]:
        """The files whose every name is known, and of which no other is of the same session.

        Of two reports of one meeting somebody has to say whether they are to be joined.
        """
        meetings = Counter(
            line.kept.training_session_id for line in self.review if line.kept.kind not in SHEETS
        )
        return tuple(
            line
            for line in self.review
            if line.is_known
            and (line.kept.kind in SHEETS or meetings[line.kept.training_session_id] == 1)
        )


def accept_clear(cohort: Cohort, *, by: User | None, now: datetime) -> tuple[int, int]:
    """Accept every file on the desk in which each name is known: files, marks."""
    lines = read_desk(cohort).clear
    marks = 0
    for line in lines:
        review = import_service.accept_import(line.kept, {}, by=by, now=now)
        marks += len(review.marks)
    return len(lines), marks


def read_desk(cohort: Cohort) -> Desk:
    """Everything on the desk, in a constant number of queries."""
    listed = (
        select(AttendanceImport)
        .where(AttendanceImport.cohort_id == cohort.id)
        .options(
            joinedload(AttendanceImport.training_session),
            joinedload(AttendanceImport.uploaded_by),
            joinedload(AttendanceImport.withdrawn_by),
            defer(AttendanceImport.content),
        )
    )
    waiting = db.session.scalars(
        listed.where(AttendanceImport.state.in_([ImportState.ASKING, ImportState.REVIEW])).order_by(
            AttendanceImport.id
        )
    ).all()
    done = db.session.scalars(
        listed.where(AttendanceImport.state.in_([ImportState.ACCEPTED, ImportState.WITHDRAWN]))
        .options(defer(AttendanceImport.report))
        .order_by(AttendanceImport.uploaded_at.desc(), AttendanceImport.id.desc())
        .limit(MOST_LISTED)
    ).all()
    people = people_of(cohort) if waiting else None
    asked = [each for each in waiting if each.state is ImportState.ASKING]
    return Desk(
        dates=_dates_questions(each for each in asked if each.report.get("asks") == DATES),
        sessions=tuple(
            DeskLine(
                kept=each,
                names=0,
                unknown=0,
                is_known=False,
                when=each.report.get("when", ""),
                offered=tuple(each.report.get("offered", ())),
                clock=each.report.get("clock"),
            )
            for each in asked
            if each.report.get("asks") == SESSION
        ),
        review=tuple(
            _review_line(each, people)
            for each in waiting
            if each.state is ImportState.REVIEW and people is not None
        ),
        done=tuple(done),
    )


def _dates_questions(asked: Iterable[AttendanceImport]) -> tuple[DatesQuestion, ...]:
    drops: dict[str, list[AttendanceImport]] = {}
    for each in asked:
        drops.setdefault(each.desk, []).append(each)
    return tuple(
        DatesQuestion(
            desk,
            tuple(each.file_name for each in files),
            tuple(_reading(order, files) for order in DateOrder),
        )
        for desk, files in drops.items()
    )


def _reading(order: DateOrder, files: Sequence[AttendanceImport]) -> Reading:
    kept: list[Mapping[str, list[str]]] = [each.report["readings"] for each in files]
    codes = dict.fromkeys(code for readings in kept for code in readings[order][1:])
    return Reading(order, date.fromisoformat(kept[0][order][0]), tuple(codes))


def _review_line(kept: AttendanceImport, people: People) -> DeskLine:
    report = report_from_json(kept.report)
    directory = people.directory()
    unknown = sum(
        1
        for person in report.people
        if directory.match(person.name, person.email, suggest=False).by is MatchedBy.UNKNOWN
    )
    return DeskLine(
        kept=kept,
        names=len(report.people),
        unknown=unknown,
        is_known=not unknown,
        when=span_of(report),
        offered=(),
    )
