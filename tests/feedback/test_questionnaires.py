"""Building questionnaires: their library, outline, questions, wordings and translations."""

import io
import re

import pytest

from courseware.db import db
from courseware.errors import Refused
from courseware.feedback import questionnaire_service
from courseware.feedback.editing_rules import edited, stamp_of, with_question, without_question
from courseware.feedback.question_form_rules import (
    conditions_for,
    new_question,
    question_from_form,
)
from courseware.feedback.questionnaire_rules import questionnaire_from
from courseware.feedback.rules import Kind
from courseware.feedback.wording_rules import (
    Correction,
    corrections_between,
    list_wordings,
    meaning_of,
    missing_texts,
    reworded,
)
from courseware.permissions import Role
from courseware.programmes.models import ProgrammeRole
from tests.feedback.test_rules import ALL_KINDS, SMALL

OUTCOMES = [{"en": "Ask companies"}, {"en": "Write an offer", "ru": "Составить предложение"}]


# Rules --------------------------------------------------------------------------------------


def test_questions_move_across_sections_and_stay_at_the_ends():
    assert _keys(edited(SMALL, {"act": "down:useful"}))[0][:2] == ["recommend", "useful"]
    assert _keys(edited(SMALL, {"act": "down:comment"}))[1] == ["comment", "clear"]
    assert _keys(edited(SMALL, {"act": "up:clear"}))[0][-1] == "clear"
    for act in ("up:useful", "down:clear", "up:unknown", "down:unknown", "up:", "fly:useful"):
        assert _keys(edited(SMALL, {"act": act})) == _keys(SMALL)


@pytest.mark.parametrize(
    "order", ["", "clear", "clear|useful", "|", "useful,useful,recommend,when,which,comment|clear"]
)
def test_an_order_that_loses_or_doubles_a_question_changes_nothing(order):
    assert edited(SMALL, {"act": f"order:{order}"}) == SMALL


def test_an_order_places_every_question():
    order = "clear,comment|which,when,recommend,useful"
    assert _keys(edited(SMALL, {"act": f"order:{order}"})) == [
        each.split(",") for each in order.split("|")
    ]


def test_sections_are_added_renamed_moved_and_removed_when_empty():
    more = edited(SMALL, {"act": "add_section:", "section-en": "More", "section-tg": "Боз"})
    assert more["sections"][2] == {"titles": {"en": "More", "tg": "Боз"}, "questions": []}
    first = edited(more, {"act": "section_up:2"})
    assert [each["titles"]["en"] for each in first["sections"]] == ["All", "More", "The trainer"]
    assert edited(first, {"act": "section_down:1"}) == more
    assert edited(more, {"act": "remove_section:2"}) == SMALL
    for act in ("remove_section:0", "remove_section:9", "section_up:0", "section_up:²"):
        assert edited(SMALL, {"act": act}) == SMALL
    named = edited(SMALL, {"act": "section:1", "section-en": "Who taught"})
    assert named["sections"][1]["titles"] == {"en": "Who taught"}
    assert not named["sections"][1]["per_trainer"]


@pytest.mark.parametrize("kind", list(Kind))
def test_a_question_of_each_kind_is_made_by_its_form_alone(kind):
    form = {
        "there": ["yes"], "texts-en": ["How is the canteen?"], "required": ["yes"],
        "points": ["4"], "low-en": ["bad"], "high-en": ["good"], "least": ["1"], "most": ["9"],
        "more": ["Кофе\nSoup of the day\n\nSoup of the day"], "more_language": ["en"],
        "shown_if": ["apply:soon", "apply:never"],
    }  # fmt: skip
    question = question_from_form(new_question(kind), form, taken=["how_is_the_canteen"])
    questionnaire = questionnaire_from(with_question(ALL_KINDS, question, 0))
    made = questionnaire.questions[-1]
    assert made.key == "how_is_the_canteen_2"
    assert made.kind is kind
    assert made.required is (kind is not Kind.INFORMATION)
    assert made.shown_if.values == ("soon", "never")
    lines = made.options or made.rows
    assert [line.key for line in lines] == (
        ["line_1", "soup_of_the_day", "soup_of_the_day_2"] if lines else []
    )


def test_lines_are_moved_and_removed_by_their_buttons():
    question = ALL_KINDS["sections"][0]["questions"][4]

    def after(act):
        lines = question_from_form(question, {"there": ["yes"], "act": [act]})["options"]
        return [each["key"] for each in lines]

    assert after("up:1") == ["time", "price", "place"]
    assert after("down:1") == ["price", "place", "time"]
    assert after("remove:0") == ["time", "place"]
    assert after("up:0") == after("down:2") == after("up:7") == ["price", "time", "place"]


