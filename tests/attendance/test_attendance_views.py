"""The pages of attendance: what they show, what they refuse, and that little costs little."""

import io
from datetime import timedelta

import pytest

from courseware.attendance import service
from courseware.attendance.history_service import history_of
from courseware.attendance.models import AttendanceImport
from courseware.attendance.rules import AttendanceStatus, ImportState, Presence
from courseware.attendance.service import WantedMark
from courseware.db import db
from courseware.tables import read_table

PRESENT = WantedMark(Presence(AttendanceStatus.PRESENT))


@pytest.fixture
def course(make):
    """A cohort, a session on 7 April 14:00–15:30 in Dushanbe, its trainer, two participants."""
    cohort = make.cohort()
    session = make.training_session(cohort, code="S01")
    trainer = make.trainer(cohort, leads=session, name_latin="Timur Trainer")
    people = [
        make.enrolment(cohort, user=make.user(name_latin="Aida Sarsen", email="aida@x.example")),
        make.enrolment(cohort, user=make.user(name_latin="Bekzat Omar", name_native="")),
    ]
    return cohort, session, trainer, people


def address(session, more: str = "") -> str:
    return f"/sessions/{session.public_id}/register{more}"


def statuses(session) -> list:
    return [row.status for row in service.read_register(session).rows]


def test_the_register_lists_everybody_with_one_toggle_each(course, browser):
    _cohort, session, trainer, _people = course
    page = browser(trainer).get(address(session)).text
    assert "Aida Sarsen" in page and "Bekzat Omar" in page
    assert page.count('type="checkbox"') == 2
    assert "14:00–15:30" in page and "Dushanbe time, UTC+5" in page


def test_a_tap_and_save_marks_present_and_a_second_tap_takes_it_back(course, browser):
    _cohort, session, trainer, (aida, _bekzat) = course
    client = browser(trainer)
    sent = {f"was-{aida.public_id}": "none", f"here-{aida.public_id}": "1"}
    answer = client.post(address(session), data=sent)
    assert (answer.status_code, answer.location) == (303, address(session))
    assert statuses(session) == [AttendanceStatus.PRESENT, None]
    client.post(address(session), data={f"was-{aida.public_id}": "present||"})
    assert statuses(session) == [None, None]


def test_a_row_with_a_status_and_times_is_saved_in_the_zone_of_the_cohort(course, browser):
    _cohort, session, trainer, (aida, _bekzat) = course
    id = aida.public_id
    sent = {
        f"was-{id}": "none",
        f"status-{id}": "late",
        f"from-{id}": "14:20",
        f"note-{id}": "bus",
    }
    browser(trainer).post(address(session), data=sent)
    row = service.read_register(session).rows[0]
    assert (row.status, row.minutes, row.mark.note) == (AttendanceStatus.LATE, 70, "bus")


def test_late_without_a_time_is_shown_beside_the_name_and_nothing_is_lost(course, browser):
    _cohort, session, trainer, (aida, bekzat) = course
    sent = {
        f"was-{aida.public_id}": "none",
        f"status-{aida.public_id}": "late",
        f"was-{bekzat.public_id}": "none",
        f"here-{bekzat.public_id}": "1",
    }
    answer = browser(trainer).post(address(session), data=sent)
    assert answer.status_code == 422
    assert "Aida Sarsen: Enter when the participant came." in answer.text
    assert "checked" in answer.text
    assert statuses(session) == [None, None]


def test_what_somebody_else_marked_meanwhile_is_shown_and_not_overwritten(course, browser, make):
    _cohort, session, trainer, (aida, _bekzat) = course
    absent = WantedMark(Presence(AttendanceStatus.ABSENT))
    service.record_marks(session, {aida.id: absent}, by=trainer, now=make.NOW)
    client = browser(trainer)
    sent = {f"was-{aida.public_id}": "none", f"here-{aida.public_id}": "1"}
    page = client.post(address(session), data=sent, follow_redirects=True).text
    assert "Somebody else marked Aida Sarsen meanwhile" in page
    assert statuses(session) == [AttendanceStatus.ABSENT, None]


