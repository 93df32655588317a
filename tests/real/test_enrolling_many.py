"""Three hundred people with names from all over the world, enrolled from one list."""

import csv
import unicodedata
from itertools import islice

import pytest

from courseware.cohorts import imports, service
from courseware.names import clean_name
from courseware.tables import Sheet, write_csv, write_xlsx

WANTED = 300


@pytest.fixture(scope="module")
def people(shared_data):
    """Pairs of romanised and localised full names, none twice."""
    folder = shared_data / "names"

    def column(name, *titles):
        with (folder / name).open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if all(row[title] for title in titles):
                    yield tuple(row[title] for title in titles)

    titles = ("Romanized Name", "Localized Name")
    forenames = column("common-forenames-by-country.csv", *titles)
    surnames = column("common-surnames-by-country.csv", "Romanized Name", "Localized Name")
    pairs = {}
    for (forename, local_forename), (surname, local_surname) in zip(
        forenames, surnames, strict=False
    ):
        latin, native = f"{forename} {surname}", f"{local_forename} {local_surname}"
        pairs.setdefault(clean_name(latin).casefold(), (latin, native))
    found = list(islice(pairs.values(), WANTED))
    assert len(found) == WANTED
    return found


@pytest.mark.parametrize("kind", ["xlsx", "csv", "utf-16"])
def test_three_hundred_names_come_through_a_list_unchanged(app, make, people, kind):
    cohort = make.cohort()
    header = ["name (Latin)", "name (native)", "e-mail"]
    rows = [[latin, native, f"n{n}@people.example"] for n, (latin, native) in enumerate(people)]
    if kind == "xlsx":
        data = write_xlsx(Sheet("P", header, rows))
    else:
        data = write_csv(header, rows)
        data = data if kind == "csv" else data.decode("utf-8-sig").encode("utf-16")
    read, remarks = imports.read_participants(data)
    done, judged = imports.import_participants(cohort, read, by=None, now=make.NOW)
    assert (done.enrolled, remarks) == (WANTED, [])
    stored = {one.user.email: one.user.names for one in service.list_enrolments(cohort)}
    for n, names in enumerate(people):
        expected = tuple(
            dict.fromkeys(unicodedata.normalize("NFC", " ".join(name.split())) for name in names)
        )
        assert stored[f"n{n}@people.example"] == expected
    again, _judged = imports.import_participants(cohort, read, by=None, now=make.NOW)
    assert (again.enrolled, again.updated, again.unchanged) == (0, 0, WANTED)
