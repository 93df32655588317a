import shutil
from dataclasses import replace

import pytest

from certificates import (
    CertificateFacts,
    DesignIncomplete,
    list_designs,
    open_press,
    problems_of,
)
from certificates.designs import HERE, read_design, read_design_in
from certificates.phrases import LANGUAGES, PHRASES
from certificates.sample import RECIPIENTS, awkward_facts, sample_facts, sample_picture
from certificates.wording import wording_of


def test_there_are_three_designs_and_each_says_what_it_is_called():
    assert {name: read_design(name).label for name in list_designs()} == {
        "academic": "Academic",
        "bilingual": "Two languages",
        "modern": "Modern",
    }


@pytest.mark.parametrize(
    ("design", "languages"), [("modern", ("ru",)), ("bilingual", ("kk", "tg"))]
)
def test_every_design_is_proved_and_printed_from_its_template(text_of, design, languages):
    press = open_press(design, languages)
    for number, kind in enumerate(("usual", "tajik", "usual"), start=1):
        facts = replace(
            sample_facts(RECIPIENTS[kind], languages, number=number),
            design=design,
            participation="blended",
            assessment="exam",
        )
        pdf = press.print(facts)
    (known,) = press._known.values()
    assert known.template is not None
    text = text_of(pdf)
    for said in (*RECIPIENTS["usual"].names, "EKTU-TSUC-2025-0003"):
        assert said in text
    for language in languages:
        for said in wording_of(facts, language).particulars:
            assert said in text


def test_a_duplicate_statement_that_corrects_another_says_all_three(press, text_of):
    facts = replace(
        sample_facts(RECIPIENTS["usual"], ("en",)),
        kind="statement",
        duplicate=2,
        supersedes="EKTU-TSUC-2025-0001",
        texts={"after_name": {"en": "has completed with honour"}},
        accent="#8a4b00",
    )
    text = text_of(press.print(facts))
    assert "Statement of attendance" in text
    assert "34 of 36 academic hours credited" in text
    assert "Duplicate no. 2 · Corrects and replaces No. EKTU-TSUC-2025-0001" in text
    assert "completed" not in text
    assert "certificate" not in text.casefold()


@pytest.mark.parametrize("design", list_designs())
@pytest.mark.parametrize("languages", [("en", "ru"), ("kk", "tg"), ("tg",)])
def test_the_awkward_samples_have_room_in_every_design(design, languages):
    for facts in awkward_facts(design, languages).values():
        assert problems_of(facts, read_design(design)) == []
        assert CertificateFacts.from_json(facts.as_json()) == facts
        for partner in facts.partners:
            assert not partner.logo or sample_picture(partner.logo).startswith(b"\x89PNG")


def test_what_a_coordinator_words_anew_stands_on_the_certificate():
    facts = replace(
        sample_facts(RECIPIENTS["usual"], ("en", "ru")),
        texts={"heading": {"en": "Diploma"}, "closing": {"ru": "с отличием"}},
    )
    english, russian = (wording_of(facts, language) for language in facts.languages)
    assert (english.heading, english.closing) == ("Diploma", "")
    assert (russian.heading, russian.closing) == ("Сертификат", "с отличием")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_words_every_way_and_kind(language):
    words = PHRASES[language]
    assert set(words.ways) == {"on_site", "online", "blended"}
    assert set(words.kinds) == {"attendance", "assignment", "exam"}


def test_an_accent_inks_the_art_and_the_style_and_nothing_else_is_taken_for_a_colour():
    design = read_design("modern")
    assert b"#8a4b00" in design.art("#8A4B00")["border.svg"]
    assert design.accent not in design.style("#8a4b00")
    assert design.style("red; background: url(file:///etc/passwd)") == design.style()


@pytest.fixture
def draft(tmp_path):
    folder = tmp_path / "draft"
    shutil.copytree(HERE / "modern", folder)
    return folder


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("design.toml", '"FiraSans-Bold', '"', None),
        ("design.toml", "fontpkg_fira_sans", "fontpkg_lost", "Install the package fontpkg-lost"),
        ("design.toml", "[rooms.first]", "[rooms.third]", "does not say “first”"),
        ("design.toml", "width_mm = 232\n", "", "needs a font, width_mm, largest"),
        ("design.toml", 'font = "FiraSans-Light', 'font = "Gold', "not among its fonts"),
        ("design.toml", '"#14524c"', '"red"', "no colour such as"),
        ("design.toml", "label = ", "label = = ", "cannot be read"),
        ("design.css", "border.svg", "gold.svg", "asks for gold.svg"),
        ("design.css", "border.svg", "../academic/border.svg", "asks for ../academic"),
        ("design.html", "columns[0].number", "columns[0].language", "does not print “number”"),
        ("design.html", "qr,", "0,", "does not print “qr”"),
        ("design.html", "column.said.extent", "column.said.closing", "does not print “extent”"),
    ],
)
def test_a_design_that_lacks_something_is_refused_when_it_is_read(draft, file, before, after, said):
    text = (draft / file).read_text(encoding="utf-8")
    (draft / file).write_text(text.replace(before, after), encoding="utf-8")
    if said is None:
        assert read_design_in(draft).label == "Modern"
        return
    with pytest.raises(DesignIncomplete, match=said):
        read_design_in(draft)


def test_a_design_without_its_page_is_refused(draft):
    (draft / "design.html").unlink()
    with pytest.raises(DesignIncomplete, match=r"has no file design\.html"):
        read_design_in(draft)
