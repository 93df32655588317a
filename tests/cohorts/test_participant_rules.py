import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courseware.accounts.rules import Gender
from courseware.addresses import email_problem
from courseware.cohorts.rules import (
    Judged,
    KnownPerson,
    ParticipantRow,
    Verdict,
    counts,
    judge,
)
from courseware.partners.rules import OrganisationKind

COUNTRIES = {"kz": "KZ", "tj": "TJ", "kazakhstan": "KZ", "таджикистан": "TJ"}


def row(number=2, **values) -> ParticipantRow:
    values = {
        "name_latin": f"Person {'ABCDEFGHIJ'[number % 10] * 4}",
        "email": f"p{number}@b.example",
    } | values
    return ParticipantRow(number, **values)


def verdict_of(*rows, known=()) -> Judged:
    """The verdict about the last row."""
    return judge(rows, known, COUNTRIES, email_problem)[-1]


def known(**values) -> KnownPerson:
    values = {
        "key": 1, "email": "asel@b.example", "names": ("Asel Nurlan", "Әсел Нұрлан"),
        "name_native": "Әсел Нұрлан", "is_enrolled": True,
    } | values  # fmt: skip
    return KnownPerson(**values)


ASEL = {"name_latin": "Asel Nurlan", "name_native": "Әсел Нұрлан", "email": "Asel@B.example"}


def test_a_person_nobody_knows_is_new():
    judged = verdict_of(
        row(
            name_latin="  Asel  Nurlan ", name_native="Әсел Нұрлан", email=" Asel@B.Example ",
            organisation="KazFood LLP", organisation_kind="Компания", country="Kazakhstan",
            position="Technologist", gender="Ж", language="Қазақ",
        )
    )  # fmt: skip
    facts = judged.facts
    assert (judged.verdict, judged.reasons, judged.enrols) == (Verdict.NEW, (), True)
    assert (facts.name_latin, facts.name_native) == ("Asel Nurlan", "Әсел Нұрлан")
    assert facts.email == "asel@b.example"
    assert (facts.gender, facts.language, facts.position) == (Gender.FEMALE, "kk", "Technologist")
    assert facts.organisation.kind is OrganisationKind.COMPANY
    assert facts.organisation.country == "KZ"


def test_a_person_already_enrolled_is_known_and_nothing_changes():
    judged = verdict_of(row(**ASEL), known=[known()])
    assert judged.verdict is Verdict.KNOWN
    assert not judged.changes_something


def test_a_person_known_elsewhere_is_known_and_gets_enrolled():
    judged = verdict_of(row(**ASEL), known=[known(is_enrolled=False)])
    assert (judged.verdict, judged.enrols) == (Verdict.KNOWN, True)


def test_what_a_person_said_of_themselves_is_added_to_and_never_replaced():
    said = row(**ASEL, gender="male", language="ru", position="Head", organisation="A")
    judged = verdict_of(said, known=[known(gender=Gender.FEMALE, position="Clerk")])
    assert judged.changes == {"language", "position", "organisation"}


def test_a_name_like_that_of_a_person_with_another_address_is_doubtful():
    for spelling in (
        {"name_latin": "NURLAN Asel"},
        {"name_latin": "", "name_native": "Нұрлан Әсел"},
    ):
        judged = verdict_of(row(**spelling, email="other@b.example"), known=[known()])
        assert judged.verdict is Verdict.DOUBTFUL
        assert "is like that of Asel Nurlan (asel@b.example)" in str(judged.reasons[0])


def test_an_address_that_belongs_to_another_name_is_doubtful_and_says_whose_only_within_reach():
    said = row(name_latin="Bolat Serik", email="asel@b.example")
    judged = verdict_of(said, known=[known()])
    assert "belongs to Asel Nurlan" in str(judged.reasons[0])
    judged = verdict_of(said, known=[known(is_within_reach=False)])
    assert judged.verdict is Verdict.DOUBTFUL
    assert "Asel" not in str(judged.reasons[0])


def test_a_withdrawn_person_is_doubtful():
    judged = verdict_of(row(**ASEL), known=[known(is_withdrawn=True)])
    assert (judged.verdict, judged.enrols) == (Verdict.DOUBTFUL, True)


def test_the_second_row_with_an_address_is_wrong():
    judged = verdict_of(row(2, email="a@b.example"), row(3, email="A@b.example"))
    assert judged.verdict is Verdict.WRONG
    assert str(judged.reasons[0]) == "“a@b.example” is the address of row 2 already."


