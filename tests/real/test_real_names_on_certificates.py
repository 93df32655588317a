"""Names of many countries on certificates: printed and read back, or refused with a sentence."""

import csv
import io
import itertools
import json
import shutil
import subprocess
import unicodedata
from datetime import timedelta
from html import escape

import pikepdf
import pytest
from factories import NOW
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from certificates import CannotPrint, Recipient, clean, open_press
from certificates.checks import missing_letters
from certificates.designs import read_design
from certificates.layout import DesignFiles
from certificates.sample import sample_facts
from certificates.template import _fonts_of, _hexadecimal, _runs_by_page
from certificates.view import ADDRESS
from certificates.writing import shaped
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


@pytest.mark.parametrize("room", ["first_name", "second_name", "listed_name"])
def test_real_names_are_shaped_as_the_layout_engine_shapes_them(shared_data, room):
    """Thousands of names in one layout: each drawn with the glyphs and the width that we set."""
    design = read_design("academic")
    font = getattr(design, room).font
    pairs = itertools.chain(*names_by_country(shared_data / "names").values())
    names = list(dict.fromkeys(clean(name) for pair in pairs for name in pair))
    names += [
        f"{one} {other}-{one.split()[-1]}" for one, other in zip(names, names[7:], strict=False)
    ]
    names = [
        name for name in names[:: max(1, len(names) // 1500)] if not missing_letters(name, design)
    ]
    names += [
        "Ӯ",
        "A A",
        "Ты",
        "Ҷamshed Ӯktamӣ",
        "AVA To Wo",
        "Office Fjord",
        "Ғұмыр-Әли",
        "W" * 90,
    ]
    page = "".join(f"<p>{escape(name)}</p>" for name in names)
    laid_out = _set_in(font, page, design)
    found = {run.text: run for runs in _runs_by_page(laid_out) for run in runs}
    with pikepdf.open(io.BytesIO(laid_out)) as pdf:
        (widths,) = [each.widths for each in _fonts_of(pdf).values()]
    compared = 0
    for name in names:
        if any(unicodedata.combining(letter) for letter in name):
            continue  # drawn in pieces; a test of documents looks at it
        pieces, width = shaped(design.faces[font], widths, name, "en", ())
        run = found[name]
        assert _hexadecimal((pieces, width)) == run.glyphs, name
        # The layout engine rounds each space between letters to a thousandth of an em.
        assert abs(width * run.size - run.advance) <= 0.0005 * len(name) * run.size, name
        compared += 1
    assert compared > 0.9 * len(names)


def _set_in(font, page, design):
    fonts = FontConfiguration()
    how = {"font_config": fonts, "base_url": ADDRESS, "url_fetcher": DesignFiles(design)}
    style = CSS(
        string=f"@font-face {{ font-family: Name; src: url({font}) }}"
        "@page { size: 3000mm 900mm; margin: 0 }"
        "p { font: 400 30pt/1.2 Name; margin: 0; white-space: pre }",
        **how,
    )
    del how["font_config"]
    return HTML(string=f"<html lang=en>{page}", **how).write_pdf(
        stylesheets=[style], font_config=fonts
    )


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
