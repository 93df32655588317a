"""What a device may send about a register: a list of marks as JSON."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from courseware.attendance.forms import LONGEST_NOTE, presence_from, read_clock
from courseware.attendance.report_rules import moment_on_the_day
from courseware.attendance.rules import AttendanceStatus, SessionTime
from courseware.attendance.sync_rules import NO_MARK, SentMark, SentWalkIn, waiting_time
from courseware.i18n import _, sentence
from courseware.names import clean_name, name_problem

MOST_AT_ONCE = 600
_KEY = re.compile(r"[A-Za-z0-9-]{8,40}", re.ASCII)
_ADDRESS = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)


def read_sent(payload: object, at: SessionTime, zone: ZoneInfo) -> list[SentMark | SentWalkIn]:
    """The marks in what was sent, in order; what has no key of its own was not sent by us.

    A mark that cannot be taken carries its `problem`; the others are not held up by it.
    """
    marks = payload.get("marks") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(marks, list):
        return []
    sent_at = _moment(payload.get("sent"))
    read = []
    for each in marks[:MOST_AT_ONCE]:
        if isinstance(each, dict) and _KEY.fullmatch(_text(each, "key")):
            waited = waiting_time(_moment(each.get("at")), sent_at)
            kind = _walk_in if each.get("kind") == "walk-in" else _mark
            read.append(kind(each, at, zone, waited))
    return read


def _mark(
    said: Mapping[str, Any], at: SessionTime, zone: ZoneInfo, waited: timedelta
) -> SentMark | SentWalkIn:
    enrolment, status = _text(said, "enrolment"), _text(said, "status")
    note = clean_name(_text(said, "note"))[:LONGEST_NOTE]
    presence, problem = None, ""
    if not _ADDRESS.fullmatch(enrolment):
        enrolment = "?"
    if status in set(AttendanceStatus):
        presence, problem = presence_from(
            AttendanceStatus(status),
            read_clock(_text(said, "from")),
            read_clock(_text(said, "until")),
            at,
            zone,
        )
    elif status != NO_MARK:
        problem = _("This mark says nothing that can be in a register.")
    return SentMark(
        _text(said, "key"), enrolment, presence, note, _text(said, "seen"), waited, problem
    )


def _walk_in(
    said: Mapping[str, Any], at: SessionTime, zone: ZoneInfo, waited: timedelta
) -> SentMark | SentWalkIn:
    name = clean_name(_text(said, "name"))
    came = read_clock(_text(said, "from"))
    arrived_at = moment_on_the_day(came, at, zone) if came else None
    return SentWalkIn(_text(said, "key"), name, arrived_at, waited, walk_in_problem(name))


def walk_in_problem(name: str) -> str:
    """Why somebody of this name cannot be added; empty where they can."""
    if not name:
        return _("Enter the name of who came.")
    problem = name_problem(name)
    return sentence(problem) if problem else ""


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else None
    except ValueError:
        return None
