"""Every string of the big list of naughty strings as name and note breaks no page and no file."""

import json

import pytest

from courseware.attendance import service
from courseware.attendance.imports import read_report
from courseware.attendance.matching_rules import Directory, Known
from courseware.attendance.report_rules import report_as_json, report_from_json
from courseware.errors import BadInput
from courseware.names import clean_name


@pytest.fixture
def naughty(shared_data) -> list[str]:
    return json.loads((shared_data / "strings" / "blns.json").read_text("utf-8"))


def test_naughty_names_and_notes_break_no_page(naughty, make, browser):
    cohort = make.cohort()
    session = make.training_session(cohort)
    people = [
        make.enrolment(cohort, user=make.user(name_latin=clean_name(text)[:200], name_native=""))
        for text in naughty
    ]
    client = browser(make.administrator())
    sheet = f"/sessions/{session.public_id}/register"
    sent = {}
    for enrolment, text in zip(people, naughty, strict=True):
        sent[f"was-{enrolment.public_id}"] = "none"
        sent[f"status-{enrolment.public_id}"] = "present"
        sent[f"note-{enrolment.public_id}"] = text
    assert client.post(sheet, data=sent).status_code == 303
    assert service.read_register(session).here == len(naughty)
    for path in (
        sheet,
        f"{sheet}/history",
        f"{sheet}.xlsx",
        f"/cohorts/{cohort.public_id}/attendance",
        f"/cohorts/{cohort.public_id}/attendance.xlsx",
        f"/enrolments/{people[0].public_id}/hours",
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert b"<script>alert" not in answer.data


def test_naughty_names_in_a_report_are_read_or_refused_with_a_sentence(naughty):
    directory = Directory([Known(1, "aida@example.org", ("Aida Sarsen",))])
    for text in naughty:
        rows = ["Full Name\tUser Action\tTimestamp", f"{text}\tJoined\t14/04/2025, 09:00:00"]
        try:
            report = read_report("\n".join(rows).encode("utf-16", "replace"), "list.csv")
        except BadInput as error:
            assert error.messages
            continue
        assert report_from_json(report_as_json(report)) == report
        for person in report.people:
            directory.match(person.name, person.email)
