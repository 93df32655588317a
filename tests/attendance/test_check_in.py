"""Checking in, as phones and the trainer's page do it: who is known how, what is refused."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import quote

import pytest
import time_machine
from sqlalchemy import func, select

from courseware.attendance import check_in_known_service as known_service
from courseware.attendance import check_in_service, personal_link_service, service, state_service
from courseware.attendance.check_in_rules import CheckInState, KnownBy
from courseware.attendance.history_service import history_of
from courseware.attendance.models import CheckIn, CheckInDevice
from courseware.attendance.rules import AttendanceStatus, MarkSource
from courseware.cohorts import service as cohorts
from courseware.db import db
from courseware.mail import OutgoingMail

START = datetime(2025, 4, 7, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    """A clock that a test moves; it begins two minutes before the session, in the room."""
    with time_machine.travel(START - timedelta(minutes=2), tick=False) as traveller:
        yield lambda minutes=0.0: traveller.move_to(START + timedelta(minutes=minutes))


@pytest.fixture
def room(make, clock):
    """A session on 7 April 14:00–15:30 in Dushanbe, its trainer, and Aida and Bekzat."""
    cohort = make.cohort()
    session = make.training_session(cohort, code="S01")
    trainer = make.trainer(cohort, leads=session)
    aida = make.enrolment(cohort, user=make.user(name_latin="Aida Sarsen", email="aida@x.example"))
    bekzat = make.enrolment(cohort, user=make.user(name_latin="Bekzat Omar", email=None))
    db.session.commit()
    return SimpleNamespace(
        cohort=cohort, session=session, trainer=trainer, aida=aida, bekzat=bekzat
    )


def code(session) -> str:
    shown = check_in_service.shown_code(session, now=datetime.now(UTC))
    assert shown is not None
    return shown.code


def address(session, digits: str | None = None) -> str:
    return f"/check-in/{session.public_id}/{digits or code(session)}"


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return found[1]


def scan(phone, session) -> str:
    """Scan the code on the wall; the sealed scan."""
    answer = phone.get(address(session))
    assert answer.status_code == 200, answer.text
    return field(answer.text, "scan")


def send(phone, session, sealed: str, who, act: str = "", **more):
    data = {"scan": sealed, "who": who.public_id, "act": act}
    return phone.post(f"/check-in/{session.public_id}", data=data, **more)


def statuses(room) -> dict[str, AttendanceStatus | None]:
    return {row.names[0]: row.status for row in service.read_register(room.session).rows}


def mailed_code() -> str:
    return db.session.scalars(
        select(OutgoingMail).order_by(OutgoingMail.id.desc()).limit(1)
    ).one().subject[:6]  # fmt: skip


# Who is known -------------------------------------------------------------------------------


def test_who_is_signed_in_scans_and_taps_once(room, browser):
    phone = browser(room.aida.user)
    page = phone.get(address(room.session)).text
    assert "Aida Sarsen" in page and "Bekzat" not in page
    answer = send(phone, room.session, field(page, "scan"), room.aida)
    assert "Aida Sarsen: present" in phone.get(answer.location).text
    (entry,) = history_of(room.session)
    assert (entry.mark.source, entry.mark.status) == (MarkSource.CHECK_IN, AttendanceStatus.PRESENT)


def test_the_phone_that_signed_in_once_is_known_afterwards(room, browser, make, clock):
    phone = browser(room.aida.user)
    send(phone, room.session, scan(phone, room.session), room.aida)
    phone.post("/sign-out")
    later = make.training_session(room.cohort, starts="2025-04-07 11:00", code="S02")
    clock(120)
    send(phone, later, scan(phone, later), room.aida)
    assert [row.status for row in service.read_register(later).rows] == [
        AttendanceStatus.PRESENT,
        None,
    ]


def test_an_unknown_phone_proves_a_name_by_mail_and_the_minute_of_the_scan_counts(
    room, browser, clock
):
    phone = browser()
    clock(4)
    sealed = scan(phone, room.session)
    answer = send(phone, room.session, sealed, room.aida, "mail")
    clock(12)  # the mail takes its time: now it would be late
    assert "A code is on its way" in phone.get(answer.location).text
    sent = {"scan": sealed, "who": room.aida.public_id, "code": mailed_code()}
    answer = phone.post(f"/check-in/{room.session.public_id}/mail", data=sent)
    assert answer.status_code == 303
    assert statuses(room)["Aida Sarsen"] is AttendanceStatus.PRESENT
    assert known_service.find_known(
        room.session, user=None, device=db.session.scalars(select(CheckInDevice.token_sha256)).one()
    ).by is KnownBy.DEVICE  # fmt: skip


def test_whoever_cannot_prove_it_waits_for_one_tap(room, browser, clock):
    phone, trainer = browser(), browser(room.trainer)
    clock(7)
    answer = send(phone, room.session, scan(phone, room.session), room.bekzat, "trainer")
    assert "waits for one tap" in phone.get(answer.location).text
    assert statuses(room)["Bekzat Omar"] is None
    clock(11)
    desk = f"/sessions/{room.session.public_id}/check-ins"
    waiting = field(trainer.get(desk).text, "check_in")
    page = trainer.post(
        desk, data={"check_in": waiting, "act": "confirm"}, follow_redirects=True
    ).text
    assert "Confirmed: Bekzat Omar." in page
    row = service.read_register(room.session).rows[1]
    assert (row.status, row.minutes) == (AttendanceStatus.LATE, 83)
    assert "late, from 14:07" in phone.get(answer.location).text
    again = trainer.post(desk, data={"check_in": waiting}, follow_redirects=True).text
    assert "somebody did it meanwhile" in again and len(history_of(room.session)) == 1


def test_a_declined_person_is_not_marked_and_may_still_prove_it(room, browser):
    phone, trainer = browser(), browser(room.trainer)
    answer = send(phone, room.session, scan(phone, room.session), room.aida, "trainer")
    desk = f"/sessions/{room.session.public_id}/check-ins"
    sent = {"check_in": field(trainer.get(desk).text, "check_in"), "act": "decline"}
    trainer.post(desk, data=sent)
    assert "did not confirm Aida Sarsen" in phone.get(answer.location).text
    assert statuses(room)["Aida Sarsen"] is None
    hers = browser(room.aida.user)
    send(hers, room.session, scan(hers, room.session), room.aida)
    assert statuses(room)["Aida Sarsen"] is AttendanceStatus.PRESENT


def test_a_personal_link_makes_a_phone_known_and_checks_in_with_the_digits(room, browser):
    phone = browser()
    link = f"/check-in/me/{personal_link_service.link_token(room.bekzat)}"
    assert "Check-in of Bekzat Omar" in phone.get(link).text
    phone.post(link, data={"act": "remember"})
    assert "Bekzat Omar" in phone.get(address(room.session)).text
    answer = phone.post(link, data={"code": code(room.session)})
    assert answer.status_code == 303
    assert db.session.scalars(select(CheckIn)).one().known_by is KnownBy.LINK
    assert phone.get(link + "x").status_code == 404
    cohorts.withdraw(room.bekzat, reason="moved", by=room.trainer, now=START)
    assert phone.get(link).status_code == 404


def test_digits_may_be_typed_where_no_camera_is(room, browser):
    phone = browser(room.aida.user)
    wrong = phone.post("/check-in", data={"code": "12"})
    assert wrong.status_code == 422 and "Type all 8 digits" in wrong.text
    assert phone.post("/check-in", data={"code": code(room.session)}).status_code == 303
    assert statuses(room)["Aida Sarsen"] is AttendanceStatus.PRESENT
    stranger = browser()
    answer = stranger.post("/check-in", data={"code": code(room.session)})
    assert "Choose your name" in stranger.get(answer.location).text


def test_a_phone_stays_whose_it_is_and_the_trainer_sees_that_two_used_it(room, browser):
    phone = browser(room.aida.user)
    sealed = scan(phone, room.session)
    send(phone, room.session, sealed, room.aida)
    phone.post("/sign-out")
    assert (
        "Bekzat Omar" in phone.get(f"/check-in/{room.session.public_id}?scan={sealed}&names=1").text
    )
    send(phone, room.session, sealed, room.bekzat, "trainer")
    page = browser(room.trainer).get(f"/sessions/{room.session.public_id}/check-ins").text
    assert "One phone for several people" in page
    assert [each.user for each in db.session.scalars(select(CheckInDevice))] == [room.aida.user]


# Once ---------------------------------------------------------------------------------------


def test_checking_in_again_changes_nothing_and_shows_the_first(room, browser, clock):
    phone = browser(room.aida.user)
    sealed = scan(phone, room.session)
    first = send(phone, room.session, sealed, room.aida)
    clock(9)
    second = send(phone, room.session, sealed, room.aida)
    third = phone.get(address(room.session))
    assert first.location == second.location == third.location
    assert len(history_of(room.session)) == 1
    assert statuses(room)["Aida Sarsen"] is AttendanceStatus.PRESENT


def test_a_trainers_mark_stands_above_a_check_in(room, browser):
    absent = service.WantedMark(service.Presence(AttendanceStatus.ABSENT))
    service.record_marks(room.session, {room.aida.id: absent}, by=room.trainer, now=START)
    phone = browser(room.aida.user)
    send(phone, room.session, scan(phone, room.session), room.aida)
    assert statuses(room)["Aida Sarsen"] is AttendanceStatus.ABSENT
    assert len(history_of(room.session)) == 2


def test_who_checks_in_after_being_marked_absent_is_told_and_somebody_has_to_settle_it(
    room, browser, clock
):
    clock(5)
    trainer = browser(room.trainer)
    trainer.post(f"/sessions/{room.session.public_id}/register", data={"act": "rest-absent"})
    clock(9)
    phone = browser(room.aida.user)
    answer = send(phone, room.session, scan(phone, room.session), room.aida)
    told = phone.get(answer.location).text
    assert "The register says that Aida Sarsen is not here" in told
    assert "You are in" not in told
    assert statuses(room)["Aida Sarsen"] is AttendanceStatus.ABSENT
    desk = f"/sessions/{room.session.public_id}"
    for page in (f"{desk}/check-ins", f"{desk}/register", f"{desk}/register/{room.aida.public_id}"):
        assert "two people say different things" in trainer.get(page).text.lower(), page
    clock(12)
    trainer.post(
        f"{desk}/register/{room.aida.public_id}", data={"status": "late", "arrived": "14:09"}
    )
    assert statuses(room)["Aida Sarsen"] is AttendanceStatus.LATE
    assert "different things" not in trainer.get(f"{desk}/check-ins").text
    assert "late, from 14:09" in phone.get(answer.location).text


def test_the_trainers_tap_counts_as_the_trainers_mark(room, browser, clock):
    trainer = browser(room.trainer)
    phone = browser()
    clock(3)
    send(phone, room.session, scan(phone, room.session), room.bekzat, "trainer")
    clock(4)
    absent = service.WantedMark(service.Presence(AttendanceStatus.ABSENT))
    service.record_marks(
        room.session, {room.aida.id: absent}, by=room.trainer, now=datetime.now(UTC)
    )
    db.session.commit()
    desk = f"/sessions/{room.session.public_id}/check-ins"
    waiting = field(trainer.get(desk).text, "check_in")
    trainer.post(desk, data={"check_in": waiting, "act": "confirm"})
    (entry,) = history_of(room.session, room.bekzat.id)
    assert (entry.mark.source, entry.mark.marked_by) == (MarkSource.TRAINER, room.trainer)


def test_nobody_waits_for_a_tap_any_longer_who_is_marked_in_the_register(room, browser, clock):
    phone, trainer = browser(), browser(room.trainer)
    clock(3)
    answer = send(phone, room.session, scan(phone, room.session), room.bekzat, "trainer")
    clock(4)
    trainer.post(
        f"/sessions/{room.session.public_id}/register",
        data={f"here-{room.bekzat.public_id}": "1", f"was-{room.bekzat.public_id}": "none"},
    )
    assert check_in_service.list_check_ins(room.session).waiting == ()
    assert "Bekzat Omar: present" in phone.get(answer.location).text


def test_a_mark_that_was_taken_back_gives_way_to_who_checks_in_afterwards(room, browser, clock):
    clock(1)
    for said in (service.WantedMark(service.Presence(AttendanceStatus.PRESENT)), None):
        wanted = {room.aida.id: said or service.WantedMark(None)}
        service.record_marks(room.session, wanted, by=room.trainer, now=datetime.now(UTC))
    db.session.commit()
    assert statuses(room)["Aida Sarsen"] is None
    clock(2)
    phone = browser(room.aida.user)
    send(phone, room.session, scan(phone, room.session), room.aida)
    assert statuses(room)["Aida Sarsen"] is AttendanceStatus.PRESENT


# Refusals -----------------------------------------------------------------------------------


def refused(answer) -> str:
    assert answer.status_code == 409, (answer.status_code, answer.text)
    assert db.session.scalar(select(func.count()).select_from(CheckIn)) == 0
    return answer.text


def test_codes_that_are_old_foreign_early_late_or_no_codes_are_refused_with_the_reason(
    room, browser, make, clock
):
    phone = browser(room.aida.user)
    other = make.training_session(room.cohort, code="S02", starts="2025-04-07 09:10")
    future = make.training_session(room.cohort, code="S03", starts="2025-04-08 09:00")
    old = code(room.session)
    clock(1)
    assert "it changes every 20 seconds" in refused(phone.get(address(room.session, old)))
    text = refused(phone.get(address(room.session, code(other))))
    assert "belongs to session S02 and not to session S01" in text
    for wrong in ("00000000", "x", "💥", "1" * 300):
        assert "no code of session S01" in refused(phone.get(address(room.session, wrong)))
    text = refused(phone.get(address(future, "12345678")))
    assert "Check-in to session S03 opens on 08.04.2025, 13:45" in text
    last = address(room.session)
    clock(90)
    assert "Session S01 is over" in refused(phone.get(last))
    assert phone.get("/check-in/nothing/12345678").status_code == 404


def test_a_scan_is_of_no_use_on_another_phone_for_another_session_or_later(
    room, browser, make, clock
):
    phone, friend = browser(room.aida.user), browser(room.aida.user)
    other = make.training_session(room.cohort, code="S02", starts="2025-04-07 09:10")
    sealed = scan(phone, room.session)
    assert "another phone or another session" in refused(
        send(friend, room.session, sealed, room.aida)
    )
    assert "another phone or another session" in refused(send(phone, other, sealed, room.aida))
    assert "another phone" in refused(send(phone, room.session, sealed[:-2] + "aa", room.aida))
    clock(20)
    assert "older than 15 minutes" in refused(send(phone, room.session, sealed, room.aida))
    assert send(phone, room.session, "", room.aida).location == "/check-in"


def test_nobody_checks_in_as_another_person(room, browser, make):
    phone = browser(room.aida.user)
    sealed = scan(phone, room.session)
    answer = send(phone, room.session, sealed, room.bekzat)
    assert answer.status_code == 422 and "Choose how we know that it is you" in answer.text
    foreign = make.enrolment(make.cohort())
    assert (
        "Choose your name in the list" in send(phone, room.session, sealed, foreign, "trainer").text
    )
    assert statuses(room) == {"Aida Sarsen": None, "Bekzat Omar": None}


def test_a_mailed_code_belongs_to_one_person_and_phone_and_is_tried_five_times(room, browser, make):
    phone, other = browser(), browser()
    dana = make.enrolment(room.cohort)
    sealed = scan(phone, room.session)
    send(phone, room.session, sealed, room.aida, "mail")
    right = mailed_code()
    place = f"/check-in/{room.session.public_id}/mail"

    def attempt(client, typed, who=room.aida, scanned=sealed):
        return client.post(place, data={"scan": scanned, "who": who.public_id, "code": typed})

    assert "was used, is too old" in attempt(phone, right, who=dana).text
    assert "was used, is too old" in attempt(other, right, scanned=scan(other, room.session)).text
    for _ in range(5):
        assert "not the newest code" in attempt(phone, "x").text
    assert "tried too often" in attempt(phone, right).text
    assert statuses(room)["Aida Sarsen"] is None


def test_mail_goes_to_one_person_three_times_and_to_nobody_without_an_address(room, browser):
    phone = browser()
    sealed = scan(phone, room.session)
    assert "no e-mail address" in send(phone, room.session, sealed, room.bekzat, "mail").text
    answers = [send(phone, room.session, sealed, room.aida, "mail") for _ in range(4)]
    assert [each.status_code for each in answers] == [303, 303, 303, 422]
    assert "3 codes were sent" in answers[3].text
    assert db.session.scalar(select(func.count()).select_from(OutgoingMail)) == 3


def test_a_closed_register_and_a_place_that_was_withdrawn_meanwhile_are_told(room, browser, clock):
    clock(1)
    phone = browser(room.aida.user)
    sealed = scan(phone, room.session)
    cohorts.withdraw(room.aida, reason="moved", by=room.trainer, now=START)
    answer = send(phone, room.session, sealed, room.aida)
    assert answer.status_code == 422 and "Choose how we know that it is you" in answer.text
    assert "signed in as Aida Sarsen, who is not enrolled" in answer.text
    answer = send(phone, room.session, sealed, room.aida, "mail")
    assert answer.status_code == 422 and "Choose your name in the list" in answer.text
    state_service.close_register(room.session, by=room.trainer, now=START)
    text = refused(send(phone, room.session, sealed, room.bekzat, "trainer"))
    assert "The register of session S01 is closed" in text
    assert "The register of session S01 is closed" in refused(phone.get(address(room.session)))


# The trainer's pages ------------------------------------------------------------------------


def test_the_wall_shows_a_code_in_its_time_only(room, browser, clock):
    clock(-16)
    trainer = browser(room.trainer)
    wall = f"/sessions/{room.session.public_id}/check-in"
    assert "Check-in opens on 7 April 2025 at 13:45" in trainer.get(wall).text
    assert trainer.get(wall + ".json").json["code"] == ""
    clock(-15)
    page = trainer.get(wall).text
    assert "Scan the code with your phone" in page and "0 of 2 are in" in page
    now = trainer.get(wall + ".json").json
    assert now["code"].replace(" ", "") == code(room.session)
    assert now["qr"].startswith("<svg") and 0 < now["left"] <= 20
    clock(90)
    assert "The session is over" in trainer.get(wall).text


def test_the_list_costs_the_same_for_one_and_for_forty(room, browser, make, queries):
    trainer = browser(room.trainer)
    desk = f"/sessions/{room.session.public_id}/check-ins"

    def come(count: int) -> None:
        for each in make.enrolments(room.cohort, count):
            check_in_service.check_in(
                room.session, each, known_by=KnownBy.DEVICE, scanned_at=START,
                device=f"d{each.id}", network=f"n{each.id}", now=START,
            )  # fmt: skip
        db.session.commit()

    counts = []
    for more in (1, 39):
        come(more)
        with queries() as seen:
            page = trainer.get(desk).text
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert "40 of 42 are in" in page
    assert "1 second with check-ins from different networks" in page


def test_one_check_in_costs_few_queries(room, browser, queries):
    phone = browser(room.aida.user)
    sealed = scan(phone, room.session)
    send(phone, room.session, sealed, room.aida)
    db.session.execute(CheckIn.__table__.delete())
    phone.post("/sign-out")
    place = f"/check-in/{room.session.public_id}"
    sent = {"scan": sealed, "who": room.aida.public_id}
    db.session.commit()
    with queries() as seen:
        phone.post(place, data=sent)
    assert len(seen) == 6, "\n".join(seen)


def test_links_are_mailed_and_printed_by_the_coordinator(room, browser, make):
    desk = browser(make.coordinator(room.cohort))
    place = f"/cohorts/{room.cohort.public_id}/check-in-links"
    assert "Cards for everybody" in desk.get(place).text
    cards = desk.get(place + "?print=without").text
    assert "Bekzat Omar" in cards and "Aida Sarsen" not in cards
    page = desk.post(place, follow_redirects=True).text
    assert "The link is on its way to 1 participant." in page
    mail = db.session.scalars(select(OutgoingMail)).one()
    assert f"/check-in/me/{room.aida.public_id}." in mail.body


def test_waiting_check_ins_of_a_cohort_are_listed(room, browser):
    phone = browser()
    send(phone, room.session, scan(phone, room.session), room.bekzat, "trainer")
    (found,) = check_in_service.list_waiting(room.cohort)
    assert (found.enrolment, found.state) == (room.bekzat, CheckInState.WAITING)


@pytest.mark.parametrize("naughty", ["a\0b", "🎓" * 200, "../..", "x" * 5000])
def test_whatever_is_sent_gets_a_sentence(room, browser, naughty):
    phone, trainer = browser(), browser(room.trainer)
    sealed = scan(phone, room.session)
    here = f"/check-in/{room.session.public_id}"
    answers = [
        phone.post("/check-in", data={"code": naughty}),
        phone.get(here, query_string={"scan": naughty}),
        phone.get(here, query_string={"scan": sealed, "names": naughty}),
        phone.get(f"{here}/mail", query_string={"scan": sealed, "who": naughty}),
        phone.post(
            f"{here}/mail", data={"scan": sealed, "who": room.aida.public_id, "code": naughty}
        ),
        *(
            phone.post(here, data={"scan": sealed, "who": naughty, "act": act})
            for act in ("", "mail", "trainer", naughty)
        ),
        trainer.post(
            f"/sessions/{room.session.public_id}/check-ins",
            data={"check_in": naughty, "act": naughty},
        ),
    ]
    if "/" not in naughty:
        answers += [
            phone.get(f"/check-in/{quote(naughty)}/12345678"),
            phone.get(f"{here}/{quote(naughty)}"),
            phone.get(f"{here}/result/{quote(naughty)}"),
            phone.get(f"/check-in/me/{quote(naughty)}"),
        ]
    codes = [each.status_code for each in answers]
    assert set(codes) <= {200, 303, 404, 409, 422}, codes
    assert db.session.scalar(select(func.count()).select_from(CheckIn)) == 0


def test_a_class_behind_one_address_is_let_in_and_a_phone_that_guesses_is_stopped(room, browser):
    from courseware.security import limiter

    def guess(phone) -> int:
        return phone.post("/check-in", data={"code": "1"}).status_code

    limiter.enabled = True
    limiter.reset()
    try:
        phones = [browser() for _ in range(40)]
        for phone in phones:
            phone.get("/check-in")
        assert {guess(phone) for phone in phones} == {422}
        guesses = [guess(phones[0]) for _ in range(31)]
    finally:
        limiter.reset()
        limiter.enabled = False
    assert (guesses[0], guesses[-1]) == (422, 429)


def test_the_cookie_of_a_phone_is_bound_to_its_host_and_out_of_reach_of_scripts(room, make_app):
    app = make_app(COURSEWARE_BASE_URL="https://courses.example")
    answer = app.test_client().get("/check-in", base_url="https://courses.example")
    (cookie,) = [each for each in answer.headers.getlist("Set-Cookie") if "phone" in each]
    assert cookie.startswith("__Host-courseware-phone=")
    for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
