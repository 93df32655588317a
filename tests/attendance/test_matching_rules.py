"""Who a name in a report is, and whom we only suggest."""

import time

import pytest

from courseware.attendance.matching_rules import Directory, Known, Match, MatchedBy, is_nobodys_name
from courseware.names import name_key

AIDA = Known(1, "aida@example.org", ("Aida Sarsen", "Аида Сәрсен"))
DALER = Known(2, "daler@example.org", ("Daler Rahimov", "Далер Раҳимов"))
GULNUR = Known(3, "", ("Gulnur Abenova", "Гүлнұр Әбенова"))
TRAINER = Known(9, "lee@example.org", ("Aigerim Lee",))


def directory(**more) -> Directory:
    return Directory([AIDA, DALER, GULNUR], trainers=[TRAINER], **more)


@pytest.mark.parametrize(
    ("name", "email", "by", "who"),
    [
        ("whoever", "DALER@example.org", MatchedBy.EMAIL, 2),
        ("aida SARSEN", "", MatchedBy.NAME, 1),
        ("Сәрсен Аида", "", MatchedBy.NAME, 1),
        ("Rahimov, Daler (EXT)", "", MatchedBy.NAME, 2),
        ("iPhone (Gulnur Abenova)", "", MatchedBy.NAME, 3),
        ("Aigerim Lee", "", MatchedBy.TRAINER, None),
        ("somebody", "lee@example.org", MatchedBy.TRAINER, None),
    ],
)
def test_address_and_exact_name_in_either_script_are_certain(name, email, by, who):
    assert directory().match(name, email) == Match(by, who)


def test_an_alias_is_remembered_by_name_or_address():
    remembering = directory(
        aliases={
            name_key("iPhone 12"): 1,
            "phone@example.org": 2,
            name_key("Room B-204"): None,
        }
    )
    assert remembering.match("iphone  12") == Match(MatchedBy.ALIAS, 1)
    assert remembering.match("?", "phone@example.org") == Match(MatchedBy.ALIAS, 2)
    assert remembering.match("Room B-204") == Match(MatchedBy.LEFT_OUT, None)


@pytest.mark.parametrize(
    ("name", "who", "reason"),
    [
        ("Гулнур Абенова", 3, "sounds the same"),
        ("Daler", 2, "a part of the name is the same"),
        ("Dalar Rakhimof", 2, "is spelt almost like this"),
        ("Aida's iPad", 1, "a part of the name is the same"),
    ],
)
def test_a_resemblance_is_suggested_with_its_reason_and_never_taken(name, who, reason):
    match = directory().match(name)
    assert (match.by, match.id) == (MatchedBy.UNKNOWN, None)
    assert match.suggestions[0].id == who
    assert str(match.suggestions[0].reason) == reason


def test_two_participants_of_one_name_are_both_suggested():
    twins = Directory([Known(1, "", ("Aida Sarsen",)), Known(2, "", ("Sarsen Aida",))])
    match = twins.match("Aida Sarsen")
    assert (match.by, [each.id for each in match.suggestions]) == (MatchedBy.UNKNOWN, [1, 2])


@pytest.mark.parametrize("name", ["", "   ", "()", "🙂", "'", "a" * 200, "\u0301"])
def test_odd_names_match_nobody(name):
    assert directory().match(name).id is None


def test_two_hundred_strangers_do_not_keep_a_server_busy():
    letters = "abdegiklmnorstuz"
    words = [letters[n % 16] + letters[n // 16 % 16] + letters[n // 7 % 16] for n in range(4_000)]
    names = [f"{words[n]}{words[-n]} {words[3 * n % 4_000]}{words[n // 2]}" for n in range(700)]
    many = Directory([Known(n, "", (name,)) for n, name in enumerate(names[:500])])
    began = time.process_time()
    for name in names[500:]:
        many.match(f"{name}x")
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("name", "email", "meant"),
    [
        ("Aida Sarsen", "daler@example.org", [2, 1]),  # on somebody else's account
        ("Ali", "", [4, 5]),  # one has only this name, and another one has it too
        ("Zarina Lee", "", [6]),  # a participant, and a trainer
    ],
)
def test_a_name_that_may_be_two_people_is_asked_about(name, email, meant):
    more = [
        Known(4, "", ("Ali",)),
        Known(5, "", ("Ali Karimov",)),
        Known(6, "", ("Zarina Lee",)),
    ]
    staff = [TRAINER, Known(10, "zlee@example.org", ("Zarina Lee",))]
    match = Directory([AIDA, DALER, *more], trainers=staff).match(name, email)
    assert (match.by, [each.id for each in match.suggestions]) == (MatchedBy.UNKNOWN, meant)


def test_whoever_signs_in_as_a_trainer_is_one_whatever_the_name():
    assert directory().match("Aida Sarsen", "lee@example.org") == Match(MatchedBy.TRAINER)


@pytest.mark.parametrize(
    ("name", "is_device"),
    [("iPhone (2)", True), ("Redmi Note 9", True), ("Гость", True), ("iPhone Daler", False)],
)
def test_the_name_of_a_device_is_nobodys(name, is_device):
    assert is_nobodys_name(name) is is_device
