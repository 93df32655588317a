import io
import zipfile
from datetime import date, datetime, time, timedelta
from fractions import Fraction

import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from courseware.tables import (
    Row,
    Sheet,
    Table,
    UnreadableTable,
    match_columns,
    read_rows,
    read_table,
    write_csv,
    write_xlsx,
)

PEOPLE = Table(
    header=("name", "e-mail"),
    rows=(Row(2, ("Әсел Нұрланқызы", "asel@example.org")), Row(3, ("Ҷамшед", "j@example.org"))),
)
TEXT = "name,e-mail\r\nӘсел Нұрланқызы,asel@example.org\r\nҶамшед,j@example.org\r\n"
RUSSIAN = "ФИО;Эл. почта\r\nИванов Пётр;p@example.org\r\n"


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableTable) as caught:
        read_table(data)
    return str(caught.value)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_text_table_is_read_in_every_encoding_with_every_separator(encoding, delimiter):
    assert read_table(TEXT.replace(",", delimiter).encode(encoding)) == PEOPLE


def test_utf_16_big_endian_with_a_mark_is_read():
    assert read_table(b"\xfe\xff" + TEXT.encode("utf-16-be")) == PEOPLE


def test_windows_1251_is_read():
    table = read_table(RUSSIAN.encode("cp1251"))
    assert table == Table(("ФИО", "Эл. почта"), (Row(2, ("Иванов Пётр", "p@example.org")),))


def test_a_workbook_is_recognised_by_content_whatever_its_name():
    data = write_xlsx(Sheet("People", PEOPLE.header, [row.cells for row in PEOPLE.rows]))
    assert read_table(data, "people.csv") == PEOPLE


def test_empty_rows_are_skipped_and_the_others_keep_their_numbers():
    table = read_table(b"\n\nname,e-mail\n\nA,a@b.cd\n , \nB,b@b.cd\n")
    assert [row.number for row in table.rows] == [5, 7]
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row("B3", ["name", "e-mail"])
        sheet.write_row("B6", ["A", "a@b.cd"])
    table = read_table(book.getvalue())
    assert (table.header, table.rows) == (("", "name", "e-mail"), (Row(6, ("", "A", "a@b.cd")),))


def test_a_cell_of_several_lines_is_one_row_as_in_excel():
    table = read_table(b'name,note\n"A\nB",x\nC,y\n')
    assert table.rows == (Row(2, ("A\nB", "x")), Row(3, ("C", "y")))


def test_dates_times_and_numbers_in_a_workbook_read_as_a_person_types_them():
    row = (date(2025, 4, 7), time(9, 0), datetime(2025, 4, 7, 9, 30), 5, 1.5, True, "007",
           Fraction(3, 2), timedelta(hours=1, minutes=30))  # fmt: skip
    data = write_xlsx(Sheet("S", [f"h{n}" for n in range(len(row))], [row]))
    assert read_table(data).rows[0].cells == (
        "2025-04-07", "09:00", "2025-04-07 09:30", "5", "1.5", "TRUE", "007", "1.5", "01:30",
    )  # fmt: skip


def test_the_first_visible_sheet_with_cells_is_read():
    book = io.BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        workbook.add_worksheet("Empty")
        hidden = workbook.add_worksheet("Hidden")
        hidden.write("A1", "secret")
        hidden.hide()
        workbook.add_worksheet("People").write_column("A1", ["name", "A"])
    assert read_table(book.getvalue()) == Table(("name",), (Row(2, ("A",)),))


def test_a_value_beyond_the_header_is_refused_with_its_row():
    said = refusal(b"name,e-mail\nA,a@b.cd\nB,b@b.cd,,oops\n")
    assert said.startswith("Row 3 has a value in column D, which has no heading.")


def test_an_unclosed_quotation_mark_is_refused_with_its_row():
    assert refusal(b'name,note\nA,x\nB,"y\nC,z\n').startswith("Row 3: a quotation mark")


