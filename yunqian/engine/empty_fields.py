"""Signature fields that nobody has signed yet: found, reserved before the first signature, filled by a signer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as member

import pikepdf

from yunqian.engine import field_locks, form_fields
from yunqian.engine.append import Update, numbers, reference, with_entries
from yunqian.engine.field_locks import Lock
from yunqian.engine.marks import Box

_UNSEEN_FLAGS = 0b100010  # Hidden, NoView (ISO 32000-2 table 167)
_WIDGET_FLAGS = 132  # Print + Locked
_SLACK_PT = 0.01


@dataclass(frozen=True, slots=True)
class FoundField:
    """A terminal signature field as the form has it; `value` is its signature dictionary, if it has one."""

    name: str
    field: pikepdf.Object
    value: pikepdf.Object | None


@dataclass(frozen=True, slots=True)
class EmptyField:
    """A field to sign in: its full name, and where it is seen; page and box are None where it is not.

    `lock` is what a signature in it will lock. `demands` are its seed values (§12.7.5.5), as they stand.
    """

    name: str
    page: int | None
    box: Box | None
    lock: Lock | None
    number: tuple[int, int] = member(repr=False)
    widget: tuple[int, int] = member(repr=False)
    demands: bool = False

    def holds(self, page: int, box: Box) -> bool:
        """Whether a box lies wholly in the field."""
        return self.page == page and self.box is not None and _contains(self.box, box)

    @property
    def area_pt2(self) -> float:
        """How large it is; 0 where it is not seen."""
        return self.box.width_pt * self.box.height_pt if self.box else 0.0


@dataclass(frozen=True, slots=True)
class Reserved:
    """A field to reserve: name, page (from 1), box in points on the unrotated page, and what it will lock."""

    name: str
    page: int
    box: Box
    lock: Lock | None = None


def signature_fields(pdf: pikepdf.Pdf) -> Iterator[FoundField]:
    """Every terminal field of type /Sig, signed or not, with its full name (§12.7.4.2)."""
    for one in form_fields.walk(pdf):
        if one.kind == "/Sig" and one.is_terminal and not one.is_widget:
            value = one.node.get("/V")
            yield FoundField(one.name, one.node, value if isinstance(value, pikepdf.Dictionary) else None)


def of(pdf: pikepdf.Pdf, shown: Sequence[pikepdf.Object]) -> tuple[EmptyField, ...]:
    """The empty fields that a signature can be put in: an object of their own, one widget, no value."""
    found: list[EmptyField] = []
    for one in signature_fields(pdf):
        if "/V" in one.field or not one.field.is_indirect:
            continue
        kids = list(one.field.Kids) if isinstance(one.field.get("/Kids"), pikepdf.Array) else [one.field]
        if len(kids) != 1 or not isinstance(kids[0], pikepdf.Dictionary) or not kids[0].is_indirect:
            continue
        (widget,) = kids
        page, box = _place(widget, shown)
        lock = field_locks.read(one.field.get("/Lock"))
        found.append(
            EmptyField(one.name, page, box, lock, one.field.objgen, widget.objgen, demands="/SV" in one.field)
        )
    return tuple(found)


def reserve(pdf: pikepdf.Pdf, wanted: Sequence[Reserved], shown: Sequence[pikepdf.Object]) -> None:
    """Put empty signature fields into an open document that nobody has signed, as `slots.reserve` does slots.

    Whoever signs into them leaves every earlier signature valid, also after a certification. Names must be
    free, and pages and boxes right: that is for the caller, who placed the marks.
    """
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary):
        form = pdf.Root.AcroForm = pdf.make_indirect(pikepdf.Dictionary())
    if not isinstance(form.get("/Fields"), pikepdf.Array):
        form.Fields = pikepdf.Array()
    form.SigFlags = 3
    for one in wanted:
        page = shown[one.page - 1]
        corners = numbers((one.box.x_pt, one.box.y_pt, one.box.right_pt, one.box.top_pt))
        field = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Sig,
            T=one.name,
            F=_WIDGET_FLAGS,
            P=page,
            Rect=pikepdf.Object.parse(b"[%s]" % corners),
        )
        if one.lock is not None:
            field.Lock = pdf.make_indirect(pikepdf.Object.parse(one.lock.written))
        made = pdf.make_indirect(field)
        form.Fields.append(made)
        if not isinstance(page.get("/Annots"), pikepdf.Array):
            page.Annots = pikepdf.Array()
        page.Annots.append(made)


def fill(update: Update, field: EmptyField, *, signature: int, drawn: bytes | None) -> None:
    """Sign in an empty field: its value, and how its widget looks from now on; nothing else about it changes.

    `drawn` refers to a form XObject for the field's box; without it the widget keeps what it shows.
    """
    pdf = update.pdf
    update.change(pdf.get_object(field.number), {"/V": reference(signature)})
    if drawn:
        update.change(pdf.get_object(field.widget), {"/AP": b"<</N %s>>" % drawn})
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary) or form.get("/SigFlags") == 3:
        return  # without one in the catalog as read, the update has just written it
    if form.is_indirect:
        update.change(form, {"/SigFlags": b"3"})
    else:
        update.change(pdf.Root, {"/AcroForm": with_entries(form, {"/SigFlags": b"3"})})


def _place(widget: pikepdf.Object, shown: Sequence[pikepdf.Object]) -> tuple[int, Box] | tuple[None, None]:
    """On which page a widget is seen, and its rectangle; None where it has no size or no page lists it."""
    flags, corners = widget.get("/F", 0), widget.get("/Rect")
    if not isinstance(flags, int) or flags & _UNSEEN_FLAGS or not isinstance(corners, pikepdf.Array):
        return None, None
    try:
        x1, y1, x2, y2 = (float(one) for one in corners)
    except (TypeError, ValueError):
        return None, None
    box = Box(min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1))
    if not box.width_pt or not box.height_pt:
        return None, None
    for number, page in enumerate(shown, start=1):
        annotations = page.get("/Annots")
        listed = list(annotations) if isinstance(annotations, pikepdf.Array) else []
        if any(one.objgen == widget.objgen for one in listed if isinstance(one, pikepdf.Dictionary)):
            return number, box
    return None, None


def _contains(outer: Box, inner: Box) -> bool:
    return (
        inner.x_pt >= outer.x_pt - _SLACK_PT
        and inner.y_pt >= outer.y_pt - _SLACK_PT
        and inner.right_pt <= outer.right_pt + _SLACK_PT
        and inner.top_pt <= outer.top_pt + _SLACK_PT
    )
