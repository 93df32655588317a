"""What every page loads: small, complete in its letters, named by its content."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from courseware import assets

KAZAKH = "ӘәҒғҚқҢңӨөҰұҮүҺһІі"
TAJIK = "ҒғӢӣҚқӮӯҲҳҶҷ"
TEMPLATES = Path(__file__).parent.parent / "templates"
ASSET = re.compile(r"asset\(['\"]([a-z-]+\.(?:css|js|svg))['\"]\)")
FONT_NAME = re.compile(rb"[a-z-]+-[0-9a-f]{16}\.woff2")


@pytest.fixture(scope="module")
def fonts(tmp_path_factory):
    """Each web font as a visitor gets it."""
    folder = tmp_path_factory.mktemp("fonts")
    return {name: assets.make_font(name, folder).read_bytes() for name in assets.FONTS}


@pytest.mark.parametrize("name", list(assets.FONTS))
def test_a_web_font_has_every_kazakh_tajik_and_russian_letter(fonts, name):
    letters = set(TTFont(BytesIO(fonts[name])).getBestCmap())

    missing = set(KAZAKH + TAJIK + "ЁёЪъЫыЭэ№«»“”’–—−") - set(map(chr, letters))

    assert missing == set()


def test_a_web_font_keeps_tabular_figures(fonts):
    font = TTFont(BytesIO(fonts["fira-sans-regular.woff2"]))
    features = {record.FeatureTag for record in font["GSUB"].table.FeatureList.FeatureRecord}

    assert "tnum" in features


def test_style_sheets_scripts_and_fonts_leave_room_for_the_page_in_200_kilobytes(fonts):
    weights = {name: len(asset.gzipped) for name, asset in assets.text_assets().items()}
    weights |= {name: len(font) for name, font in fonts.items()}
    of_a_feature = {
        folder.name: {
            name
            for template in folder.rglob("*.html")
            for name in ASSET.findall(template.read_text())
        }
        for folder in sorted(TEMPLATES.iterdir())
    }
    everywhere = set(fonts).union(*(of_a_feature[name] for name in ("layout", "components")))

    heavy = {
        feature: sum(weights[name] for name in own | everywhere)
        for feature, own in of_a_feature.items()
    }
    assert max(heavy.values()) < 150_000, heavy


def test_an_address_changes_with_the_content():
    before, after = assets.Asset("a.css", b"a{}"), assets.Asset("a.css", b"b{}")

    assert before.address_name != after.address_name


def test_a_font_is_made_once(tmp_path):
    path = tmp_path / assets.font_address_name("fira-sans-regular.woff2")
    path.write_bytes(b"made before")

    assert assets.make_font("fira-sans-regular.woff2", tmp_path).read_bytes() == b"made before"


def test_style_sheets_load_nothing_from_elsewhere():
    for name, asset in assets.text_assets().items():
        if name.endswith(".css"):
            found = re.findall(rb"url\(\"?([^)\"]{1,60})", asset.content)
            outside = [one for one in found if not one.startswith((b"data:", b"/"))]
            # Fonts lie beside the style sheet; anything else would be a request to somewhere.
            assert [one for one in outside if not FONT_NAME.fullmatch(one)] == []


def test_a_script_names_others_by_their_addresses():
    scripts = {each.address_name: each for each in assets.text_assets().values()}
    register = assets.text_assets()["register.js"].content.decode()

    named = re.findall(r'"/assets/([^"]+)"', register)

    assert len(named) == 4
    assert set(named) <= set(scripts)
    assert not any(re.search(rb'"\./[a-z]', each.content) for each in scripts.values())
