"""What no address of ours contains is not found, on both databases."""

import pytest


@pytest.mark.parametrize(
    "address",
    [
        "/sessions/a%00b",
        "/cohorts/%00",
        "/enrolments/a%00b/hours",
        "/check-in/%00/1",
        "/people?q=%00",
    ],
)
def test_an_address_with_nul_is_not_found(make, browser, address):
    assert browser(make.administrator()).get(address).status_code == 404


def test_the_key_of_a_form_may_be_anything(make, browser):
    client = browser(make.user())
    for key in ("\0", "a\0b", "🎓" * 100, "\ud800"):
        sent = {"name_latin": "Still Somebody", "gender": "", "language": "", "_key": key}
        assert (
            client.post("/me", data={**sent, "_key": key.encode("utf-8", "replace")}).status_code
            == 303
        )
