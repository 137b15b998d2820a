"""Locked fields that would make a reader doubt every later revision, though nobody touches them.

pyHanko 0.38 takes an appearance stream that was last written before the revision which locked its field for one that
a later revision changed. Until that is put right, nothing is signed on top of such a lock: the earlier signature
would look broken to everybody who checks with it.
"""

import re
from collections.abc import Iterator

import pikepdf

from yunqian.engine import empty_fields, field_locks, form_fields, revisions
from yunqian.problems import Problem, Refused


def require_none(pdf: pikepdf.Pdf, document: bytes) -> None:
    """Raises Refused(DOCUMENT_LOCKED) with the full name of the first such field."""
    ends: list[int] = []
    for found in empty_fields.signature_fields(pdf):
        locks = field_locks.of_signature(found.value)[1] if found.value is not None else []
        if not locks:
            continue
        ends = ends or [0, *revisions.split(document)]
        end = _signed_end(found.value)
        start = max((one for one in ends if one < end - 2), default=0)
        for name, drawing in _drawn(pdf):
            if any(lock.covers(name) for lock in locks) and not _is_written(document, start, end, drawing):
                raise Refused(Problem.DOCUMENT_LOCKED, field=name)


def _signed_end(value: pikepdf.Object | None) -> int:
    """Where the signed bytes end; 0 for a byte range that is none."""
    spans = value.get("/ByteRange") if value is not None else None
    listed: list[object] = list(spans) if isinstance(spans, pikepdf.Array) else []
    numbers = [one for one in listed if isinstance(one, int)]
    return numbers[2] + numbers[3] if len(numbers) == 4 else 0


def _is_written(document: bytes, start: int, end: int, drawing: pikepdf.Object) -> bool:
    """Whether an object was written in these bytes; a stream never stands inside another one."""
    head = rb"(?<!\d)%d\s+%d\s+obj\b" % drawing.objgen
    return re.compile(head).search(document, start, end) is not None


def _drawn(pdf: pikepdf.Pdf) -> Iterator[tuple[str, pikepdf.Object]]:
    """Every field but signatures that shows a drawing of its own and has no states, with its full name."""
    for one in form_fields.walk(pdf):
        shown = one.node.get("/AP")
        drawing = shown.get("/N") if isinstance(shown, pikepdf.Dictionary) else None
        if one.kind != "/Sig" and isinstance(drawing, pikepdf.Stream) and "/AS" not in one.node:
            yield one.name, drawing
