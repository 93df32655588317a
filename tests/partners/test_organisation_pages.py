import pytest

from courseware.partners import service
from courseware.partners.models import Organisation

FORM = {
    "name_en": "Öskemen Mill", "name_ru": "", "name_kk": "Өскемен диірмені", "name_tg": "",
    "code": "MILL", "kind": "company", "country": "KZ", "city_en": "Öskemen",
    "sector": "food industry", "mark_letters": "ÖM", "mark_colour": "#1d3a6b",
}  # fmt: skip


@pytest.fixture
def coordinator(make):
    return make.user(is_coordinator=True)


def test_an_organisation_is_added_and_corrected(client, coordinator):
    client.sign_in(coordinator)
    answer = client.post("/organisations/new", data=FORM)
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert "Өскемен диірмені" in page.text and "Kazakhstan" in page.text
    answer = client.post(f"{answer.location}/edit", data=FORM | {"name_en": "Öskemen Grain Mill"})
    saved = service.find_organisation_by_code("mill")
    assert saved.names == {"en": "Öskemen Grain Mill", "kk": "Өскемен диірмені"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"name_en": "", "name_kk": ""}, "Enter the name in at least one language."),
        ({"name_en": "–", "name_kk": ""}, "Enter the name in at least one language."),
        ({"code": "a b"}, "A code has Latin letters"),
        ({"kind": "club"}, "Not a valid choice"),
        ({"mark_colour": "red; x"}, "Choose a colour."),
        ({"name_en": "x" * 301}, "longer than 300"),
    ],
)
def test_what_is_typed_wrong_is_said_beside_the_field_and_kept(client, coordinator, values, words):
    client.sign_in(coordinator)
    answer = client.post("/organisations/new", data=FORM | values)
    assert answer.status_code == 422
    assert words in answer.text
    assert "food industry" in answer.text


def test_a_name_and_a_code_are_taken_once(client, coordinator, make):
    client.sign_in(coordinator)
    client.post("/organisations/new", data=FORM)
    answer = client.post("/organisations/new", data=FORM | {"code": "OTHER"})
    assert (
        answer.status_code,
        "There is an organisation “Öskemen Mill” already." in answer.text,
    ) == (422, True)
    answer = client.post("/organisations/new", data=FORM | {"name_en": "Other"})
    assert "The code “MILL” belongs to “Öskemen Mill” already." in answer.text


def test_a_code_that_files_name_is_not_taken_away(client, coordinator):
    client.sign_in(coordinator)
    address = client.post("/organisations/new", data=FORM).location
    answer = client.post(f"{address}/edit", data=FORM | {"code": ""})
    assert "Files name this organisation by its code; keep one." in answer.text


def test_organisations_are_for_those_who_create_programmes(client, make):
    organisation = make.organisation()
    client.sign_in(make.user())
    assert client.get("/organisations").status_code == 403
    assert client.get(f"/organisations/{organisation.public_id}").status_code == 404
    assert (
        client.post(f"/organisations/{organisation.public_id}/edit", data=FORM).status_code == 404
    )


@pytest.mark.parametrize("count", [1, 40])
def test_the_list_costs_the_same_however_long_it_is(client, coordinator, make, queries, count):
    for _ in range(count):
        make.organisation()
    client.sign_in(coordinator)
    with queries() as seen:
        assert client.get("/organisations").text.count("<tr>") == count + 1
    assert len(seen) <= 6


def test_an_empty_list_offers_to_begin(client, coordinator, db_session):
    client.sign_in(coordinator)
    assert "No organisations yet" in client.get("/organisations").text
    assert db_session.query(Organisation).count() == 0