def test_only_earlier_questions_with_offered_answers_can_decide_what_is_shown():
    questionnaire = questionnaire_from(SMALL)
    assert [each.key for each in conditions_for(questionnaire, "when", 0)] == [
        "useful",
        "recommend",
    ]
    assert [each.key for each in conditions_for(questionnaire, "", 1)][-1] == "clear"
    assert conditions_for(questionnaire, "useful", 0) == []


def test_a_removed_question_is_gone_and_the_others_stay():
    assert _keys(without_question(SMALL, "useful"))[0][0] == "recommend"


def test_wordings_are_found_missed_and_corrected_by_their_place():
    places = {each.place: each for each in list_wordings(ALL_KINDS)}
    assert places["rooms.rows.air"].belongs_to == {"en": "How good were these?"}
    assert missing_texts(ALL_KINDS) == {"ru": 18, "kk": 18, "tg": 18}
    after = reworded(
        ALL_KINDS, {("rooms.rows.air", "ru"): " Воздух ", ("people.unit", "en"): "persons"}
    )
    assert corrections_between(ALL_KINDS, after) == [
        Correction("rooms.rows.air", "ru", "", "Воздух"),
        Correction("people.unit", "en", "people", "persons"),
    ]
    assert meaning_of(after) == meaning_of(ALL_KINDS)
    assert meaning_of(edited(ALL_KINDS, {"act": "down:hello"})) != meaning_of(ALL_KINDS)


# The library --------------------------------------------------------------------------------


def test_the_skills_of_the_library_get_a_row_for_each_outcome(make):
    programme = make.programme()
    for module in programme.modules:
        module.outcomes = []
    with pytest.raises(Refused, match="has none yet"):
        _take(programme, "skills", make)
    programme.modules[0].outcomes = OUTCOMES
    questions = questionnaire_service.questions_of(_take(programme, "skills", make))
    assert [(item.key, item.texts) for item in questions.items][:2] == [
        ("skills.outcome_1", OUTCOMES[0]),
        ("skills.outcome_2", OUTCOMES[1]),
    ]
    other = make.programme()
    other.modules[0].outcomes = [{"en": "Bake bread"}]
    copied = questionnaire_service.copy_questionnaire(
        questionnaire_service.find_questionnaire_by_code(programme, "skills"),
        other, by=None, now=make.NOW,
    )  # fmt: skip
    assert questionnaire_service.questions_of(copied).items[0].texts == {"en": "Bake bread"}


# Pages --------------------------------------------------------------------------------------


def test_a_coordinator_builds_a_questionnaire(make, browser):
    programme = make.programme()
    cohort = make.cohort(programme)
    coordinator = browser(make.coordinator(programme))
    listed = f"/cohorts/{cohort.public_id}/feedback/questionnaires"
    assert "From the library" in coordinator.get(listed).text
    begun = coordinator.post(listed, data={"title": "Our canteen", "about": "session"})
    address = begun.location
    page = coordinator.get(address)
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]

    def outline(act, **values):
        stamp = re.search(r'name="stamp" value="(\w+)"', coordinator.get(address).text)[1]
        return coordinator.post(
            address, data={"act": act, "stamp": values.pop("stamp", stamp), **values}
        )

    form = f"{address}/question"
    assert coordinator.get(form).status_code == 303
    assert coordinator.post(listed, data={"title": "\x01", "about": "course"}).status_code == 409
    flood = {"kind": "single", "there": "yes", "texts-en": "?", "more": "x\n" * 5000}
    assert coordinator.post(form, data={**flood, "section": "9" * 5000}).status_code == 422
    new = {"kind": "matrix", "section": "0"}
    assert coordinator.get(form, query_string=new).status_code == 200
    fields = {
        **new, "there": "yes", "texts-en": "How good were these?", "points": "5",
        "best": "high", "low-en": "bad", "high-en": "good", "more": "Soup\nSalad",
    }  # fmt: skip
    shown = coordinator.post(form, data={**fields, "act": "add"})
    assert shown.status_code == 200
    assert 'name="line1-en" value="Salad"' in shown.text
    wrong = coordinator.post(form, data={**fields, "low-en": "", "act": "save"})
    assert wrong.status_code == 422
    assert "How good were these?" in wrong.text
    assert coordinator.post(form, data={**fields, "act": "save"}).status_code == 303
    shown_if = {"kind": "short", "there": "yes", "texts-en": "Why?", "shown_if": "unknown:1"}
    assert coordinator.post(form, data=shown_if).status_code == 422

    assert outline("up:how_good_were_these").status_code == 303
    assert outline("add_section:", **{"section-en": "More"}).status_code == 303
    assert outline("titles:", **{"titles-en": "The canteen"}).status_code == 303
    assert outline("up:comment", stamp="old").status_code == 422
    moved = coordinator.post(
        address, headers={"Accept": "application/json"},
        data={
            "act": "order:|how_good_were_these,comment",
            "stamp": _stamp(programme, "our-canteen"),
        },
    )  # fmt: skip
    assert moved.json["wrong"] == []
    questions = _questions(programme, "our-canteen")
    assert questions.titles == {"en": "The canteen"}
    assert [each.key for each in questions.sections[1].questions] == [
        "how_good_were_these",
        "comment",
    ]
    assert moved.json["stamp"] == _stamp(programme, "our-canteen")

    preview = coordinator.get(f"{address}/preview?language=kk")
    assert "frame-ancestors 'self'" in preview.headers["Content-Security-Policy"]
    assert '<html lang="kk">' in preview.text
    assert 'name="q-how_good_were_these.soup" value="5"' in preview.text

    missing = coordinator.get(f"{address}/missing?language=ru")
    assert "how_good_were_these.rows.soup|ru" in missing.text
    assert "comment.texts|ru" not in missing.text
    filled = {"how_good_were_these.rows.soup|ru": "Суп", "titles|en": "not missing"}
    assert coordinator.post(f"{address}/missing", data=filled).status_code == 303
    questions = _questions(programme, "our-canteen")
    assert questions.question("how_good_were_these.soup").texts == {"en": "Soup", "ru": "Суп"}
    assert questions.titles == {"en": "The canteen"}

    key = {"key": "how_good_were_these"}
    assert "Суп" in coordinator.get(form, query_string=key).text
    assert coordinator.post(form, data={**key, "act": "delete"}).status_code == 303
    yaml = coordinator.get(f"{address}/yaml")
    assert "how_good_were_these" not in yaml.text
    again = coordinator.post(
        f"{address}/yaml", data={"file": (io.BytesIO(yaml.data), "canteen.yaml")}
    )
    assert again.status_code == 303


