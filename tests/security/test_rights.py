"""Every route × method × person × own, foreign or missing object, made from the route map.

The people of one cohort meet the things of another: they must look like things that do not exist.
A refusal must not write to the database.
"""

import re
from types import SimpleNamespace

import pytest
from flask import Flask
from werkzeug.routing import Rule

from courseware import create_app
from courseware.accounts.models import User
from courseware.attendance import import_service
from courseware.attendance.imports import read_report
from courseware.attendance.models import AbsenceNotice, MarkReview, RegisterEvidence
from courseware.attendance.request_rules import NoticeState, ReviewState
from courseware.cohorts.models import ImportDraft
from courseware.credentials import preflight_service
from courseware.credentials.models import (
    Credential,
    IssueBatch,
    IssueProposal,
    NumberSeries,
    ProposedCertificate,
)
from courseware.credentials.rules import BatchState
from courseware.db import db, new_public_id
from courseware.feedback import questionnaire_service
from courseware.feedback import service as feedback
from courseware.feedback.models import FeedbackPlan, Recommendation, ReportFile
from courseware.feedback.recommendation_rules import Addressee, RecommendationState
from courseware.feedback.rules import Moment
from courseware.permissions import TABLE, Permission, Role

MISSING = "no-such-thing-no-such-thing"
WRITES = re.compile(r"(?i)\s*(insert|update|delete)")

# Which thing an address is about, by how it begins; the longest beginning counts.
THINGS = {
    "/cohorts/": "cohort",
    "/sessions/": "training_session",
    "/enrolments/": "enrolment",
    "/attendance-imports/": "attendance_import",
    "/signed-sheets/": "evidence",
    "/absence-notices/": "notice",
    "/mark-reviews/": "review",
    "/schedule-imports/": "draft",
    "/participants/": "enrolment",
    "/participants/import/": "people_draft",
    "/certificates/": "credential",
    "/certificates/batches/": "batch",
    "/certificates/proposals/": "proposal",
    "/feedback/questionnaires/": "questionnaire",
    "/feedback/rounds/": "round",
    "/feedback/plans/": "plan",
    "/feedback/reports/": "report_file",
    "/recommendations/": "recommendation",
    "/programmes/": "programme",
    "/organisations/": "organisation",
    "/people/": "person",
}
# What somebody is towards the things of their own cohort.
OWN = {"enrolment", "credential", "notice", "review", "recommendation"}
ROLES = {
    "outsider": set(),
    "participant": {Role.PARTICIPANT},
    "trainer": {Role.TRAINER},
    "coordinator": {Role.COORDINATOR},
    "administrator": {Role.ADMINISTRATOR},
}


