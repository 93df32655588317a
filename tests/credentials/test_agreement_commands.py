"""Agreement from the command line, as scripts and the demo use it."""

import json

import pytest
import time_machine

from courseware.credentials.preflight_service import preflight
from courseware.credentials.rules import Verdict
from courseware.db import db

NAMES = [("Aisulu Ospanova", "Айсұлу Оспанова"), ("FARRUKH RAHIMOV", "Фаррух Раҳимов")]


@pytest.fixture
def scene(earned, make, after):
    cohort, enrolments = earned(names=NAMES, agreement_required=True)
    coordinator = make.coordinator(cohort)
    db.session.commit()
    with time_machine.travel(after, tick=False):
        yield cohort, [each.organisation.code for each in cohort.programme.partners], coordinator


def test_a_script_names_approvers_proposes_returns_proposes_again_and_agrees(scene, command, after):
    cohort, codes, coordinator = scene
    words = ("certificates", "propose", cohort.code, "--by", coordinator.email)
    waiting = command("certificates", "issue", cohort.code, "--by", coordinator.email)
    assert "not issued  Aisulu Ospanova: Not every partner has agreed to it yet." in waiting.output
    early = command(*words)
    assert (early.exit_code, "Nobody agrees for" in early.output) == (1, True)
    for number, code in enumerate(codes):
        named = command(
            "certificates", "approver", cohort.code, code.lower(), "--name", f"Rector {number}",
            "--email", f"rector{number}@uni.example", "--by", coordinator.email,
        )  # fmt: skip
        assert named.exit_code == 0, named.output

    proposed = json.loads(command(*words, "--json").output)
    assert (proposed["certificates"], len(proposed["left_out"])) == (1, 1)
    assert "is all in capitals" in proposed["left_out"][0]["doubts"][0]
    foreign = command("certificates", "agree", cohort.code, codes[0], "--by", "rector1@uni.example")
    assert (foreign.exit_code, "was not asked for" in foreign.output) == (1, True)
    returned = command(
        "certificates", "return", cohort.code, codes[0], "--by", "rector0@uni.example",
        "--comment", "FARRUKH is missing",
    )  # fmt: skip
    assert returned.exit_code == 0, returned.output

    proposed = json.loads(command(*words, "--let-pass", "all", "--json").output)
    assert (proposed["certificates"], proposed["left_out"]) == (2, [])
    for number, code in enumerate(codes):
        said = command(
            "certificates", "agree", cohort.code, code, "--by", f"rector{number}@uni.example",
            "--json",
        )  # fmt: skip
    assert json.loads(said.output)["standing"] == "agreed"
    late = command(
        "certificates", "return", cohort.code, codes[0], "--by", "rector0@uni.example",
        "--comment", "No",
    )  # fmt: skip
    assert (late.exit_code, "That answer stays." in late.output) == (1, True)
    assert {each.verdict for each in preflight(cohort, now=after).candidates} == {Verdict.READY}


def test_an_unknown_partner_is_said_with_those_that_are_known(scene, command):
    cohort, codes, coordinator = scene
    wrong = command(
        "certificates", "approver", cohort.code, "NOBODY", "--name", "N", "--email", "n@x.example",
        "--by", coordinator.email,
    )  # fmt: skip
    assert wrong.exit_code == 1
    assert f"Known are: {', '.join(codes)}" in wrong.output
