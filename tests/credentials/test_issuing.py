import threading

import pytest
import sqlalchemy.exc
from sqlalchemy import select, text

from courseware import files, jobs
from courseware.credentials import service
from courseware.credentials.models import Credential, IssueBatch, NumberSeries
from courseware.credentials.paper_service import state_of
from courseware.credentials.preflight_service import preflight, print_preview, standing_of
from courseware.credentials.rules import BatchState, CredentialState, Requirement, Verdict
from courseware.db import db
from courseware.errors import Refused
from courseware.feedback.models import FeedbackRound, FeedbackTicket, Questionnaire
from courseware.feedback.rules import About, Moment
from courseware.mail import OutgoingMail


def issue(cohort, by, after):
    batch = service.issue_certificates(cohort, by=by, now=after)
    db.session.commit()
    jobs.run_waiting()
    db.session.expire_all()
    return batch


def test_whoever_attended_enough_gets_a_certificate_with_the_next_number(earned, make, after):
    cohort, enrolments = earned(3)
    batch = issue(cohort, make.coordinator(cohort), after)

    credentials = service.list_credentials(cohort)
    year = after.year
    assert batch.state == BatchState.DONE
    assert [each.serial for each in credentials] == [1, 2, 3]
    assert [each.number[-9:] for each in credentials] == [f"{year}-000{n}" for n in (1, 2, 3)]
    assert {each.enrolment_id for each in credentials} == {each.id for each in enrolments}
    for credential in credentials:
        assert state_of(credential) == CredentialState.VALID
        assert service.file_of(credential).startswith(b"%PDF")
        assert service.facts_of(credential).recipient.latin == credential.enrolment.user.name_latin


def test_a_second_click_issues_nothing_twice(earned, make, after):
    cohort, _ = earned(2)
    coordinator = make.coordinator(cohort)
    issue(cohort, coordinator, after)

    with pytest.raises(Refused, match="nobody to issue"):
        service.issue_certificates(cohort, by=coordinator, now=after)
    db.session.rollback()
    assert len(service.list_credentials(cohort)) == 2


def test_doing_the_job_again_changes_no_file_and_no_time(earned, make, after):
    cohort, _ = earned(1)
    batch = issue(cohort, make.coordinator(cohort), after)
    (credential,) = service.list_credentials(cohort)
    before = (credential.file_sha256, credential.issued_at)
    mails = db.session.scalars(select(OutgoingMail)).all()

    jobs.queue(service.ISSUE, batch.public_id, now=after)
    db.session.commit()
    jobs.run_waiting()

    db.session.refresh(credential)
    assert (credential.file_sha256, credential.issued_at) == before
    assert len(db.session.scalars(select(OutgoingMail)).all()) == len(mails) == 1


def test_those_who_become_eligible_later_get_the_numbers_that_follow(earned, make, after, attend):
    cohort, _ = earned(2)
    coordinator = make.coordinator(cohort)
    issue(cohort, coordinator, after)
    late = make.enrolment(cohort)
    sessions = [each.training_session for each in _marks(cohort)][:2]
    attend(late, sessions)

    issue(cohort, coordinator, after)

    assert [each.serial for each in service.list_credentials(cohort)] == [1, 2, 3]
    assert service.credential_of(late).serial == 3


def _marks(cohort):
    from courseware.attendance.models import AttendanceMark

    found = db.session.scalars(select(AttendanceMark).order_by(AttendanceMark.id)).all()
    return [mark for mark in found if mark.enrolment_id == found[0].enrolment_id]


def test_whoever_was_never_marked_is_not_eligible_and_reads_why(earned, make, after):
    cohort, _ = earned(1)
    absent = make.enrolment(cohort)

    candidate = standing_of(absent, now=after)

    assert candidate.verdict == Verdict.NOT_ELIGIBLE
    (unmet,) = candidate.unmet
    assert unmet.requirement == Requirement.HOURS
    assert str(unmet.message).startswith("0 h credited, 3.2 h needed (80 % of the programme).")


def test_a_name_that_is_not_confirmed_waits_for_the_participant(earned, after):
    cohort, (enrolment,) = earned(1, name_confirmation_required=True)
    assert standing_of(enrolment, now=after).verdict == Verdict.NEEDS_YOU
    enrolment.name_confirmed_at = after
    assert standing_of(enrolment, now=after).verdict == Verdict.READY


def test_feedback_counts_when_the_ticket_is_spent(earned, make, after):
    cohort, (enrolment,) = earned(1, feedback_required=True)
    asked = FeedbackRound(
        questionnaire=Questionnaire(
            programme=cohort.programme, code="course", about=About.COURSE, definition={}
        ),
        cohort=cohort,
        moment=Moment.AFTER,
        opens_at=cohort.created_at,
        opened_at=cohort.created_at,
        closes_at=after.replace(year=after.year + 1),
    )
    ticket = FeedbackTicket(round=asked, enrolment=enrolment, is_spent=False)
    db.session.add_all([asked, ticket])
    db.session.flush()
    assert standing_of(enrolment, now=after).verdict == Verdict.NEEDS_YOU
    ticket.is_spent = True
    db.session.flush()
    assert standing_of(enrolment, now=after).verdict == Verdict.READY


