"""The import desk: several files at once, each put before the session of its time."""

import io
from datetime import timedelta
from pathlib import Path

import pytest

from courseware.attendance import desk_service, import_service, jobs, service
from courseware.attendance.desk_service import DroppedFile
from courseware.attendance.models import AttendanceAlias, AttendanceImport, AttendanceMark
from courseware.attendance.moment_rules import DateOrder
from courseware.attendance.rules import AttendanceStatus, ImportState
from courseware.db import db
from courseware.errors import Refused

FILES = Path(__file__).parent / "files"


@pytest.fixture
def course(make):
    """S03 on 14 April 2025, 9:00–12:15 and S04, 14:00–16:00, in Dushanbe, and four participants."""
    cohort = make.cohort(code="spring")
    morning = make.training_session(cohort, starts="2025-04-14 04:00", minutes=195, code="S03")
    afternoon = make.training_session(cohort, starts="2025-04-14 09:00", minutes=120, code="S04")
    for latin, native, email in [
        ("Aida Sarsen", "Аида Сәрсен", "aida.sarsen@example.org"),
        ("Daler Rahimov", "Далер Раҳимов", "daler@example.org"),
        ("Gulnur Abenova", "Гүлнұр Әбенова", "gulnur@example.org"),
        ("Bekzat Omar", "", "bekzat@example.org"),
    ]:
        make.enrolment(cohort, user=make.user(name_latin=latin, name_native=native, email=email))
    return cohort, morning, afternoon, make.trainer(cohort, leads=morning)


def drop(cohort, make, *names: str, by=None):
    files = [DroppedFile(name, (FILES / name).read_bytes()) for name in names]
    return desk_service.receive_files(cohort, files, by=by, now=make.NOW)


def address(cohort) -> str:
    return f"/cohorts/{cohort.public_id}/attendance/imports"


def upload(client, cohort, *files: tuple[str, bytes]):
    data = {"files": [(io.BytesIO(data), name) for name, data in files]}
    return client.post(address(cohort), data=data)


def statuses(session) -> dict[str, AttendanceStatus | None]:
    rows = service.read_register(session).rows
    return {row.names[0].split()[0]: row.status for row in rows}


def minutes(session) -> dict[str, int]:
    return {row.names[0]: row.minutes for row in service.read_register(session).rows if row.mark}


def test_files_dropped_together_are_put_before_the_sessions_of_their_time(course, make):
    cohort, *_rest = course
    received = drop(cohort, make, "teams-english.csv", "zoom-joins.csv", "moodle.txt")
    assert [(each.kind, each.training_session.code) for each in received.kept] == [
        ("teams", "S03"),
        ("zoom", "S03"),
        ("moodle", "S03"),
        ("moodle", "S04"),
    ]
    assert len({each.desk for each in received.kept}) == 1
    assert db.session.query(AttendanceMark).count() == 0


def test_a_bad_file_does_not_keep_the_good_ones_out(course, make, browser):
    cohort, _morning, _afternoon, trainer = course
    good = (FILES / "moodle.txt").read_bytes()
    answer = upload(browser(trainer), cohort, ("cat.jpg", b"\xff\xd8\xff cat"), ("m.txt", good))
    assert answer.status_code == 422
    assert "cat.jpg: " in answer.text
    assert "2 registers are ready for review" in answer.text
    assert db.session.query(AttendanceImport).count() == 2


def test_the_same_file_does_not_lie_on_the_desk_twice(course, make, browser):
    cohort, _morning, _afternoon, trainer = course
    client = browser(trainer)
    good = (FILES / "moodle.txt").read_bytes()
    assert upload(client, cohort, ("m.txt", good)).status_code == 303
    assert upload(client, cohort, ("again.txt", good)).status_code == 303
    assert "Already on the desk: m.txt" in client.get(address(cohort)).text
    assert db.session.query(AttendanceImport).count() == 2


def test_dates_that_the_sessions_explain_are_not_asked_about(course, make):
    cohort, *_rest = course
    make.training_session(cohort, starts="2025-05-04 03:30", minutes=120, code="S09")
    received = drop(cohort, make, "teams-list.csv")
    assert [each.training_session.code for each in received.kept] == ["S09"]


