"""Comments: their language, who reads them, what is noted about them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from courseware.audit import AuditEntry
from courseware.feedback import comment_service, service, ticket_service
from courseware.feedback.answer_rules import Answer
from courseware.feedback.comment_rules import (
    Comment,
    Wanted,
    found_by,
    guess_language,
    read_reason,
    read_themes,
    read_translation,
)

NOW = datetime(2025, 4, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("More practice in companies, please.", "en"),
        ("Очень полезный курс, но мало времени на практику", "ru"),
        ("Больше примеров!", "ru"),
        ("Өте пайдалы курс болды, рахмет", "kk"),
        ("Сабак жаксы болды, бирак уақыт аз", "kk"),
        ("Курс хеле хуб буд, вақт кам", "tg"),
        ("Дарсхо хуб буд, аз ширкатхо бисёр мисолхо лозим", "tg"),
        ("Ҳамааш фаҳмо", "tg"),
        ("IT 5+", "en"),
        ("👍 10/10", ""),
        ("", ""),
    ],
)
def test_the_language_is_guessed_from_letters_and_short_words(text, language):
    assert guess_language(text) == language


def test_comments_are_found_by_question_language_theme_group_and_words():
    comments = [
        _comment("a", "Ещё практики", language="ru", themes=("Practice",), group="S1"),
        _comment("b", "More practice", language="en", translations={"ru": "Больше практики"}),
        _comment("c", "Secret", language="en", hidden_at=NOW, hidden_reason="a name"),
    ]

    def keys(**values):
        return [each.key for each in comments if Wanted(**values).takes(each)]

    assert keys() == ["a", "b"]
    assert keys(hidden=True) == ["c"]
    assert keys(words="ПРАКТИКИ") == ["a", "b"]
    assert keys(words="еще") == ["a"]
    assert keys(theme="practice") == ["a"]
    assert keys(theme="-") == ["b"]
    assert keys(group="course") == ["b"]
    assert keys(language="ru", group="S1", question="session/best") == ["a"]
    assert [(each.key, each.count) for each in found_by(comments, "language")] == [
        ("en", 2),
        ("ru", 1),
    ]
    assert [each.key for each in found_by(comments, "theme")] == ["Practice", "-"]


def test_what_is_typed_about_a_comment_is_cleaned_and_bounded():
    assert read_themes(" practice, Time ;time,, ", ["Practice"]) == (("Practice", "Time"), [])
    assert len(read_themes(",".join("abcdefg"))[1]) == 1
    assert len(read_themes("x" * 41)[1]) == 1
    assert read_reason(" names\x00 somebody ") == ("names somebody", [])
    assert len(read_reason("  ")[1]) == len(read_reason("x" * 401)[1]) == 1
    assert len(read_translation("x", "de")[1]) == len(read_translation("x" * 6001, "en")[1]) == 1


def test_a_trainer_reads_the_common_comments_and_the_own(asking, make, db_session):
    session = _asked(asking, people=5)
    lead, other = session.trainers
    texts = {each.text for each in comment_service.list_comments(session.cohort)}
    assert texts == {"common", "about the lead", "about the other"}
    mine = comment_service.list_comments(session.cohort, trainer=lead.id)
    assert {each.text for each in mine} == {"common", "about the lead"}
    assert {each.group for each in mine} == {session.held.code}
    stranger = make.trainer(session.cohort)
    assert comment_service.list_comments(session.cohort, trainer=stranger.id) == ()


def test_comments_of_small_and_open_rounds_are_not_read(asking, db_session):
    small = _asked(asking, people=4)
    assert comment_service.list_comments(small.cohort) == ()
    still_open = _asked(asking, people=5, close=False)
    assert comment_service.list_comments(still_open.cohort) == ()


def test_a_comment_is_hidden_with_a_reason_and_shown_again(asking, make, db_session):
    session = _asked(asking, people=5)
    by = make.coordinator(session.cohort)
    comment = comment_service.list_comments(session.cohort)[0]
    comment_service.set_themes(comment, ("Practice",))
    comment_service.translate(comment, "ru", "общее")
    comment_service.hide(comment, "It names a person.", by=by, now=make.NOW)
    db_session.commit()
    assert comment.key not in {each.key for each in comment_service.list_comments(session.cohort)}
    hidden = comment_service.find_comment(session.cohort, comment.key)
    assert (hidden.hidden_reason, hidden.hidden_by) == ("It names a person.", by.name)
    assert (hidden.themes, hidden.translations) == (("Practice",), {"ru": "общее"})
    assert comment_service.list_themes(session.cohort) == ["Practice"]
    comment_service.show(hidden, by=by, now=make.NOW)
    comment_service.translate(hidden, "ru", "")
    shown = comment_service.find_comment(session.cohort, comment.key)
    assert not shown.is_hidden
    assert shown.translations == {}
    entries = db_session.scalars(select(AuditEntry).where(AuditEntry.act.contains("comment"))).all()
    assert [each.act for each in entries] == ["hide a comment", "show a comment again"]
    assert comment_service.find_comment(make.cohort(), comment.key) is None


def test_a_coordinator_finds_notes_hides_and_shows_comments(asking, make, browser, db_session):
    session = _asked(asking, people=5)
    client = browser(make.coordinator(session.cohort))
    address = f"/cohorts/{session.cohort.public_id}/feedback/comments"
    page = client.get(address).text
    assert "3 comments from closed feedback" in page
    assert f"about {session.trainers[0].name}" in page
    found = client.get(f"{address}?words=COMMON&page=9&question=&unknown=x").text
    assert "1 comment found" in found
    key = next(
        each.key for each in comment_service.list_comments(session.cohort) if each.text == "common"
    )
    for act, field, value, wrong in (
        ("themes", "themes", "Practice, time", "x" * 41),
        ("translation", "translation", "общее", "x" * 6001),
        ("hide", "reason", "It names a person.", " "),
    ):
        data = {"act": act, "language": "ru", "within": "words=common&page=2&evil=//x"}
        refused = client.post(f"{address}/{key}", data=data | {field: wrong})
        assert refused.status_code == 422
        assert f'href="#{field}"' in refused.text
        done = client.post(f"{address}/{key}", data=data | {field: value})
        assert done.location == f"{address}?words=common&page=2#comment-{key}"
    assert ">common<" not in client.get(address).text
    hidden = client.get(f"{address}?hidden=yes").text
    assert "It names a person." in hidden
    assert ">Practice<" in hidden
    assert client.get(f"{address}/{key}").status_code == 200
    assert client.post(f"{address}/{key}", data={"act": "hide", "reason": "x"}).status_code == 409
    assert client.post(f"{address}/{key}", data={"act": "show"}).status_code == 303
    assert client.post(f"{address}/{key}", data={"act": "eat"}).status_code == 400
    elsewhere = make.cohort()
    make.coordinator(elsewhere)
    foreign = f"/cohorts/{elsewhere.public_id}/feedback/comments/{key}"
    assert browser(make.administrator()).get(foreign).status_code == 404
    assert browser(session.trainers[0]).get(address).status_code == 403


def _asked(asking, *, people, close=True):
    session = asking.session(people=people, trainers=2)
    lead, other = session.trainers
    for place, enrolment in enumerate(session.enrolled):
        seat = ticket_service.find_seat_of(session.asked, enrolment.user)
        given = [Answer("useful", 3)]
        if not place:
            given += [
                Answer("improve", text="common"),
                Answer("trainer-comment", text="about the lead", trainer=lead.public_id),
                Answer("trainer-comment", text="about the other", trainer=other.public_id),
            ]
        service.submit_answers(seat, given, now=session.asked.opens_at + timedelta(hours=1))
    if close:
        asking.close(session.asked)
    return session


def _comment(key, text, **values):
    values = {"round_id": 1, "questionnaire": "session", "question": "best"} | values
    return Comment(key, text, question_texts={"en": "Best?"}, **values)
