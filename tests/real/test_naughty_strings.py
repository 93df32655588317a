"""Every string of the Big List of Naughty Strings in every name and title that our forms take."""

import io
import json

import pytest

from courseware.cohorts import service
from courseware.names import MAX_NAME, clean_name
from courseware.tables import Sheet, write_csv, write_xlsx


@pytest.fixture(scope="module")
def naughty(shared_data):
    strings = json.loads((shared_data / "strings" / "blns.json").read_text(encoding="utf-8"))
    return [*strings, "a\0b", "\ud800", "x" * 100_000, "Z" + "\u0351" * 20_000, "\ufffe", "=1+1"]


def sendable(text: str) -> str:
    """What a browser could send of `text`."""
    return text.encode("utf-8", "replace").decode()


def by_four(strings):
    """Four different strings at a time, for the four fields of a form."""
    for start in range(0, len(strings), 4):
        four = [sendable(text) for text in strings[start : start + 4]]
        yield start, (four * 4)[:4]


def test_names_of_participants(client, make, naughty):
    cohort = make.cohort()
    client.sign_in(make.coordinator(cohort))
    address = f"/cohorts/{cohort.public_id}/participants"
    taken = 0
    for number, (latin, native, organisation, position) in by_four(naughty):
        data = {"name_latin": latin, "name_native": native, "organisation": organisation,
                "position": position, "email": f"n{number}@people.example", "gender": "",
                "language": "", "country": "", "organisation_kind": "", "sure": "yes"}  # fmt: skip
        answer = client.post(f"{address}/new", data=data)
        assert answer.status_code in (303, 413, 422), (latin[:80], native[:80])
        taken += answer.status_code == 303
    assert taken > 25
    page = client.get(address)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    for enrolment in service.list_enrolments(cohort):
        for name in enrolment.user.names:
            assert name == clean_name(name) and 0 < len(name) <= MAX_NAME
    for kind in ("xlsx", "csv"):
        assert client.get(f"/cohorts/{cohort.public_id}/participants.{kind}").status_code == 200


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_lists_of_participants(client, make, naughty, kind):
    cohort = make.cohort()
    client.sign_in(make.coordinator(cohort))
    header = ["name (Latin)", "e-mail", "organisation", "position", "gender"]
    rows = [[text, f"n{n}@people.example", text, text, ""] for n, text in enumerate(naughty)
            if len(text) < 1000]  # fmt: skip
    data = write_xlsx(Sheet("P", header, rows)) if kind == "xlsx" else write_csv(header, rows)
    answer = client.post(
        f"/cohorts/{cohort.public_id}/participants/import",
        data={"file": (io.BytesIO(data), "list")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 303, answer.text[:500]
    page = client.get(answer.location)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert client.post(f"{answer.location}/accept", data={"sure": "yes"}).status_code in (303, 422)


def test_titles_of_programmes_and_names_of_organisations(client, make, naughty, db_session):
    client.sign_in(make.user(is_coordinator=True))
    saved = 0
    for number, (en, ru, kk, tg) in by_four(naughty):
        answer = client.post(
            "/programmes/new",
            data={"titles.en": en, "titles.ru": ru, "titles.kk": kk, "titles.tg": tg,
                  "summaries.en": tg, "code": f"p{number}", "academic_hour_minutes": "45",
                  "promised_hours": "10", "certificate.threshold_percent": "80",
                  "certificate.series": "{number}", "certificate.language": "en",
                  "certificate.correction_days": "30", "certificate.participation": "blended",
                  "certificate.assessment": "attendance"},
        )  # fmt: skip
        assert answer.status_code in (303, 413, 422), (en[:80], ru[:80])
        if answer.status_code == 303 and number % 5 == 0:
            saved += 1
            assert client.get(answer.location).status_code == 200
            file = client.get(f"{answer.location}/programme.yaml").data
            again = client.post(
                "/programmes/load",
                data={"file": (io.BytesIO(file), "p.yaml")},
                content_type="multipart/form-data",
            )
            assert again.location == answer.location, file
        answer = client.post(
            "/organisations/new",
            data={"name_en": en, "name_ru": ru, "kind": "other", "country": "", "sector": kk,
                  "city_en": tg, "mark_colour": "#1d3a6b"},
        )  # fmt: skip
        assert answer.status_code in (303, 413, 422), (en[:80], ru[:80])
    assert saved > 10
    assert client.get("/organisations").status_code == 200
    assert client.get("/programmes").status_code == 200


@pytest.mark.parametrize("field", ["code", "hours", "place", "titles.en", "outcomes.en"])
def test_fields_of_a_module(client, make, naughty, field):
    programme = make.programme(released_at=None)
    client.sign_in(make.coordinator(programme))
    good = {"code": "M1", "hours": "6", "place": "1", "titles.en": "x", "outcomes.en": ""}
    for text in naughty[::16]:
        answer = client.post(
            f"/programmes/{programme.public_id}/modules/1", data=good | {field: sendable(text)}
        )
        assert answer.status_code in (303, 413, 422), text[:80]