def test_the_same_form_twice_is_saved_once(course, browser):
    _cohort, session, trainer, (aida, _bekzat) = course
    client = browser(trainer)
    sent = {f"was-{aida.public_id}": "none", f"here-{aida.public_id}": "1", "_key": "k" * 22}
    first, second = (client.post(address(session), data=sent) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert len(history_of(session)) == 1


def test_all_others_absent_saves_the_toggles_first(course, browser):
    _cohort, session, trainer, (aida, bekzat) = course
    sent = {
        f"was-{aida.public_id}": "none",
        f"here-{aida.public_id}": "1",
        f"was-{bekzat.public_id}": "none",
        "act": "rest-absent",
    }
    browser(trainer).post(address(session), data=sent)
    assert statuses(session) == [AttendanceStatus.PRESENT, AttendanceStatus.ABSENT]


def test_a_closed_register_is_read_only_until_it_is_opened_again(course, browser):
    _cohort, session, trainer, (aida, _bekzat) = course
    client = browser(trainer)
    client.post(address(session), data={"act": "close"})
    assert 'type="checkbox"' not in client.get(address(session)).text
    sent = {f"was-{aida.public_id}": "none", f"here-{aida.public_id}": "1"}
    answer = client.post(address(session), data=sent)
    assert answer.status_code == 409
    assert "is closed, so nothing was saved" in answer.text
    client.post(address(session, "/reopen"), data={"reason": "Aida came late"})
    assert "opened again: Aida came late" in client.get(address(session)).text
    assert client.post(address(session), data=sent).status_code == 303
    assert statuses(session) == [AttendanceStatus.PRESENT, None]


def test_without_scripts_the_button_for_more_saves_and_opens_one_mark(course, browser):
    _cohort, session, trainer, (aida, bekzat) = course
    sent = {
        f"was-{aida.public_id}": "none",
        f"here-{aida.public_id}": "1",
        "more": bekzat.public_id,
    }
    answer = browser(trainer).post(address(session), data=sent)
    assert answer.location == address(session, f"/{bekzat.public_id}")
    assert statuses(session) == [AttendanceStatus.PRESENT, None]


def test_one_mark_is_corrected_and_its_history_shows_who_when_and_how(course, browser, make):
    cohort, session, trainer, (aida, _bekzat) = course
    service.record_marks(session, {aida.id: PRESENT}, by=trainer, now=make.NOW)
    coordinator = make.coordinator(cohort, name_latin="Olga Careful")
    client = browser(coordinator)
    one = address(session, f"/{aida.public_id}")
    sent = {"status": "partial", "arrived": "14:30", "left": "15:00", "note": "doctor"}
    assert client.post(one, data=sent).location == address(session)
    page = client.get(one).text
    for text in ("14:30–15:00", "doctor", "Olga Careful", trainer.name, "in force"):
        assert text in page
    assert "Olga Careful" in client.get(address(session, "/history")).text


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"status": "late"}, "Enter when the participant came."),
        ({"status": "left_early"}, "Enter when the participant left."),
        ({"status": "late", "arrived": "soon"}, "Enter a time like 09:15."),
        (
            {"status": "partial", "arrived": "15:00", "left": "14:30"},
            "cannot have left before coming",
        ),
        ({"status": "asleep"}, "Not a valid choice"),
        ({"status": "present", "note": "x" * 401}, "at most 400 characters"),
    ],
)
def test_a_mark_typed_wrong_gets_its_message(course, browser, sent, message):
    _cohort, session, trainer, (aida, _bekzat) = course
    answer = browser(trainer).post(address(session, f"/{aida.public_id}"), data=sent)
    assert answer.status_code == 422
    assert message in answer.text
    assert statuses(session) == [None, None]


def test_a_mark_of_another_cohort_is_not_found(course, browser, make):
    _cohort, session, trainer, _people = course
    stranger = make.enrolment(make.cohort())
    assert browser(trainer).get(address(session, f"/{stranger.public_id}")).status_code == 404


