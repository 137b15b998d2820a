"""Placements + certificate → Prepared: the next revision with an empty gap, pinned byte by byte.

Each page's marks that lie together share one widget, which is a signature field of its own; all fields of one
act share one /V, so they are one signature (house rule 12). Nothing else on the page is touched.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pikepdf

from yunqian.crypto import attributes, suites
from yunqian.crypto.certificates import Certificate
from yunqian.engine import impression, pages, placing
from yunqian.engine.append import (
    Update,
    number,
    numbers,
    reference,
    reference_to,
    text_string,
    with_entries,
)
from yunqian.engine.geometry import PageGeometry
from yunqian.engine.marks import Box, DateMark, Mark
from yunqian.engine.prepared import Prepared
from yunqian.engine.resources import Resources
from yunqian.problems import Problem, Refused

__all__ = ["Prepared", "prepare"]

DATE_JOINS_SEAL_PT = 36.0
_RESERVED_BYTES = 8192  # CMS with chain and time-stamp token; more certificates reserve more
_ROOM_BESIDE_CHAIN_BYTES = 6144
_WIDGET_FLAGS = 132  # Print + Locked (ISO 32000-2 table 167)
_BYTE_RANGE = b"/ByteRange[0 0000000000 0000000000 0000000000]"


@dataclass(frozen=True, slots=True)
class _Widget:
    """Marks that share one signature widget on one page."""

    page: PageGeometry
    box: Box
    marks: tuple[Mark, ...]


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
    ALGORITHM_UNSUPPORTED, DOCUMENT_CERTIFIED, DOCUMENT_ENCRYPTED, DOCUMENT_BROKEN).
    """
    suite = suites.suite_of(certificate)
    if not marks:
        raise Refused(Problem.PLACEMENTS_EMPTY)
    update = Update(document)
    _refuse_certified(update.pdf)
    shown = pages.walk(update.pdf)
    widgets = _widgets(shown, marks)
    reserved = max(_RESERVED_BYTES, _ROOM_BESIDE_CHAIN_BYTES + sum(len(link.der) for link in chain))
    contents = b"/Contents<" + b"0" * (2 * reserved) + b">"
    signature = update.add(_signature_dictionary(certificate, at, contents))
    fields = _add_fields(update, shown, widgets, signature=signature, field=field)
    _add_to_form(update, fields)
    return _pinned(document, update.tail(), contents, certificate=certificate, suite=suite)


def _widgets(shown: Sequence[pikepdf.Object], marks: Sequence[Mark]) -> list[_Widget]:
    """Check every mark and join what lies together: a date goes into the widget of a seal close to it."""
    seen: dict[int, PageGeometry] = {}
    widgets: list[_Widget] = []
    for mark in sorted(marks, key=lambda mark: isinstance(mark, DateMark)):
        page = seen.get(mark.page) or _page(shown, mark.page)
        seen[mark.page] = page
        placing.require(page, mark)
        close = _close_widget(widgets, mark) if isinstance(mark, DateMark) else None
        if close is None:
            widgets.append(_Widget(page, mark.box, (mark,)))
        else:
            place = widgets.index(close)
            widgets[place] = _Widget(page, close.box.union(mark.box), (*close.marks, mark))
    return widgets


def _close_widget(widgets: Sequence[_Widget], date: DateMark) -> _Widget | None:
    """The nearest widget on the date's page that is no further than half an inch away."""
    near = [widget for widget in widgets if widget.page.number == date.page]
    nearest = min(near, key=lambda widget: widget.box.gap_pt(date.box), default=None)
    return nearest if nearest and nearest.box.gap_pt(date.box) <= DATE_JOINS_SEAL_PT else None


def _page(shown: Sequence[pikepdf.Object], page: int) -> PageGeometry:
    if not 1 <= page <= len(shown):
        raise Refused(Problem.PAGE_NOT_FOUND, page=page)
    return pages.geometry(shown[page - 1], page)


def _refuse_certified(pdf: pikepdf.Pdf) -> None:
    """A certified document (DocMDP) takes no new field: checkers would call the certification broken."""
    permissions = pdf.Root.get("/Perms")
    if isinstance(permissions, pikepdf.Dictionary) and "/DocMDP" in permissions:
        raise Refused(Problem.DOCUMENT_CERTIFIED)


def _signature_dictionary(certificate: Certificate, at: datetime, contents: bytes) -> bytes:
    """The signature dictionary of PAdES (ETSI EN 319 142-1 §5.3), /Contents last."""
    claimed = at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'").encode("ascii")
    return b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(%s)/Name %s%s%s>>" % (
        claimed,
        text_string(certificate.owner),
        _BYTE_RANGE,
        contents,
    )


