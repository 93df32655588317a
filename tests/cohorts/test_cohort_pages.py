import pytest

from courseware.cohorts import service
from courseware.permissions import Role

COHORT = {"code": "dushanbe-2025", "starts_on": "2025-04-07", "timezone": "Asia/Dushanbe"}


@pytest.fixture
def cohort(make):
    return make.cohort()


@pytest.fixture
def office(client, make, cohort):
    """The browser of the cohort's coordinator."""
    return client.sign_in(make.coordinator(cohort))


def test_a_cohort_is_created_from_its_programme(client, make):
    programme = make.programme()
    client.sign_in(make.coordinator(programme))
    answer = client.post(f"/programmes/{programme.public_id}/cohorts/new", data=COHORT)
    assert answer.status_code == 303, answer.text
    page = client.get(answer.location).text
    assert "7 April 2025 · Dushanbe time, UTC+5" in page
    assert "Nobody is enrolled yet." in page
    again = client.post(f"/programmes/{programme.public_id}/cohorts/new", data=COHORT)
    assert (again.status_code, "There is a cohort with the code" in again.text) == (422, True)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"code": "a b"}, "A code has Latin letters"),
        ({"starts_on": "31.02.2025"}, "Enter the first day, such as 2025-04-07."),
        ({"timezone": "Mars/Base"}, "Not a valid choice"),
        ({"code": ""}, "Enter a code."),
    ],
)
def test_what_is_wrong_about_a_cohort_is_said_beside_the_field(client, make, values, words):
    programme = make.programme()
    client.sign_in(make.coordinator(programme))
    answer = client.post(f"/programmes/{programme.public_id}/cohorts/new", data=COHORT | values)
    assert (answer.status_code, words in answer.text) == (422, True)


def test_a_cohort_whose_programme_does_not_add_up_is_refused_on_the_page(client, make):
    programme = make.programme(released_at=None, promised_minutes=900)
    client.sign_in(make.coordinator(programme))
    answer = client.post(f"/programmes/{programme.public_id}/cohorts/new", data=COHORT)
    assert (answer.status_code, "16 more than the promised 20" in answer.text) == (422, True)


def test_who_sees_what_of_a_cohort(browser, make, cohort):
    enrolment = make.enrolment(cohort)
    address = f"/cohorts/{cohort.public_id}"
    readers = {
        "coordinator": (make.coordinator(cohort), 200, 200, 200),
        "trainer": (make.trainer(cohort), 200, 200, 403),
        "participant": (enrolment.user, 200, 403, 403),
        "stranger": (make.coordinator(make.cohort()), 404, 404, 404),
    }
    for name, (person, hub, people, adding) in readers.items():
        at = browser(person)
        got = [at.get(address + path).status_code for path in
               ("", "/participants", "/participants/import")]  # fmt: skip
        assert got == [hub, people, adding], name
    assert (
        enrolment.user.email
        not in browser(make.trainer(cohort)).get(f"{address}/participants").text
    )


