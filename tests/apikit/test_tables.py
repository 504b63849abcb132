"""Files with rows: formats, encodings, odd cells, and files that are broken or hostile."""

import csv
import io
import json
import random
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from apikit.csv_cells import csv_lines
from apikit.tables import json_rows, xlsx_rows
from apikit.tables.cells import read_switch, read_whole_number, text_of
from apikit.tables.errors import FileUnreadableError, InvalidRowsError
from apikit.tables.problems import MAX_PROBLEMS, Problems
from apikit.tables.reading import read_rows
from apikit.tables.rows import LAST_ROW, MAX_COLUMNS, Row, find_columns

SHEET_NAME = "xl/worksheets/sheet1.xml"
# A sheet with one cell.
SHEET = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is></c></row></sheetData></worksheet>'
)
TEXT = "name,note\nZoë,“tea”\n\n , \nЖ,\n"


def read(content: bytes, max_rows: int = 1000) -> tuple[Any, list[tuple[int, Any]]]:
    """Header, and numbers and values of the rows."""
    found = read_rows(io.BytesIO(content), max_rows=max_rows)
    return found.header, [(row.number, row.value) for row in found.rows]


def refusal_of(content: bytes, max_rows: int = 1000) -> str:
    with pytest.raises(FileUnreadableError) as caught:
        read(content, max_rows)
    return str(caught.value)


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The same spreadsheet with a part replaced."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, part)
    return changed.getvalue()


# CSV


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_csv_in_every_form(separator: str, encoding: str, line_end: str) -> None:
    text = TEXT.replace(",", separator).replace("\n", line_end)
    header, rows = read(text.encode(encoding))
    assert header == ["name", "note"]
    # Numbered as a spreadsheet shows them; empty rows are left out.
    assert rows == [(2, ["Zoë", "“tea”"]), (5, ["Ж", ""])]


def test_utf_16_with_the_other_mark() -> None:
    assert read(b"\xfe\xff" + TEXT.encode("utf-16-be"))[0] == ["name", "note"]


def test_the_separator_is_that_of_the_header() -> None:
    assert read(b'"a;b",c\n1;2,3\n') == (["a;b", "c"], [(2, ["1;2", "3"])])
    assert read(b"sep=;\na;b,c\n1;2\n") == (["a", "b,c"], [(3, ["1", "2"])])
    assert read(b"only\n1,2\n") == (["only"], [(2, ["1", "2"])])


def test_a_cell_can_have_line_breaks() -> None:
    assert read(b'a,b\n"1\n2",3\n4,5\n')[1] == [(2, ["1\n2", "3"]), (3, ["4", "5"])]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        ("name\nZoë\n".encode("latin-1"), "UTF-8"),
        (b"name\n" + b"a\n" * 50_000 + b"\xff\n", "UTF-8"),
        ("name\nZoë\n".encode("utf-32"), "UTF-8"),
        (b"\xff\xfea\x00\xd8\xd8", "UTF-8"),
        (b'a,b\n1,"2\n3,4\n', "Row 2 is broken"),
        (b'a,b\n1,"2"3\n', "Row 2 is broken"),
        (b"a\n" + b"x" * 200_000 + b"\n", "Row 2 is broken"),
        (b"a\n" + b"," * MAX_COLUMNS + b"\n", "Row 2 has more than"),
        (b"a\n" + b"\n" * LAST_ROW, "goes on after"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "not a CSV, XLSX or JSON"),
        (b"%PDF-1.7\n", "not a CSV, XLSX or JSON"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_text_is_said(content: bytes, message: str) -> None:
    assert message in refusal_of(content, max_rows=LAST_ROW)


def test_the_number_of_rows_is_bounded() -> None:
    assert len(read(b"a\n" + b"1\n" * 3, max_rows=3)[1]) == 3
    assert "more than 3 rows" in refusal_of(b"a\n" + b"1\n" * 4, max_rows=3)


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12)


