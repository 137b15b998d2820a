"""Tables as files for spreadsheets: CSV and XLSX, in which no cell is ever taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import xlsxwriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDEST = 60


class Format(StrEnum):
    """What kind of file."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True)
class Sheet:
    """A file that was made: its name, its bytes, how many lines it has under the head."""

    name: str
    kind: Format
    content: bytes
    lines: int

    @property
    def content_type(self) -> str:
        """As it is told to a browser."""
        return CSV if self.kind is Format.CSV else XLSX


def sheet(name: str, kind: Format, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Sheet:
    """The rows under their head, as a file. They are taken one by one, so that only the file itself is held."""
    written = io.BytesIO()
    lines = _csv(written, head, rows) if kind is Format.CSV else _xlsx(written, head, rows)
    return Sheet(name, kind, written.getvalue(), lines)


def plain(cell: str) -> str:
    """The cell as text, whatever it begins with: a spreadsheet takes `=…` for a formula (CWE-1236)."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) or cell.startswith(_FORMULA) else cell


def _csv(written: io.BytesIO, head: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """RFC 4180 in UTF-8 with its mark, as spreadsheets want it."""
    text = io.TextIOWrapper(written, encoding="utf-8-sig", newline="")
    lines, count = csv.writer(text), 0
    lines.writerow(head)
    for row in rows:
        lines.writerow([plain(cell) for cell in row])
        count += 1
    text.flush()
    text.detach()
    return count


def _xlsx(written: io.BytesIO, head: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """ECMA-376. Every cell is written as a string, which no program computes; row by row, none is kept."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    count = 0
    with xlsxwriter.Workbook(written, options) as book:
        page = book.add_worksheet()
        bold = book.add_format({"bold": True})
        page.freeze_panes(1, 0)
        for column, cell in enumerate(head):
            page.set_column(column, column, min(_WIDEST, 12 + 2 * len(cell)))
            page.write_string(0, column, cell, bold)
        for count, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                page.write_string(count, column, cell)
    return count
