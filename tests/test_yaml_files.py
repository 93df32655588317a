import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courseware.yaml_files import UnreadableYaml, read_yaml, write_yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_what_is_written_reads_back_the_same(value):
    assert read_yaml(write_yaml(value).encode()).value == value


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029", "\r", "\ufeff"])
@pytest.mark.parametrize("text", ["{}", "a{}b", "a{}\nb", " {}", "{} "])
def test_rare_line_ends_are_kept_in_keys_and_values(text, end):
    text = text.format(end)
    assert read_yaml(write_yaml({text: [text]}).encode()).value == {text: [text]}


def test_norway_yes_and_leading_zeros_stay_text():
    file = read_yaml(b"{a: NO, b: yes, c: 007, d: 1.50, e: 12:30, f: 2025-04-07, g: true, h: ~}")
    assert file.value == {
        "a": "NO", "b": "yes", "c": "007", "d": 1.5, "e": "12:30", "f": "2025-04-07",
        "g": True, "h": None,
    }  # fmt: skip


def test_every_value_knows_its_line():
    file = read_yaml(
        b"code: x\nmodules:\n  - code: M1\n    hours: 6\n  - code: M2\n    hours: six\n"
    )
    assert file.line_of("modules[2].hours") == 6
    assert file.line_of("modules[2].missing.deeper") == 5
    assert file.line_of("nothing") is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a: 1\na: 2\n", "Line 2: “a” is given twice."),
        (b"a: &x [1]\nb: *x\n", "Line 2: aliases"),
        (b"a: 'open\nb: 2\n", "this is not YAML"),
        (b"a:\n\t- 1", "Line 2, column 1: this is not YAML"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"a: " + b"[" * 30 + b"]" * 30, "too many levels"),
        (b"[" * 5000, "cannot be read as YAML"),
        (b"? [a]\n: b", "a key must be a word"),
        (b"--- a\n--- b\n", "this is not YAML"),
        (b"a: \x01", "cannot be read as YAML"),
        (b" " * (2**20 + 1), "larger than 1 MB"),
    ],
)
def test_what_is_not_read_is_a_sentence_with_a_line(data, words):
    with pytest.raises(UnreadableYaml) as caught:
        read_yaml(data)
    assert words in str(caught.value)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=80) | st.text("ab:-[]{}&*!|>'\"%@`#,? \n\t0", max_size=60).map(str.encode)
)
def test_any_bytes_give_a_value_or_a_sentence(data):
    try:
        read_yaml(data)
    except UnreadableYaml as refused:
        assert refused.messages
