"""All registers of a cohort on one sheet, typed from paper."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from courseware import clock
from courseware.attendance import grid_rules, grid_service, service, state_service
from courseware.attendance.grid_rules import CellSaid, cell_text, read_cell, rows_on_a_page
from courseware.attendance.history_service import history_of
from courseware.attendance.rules import AttendanceStatus, Presence
from courseware.attendance.service import WantedMark
from courseware.db import db

S = AttendanceStatus
DUSHANBE = ZoneInfo("Asia/Dushanbe")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", CellSaid(None)),
        (" x ", CellSaid(None)),
        ("p", CellSaid(S.PRESENT)),
        ("A", CellSaid(S.ABSENT)),
        ("L", CellSaid(S.LATE)),
        ("l920", CellSaid(S.LATE, time(9, 20))),
        ("L 09:20", CellSaid(S.LATE, time(9, 20))),
        ("Y 10.10", CellSaid(S.LEFT_EARLY, None, time(10, 10))),
        ("T 09:20-10:10", CellSaid(S.PARTIAL, time(9, 20), time(10, 10))),
        ("t0920 – 1010", CellSaid(S.PARTIAL, time(9, 20), time(10, 10))),
        ("З", CellSaid(S.PRESENT)),
        ("Е", CellSaid(S.EXCUSED)),
        ("Е 9:20-10:10", CellSaid(S.PARTIAL, time(9, 20), time(10, 10))),
        ("у 1010", CellSaid(S.LEFT_EARLY, None, time(10, 10))),
        ("Q", None),
        ("PP", None),
        ("L 25:00", None),
        ("L ٠٩:٢٠", None),
        ("L 9", None),
    ],
)
def test_a_cell_says_what_a_hand_would_write(text, said):
    assert read_cell(text) == said


def test_a_mark_reads_back_as_it_is_shown():
    at = datetime(2025, 4, 7, 9, 20, tzinfo=UTC)
    later = at + timedelta(minutes=50)
    for presence, text in [
        (None, ""),
        (Presence(S.PRESENT), "P"),
        (Presence(S.LATE, arrived_at=at), "L 14:20"),
        (Presence(S.LEFT_EARLY, left_at=later), "Y 15:10"),
        (Presence(S.PARTIAL, arrived_at=at, left_at=later), "T 14:20-15:10"),
        (Presence(S.PARTIAL, reported_minutes=40, times_known=False), "T"),
    ]:
        assert cell_text(presence, DUSHANBE) == text
        assert read_cell(text).status == (presence.status if presence else None)


@pytest.fixture
def course(make):
    """Two sessions that were held and one to come, two participants, a trainer."""
    cohort = make.cohort()
    first = make.training_session(cohort, code="S01", starts="2025-04-07 09:00")
    second = make.training_session(cohort, code="S02", starts="2025-04-08 09:00")
    coming = clock.now() + timedelta(days=1)
    third = make.training_session(cohort, code="S03", starts=f"{coming:%Y-%m-%d %H:%M}")
    people = [
        make.enrolment(cohort, user=make.user(name_latin=name, name_native=""))
        for name in ("Aida Sarsen", "Bekzat Omar")
    ]
    return cohort, (first, second, third), people, make.trainer(cohort, leads=first)


def sheet(sessions, people, cells, was=None, **more):
    """What a browser sends: `cells` by (row, column)."""
    was = was or {}
    sent = {"sessions": " ".join(each.public_id for each in sessions), **more}
    for y, person in enumerate(people):
        before = [was.get((y, x), "") for x in range(len(sessions))]
        sent[f"was:{person.public_id}"] = "|".join(before)
    for (y, x), text in cells.items():
        sent[f"{people[y].public_id}:{x}"] = text
    return sent


def statuses(session):
    return [row.status for row in service.read_register(session).rows]


def test_a_whole_sheet_is_saved_at_once(course, browser):
    cohort, sessions, people, trainer = course
    client = browser(trainer)
    page = f"/cohorts/{cohort.public_id}/attendance/grid"
    text = client.get(page).text
    assert text.count(" maxlength=") == 4  # the session to come is not typed into
    cells = {(0, 0): "p", (1, 0): "l 1420", (0, 1): "A", (1, 1): "E"}
    sent = sheet(sessions, people, cells, _key="k" * 22)
    for _time in range(2):
        assert client.post(page, data=sent).location == page
    assert statuses(sessions[0]) == [S.PRESENT, S.LATE]
    assert statuses(sessions[1]) == [S.ABSENT, S.EXCUSED]
    assert len(history_of(sessions[0])) == 2
    text = client.get(page).text
    assert 'value="L 14:20"' in text and "4 marks are saved" in text
    client.post(page, data=sheet(sessions, people, {(0, 0): ""}, {(0, 0): "P"}))
    assert statuses(sessions[0]) == [None, S.LATE]


def test_one_wrong_cell_is_named_and_nothing_is_saved_or_lost(course, browser, make):
    cohort, sessions, people, trainer = course
    state_service.close_register(sessions[1], by=trainer, now=make.NOW)
    client = browser(trainer)
    page = f"/cohorts/{cohort.public_id}/attendance/grid"
    cells = {(0, 0): "P", (1, 0): "<b>", (0, 1): "P", (1, 1): "L", (0, 2): "P"}
    answer = client.post(page, data=sheet(sessions, people, cells))
    assert answer.status_code == 422
    for sentence in (
        "Bekzat Omar, S01: “&lt;b&gt;” is not a mark",
        "Aida Sarsen, S02: The register was closed meanwhile.",
        "Aida Sarsen, S03: The session has not begun.",
    ):
        assert sentence in answer.text
    assert 'value="P"' in answer.text and 'value="&lt;b&gt;"' in answer.text
    assert statuses(sessions[0]) == [None, None]


def test_what_somebody_else_marked_meanwhile_is_not_overwritten(course, browser, make):
    cohort, sessions, people, trainer = course
    absent = WantedMark(Presence(S.ABSENT))
    service.record_marks(sessions[0], {people[0].id: absent}, by=trainer, now=make.NOW)
    client = browser(make.coordinator(cohort))
    page = f"/cohorts/{cohort.public_id}/attendance/grid"
    sent = sheet(sessions, people, {(0, 0): "P", (1, 0): "P"})
    text = client.post(page, data=sent, follow_redirects=True).text
    assert "Aida Sarsen, S01: you typed “P”" in text and "marked “A”" in text
    assert statuses(sessions[0]) == [S.ABSENT, S.PRESENT]


def test_a_disputed_cell_says_so_and_typing_over_it_settles_nothing(course, browser, make):
    cohort, sessions, people, trainer = course
    coordinator = make.coordinator(cohort)
    for minute, (who, status) in enumerate([(trainer, S.ABSENT), (coordinator, S.PRESENT)]):
        mark = WantedMark(Presence(status))
        now = make.NOW + timedelta(minutes=minute)
        marks = {each.id: mark for each in people}
        service.record_marks(sessions[0], marks, by=who, now=now)
    page = f"/cohorts/{cohort.public_id}/attendance/grid"
    settle = [f'href="/sessions/{sessions[0].public_id}/register/{x.public_id}"' for x in people]
    text = browser(trainer).get(page).text
    assert [text.count(each) for each in settle] == [2, 2]  # above the sheet, and in the cell
    assert 'aria-describedby="d1-1"' in text
    client = browser(make.coordinator(cohort))
    sent = sheet(sessions, people, {(0, 0): "E", (0, 1): "P"}, {(0, 0): "P"})
    text = client.post(page, data=sent, follow_redirects=True).text
    assert "2 marks are saved" in text
    assert "Somebody else says something different in 1 of these cells" in text
    assert statuses(sessions[0]) == [S.EXCUSED, S.PRESENT] and settle[0] in text
    sent = sheet(sessions, people, {(1, 0): "A"}, {(1, 0): "P"})
    text = browser(coordinator).post(page, data=sent, follow_redirects=True).text
    assert "1 cell is no longer disputed: all say the same now" in text
    assert settle[0] in text and settle[1] not in text


def test_a_large_sheet_comes_in_light_pages_of_a_day_or_a_module(
    course, browser, make, monkeypatch
):
    sizes = ((40, 24), (500, 24), (50, 24), (90, 99), (500, 2), (0, 0))
    assert [rows_on_a_page(*each) for each in sizes] == [40, 46, 25, 18, 250, 0]
    cohort, sessions, people, trainer = course
    client = browser(trainer)
    page = f"/cohorts/{cohort.public_id}/attendance/grid"
    sessions[1].module = make.module(cohort.programme)
    db.session.flush()
    for part in ("2025-04-08", sessions[1].module.code):
        text = client.get(page, query_string={"sessions": part, "page": "7"}).text
        assert f'name="sessions" value="{sessions[1].public_id}"' in text
    monkeypatch.setattr(grid_rules, "MOST_CELLS", 1)
    monkeypatch.setattr(grid_rules, "LEAST_ROWS", 1)
    day = f"{page}?sessions=2025-04-08"
    text = client.get(day).text
    assert f"was:{people[0].public_id}" in text and f"was:{people[1].public_id}" not in text
    assert "Participants 1–1 of 2" in text
    sent = sheet(sessions[1:2], people[:1], {(0, 0): "P"}, act="next")
    assert client.post(day, data=sent).location == f"{day}&page=2"
    sent = sheet(sessions[1:2], people[1:], {(0, 0): "!"}, act="next")
    wrong = client.post(f"{day}&page=2", data=sent)
    assert wrong.status_code == 422 and f"was:{people[1].public_id}" in wrong.text
    sent = sheet(sessions[1:2], people[1:], {(0, 0): "A"}, act="next")
    assert client.post(f"{day}&page=2", data=sent).location == f"{day}&page=2"
    assert statuses(sessions[1]) == [S.PRESENT, S.ABSENT]


def test_what_was_typed_for_somebody_who_left_is_said(course, browser, make):
    cohort, sessions, people, trainer = course
    people[0].withdrawn_at = make.NOW
    page = f"/cohorts/{cohort.public_id}/attendance/grid"
    sent = sheet(sessions, people, {(0, 0): "P", (1, 0): "P"})
    text = browser(trainer).post(page, data=sent, follow_redirects=True).text
    assert "1 mark was not saved" in text and "1 mark is saved" in text


def test_the_sheet_takes_as_many_queries_however_many_participants(course, make, queries):
    cohort, _sessions, _people, _trainer = course
    counts = []
    for more in (1, 40):
        make.enrolments(cohort, more)
        with queries() as seen:
            outline = grid_service.read_outline(cohort)
            grid_service.read_grid(outline, outline.sessions, outline.people, now=make.NOW)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8


def test_an_empty_cohort_says_what_will_be_here(browser, make):
    cohort = make.cohort()
    page = f"/cohorts/{cohort.public_id}/attendance/grid"
    client = browser(make.administrator())
    assert "Nobody is enrolled yet" in client.get(page).text
    make.enrolment(cohort)
    assert "No session is planned yet" in client.get(page).text
    assert client.post(page, data={"sessions": "a b \x00", "was:x": "|"}).status_code == 303