def test_one_name_with_two_addresses_in_a_file_is_doubtful():
    judged = verdict_of(row(2, name_latin="Asel Nurlan"), row(3, name_latin="Nurlan Asel"))
    assert (judged.verdict, str(judged.reasons[0])[:5]) == (Verdict.DOUBTFUL, "Row 2")


def test_one_name_twice_without_an_address_is_wrong():
    judged = verdict_of(row(2, name_latin="Asel", email=""), row(3, name_latin="Asel"))
    assert judged.verdict is Verdict.WRONG


def test_a_person_without_an_address_is_recognised_by_name_in_the_same_cohort():
    judged = verdict_of(row(**(ASEL | {"email": ""})), known=[known(email=None)])
    assert (judged.verdict, judged.changes_something) == (Verdict.KNOWN, False)


def test_a_person_without_an_address_gets_the_one_in_the_file():
    judged = verdict_of(row(**ASEL), known=[known(email=None)])
    assert (judged.verdict, judged.enrols) == (Verdict.KNOWN, False)
    assert judged.changes == {"email"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"email": "asel"}, "“asel” is not an e-mail address."),
        ({"email": "a@b"}, "“a@b” is not an e-mail address."),
        ({"email": "a b@c.example"}, "is not an e-mail address."),
        ({"email": "<script>@x.example"}, "is not an e-mail address."),
        ({"email": "a" * 250 + "@b.example"}, "is not an e-mail address."),
        ({"name_latin": ""}, "There is no name."),
        ({"name_latin": "-"}, "“-” is not a name: it has no letters."),
        ({"name_latin": "x" * 201}, "more than 200 characters"),
        ({"gender": "unknown"}, "“unknown” is not known as a gender."),
        ({"language": "de"}, "“de” is not a language here."),
        ({"organisation_kind": "club"}, "“club” is not a kind of organisation."),
        ({"country": "Narnia"}, "“Narnia” is not known as a country."),
        ({"position": "x" * 201}, "The position has more than 200 characters."),
        ({"organisation": "x" * 201}, "The name of the organisation has more than 200 characters."),
    ],
)
def test_a_wrong_row_says_why(values, sentence):
    judged = verdict_of(row(**values))
    assert judged.verdict is Verdict.WRONG
    assert sentence in str(judged.reasons[0])


@pytest.mark.parametrize(
    ("word", "gender"),
    [("F", "female"), ("жен.", "female"), ("мужской", "male"), ("other", "other"),
     ("Prefer not to say", "undisclosed"), ("не указывать", "undisclosed"), ("", None)],
)  # fmt: skip
def test_gender_is_understood_in_several_languages_and_may_be_left_out(word, gender):
    assert verdict_of(row(gender=word)).facts.gender == gender


def test_a_cyrillic_name_in_the_latin_column_finds_its_place():
    facts = verdict_of(row(name_latin="Пётр Семёнов")).facts
    assert (facts.name_latin, facts.name_native) == ("", "Пётр Семёнов")
    judged = verdict_of(row(name_latin="Аsel Nurlan"))
    assert (judged.verdict, "has Cyrillic letters" in str(judged.reasons[0])) == (
        Verdict.DOUBTFUL, True,
    )  # fmt: skip


def test_two_rows_that_differ_about_an_organisation_are_doubtful():
    judged = verdict_of(
        row(2, organisation="KazFood", organisation_kind="company"),
        row(3, organisation="“KAZFOOD”", organisation_kind="university"),
    )
    assert judged.verdict is Verdict.DOUBTFUL
    assert "Row 2 gives another kind or country" in str(judged.reasons[0])


def test_every_verdict_is_counted():
    judged = judge([row(2), row(3, email="x")], [], COUNTRIES, email_problem)
    assert counts(judged) == {
        Verdict.NEW: 1, Verdict.KNOWN: 0, Verdict.DOUBTFUL: 0, Verdict.WRONG: 1,
    }  # fmt: skip


CELLS = st.text(max_size=12) | st.sampled_from(["a@b.example", "A B", "f", "KZ", ""])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.builds(ParticipantRow, st.integers(2, 9), *[CELLS] * 10), max_size=5))
def test_any_row_gets_one_verdict_and_a_reason_unless_all_is_well(rows):
    judged = judge(rows, [known()], COUNTRIES, email_problem)
    assert [one.number for one in judged] == [one.number for one in rows]
    for one in judged:
        assert bool(one.reasons) == (one.verdict in (Verdict.WRONG, Verdict.DOUBTFUL))
