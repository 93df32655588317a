"""The tandem balance: a co-taught hour counts once for the programme and once for each trainer."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from courseware.attendance.balance_rules import Leader, LedSession, Share, balance_of
from courseware.attendance.balance_service import tandem_balance
from courseware.cohorts.models import CohortRole
from courseware.db import db
from courseware.schedule.models import SessionTrainer, TrainerPart
from courseware.tables import read_rows

KZ, TJ = (1, "KZ"), (2, "TJ")
ANNA, BORIS, CHORI = Leader(1, *KZ), Leader(2, *KZ), Leader(3, *TJ)


def test_a_co_taught_hour_counts_once_for_the_programme_and_once_for_each_who_led_it():
    found = balance_of([LedSession(90, 80, (ANNA, CHORI)), LedSession(45, 45, (ANNA,))])
    assert found.whole == Share(2, 135, 125, 80)
    assert found.by_trainer == {1: Share(2, 135, 125, 80), 3: Share(1, 90, 80, 80)}
    assert found.by_organisation == {1: Share(2, 135, 125, 80), 2: Share(1, 90, 80, 80)}
    assert found.by_country == {"KZ": Share(2, 135, 125, 80), "TJ": Share(1, 90, 80, 80)}


def test_two_trainers_of_one_university_count_once_for_it():
    found = balance_of([LedSession(90, 90, (ANNA, BORIS))])
    assert found.whole.together == 90
    assert found.by_organisation == {1: Share(1, 90, 90, 0)}


def test_a_session_without_a_trainer_is_nobodys():
    found = balance_of([LedSession(90, 0, ())])
    assert (found.whole.sessions, found.by_nobody.sessions, found.by_trainer) == (1, 1, {})


@given(
    st.lists(
        st.builds(
            LedSession,
            st.integers(0, 300),
            st.integers(0, 300),
            st.lists(st.sampled_from([ANNA, BORIS, CHORI]), unique=True).map(tuple),
        )
    )
)
def test_no_share_is_more_than_the_whole_and_together_they_are_all_of_it(sessions):
    found = balance_of(sessions)
    for shares in (found.by_trainer, found.by_organisation, found.by_country):
        for share in shares.values():
            assert share.delivered <= found.whole.delivered
            assert share.together <= share.delivered
        total = sum(share.delivered for share in shares.values()) + found.by_nobody.delivered
        assert total >= found.whole.delivered


@pytest.fixture
def tandem(make):
    """Two sessions of 90 minutes: one led by both universities, one by the host's trainer alone."""
    cohort = make.cohort()
    lead, host = (each.organisation for each in cohort.programme.partners)
    lead.country, lead.names = "KZ", {"en": "East Kazakhstan Technical University"}
    first = make.training_session(cohort, starts="2025-04-07 04:00")
    second = make.training_session(cohort, starts="2025-04-08 04:00")
    saule = make.trainer(cohort, leads=first, name_latin="Saule Lead")
    rustam = make.trainer(cohort, leads=second, name_latin="Rustam Host")
    first.trainers.append(SessionTrainer(user=rustam, part=TrainerPart.CO_TRAINER))
    roles = {row.user_id: row for row in db.session.scalars(select(CohortRole))}
    roles[saule.id].organisation, roles[rustam.id].organisation = lead, host
    first.actual_ends_at = first.ends_at - timedelta(minutes=30)
    first.actual_reason = "a power cut"
    db.session.flush()
    return cohort, lead, host, saule, rustam, second


def test_planned_stands_beside_what_really_took_place(tandem, make):
    cohort, lead, host, saule, _rustam, second = tandem
    found = tandem_balance(cohort, now=make.NOW).balance
    assert found.whole == Share(2, 180, 150, 60)
    assert found.by_organisation == {lead.id: Share(1, 90, 60, 60), host.id: Share(2, 180, 150, 60)}
    before = tandem_balance(cohort, now=second.starts_at).balance
    assert before.by_trainer[saule.id] == Share(1, 90, 60, 60)
    assert before.whole.delivered == 60  # the second session has not ended


def test_the_page_and_the_file_say_the_unit(tandem, make, browser):
    cohort, *_rest = tandem
    client = browser(make.coordinator(cohort))
    page = client.get(f"/cohorts/{cohort.public_id}/attendance/balance").text
    assert "academic hours of 45 minutes" in page
    assert "East Kazakhstan Technical University" in page and "Kazakhstan" in page
    assert "1.33 of 3.33 h" in page
    rows = read_rows(client.get(f"/cohorts/{cohort.public_id}/attendance/balance.xlsx").data)
    assert "academic hours of 45 minutes" in rows[0].cells[0]
    assert rows[2].cells[3:] == ("2", "4", "3.3333", "1.3333", "180", "150", "60")


@pytest.mark.parametrize("sessions", [1, 12])
def test_a_balance_takes_the_same_queries_however_many_sessions(make, queries, sessions):
    cohort = make.cohort()
    for number in range(sessions):
        held = make.training_session(cohort, starts=f"2025-04-{7 + number:02} 04:00")
        make.trainer(cohort, leads=held)
    db.session.commit()
    assert cohort.timezone
    with queries() as seen:
        tandem_balance(cohort, now=make.NOW)
    assert len(seen) == 5, seen