def test_one_person_is_enrolled_by_hand(office, make, cohort):
    address = f"/cohorts/{cohort.public_id}/participants"
    person = {"name_latin": "Lola  Karimova", "name_native": "Лола Каримова",
              "email": "Lola@people.example", "organisation": "Shirin", "country": "TJ",
              "organisation_kind": "company", "gender": "female", "position": "Baker",
              "language": ""}  # fmt: skip
    assert office.post(f"{address}/new", data=person).status_code == 303
    (enrolment,) = service.list_enrolments(cohort)
    assert enrolment.user.names == ("Lola Karimova", "Лола Каримова")
    assert (enrolment.user.gender, enrolment.position) == ("female", "Baker")
    assert (enrolment.organisation.kind, enrolment.organisation.country) == ("company", "TJ")
    again = office.post(f"{address}/new", data=person)
    assert (again.status_code, "is enrolled already" in again.text) == (422, True)
    doubtful = office.post(f"{address}/new", data=person | {"email": "l2@people.example"})
    assert (doubtful.status_code, "Is this somebody new?" in doubtful.text) == (422, True)
    sure = office.post(
        f"{address}/new", data=person | {"email": "l2@people.example", "sure": "yes"}
    )
    assert sure.status_code == 303
    assert len(service.list_enrolments(cohort)) == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [({"name_latin": ""}, "name_latin"), ({"name_latin": "x" * 201}, "name_latin"),
     ({"email": "no"}, "email"), ({"position": "x" * 201}, "position"),
     ({"gender": "robot"}, "gender"), ({"country": "XX"}, "country")],
)  # fmt: skip
def test_a_wrong_field_of_a_person_is_said(office, cohort, values, field):
    data = {"name_latin": "Lola", "gender": "", "country": "", "organisation_kind": "",
            "language": ""} | values  # fmt: skip
    answer = office.post(f"/cohorts/{cohort.public_id}/participants/new", data=data)
    assert answer.status_code == 422
    assert f'href="#{field}' in answer.text
    assert service.list_enrolments(cohort) == []


def test_name_and_organisation_are_corrected_and_a_confirmed_name_is_asked_again(
    office, make, cohort, db_session
):
    enrolment = make.enrolment(cohort, name_confirmed_at=make.NOW)
    answer = office.post(
        f"/participants/{enrolment.public_id}",
        data={
            "name_latin": "New NAME",
            "name_native": "",
            "organisation": "Shirin Dairy",
            "position": "Baker",
        },
    )
    assert answer.status_code == 303
    assert enrolment.user.names == ("New NAME",)
    assert enrolment.organisation.names == {"en": "Shirin Dairy"}
    assert enrolment.name_confirmed_at is None


def test_withdrawing_asks_why_and_can_be_undone(office, make, cohort):
    enrolment = make.enrolment(cohort)
    address = f"/participants/{enrolment.public_id}"
    assert office.post(f"{address}/withdraw", data={"reason": " "}).status_code == 422
    assert office.post(f"{address}/withdraw", data={"reason": "moved"}).status_code == 303
    page = office.get(f"/cohorts/{cohort.public_id}/participants").text
    assert "Withdrawn" in page and enrolment.user.name in page
    assert service.list_enrolments(cohort) == []
    office.post(f"{address}/enrol")
    assert service.list_enrolments(cohort) == [enrolment]


def test_trainers_and_coordinators_are_named_and_taken_off(office, make, cohort):
    address = f"/cohorts/{cohort.public_id}/trainers"
    unknown = office.post(address, data={"email": "t@people.example", "role": "trainer"})
    assert (unknown.status_code, "enter the name" in unknown.text) == (422, True)
    office.post(
        address, data={"email": "t@people.example", "name_latin": "Timur", "role": "trainer"}
    )
    roles = {(role.user.email, role.role) for role in service.list_cohort_roles(cohort)}
    assert ("t@people.example", Role.TRAINER) in roles
    person = next(r.user for r in service.list_cohort_roles(cohort) if r.role is Role.TRAINER)
    data = {"person": person.public_id, "role": "trainer"}
    assert office.post(f"{address}/remove", data=data).status_code == 303
    assert office.post(f"{address}/remove", data=data).status_code == 404
    assert (
        office.post(
            address, data={"email": "t@people.example", "role": "administrator"}
        ).status_code
        == 422
    )


@pytest.mark.parametrize("count", [1, 60])
def test_pages_cost_the_same_however_many_are_enrolled(office, make, cohort, queries, count):
    for _ in range(count):
        make.enrolment(cohort, organisation=make.organisation())
    with queries() as seen:
        page = office.get(f"/cohorts/{cohort.public_id}/participants").text
    assert page.count('<th scope="row">') == count
    assert len(seen) <= 9
    with queries() as seen:
        assert office.get(f"/cohorts/{cohort.public_id}").status_code == 200
        assert office.get("/cohorts").status_code == 200
    assert len(seen) <= 25
