from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courseware.partners.rules import OrganisationFacts, OrganisationKind, Part
from courseware.programmes.exports import write_programme
from courseware.programmes.imports import UnreadableProgramme, read_programme
from courseware.programmes.rules import (
    AssessmentKind,
    AttendanceRules,
    CertificateRules,
    FeedbackRules,
    ModuleFacts,
    Participation,
    PartnerFacts,
    ProgrammeFacts,
    SignatoryFacts,
)
from courseware.texts import LANGUAGES, clean_line, clean_text

FILE = """
code: research-services
titles:
  en: Research services for private companies
  ru: Научные услуги для частных компаний
academic_hour_minutes: 45
promised_hours: 10
certificate:
  threshold_percent: 75
  feedback_required: true
  statements_allowed: true
  correction_days: 10
  participation: online
  assessment: exam
  series: EKTU-TSUC-{year}-{number:04}
  languages: [en, ru]
  design: bilingual
  accent: "#66263A"
  texts:
    closing: {en: With honour., ru: С отличием.}
attendance:
  register_days: 7
  reminder_hours: 0
  review_days: 5
  warn_participants: true
feedback: {limit: 3.8}
partners:
  - code: EKTU
    part: lead
    names: {en: East Kazakhstan Technical University}
    country: KZ
    city: {en: Öskemen}
    kind: university
    mark: {letters: EK, colour: "#1d3a6b"}
signatories:
  - organisation: EKTU
    names: {en: A. Example}
modules:
  - code: M1
    titles: {en: Needs}
    hours: 6
    outcomes: [{en: Name a need}]
  - code: M2
    titles: Services
    hours: 4
"""

PROGRAMME = ProgrammeFacts(
    code="research-services",
    titles={
        "en": "Research services for private companies",
        "ru": "Научные услуги для частных компаний",
    },
    promised_minutes=450,
    certificate=CertificateRules(
        threshold_percent=75,
        feedback_required=True,
        statements_allowed=True,
        correction_days=10,
        participation=Participation.ONLINE,
        assessment=AssessmentKind.EXAM,
        series="EKTU-TSUC-{year}-{number:04}",
        languages=("en", "ru"),
        design="bilingual",
        accent="#66263a",
        texts={"closing": {"en": "With honour.", "ru": "С отличием."}},
    ),
    attendance=AttendanceRules(
        register_days=7, reminder_hours=0, review_days=5, warn_participants=True
    ),
    feedback=FeedbackRules(limit=38),
    partners=(
        PartnerFacts(
            OrganisationFacts(
                code="EKTU",
                names={"en": "East Kazakhstan Technical University"},
                kind=OrganisationKind.UNIVERSITY,
                country="KZ",
                city={"en": "Öskemen"},
                mark_letters="EK",
            ),
            Part.LEAD,
        ),
    ),
    signatories=(SignatoryFacts("EKTU", {"en": "A. Example"}, {}),),
    modules=(
        ModuleFacts("M1", {"en": "Needs"}, 270, ({"en": "Name a need"},)),
        ModuleFacts("M2", {"en": "Services"}, 180),
    ),
)


def said_of(text: str) -> list[str]:
    with pytest.raises(UnreadableProgramme) as caught:
        read_programme(text.encode())
    return [str(message) for message in caught.value.messages]


def test_a_programme_file_is_read():
    assert read_programme(FILE.encode()) == PROGRAMME
    assert PROGRAMME.planned_minutes == PROGRAMME.promised_minutes


def test_a_programme_is_written_readably():
    text = write_programme(PROGRAMME).decode()
    assert "titles:\n  en: Research services for private companies\n  ru: Научные" in text
    assert "  - code: M1\n    titles:\n      en: Needs\n    hours: 6\n" in text
    assert "summaries" not in text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("design: gold", "Write one of: academic, modern, bilingual"),
        ('accent: "red"', "Write a colour as “#1d3a6b”"),
        ('accent: "#c0c0c0"', "its contrast is 1.8 to 1, and at least 4.5 is needed"),
        ("texts: {motto: {en: Ever on}}", "This is not known. Known are: heading, subtitle"),
        ("texts: {heading: {en: " + "x" * 41 + "}}", "At most 40 characters fit here"),
    ],
)
def test_a_look_that_cannot_be_printed_is_named_by_its_line(line, said):
    text = f"code: a\ntitles: {{en: T}}\npromised_hours: 1\ncertificate:\n  {line}\n"
    (message,) = said_of(text)
    assert message.startswith("Line 5, certificate.")
    assert said in message


LINES = st.text(max_size=25).map(clean_line)
TEXTS = st.dictionaries(st.sampled_from(LANGUAGES), LINES.filter(bool), min_size=1)
PARAGRAPHS = st.text(max_size=60).map(clean_text)
CODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
ORGANISATIONS = st.builds(
    OrganisationFacts,
    code=CODES,
    names=TEXTS,
    kind=st.sampled_from(OrganisationKind),
    short_name=LINES,
    country=st.sampled_from(["", "KZ", "NO", "TJ"]),
    city=st.just({}) | TEXTS,
    sector=LINES,
    mark_letters=st.sampled_from(["", "EK", "ON"]),
    mark_colour=st.sampled_from(["#1d3a6b", "#0e0e10"]),
)