def build(make: SimpleNamespace) -> dict[str, object]:
    """One cohort with one of everything, and the people in it."""
    cohort = make.cohort()
    programme = cohort.programme
    one = make.training_session(cohort)
    participant = make.user()
    enrolment = make.enrolment(cohort, user=participant)
    coordinator = make.coordinator(programme, is_coordinator=True)
    trainer = make.trainer(cohort, leads=one)
    questionnaire = questionnaire_service.take_questionnaire(
        programme, "session", by=coordinator, now=make.NOW
    )
    asked = feedback.open_round(cohort, questionnaire, one, by=coordinator, now=make.NOW)
    plan = FeedbackPlan(programme=programme, questionnaire=questionnaire, moment=Moment.SESSION)
    db.session.add(plan)
    draft = ImportDraft(
        cohort=cohort, user_id=coordinator.id, kind="schedule", file_name="x.csv",
        content=b"session,module\nS1,M1\n", uploaded_at=make.NOW,
    )  # fmt: skip
    people_draft = ImportDraft(
        cohort=cohort, user_id=coordinator.id, kind="participants", file_name="x.csv",
        content=b"name,e-mail\nAnna Example,anna@people.example\n", uploaded_at=make.NOW,
    )  # fmt: skip
    sheet = f"name,e-mail,mark\n{participant.name},{participant.email},present\n".encode()
    report = import_service.propose_import(
        one, read_report(sheet, "x.csv"),
        file_name="x.csv", data=sheet, by=coordinator, now=make.NOW,
    )  # fmt: skip
    batch = IssueBatch(
        cohort=cohort, state=BatchState.DONE, asked_at=make.NOW, asked_by=coordinator
    )
    series = NumberSeries(name=f"R{cohort.id}", last_serial=1)
    db.session.add_all([draft, people_draft, batch, series])
    db.session.flush()
    found = preflight_service.preflight(cohort, now=make.NOW)
    number, code = f"R{cohort.id}-1", new_public_id()
    facts = found.paper.facts(
        enrolment, found.candidates[0].ledger, now=make.NOW, number=number, code=code
    )
    credential = Credential(
        enrolment=enrolment, batch=batch, series=series, serial=1, number=number,
        verification_code=code, facts=facts.as_json(), reserved_at=make.NOW,
    )  # fmt: skip
    proposal = IssueProposal(cohort=cohort, proposed_at=make.NOW, proposed_by=coordinator)
    proposal.rows.append(
        ProposedCertificate(
            enrolment=enrolment, kind="certificate", facts=facts.as_json(), facts_sha256="0" * 64
        )
    )
    evidence = RegisterEvidence(
        training_session=one, sha256="0" * 64, file_name="x.jpg", uploaded_at=make.NOW,
        uploaded_by=trainer,
    )  # fmt: skip
    notice = AbsenceNotice(
        training_session=one, enrolment=enrolment, reason="ill", pages=["0" * 64],
        state=NoticeState.ANNOUNCED, announced_at=make.NOW,
    )  # fmt: skip
    review = MarkReview(
        training_session=one, enrolment=enrolment, text="I was there",
        state=ReviewState.ASKED, asked_at=make.NOW,
    )  # fmt: skip
    recommendation = Recommendation(
        cohort=cohort, text="More practice", addressee=Addressee.PARTNER, owner=participant,
        state=RecommendationState.OPEN, made_at=make.NOW,
    )  # fmt: skip
    report_file = ReportFile(
        cohort=cohort, kind="pdf", languages="en", asked_at=make.NOW, asked_by=coordinator
    )
    db.session.add_all(
        [credential, proposal, evidence, notice, review, recommendation, report_file]
    )
    db.session.commit()
    things = {
        "cohort": cohort, "programme": programme, "training_session": one, "enrolment": enrolment,
        "questionnaire": questionnaire, "round": asked, "plan": plan, "draft": draft,
        "people_draft": people_draft,
        "batch": batch, "proposal": proposal,
        "attendance_import": report, "evidence": evidence, "notice": notice,
        "review": review, "credential": credential, "recommendation": recommendation,
        "report_file": report_file,
        "person": trainer,
        "organisation": programme.partners[0].organisation,
    }  # fmt: skip
    # Plain addresses: an act of the test may take the thing itself away.
    kept = {name: SimpleNamespace(public_id=thing.public_id) for name, thing in things.items()}
    return kept | {
        "people": {
            "outsider": make.user(), "participant": participant, "trainer": trainer,
            "coordinator": coordinator, "administrator": make.administrator(),
        },
    }  # fmt: skip


def rules_about_things(app: Flask) -> list[tuple[Rule, Permission]]:
    """The routes whose address names a thing that not everybody may see."""
    found = []
    for rule in app.url_map.iter_rules():
        permission = getattr(app.view_functions[rule.endpoint], "permission", None)
        if rule.arguments and permission and Role.ANYONE not in TABLE[permission]:
            found.append((rule, permission))
    return sorted(found, key=lambda pair: pair[0].rule)


def thing_of(rule: Rule) -> str:
    beginnings = [start for start in THINGS if rule.rule.startswith(start)]
    assert beginnings, f"Say in THINGS what {rule.rule} is about."
    return THINGS[max(beginnings, key=len)]


def addresses(app: Flask, rule: Rule, things: dict[str, object], thing: object) -> list[str]:
    """The address of `thing` under `rule`; further values in it are of the same cohort."""
    values = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        if name == "public_id":
            values[name] = thing if isinstance(thing, str) else thing.public_id
        elif type(converter).__name__ == "AnyConverter":
            values[name] = sorted(converter.items)[0]
        elif name in ("kind", "ending"):
            values[name] = "json"
        elif "enrolment" in name:
            values[name] = things["enrolment"].public_id
        else:
            values[name] = 1
    with app.test_request_context():
        built = rule.build(values, append_unknown=False)
    assert built is not None, rule.rule
    return [built[1]]