@hypothesis_settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=5),
    separator=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8-sig", "utf-16"]),
)
def test_every_cell_comes_back(rows: list[list[str]], separator: str, encoding: str) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerows([["first", "second"], *rows])
    _, found = read(text.getvalue().encode(encoding))
    expected = [(n, row) for n, row in enumerate(rows, start=2) if any(map(str.strip, row))]
    assert found == expected


# XLSX


def test_a_spreadsheet() -> None:
    moment = datetime(2026, 12, 1, 9, 30)  # noqa: DTZ001 - spreadsheets know no time zones
    content = workbook(
        [["name", "n", "when", "is"], ["Zoë", 3, moment, True], [], ["x", 1.5, None, ""]]
    )
    header, rows = read(content)
    assert header == ["name", "n", "when", "is"]
    assert rows == [(2, ["Zoë", 3, moment, True]), (4, ["x", 1.5])]


CELLS_OF_SHEETS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=20),
    st.integers(-(2**31), 2**31),
    st.booleans(),
)


@hypothesis_settings(max_examples=15, deadline=None)
@given(rows=st.lists(st.lists(CELLS_OF_SHEETS, min_size=1, max_size=4), max_size=4))
def test_every_cell_of_a_spreadsheet_comes_back(rows: list[list[Any]]) -> None:
    # A text that begins so is a formula for openpyxl.
    rows = [[f"a{each}" if isinstance(each, str) else each for each in row] for row in rows]
    assert [value for _, value in read(workbook([["h"], *rows]))[1]] == rows


def test_bombs_are_refused_before_they_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    content = workbook([["name"], ["x"]])
    bomb = with_part(content, SHEET_NAME, b"<a>" + b" " * (11 * 1024 * 1024))
    assert len(bomb) < 40_000
    assert "too large" in refusal_of(bomb)
    monkeypatch.setattr(xlsx_rows, "PARTS_MAX_BYTES", 1000)
    assert "too large" in refusal_of(content)
    monkeypatch.undo()
    monkeypatch.setattr(xlsx_rows, "MAX_PARTS", 3)
    assert "too large" in refusal_of(content)


def test_entities_do_not_grow() -> None:
    """The parser that Python comes with refuses to amplify."""
    entities = b"".join(
        b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10 if n else b"x" * 1000) for n in range(9)
    )
    declared = b"<!DOCTYPE worksheet [" + entities + b"]><worksheet"
    sheet = (SHEET % b"&e8;").replace(b"<worksheet", declared, 1)
    assert "broken" in refusal_of(with_part(workbook([["name"]]), SHEET_NAME, sheet))
    small = (SHEET % b"&e0;").replace(b"<worksheet", declared, 1)
    assert read(with_part(workbook([["name"]]), SHEET_NAME, small))[0] == ["x" * 1000]


def test_a_row_far_below_is_refused() -> None:
    row = b'<row r="900000000"><c r="A900000000"><v>1</v></c></row></sheetData>'
    sheet = (SHEET % b"a").replace(b"</sheetData>", row)
    content = with_part(workbook([["name"]]), SHEET_NAME, sheet)
    assert "goes on after" in refusal_of(content)


def test_an_empty_sheet_and_other_archives_are_refused() -> None:
    assert "empty" in refusal_of(workbook([]))
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert "not an XLSX file" in refusal_of(other.getvalue())
    with zipfile.ZipFile(other := io.BytesIO(), "w"):
        pass
    assert refusal_of(b"PK\x03\x04" + other.getvalue())


def test_broken_files_are_refused_in_words() -> None:
    """Cut and altered files of all formats either can be read or are refused."""
    chance = random.Random(17)
    whole = [
        workbook([["question", "option"], ["Tea?", "Yes"], ["Coffee?", 3]]),
        '"question";"option"\n"Tea, ""or""?";Yes\n'.encode("utf-16"),
        json.dumps([{"question": "Tea?", "options": ["Yes", {"text": "No"}]}]).encode(),
    ]
    refused = 0
    for content in whole:
        for _ in range(80):
            broken = bytearray(content[: chance.randrange(len(content))] or content)
            for _ in range(chance.randrange(4)):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            try:
                read(bytes(broken))
            except FileUnreadableError:
                refused += 1
    assert refused > 100


# JSON


