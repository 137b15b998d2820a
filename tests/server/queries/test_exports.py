"""Tables as files: what a spreadsheet is given is text, whatever people called their documents."""

import csv
import io
import zipfile
from xml.etree import ElementTree

import pytest

from yunqian.server.queries import exports
from yunqian.server.queries.exports import Format

pytestmark = pytest.mark.usefixtures("no_database")
ROWS = [("=1+1", "采购合同"), ("https://x.example", "a\nb")]
CELL = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}c"


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1"])
def test_no_cell_is_a_formula(cell: str):
    assert exports.plain(cell) == "'" + cell


def test_other_cells_stay_as_they_are():
    assert exports.plain("采购合同 = 2") == "采购合同 = 2"


def test_a_sheet_as_csv_has_the_mark_of_utf8_and_no_formula():
    made = exports.sheet("清单", Format.CSV, ("甲", "乙"), ROWS)
    assert made.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"), newline="")))
    assert lines == [["甲", "乙"], ["'=1+1", "采购合同"], ["https://x.example", "a\nb"]]
    assert (made.lines, made.content_type) == (2, "text/csv; charset=utf-8")


def test_a_sheet_as_xlsx_has_strings_alone():
    made = exports.sheet("清单", Format.XLSX, ("甲", "乙"), ROWS)
    with zipfile.ZipFile(io.BytesIO(made.content)) as folder:
        page = ElementTree.fromstring(folder.read("xl/worksheets/sheet1.xml"))
        assert not [name for name in folder.namelist() if "external" in name.lower()]
    cells = list(page.iter(CELL))
    assert ["".join(cell.itertext()) for cell in cells] == [
        "甲",
        "乙",
        "=1+1",
        "采购合同",
        "https://x.example",
        "a\nb",
    ]
    assert {cell.get("t") for cell in cells} <= {"inlineStr", "s"}
    assert not [cell for cell in cells if cell.find(CELL.replace("}c", "}f")) is not None]
    assert made.lines == 2


@pytest.mark.parametrize("kind", list(Format))
def test_an_empty_sheet_has_its_head(kind: Format):
    assert exports.sheet("清单", kind, ("甲",), []).lines == 0
