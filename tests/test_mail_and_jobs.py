"""The outbox and the queue: nothing is lost between an act and what it causes."""

from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from courseware import clock, jobs, mail
from courseware.db import db
from courseware.mail import OutgoingMail


def queue_link(make, **values):
    mail.queue(
        "aigerim@people.example", "sign_in_link", now=make.NOW, in_language="en",
        user=make.user(name_latin="Aigerim"), link="http://localhost/x", minutes=30, **values,
    )  # fmt: skip
    db.session.commit()
    return db.session.scalars(select(OutgoingMail)).one()


def test_a_mail_is_written_into_the_folder_once(app, make):
    row = queue_link(make)
    assert mail.send_waiting() == 1
    assert mail.send_waiting() == 0
    (path,) = (app.config["SETTINGS"].var / "mail").glob("*.eml")
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert message["Message-ID"] == row.message_id
    assert "Hello Aigerim" in message.get_content()


def test_a_mail_that_fails_is_kept_and_tried_later_with_the_same_id(make_app, make):
    app = make_app(COURSEWARE_MAIL_URL="smtp://127.0.0.1:9")
    with app.app_context():
        row = queue_link(make)
        before = row.message_id
        assert mail.send_waiting() == 0
        db.session.refresh(row)
        assert (row.attempts, row.sent_at, row.message_id) == (1, None, before)
        assert row.next_attempt_at > clock.now() and row.error


def test_a_name_with_a_line_break_makes_no_mail_header(app, make):
    mail.queue(
        "x@people.example", "sign_in_link", now=make.NOW, in_language="ru",
        user=make.user(name_latin="A\nBcc: y@people.example"), link="http://l/", minutes=1,
    )  # fmt: skip
    db.session.commit()
    assert mail.send_waiting() == 1
    (path,) = (app.config["SETTINGS"].var / "mail").glob("*.eml")
    assert message_from_bytes(path.read_bytes(), policy=policy.default)["Bcc"] is None


def test_a_job_that_was_rolled_back_is_never_run(app, make):
    seen = []
    jobs.job("note for the test")(lambda step, subject: seen.append(subject))
    jobs.queue("note for the test", "rolled back", now=make.NOW)
    db.session.rollback()
    jobs.queue("note for the test", "kept", now=make.NOW)
    db.session.commit()
    jobs.run_waiting()
    jobs.run_waiting()
    assert seen == ["kept"]


def test_an_unknown_job_is_our_mistake(app, make):
    with pytest.raises(LookupError):
        jobs.queue("dance", "x", now=make.NOW)