@pytest.fixture
def world(make):
    return build(make)


def test_a_foreign_or_missing_thing_is_not_found_and_nothing_is_written(
    app, make, world, browser, queries
):
    elsewhere = build(make)
    wrong = []
    for who in ("participant", "trainer", "coordinator"):
        client = browser(world["people"][who])
        for rule, permission in rules_about_things(app):
            kind = thing_of(rule)
            if kind == "organisation" and Role.COORDINATOR in TABLE[permission]:
                continue  # organisations are shared by all who run programmes
            general = kind == "person"  # only administrators reach people at all: 403 tells nothing
            for thing in (elsewhere[kind], MISSING):
                for method in rule.methods & {"GET", "POST"}:
                    (address,) = addresses(app, rule, elsewhere, thing)
                    with queries() as seen:
                        answer = client.open(address, method=method)
                    expected = {403, 404} if general else {404}
                    written = [q for q in seen if WRITES.match(q)]
                    if answer.status_code not in expected or written:
                        wrong.append((who, method, address, answer.status_code, written))
    assert wrong == []


def test_strangers_sign_in_first(app, world, browser):
    client = browser()
    wrong = []
    for rule, _permission in rules_about_things(app):
        for method in rule.methods & {"GET", "POST"}:
            (address,) = addresses(app, rule, world, world[thing_of(rule)])
            answer = client.open(address, method=method)
            expected = 303 if method == "GET" else 403
            if answer.status_code != expected:
                wrong.append((method, address, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("who", list(ROLES))
def test_inside_a_cohort_the_table_decides(app, world, browser, queries, who):
    client = browser(world["people"][who])
    wrong = []
    for rule, permission in rules_about_things(app):
        kind = thing_of(rule)
        roles = set(ROLES[who])
        if who == "participant" and kind in OWN:
            roles |= {Role.SELF}
        allowed = bool(roles & TABLE[permission])
        for method in rule.methods & {"GET", "POST"}:
            (address,) = addresses(app, rule, world, world[kind])
            with queries() as seen:
                answer = client.open(address, method=method)
            status = answer.status_code
            if allowed:
                # What a thing of this world lacks (a printed file, an open review) may be missing.
                fine = status < 500 and status != 403
            else:
                fine = status in (403, 404) and not any(WRITES.match(q) for q in seen)
            if not fine:
                wrong.append((method, address, status))
    assert wrong == []


def test_pages_about_nothing_in_particular_follow_the_table_too(app, world, browser):
    wrong = []
    for who, roles in ROLES.items():
        client = browser(world["people"][who])
        for rule in app.url_map.iter_rules():
            permission = getattr(app.view_functions[rule.endpoint], "permission", None)
            if rule.arguments or permission is None or "GET" not in rule.methods:
                continue
            anywhere = roles | {Role.SIGNED_IN, Role.ANYONE}
            allowed = bool(anywhere & TABLE[permission])
            status = client.get(rule.rule).status_code
            if (status == 403) == allowed or status >= 500:
                wrong.append((who, rule.rule, status))
    assert wrong == []


def test_every_kind_of_address_is_known(tmp_path):
    app = create_app({"COURSEWARE_VAR": str(tmp_path), "COURSEWARE_SECRET_KEY": "x" * 32})
    assert {thing_of(rule) for rule, _permission in rules_about_things(app)}


def test_a_user_row_is_never_chosen_by_the_browser(client, make):
    """Owner and roles come from the server: fields that a form does not list change nothing."""
    user = make.user()
    client.sign_in(user)
    client.post(
        "/me",
        data={
            "name_latin": "Still Nobody", "gender": "", "language": "",
            "is_administrator": "y", "is_coordinator": "y", "id": "1",
        },
    )  # fmt: skip
    found = db.session.get(User, user.id)
    assert (found.name_latin, found.is_administrator, found.is_coordinator) == (
        "Still Nobody",
        False,
        False,
    )
