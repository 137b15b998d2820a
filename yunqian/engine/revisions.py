"""Splitting a document into its revisions (ISO 32000-2 §7.5.6); "only appended?"."""

import re

_END = re.compile(rb"startxref[\x00\t\n\f\r ]+(\d+)[\x00\t\n\f\r ]+%%EOF(?:\r\n|\r|\n)?")


def split(document: bytes) -> list[int]:
    """Where each revision ends, first to last: behind its %%EOF and one end of line.

    The first section of a linearized document (startxref 0) is not a revision. The last end is not the
    document's size when something stands behind the last %%EOF.
    """
    return [match.end() for match in _END.finditer(document) if _is_revision(match)]


def is_append(base: bytes, longer: bytes) -> bool:
    """Whether `longer` is `base` with something behind it."""
    return len(longer) > len(base) and longer.startswith(base)


def is_end(document: bytes, offset: int) -> bool:
    """Whether a revision ends at `offset`; signers differ in whether they count the end of line."""
    if not 0 < offset <= len(document):
        return False
    match = _END.match(document, max(0, document.rfind(b"startxref", 0, offset)), offset)
    return match is not None and match.end() == offset and _is_revision(match)


def _is_revision(end: re.Match[bytes]) -> bool:
    """Whether its startxref is not 0; there may be more digits than Python makes a number of."""
    return bool(end[1].strip(b"0"))
