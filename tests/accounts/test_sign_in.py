"""Signing in with a password or a mailed link, and ending it on the server."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from courseware import clock
from courseware.accounts import service
from courseware.errors import Refused
from courseware.mail import OutgoingMail

PASSWORD = "correct horse battery"


@pytest.fixture
def aigerim(make):
    user = make.user(name_latin="Aigerim Nurlankyzy")
    service.set_password(user, PASSWORD, by=user, now=clock.now())
    return user


def test_a_password_signs_in_and_the_page_greets_by_name(client, aigerim):
    answer = client.post("/sign-in", data={"email": aigerim.email, "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/")
    assert "Aigerim Nurlankyzy" in client.get("/me").text


@pytest.mark.parametrize("password", ["wrong horse battery", ""])
def test_a_wrong_password_says_so_and_signs_nobody_in(client, aigerim, password):
    answer = client.post("/sign-in", data={"email": aigerim.email, "password": password})
    assert answer.status_code == 422
    assert client.get("/me").location.startswith("/sign-in")


def test_an_old_cookie_is_worth_nothing_after_signing_out(client, app, aigerim):
    client.sign_in(aigerim)
    stolen = client.get_cookie("courseware").value
    client.post("/sign-out")
    client.set_cookie("courseware", stolen)
    assert client.get("/me").status_code == 303


def test_a_new_password_signs_all_other_browsers_out(browser, aigerim):
    phone, laptop = browser(aigerim), browser(aigerim)
    laptop.post("/me/password", data={"password": "another good password"})
    assert phone.get("/me").status_code == 303
    assert laptop.get("/me").status_code == 200


def test_a_deactivated_person_is_out_at_once(browser, make, aigerim):
    phone = browser(aigerim)
    service.deactivate(aigerim, by=make.administrator(), now=clock.now())
    assert phone.get("/me").status_code == 303


def test_a_link_by_mail_signs_in_once(client, browser, db_session, aigerim):
    client.post("/sign-in/link", data={"email": aigerim.email.upper()})
    mail = db_session.scalars(select(OutgoingMail)).one()
    link = next(line for line in mail.body.splitlines() if line.startswith("http://localhost/"))
    assert client.get(link).status_code == 200, "opening it does not spend it"
    assert client.post(link).status_code == 303
    assert client.get("/me").status_code == 200
    assert browser().post(link).status_code == 410


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client, db_session):
    answer = client.post("/sign-in/link", data={"email": "nobody@people.example"})
    assert answer.location == "/sign-in/sent"
    assert db_session.scalars(select(OutgoingMail)).all() == []


def test_a_link_is_spent_by_time(app, aigerim):
    token = service.make_sign_in_link(aigerim, now=clock.now() - timedelta(minutes=31))
    assert service.find_sign_in_link(token, now=clock.now()) is None


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "x"])
def test_next_leads_nowhere_else(client, aigerim, target):
    answer = client.post(
        "/sign-in", data={"email": aigerim.email, "password": PASSWORD, "next": target}
    )
    assert answer.location == "/"


def test_the_last_administrator_cannot_be_taken_away(app, make):
    only = make.administrator()
    with pytest.raises(Refused, match="last administrator"):
        service.give_general_roles(only, administrator=False, by=only, now=make.NOW)


def test_a_name_keeps_its_case_and_is_cleaned(client, db_session, aigerim):
    client.sign_in(aigerim)
    client.post(
        "/me",
        data={
            "name_latin": "  aigerim  McNUR ",
            "name_native": "Айгерім\x00",
            "gender": "female",
            "language": "",
        },
    )
    db_session.refresh(aigerim)
    assert aigerim.names == ("aigerim McNUR", "Айгерім")


def test_the_same_form_sent_twice_acts_once(client, make, db_session):
    client.sign_in(make.administrator())
    data = {"email": "once@people.example", "name_latin": "Once", "_key": "k" * 22}
    first, second = client.post("/people/new", data=data), client.post("/people/new", data=data)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.location == second.location
