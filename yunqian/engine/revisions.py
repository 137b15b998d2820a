"""Splitting a document into its revisions (ISO 32000-2 §7.5.6); "only appended?"."""

import re
from dataclasses import dataclass

import pikepdf

_LAST = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_SUBSECTION = re.compile(rb"\s*(\d+) (\d+) *(?:\r\n|\r|\n)")
_ROW = re.compile(rb"\d{10} \d{5} [nf](?: \r| \n|\r\n)")
_OBJECT = re.compile(rb"\d+\s+\d+\s+obj")
_END = re.compile(rb"startxref[\x00\t\n\f\r ]+(\d+)[\x00\t\n\f\r ]+%%EOF(?:\r\n|\r|\n)?")


def split(document: bytes) -> list[int]:
    """Where each revision ends, first to last: behind its %%EOF and one end of line.

    The first section of a linearized document (startxref 0) is not a revision. The last end is not the
    document's size when something stands behind the last %%EOF.
    """
    return [match.end() for match in _END.finditer(document) if int(match[1])]


def is_append(base: bytes, longer: bytes) -> bool:
    """Whether `longer` is `base` with something behind it."""
    return len(longer) > len(base) and longer.startswith(base)


def is_end(document: bytes, offset: int) -> bool:
    """Whether a revision ends at `offset`; signers differ in whether they count the end of line."""
    before = document[max(0, offset - 64) : offset]
    ends = [match.end() for match in _END.finditer(before) if int(match[1])]
    return bool(ends) and ends[-1] == len(before)


@dataclass(frozen=True, slots=True)
class Section:
    """A cross-reference section: where it starts, which section it continues, which objects it names."""

    start: int
    previous: int | None
    numbers: tuple[int, ...]


def last_section(document: bytes, end: int) -> Section | None:
    """The section that a reader of the revision ending at `end` begins with; None where it is not plain."""
    match = _LAST.search(document, max(0, end - 64), end)
    if match is None:
        return None
    start = int(match[1])
    try:
        is_table = document[start : start + 4] == b"xref"
        return _table(document, start, end) if is_table else _stream(document, start, end)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, pikepdf.PdfError):
        return None


def _table(document: bytes, start: int, end: int) -> Section:
    numbers: list[int] = []
    at = start + 4
    while (head := _SUBSECTION.match(document, at)) is not None:
        first, count = int(head[1]), int(head[2])
        rows = document[head.end() : head.end() + 20 * count]
        if len(_ROW.findall(rows)) != count:
            raise ValueError("a row that is not 20 bytes")
        numbers += range(first, first + count)
        at = head.end() + 20 * count
    written = document[at:end].strip()
    if not written.startswith(b"trailer"):
        raise ValueError("no trailer")
    trailer = pikepdf.Object.parse(written[len(b"trailer") : written.rindex(b"startxref")].strip())
    if "/XRefStm" in trailer:
        raise ValueError("a hybrid section")
    return Section(start, _previous(trailer), tuple(numbers))


def _stream(document: bytes, start: int, end: int) -> Section:
    head = _OBJECT.match(document, start)
    if head is None:
        raise ValueError("no object")
    entries = document[head.end() : document.index(b"stream", head.end(), end)]
    described = pikepdf.Object.parse(entries.strip())
    index = [int(one) for one in list(described.Index)] if "/Index" in described else [0, int(described.Size)]
    numbers = [
        n for first, count in zip(index[::2], index[1::2], strict=True) for n in range(first, first + count)
    ]
    return Section(start, _previous(described), tuple(numbers))


def _previous(trailer: pikepdf.Object) -> int | None:
    return int(trailer.Prev) if "/Prev" in trailer else None
