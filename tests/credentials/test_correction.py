"""After issuing: corrections supersede, duplicates are marked, nothing is deleted."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from courseware import clock, files, jobs
from courseware.credentials import correction_service, service
from courseware.credentials.models import Approver, Credential, NumberSeries
from courseware.credentials.paper_service import state_of
from courseware.credentials.preflight_service import credentials_of
from courseware.credentials.rules import CredentialState, LeafKind, Mailing
from courseware.db import db
from courseware.errors import Refused
from courseware.mail import OutgoingMail


@pytest.fixture
def issued(earned, make, after):
    """Two certificates, the first with a misspelt name, and the coordinator."""
    cohort, enrolments = earned(names=[("Farruh Rahimov", "Фаррух Рахимов"), ("Zoya O’Neil", "")])
    coordinator = make.coordinator(cohort)
    service.issue_certificates(cohort, by=coordinator, now=after)
    db.session.commit()
    jobs.run_waiting()
    db.session.expire_all()
    return cohort, service.list_credentials(cohort), coordinator


def correct(credential, by, now, latin="Farrukh Rahimov", native="Фаррух Раҳимов", **more):
    new = correction_service.supersede_credential(
        credential, name_latin=latin, name_native=native,
        reason=more.pop("reason", "The name was misspelt"), by=by, now=now, **more,
    )  # fmt: skip
    db.session.commit()
    jobs.run_waiting()
    db.session.expire_all()
    return new


def test_a_corrected_name_is_a_new_certificate_and_the_old_one_points_to_it(issued, after):
    _cohort, (old, _), coordinator = issued
    before = (old.file_sha256, old.facts)

    new = correct(old, coordinator, clock.now())

    assert (new.serial, new.supersedes_id, new.number) != (1, None, old.number)
    assert service.facts_of(new).recipient.names == ("Farrukh Rahimov", "Фаррух Раҳимов")
    assert service.facts_of(new).supersedes == old.number
    assert (state_of(old), state_of(new)) == (CredentialState.SUPERSEDED, CredentialState.VALID)
    assert (old.file_sha256, old.facts) == before and service.file_of(old).startswith(b"%PDF")
    assert credentials_of([old.enrolment])[old.enrolment_id] == new
    assert old.enrolment.user.name_native == "Фаррух Раҳимов"
    assert [(e.kind, e.other) for e in correction_service.history_of(old)] == [
        (LeafKind.ISSUED, None),
        (LeafKind.SUPERSEDED, new),
    ]
    assert correction_service.history_of(new)[0].other == old


def test_the_old_one_stays_in_force_until_the_new_one_is_printed(issued):
    _cohort, (old, _), coordinator = issued
    correction_service.supersede_credential(
        old, name_latin="Farrukh Rahimov", name_native="", reason="Spelling",
        by=coordinator, now=clock.now(),
    )  # fmt: skip
    db.session.commit()
    assert state_of(old) == CredentialState.VALID
    with pytest.raises(Refused, match="being printed already"):
        correction_service.supersede_credential(
            old, name_latin="Farrukh Rahimow", name_native="", reason="Again",
            by=coordinator, now=clock.now(),
        )  # fmt: skip


def test_hours_corrected_in_the_programme_are_printed_anew(issued):
    cohort, (old, _), coordinator = issued
    cohort.programme.titles = {"en": "Research services for companies"}
    db.session.commit()
    person = old.enrolment.user
    draft = correction_service.draft_correction(
        old, name_latin=person.name_latin, name_native=person.name_native, now=clock.now()
    )
    assert [str(change.what) for change in draft.changes] == ["Programme"]
    assert draft.problems == ()
    new = correct(old, coordinator, clock.now(), person.name_latin, person.name_native)
    assert service.facts_of(new).programme == {"en": "Research services for companies"}
    assert old.facts["programme"]["en"] == "Research services for private companies"


@pytest.mark.parametrize(
    ("latin", "said"),
    [
        ("Somebody Else", "is another name than “Farruh Rahimov"),
        ("Farruh Rahimov", "Nothing would be printed differently"),
        ("Farruh 李", "cannot be printed: the fonts have no 李"),
        ("", "has no name"),
    ],
)
def test_what_is_no_correction_is_refused_and_spends_no_number(issued, latin, said):
    _cohort, (old, _), coordinator = issued
    native = old.enrolment.user.name_native if latin else ""
    with pytest.raises(Refused, match=said):
        correction_service.supersede_credential(
            old, name_latin=latin, name_native=native, reason="x", by=coordinator, now=clock.now()
        )
    db.session.rollback()
    assert db.session.scalar(select(NumberSeries.last_serial)) == 2


def test_after_the_time_for_corrections_only_a_revoked_one_is_issued_anew(issued):
    _cohort, (old, _), coordinator = issued
    late = clock.now() + timedelta(days=31)
    with pytest.raises(Refused, match="within 30 days"):
        correct(old, coordinator, late)
    db.session.rollback()

    service.revoke_credential(old, reason="The name was wrong", by=coordinator, now=late)
    db.session.commit()
    new = correct(old, coordinator, late)

    assert (state_of(old), state_of(new)) == (CredentialState.REVOKED, CredentialState.VALID)
    assert [event.kind for event in correction_service.history_of(old)] == [
        LeafKind.ISSUED, LeafKind.REVOKED, LeafKind.SUPERSEDED,
    ]  # fmt: skip


def test_a_corrected_one_is_corrected_at_the_end_of_its_chain(issued):
    _cohort, (old, _), coordinator = issued
    new = correct(old, coordinator, clock.now())
    with pytest.raises(Refused, match="Correct the one that replaced it"):
        correct(old, coordinator, clock.now())
    db.session.rollback()
    newest = correct(new, coordinator, clock.now(), "Farrukh Rahimi", "Фаррух Раҳимӣ")
    assert correction_service.newest_of(old) == newest


def test_approvers_are_told_what_was_changed(issued):
    cohort, (old, _), coordinator = issued
    organisation = cohort.programme.partners[0].organisation
    db.session.add(
        Approver(cohort=cohort, organisation=organisation, name="Vice Rector",
                 email="rector@uni.example")
    )  # fmt: skip
    new = correct(old, coordinator, clock.now())
    mail = db.session.scalars(
        select(OutgoingMail).where(OutgoingMail.receiver == "rector@uni.example")
    ).one()
    assert "Фаррух Рахимов → Фаррух Раҳимов" in mail.body
    assert new.number in mail.body and "The name was misspelt" in mail.body


def test_duplicates_are_counted_marked_and_kept(issued, after):
    _cohort, (credential, _), coordinator = issued
    for ordinal in (1, 2):
        printed = correction_service.print_duplicate(credential)
        made = correction_service.record_duplicate(
            credential, printed, reason="Lost in a fire", by=coordinator, now=clock.now()
        )
        db.session.commit()
        assert made.ordinal == ordinal
    first, second = credential.duplicates
    hashes = {credential.file_sha256, first.file_sha256, second.file_sha256}
    assert len(hashes) == 3
    assert all(files.read_file(each).startswith(b"%PDF") for each in hashes)
    assert state_of(credential) == CredentialState.VALID

    # Two coordinators at once print the same ordinal: only one of the two is written down.
    printed = correction_service.print_duplicate(credential)
    stale = (printed[0] - 1, printed[1])
    with pytest.raises(Refused, match="at the same moment"):
        correction_service.record_duplicate(
            credential, stale, reason="x", by=coordinator, now=clock.now()
        )


def test_what_is_revoked_is_not_given_again(issued):
    _cohort, (credential, _), coordinator = issued
    service.revoke_credential(credential, reason="x", by=coordinator, now=clock.now())
    db.session.commit()
    with pytest.raises(Refused, match="Only a certificate in force"):
        correction_service.print_duplicate(credential)


def test_a_coordinator_looks_at_the_correction_and_issues_it(browser, issued):
    _cohort, (old, _), coordinator = issued
    client = browser(coordinator)
    address = f"/certificates/{old.public_id}/correct"
    assert client.get(address).status_code == 200
    typed = {
        "name_latin": "Farrukh Rahimov", "name_native": "Фаррух Раҳимов",
        "reason": "Misspelt", "mailing": "file", "seen": "",
    }  # fmt: skip

    looked = client.post(address, data=typed)
    assert looked.status_code == 200
    assert "<del>Farruh Rahimov</del>" in looked.text
    assert "<ins>Farrukh Rahimov</ins>" in looked.text
    assert "data:image/png;base64," in looked.text
    assert db.session.scalar(select(Credential).where(Credential.supersedes_id == old.id)) is None

    seen = looked.text.split('name="seen"')[1].split('value="')[1].split('"')[0]
    done = client.post(address, data={**typed, "seen": seen})
    assert done.status_code == 303
    jobs.run_waiting()
    page = client.get(done.location).text
    assert "in place of" in page and old.number in page
    mail = db.session.scalars(select(OutgoingMail).order_by(OutgoingMail.id.desc())).first()
    assert mail.attachment_name.endswith("Farrukh Rahimov Фаррух Раҳимов.pdf")
    assert "This certificate was corrected" in client.get(f"/certificates/{old.public_id}").text


def test_facts_that_change_after_the_look_are_looked_at_again(browser, issued):
    cohort, (old, _), coordinator = issued
    client = browser(coordinator)
    address = f"/certificates/{old.public_id}/correct"
    typed = {"name_latin": "Farrukh Rahimov", "name_native": "", "reason": "x", "mailing": "link"}
    looked = client.post(address, data={**typed, "seen": ""})
    seen = looked.text.split('name="seen"')[1].split('value="')[1].split('"')[0]
    cohort.programme.titles = {"en": "Another title"}
    db.session.commit()
    again = client.post(address, data={**typed, "seen": seen})
    assert again.status_code == 200 and "Another title" in again.text
    assert state_of(old) == CredentialState.VALID


def test_a_lost_paper_is_given_again_on_a_page(browser, issued):
    _cohort, (credential, other), coordinator = issued
    client = browser(coordinator)
    address = f"/certificates/{credential.public_id}"
    assert client.post(address + "/duplicate", data={"reason": ""}).status_code == 422
    assert client.post(address + "/duplicate", data={"reason": "Lost"}).status_code == 303
    page = client.get(address).text
    assert "duplicate no. 1" in page and "Lost" in page
    holder = browser(credential.enrolment.user)
    assert holder.get(address + "/duplicates/1").data.startswith(b"%PDF")
    assert holder.get(address + "/duplicates/2").status_code == 404
    assert holder.get(f"/certificates/{other.public_id}/duplicates/1").status_code == 404
    assert holder.post(address + "/duplicate", data={"reason": "Lost"}).status_code == 403


def test_the_holder_shares_without_sending_anything_to_anybody(browser, issued):
    _cohort, (credential, _), _coordinator = issued
    page = browser(credential.enrolment.user).get(f"/certificates/{credential.public_id}").text
    assert "https://www.linkedin.com/profile/add?startTask=CERTIFICATION_NAME" in page
    assert f"certId={credential.number}" in page
    assert "Correct it" not in page


@pytest.mark.parametrize(
    ("mailing", "mails", "attached"), [("link", 1, 0), ("file", 1, 1), ("none", 0, 0)]
)
def test_participants_are_told_as_the_coordinator_chose(
    earned, make, after, mailing, mails, attached
):
    cohort, _ = earned(1)
    service.issue_certificates(
        cohort, by=make.coordinator(cohort), now=after, mailing=Mailing(mailing)
    )
    db.session.commit()
    jobs.run_waiting()
    (credential,) = service.list_credentials(cohort)
    found = db.session.scalars(select(OutgoingMail)).all()
    assert len(found) == mails
    assert [m.attachment_sha256 for m in found if m.attachment_sha256] == [
        credential.file_sha256
    ] * attached


def test_scripts_correct_and_duplicate_and_read_the_history(command, issued, tmp_path):
    _cohort, (old, _), coordinator = issued
    number, email, paper = old.number, coordinator.email, tmp_path / "paper.pdf"

    made = command("certificates", "duplicate", number, "--reason", "Lost", "--by", email,
                   "--output", paper, "--json")  # fmt: skip
    assert json.loads(made.stdout)["duplicate"] == 1
    assert paper.read_bytes().startswith(b"%PDF")
    done = command("certificates", "supersede", number, "--name-latin", "Farrukh Rahimov",
                   "--reason", "Misspelt", "--by", email, "--mail", "none", "--json")  # fmt: skip
    new = json.loads(done.stdout)
    assert (new["supersedes"], new["state"]) == (number, "valid")
    history = json.loads(command("certificates", "history", number, "--json").stdout)
    assert [(event["kind"], event["other"], event["duplicate"]) for event in history] == [
        ("issued", None, None), ("duplicated", None, 1), ("superseded", new["number"], None),
    ]  # fmt: skip
    again = command("certificates", "supersede", number, "--reason", "x", "--by", email)
    assert again.exit_code == 1 and "Correct the one that replaced it" in again.stderr
    assert command("certificates", "history", "NONE").exit_code == 1


def test_the_doctor_finds_a_file_that_was_changed(command, issued):
    _cohort, (credential, _), _coordinator = issued
    assert command("doctor").exit_code == 0
    place = files.place_of(credential.file_sha256)
    place.write_bytes(place.read_bytes()[:-1] + b"!")
    answer = command("doctor")
    assert answer.exit_code == 1
    assert f"1 files of certificates are missing or changed ({credential.number})" in answer.stdout


def test_a_clock_that_was_set_back_issues_nothing(earned, make, after):
    cohort, _ = earned(1)
    coordinator = make.coordinator(cohort)
    service.issue_certificates(cohort, by=coordinator, now=after)
    db.session.commit()
    other, _ = earned(1)
    with pytest.raises(Refused, match="clock of the server says .* Nothing was issued"):
        service.issue_certificates(
            other, by=make.coordinator(other), now=after - timedelta(days=400)
        )
