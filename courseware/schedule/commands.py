"""courseware schedule import, courseware sessions."""

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup, with_appcontext

from courseware import clock
from courseware.cli import answer, json_option
from courseware.cohorts.models import Cohort
from courseware.cohorts.service import find_cohort_by_code
from courseware.db import db
from courseware.errors import Refused
from courseware.hours import written_hours
from courseware.messages import Message
from courseware.schedule import planning_service, service
from courseware.schedule.models import TrainingSession

schedule = AppGroup("schedule", help="Sessions of a cohort from a spreadsheet.")


def _cohort(code: str) -> Cohort:
    found = find_cohort_by_code(code)
    if found is None:
        raise Refused(Message("There is no cohort “%(code)s”.", code=code))
    return found


@schedule.command("import")
@click.argument("cohort")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def import_file(cohort: str, file: Path, as_json: bool) -> None:
    """Take the sessions in FILE (.xlsx or .csv) into COHORT, all of them or none."""
    subject = _cohort(cohort)
    sheet = planning_service.read_for(subject, file.read_bytes(), file.name)
    verdicts = planning_service.import_schedule(subject, sheet.sessions, by=None, now=clock.now())
    db.session.commit()
    counts = {
        kind: sum(verdict.verdict == kind for verdict in verdicts)
        for kind in ("new", "changed", "same")
    }
    warnings = service.warnings_of(subject, service.list_sessions(subject))
    lines = [
        f"{subject.code}: {counts['new']} sessions new, {counts['changed']} changed, "
        f"{counts['same']} unchanged.",
        *(str(remark) for remark in sheet.remarks),
        *(f"Warning: {warning.sentence}" for warning in warnings),
    ]
    value = {
        **counts,
        "remarks": [str(remark) for remark in sheet.remarks],
        "warnings": [
            {"kind": warning.kind, "sessions": warning.sessions, "text": str(warning.sentence)}
            for warning in warnings
        ],
    }
    answer("\n".join(lines), value, as_json)


@click.command("sessions")
@click.argument("cohort")
@json_option
@with_appcontext
def sessions(cohort: str, as_json: bool) -> None:
    """List the sessions of COHORT in its own time zone."""
    subject = _cohort(cohort)
    found = service.list_sessions(subject)
    zone = ZoneInfo(subject.timezone)
    hour = subject.programme.academic_hour_minutes
    lines = [f"{subject.code}, times in {subject.timezone}"]
    for one in found:
        starts, ends = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
        lines.append(
            f"{one.code:<6} {starts:%a %d %b %Y  %H:%M}–{ends:%H:%M}  {one.module.code:<4} "
            f"{written_hours(one.contact_minutes, hour):>5} h  "
            f"{one.title or one.module.titles.get('en', '')}"
            + (f" (held {written_hours(one.delivered_minutes, hour)} h: {one.actual_reason})"
               if one.actual_reason else "")
        )  # fmt: skip
    scheduled = sum(one.contact_minutes for one in found)
    planned = subject.programme.promised_minutes
    lines.append(
        f"{len(found)} sessions, {written_hours(scheduled, hour)} of "
        f"{written_hours(planned, hour)} academic hours of {hour} minutes."
    )
    value = {
        "cohort": subject.code,
        "timezone": subject.timezone,
        "academic_hour_minutes": hour,
        "planned_minutes": planned,
        "scheduled_minutes": scheduled,
        "sessions": [_as_value(one, zone) for one in found],
    }
    answer("\n".join(lines), value, as_json)


def _as_value(one: TrainingSession, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "code": one.code,
        "module": one.module.code,
        "title": one.title,
        "starts_at": one.starts_at.astimezone(zone).isoformat(),
        "ends_at": one.ends_at.astimezone(zone).isoformat(),
        "contact_minutes": one.contact_minutes,
        "delivered_minutes": one.delivered_minutes,
        "reason": one.actual_reason,
        "venues": [each.venue.as_typed for each in one.venues],
        "link": one.link,
        "lead": one.lead.email if one.lead else None,
        "co_trainers": [user.email for user in one.co_trainers],
    }


commands = [schedule, sessions]
