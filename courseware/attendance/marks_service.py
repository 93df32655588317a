"""Which entries count: the marks in force, chosen by the database, and where people disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
    cast,
    func,
    not_,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql import Select

from courseware.attendance.models import AttendanceImport, AttendanceMark
from courseware.attendance.rules import (
    ANSWERING,
    PLAIN,
    STRENGTH,
    AttendanceStatus,
    ImportState,
    Interval,
    MarkSource,
    Minutes,
    Presence,
    Statement,
    disagreement,
)
from courseware.db import db


@dataclass(frozen=True, slots=True)
class MarkInForce:
    """The mark that counts in one cell, with how it came about. A mark taken back is none."""

    presence: Presence
    source: MarkSource
    note: str
    marked_at: datetime
    marked_by_id: int | None


def marks_in_force(*where: ColumnElement[bool]) -> dict[tuple[int, int], MarkInForce]:
    """The marks that count, by session and enrolment; chosen by the database in one pass."""
    # Ranked without what else an entry says: sorting whole rows takes twice as long on SQLite.
    ranked = ranked_entries(*where).subquery()
    rows = db.session.execute(
        select(
            AttendanceMark.training_session_id,
            AttendanceMark.enrolment_id,
            AttendanceMark.status,
            AttendanceMark.arrived_at,
            AttendanceMark.left_at,
            AttendanceMark.intervals,
            AttendanceMark.minutes,
            AttendanceMark.source,
            AttendanceMark.note,
            AttendanceMark.marked_at,
            AttendanceMark.marked_by_id,
        )
        .join(ranked, ranked.c.id == AttendanceMark.id)
        .where(ranked.c.place == 1, AttendanceMark.status.is_not(None))
    )
    return {
        (session_id, enrolment_id): MarkInForce(
            presence_of(status, arrived_at, left_at, intervals, minutes),
            source,
            note,
            marked_at,
            marked_by_id,
        )
        for (
            session_id,
            enrolment_id,
            status,
            arrived_at,
            left_at,
            intervals,
            minutes,
            source,
            note,
            marked_at,
            marked_by_id,
        ) in rows
    }


def presences_in_force(*where: ColumnElement[bool]) -> dict[int, dict[int, Presence]]:
    """What counts, by enrolment and session, for whoever asks nothing else of a mark.

    Most marks say one word. Those of a participant come as one text: a row for each takes half as
    long again to read. The few with times of their own are read beside them.
    """
    said = case(
        (_says_one_word(), cast(AttendanceMark.status, String)),
        else_=cast(AttendanceMark.id, String),
    )
    ranked = ranked_entries(*where).add_columns(said.label("said")).subquery()
    its = cast(ranked.c.training_session_id, String) + ":" + ranked.c.said
    rows = db.session.execute(
        select(ranked.c.enrolment_id, func.aggregate_strings(its, " "))
        .where(ranked.c.place == 1, ranked.c.status.is_not(None))
        .group_by(ranked.c.enrolment_id)
    ).all()
    # Read after them: entries are only ever added, so each that counts is among these.
    timed = {
        id: presence_of(status, arrived_at, left_at, intervals, minutes)
        for id, status, arrived_at, left_at, intervals, minutes in db.session.execute(
            select(
                AttendanceMark.id,
                AttendanceMark.status,
                AttendanceMark.arrived_at,
                AttendanceMark.left_at,
                AttendanceMark.intervals,
                AttendanceMark.minutes,
            ).where(*where, AttendanceMark.status.is_not(None), not_(_says_one_word()))
        )
    }
    plain = {str(status): presence for status, presence in PLAIN.items()}
    found: dict[int, dict[int, Presence]] = {}
    for enrolment_id, text in rows:
        by_session = found[enrolment_id] = {}
        for part in text.split():
            session_id, _colon, word = part.partition(":")
            by_session[int(session_id)] = plain.get(word) or timed[int(word)]
    return found


def _says_one_word() -> ColumnElement[bool]:
    """Whether an entry says no more than its status (`presence_of`)."""
    return and_(
        AttendanceMark.status.in_(PLAIN),
        AttendanceMark.intervals.is_(null()),
        AttendanceMark.minutes.is_(None),
    )


def ranked_entries(*where: ColumnElement[bool]) -> Select[Any]:
    """Entries with their `place` in their cell: 1 is the one in force (`rules.mark_in_force`)."""
    place = func.row_number().over(
        partition_by=(AttendanceMark.training_session_id, AttendanceMark.enrolment_id),
        order_by=(
            AttendanceMark.status.is_(None),
            case(
                *((AttendanceMark.source == source, rank) for source, rank in STRENGTH.items())
            ).desc(),
            AttendanceMark.marked_at.desc(),
            AttendanceMark.id.desc(),
        ),
    )
    return select(
        AttendanceMark.id,
        AttendanceMark.training_session_id,
        AttendanceMark.enrolment_id,
        AttendanceMark.status,
        place.label("place"),
    ).where(*where, is_not_withdrawn(), not_(_is_taken_back()))


def _is_taken_back() -> ColumnElement[bool]:
    """Whether a later entry takes back what was said in a cell."""
    later = aliased(AttendanceMark)
    return (
        select(later.id)
        .where(
            later.status.is_(None),
            later.training_session_id == AttendanceMark.training_session_id,
            later.enrolment_id == AttendanceMark.enrolment_id,
            tuple_(later.marked_at, later.id) > tuple_(AttendanceMark.marked_at, AttendanceMark.id),
        )
        .exists()
    )


def is_not_withdrawn() -> ColumnElement[bool]:
    """Entries of an import that was withdrawn stay in the history and count no longer."""
    withdrawn = select(AttendanceImport.id).where(AttendanceImport.state == ImportState.WITHDRAWN)
    return or_(AttendanceMark.import_id.is_(None), AttendanceMark.import_id.not_in(withdrawn))


def presence_of(
    status: AttendanceStatus,
    arrived_at: datetime | None,
    left_at: datetime | None,
    intervals: Sequence[Sequence[str]] | None,
    minutes: Minutes | None,
) -> Presence:
    """What the columns of an entry say."""
    if intervals is None and minutes is None and (plain := PLAIN.get(status)):
        return plain
    return Presence(
        status,
        arrived_at=arrived_at,
        left_at=left_at,
        intervals=tuple(
            Interval(datetime.fromisoformat(start), datetime.fromisoformat(end))
            for start, end in intervals or ()
        ),
        reported_minutes=minutes,
        times_known=minutes is None,
    )


def disagreements(*where: ColumnElement[bool]) -> dict[tuple[int, int], tuple[Statement, ...]]:
    """What contradicts what (`rules.disagreement`), by session and enrolment.

    One query where nobody does, else two.
    """
    cell = (AttendanceMark.training_session_id, AttendanceMark.enrolment_id)
    counted = (*where, is_not_withdrawn())
    who = case(
        (AttendanceMark.source.in_(ANSWERING), func.coalesce(AttendanceMark.marked_by_id, 0))
    )
    notices = func.count().filter(AttendanceMark.source == MarkSource.NOTICE)
    is_absent = AttendanceMark.status == AttendanceStatus.ABSENT
    absences = func.count().filter(is_absent)
    is_away = AttendanceMark.status.in_([AttendanceStatus.ABSENT, AttendanceStatus.EXCUSED])
    away_since = func.min(AttendanceMark.marked_at).filter(is_away)
    checked_in = func.max(AttendanceMark.marked_at).filter(
        AttendanceMark.source == MarkSource.CHECK_IN
    )
    voices = (*ANSWERING, MarkSource.NOTICE, MarkSource.CHECK_IN)
    # Few cells have two voices: only theirs are read, and mostly there are none.
    voiced = {
        (session_id, enrolment_id)
        for session_id, enrolment_id in db.session.execute(
            select(*cell)
            .where(*counted, or_(AttendanceMark.source.in_(voices), is_absent))
            .group_by(*cell)
            .having(
                or_(
                    func.min(who) != func.max(who),
                    and_(notices > 0, absences > 0),
                    checked_in > away_since,
                )
            )
        )
    }
    if not voiced:
        return {}
    rows = db.session.execute(
        select(
            *cell,
            AttendanceMark.id,
            AttendanceMark.source,
            AttendanceMark.marked_at,
            AttendanceMark.marked_by_id,
            AttendanceMark.status,
            AttendanceMark.arrived_at,
            AttendanceMark.left_at,
            AttendanceMark.intervals,
            AttendanceMark.minutes,
            AttendanceMark.settles,
            AttendanceMark.note,
        ).where(
            *counted,
            AttendanceMark.training_session_id.in_({session_id for session_id, _ in voiced}),
            AttendanceMark.enrolment_id.in_({enrolment_id for _, enrolment_id in voiced}),
        )
    )
    said: dict[tuple[int, int], list[Statement]] = {}
    for row in rows:
        if (row.training_session_id, row.enrolment_id) not in voiced:
            continue
        presence = None
        if row.status is not None:
            presence = presence_of(
                row.status, row.arrived_at, row.left_at, row.intervals, row.minutes
            )
        said.setdefault((row.training_session_id, row.enrolment_id), []).append(
            Statement(
                row.id, row.source, row.marked_at, row.marked_by_id, presence, row.settles, row.note
            )
        )
    found = {place: disagreement(statements) for place, statements in said.items()}
    return {place: statements for place, statements in found.items() if statements}