def test_ambiguous_dates_are_asked_about_once_for_all_files_with_both_readings(
    course, make, browser
):
    cohort, _morning, _afternoon, trainer = course
    make.training_session(cohort, starts="2025-05-04 03:30", minutes=120, code="S09")
    make.training_session(cohort, starts="2025-04-05 03:30", minutes=120, code="S02")
    client = browser(trainer)
    listed = (FILES / "teams-list.csv").read_bytes()
    other = listed.decode("utf-16").replace("Bekzat", "Bek").encode("utf-16")
    upload(client, cohort, ("a.csv", listed), ("b.csv", other))
    page = client.get(address(cohort)).text
    assert page.count("How are the dates in these files written?") == 1
    assert "4 May 2025" in page and "5 April 2025" in page
    assert "sessions of that time: S09" in page and "sessions of that time: S02" in page
    desk = db.session.query(AttendanceImport).first().desk
    sent = {"act": "dates", "desk": desk, "order": DateOrder.MONTH_FIRST}
    assert client.post(address(cohort), data=sent).status_code == 303
    assert [each.training_session.code for each in db.session.query(AttendanceImport)] == [
        "S02",
        "S02",
    ]
    nonsense = {"act": "dates", "desk": desk, "order": "upside down"}
    assert client.post(address(cohort), data=nonsense).status_code == 303


def test_a_file_without_a_day_is_asked_for_its_session(course, make, browser):
    cohort, morning, _afternoon, trainer = course
    make.training_session(cohort, starts="2025-04-15 04:00", minutes=195, code="S05")
    client = browser(trainer)
    upload(client, cohort, ("meet.csv", (FILES / "meet.csv").read_bytes()))
    assert "Which session is this?" in client.get(address(cohort)).text
    asked = db.session.query(AttendanceImport).one()
    review = f"/attendance-imports/{asked.public_id}"
    assert client.get(review).location == address(cohort)
    assert client.post(review, data={"act": "accept"}).location == address(cohort)
    assert client.post(review, data={"act": "session", "session": "x"}).status_code == 303
    chosen = {"act": "session", "session": morning.public_id}
    assert client.post(review, data=chosen).location == review
    page = client.get(review).text
    assert "Aida Sarsen" in page and "195 of 195 minutes" in page
    assert (asked.state, asked.content) == (ImportState.REVIEW, None)


def test_the_day_in_the_name_of_a_file_is_taken(course, make):
    cohort, *_rest = course
    make.training_session(cohort, starts="2025-04-15 04:00", minutes=195, code="S05")
    data = (FILES / "meet.csv").read_bytes()
    received = desk_service.receive_files(
        cohort, [DroppedFile("Lesson 2025-04-15.csv", data)], by=None, now=make.NOW
    )
    assert [each.training_session.code for each in received.kept] == ["S05"]


def test_a_review_leads_to_the_next_file_and_an_import_can_be_withdrawn(course, browser):
    cohort, morning, afternoon, trainer = course
    client = browser(trainer)
    upload(client, cohort, ("m.txt", (FILES / "moodle.txt").read_bytes()))
    first, second = db.session.query(AttendanceImport).order_by(AttendanceImport.id)
    one, two = (f"/attendance-imports/{each.public_id}" for each in (first, second))
    page = client.get(one).text
    assert "This file is about several sessions" in page
    assert "Late, and nobody wrote when" in page
    assert client.post(one, data={"act": "accept"}).location == two
    assert client.post(two, data={"act": "accept"}).location == address(cohort)
    assert statuses(morning) == {
        "Aida": AttendanceStatus.PRESENT,
        "Bekzat": None,
        "Daler": AttendanceStatus.LATE,
        "Gulnur": AttendanceStatus.EXCUSED,
    }
    assert "Withdraw the whole file" in client.get(one).text
    assert client.post(one, data={"act": "withdraw-file"}).location == address(cohort)
    assert set(statuses(morning).values()) | set(statuses(afternoon).values()) == {None}
    assert db.session.query(AttendanceMark).count() == 6
    assert "withdrawn" in client.get(address(cohort)).text
    assert "This import was withdrawn" in client.get(one).text
    assert client.post(one, data={"act": "withdraw"}).status_code == 303
    assert client.post(one, data={"act": "accept"}).status_code == 409
    assert client.post(one, data={"act": "discard"}).status_code == 409


def test_all_files_whose_names_are_known_are_imported_with_one_press(course, browser):
    cohort, morning, _afternoon, trainer = course
    client = browser(trainer)
    upload(
        client,
        cohort,
        ("m.txt", (FILES / "moodle.txt").read_bytes()),
        ("t.csv", (FILES / "teams-english.csv").read_bytes()),
    )
    assert "Import the 2 files whose names are all known" in client.get(address(cohort)).text
    client.post(address(cohort), data={"act": "clear"})
    assert sorted(each.state for each in db.session.query(AttendanceImport)) == [
        ImportState.ACCEPTED,
        ImportState.ACCEPTED,
        ImportState.REVIEW,
    ]
    assert statuses(morning)["Daler"] == AttendanceStatus.LATE


