"""Splitting a document into its revisions (ISO 32000-2 §7.5.6); "only appended?"."""

import re
from dataclasses import dataclass

import pikepdf

_LAST = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_SUBSECTION = re.compile(rb"\s*(\d+) (\d+) *(?:\r\n|\r|\n)")
_ROWS = re.compile(rb"(?:\d{10} \d{5} [nf](?: \r| \n|\r\n))*")
_MOST_OBJECTS = 8_388_607  # ISO 32000-1 annex C
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


def last_section(document: bytes, end: int, trailer: pikepdf.Object) -> Section | None:
    """The section that a reader of the revision ending at `end` begins with; None where it is not plain.

    `trailer` is that revision's trailer as qpdf read it, so that nobody can show us another /Prev than qpdf.
    """
    match = _LAST.search(document, max(0, end - 64), end)
    if match is None or "/XRefStm" in trailer:
        return None
    start = int(match[1])
    previous: object = trailer.get("/Prev")
    numbers = _table(document, start, end) if document[start : start + 4] == b"xref" else _stream(trailer)
    if numbers is None or not isinstance(previous, int | None):
        return None
    return Section(start, previous, tuple(numbers))


def _table(document: bytes, start: int, end: int) -> list[int] | None:
    """Object numbers of a classic table, None unless every row has the standard's 20 bytes."""
    numbers: list[int] = []
    at = start + 4
    while (head := _SUBSECTION.match(document, at)) is not None:
        first, count = int(head[1]), int(head[2])
        at = head.end() + 20 * count
        if at > end or _ROWS.fullmatch(document, head.end(), at) is None:
            return None
        numbers += range(first, first + count)
    return numbers if document[at:end].lstrip().startswith(b"trailer") else None


def _stream(trailer: pikepdf.Object) -> list[int] | None:
    """Object numbers of a cross-reference stream, whose dictionary is the trailer."""
    if trailer.get("/Type") != pikepdf.Name.XRef:
        return None
    listed: list[object] = list(trailer.Index) if "/Index" in trailer else [0, trailer.Size]
    index = [one for one in listed if isinstance(one, int)]
    if len(index) != len(listed) or len(index) % 2:
        return None
    pairs = zip(index[::2], index[1::2], strict=True)
    return [number for first, count in pairs for number in range(first, first + min(count, _MOST_OBJECTS))]
