"""The forms in which programs write what one meeting was; the people are invented."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from courseware.attendance.imports import read_report, read_reports
from courseware.attendance.moment_rules import (
    AmbiguousDates,
    DateOrder,
    date_order_of,
    minutes_in,
    read_moment,
)
from courseware.attendance.report_rules import (
    MeetingReport,
    ReportedInterval,
    ReportedPerson,
    ReportKind,
    merged,
    on_clock,
    presence_at,
)
from courseware.attendance.rules import AttendanceStatus, SessionTime, minutes_of
from courseware.errors import BadInput
from courseware.tables import Sheet, write_xlsx

DUSHANBE = ZoneInfo("Asia/Dushanbe")
THE_DAY = date(2025, 4, 14)


def at(hour: int, minute: int = 0, *, day: int = 14) -> datetime:
    return datetime(2025, 4, day, hour, minute)


MORNING = SessionTime(datetime(2025, 4, 14, 4, tzinfo=UTC), datetime(2025, 4, 14, 7, tzinfo=UTC))
"""9:00–12:00 in Dushanbe."""


def rows(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def spans(report: MeetingReport) -> dict[str, list[tuple[datetime | None, datetime | None]]]:
    return {one.name: [(each.start, each.end) for each in one.intervals] for one in report.people}


@pytest.mark.parametrize(
    "text",
    [
        "14/04/25, 21:05:00",
        "14.04.2025, 21:05",
        "14.04.2025 21:05:00 PM",
        "14.04.2025 09:05:00 PM",
        "14.04.2025, 21:05:00 Uhr",
        "14.04.2025 г., 21:05",
        "14.04.2025 ж. 21:05",
        "2025-04-14T21:05:00.000",
        "2025-04-14 9:05:00\u202fp.m.",
        "Apr 14, 2025 09:05 PM",
        "Monday, April 14, 2025 9:05 PM",
        "14 апр. 2025 г., 21:05:00",
        "14. April 2025 um 21:05",
        "14 сәу. 2025 ж. 21:05",
        "2025-04-14T16:05:00Z",
        "2025-04-14T18:05:00+02:00",
        "14.04.2025 16:05 UTC+0000",
    ],
)
def test_a_moment_is_read_however_a_program_writes_it(text):
    assert read_moment(text, DateOrder.DAY_FIRST, DUSHANBE) == at(21, 5)


def test_a_meeting_over_midnight_is_read_in_the_order_in_which_it_is_one_night():
    texts = ["7/7/25, 10:00:00 PM", "7/8/25, 1:00:00 AM"]
    assert date_order_of(texts, on=date(2025, 7, 7)) is DateOrder.MONTH_FIRST
    with pytest.raises(AmbiguousDates):
        date_order_of(texts, on=None)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("3 Std. 15 Min. 30 Sek.", 196),
        ("1 ч 5 мин. 20 с", 65),
        ("2 час 1 минута", 121),
        ("1 hr 2 min", 62),
        ("1 сағ 5 мин", 65),
        ("1 соат 5 дақиқа", 65),
        ("59s", 1),
        ("0:59:31", 60),
        ("45", 45),
        ("3 apples", None),
        ("", None),
    ],
)
def test_a_duration_is_read_in_its_language(text, minutes):
    assert minutes_in(text) == minutes


def test_in_zooms_list_of_all_meetings_the_host_is_not_the_participant():
    report = read_report(
        rows(
            "Topic,Meeting ID,User Name,User Email,Start Time,End Time,Duration (Minutes),"
            "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest",
            "M3,1,Host,host@example.org,2025-04-14 09:00,2025-04-14 12:00,180,"
            "Aida,aida@example.org,2025-04-14 09:05,2025-04-14 12:00,175,No",
        ),
        "zoom.csv",
    )
    assert [(each.name, each.email) for each in report.people] == [("Aida", "aida@example.org")]
    assert spans(report) == {"Aida": [(at(9, 5), at(12))]}


def test_a_webinar_has_its_headings_again_and_people_who_did_not_come():
    heading = "Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session"
    report = read_report(
        rows(
            "Attendee Report,",
            "Topic,Webinar ID,Actual Start Time",
            "M3,1,04/14/2025 09:00 AM",
            "Host Details,",
            heading,
            "Yes,Lee,lee@example.org,04/14/2025 08:50 AM,04/14/2025 12:10 PM,200",
            "Attendee Details,",
            "Attended,User Name (Original Name),First Name,Last Name,Email,Join Time,Leave Time",
            "Yes,Aida S,Aida,Sarsen,aida@example.org,04/14/2025 09:00 AM,04/14/2025 12:00 PM",
            "No,Daler R,Daler,Rahimov,daler@example.org,--,--",
        ),
        "webinar.csv",
    )
    assert spans(report) == {"Lee": [(at(8, 50), at(12, 10))], "Aida S": [(at(9), at(12))]}
    assert report.people[1].email == "aida@example.org"


def test_files_that_somebody_put_one_below_the_other_are_read_to_the_end():
    head = "Meeting ID,Topic,Start Time,End Time,User Email\n1,M3,{0} 09:00,{0} 12:00,h@x.org\n\n"
    part = head + "Name (Original Name),User Email,Join Time,Leave Time,Guest\n"
    part += "{1},,{0} 09:00,{0} 12:00,No\n"
    days = "2025-04-14", "2025-04-15"
    zoom = part.format(days[0], "Aida") + part.format(days[1], "Daler")
    assert spans(read_report(zoom.encode(), "zoom.csv")) == {
        "Aida": [(at(9), at(12))],
        "Daler": [(at(9, day=15), at(12, day=15))],
    }
    part = "1. Summary\nStart time\t{0}, 09:00\nEnd time\t{0}, 12:00\n\n2. Participants\n"
    part += "Name\tFirst Join\tLast Leave\nAida\t{0}, 09:00\t{0}, 12:00\n"
    teams = "".join(part.format(day) for day in ("14/04/25", "15/04/25"))
    report = read_report(teams.encode(), "teams.csv")
    assert spans(report) == {"Aida": [(at(9), at(12)), (at(9, day=15), at(12, day=15))]}
    assert (report.started, report.ended) == (at(9), at(12, day=15))


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_file_that_excel_kept_in_one_column_is_opened(kind):
    # The headings of Zoom in Russian, as in public programs that read them.
    lines = [
        'Имя (настоящее имя),"Электронная почта пользователя",Время входа,Время выхода,Гость',
        'Аида,aida@example.org,"14.04.2025 09:00:00","14.04.2025 12:00:00",Да',
    ]
    if kind == "xlsx":
        data = write_xlsx(Sheet("zoom", [lines[0]], [[lines[1]]]))
    else:
        data = "\r\n".join('"' + line.replace('"', '""') + '"' for line in lines).encode()
    report = read_report(data, "zoom")
    assert report.kind == ReportKind.ZOOM
    assert spans(report) == {"Аида": [(at(9), at(12))]}


def test_who_is_there_with_two_devices_leaves_with_the_last_one():
    moves = ["9:00\tJoined", "9:10\tJoined", "9:50\tLeft", "11:00\tLeft", "11:05\tJoined"]
    moves += ["11:06\tJoined", "11:30\tLeft"]
    lines = [
        f"Aida\t{move[1]}\t2025-04-14 {move[0]}" for move in (each.split("\t") for each in moves)
    ]
    report = read_report(rows("Full Name\tUser Action\tTimestamp", *lines), "list.csv")
    assert spans(report) == {"Aida": [(at(9), at(11)), (at(11, 5), at(11, 30))]}


def test_google_meet_is_known_by_the_places_of_its_columns_and_goes_over_midnight():
    report = read_report(
        rows(
            "Vorname,Nachname,E-Mail,Dauer,Beginn der Teilnahme,Schluss",
            "Aida,Sarsen,,1 Std. 30 Min.,23:00,0:30",
            "Daler,Rahimov,,20 Min.,23:00,0:30",
        ),
        "meet.csv",
        on=THE_DAY,
    )
    assert report.kind == ReportKind.MEET
    assert spans(report)["Aida Sarsen"] == [(at(23), at(0, 30, day=15))]
    assert (report.people[1].minutes, report.people[1].times_known) == (20, False)
    assert (report.started, report.ended) == (at(23), at(0, 30, day=15))


def test_minutes_without_times_lie_between_the_first_and_the_last_moment():
    person = ReportedPerson(
        "Aida", intervals=(ReportedInterval(at(8), at(9, 20)),), minutes=60, times_known=False
    )
    presence = presence_at(person, MORNING, DUSHANBE)
    assert (minutes_of(presence, MORNING), presence.times_known) == (20, False)


def test_a_device_with_times_and_one_with_minutes_are_added_up():
    timed = ReportedPerson("Aida", intervals=(ReportedInterval(at(9), at(11)),))
    total = ReportedPerson("iPad", minutes=15, times_known=False)
    for people in ([timed, total], [total, timed]):
        presence = presence_at(merged(people), MORNING, DUSHANBE)
        assert minutes_of(presence, MORNING) == 135


def test_who_is_named_without_any_time_was_not_there():
    heading = "Name,Join time,Leave time"
    report = read_report(
        rows(heading, "Aida,2025-04-14 09:00,2025-04-14 12:00", "Daler,,"), "teams.csv"
    )
    assert presence_at(report.people[1], MORNING, DUSHANBE).status is AttendanceStatus.ABSENT
    with pytest.raises(BadInput, match="does not say of anybody when"):
        read_reports(rows(heading, "Aida,,", "Daler,,"), "teams.csv")


def test_a_file_on_another_clock_is_put_on_ours_and_back():
    report = MeetingReport(
        ReportKind.TEAMS,
        (ReportedPerson("Aida", intervals=(ReportedInterval(at(6), None),)),),
        started=at(6),
        ended=at(9),
    )
    berlin = on_clock(report, 120, DUSHANBE)
    assert spans(berlin) == {"Aida": [(at(9), None)]}
    assert (berlin.started, berlin.ended, berlin.clock) == (at(9), at(12), 120)
    assert on_clock(berlin, None, DUSHANBE) == report


def test_of_two_people_with_one_name_neither_gets_the_time_of_a_row_without_an_address():
    report = read_report(
        rows(
            "2. Participants",
            "Name\tFirst Join\tLast Leave\tEmail",
            "Ali\t14.04.2025, 09:00\t14.04.2025, 10:00\tali@example.org",
            "Ali\t14.04.2025, 11:00\t14.04.2025, 12:00\tali.k@example.org",
            "3. In-Meeting Activities",
            "Name\tJoin Time\tLeave Time\tEmail",
            "Ali\t14.04.2025, 09:00\t14.04.2025, 10:00\t",
        ),
        "teams.csv",
    )
    assert [(each.email, each.intervals[0].start) for each in report.people] == [
        ("", at(9)),
        ("ali@example.org", at(9)),
        ("ali.k@example.org", at(11)),
    ]