def test_a_file_can_be_put_before_another_session_but_not_of_another_cohort(course, browser, make):
    cohort, morning, afternoon, trainer = course
    client = browser(trainer)
    upload(client, cohort, ("s.csv", b"name,mark,session\nAida Sarsen,present,S03\n"))
    review = f"/attendance-imports/{db.session.query(AttendanceImport).one().public_id}"
    client.post(review, data={"act": "session", "session": afternoon.public_id})
    assert db.session.query(AttendanceImport).one().training_session.code == "S04"
    foreign = make.training_session(make.cohort())
    client.post(review, data={"act": "session", "session": foreign.public_id})
    assert db.session.query(AttendanceImport).one().training_session.code == "S04"


def test_a_name_is_remembered_for_the_person_in_every_cohort(course, make, browser):
    cohort, _morning, _afternoon, trainer = course
    daler = next(each for each in alias_people(cohort) if each.email == "daler@example.org")
    earlier = make.cohort()
    make.enrolment(earlier, user=daler)
    db.session.add(AttendanceAlias(cohort_id=earlier.id, name_key="iphone", user_id=daler.id))
    client = browser(trainer)
    upload(client, cohort, ("zoom.csv", (FILES / "zoom-joins.csv").read_bytes()))
    page = client.get(f"/attendance-imports/{db.session.query(AttendanceImport).one().public_id}")
    assert "remembered from another cohort" in page.text


def alias_people(cohort):
    from courseware.cohorts.models import Enrolment

    return [each.user for each in db.session.query(Enrolment).filter_by(cohort_id=cohort.id)]


def test_a_remembered_name_can_be_forgotten(course, browser):
    cohort, _morning, _afternoon, trainer = course
    alias = AttendanceAlias(cohort_id=cohort.id, name_key="iphone", user_id=None)
    db.session.add(alias)
    db.session.flush()
    client = browser(trainer)
    assert "“iphone” → nobody enrolled" in client.get(address(cohort)).text
    client.post(address(cohort), data={"act": "forget", "alias": [str(alias.id), "x", "99999"]})
    assert db.session.query(AttendanceAlias).count() == 0


def test_nothing_is_withdrawn_from_a_closed_register(course, make):
    cohort, morning, _afternoon, trainer = course
    (kept,) = desk_service.receive_files(
        cohort,
        [DroppedFile("s.csv", b"name,mark,session\nAida Sarsen,present,S03\n")],
        by=trainer,
        now=make.NOW,
    ).kept
    import_service.accept_import(kept, {}, by=trainer, now=make.NOW)
    from courseware.attendance import state_service

    state_service.close_register(morning, by=trainer, now=make.NOW)
    with pytest.raises(Refused):
        import_service.withdraw_import(kept, by=trainer, now=make.NOW)
    assert statuses(morning)["Aida"] == AttendanceStatus.PRESENT


@pytest.mark.parametrize("files", [1, 12])
def test_the_desk_takes_as_many_queries_however_many_files(queries, browser, course, files):
    cohort, _morning, _afternoon, trainer = course
    client = browser(trainer)
    names = [f"name,mark,note,session\nAida Sarsen,present,{n},S03\n" for n in range(files)]
    upload(client, cohort, *((f"{n}.csv", text.encode()) for n, text in enumerate(names)))
    client.get(address(cohort))
    with queries() as seen:
        assert client.get(address(cohort)).status_code == 200
    assert len(seen) <= 20, (len(seen), seen)


def test_forty_one_files_are_too_many(course, browser):
    cohort, _morning, _afternoon, trainer = course
    files = [(f"{n}.csv", b"x") for n in range(41)]
    assert upload(browser(trainer), cohort, *files).status_code == 409


