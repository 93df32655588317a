import io

import pytest
from test_programme_files import FILE, PROGRAMME

from courseware.programmes import service
from courseware.programmes.exports import write_programme
from courseware.programmes.rules import AssessmentKind, AttendanceRules, Participation

GENERAL = {
    "titles.en": "Food safety", "titles.tg": "Бехатарии хӯрока", "code": "food-safety",
    "academic_hour_minutes": "45", "promised_hours": "10", "certificate.threshold_percent": "80",
    "certificate.series": "F-{year}-{number:04}", "certificate.language": "en",
    "certificate.name_confirmed": "yes", "certificate.agreement_required": "yes",
    "certificate.correction_days": "14", "certificate.participation": "on_site",
    "certificate.assessment": "assignment",
}  # fmt: skip


@pytest.fixture
def coordinator(make):
    return make.user(is_coordinator=True)


@pytest.fixture
def begun(client, coordinator):
    """A coordinator's browser, and the address of a programme they began."""
    client.sign_in(coordinator)
    return client, client.post("/programmes/new", data=GENERAL).location


def upload(client, address, data, name="programme.yaml"):
    return client.post(
        address, data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data"
    )


def test_a_programme_is_made_in_forms_and_released_once_its_hours_add_up(begun, db_session):
    client, address = begun
    assert "The programme has no modules." in client.get(address).text
    for code, hours in (("M1", "6"), ("M2", "3")):
        answer = client.post(
            f"{address}/modules/new",
            data={"titles.en": f"Part {code}", "code": code, "hours": hours, "place": "9",
                  "outcomes.en": "First\n\nSecond\n", "outcomes.ru": "Первый\n\nВторой"},
        )  # fmt: skip
        assert answer.status_code == 303, answer.text
    page = client.get(address).text
    assert "The modules add up to 9 hours: 1 fewer than the promised 10." in page
    refused = client.post(f"{address}/release")
    assert (refused.status_code, "1 fewer than the promised 10" in refused.text) == (409, True)
    hours = {"promised_hours": "10", "modules[1].hours": "6", "modules[2].hours": "4"}
    client.post(f"{address}/hours", data=hours)
    assert client.post(f"{address}/release").status_code == 303
    facts = service.facts_of(service.find_programme_by_code("food-safety"))
    assert facts.modules[0].outcomes == (
        {"en": "First", "ru": "Первый"}, {"en": "Second", "ru": "Второй"},
    )  # fmt: skip
    changed = client.post(f"{address}/hours", data=hours | {"modules[2].hours": "5"})
    assert (changed.status_code, "The programme is released." in changed.text) == (422, True)


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"titles.en": "", "titles.tg": ""}, "titles.en", "at least one language"),
        ({"code": "a b"}, "code", "is not a code"),
        ({"promised_hours": "ten"}, "promised_hours", "is not a number of hours"),
        ({"promised_hours": "0"}, "promised_hours", "more than 0"),
        ({"certificate.series": "1"}, "certificate.series", "is not a number series"),
        ({"certificate.threshold_percent": "110"}, "certificate.threshold_percent", "0 to 100"),
        ({"certificate.correction_days": "a month"}, "certificate.correction_days", "0 to 3650"),
        ({"certificate.participation": "x"}, "certificate.participation", "Write one of: on_site"),
        ({"certificate.assessment": "viva"}, "certificate.assessment", "Write one of: attendance"),
        ({"certificate.language": "fr"}, "certificate.language", "Write one language"),
        ({"attendance.register_days": "400"}, "attendance.register_days", "0 to 365"),
        ({"attendance.reminder_hours": "soon"}, "attendance.reminder_hours", "0 to 720"),
        ({"feedback.limit": "3.55"}, "feedback.limit", "1.0 to 5.0"),
        ({"academic_hour_minutes": "40"}, "academic_hour_minutes", "45, 50 or 60"),
    ],
)
def test_a_wrong_field_is_said_beside_it_and_nothing_typed_is_lost(
    client, coordinator, values, field, words
):
    client.sign_in(coordinator)
    answer = client.post("/programmes/new", data=GENERAL | values)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert "Бехатарии хӯрока" in answer.text or "titles.tg" in values


def test_what_is_chosen_for_the_certificate_is_kept_and_shown(begun):
    client, address = begun
    rules = service.facts_of(service.find_programme_by_code("food-safety")).certificate
    assert (rules.agreement_required, rules.statements_allowed) == (True, False)
    assert (rules.correction_days, rules.participation, rules.assessment) == (
        14, Participation.ON_SITE, AssessmentKind.ASSIGNMENT,
    )  # fmt: skip
    changed = {"certificate.agreement_required": "", "certificate.statements_allowed": "yes"}
    client.post(f"{address}/edit", data=GENERAL | changed)
    rules = service.facts_of(service.find_programme_by_code("food-safety")).certificate
    assert (rules.agreement_required, rules.statements_allowed) == (False, True)
    page = client.get(address).text
    assert "Otherwise a statement of attendance" in page
    assert "Attendance and an assignment" in page


def test_how_registers_are_kept_is_a_setting_of_the_programme(begun):
    client, address = begun
    usual = service.facts_of(service.find_programme_by_code("food-safety")).attendance
    assert usual == AttendanceRules()
    said = {"attendance.register_days": "0", "attendance.reminder_hours": "24",
            "attendance.review_days": "5", "attendance.warn_participants": "yes"}  # fmt: skip
    client.post(f"{address}/edit", data=GENERAL | said)
    kept = service.facts_of(service.find_programme_by_code("food-safety")).attendance
    assert kept == AttendanceRules(0, 24, 5, warn_participants=True)
    page = client.get(f"{address}/edit").text
    assert 'name="attendance.reminder_hours" value="24"' in page


