import io

import pytest
from sqlalchemy import func, select

from courseware.accounts.models import User
from courseware.cohorts import service
from courseware.cohorts.models import Enrolment, ImportDraft
from courseware.tables import Sheet, read_table, write_xlsx

LIST = """ФИО;имя латиницей;эл. почта;организация;вид организации;страна;пол
Каримова Лола;Lola Karimova;lola@people.example;Ширин;компания;Таджикистан;ж
Семёнов Пётр;Petr Semenov;petr@people.example;Ширин;;;м
;Mononym;mono@people.example;;;;
"""


@pytest.fixture
def cohort(make):
    return make.cohort()


@pytest.fixture
def office(client, make, cohort):
    return client.sign_in(make.coordinator(cohort))


def upload(client, cohort, data, name="list.csv"):
    return client.post(
        f"/cohorts/{cohort.public_id}/participants/import",
        data={"file": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
    )


def accept(client, answer, **data):
    return client.post(f"{answer.location}/accept", data=data)


def test_a_list_is_shown_first_and_enrols_only_when_it_is_accepted(office, cohort, db_session):
    answer = upload(office, cohort, LIST.encode("cp1251"))
    page = office.get(answer.location).text
    assert "3 rows" in page and "Lola Karimova" in page
    assert service.list_enrolments(cohort) == []
    assert accept(office, answer).status_code == 303
    names = {one.user.names: one.organisation for one in service.list_enrolments(cohort)}
    assert set(names) == {
        ("Lola Karimova", "Каримова Лола"), ("Petr Semenov", "Семёнов Пётр"), ("Mononym",),
    }  # fmt: skip
    shirin = names["Petr Semenov", "Семёнов Пётр"]
    assert (shirin.names, shirin.kind, shirin.country) == ({"ru": "Ширин"}, "company", "TJ")
    assert db_session.query(ImportDraft).count() == 0


def test_the_same_list_a_second_time_changes_nothing(office, cohort, db_session):
    accept(office, upload(office, cohort, LIST.encode()))
    before = db_session.execute(select(func.count(User.id), func.max(User.id))).one()
    answer = upload(office, cohort, LIST.encode())
    assert "there is nothing to change" in office.get(answer.location).text
    accept(office, answer)
    assert db_session.execute(select(func.count(User.id), func.max(User.id))).one() == before
    assert db_session.query(Enrolment).count() == 3


def test_what_is_exported_imports_again_without_a_change(office, cohort):
    accept(office, upload(office, cohort, LIST.encode()))
    for kind in ("xlsx", "csv"):
        data = office.get(f"/cohorts/{cohort.public_id}/participants.{kind}").data
        assert len(read_table(data).rows) == 3
        answer = upload(office, cohort, data, f"people.{kind}")
        assert "there is nothing to change" in office.get(answer.location).text


def test_the_empty_list_has_every_column(office, cohort):
    data = office.get(f"/cohorts/{cohort.public_id}/participants/template.xlsx").data
    table = read_table(data)
    assert len(table.header) == 9 and table.rows == ()
    filled = write_xlsx(Sheet("P", table.header, [["A B", "", "a@people.example", *[""] * 6]]))
    assert accept(office, upload(office, cohort, filled, "x.xlsx")).status_code == 303


def test_a_wrong_row_stops_all(office, cohort):
    answer = upload(office, cohort, LIST.replace("petr@", "petr").encode())
    page = office.get(answer.location).text
    assert "is not an e-mail address" in page
    assert "Accept" not in page
    refused = accept(office, answer)
    assert (refused.status_code, "Row 3" in refused.text) == (422, True)
    assert service.list_enrolments(cohort) == []


def test_doubtful_rows_must_be_looked_at(office, make, cohort):
    make.enrolment(cohort, user=make.user(name_latin="Karimova Lola", email="l@people.example"))
    answer = upload(office, cohort, LIST.encode())
    assert "is like that of Karimova Lola (l@people.example)" in office.get(answer.location).text
    assert accept(office, answer).status_code == 422
    assert len(service.list_enrolments(cohort)) == 1
    assert accept(office, answer, sure="yes").status_code == 303
    assert len(service.list_enrolments(cohort)) == 4


def test_an_address_that_was_missing_is_added_by_the_next_list(office, make, cohort):
    make.enrolment(cohort, user=make.user(name_latin="Lola Karimova", name_native="", email=None))
    accept(office, upload(office, cohort, LIST.encode()))
    people = service.list_enrolments(cohort)
    assert len(people) == 3
    assert {one.user.email for one in people if "Lola" in one.user.name} == {"lola@people.example"}


def test_a_person_from_another_programme_is_known_by_address_and_not_shown(
    office, make, cohort, db_session
):
    make.user(email="lola@people.example", name_latin="Secret Name", name_native="")
    answer = upload(office, cohort, LIST.encode())
    page = office.get(answer.location).text
    assert "Secret" not in page
    assert "belongs to somebody with another name" in page
    accept(office, answer, sure="yes")
    user = db_session.scalar(select(User).where(User.email == "lola@people.example"))
    assert user.names == ("Secret Name", "Каримова Лола")


def test_an_uploaded_list_is_seen_by_its_uploader_only(office, browser, make, cohort):
    answer = upload(office, cohort, LIST.encode())
    other = browser(make.coordinator(cohort))
    assert other.get(answer.location).status_code == 404
    assert other.post(f"{answer.location}/accept").status_code == 404
    assert office.post(f"{answer.location}/discard").status_code == 303
    assert office.get(answer.location).status_code == 404


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"%PDF-1.7", "is a PDF file"),
        (b"a,b\n1,2\n", "no column with names"),
        (b"PK\x03\x04xx", "cannot be opened"),
    ],
)
def test_a_file_that_is_no_list_is_refused(office, cohort, data, words):
    answer = upload(office, cohort, data)
    assert (answer.status_code, words in answer.text) == (422, True)


@pytest.mark.parametrize("count", [1, 200])
def test_judging_a_list_costs_the_same_however_long_it_is(office, cohort, queries, count):
    lines = [
        f"Person {chr(65 + n % 26)}{chr(97 + n // 26)}xyz,p{n}@people.example" for n in range(count)
    ]
    answer = upload(office, cohort, "\n".join(["name,e-mail", *lines]).encode())
    with queries() as seen:
        assert office.get(answer.location).status_code == 200
    assert len(seen) <= 12