def test_files_that_nobody_accepts_are_put_away_with_their_names_and_the_desk_says_so(
    course, make, browser, monkeypatch
):
    cohort, _morning, _afternoon, trainer = course
    received = drop(cohort, make, "teams-english.csv", "moodle.txt")
    import_service.accept_import(
        received.kept[0],
        dict.fromkeys(range(len(received.kept[0].report["people"]))),
        by=trainer,
        now=make.NOW,
    )

    def after(days: float) -> str:
        monkeypatch.setattr("courseware.clock.now", lambda: make.NOW + timedelta(days=days))
        jobs.discard_unaccepted_imports()
        return browser(trainer).get(address(cohort)).text

    page = after(22)
    assert "put away after 30 days, with the names in it" in page and "put away on" not in page
    assert "put away on 20 May 2025" in after(24)
    assert [each.state for each in received.kept[1:]] == [ImportState.REVIEW] * 2
    assert "To review" not in after(30)
    assert [each.state for each in received.kept[1:]] == [ImportState.DISCARDED] * 2
    assert [each.report for each in received.kept[1:]] == [{}] * 2
    assert received.kept[0].state is ImportState.ACCEPTED and received.kept[0].report["people"]


def test_groups_that_moodle_keeps_apart_come_into_one_register(course, make):
    cohort, *_rest = course
    text = (
        "Last name\tFirst name\t14 Apr 2025 9.00AM Group A\t14 Apr 2025 9.00AM Group B\n"
        "Sarsen\tAida\tP (2/2)\t?\nRahimov\tDaler\t?\tA (0/2)\n"
    )
    received = desk_service.receive_files(
        cohort, [DroppedFile("m.txt", text.encode())], by=None, now=make.NOW
    )
    (kept,) = received.kept
    assert [each["name"] for each in kept.report["people"]] == ["Aida Sarsen", "Daler Rahimov"]


def test_a_file_on_the_clock_of_another_country_is_offered_its_session(course, browser):
    cohort, morning, _afternoon, trainer = course
    client = browser(trainer)
    text = (FILES / "teams-german.csv").read_bytes().decode("utf-16")
    for here, there in [("08:52", "05:52"), ("12:16", "09:16"), ("09:00", "06:00")]:
        text = text.replace(here, there)
    text = text.replace("12:15", "09:15")
    upload(client, cohort, ("t.csv", text.encode("utf-16")))
    page = client.get(address(cohort)).text
    assert "On another clock it would be the one chosen here" in page
    assert '<option value="120" selected>Clock of the file: UTC+2' in page
    asked = db.session.query(AttendanceImport).one()
    review = f"/attendance-imports/{asked.public_id}"
    sent = {"act": "session", "session": morning.public_id}
    assert client.post(review, data=sent).location == review
    assert "15 of 195 minutes" in client.get(review).text
    assert client.post(review, data={**sent, "clock": "120"}).location == review
    page = client.get(review).text
    assert "195 of 195 minutes" in page and '<option value="120" selected>' in page
    assert asked.report["clock"] == 120


def test_two_files_of_a_meeting_that_was_interrupted_are_joined(course, browser):
    cohort, morning, _afternoon, trainer = course
    client = browser(trainer)
    head = "Name (Original Name),Join Time,Leave Time,Guest\n"
    first = head + "Aida Sarsen,14.04.2025 09:00,14.04.2025 10:30,No\n"
    again = head + "Aida Sarsen,14.04.2025 10:45,14.04.2025 12:15,No\n"
    upload(client, cohort, ("a.csv", first.encode()), ("b.csv", again.encode()))
    one, two = db.session.query(AttendanceImport).order_by(AttendanceImport.id)
    client.post(address(cohort), data={"act": "clear"})  # which of them counts, nobody said
    assert (one.state, two.state) == (ImportState.REVIEW, ImportState.REVIEW)
    client.post(f"/attendance-imports/{one.public_id}", data={"act": "accept"})
    review = f"/attendance-imports/{two.public_id}"
    page = client.get(review).text
    assert "Another file is of this session too: a.csv" in page and "90 of 195 minutes" in page
    assert client.post(review, data={"act": "join", "other": "x"}).location == address(cohort)
    join = {"act": "join", "other": one.public_id}
    assert client.post(review, data=join).location == review
    page = client.get(review).text
    assert "180 of 195 minutes" in page and "Another file" not in page
    assert (one.state, two.file_name) == (ImportState.ACCEPTED, "a.csv + b.csv")
    assert minutes(morning) == {"Aida Sarsen": 90}  # nothing is lost until it is accepted
    assert client.post(review, data=join).status_code == 409  # joined once
    assert client.post(review, data={"act": "accept"}).status_code == 303
    assert client.post(review, data=join).status_code == 409
    assert statuses(morning)["Aida"] == AttendanceStatus.PARTIAL
    assert minutes(morning) == {"Aida Sarsen": 180}
    client.post(review, data={"act": "withdraw"})
    assert minutes(morning) == {"Aida Sarsen": 90}  # exactly what was before
