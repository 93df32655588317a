"""Whether a report is of the session that it is brought for, and the part of it that is."""

from zoneinfo import ZoneInfo

from courseware.attendance.imports import read_reports
from courseware.attendance.moment_rules import DateOrder
from courseware.attendance.proposal_rules import (
    Slot,
    bounds_of,
    clock_name,
    fits,
    fitting_offset,
)
from courseware.attendance.report_rules import MeetingReport, joined, outside_session, touches
from courseware.attendance.service import time_of, zone_of
from courseware.errors import BadInput
from courseware.messages import N_, Message
from courseware.schedule.models import TrainingSession

NOTHING_CHANGED = N_("Nothing was imported.")


def read_for_session(
    training_session: TrainingSession,
    data: bytes,
    file_name: str,
    *,
    order: DateOrder | None = None,
) -> MeetingReport:
    """What a file says about one session; of a file about several, the part about this one.

    Raises BadInput, or AmbiguousDates where no reading falls on the day of the session.
    """
    zone = zone_of(training_session)
    day = training_session.starts_at.astimezone(zone).date()
    reports = read_reports(data, file_name, on=day, order=order, zone=zone)
    if len(reports) == 1:
        return reports[0]
    slot = Slot(training_session.id, training_session.code, time_of(training_session))
    best = [(found[0].seconds, each) for each in reports if (found := fits(each, [slot], zone))]
    if not best:
        raise BadInput(
            [
                Message(
                    N_(
                        "“%(file)s” is about several sessions, and none of them is %(code)s "
                        "(%(day)s)."
                    ),
                    file=file_name,
                    code=training_session.code,
                    day=day.isoformat(),
                ),
                NOTHING_CHANGED,
            ]
        )
    _most, report = max(best, key=lambda each: each[0])
    for _seconds, other in best:
        # Groups of one session have a column each.
        if other is not report and other.started and other.started == report.started:
            report = joined(report, other)
    return report


def refuse_another_meeting(training_session: TrainingSession, report: MeetingReport) -> None:
    """Raise BadInput when a report is of another time than the session."""
    time, zone = time_of(training_session), zone_of(training_session)
    if touches(report, time, zone):
        return
    wrong = [_another_meeting(training_session, report, zone)]
    slot = Slot(training_session.id, training_session.code, time)
    elsewhere = fitting_offset(report, [slot], zone)
    if elsewhere is not None:
        wrong.append(
            Message(
                N_(
                    "On the clock %(clock)s it would be this session. Bring the file to the "
                    "import desk, where its clock can be chosen."
                ),
                clock=clock_name(elsewhere.minutes),
            )
        )
    raise BadInput([*wrong, NOTHING_CHANGED])


def _another_meeting(
    training_session: TrainingSession, report: MeetingReport, zone: ZoneInfo
) -> Message:
    start = training_session.starts_at.astimezone(zone)
    end = training_session.ends_at.astimezone(zone)
    # As the file states it, so that it can be found there; else from who came first till last.
    meeting = outside_session(report.started, report.ended) or outside_session(
        *(bounds_of(report) or (None, None))
    )
    return Message(
        N_(
            "Nobody in this report was there during session %(code)s (%(session)s, "
            "%(zone)s): the meeting was %(meeting)s. Choose the session of that time."
        ),
        code=training_session.code,
        session=outside_session(start.replace(tzinfo=None), end.replace(tzinfo=None)),
        zone=zone.key,
        meeting=meeting or "?",
    )