def _add_fields(
    update: Update,
    shown: Sequence[pikepdf.Object],
    widgets: Sequence[_Widget],
    *,
    signature: int,
    field: str,
) -> list[int]:
    """One field with one widget each, on their pages; all with the same value."""
    resources = Resources(update)
    names = _free_names(update.pdf, field, len(widgets))
    fields: list[int] = []
    of_page: dict[int, list[int]] = {}
    for name, widget in zip(names, widgets, strict=True):
        page = shown[widget.page.number - 1]
        drawing = impression.form(
            widget.page, widget.box, widget.marks, picture_of=resources.picture, font_of=resources.font
        )
        entries = _widget_entries(widget, name, page=reference_to(page), signature=signature)
        fields.append(update.add(b"<<%s/AP<</N %s>>>>" % (entries, reference(update.add(drawing)))))
        of_page.setdefault(widget.page.number, []).append(fields[-1])
    for page_number, added in of_page.items():
        _add_to_page(update, shown[page_number - 1], added)
    return fields


def _widget_entries(widget: _Widget, name: str, *, page: bytes, signature: int) -> bytes:
    box = widget.box
    turned = b"/MK<</R %d>>" % widget.page.rotation if widget.page.rotation else b""
    return b"/Type/Annot/Subtype/Widget/FT/Sig/T %s/F %d/Rect[%s]/P %s/V %s%s" % (
        text_string(name),
        _WIDGET_FLAGS,
        numbers((box.x_pt, box.y_pt, box.right_pt, box.top_pt)),
        page,
        reference(signature),
        turned,
    )


def _free_names(pdf: pikepdf.Pdf, wanted: str, count: int) -> list[str]:
    """`count` field names that no top-level field has; a full stop would separate parts of a name."""
    wanted = wanted.replace(".", "-")
    form = pdf.Root.get("/AcroForm")
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    known = list(fields) if isinstance(fields, pikepdf.Array) else []
    taken = {str(field.get("/T", "")) for field in known if isinstance(field, pikepdf.Dictionary)}
    candidates = (wanted if turn == 1 else f"{wanted}-{turn}" for turn in range(1, len(taken) + count + 2))
    return [name for name in candidates if name not in taken][:count]


def _add_to_page(update: Update, page: pikepdf.Object, added: Sequence[int]) -> None:
    """Put widgets at the end of a page's /Annots, keeping the array where and as it is."""
    references = b" ".join(reference(one) for one in added)
    annotations = page.get("/Annots")
    if not isinstance(annotations, pikepdf.Array):
        update.replace(page, with_entries(page, {"/Annots": b"[%s]" % references}))
        return
    longer = _longer(annotations, references)
    if annotations.is_indirect:
        update.replace(annotations, longer)
    else:
        update.replace(page, with_entries(page, {"/Annots": longer}))


def _longer(array: pikepdf.Object, references: bytes) -> bytes:
    return array.unparse(resolved=True).rstrip()[:-1] + b" " + references + b"]"


def _add_to_form(update: Update, added: Sequence[int]) -> None:
    """Enter the fields into the interactive form; /SigFlags 3 says: signed, append only (§12.7.3)."""
    references = b" ".join(reference(one) for one in added)
    root = update.pdf.Root
    form = root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary):
        fresh = update.add(b"<</Fields[%s]/SigFlags 3>>" % references)
        update.replace(root, with_entries(root, {"/AcroForm": reference(fresh)}))
        return
    fields = form.get("/Fields")
    changed = {"/SigFlags": b"3"} if form.get("/SigFlags") != 3 else {}
    if isinstance(fields, pikepdf.Array) and fields.is_indirect:
        update.replace(fields, _longer(fields, references))
    elif isinstance(fields, pikepdf.Array):
        changed["/Fields"] = _longer(fields, references)
    else:
        changed["/Fields"] = b"[%s]" % references
    if not changed:
        return
    if form.is_indirect:
        update.replace(form, with_entries(form, changed))
    else:
        update.replace(root, with_entries(root, {"/AcroForm": with_entries(form, changed)}))


def _pinned(
    document: bytes, tail: bytes, contents: bytes, *, certificate: Certificate, suite: suites.Suite
) -> Prepared:
    """Write the byte range over its placeholder and digest everything but the gap."""
    start = tail.index(contents) + len(b"/Contents")
    end = start + len(contents) - len(b"/Contents")
    base = len(document)
    spans = b"/ByteRange[0 %s %s %s]" % tuple(map(number, (base + start, base + end, len(tail) - end)))
    place = tail.index(_BYTE_RANGE)
    tail = tail[:place] + spans.ljust(len(_BYTE_RANGE)) + tail[place + len(_BYTE_RANGE) :]
    base_digest = hashlib.sha256(document)
    signed = base_digest.copy() if suite.digest == "sha256" else hashlib.new(suite.digest, document)
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