def test_an_answered_questionnaire_is_reworded_with_a_reason_and_never_changed(
    make, browser, asking
):
    course = asking.course(people=1)
    asking.answer(course.asked, course.enrolled[0], ("overall", 5))
    coordinator = browser(make.coordinator(course.cohort.programme))
    address = f"/feedback/questionnaires/{course.stored.public_id}"
    page = coordinator.get(address)
    assert "the meaning stays as it is" in page.text
    assert "up:overall" not in page.text
    form = {"key": "overall", "act": "save", "texts-en": "How pleased are you with the course?"}
    assert coordinator.post(f"{address}/question", data=form).status_code == 422
    form["reason"] = "“Satisfied” sounded too strong"
    assert coordinator.post(f"{address}/question", data=form).status_code == 303
    page = coordinator.get(address).text
    assert "<del" in page
    assert "How pleased are you with the course?" in page
    assert "sounded too strong" in page
    assert "Korlan" not in page
    for data in ({**form, "there": "yes", "points": "7"}, {"key": "overall", "act": "delete"}):
        assert coordinator.post(f"{address}/question", data=data).status_code == 409
    yaml = coordinator.get(f"{address}/yaml").data.replace(b"How pleased", b"How happy")
    upload = {"file": (io.BytesIO(yaml), "course.yaml")}
    assert coordinator.post(f"{address}/yaml", data=upload).status_code == 409
    assert coordinator.post(f"{address}/delete").status_code == 409
    db.session.expire_all()
    assert len(questionnaire_service.list_corrections(course.stored)) == 1
    copied = coordinator.post(f"{address}/copy").location
    assert "up:overall" in coordinator.get(copied).text
    assert coordinator.post(f"{copied}/delete").status_code == 303
    assert coordinator.get(copied).status_code == 404


def test_questionnaires_are_copied_from_programmes_that_the_coordinator_reaches(make, browser):
    here, there, elsewhere = make.programme(), make.programme(), make.programme()
    cohort = make.cohort(here)
    person = make.coordinator(here)
    db.session.add(ProgrammeRole(programme=there, user=person, role=Role.COORDINATOR))
    mine = _take(there, "course", make)
    foreign = _take(elsewhere, "course", make)
    _take(here, "course", make)
    db.session.commit()
    coordinator = browser(person)
    listed = f"/cohorts/{cohort.public_id}/feedback/questionnaires"
    page = coordinator.get(listed).text
    assert mine.public_id in page
    assert foreign.public_id not in page
    assert coordinator.post(listed, data={"copy": foreign.public_id}).status_code == 409
    assert coordinator.post(listed, data={"copy": mine.public_id}).status_code == 303
    assert _questions(here, "course-2").titles == _questions(there, "course").titles


def _keys(definition):
    return [[each["key"] for each in section["questions"]] for section in definition["sections"]]


def _take(programme, code, make):
    return questionnaire_service.take_questionnaire(programme, code, by=None, now=make.NOW)


def _questions(programme, code):
    db.session.expire_all()
    return questionnaire_service.questions_of(
        questionnaire_service.find_questionnaire_by_code(programme, code)
    )


def _stamp(programme, code):
    db.session.expire_all()
    return stamp_of(questionnaire_service.find_questionnaire_by_code(programme, code).definition)
