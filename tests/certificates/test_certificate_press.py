import io
import subprocess
from dataclasses import replace

import pikepdf
import pytest
from hypothesis import given, settings
from test_certificate_checks import names
from weasyprint.urls import FatalURLFetchingError

from certificates import (
    CannotPrint,
    CertificateFacts,
    DesignIncomplete,
    ModuleRow,
    Recipient,
    clean,
    open_press,
)
from certificates.designs import HERE
from certificates.engraving import ART
from certificates.layout import DesignFiles
from certificates.sample import RECIPIENTS, sample_facts
from certificates.template import prove
from certificates.view import ADDRESS, paper_view, person_of


@pytest.mark.parametrize("kind", RECIPIENTS)
def test_the_name_comes_back_unchanged_from_the_text_of_the_file(press_of_two, text_of, kind):
    recipient = RECIPIENTS[kind]
    text = text_of(press_of_two.print(sample_facts(recipient, ("en", "ru"))))
    for name in recipient.names:
        assert clean(name) in text


@settings(max_examples=5, deadline=None)
@given(name=names)
def test_any_name_of_covered_letters_comes_back_or_is_refused(press, text_of, name):
    try:
        pdf = press.print(sample_facts(Recipient(name), ("en",)))
    except CannotPrint as refusal:
        assert "too wide" in str(refusal)
    else:
        assert clean(name) in text_of(pdf)


@pytest.fixture(scope="module")
def learned():
    """A press that has made and proved its template."""
    press = open_press("academic", ("en", "ru"))
    for kind in ("usual", "tajik"):
        press.print(sample_facts(RECIPIENTS[kind], ("en", "ru")))
    (known,) = press._known.values()
    assert known.template is not None
    return press, known.template


@settings(max_examples=4, deadline=None)
@given(latin=names, native=names)
def test_what_is_set_into_the_template_equals_what_is_laid_out(learned, latin, native):
    press, template = learned
    facts = sample_facts(Recipient("A" + latin, native), ("en", "ru"), number=4711)
    if press.problems(facts):
        return
    view = paper_view(facts, press.design)
    if [len(name["lines"]) for name in view["names"]] != [1, 1]:
        return
    printed = template.print(person_of(facts, press.design))
    assert prove(printed, press.layout_for(facts).print(view)[0]) <= 0.35


def test_the_name_comes_back_from_a_certificate_made_from_the_template(learned, text_of):
    press, _ = learned
    recipient = Recipient("William Office Fjord-Thatcher", "Өмірғали Әңһұлы Ӯктамӣ Ҷӯраева")
    facts = sample_facts(recipient, ("en", "ru"), number=12)
    pdf = press.print(facts)
    text = text_of(pdf)
    for said in (*recipient.names, facts.number, facts.verification_url.partition("://")[2]):
        assert said in text
    assert "{" not in text
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert str(document.docinfo["/Title"]) == (
            f"Certificate {facts.number} · William Office Fjord-Thatcher"
        )
        assert facts.number.encode() in document.Root.Metadata.read_bytes()
        assert document.Root.MarkInfo.Marked
    assert codes_of(pdf) == [facts.verification_url]


def codes_of(pdf):
    image = pytest.importorskip("PIL.Image")
    zxingcpp = pytest.importorskip("zxingcpp")
    raster = subprocess.run(
        ["pdftoppm", "-r", "150", "-gray", "-f", "1", "-l", "1", "-"],
        input=pdf,
        capture_output=True,
        check=True,
    ).stdout
    return [code.text for code in zxingcpp.read_barcodes(image.open(io.BytesIO(raster)))]


def test_a_name_with_stress_marks_comes_back_unbroken(learned, text_of):
    press, _ = learned
    recipient = Recipient("Vasilyev", "Aleksandr Васи\u0301льев Смирно\u0301в")
    assert recipient.native in text_of(press.print(sample_facts(recipient, ("en", "ru"))))