def test_modules_move_and_are_taken_out(begun):
    client, address = begun
    for code in ("M1", "M2", "M3"):
        client.post(
            f"{address}/modules/new",
            data={"titles.en": code, "code": code, "hours": "2", "place": "9"},
        )
    client.post(
        f"{address}/modules/3", data={"titles.en": "M3", "code": "M3", "hours": "2", "place": "1"}
    )
    assert client.post(f"{address}/modules/2/remove").status_code == 303
    facts = service.facts_of(service.find_programme_by_code("food-safety"))
    assert [module.code for module in facts.modules] == ["M3", "M2"]
    assert client.get(f"{address}/modules/9").status_code == 404
    wrong = client.post(f"{address}/modules/1", data={"code": "M2", "hours": "1.3", "place": "x"})
    assert wrong.status_code == 422
    assert 'href="#hours"' in wrong.text and 'href="#titles.en"' in wrong.text


def test_partners_and_signatories_are_chosen(begun, make):
    client, address = begun
    make.organisation(code="EKTU")
    answer = client.post(
        f"{address}/partners",
        data={"partners[1].code": "EKTU", "partners[1].part": "lead", "partners[2].code": "",
              "partners[2].part": "lead", "signatories[1].organisation": "EKTU",
              "signatories[1].names.en": "A. Example", "signatories[1].offices.en": "Rector"},
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    page = client.get(address).text
    assert "A. Example" in page and "Rector" in page
    wrong = client.post(
        f"{address}/partners",
        data={"partners[1].code": "NONE", "partners[1].part": "boss",
              "signatories[1].names.en": "B"},
    )  # fmt: skip
    assert wrong.status_code == 422
    assert "Write one of: lead, host, funder, employer." in wrong.text


def test_a_file_goes_up_and_comes_down_the_same(client, coordinator):
    client.sign_in(coordinator)
    address = upload(client, "/programmes/load", FILE.encode()).location
    answer = client.get(f"{address}/programme.yaml")
    assert answer.data == write_programme(PROGRAMME)
    assert "research-services.yaml" in answer.headers["Content-Disposition"]
    assert upload(client, "/programmes/load", answer.data).location == address


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "titles: "),
        (b"%PDF", "this is not YAML"),
        (FILE.replace("hours: 4", "hours: four").encode(), "Line 45, modules[2].hours: “four”"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_field(client, coordinator, data, words, db_session):
    client.sign_in(coordinator)
    answer = upload(client, "/programmes/load", data)
    assert answer.status_code == 422
    assert words in answer.text
    assert service.find_programme_by_code("research-services") is None


def test_a_file_does_not_overwrite_somebody_elses_programme(client, coordinator, make, db_session):
    foreign, _ = service.save_programme(PROGRAMME, by=make.user(), now=make.NOW)
    client.sign_in(coordinator)
    answer = upload(client, "/programmes/load", FILE.replace("Needs", "Changed").encode())
    assert (answer.status_code, "There is a programme with the code" in answer.text) == (422, True)
    assert service.facts_of(foreign) == PROGRAMME


def test_who_may_do_what_with_a_programme(client, browser, make):
    cohort = make.cohort()
    address = f"/programmes/{cohort.programme.public_id}"
    coordinator = browser(make.coordinator(cohort.programme))
    trainer, stranger = browser(make.trainer(cohort)), browser(make.user())
    participant = browser(make.enrolment(cohort).user)
    pages = {person: person.get(address).status_code for person in
             (coordinator, trainer, participant, stranger)}  # fmt: skip
    assert list(pages.values()) == [200, 200, 200, 404]
    for path in ("/edit", "/hours", "/partners", "/modules/1", "/programme.yaml"):
        assert coordinator.get(address + path).status_code == 200, path
        assert trainer.get(address + path).status_code == 403
        assert stranger.get(address + path).status_code == 404
    assert stranger.get("/programmes").status_code == 403
    assert trainer.get("/programmes/new").status_code == 403
    assert "numbered" not in trainer.get(address).text.lower()
    assert client.get(address).status_code == 303


def test_coordinators_are_added_by_address_and_taken_off(begun, make):
    client, address = begun
    other = make.user(email="other@people.example")
    assert (
        client.post(f"{address}/coordinators", data={"email": "x@people.example"}).status_code
        == 409
    )
    client.post(f"{address}/coordinators", data={"email": "Other@people.example"})
    assert "other@people.example" in client.get(address).text
    client.post(f"{address}/coordinators/remove", data={"person": other.public_id})
    assert "other@people.example" not in client.get(address).text
    assert client.post(f"{address}/coordinators/remove", data={"person": "x"}).status_code == 404


def test_titles_come_in_the_readers_language(client, make):
    programme = make.programme()
    client.sign_in(make.coordinator(programme, language="ru"))
    page = client.get(f"/programmes/{programme.public_id}").text
    assert "<h1>Исследовательские услуги для частных компаний</h1>" in page


@pytest.mark.parametrize("count", [1, 30])
def test_pages_cost_the_same_however_much_they_list(client, make, queries, count):
    programme = make.programme(module_count=count)
    client.sign_in(make.coordinator(programme))
    for _ in range(count):
        make.programme()
    with queries() as seen:
        assert client.get(f"/programmes/{programme.public_id}").status_code == 200
    assert len(seen) <= 12
    client.sign_in(make.administrator())
    with queries() as seen:
        assert client.get("/programmes").text.count("<tr>") == count + 2
    assert len(seen) <= 6
