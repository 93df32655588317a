"""Five hundred hostile strings as titles, venues and links of sessions."""

import csv
import io
import json

from courseware.schedule import calendar_service, service


def as_csv(rows):
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue().encode("utf-8", errors="replace")


def upload(client, cohort, rows):
    return client.post(
        f"/cohorts/{cohort.public_id}/schedule/import",
        data={"file": (io.BytesIO(as_csv(rows)), "schedule.csv")},
        content_type="multipart/form-data",
    )


def test_hostile_strings_are_titles_and_venues_like_others(client, make, shared_data):
    strings = json.loads((shared_data / "strings/blns.json").read_text("utf-8"))
    cohort = make.cohort()
    client.sign_in(make.coordinator(cohort))
    rows = [["session", "module", "title", "date", "start", "end", "venues"]]
    for number, string in enumerate(strings):
        venue = string.replace(":", " ").replace(";", " ")[:150]
        rows.append(
            [f"S{number:03}", "M1", string[:300], "2025-04-07", "09:00", "10:00", venue]
        )  # fmt: skip
    previewed = upload(client, cohort, rows)
    assert previewed.status_code == 303, previewed.text[:4000]
    assert client.get(previewed.headers["Location"]).status_code == 200
    assert client.post(previewed.headers["Location"]).status_code == 303
    sessions = service.list_sessions(cohort)
    assert len(sessions) == len(strings)

    page = client.get(f"/cohorts/{cohort.public_id}/schedule")
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    for one in sessions[::25]:
        assert client.get(f"/sessions/{one.public_id}").status_code == 200
    assert client.get(f"/cohorts/{cohort.public_id}/schedule.xlsx").status_code == 200
    feed = calendar_service.feed_of_cohort(cohort)
    calendar = client.get(f"/calendar/{feed.token}.ics")
    assert calendar.status_code == 200
    assert calendar.data.count(b"\r\nBEGIN:VEVENT\r\n") == len(strings)


def test_hostile_strings_anywhere_in_the_sheet_end_in_sentences(client, make, shared_data):
    strings = json.loads((shared_data / "strings/blns.json").read_text("utf-8"))
    cohort = make.cohort()
    client.sign_in(make.coordinator(cohort))
    header = ["session", "module", "date", "start", "end", "breaks", "venues", "link", "lead",
              "co-trainers", "lead name"]  # fmt: skip
    rows = [header, *([string] * len(header) for string in strings)]
    response = upload(client, cohort, rows)
    assert response.status_code == 422
    assert "Row 2:" in response.text or "Row 3:" in response.text
    assert "<script>alert" not in response.text
    assert service.list_sessions(cohort) == []