def test_a_separator_line_of_excel_is_obeyed():
    assert read_table(b"sep=;\r\na,b;c\r\n1;2\r\n").header == ("a,b", "c")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\0\0\n", "is empty"),
        (b"%PDF-1.7 ...", "is a PDF file"),
        (b"\x89PNG\r\n\x1a\n", "is a PNG file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel file"),
        (b"PK\x03\x04 broken", "cannot be opened"),
        (b"\x98\x01\x02\xff", "neither an Excel workbook nor text"),
        (b"\xff\xfea\x00\x00\xd8b\x00", "neither an Excel workbook nor text"),
        (b"a,b\n" + b"x" * 40_000 + b",y\n", "Row 2, column A holds more than 32,767 characters"),
        (b"a,b\n" + b"x" * 200_000 + b",y\n", "more than 32,767 characters"),
        (b"a\n" + b"x\n" * 20_001, "at most 20,000 rows and 200 columns"),
        (b",".join([b"x"] * 201), "The table reaches to cell GS1"),
    ],
)
def test_what_is_not_a_table_is_refused_with_a_sentence(data, words):
    assert words in refusal(data)


def workbook_of(sheet: str, *, shared: str = "", extra: dict[str, bytes] | None = None) -> bytes:
    """A hand-made workbook, to say what no honest program writes."""
    ns = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {ns} xmlns:r="{office}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/sharedStrings.xml": f"<sst {ns}>{shared}</sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {ns}><sheetData>{sheet}</sheetData></worksheet>",
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (parts | (extra or {})).items():
            archive.writestr(name, content)
    return target.getvalue()


def test_the_hand_made_workbook_is_readable_when_it_says_nothing_odd():
    data = workbook_of('<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row>')
    assert read_table(data) == Table(("name",), ())


FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="{row}"><c r="{cell}"><v>1</v></c></row>'


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (FAR.format(row=1048576, cell="XFD1048576"), "The table reaches to cell XFD1048576"),
        (FAR.format(row=2, cell="ZZZ2"), "The table reaches to cell ZZZ2"),
        (FAR.format(row=2, cell="A9999999"), "The table reaches to cell A9999999"),
        (FAR.format(row=2, cell="AAAA99999999999999"), "cannot be opened"),
        (FAR.format(row=20_000, cell="GR20000"), "more than 1,000,000 cells"),
        ('<row r="1"><c t="s"><v>7</v></c></row>', "cannot be opened"),
        ("<row><c><v>1</v></c></row>" * 20_001, "at most 20,000 rows"),
        ("<row>" + "<c><v>1</v></c>" * 201 + "</row>", "at most 20,000 rows and 200 columns"),
        ("<row><c><v>1</v></c>", "cannot be opened"),
    ],
)
def test_a_workbook_with_far_or_false_cells_is_refused_before_it_is_opened(sheet, words):
    assert words in refusal(workbook_of(sheet))


def test_one_shared_text_shown_by_many_cells_is_counted_each_time():
    shared = f"<si><t>{'x' * 32_000}</t></si>"
    data = workbook_of('<row><c t="s"><v>0</v></c></row>' * 5_000, shared=shared)
    assert len(data) < 50_000
    assert "unpacks to more than 64 MB" in refusal(data)


def test_a_zip_bomb_is_refused_by_its_directory():
    data = workbook_of("", extra={"xl/media/a.xml": b"\0" * (65 * 2**20)})
    assert len(data) < 100_000
    assert "unpacks to more than 64 MB" in refusal(data)


def test_a_zip_bomb_whose_directory_lies_is_refused_while_inflating():
    honest = workbook_of("", extra={"xl/bomb.xml": b" " * (65 * 2**20)})
    size = (65 * 2**20).to_bytes(4, "little")
    assert honest.count(size) >= 2
    assert "cannot be opened" in refusal(honest.replace(size, (100).to_bytes(4, "little")))


def test_a_document_type_is_refused_so_that_no_entity_grows():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa">]><worksheet><sheetData>&a;</sheetData></worksheet>'
    assert "cannot be opened" in refusal(workbook_of("", extra={"xl/worksheets/sheet2.xml": bomb}))