@st.composite
def programmes(draw):
    hour = draw(st.sampled_from([45, 50, 60]))
    organisations = draw(st.lists(ORGANISATIONS, max_size=3, unique_by=lambda o: o.code))
    partners = tuple(PartnerFacts(o, draw(st.sampled_from(Part))) for o in organisations)
    modules = draw(
        st.lists(
            st.builds(
                ModuleFacts,
                code=CODES,
                titles=TEXTS,
                minutes=st.integers(1, 5000),
                outcomes=st.lists(TEXTS, max_size=2).map(tuple),
            ),
            max_size=4,
            unique_by=lambda module: module.code.casefold(),
        )
    )
    return ProgrammeFacts(
        code=draw(CODES),
        titles=draw(TEXTS),
        promised_minutes=draw(st.integers(1, 5000)),
        academic_hour_minutes=hour,
        summaries=draw(st.dictionaries(st.sampled_from(LANGUAGES), PARAGRAPHS.filter(bool))),
        certificate=draw(
            st.builds(
                CertificateRules,
                threshold_percent=st.integers(0, 100),
                feedback_required=st.booleans(),
                name_confirmed=st.booleans(),
                excused_earns_hours=st.booleans(),
                agreement_required=st.booleans(),
                statements_allowed=st.booleans(),
                correction_days=st.integers(0, 3_650),
                participation=st.sampled_from(Participation),
                assessment=st.sampled_from(AssessmentKind),
                series=st.just("A-{number:04}"),
                languages=st.sampled_from([("en",), ("tg", "kk"), ("ru", "en")]),
            )
        ),
        attendance=draw(
            st.builds(
                AttendanceRules,
                register_days=st.integers(0, 365),
                reminder_hours=st.integers(0, 720),
                review_days=st.integers(0, 365),
                warn_participants=st.booleans(),
            )
        ),
        feedback=FeedbackRules(draw(st.integers(10, 50))),
        partners=partners,
        signatories=tuple(
            SignatoryFacts(o.code, draw(TEXTS), draw(TEXTS)) for o in organisations[:2]
        ),
        modules=tuple(modules),
    )


@settings(max_examples=150, deadline=None)
@given(programmes())
def test_every_programme_is_loaded_and_dumped_without_loss(programme):
    assert read_programme(write_programme(programme)) == programme


def test_hours_that_no_decimal_gives_exactly_are_written_as_a_fraction():
    programme = replace(PROGRAMME, modules=(ModuleFacts("M1", {"en": "x"}, 15),))
    assert "hours: 1/3\n" in write_programme(programme).decode()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("hours: 4", "hours: four", "Line 45, modules[2].hours: “four” is not a number of hours."),
        ("hours: 4", "hours: 0", "Line 45, modules[2].hours: The hours must be more than 0"),
        ("hours: 4", "hours: 1.5", "modules[2].hours: 1.5 academic hours of 45 minutes are not"),
        ("hours: 4", "hours: [4]", "modules[2].hours: Here a number of academic hours is needed."),
        (
            "hours: 4",
            "hour: 4",
            "Line 45, modules[2].hour: This is not known. Did you mean “hours”?",
        ),
        (
            "code: M2",
            "code: m1",
            "Line 43, modules[2].code: “m1” is the code of modules[1] already.",
        ),
        ("code: M2", "code: M 2", "modules[2].code: “M 2” is not a code."),
        ("minutes: 45", "minutes: 40", "An academic hour has 45, 50 or 60 minutes."),
        (
            "percent: 75",
            "percent: 101",
            "certificate.threshold_percent: Write a whole number from 0",
        ),
        ("required: true", "required: yes", "certificate.feedback_required: Write true or false."),
        (
            "{number:04}",
            "0001",
            "certificate.series: “EKTU-TSUC-{year}-0001” is not a number series.",
        ),
        ("[en, ru]", "[en, de]", "certificate.languages: Write one language, or two"),
        (
            "part: lead",
            "part: boss",
            "partners[1].part: Write one of: lead, host, funder, employer.",
        ),
        ("country: KZ", "country: KAZ", "partners[1].country: At most 2 characters"),
        ("- organisation: EKTU", "- organisation: XX", "“XX” is not the code of a partner"),
        ("{en: Needs}", "{fr: Besoins}", "modules[1].titles.fr: “fr” is not a language here"),
        ("{en: Needs}", "", "modules[1].titles: A text in at least one language is needed."),
        (
            "titles: Services",
            "titles: " + "x" * 301,
            "modules[2].titles.en: At most 300 characters",
        ),
        ("code: research-services", "", "code: This is missing."),
        ("promised_hours: 10", "", "promised_hours: This is missing."),
        ('colour: "#1d3a6b"', "colour: blue", "partners[1].mark.colour: Write a colour"),
    ],
)
def test_every_error_is_a_sentence_naming_line_and_field(old, new, sentence):
    assert old in FILE
    assert any(sentence in said for said in said_of(FILE.replace(old, new)))


@pytest.mark.parametrize(
    "text",
    ["", "42", "- a", "modules: 3", "partners: [1, [2]]", "a: {b: [c]}"],
)
def test_a_file_that_is_no_programme_is_refused_with_sentences(text):
    assert said_of(text)


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["code", "titles", "modules", "partners", "hours", "mark", "en", "certificate",
             "languages", "signatories", "outcomes", "promised_hours"]
        ),
        inner,
    ),
    max_leaves=15,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(SHAPES)
def test_any_values_give_a_programme_or_sentences(value):
    from courseware.programmes.plain_rules import programme_from
    from courseware.programmes.rules import WrongProgramme

    try:
        programme_from(value)
    except WrongProgramme as wrong:
        assert wrong.problems