def test_who_may_see_what(course, browser, make):
    cohort, session, trainer, (aida, bekzat) = course
    hours = f"/enrolments/{aida.public_id}/hours"
    ledger = f"/cohorts/{cohort.public_id}/attendance"
    participant, other = browser(aida.user), browser(bekzat.user)
    stranger = browser(make.trainer(make.cohort()))
    assert participant.get(address(session)).status_code == 403
    assert participant.get(hours).status_code == 200
    assert participant.get(ledger).status_code == 403
    assert other.get(hours).status_code == 404
    assert stranger.get(address(session)).status_code == 404
    assert browser(trainer).get(ledger).status_code == 403
    assert browser(make.coordinator(cohort)).get(ledger).status_code == 200


TEAMS = """1. Summary
Meeting title\tModule 1
Start time\t07/04/25, 13:55:00
End time\t07/04/25, 15:31:00

2. Participants
Name\tFirst join\tLast leave\tIn-meeting duration\tEmail\tParticipant ID (UPN)\tRole

3. In-Meeting activities
Name\tJoin time\tLeave time\tDuration\tEmail\tRole
Aida Sarsen\t07/04/25, 13:58:00\t07/04/25, 14:40:00\t42m\taida@x.example\tPresenter
Aida Sarsen\t07/04/25, 14:30:00\t07/04/25, 15:31:00\t61m\taida@x.example\tPresenter
Beka\t07/04/25, 14:20:00\t07/04/25, 15:31:00\t71m\t\tPresenter
"""


def upload(client, session, text: str = TEAMS, name: str = "report.csv"):
    data = {"file": (io.BytesIO(text.encode("utf-16")), name)}
    return client.post(address(session, "/import"), data=data)


def test_a_meeting_report_is_reviewed_before_it_is_imported(course, browser):
    _cohort, session, trainer, (_aida, bekzat) = course
    client = browser(trainer)
    review = upload(client, session).location
    page = client.get(review).text
    assert "nobody enrolled has this name" in page
    assert "13:58–15:31" in page
    assert statuses(session) == [None, None]
    refused = client.post(review, data={"act": "accept"})
    assert refused.status_code == 422
    assert "nobody enrolled is known as “Beka”" in refused.text
    assert statuses(session) == [None, None]
    sent = {"act": "accept", "who-1": bekzat.public_id, "remember-1": "yes"}
    assert client.post(review, data=sent).location == address(session)
    assert [(row.status, row.minutes) for row in service.read_register(session).rows] == [
        (AttendanceStatus.PRESENT, 90),
        (AttendanceStatus.LATE, 70),
    ]
    accepted = client.get(review).text
    assert "Choose who this is" not in accepted and "Withdraw from S01" in accepted
    again = client.get(upload(client, session).location).text
    assert "remembered from before" in again
    assert "This file was imported before" in again


def test_a_choice_that_was_never_offered_chooses_nobody(course, browser, make):
    _cohort, session, trainer, _people = course
    stranger = make.enrolment(make.cohort())
    client = browser(trainer)
    review = upload(client, session).location
    sent = {"act": "accept", "who-1": stranger.public_id}
    assert client.post(review, data=sent).status_code == 422


