import io

import pytest
from PIL import Image, ImageDraw

import certificates
from certificates.wording import TEXTS
from courseware.db import db
from courseware.images import read_logo
from courseware.programmes.exports import write_programme
from courseware.programmes.rules import DESIGN_TEXTS, DESIGNS
from courseware.programmes.service import facts_of


def drawn(form="PNG"):
    image = Image.new("RGB", (300, 120), "white")
    ImageDraw.Draw(image).line([(30, 90), (120, 20), (260, 100)], fill=(20, 20, 90), width=8)
    target = io.BytesIO()
    image.save(target, form)
    return target.getvalue()


@pytest.fixture
def programme(make):
    return make.programme(certificate_languages=["en", "ru"])


@pytest.fixture
def coordinator(make, programme, browser):
    return browser(make.coordinator(programme, is_coordinator=True))


@pytest.fixture
def address(programme):
    return f"/programmes/{programme.public_id}/certificate-design"


def test_the_product_and_the_paper_agree_on_designs_and_what_may_be_worded():
    assert sorted(DESIGNS) == certificates.list_designs()
    assert tuple(DESIGN_TEXTS) == TEXTS
    for design in DESIGNS:
        assert certificates.read_design(design).texts == DESIGN_TEXTS


def test_a_coordinator_chooses_design_ink_and_words_and_gives_logo_and_signature(
    coordinator, programme, address
):
    organisation = programme.partners[0].organisation
    answer = coordinator.post(
        address,
        data={
            "do": "save",
            "design": "bilingual",
            "other_ink": "yes",
            "accent": "#14524C",
            "texts.closing.ru": "С  отличием.",
            f"logo.{organisation.public_id}": (io.BytesIO(drawn()), "logo.png"),
            "signature.2": (io.BytesIO(drawn("JPEG")), "photo.jpeg"),
        },
    )
    assert answer.status_code == 303
    assert (programme.design, programme.accent) == ("bilingual", "#14524c")
    assert programme.design_texts == {"closing": {"ru": "С отличием."}}
    assert [bool(each.signature_sha256) for each in programme.signatories] == [False, True]
    assert b"accent: '#14524c'" in write_programme(facts_of(programme))

    page = coordinator.get(address).text
    assert f"/logos/{organisation.logo_sha256}.png" in page
    assert "С отличием." in page
    assert "data:image/png;base64," in page

    coordinator.post(address, data={"design": "modern", "remove.signature.2": "yes"})
    assert (programme.design, programme.accent) == ("modern", "")
    assert not programme.signatories[1].signature_sha256
    assert organisation.logo_sha256


def test_a_logo_is_served_to_anybody_for_ever_and_a_signature_never(
    client, coordinator, programme, address
):
    organisation = programme.partners[0].organisation
    files = {
        f"logo.{organisation.public_id}": (io.BytesIO(drawn()), "logo.png"),
        "signature.1": (io.BytesIO(drawn()), "signature.png"),
    }
    coordinator.post(address, data={"design": "academic", **files})
    answer = client.get(f"/logos/{organisation.logo_sha256}.png")
    assert answer.status_code == 200
    assert answer.mimetype == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.data == read_logo(organisation.logo_sha256)
    signature = programme.signatories[0].signature_sha256
    for wrong in (signature, "0" * 64, "..%2f..%2fkeys", "x"):
        assert client.get(f"/logos/{wrong}.png").status_code == 404


def test_what_cannot_be_is_said_beside_its_field_and_nothing_is_kept(
    coordinator, programme, address
):
    organisation = programme.partners[0].organisation
    field = f"logo.{organisation.public_id}"
    answer = coordinator.post(
        address,
        data={
            "design": "modern",
            "other_ink": "yes",
            "accent": "#c0c0c0",
            "texts.heading.en": "x" * 41,
            field: (io.BytesIO(b"<svg><script>alert(1)</script></svg>"), "logo.png"),
            "signature.1": (io.BytesIO(drawn()), "signature.png"),
        },
    )
    assert answer.status_code == 422
    page = answer.text
    assert "This is an SVG drawing, which can hold scripts and is not taken." in page
    assert "This colour is too light to be read on paper" in page
    assert "At most 40 characters fit here." in page
    for name in (field, "accent", "texts.heading.en"):
        assert f'href="#{name}"' in page
        assert f'id="{name}-error"' in page
    assert "x" * 41 in page  # what was typed is not lost
    assert programme.design == "academic"
    assert organisation.logo_sha256 is None
    assert programme.signatories[0].signature_sha256 is None


def test_a_logo_belongs_to_those_who_look_after_organisations(make, programme, browser, address):
    client = browser(make.coordinator(programme, is_coordinator=False))
    organisation = programme.partners[0].organisation
    field = f"logo.{organisation.public_id}"
    assert f'name="{field}"' not in client.get(address).text
    client.post(address, data={"design": "modern", field: (io.BytesIO(drawn()), "logo.png")})
    assert programme.design == "modern"
    assert organisation.logo_sha256 is None


def test_the_preview_follows_what_is_typed_and_keeps_nothing(
    coordinator, programme, address, queries
):
    kept = coordinator.get(f"{address}/preview.png")
    assert kept.data.startswith(b"\x89PNG")
    typed = {"design": "modern", "texts.heading.en": "Diploma", "_key": "k" * 22}
    with queries() as seen:
        answer = coordinator.post(f"{address}/preview.png", data=typed)
    assert answer.data.startswith(b"\x89PNG")
    assert answer.data != kept.data
    assert not [q for q in seen if q.startswith(("UPDATE programme", "INSERT INTO programme"))]
    assert programme.design == "academic"

    with_picture = coordinator.post(address, data={**typed, "do": "preview", "kind": "statement"})
    assert with_picture.status_code == 200
    assert 'src="data:image/png;base64,' in with_picture.text
    assert 'value="Diploma"' in with_picture.text
    db.session.expire_all()
    assert programme.design == "academic"

    refused = coordinator.post(f"{address}/preview.png", data={"other_ink": "yes", "accent": "red"})
    assert (refused.status_code, refused.mimetype) == (422, "text/plain")
    assert "Write a colour" in refused.text


def test_a_design_that_is_gone_is_a_sentence_and_can_be_exchanged(earned, make, browser):
    cohort, _ = earned(1, design="gold")
    client = browser(make.coordinator(cohort.programme))
    answer = client.get(f"/cohorts/{cohort.public_id}/certificates")
    assert answer.status_code == 409
    assert "There is no design “gold”" in answer.text
    other = f"/programmes/{cohort.programme.public_id}/certificate-design"
    assert client.post(other, data={"design": "modern"}).status_code == 303
    assert client.get(f"/cohorts/{cohort.public_id}/certificates").status_code == 200


def test_a_signature_stays_with_its_name_when_other_facts_change(coordinator, programme, address):
    coordinator.post(
        address, data={"design": "modern", "signature.1": (io.BytesIO(drawn()), "s.png")}
    )
    kept = programme.signatories[0].signature_sha256
    coordinator.post(address, data={"design": "academic"})
    assert [each.signature_sha256 for each in programme.signatories] == [kept, None]
