"""The schedule page, its sessions, the import of a sheet, and what may be seen by whom."""

import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from courseware.accounts.models import User
from courseware.cohorts.models import CohortRole, ImportDraft
from courseware.errors import Refused
from courseware.permissions import Role
from courseware.schedule import planning_service, service
from courseware.schedule.models import SessionTrainer, TrainerPart, TrainingSession
from courseware.schedule.service import record_delivery

ADDRESS = "/cohorts/{}/schedule"
SHEET = """session,module,title,date,start,end,breaks,venues,city,link,lead,lead name,co-trainers,co-trainer names
S01,M1,Two worlds,2025-04-07,09:00,12:15,10:30-10:45,Conference hall,Dushanbe,,marat@ektu.example,Marat Jünisov,firuz@tsuc.example,Фирӯз Раҳимзода
S02,M2,,2025-05-01,15:00,16:30,,,,https://meet.example/s02,firuz@tsuc.example,,marat@ektu.example,
"""  # noqa: E501


@pytest.fixture
def coordinator(make):
    return make.coordinator(make.cohort(code="spring"))


@pytest.fixture
def cohort(coordinator, db_session):
    return db_session.scalar(select(CohortRole).where(CohortRole.user_id == coordinator.id)).cohort


def upload(client, cohort, text=SHEET, name="schedule.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(
        f"/cohorts/{cohort.public_id}/schedule/import",
        data={"file": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
    )


def accept(client, response):
    return client.post(response.headers["Location"], data={})


def test_a_sheet_is_previewed_and_then_taken_as_a_whole(client, cohort, coordinator, db_session):
    client.sign_in(coordinator)
    previewed = upload(client, cohort)
    assert previewed.status_code == 303
    page = client.get(previewed.headers["Location"])
    assert "What the file would change" in page.text
    assert "public holiday of Kazakhstan" not in page.text  # both universities are in Tajikistan
    assert service.list_sessions(cohort) == []

    taken = accept(client, previewed)
    assert taken.status_code == 303
    sessions = service.list_sessions(cohort)
    assert [one.code for one in sessions] == ["S01", "S02"]
    assert sessions[0].starts_at == datetime(2025, 4, 7, 4, tzinfo=UTC)
    assert sessions[0].contact_minutes == 180
    assert sessions[0].lead.name_latin == "Marat Jünisov"
    assert sessions[0].co_trainers[0].name_native == "Фирӯз Раҳимзода"
    roles = db_session.scalars(
        select(CohortRole).where(CohortRole.cohort_id == cohort.id, CohortRole.role == Role.TRAINER)
    )
    assert {role.user.email for role in roles} == {"marat@ektu.example", "firuz@tsuc.example"}
    assert db_session.scalar(select(func.count(ImportDraft.id))) == 0


def test_the_same_file_a_second_time_changes_nothing(client, cohort, coordinator, db_session):
    client.sign_in(coordinator)
    accept(client, upload(client, cohort))
    before = [(one.id, one.changes) for one in service.list_sessions(cohort)]
    people = db_session.scalar(select(func.count(User.id)))

    again = upload(client, cohort)
    assert "already as the file says" in client.get(again.headers["Location"]).text
    accept(client, again)
    assert [(one.id, one.changes) for one in service.list_sessions(cohort)] == before
    assert db_session.scalar(select(func.count(User.id))) == people


def test_a_changed_row_says_what_changes_and_keeps_the_session(client, cohort, coordinator):
    client.sign_in(coordinator)
    accept(client, upload(client, cohort))
    address = service.list_sessions(cohort)[0].public_id

    changed = upload(client, cohort, SHEET.replace("09:00,12:15", "09:30,12:45"))
    page = client.get(changed.headers["Location"]).text
    assert re.search(r"changed</span></span><br><span class=\"muted\">time</span>", page)
    accept(client, changed)
    first = service.list_sessions(cohort)[0]
    assert (first.public_id, first.changes) == (address, 1)
    assert first.starts_at == datetime(2025, 4, 7, 4, 30, tzinfo=UTC)


def test_a_wrong_row_stops_the_file_with_its_sentence(client, cohort, coordinator, db_session):
    client.sign_in(coordinator)
    response = upload(client, cohort, SHEET.replace("2025-05-01", "31.02.2025"))
    assert response.status_code == 422
    assert "Row 3: “31.02.2025” is not a date." in response.text
    assert db_session.scalar(select(func.count(ImportDraft.id))) == 0


def test_a_trainer_whom_nobody_knows_needs_a_name(client, cohort, coordinator):
    client.sign_in(coordinator)
    response = upload(client, cohort, SHEET.replace("Marat Jünisov", ""))
    assert response.status_code == 422
    assert "Row 2: nobody with the address marat@ektu.example is known." in response.text


def test_a_name_given_in_any_row_will_do(client, cohort, coordinator):
    client.sign_in(coordinator)
    rows = SHEET.replace(",Marat Jünisov,", ",,").replace(
        "marat@ektu.example,\n", "marat@ektu.example,Marat Jünisov\n"
    )
    assert accept(client, upload(client, cohort, rows)).status_code == 303
    assert {user.name for user in service.list_trainers(cohort)} == {
        "Marat Jünisov", "Фирӯз Раҳимзода",
    }  # fmt: skip


def test_another_coordinators_upload_is_not_to_be_found(client, cohort, coordinator, make, browser):
    client.sign_in(coordinator)
    previewed = upload(client, cohort)
    other = browser(make.coordinator(cohort))
    assert other.get(previewed.headers["Location"]).status_code == 404


def test_sessions_not_in_the_file_stay(client, cohort, coordinator, make):
    make.training_session(cohort, code="OLD")
    client.sign_in(coordinator)
    previewed = upload(client, cohort)
    assert "stays as it is" in client.get(previewed.headers["Location"]).text
    accept(client, previewed)
    assert {one.code for one in service.list_sessions(cohort)} == {"OLD", "S01", "S02"}


def test_the_page_names_the_zone_once_and_shows_times_in_it(client, cohort, make):
    make.training_session(cohort, starts="2025-04-07 04:00", minutes=180, pause=15)
    trainer = make.trainer(cohort)
    page = client.sign_in(trainer).get(ADDRESS.format(cohort.public_id)).text
    assert page.count("Dushanbe time, UTC+5") == 1
    assert "09:00</time>–<time" in page
    assert "12:15</time>" in page
    assert "7 April 2025" in page
    assert "Monday" in page


def test_where_clocks_change_in_mid_course_both_offsets_are_named(client, make):
    cohort = make.cohort(timezone="Europe/Berlin")
    make.training_session(cohort, starts="2025-03-28 08:00")
    make.training_session(cohort, starts="2025-03-31 07:00")
    page = client.sign_in(make.trainer(cohort)).get(ADDRESS.format(cohort.public_id)).text
    assert "Berlin time, UTC+1; Berlin time, UTC+2" in page
    assert page.count(">09:00</time>") == 2


def test_warnings_are_for_those_who_edit_only(client, cohort, coordinator, make, browser):
    one = make.training_session(cohort, code="S01")
    other = make.training_session(cohort, code="S02", starts="2025-04-07 09:30")
    trainer = make.trainer(cohort, leads=one)
    other.trainers.append(SessionTrainer(user=trainer, part=TrainerPart.LEAD))
    participant = make.enrolment(cohort).user
    page = client.sign_in(coordinator).get(ADDRESS.format(cohort.public_id)).text
    assert "is to be in two sessions at once: S01 and S02." in page
    page = browser(participant).get(ADDRESS.format(cohort.public_id)).text
    assert "two sessions at once" not in page
    assert "Add a session" not in page


def test_a_trainer_booked_by_another_cohort_is_a_warning(client, cohort, coordinator, make):
    ours = make.training_session(cohort, code="S01")
    trainer = make.trainer(cohort, leads=ours)
    elsewhere = make.training_session(make.cohort(code="logistics"), code="A1")
    elsewhere.trainers.append(SessionTrainer(user=trainer, part=TrainerPart.CO_TRAINER))
    page = client.sign_in(coordinator).get(ADDRESS.format(cohort.public_id)).text
    assert "A1 of logistics" in page


def test_strangers_sign_in_and_others_find_nothing(client, cohort, make, browser):
    one = make.training_session(cohort)
    assert client.get(ADDRESS.format(cohort.public_id)).status_code == 303
    other = browser(make.coordinator(make.cohort()))
    for address in (ADDRESS.format(cohort.public_id), f"/sessions/{one.public_id}"):
        assert other.get(address).status_code == 404


def test_a_participant_may_see_and_not_change(cohort, make, browser):
    one = make.training_session(cohort)
    participant = browser(make.enrolment(cohort).user)
    assert participant.get(f"/sessions/{one.public_id}").status_code == 200
    for address in (
        f"/sessions/{one.public_id}/edit",
        f"/sessions/{one.public_id}/delivery",
        f"/cohorts/{cohort.public_id}/sessions/new",
        f"/cohorts/{cohort.public_id}/schedule/import",
        f"/cohorts/{cohort.public_id}/schedule.xlsx",  # it holds the trainers' addresses
    ):
        assert participant.get(address).status_code == 403


def form(**changes):
    return {
        "session": "S05", "module": "M1", "title": "Shelf life", "date": "2025-04-09",
        "start": "09:00", "end": "12:15", "breaks": "10:30-10:45", "venues": "Room B-204",
        "city": "Dushanbe", "link": "", "lead": "", "co_trainers": "", **changes,
    }  # fmt: skip


def test_a_session_is_added_by_form(client, cohort, coordinator):
    client.sign_in(coordinator)
    response = client.post(f"/cohorts/{cohort.public_id}/sessions/new", data=form())
    assert response.status_code == 303
    (one,) = service.list_sessions(cohort)
    assert (one.code, one.contact_minutes, one.venues[0].venue.name) == ("S05", 180, "Room B-204")
    assert client.get(response.headers["Location"]).status_code == 200


def test_what_is_typed_wrong_is_said_beside_its_field_and_not_lost(client, cohort, coordinator):
    client.sign_in(coordinator)
    response = client.post(
        f"/cohorts/{cohort.public_id}/sessions/new",
        data=form(start="13:00", venues="KazNU: Room 1"),
    )
    assert response.status_code == 422
    assert "The session ends at 12:15, before it starts at 13:00." in response.text
    assert "“KazNU” is not a partner of the programme." in response.text
    assert 'value="Shelf life"' in response.text
    assert service.list_sessions(cohort) == []


def test_editing_shows_what_there_is_and_saving_it_keeps_it(client, cohort, coordinator, make):
    one = make.training_session(
        cohort, code="S01", title="Two worlds", starts="2025-04-07 04:00", minutes=180, pause=15
    )
    make.trainer(cohort, leads=one, email="marat@ektu.example")
    client.sign_in(coordinator)
    page = client.get(f"/sessions/{one.public_id}/edit").text
    values = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', page))
    values.pop("_key", None)
    assert (values["date"], values["start"], values["lead"]) == (
        "2025-04-07", "09:00", "marat@ektu.example",
    )  # fmt: skip
    response = client.post(
        f"/sessions/{one.public_id}/edit", data={**values, "module": "M2", "end": "12:45"}
    )
    assert response.status_code == 303
    assert (one.module.code, one.contact_minutes, one.changes) == ("M2", 210, 1)
    assert one.lead.email == "marat@ektu.example"


def test_a_code_that_is_taken_is_refused_and_nothing_is_lost(client, cohort, coordinator, make):
    make.training_session(cohort, code="S01")
    other = make.training_session(cohort, code="S02")
    client.sign_in(coordinator)
    response = client.post(f"/sessions/{other.public_id}/edit", data=form(session="s01"))
    assert response.status_code == 422
    assert "There is a session S01 already." in response.text
    assert {one.code for one in service.list_sessions(cohort)} == {"S01", "S02"}


def test_a_session_that_ended_early_is_recorded_with_its_reason(client, cohort, make):
    one = make.training_session(cohort, starts="2025-04-07 04:00", minutes=180, pause=15)
    client.sign_in(make.trainer(cohort, leads=one))
    address = f"/sessions/{one.public_id}/delivery"
    assert 'value="12:15"' in client.get(address).text
    times = {"date": "2025-04-07", "start": "09:00", "end": "11:45"}
    response = client.post(address, data=times)
    assert response.status_code == 422
    assert "Give the reason why" in response.text
    response = client.post(address, data={**times, "reason": "Power cut"})
    assert response.status_code == 303
    assert (one.contact_minutes, one.delivered_minutes) == (180, 150)
    page = client.get(f"/sessions/{one.public_id}").text
    assert "held 09:00–11:45: Power cut" in page


def test_a_session_that_did_not_take_place_delivered_nothing(client, cohort, make):
    one = make.training_session(cohort)
    client.sign_in(make.trainer(cohort, leads=one))
    response = client.post(
        f"/sessions/{one.public_id}/delivery",
        data={"date": "2025-04-07", "did_not_take_place": "y", "reason": "Trainer ill"},
    )
    assert response.status_code == 303
    assert one.delivered_minutes == 0
    assert "did not take place: Trainer ill" in client.get(f"/sessions/{one.public_id}").text


@pytest.mark.parametrize(
    "changes", [{"start": "", "end": ""}, {"end": "08:00", "reason": "x"}, {"start": "noon"}]
)
def test_times_that_cannot_be_are_refused(client, cohort, make, changes):
    one = make.training_session(cohort)
    client.sign_in(make.trainer(cohort, leads=one))
    data = {"date": "2025-04-07", "start": "14:00", "end": "15:30", **changes}
    response = client.post(f"/sessions/{one.public_id}/delivery", data=data)
    assert response.status_code == 422
    assert one.actual_ends_at is None


def test_the_workbook_can_be_imported_again_and_changes_nothing(client, cohort, coordinator):
    client.sign_in(coordinator)
    accept(client, upload(client, cohort))
    workbook = client.get(f"/cohorts/{cohort.public_id}/schedule.xlsx").data
    again = upload(client, cohort, workbook, "schedule.xlsx")
    assert again.status_code == 303, again.text
    assert "already as the file says" in client.get(again.headers["Location"]).text


def test_the_schedule_takes_the_same_queries_however_many_sessions(
    client, cohort, coordinator, make, queries
):
    client.sign_in(coordinator)

    def read() -> int:
        with queries() as seen:
            assert client.get(ADDRESS.format(cohort.public_id)).status_code == 200
        return len(seen)

    for _session in range(2):
        one = make.training_session(cohort, starts="2025-04-07 04:00")
        make.trainer(cohort, leads=one)
    few = read()
    for number in range(40):
        one = make.training_session(cohort, starts=f"2025-04-{number % 28 + 1:02} 04:00")
        make.trainer(cohort, leads=one)
    assert read() == few
    assert few <= 20


def test_importing_takes_the_same_reads_however_many_sessions(cohort, coordinator, make, queries):
    def reads(rows: int, first: int) -> int:
        header, row, _other = SHEET.splitlines()
        codes = range(first, first + rows)
        text = "\n".join([header, *(row.replace("S01", f"S{code}", 1) for code in codes)])
        sheet = planning_service.read_for(cohort, text.encode(), "schedule.csv")
        with queries() as seen:
            planning_service.import_schedule(cohort, sheet.sessions, by=coordinator, now=make.NOW)
        return sum(statement.startswith("SELECT") for statement in seen)

    reads(1, 900)
    assert reads(2, 100) == reads(40, 200)


def test_the_example_course_is_imported_with_its_one_warning(client, make, db_session):
    example = Path(__file__).parents[2] / "examples" / "ektu-tsuc-2025" / "schedule.xlsx"
    programme = make.programme(module_count=9, module_minutes=180)
    for partner, code, country in zip(
        programme.partners, ("EKTU", "TSUC"), ("KZ", "TJ"), strict=True
    ):
        partner.organisation.code, partner.organisation.country = code, country
    cohort = make.cohort(programme)
    client.sign_in(make.coordinator(cohort))
    previewed = upload(client, cohort, example.read_bytes(), "schedule.xlsx")
    page = client.get(previewed.headers["Location"]).text
    assert "S11 is on a public holiday of Kazakhstan" in page
    assert accept(client, previewed).status_code == 303
    sessions = db_session.scalars(
        select(TrainingSession).where(TrainingSession.cohort_id == cohort.id)
    ).all()
    assert sum(one.contact_minutes for one in sessions) == 36 * 45
    assert client.get(ADDRESS.format(cohort.public_id)).status_code == 200
    organisations = service.organisations_of_trainers(cohort)
    for one in sessions:
        assert {organisations[each.user_id].code for each in one.trainers} == {"EKTU", "TSUC"}


def test_no_session_has_ended_in_the_future(make):
    one = make.training_session(make.cohort())
    while_it_runs = one.starts_at + timedelta(minutes=30)
    given = {"reason": "", "by": None, "now": while_it_runs}
    with pytest.raises(Refused, match="still to come"):
        record_delivery(
            one, starts_at=one.starts_at, ends_at=one.ends_at + timedelta(hours=1), **given
        )
    record_delivery(one, starts_at=one.starts_at, ends_at=one.ends_at, **given)
