from datetime import date, timedelta

import pytest

from courseware.cohorts import service
from courseware.errors import Refused
from courseware.permissions import Role, roles_on
from courseware.programmes import service as programmes


def test_roles_on_a_cohort_come_from_the_cohort_its_programme_and_enrolment(app, make):
    cohort = make.cohort()
    programme = cohort.programme
    participant = make.enrolment(cohort)
    withdrawn = make.enrolment(cohort, withdrawn_at=make.NOW)
    assert roles_on(cohort, make.coordinator(cohort)) == {Role.COORDINATOR}
    assert roles_on(cohort, make.coordinator(programme)) == {Role.COORDINATOR}
    assert roles_on(cohort, make.trainer(cohort)) == {Role.TRAINER}
    assert roles_on(cohort, participant.user) == {Role.PARTICIPANT}
    assert roles_on(cohort, withdrawn.user) == set()
    assert roles_on(cohort, make.coordinator(make.cohort())) == set()


def test_an_enrolment_is_reached_by_its_person_and_its_cohort_but_not_by_other_participants(
    app, make
):
    cohort = make.cohort()
    enrolment, other = make.enrolment(cohort), make.enrolment(cohort)
    assert roles_on(enrolment, enrolment.user) == {Role.SELF}
    assert roles_on(enrolment, other.user) == set()
    assert roles_on(enrolment, make.coordinator(cohort)) == {Role.COORDINATOR}


def test_running_a_cohort_lets_somebody_see_the_programme_and_not_change_it(app, make):
    cohort = make.cohort()
    programme = cohort.programme
    assert roles_on(programme, make.coordinator(programme)) == {Role.COORDINATOR}
    assert roles_on(programme, make.coordinator(cohort)) == {Role.TRAINER}
    assert roles_on(programme, make.enrolment(cohort).user) == {Role.PARTICIPANT}
    assert roles_on(programme, make.user()) == set()


def test_lists_hold_what_a_person_reaches(app, make):
    cohort, foreign = make.cohort(), make.cohort()
    for person in (make.trainer(cohort), make.coordinator(cohort.programme),
                   make.enrolment(cohort).user):  # fmt: skip
        assert service.list_cohorts(person) == [cohort]
        assert [one for one, _, _ in programmes.list_programmes(person)] == [cohort.programme]
    assert set(service.list_cohorts(make.administrator())) == {cohort, foreign}


@pytest.mark.parametrize("count", [1, 30])
def test_lists_take_one_query_however_many_there_are(app, make, queries, db_session, count):
    programme = make.programme()
    cohorts = [make.cohort(programme) for _ in range(count)]
    make.enrolments(cohorts[0], count)
    administrator = make.administrator()
    db_session.commit()
    with queries() as seen:
        assert len(service.list_cohorts(administrator)) == count
        assert len(programmes.list_programmes(administrator)) == 1
        people = service.list_enrolments(cohorts[0])
        assert len([(one.user.name, one.organisation) for one in people]) == count
        assert service.count_enrolled(cohorts)[cohorts[0].id] == count
    assert len(seen) <= 6


def test_a_cohort_releases_its_programme(app, make):
    programme = make.programme(released_at=None)
    service.create_cohort(
        programme, code="2025-1", starts_on=date(2025, 4, 7), timezone="Asia/Dushanbe",
        by=None, now=make.NOW,
    )  # fmt: skip
    assert programme.released_at == make.NOW


def test_no_cohort_is_made_of_a_programme_whose_hours_differ(app, make):
    programme = make.programme(released_at=None, promised_minutes=1000)
    with pytest.raises(Refused, match="The modules add up to 36 hours"):
        service.create_cohort(
            programme, code="2025-1", starts_on=date(2025, 4, 7), timezone="Asia/Dushanbe",
            by=None, now=make.NOW,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "timezone", "words"),
    [("a b", "Asia/Dushanbe", "is not a code"), ("x", "Dushanbe", "is not a time zone"),
     ("TAKEN", "Asia/Dushanbe", "already")],
)  # fmt: skip
def test_a_cohort_needs_a_free_code_and_a_zone(app, make, code, timezone, words):
    cohort = make.cohort(code="taken")
    with pytest.raises(Refused, match=words):
        service.create_cohort(
            cohort.programme, code=code, starts_on=date(2025, 4, 7), timezone=timezone,
            by=None, now=make.NOW,
        )  # fmt: skip


def test_whoever_is_withdrawn_can_be_enrolled_again_in_the_same_place(app, make):
    enrolment = make.enrolment(make.cohort())
    by = make.administrator()
    with pytest.raises(Refused, match="enrolled already"):
        service.enrol(enrolment.cohort, enrolment.user, by=by, now=make.NOW)
    with pytest.raises(Refused, match="Say why"):
        service.withdraw(enrolment, reason=" ", by=by, now=make.NOW)
    service.withdraw(enrolment, reason="moved away", by=by, now=make.NOW)
    assert service.list_enrolments(enrolment.cohort) == []
    assert service.list_enrolments(enrolment.cohort, also_withdrawn=True) == [enrolment]
    assert service.enrol(enrolment.cohort, enrolment.user, by=by, now=make.NOW) == enrolment
    assert service.list_enrolments(enrolment.cohort) == [enrolment]


def test_a_changed_name_is_no_longer_confirmed(app, make):
    from courseware.accounts.service import save_profile

    enrolment = make.enrolment(make.cohort())
    service.confirm_name(enrolment, by=enrolment.user, now=make.NOW)
    assert enrolment.name_confirmed_at == make.NOW
    save_profile(
        enrolment.user, name_latin="Another", name_native="", gender=None, language=None,
        by=enrolment.user, now=make.NOW,
    )  # fmt: skip
    assert enrolment.name_confirmed_at is None


def test_an_uploaded_file_is_kept_for_a_day_and_for_its_uploader(app, make, db_session):
    cohort = make.cohort()
    one, other = make.coordinator(cohort), make.coordinator(cohort)
    draft = service.keep_draft(
        cohort, "participants", file_name="a.xlsx", content=b"x", by=one, now=make.NOW
    )
    assert service.find_draft(draft.public_id) == draft
    assert roles_on(draft, one) == {Role.COORDINATOR}
    assert roles_on(draft, other) == set()
    service.keep_draft(
        cohort, "schedule", file_name="b.xlsx", content=b"y", by=other,
        now=make.NOW + timedelta(hours=25),
    )  # fmt: skip
    db_session.expire_all()
    assert service.find_draft(draft.public_id) is None
