"""Signature fields of one act: a widget each, on their pages and in the form, all with the same value."""

from collections.abc import Callable, Sequence

import pikepdf

from yunqian.engine import impression, strips
from yunqian.engine.append import Update, numbers, reference, reference_to, text_string, with_entries
from yunqian.engine.field_locks import Lock
from yunqian.engine.resources import Resources
from yunqian.engine.strips import Strip
from yunqian.engine.widgets import Widget
from yunqian.problems import Problem, Refused

_WIDGET_FLAGS = 132  # Print + Locked (ISO 32000-2 table 167)


def add(
    update: Update,
    shown: Sequence[pikepdf.Object],
    widgets: Sequence[Widget | Strip],
    *,
    signature: int,
    field: str,
    resources: Resources,
    is_locked: Callable[[str], bool] = lambda _: False,
    lock: Lock | None = None,
) -> None:
    """One field with one widget each, named after `field`; `signature` is the object that is their value.

    A widget without marks is one that nobody sees: its rectangle has no size (ISO 32000-2 §12.7.5.5).
    `is_locked` says which names an earlier signature locked, `lock` is what this one locks. Raises
    Refused(FIELD_LOCKED) where every name is locked.
    """
    names = _free_names(update.pdf, field, len(widgets), is_locked)
    locking = b"/Lock %s" % reference(update.add(lock.written)) if lock is not None else b""
    fields: list[int] = []
    of_page: dict[int, list[int]] = {}
    for name, widget in zip(names, widgets, strict=True):
        page = shown[widget.page.number - 1]
        entries = _widget_entries(widget, name, page=reference_to(page), signature=signature)
        drawn = drawing(update, widget, resources)
        shown_as = b"/AP<</N %s>>" % drawn if drawn else b""
        fields.append(update.add(b"<<%s%s%s>>" % (entries, locking, shown_as)))
        of_page.setdefault(widget.page.number, []).append(fields[-1])
    for page_number, added in of_page.items():
        _add_to_page(update, shown[page_number - 1], added)
    _add_to_form(update, fields)


def drawing(update: Update, widget: Widget | Strip, resources: Resources) -> bytes:
    """A reference to what a widget shows, which is put into the update; nothing for one without marks."""
    if isinstance(widget, Strip):
        picture = resources.only_picture(impression.picture(widget.impression.png))
        drawn = strips.form(widget, widget.box, resources=picture)
    elif widget.marks:
        drawn = impression.form(
            widget.page, widget.box, widget.marks, picture_of=resources.picture, font_of=resources.font
        )
    else:
        return b""
    return reference(update.add(drawn))


def _widget_entries(widget: Widget | Strip, name: str, *, page: bytes, signature: int) -> bytes:
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


def _free_names(pdf: pikepdf.Pdf, wanted: str, count: int, is_locked: Callable[[str], bool]) -> list[str]:
    """`count` field names that no top-level field has; a full stop would separate parts of a name."""
    wanted = wanted.replace(".", "-")
    form = pdf.Root.get("/AcroForm")
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    known = list(fields) if isinstance(fields, pikepdf.Array) else []
    taken = {str(field.get("/T", "")) for field in known if isinstance(field, pikepdf.Dictionary)}
    candidates = (wanted if turn == 1 else f"{wanted}-{turn}" for turn in range(1, len(taken) + count + 2))
    free = [name for name in candidates if name not in taken and not is_locked(name)][:count]
    if len(free) < count:
        raise Refused(Problem.FIELD_LOCKED, field=wanted)
    return free


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
        update.change(root, {"/AcroForm": reference(fresh)})
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
        update.change(form, changed)
    else:
        update.change(root, {"/AcroForm": with_entries(form, changed)})
