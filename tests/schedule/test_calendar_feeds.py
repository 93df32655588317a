"""Calendar feeds: what Google Calendar, Outlook and Apple Calendar read, by secret address only."""

import re
from datetime import UTC, datetime

import icalendar
import pytest

from courseware.schedule import calendar_service


def read(client, feed):
    response = client.get(f"/calendar/{feed.token}.ics")
    assert response.status_code == 200
    assert response.content_type == "text/calendar; charset=utf-8"
    return response.data, icalendar.Calendar.from_ical(response.data)


def events(calendar):
    return [part for part in calendar.walk() if part.name == "VEVENT"]


@pytest.fixture
def cohort(make):
    return make.cohort(code="spring")


def test_a_cohorts_feed_has_each_session_in_its_own_zone(client, cohort, make):
    make.training_session(
        cohort, starts="2025-04-07 04:00", minutes=180, pause=15, title="Two worlds, one table; ok"
    )
    data, calendar = read(client, calendar_service.feed_of_cohort(cohort))
    (event,) = events(calendar)
    assert event["DTSTART"].dt == datetime(2025, 4, 7, 4, tzinfo=UTC)
    assert b"DTSTART;TZID=Asia/Dushanbe:20250407T090000" in data
    assert b"BEGIN:VTIMEZONE" in data
    assert rb"SUMMARY:Two worlds\, one table\; ok" in data
    assert str(event["SUMMARY"]) == "Two worlds, one table; ok"
    assert "Dushanbe" in str(event["LOCATION"])


def test_every_line_is_at_most_75_octets_and_ends_with_crlf(client, cohort, make):
    make.training_session(cohort, title="Зерттеу сұрағына дейін " * 12, link="https://meet.example")
    data, calendar = read(client, calendar_service.feed_of_cohort(cohort))
    lines = data.split(b"\r\n")
    assert lines[-1] == b""
    assert max(map(len, lines)) <= 75
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert str(events(calendar)[0]["SUMMARY"]) == ("Зерттеу сұрағына дейін " * 12).strip()


@pytest.mark.parametrize(
    "title",
    ["a\nBEGIN:VEVENT", "x\r\nATTENDEE:mailto:a@b.example", '"; \\ , :', "\u2028", "🎓" * 90],
)
def test_a_title_cannot_break_out_of_its_line(client, cohort, make, title):
    make.training_session(cohort, title=title)
    data, calendar = read(client, calendar_service.feed_of_cohort(cohort))
    assert len(events(calendar)) == 1
    assert b"\r\nATTENDEE" not in data


def test_a_changed_session_keeps_its_uid_and_counts_its_sequence(client, cohort, make):
    one = make.training_session(cohort)
    feed = calendar_service.feed_of_cohort(cohort)
    before = events(read(client, feed)[1])[0]
    one.changes += 1
    after = events(read(client, feed)[1])[0]
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)


def test_a_zone_with_summer_time_carries_its_rules(client, make):
    cohort = make.cohort(timezone="Europe/Berlin")
    make.training_session(cohort, starts="2025-03-29 08:00")
    make.training_session(cohort, starts="2025-03-31 07:00")
    data, calendar = read(client, calendar_service.feed_of_cohort(cohort))
    assert b"BEGIN:DAYLIGHT" in data
    assert [event["DTSTART"].dt.hour for event in events(calendar)] == [9, 9]


def test_a_person_sees_the_sessions_they_lead_and_take_part_in(client, make):
    first, second, foreign = make.cohort(), make.cohort(), make.cohort()
    led = make.training_session(first, code="LED")
    trainer = make.trainer(first, leads=led)
    make.training_session(first, code="NOT-LED")
    make.enrolment(second, user=trainer)
    make.training_session(second, code="TAKEN", title="Taken part in")
    make.training_session(foreign, title="Foreign")
    _data, calendar = read(client, calendar_service.feed_of_user(trainer))
    assert len(events(calendar)) == 2
    assert "Foreign" not in {str(event["SUMMARY"]) for event in events(calendar)}


def test_a_feed_of_nothing_is_still_a_calendar(client, cohort):
    _data, calendar = read(client, calendar_service.feed_of_cohort(cohort))
    assert calendar["PRODID"]
    assert events(calendar) == []


def test_an_unknown_address_is_not_found(client):
    assert client.get("/calendar/guessed.ics").status_code == 404


def test_somebody_who_was_locked_out_has_no_feed(client, make):
    user = make.user()
    feed = calendar_service.feed_of_user(user)
    user.is_active = False
    assert client.get(f"/calendar/{feed.token}.ics").status_code == 404


def test_an_own_address_is_made_and_renewed_by_hand(client, make):
    user = make.user()
    client.sign_in(user)
    assert "/calendar/" not in client.get("/me/calendar").text
    client.post("/me/calendar")
    first = calendar_service.find_feed_of_user(user).token
    assert len(first) >= 22  # 128 random bits
    assert f"/calendar/{first}.ics" in client.get("/me/calendar").text
    client.post("/me/calendar")
    assert client.get(f"/calendar/{first}.ics").status_code == 404
    second = calendar_service.find_feed_of_user(user).token
    assert client.get(f"/calendar/{second}.ics").status_code == 200


def test_a_coordinator_renews_the_address_of_a_cohort(client, cohort, make):
    make.training_session(cohort)
    old = calendar_service.feed_of_cohort(cohort).token
    client.sign_in(make.coordinator(cohort))
    assert old in client.get(f"/cohorts/{cohort.public_id}/schedule").text
    assert client.post(f"/cohorts/{cohort.public_id}/calendar").status_code == 303
    assert client.get(f"/calendar/{old}.ics").status_code == 404


def test_a_feed_speaks_its_readers_language(client, make):
    cohort = make.cohort()
    make.training_session(cohort)
    feed = calendar_service.feed_of_cohort(cohort)
    data = client.get(f"/calendar/{feed.token}.ics?language=ru").data.decode()
    unfolded = re.sub(r"\r\n ", "", data)
    assert "Модуль 1" in unfolded
    assert client.get(f"/calendar/{feed.token}.ics?language=xx").status_code == 200


@pytest.mark.parametrize("count", [1, 30])
def test_a_feed_takes_the_same_queries_however_many_sessions(client, cohort, make, queries, count):
    for _session in range(count):
        make.trainer(cohort, leads=make.training_session(cohort))
    feed = calendar_service.feed_of_cohort(cohort)
    read(client, feed)
    with queries() as seen:
        read(client, feed)
    assert len(seen) == 6