def test_an_array_of_values() -> None:
    header, rows = read(b'\xef\xbb\xbf [{"a": 1}, "b", null]')
    assert header is None
    assert rows == [(1, {"a": 1}), (2, "b"), (3, None)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{}", "must be an array"),
        (b"[", "not JSON"),
        (b"[NaN]", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"[" + b"9" * 5000 + b"]", "not JSON"),
        (b'["\xff"]', "UTF-8"),
        (b"[" + b"1," * 5 + b"1]", "more than 5 rows"),
    ],
)
def test_what_is_wrong_with_json_is_said(content: bytes, message: str) -> None:
    assert message in refusal_of(content, max_rows=5)


def test_large_json_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "JSON_MAX_BYTES", 4)
    assert read(b"[12]")[1] == [(1, 12)]
    assert "too large" in refusal_of(b"[123]")


# Columns and cells


def test_columns_are_found_by_their_names() -> None:
    known = {"maxchoices": "maxChoices", "option": "option", "question": "question"}
    header = [" Question ", "Option 1", "option-2", "MAX_CHOICES", "Colour", "Max choices 2", ""]
    columns = find_columns(header, known, repeated={"option"}, required="question")
    assert columns.fields == ["question", "option", "option", "maxChoices", None, None, None]
    assert columns.unknown == ["Colour", "Max choices 2"]
    assert columns.name_of("maxChoices") == "MAX_CHOICES"
    row = Row(2, ["q", "a", "", 1, "red", "", "", " "])
    assert [field for field, _, _ in columns.cells_of(row)] == columns.fields[:4]
    assert not columns.has_surplus(row)
    assert columns.has_surplus(Row(2, [*row.value, "x"]))


@pytest.mark.parametrize(
    ("header", "message"),
    [(["option"], "no column question"), (["question", "Question"], "several columns")],
)
def test_unclear_columns_are_refused(header: list[str], message: str) -> None:
    known = {"question": "question", "option": "option"}
    with pytest.raises(FileUnreadableError, match=message):
        find_columns(header, known, repeated={"option"}, required="question")


def test_cells_are_read_as_people_write_them() -> None:
    cells = [None, " a ", 3.0, 2.5, True, date(2026, 12, 1), "3"]
    assert [text_of(each) for each in cells] == ["", "a", "3", "2.5", "true", "2026-12-01", "3"]
    assert [read_switch(each) for each in ("Yes", True, 1, "x")] == [True] * 4
    assert [read_switch(each) for each in ("no", False, 0.0)] == [False] * 3
    assert [read_whole_number(each) for each in ("3", 3, 3.0)] == [3] * 3
    for switch in ("perhaps", "", 2):
        with pytest.raises(ValueError, match="true or false"):
            read_switch(switch)
    for number in ("-1", 1.5, "²", "9" * 10, ""):
        with pytest.raises(ValueError, match="whole number"):
            read_whole_number(number)


def test_problems_are_counted_and_listed_up_to_a_bound() -> None:
    problems = Problems()
    problems.check_none()
    for number in range(MAX_PROBLEMS + 5):
        problems.add(number, "x" * 500, "y" * 500)
    assert (problems.count, len(problems.listed)) == (MAX_PROBLEMS + 5, MAX_PROBLEMS)
    assert len(problems.listed[0].column) <= 100
    with pytest.raises(InvalidRowsError, match="There are 105; the first is in row 0"):
        problems.check_none()


@pytest.mark.parametrize("text", ["\n", ' "', ";"], ids=ascii)
def test_a_cell_of_nothing_but_separators_is_written_in_linear_time(text: str) -> None:
    """With quadratic time this would take minutes."""
    assert "'" not in csv_lines([[f"x{text * 300_000}y"]])


def test_a_column_whose_name_is_nothing_but_digits_is_found_in_linear_time() -> None:
    """With quadratic time, the longest cell of CSV would take more than a minute."""
    header = ["name", *(["1" * 131_072 + "a"] * 10)]
    columns = find_columns(header, {"name": "name"}, repeated=["name"], required="name")
    assert columns.fields == ["name", *([None] * 10)]