def test_another_packed_file_is_not_a_workbook():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert "not an Excel workbook" in refusal(target.getvalue())


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda tail: b"PK\x03\x04" + tail))
def test_any_bytes_give_a_table_or_a_sentence(data):
    try:
        read_table(data)
    except UnreadableTable as refused:
        assert refused.messages


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_workbook_with_any_byte_changed_gives_a_table_or_a_sentence(data):
    book = bytearray(workbook_of('<row r="1"><c r="A1"><v>1</v></c></row>'))
    for _ in range(data.draw(st.integers(1, 4))):
        book[data.draw(st.integers(0, len(book) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_table(bytes(book))
    except UnreadableTable as refused:
        assert refused.messages


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.strip)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(TEXTS, min_size=n, max_size=n))),
    st.sampled_from([",", ";", "\t"]),
)
@example([["=1+1"], ["'=1+1"], ["-x"], ["@a"], ["＝1"], ["+992 37 221"]], ",")
def test_text_written_as_csv_is_never_a_formula_and_reads_back_the_same(rows, delimiter):
    width = len(rows[0]) if rows else 1
    header = [f"column {n}" for n in range(width)] + ["last"]
    rows = [[*row, "."] for row in rows]
    data = write_csv(header, rows, delimiter=delimiter)
    assert data.startswith(b"\xef\xbb\xbf")
    assert [list(row.cells) for row in read_table(data).rows] == rows


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
@example([("=1+1", "https://example.org"), ("_x0041_", "'=1"), ("\ufffd", "A\u0301")])
def test_text_written_as_a_workbook_reads_back_the_same(rows):
    rows = [
        ("a", *(cell.replace("\uffff", "").replace("\ufffe", "") for cell in row)) for row in rows
    ]
    data = write_xlsx(Sheet("S", ["x", "y", "z"], rows))
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    assert [row.cells for row in read_table(data).rows] == [
        tuple(cell.strip() for cell in row) for row in rows
    ]


def test_cells_that_a_spreadsheet_would_calculate_stay_text_in_csv():
    lines = write_csv(["a"], [["=1"], ["+1"], ["-1"], ["@x"], [-1], ["\tx"]]).decode("utf-8-sig")
    assert lines.split("\r\n")[1:-1] == ["'=1", "'+1", "'-1", "'@x", "-1", "'\tx"]


def test_a_workbook_accepts_any_sheet_name_and_any_text():
    sheets = [Sheet("a/b:c" * 9, ["x"], [["\x01\ud800\0" * 3]]), Sheet("A B C" * 9, ["x"], []),
              Sheet("", ["y"], [["x" * 40_000]]), Sheet("History", [], [])]  # fmt: skip
    assert read_rows(write_xlsx(*sheets))


def test_a_time_with_a_zone_is_our_mistake_and_says_so():
    from datetime import UTC

    with pytest.raises(ValueError, match="local times"):
        write_xlsx(Sheet("S", ["x"], [[datetime(2025, 4, 7, tzinfo=UTC)]]))


FIELDS = {"name": ["name", "ФИО"], "email": ["e-mail", "эл. почта"], "note": ["note"]}


def test_columns_are_found_in_any_order_and_either_language():
    table = Table(("Эл.почта *", "ФИО"), (Row(2, ("a@b.cd", "Пётр")),))
    columns = match_columns(table, FIELDS, required=["name"])
    assert columns.places == {"email": 0, "name": 1}
    assert not columns.problems and not columns.remarks
    assert columns.cell(table.rows[0], "name") == "Пётр"
    assert columns.cell(table.rows[0], "note") == ""


def test_a_missing_column_an_unknown_one_and_a_double_one_are_said():
    table = Table(("e-mial", "Note", "note", "shoe size"), ())
    columns = match_columns(table, FIELDS, required=["email"])
    assert [str(problem) for problem in columns.problems] == [
        "Columns B (“Note”) and C (“note”) both hold “note”. Remove or rename one of them.",
        "The column “e-mail” is missing. Accepted headings: “e-mail”, “эл. почта”. "
        "The file has: “e-mial”, “Note”, “note”, “shoe size”.",
    ]
    assert [str(remark) for remark in columns.remarks] == [
        "Column A (“e-mial”) is not known and is not read. Did you mean “e-mail”?",
        "Column D (“shoe size”) is not known and is not read.",
    ]
    assert columns.unknown == ("e-mial", "shoe size")
