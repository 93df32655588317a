"""Names of many countries on certificates: printed and read back, or refused with a sentence."""

import csv
import itertools
import json
import shutil
import subprocess
from datetime import timedelta

import pytest
from factories import NOW

from certificates import CannotPrint, Recipient, clean, open_press
from certificates.sample import sample_facts
from courseware import jobs
from courseware.accounts.models import User
from courseware.attendance.models import AttendanceMark
from courseware.attendance.rules import AttendanceStatus, MarkSource
from courseware.cohorts.models import Enrolment
from courseware.credentials import service
from courseware.credentials.preflight_service import preflight
from courseware.credentials.rules import Verdict
from courseware.db import db

# Countries whose people come to such a course, and then the rest of the world.
NEIGHBOURS = ("KZ", "TJ", "RU", "KG", "UZ")
AFTER = NOW + timedelta(days=60)


def text_of(pdf):
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    done = subprocess.run(
        ["pdftotext", "-enc", "UTF-8", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return " ".join(done.stdout.decode().split())


def names_by_country(folder):
    """Pairs of full name in Latin and in native script, by country, as the files have them."""
    found = {}
    for file, is_surname in (
        ("common-surnames-by-country.csv", True),
        ("common-forenames-by-country.csv", False),
    ):
        with open(folder / file, encoding="utf-8-sig", newline="") as rows:
            for row in csv.DictReader(rows):
                parts = found.setdefault(row["Country"], ([], []))
                latin, native = row["Romanized Name"], row["Localized Name"]
                if latin:
                    parts[0 if is_surname else 1].append((latin, native or latin))
    return {
        country: [
            (f"{given[0]} {family[0]}", f"{given[1]} {family[1]}")
            for family, given in zip(
                itertools.cycle(surnames or [("Only", "Only")]),
                forenames or [("Aman", "Аман")],
                strict=False,
            )
        ]
        for country, (surnames, forenames) in found.items()
    }


def three_hundred(folder):
    by_country = names_by_country(folder)
    near = [name for country in NEIGHBOURS for name in by_country.get(country, [])]
    far = [
        name
        for round_of in itertools.zip_longest(
            *(names for country, names in by_country.items() if country not in NEIGHBOURS)
        )
        for name in round_of
        if name
    ]
    return near, (near + far)[:300]


def test_three_hundred_people_get_certificates_with_their_names_unchanged(app, make, shared_data):
    near, names = three_hundred(shared_data / "names")
    cohort = make.cohort(make.programme(module_minutes=90, certificate_languages=["en", "ru"]))
    sessions = [
        make.training_session(cohort, module=module, starts=f"2025-04-0{7 + day} 09:00")
        for day, module in enumerate(cohort.programme.modules)
    ]
    for number, (latin, native) in enumerate(names):
        person = User(
            email=f"n{number}@people.example",
            name_latin=latin,
            name_native=native,
            created_at=NOW,
        )
        enrolment = Enrolment(cohort=cohort, user=person, enrolled_at=NOW)
        db.session.add_all(
            AttendanceMark(
                training_session=session,
                enrolment=enrolment,
                status=AttendanceStatus.PRESENT,
                source=MarkSource.TRAINER,
                marked_at=NOW,
            )
            for session in sessions
        )
    db.session.commit()
    found = preflight(cohort, now=AFTER)
    refused = found.having(Verdict.NEEDS_YOU)
    for each in refused:
        assert each.problems, "nobody is refused without a sentence"
        assert (each.person.name_latin, each.person.name_native) not in near

    service.issue_certificates(cohort, by=make.coordinator(cohort), now=AFTER)
    db.session.commit()
    jobs.run_waiting()
    db.session.expire_all()

    credentials = service.list_credentials(cohort)
    assert len(credentials) + len(refused) == len(names) == 300
    assert [each.serial for each in credentials] == list(range(1, len(credentials) + 1))
    printed = 0
    for credential in credentials:
        person = credential.enrolment.user
        text = text_of(service.file_of(credential))
        assert credential.number in text
        assert clean(person.name_latin) in text
        assert clean(person.name_native) in text
        printed += (person.name_latin, person.name_native) in near
    assert printed == len(near), "everybody from Central Asia and Russia is printed"
    print(f"{len(credentials)} printed, {len(refused)} refused with a sentence")


def test_every_naughty_string_gives_a_certificate_or_a_sentence(shared_data):
    strings = json.loads((shared_data / "strings" / "blns.json").read_text(encoding="utf-8"))
    press = open_press("academic", ("en",))
    printed = refused = 0
    for number, naughty in enumerate(strings):
        facts = sample_facts(Recipient(naughty), ("en",), number=number)
        try:
            pdf = press.print(facts)
        except CannotPrint as refusal:
            assert str(refusal)
            refused += 1
        else:
            printed += 1
            assert pdf.startswith(b"%PDF")
            if printed % 20 == 0:
                assert clean(naughty) in text_of(pdf)
    assert printed + refused == len(strings)
    assert printed > 100
    assert refused > 50
    print(f"{printed} printed, {refused} refused with a sentence")
