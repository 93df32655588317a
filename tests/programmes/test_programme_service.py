from dataclasses import replace

import pytest
from test_programme_files import PROGRAMME

from courseware.errors import Refused
from courseware.partners.models import Organisation
from courseware.programmes import service
from courseware.programmes.rules import ModuleFacts


def save(facts, make, programme=None):
    return service.save_programme(facts, programme=programme, by=None, now=make.NOW)


def test_a_programme_is_saved_and_says_the_same(app, make, db_session):
    programme, changed = save(PROGRAMME, make)
    db_session.commit()
    db_session.expire_all()
    found = service.find_programme_by_code("RESEARCH-services")
    assert (found, changed) == (programme, True)
    assert service.facts_of(found) == PROGRAMME


def test_saving_the_same_again_changes_nothing(app, make, db_session, queries):
    programme, _ = save(PROGRAMME, make)
    db_session.commit()
    assert save(PROGRAMME, make, programme) == (programme, False)
    assert not db_session.dirty and not db_session.new


def test_modules_keep_their_rows_by_code_when_order_and_titles_change(app, make, db_session):
    programme, _ = save(PROGRAMME, make)
    ids = {module.code: module.id for module in programme.modules}
    first, second = PROGRAMME.modules
    changed = replace(PROGRAMME, modules=(replace(second, titles={"en": "Other"}), first))
    save(changed, make, programme)
    db_session.expire_all()
    assert [module.code for module in programme.modules] == ["M2", "M1"]
    assert {module.code: module.id for module in programme.modules} == ids


def test_a_programme_is_released_only_when_its_hours_add_up(app, make):
    short = replace(PROGRAMME, modules=PROGRAMME.modules[:1])
    programme, _ = save(short, make)
    with pytest.raises(Refused, match="add up to 6 hours: 4 fewer than the promised 10"):
        service.release_programme(programme, by=None, now=make.NOW)
    save(PROGRAMME, make, programme)
    service.release_programme(programme, by=None, now=make.NOW)
    assert programme.released_at == make.NOW


def test_a_released_programme_keeps_its_promise(app, make):
    programme, _ = save(PROGRAMME, make)
    service.release_programme(programme, by=None, now=make.NOW)
    with pytest.raises(Refused, match="The programme is released."):
        save(replace(PROGRAMME, modules=PROGRAMME.modules[:1]), make, programme)


def test_a_module_with_sessions_stays(app, make, db_session):
    cohort = make.cohort()
    make.training_session(cohort)
    programme = cohort.programme
    db_session.commit()
    facts = service.facts_of(programme)
    new = ModuleFacts("NEW", {"en": "New"}, facts.modules[0].minutes)
    with pytest.raises(Refused, match="has sessions in a cohort"):
        save(replace(facts, modules=(new, *facts.modules[1:])), make, programme)
    db_session.rollback()
    assert service.facts_of(programme) == facts


def test_an_organisation_known_only_by_name_gets_its_code(app, make, db_session):
    known = make.organisation(
        code=None, names={"en": "East Kazakhstan Technical University"},
        name_key="east kazakhstan technical university",
    )  # fmt: skip
    programme, _ = save(PROGRAMME, make)
    assert programme.partners[0].organisation == known
    assert known.code == "EKTU"
    assert db_session.query(Organisation).count() == 1


def test_two_organisations_do_not_share_a_name(app, make):
    make.organisation(
        code="OTHER", names={"en": "East Kazakhstan Technical University"},
        name_key="east kazakhstan technical university",
    )  # fmt: skip
    with pytest.raises(Refused, match="There is an organisation"):
        save(PROGRAMME, make)


def test_a_code_is_given_once(app, make):
    save(PROGRAMME, make)
    with pytest.raises(Refused, match="There is a programme with the code"):
        save(replace(PROGRAMME, code="Research-Services"), make)


def test_whoever_creates_a_programme_coordinates_it_and_the_last_coordinator_stays(app, make):
    person = make.user(is_coordinator=True)
    programme, _ = service.save_programme(PROGRAMME, by=person, now=make.NOW)
    (role,) = service.list_programme_roles(programme)
    assert role.user == person
    with pytest.raises(Refused, match="last coordinator"):
        service.take_programme_role(role, by=person, now=make.NOW)


def test_only_a_draft_without_cohorts_is_deleted(app, make, db_session):
    person = make.administrator()
    programme, _ = save(PROGRAMME, make)
    service.delete_programme(programme, by=person, now=make.NOW)
    db_session.commit()
    assert service.find_programme_by_code(PROGRAMME.code) is None
    with pytest.raises(Refused):
        service.delete_programme(make.programme(), by=person, now=make.NOW)