def test_long_names_have_a_template_of_their_own(text_of):
    press = open_press("academic", ("ru",))
    longest = RECIPIENTS["longest"]
    for number in range(1, 4):
        recipient = replace(longest, native=f"{longest.native} {'Ӯ' * number}")
        pdf = press.print(sample_facts(recipient, ("ru",), number=number))
        assert recipient.native in text_of(pdf)
    (known,) = press._known.values()
    assert known.template is not None


def test_a_certificate_has_two_landscape_pages_a_title_and_a_language(press_of_two):
    facts = sample_facts(RECIPIENTS["usual"], ("en", "ru"))
    with pikepdf.open(io.BytesIO(press_of_two.print(facts))) as pdf:
        assert [[round(float(x)) for x in page.mediabox] for page in pdf.pages] == [
            [0, 0, 842, 595]
        ] * 2
        assert str(pdf.docinfo["/Title"]) == (
            "Certificate EKTU-TSUC-2025-0001 · Aisulu Nurlankyzy Ospanova"
        )
        assert str(pdf.Root.Lang) == "en"
        assert pdf.Root.MarkInfo.Marked


@pytest.mark.parametrize("languages", [("en",), ("ru",), ("kk",), ("tg",), ("kk", "ru")])
def test_number_hours_dates_and_both_universities_stand_on_the_paper(text_of, languages):
    facts = sample_facts(RECIPIENTS["tajik"], languages)
    text = text_of(open_press("academic", languages).print(facts))
    assert facts.number in text
    assert "36" in text and "45" in text and "2025" in text
    for partner in facts.partners:
        for language in languages:
            assert partner.names[language] in text


def test_the_code_leads_to_the_verification_address_when_photographed(press):
    facts = sample_facts(RECIPIENTS["usual"], ("en",))
    assert codes_of(press.print(facts)) == [facts.verification_url]


def test_a_design_may_open_its_own_art_and_named_fonts_and_nothing_else(press):
    files = DesignFiles(press.design)
    assert files.fetch(ADDRESS + "border.svg").read().startswith(b"<svg")
    assert files.fetch(ADDRESS + "Spectral-Regular.ttf").read()
    for address in (
        "file:///etc/passwd",
        "http://127.0.0.1/",
        "data:text/plain,x",
        ADDRESS + "../academic/design.html",
        ADDRESS + "design.toml",
    ):
        with pytest.raises(FatalURLFetchingError):
            files.fetch(address)


def test_hostile_texts_are_printed_as_text(press, text_of):
    hostile = "<img src=file:///etc/passwd> {{ 7*7 }} & O’Neil"
    facts = replace(sample_facts(Recipient("<b>Ann</b>"), ("en",)), programme={"en": hostile})
    text = text_of(press.print(facts))
    assert "<b>Ann</b>" in text
    assert hostile in text


def test_a_transcript_that_cannot_be_set_on_one_page_is_refused_with_what_to_do(press):
    row = ModuleRow(titles={"en": "Module"}, minutes=45, outcomes=({"en": "does " * 60},) * 6)
    facts = replace(sample_facts(RECIPIENTS["usual"], ("en",)), modules=(row,) * 30)
    with pytest.raises(CannotPrint, match="Shorten the titles or the outcomes"):
        press.print(facts)


def test_an_unknown_design_and_an_unknown_language_are_refused():
    with pytest.raises(DesignIncomplete, match="There is no design “gold”"):
        open_press("gold", ("en",))
    with pytest.raises(DesignIncomplete):
        open_press("academic", ("xx",))


@pytest.mark.parametrize("kind", RECIPIENTS)
def test_frozen_facts_come_back_equal(kind):
    facts = sample_facts(RECIPIENTS[kind], ("en", "tg"))
    assert CertificateFacts.from_json(facts.as_json()) == facts


@pytest.mark.parametrize("name", ART)
def test_the_art_in_the_design_folder_is_what_the_engraver_draws(name):
    assert (HERE / name).read_text(encoding="utf-8") == ART[name]()