def test_an_import_that_was_put_away_changes_nothing(course, browser):
    _cohort, session, trainer, _people = course
    client = browser(trainer)
    review = upload(client, session).location
    client.post(review, data={"act": "discard"})
    kept = db.session.query(AttendanceImport).one()
    assert (kept.state, kept.report, kept.content) == (ImportState.DISCARDED, {}, None)
    assert client.get(review).status_code == 409
    assert client.post(review, data={"act": "accept", "who-1": "-"}).status_code == 409
    assert statuses(session) == [None, None]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hello", "is not a report that can be read here"),
        (TEAMS.replace("07/04/25", "08/05/25"), "Choose the session of that"),
        (TEAMS.replace("07/04/25", "17/04/25"), "Choose the session of that time"),
        (TEAMS.replace("14:20", "25:20"), "is not a date and time"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence(course, browser, text, sentence):
    _cohort, session, trainer, _people = course
    answer = upload(browser(trainer), session, text)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_no_file_is_asked_for(course, browser):
    _cohort, session, trainer, _people = course
    answer = browser(trainer).post(address(session, "/import"), data={})
    assert answer.status_code == 422
    assert "Choose a file." in answer.text


def test_the_register_as_a_sheet_comes_back_unchanged(course, browser, make):
    _cohort, session, trainer, (aida, _bekzat) = course
    late = Presence(AttendanceStatus.LATE, arrived_at=session.starts_at + timedelta(minutes=20))
    service.record_marks(session, {aida.id: WantedMark(late, "bus")}, by=trainer, now=make.NOW)
    client = browser(trainer)
    data = client.get(address(session, ".xlsx")).data
    assert read_table(data).rows[0].cells == (
        "Aida Sarsen",
        "aida@x.example",
        "late",
        "14:20",
        "",
        "bus",
        "S01",
    )
    sheet = {"file": (io.BytesIO(data), "register.xlsx")}
    review = client.post(address(session, "/import"), data=sheet).location
    assert client.post(review, data={"act": "accept"}).status_code == 303
    assert service.read_register(session).rows[0].minutes == 70


def test_the_ledger_and_the_hours_say_the_same(course, browser, make):
    cohort, session, trainer, (aida, _bekzat) = course
    service.record_marks(session, {aida.id: PRESENT}, by=trainer, now=make.NOW)
    client = browser(make.coordinator(cohort))
    ledger = client.get(f"/cohorts/{cohort.public_id}/attendance").text
    assert "2 of 36" in ledger
    assert "28.8 of 36 academic hours of 45 minutes (80 %)" in ledger
    assert "S01: present, 90 min" in ledger and "S01: not marked" in ledger
    hours = client.get(f"/enrolments/{aida.public_id}/hours").text
    assert "2 of 36 hours; 28.8 needed; still reachable: 36" in hours
    book = client.get(f"/cohorts/{cohort.public_id}/attendance.xlsx")
    assert book.status_code == 200
    assert book.data[:2] == b"PK"


@pytest.mark.parametrize("participants", [1, 40])
def test_pages_take_as_many_queries_however_many_participants(queries, browser, make, participants):
    cohort = make.cohort()
    session = make.training_session(cohort)
    trainer = make.trainer(cohort, leads=session)
    people = make.enrolments(cohort, participants)
    service.record_marks(session, {each.id: PRESENT for each in people}, by=trainer, now=make.NOW)
    client = browser(make.administrator())
    for path, most in [
        (address(session), 14),
        (address(session, "/history"), 14),
        (f"/cohorts/{cohort.public_id}/attendance", 14),
    ]:
        client.get(path)
        with queries() as seen:
            assert client.get(path).status_code == 200
        assert len(seen) <= most, (path, len(seen), seen)


def test_nobody_is_enrolled_yet(browser, make):
    cohort = make.cohort()
    session = make.training_session(cohort)
    client = browser(make.administrator())
    assert "Nobody is enrolled yet" in client.get(address(session)).text
    assert "Nobody is enrolled yet" in client.get(f"/cohorts/{cohort.public_id}/attendance").text


def test_all_others_are_marked_at_once_and_a_session_to_come_offers_neither(browser, make):
    cohort = make.cohort()
    session = make.training_session(cohort)
    later = make.training_session(cohort, starts="2099-05-01 09:00")
    trainer = make.trainer(cohort, leads=session)
    aida, *_others = make.enrolments(cohort, 3)
    away = WantedMark(Presence(AttendanceStatus.ABSENT))
    service.record_marks(session, {aida.id: away}, by=trainer, now=make.NOW)
    db.session.commit()
    client = browser(trainer)
    assert "All others present" not in client.get(address(later)).text
    assert "All others present" in client.get(address(session)).text
    page = client.post(address(session), data={"act": "rest-present"}, follow_redirects=True).text
    assert "2 participants are present." in page
    assert service.read_register(session).here == 2
