"""A schedule sheet becomes sessions, or one sentence for each wrong row."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courseware.hours import written_hours
from courseware.schedule.imports import read_date, read_schedule, read_time
from courseware.schedule.planning_rules import HEADINGS, PlannedVenue
from courseware.schedule.rules import Span, TrainerPart, contact_minutes
from courseware.tables import Row, Table, read_table

EXAMPLE = Path(__file__).parents[2] / "examples" / "ektu-tsuc-2025"
DUSHANBE = ZoneInfo("Asia/Dushanbe")
GOOD = {
    "session": "S01",
    "module": "M1",
    "title": "Two worlds",
    "date": "2025-04-07",
    "start": "09:00",
    "end": "12:15",
    "breaks": "10:30-10:45",
    "venues": "TSUC: Room B-204; EKTU: Room 305",
    "lead": "marat@ektu.example",
    "lead name": "Marat Jünisov",
    "co-trainers": "firuz@tsuc.example; zarina@tsuc.example",
    "co-trainer names": "Firūz Rahimzoda; Zarina Kholmatova",
}


def sheet(*rows, zone=DUSHANBE):
    header = tuple(dict.fromkeys(name for row in rows for name in row)) or tuple(GOOD)
    table = Table(
        header,
        tuple(
            Row(number, tuple(row.get(name, "") for name in header))
            for number, row in enumerate(rows, start=2)
        ),
    )
    return read_schedule(table, zone=zone, modules=["M1", "M2"], partners=["EKTU", "TSUC"])


def problems(**changes):
    return [str(problem) for problem in sheet({**GOOD, **changes}).problems]


def test_a_row_becomes_a_session_in_utc_with_breaks_venues_and_trainers():
    (planned,) = sheet(GOOD).sessions
    assert planned.span == Span(
        datetime(2025, 4, 7, 4, 0, tzinfo=UTC), datetime(2025, 4, 7, 7, 15, tzinfo=UTC)
    )
    assert contact_minutes(planned.span, planned.breaks) == 180
    assert planned.venues == (PlannedVenue("TSUC", "Room B-204"), PlannedVenue("EKTU", "Room 305"))
    assert [(trainer.part, trainer.name) for trainer in planned.trainers] == [
        (TrainerPart.LEAD, "Marat Jünisov"),
        (TrainerPart.CO_TRAINER, "Firūz Rahimzoda"),
        (TrainerPart.CO_TRAINER, "Zarina Kholmatova"),
    ]


def test_russian_headings_are_known():
    row = {
        "Занятие": "S01",
        "Модуль": "m1",
        "Дата": "07.04.2025",
        "Начало": "9.00",
        "Конец": "12.15",
        "Перерыв": "10:30–10:45",
    }
    result = sheet(row)
    assert not result.problems
    assert result.sessions[0].module == "M1"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"session": ""}, "Row 2: the session has no code. Enter one, such as S01."),
        ({"module": "M9"}, "Row 2: the programme has no module “M9”. It has: M1, M2."),
        ({"date": "31.02.2025"}, "Row 2: “31.02.2025” is not a date. Write it as 2025-04-07."),
        ({"date": ""}, "Row 2: the date is missing. Enter one, such as 2025-04-07."),
        (
            {"date": "04/07/2025"},
            "Row 2: “04/07/2025” can be read in two ways, day or month first. "
            "Write it as 2025-04-07.",
        ),
        ({"start": "25:00"}, "Row 2: “25:00” is not a time. Write it as 09:00."),
        ({"start": ""}, "Row 2: the start is missing. Enter a time, such as 09:00."),
        (
            {"start": "13:00"},
            "Row 2: the session ends at 12:15, before it starts at 13:00.",
        ),
        ({"start": "00:00", "end": "23:00"}, "Row 2: the session is longer than 12 hours. "
         "Split it, or correct its times."),
        ({"breaks": "soon"}, "Row 2: “soon” is not a break. Write it as 10:30-10:45, and “;” "
         "between two."),
        ({"breaks": "08:00-08:15"}, "Row 2: the break 08:00-08:15 is not inside the session."),
        ({"breaks": "10:45-10:30"}, "Row 2: the break 10:45-10:30 ends before it begins."),
        ({"breaks": "09:00-12:15"}, "Row 2: the breaks leave no contact time. Shorten them."),
        (
            {"venues": "KazNU: Room 1"},
            "Row 2: “KazNU” is not a partner of the programme. Before “:” stands one of: "
            "EKTU, TSUC.",
        ),
        (
            {"link": "javascript:alert(1)"},
            "Row 2: “javascript:alert(1)” is not a link. "
            "It begins with https:// and has no spaces.",
        ),
        (
            {"lead": "Marat"},
            "Row 2: “Marat” is not an e-mail address. Trainers are named by theirs.",
        ),
        (
            {"co-trainers": "marat@ektu.example", "co-trainer names": ""},
            "Row 2: marat@ektu.example is named twice. Name each trainer once.",
        ),
        (
            {"co-trainer names": "Firūz"},
            "Row 2: “co-trainer names” has 1 entries for 2 trainers. "
            "Give one for each, with “;” between them.",
        ),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused_with_a_sentence(changes, sentence):
    assert problems(**changes) == [sentence]


def test_every_wrong_row_has_its_sentence_and_the_right_ones_do_not_hide_them():
    result = sheet({**GOOD, "module": "?"}, {**GOOD, "session": "S02"}, {**GOOD, "start": "x"})
    assert [problem.values["row"] for problem in result.problems] == [2, 4]


def test_a_code_twice_is_refused_whatever_its_case():
    result = sheet(GOOD, {**GOOD, "session": "s01"})
    assert [str(problem) for problem in result.problems] == [
        "Row 3: session “s01” is in row 2 already. Give each its own code."
    ]


def test_a_time_that_clocks_jump_over_is_refused_by_name():
    result = sheet(
        {**GOOD, "date": "2025-03-30", "start": "02:30", "breaks": ""},
        zone=ZoneInfo("Europe/Berlin"),
    )
    assert [str(problem) for problem in result.problems] == [
        "Row 2: clocks in Europe/Berlin are put forward past 02:30 on 2025-03-30, so that time "
        "does not exist. Enter another."
    ]


def test_a_file_without_a_needed_column_is_refused_once():
    result = sheet({name: text for name, text in GOOD.items() if name != "module"})
    assert len(result.problems) == 1
    assert not result.sessions


def test_a_file_without_sessions_says_so():
    result = read_schedule(Table(tuple(GOOD), ()), zone=DUSHANBE, modules=["M1"], partners=["EKTU"])
    assert [str(problem) for problem in result.problems] == [
        "The file has a header and no sessions below it."
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-04-07", date(2025, 4, 7)),
        ("2025-04-07 00:00:00", date(2025, 4, 7)),
        ("7.4.2025", date(2025, 4, 7)),
        ("22/04/2025", date(2025, 4, 22)),
        ("04/22/2025", date(2025, 4, 22)),
        ("05/05/2025", date(2025, 5, 5)),
    ],
)
def test_dates_are_read_as_people_write_them(text, expected):
    assert read_date(text) == expected


def test_times_are_read_with_or_without_seconds():
    assert [read_time(text) for text in ("9:00", "09.05", "09:15:00", "9")] == [
        time(9), time(9, 5), time(9, 15), None,
    ]  # fmt: skip


@given(st.dictionaries(st.sampled_from(list(HEADINGS)), st.text(max_size=60), min_size=3))
def test_whatever_is_typed_gives_a_session_or_sentences(row):
    result = sheet({**GOOD, **row})
    assert bool(result.sessions) != bool(result.problems)
    assert all(str(problem) for problem in result.problems)


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_a_sentence(text):
    assert isinstance(read_date(text), date) or str(read_date(text))


def test_the_example_course_has_twelve_sessions_of_36_hours_led_in_tandem():
    table = read_table((EXAMPLE / "schedule.xlsx").read_bytes(), "schedule.xlsx")
    result = read_schedule(
        table,
        zone=DUSHANBE,
        modules=[f"M{number}" for number in range(1, 10)],
        partners=["EKTU", "TSUC"],
    )
    assert [str(problem) for problem in (*result.problems, *result.remarks)] == []
    assert len(result.sessions) == 12
    minutes = sum(contact_minutes(one.span, one.breaks) for one in result.sessions)
    assert written_hours(minutes, 45) == "36"
    for planned in result.sessions:
        assert {trainer.partner for trainer in planned.trainers} == {"EKTU", "TSUC"}