def test_a_name_that_cannot_be_printed_stops_only_that_one_and_spends_no_number(
    earned, make, after
):
    cohort, enrolments = earned(names=[("Ann One", ""), ("李", "李"), ("Zed Three", "Зед Третий")])
    found = preflight(cohort, now=after)
    (problem,) = found.having(Verdict.NEEDS_YOU)
    assert "cannot be printed: the fonts have no 李 (U+674E)" in str(problem.problems[0])

    issue(cohort, make.coordinator(cohort), after)

    assert [each.serial for each in service.list_credentials(cohort)] == [1, 2]
    assert service.credential_of(enrolments[1]) is None


def test_the_preview_is_the_first_certificate_without_a_number(earned, after):
    cohort, _ = earned(1)
    assert print_preview(preflight(cohort, now=after), now=after).startswith(b"%PDF")
    assert db.session.scalar(select(NumberSeries)) is None


def test_a_series_that_cannot_number_is_refused_before_anything_is_reserved(earned, make, after):
    cohort, _ = earned(1, series_pattern="ABC")
    with pytest.raises(Refused, match="cannot number certificates"):
        service.issue_certificates(cohort, by=make.coordinator(cohort), now=after)


def test_frozen_facts_do_not_follow_later_changes(earned, make, after):
    cohort, (enrolment,) = earned(1)
    issue(cohort, make.coordinator(cohort), after)
    (credential,) = service.list_credentials(cohort)
    before = service.facts_of(credential)

    enrolment.user.name_latin = "Somebody Else"
    cohort.programme.titles = {"en": "Another title"}
    db.session.commit()

    assert service.facts_of(credential) == before


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE credential SET number = 'X'", "frozen"),
        ("UPDATE credential SET facts = '{}'", "frozen"),
        ("UPDATE credential SET file_sha256 = 'f'", "issued"),
        ("DELETE FROM credential", "never deleted"),
        ("UPDATE revocation SET reason = 'x'", "only ever added"),
        ("DELETE FROM revocation", "only ever added"),
    ],
)
def test_the_database_itself_refuses_to_change_what_was_issued(
    earned, make, after, statement, said
):
    cohort, _ = earned(1)
    coordinator = make.coordinator(cohort)
    issue(cohort, coordinator, after)
    (credential,) = service.list_credentials(cohort)
    service.revoke_credential(credential, reason="A test", by=coordinator, now=after)
    db.session.commit()
    with pytest.raises(sqlalchemy.exc.DatabaseError, match=said):
        db.session.execute(text(statement))
    db.session.rollback()


def test_two_coordinators_at_once_give_every_number_once(app, earned, make, after):
    cohort, enrolments = earned(6)
    coordinators = [make.coordinator(cohort).id, make.coordinator(cohort).id]
    cohort_id = cohort.id
    db.session.commit()
    said = []

    def one(user_id):
        from courseware.accounts.models import User
        from courseware.cohorts.models import Cohort

        with app.app_context():
            try:
                service.issue_certificates(
                    db.session.get(Cohort, cohort_id),
                    by=db.session.get(User, user_id),
                    now=after,
                )
                db.session.commit()
                said.append("issued")
            except Refused:
                db.session.rollback()
                said.append("nobody left")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(user_id,)) for user_id in coordinators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    db.session.expire_all()
    serials = sorted(db.session.scalars(select(Credential.serial)))
    assert sorted(said) == ["issued", "nobody left"]
    assert serials == [1, 2, 3, 4, 5, 6]
    assert len(db.session.scalars(select(IssueBatch)).all()) == 1


def test_a_file_that_cannot_be_written_is_said_and_can_be_tried_again(
    app, earned, make, after, tmp_path
):
    cohort, _ = earned(1)
    coordinator = make.coordinator(cohort)
    batch = service.issue_certificates(cohort, by=coordinator, now=after)
    db.session.commit()
    folder = files.files_folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    jobs.run_waiting()
    db.session.expire_all()

    progress = service.progress_of(batch)
    assert batch.state == BatchState.PRINTING
    assert (progress.done, progress.whole, len(progress.failures)) == (0, 1, 1)

    folder.unlink()
    service.print_again(batch, by=coordinator, now=after)
    db.session.commit()
    jobs.run_waiting()
    db.session.expire_all()
    assert batch.state == BatchState.DONE
    assert service.progress_of(batch).failures == ()


def test_revoking_needs_a_reason_and_happens_once(earned, make, after):
    cohort, _ = earned(1)
    coordinator = make.coordinator(cohort)
    issue(cohort, coordinator, after)
    (credential,) = service.list_credentials(cohort)
    with pytest.raises(Refused, match="Give a reason"):
        service.revoke_credential(credential, reason="  ", by=coordinator, now=after)
    service.revoke_credential(credential, reason="Issued by mistake", by=coordinator, now=after)
    db.session.commit()
    assert state_of(credential) == CredentialState.REVOKED
    with pytest.raises(Refused, match="was revoked before"):
        service.revoke_credential(credential, reason="Again", by=coordinator, now=after)


def test_the_preflight_takes_the_same_queries_for_one_and_for_forty(earned, queries, after):
    counts = []
    for people in (1, 40):
        cohort, _ = earned(people)
        db.session.expire_all()
        cohort.programme  # noqa: B018  loaded by whoever loads a cohort
        with queries() as seen:
            preflight(cohort, now=after)
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 20
