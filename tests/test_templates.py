"""Templates: each compiles, each page has a title, none carries script or style inside."""

import re
from pathlib import Path

import pytest

from courseware import create_app

FOLDER = Path(__file__).parent.parent / "templates"
TEMPLATES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))
PAGES = [
    name
    for name in TEMPLATES
    if '{% extends "layout/page.html" %}' in (FOLDER / name).read_text("utf-8")
    and name != "errors/page.html"  # the head of a family; its members fill the title
]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    var = tmp_path_factory.mktemp("var")
    return create_app({"COURSEWARE_VAR": str(var), "COURSEWARE_SECRET_KEY": "x" * 32}).jinja_env


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_compiles(environment, name):
    environment.get_template(name)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_a_title(name):
    assert "{% block title %}" in (FOLDER / name).read_text("utf-8")


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_unescaped_or_inline(name):
    source = re.sub(r"\{#.*?#\}", "", (FOLDER / name).read_text("utf-8"), flags=re.S)
    assert "|safe" not in source.replace(" ", "")
    if not name.startswith(("layout/document", "feedback/report")):
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\bsrc=)|\son[a-z]+=\"", source)


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_unsafe_form_carries_its_hidden_fields(name):
    source = re.sub(r"\{#.*?#\}", "", (FOLDER / name).read_text("utf-8"), flags=re.S)
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", source, re.S):
        assert "csrf" in form, f"{name} has a form that anybody could send"


# The page of a broken server stands without translations; the page of components is for builders.
IN_ENGLISH = {"errors/500.html", "errors/507.html", "home/components.html"}


@pytest.mark.parametrize("name", sorted({*TEMPLATES} - IN_ENGLISH))
def test_no_word_is_untranslatable(name):
    source = (FOLDER / name).read_text("utf-8")
    source = re.sub(r"\{% block (body_class|page_class) %\}.*?\{% endblock.*?%\}", "", source)
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", source, flags=re.S)
    bare = re.sub(r"<(script|style|svg|code|kbd)\b.*?</\1>", " ", bare, flags=re.S)
    bare = re.sub(r"<[^>]*>", " ", bare)
    bare = re.sub(r"&\w+;|Courseware|Open Badges|iCalendar|QR|PDF|YAML|CSV|XLSX|ZIP|NPS", " ", bare)
    bare = re.sub(r"(aria|data)-[a-z-]+=\"[^\"]*\"", " ", bare)
    words = [word for word in re.findall(r"[A-Za-zА-Яа-я]{3,}", bare) if word not in ("html",)]
    assert words == [], f"{name}: {words[:8]}"
