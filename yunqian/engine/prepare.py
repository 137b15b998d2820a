"""Marks + certificate → Prepared: the next revision with an empty gap, pinned byte by byte.

Each page's marks that lie together share one widget, which is a signature field of its own; all fields of one
act share one /V, so they are one signature (house rule 12). Nothing else on the page is touched.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import pikepdf

from yunqian.crypto import attributes, digests, suites
from yunqian.crypto.certificates import Certificate
from yunqian.engine import fields, pages, paging, sealing, signature_dictionary, widgets
from yunqian.engine.append import Update
from yunqian.engine.marks import Mark
from yunqian.engine.prepared import Prepared
from yunqian.engine.resources import Resources
from yunqian.engine.strips import Strip
from yunqian.engine.widgets import Widget
from yunqian.problems import Problem, Refused

__all__ = ["Prepared", "prepare"]

_RESERVED_BYTES = 8192  # CMS with chain and time-stamp token; more certificates reserve more
_ROOM_BESIDE_CHAIN_BYTES = 6144


def prepare(
    document: bytes,
    marks: Sequence[Mark],
    *,
    certificate: Certificate,
    chain: Sequence[Certificate],
    field: str,
    at: datetime,
) -> Prepared:
    """Append a signature field with the marks and an empty gap to `document`, and say what is to be signed.

    `field` becomes the field's name, with a number behind it where the name is taken; `at` is the claimed
    time (/M, PAdES: no signing-time attribute). `chain` only sizes the gap here; the same goes to `embed`.
    Raises Refused(PLACEMENTS_EMPTY, PAGE_NOT_FOUND, MARK_OUTSIDE_PAGE, MARK_SIZE_WRONG, GLYPH_MISSING,
    ALGORITHM_UNSUPPORTED, DOCUMENT_CERTIFIED, DOCUMENT_ENCRYPTED, DOCUMENT_BROKEN), and what `sealing.require`
    refuses where an impression brings its electronic seal.
    """
    suite = suites.suite_of(certificate)
    if not marks:
        raise Refused(Problem.PLACEMENTS_EMPTY)
    update = Update(document)
    _refuse_certified(update.pdf)
    shown = pages.walk(update.pdf)
    places: list[Widget | Strip] = [*widgets.gathered(shown, marks)]
    reserved = max(_RESERVED_BYTES, _ROOM_BESIDE_CHAIN_BYTES + sum(len(link.der) for link in chain))
    contents = signature_dictionary.gap(reserved)
    resources = Resources(update)
    seals = sealing.entries(marks, resources, certificate, at=at)
    signature = update.add(signature_dictionary.build(certificate, at, contents, more=seals))
    places += paging.fill(update, shown, marks, resources=resources)
    fields.add(
        update,
        shown,
        places or [widgets.unseen(shown)],
        signature=signature,
        field=field,
        resources=resources,
    )
    tail = update.tail()
    tail, start, end = _with_byte_range(document, tail, update.place_in_tail(signature), contents)
    return _pinned(document, tail, start, end, certificate=certificate, suite=suite)


def _refuse_certified(pdf: pikepdf.Pdf) -> None:
    """A certified document (DocMDP) takes no new field: checkers would call the certification broken."""
    permissions = pdf.Root.get("/Perms")
    if isinstance(permissions, pikepdf.Dictionary) and "/DocMDP" in permissions:
        raise Refused(Problem.DOCUMENT_CERTIFIED)


def _with_byte_range(document: bytes, tail: bytes, place: int, contents: bytes) -> tuple[bytes, int, int]:
    """Write the byte range over its placeholder, and say where in the tail the gap begins and ends.

    Searched only behind `place`, where the signature dictionary begins: what a stranger's object says before
    it could look the same.
    """
    start = tail.index(contents, place) + len(b"/Contents")
    end = start + len(contents) - len(b"/Contents")
    base = len(document)
    spans = signature_dictionary.byte_range(base + start, base + end, len(tail) - end)
    at = tail.index(signature_dictionary.BYTE_RANGE_PLACE, place)
    return tail[:at] + spans + tail[at + len(spans) :], start, end


def _pinned(
    document: bytes, tail: bytes, start: int, end: int, *, certificate: Certificate, suite: suites.Suite
) -> Prepared:
    """Digest everything but the gap between `start` and `end` of the tail."""
    base = len(document)
    base_digest = hashlib.sha256(document)
    signed = base_digest.copy() if suite.digest == "sha256" else digests.new(suite.digest, document)
    signed.update(memoryview(tail)[:start])
    signed.update(memoryview(tail)[end:])
    digest = signed.digest()
    return Prepared(
        base_size=base,
        base_sha256=base_digest.hexdigest(),
        tail=tail,
        gap_start=base + start,
        gap_end=base + end,
        digest=digest,
        signed_attributes=attributes.build(digest, certificate, suite),
        suite=suite,
    )
