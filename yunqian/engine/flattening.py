"""Form fields drawn into their pages, so that what is signed is what was seen (rule I4).

Signature fields stay: they are where the signers sign. A field whose shown content is not in the document (no
appearance, or one that each viewer makes anew) is not guessed: then the whole form is kept as it is.
"""

from collections.abc import Iterator

import pikepdf

from yunqian.engine import pages, survey

_MOST_LEVELS = 64
_SLOT = "seam_"  # as `slots.name` calls them
_HIDDEN_OR_NOT_VIEWED = 1 | 2 | 32  # ISO 32000-2 table 167: Invisible, Hidden, NoView


def flatten(pdf: pikepdf.Pdf) -> bool:
    """Draw every field that is no signature into its page and forget it; whether that was done.

    Nothing is changed where the answer is no.
    """
    form = survey.entries(pdf.Root, "/AcroForm")
    if form is None or bool(form.get("/NeedAppearances", False)):
        return False
    walked = pages.walk(pdf)
    widgets = {number: list(_fillable(page)) for number, page in enumerate(walked)}
    if not all(_is_drawn(widget) for several in widgets.values() for widget in several):
        return False
    for number, page in enumerate(walked):
        if widgets[number]:
            _draw(pdf, page, widgets[number], form)
    _forget(form)
    return True


def drop_empty_slots(pdf: pikepdf.Pdf) -> None:
    """Take out slots of the paging seal that are still empty: a document that we made ready came back unsigned.

    They are reserved anew by the rewrite; one that shows something is a stranger's field like any other.
    """
    fields = (survey.entries(pdf.Root, "/AcroForm") or pikepdf.Dictionary()).get("/Fields")
    listed = list(fields) if isinstance(fields, pikepdf.Array) else []
    empty = [one for one in listed if _is_empty_slot(one)]
    if not empty:
        return
    gone = {kid.objgen for one in empty for kid in list(one.Kids)}
    for page in pages.walk(pdf):
        annotations = page.get("/Annots")
        if isinstance(annotations, pikepdf.Array):
            page.Annots = pikepdf.Array([one for one in list(annotations) if not _is_gone(one, gone)])
    pdf.Root.AcroForm.Fields = pikepdf.Array([one for one in listed if one not in empty])


def _is_empty_slot(field: object) -> bool:
    if not isinstance(field, pikepdf.Dictionary) or not str(field.get("/T", "")).startswith(_SLOT):
        return False
    kids = field.get("/Kids")
    return isinstance(kids, pikepdf.Array) and all(_shows_nothing(kid) for kid in list(kids))


def _shows_nothing(widget: object) -> bool:
    """Whether a widget has one appearance, and that one is empty."""
    shown = survey.entries(widget, "/AP")
    normal = shown.get("/N") if shown is not None else None
    if not isinstance(widget, pikepdf.Dictionary) or not widget.is_indirect:
        return False
    return isinstance(normal, pikepdf.Stream) and not normal.read_bytes().strip()


def _fillable(page: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """The widgets of a page that belong to no signature field."""
    annotations = page.get("/Annots")
    for one in list(annotations) if isinstance(annotations, pikepdf.Array) else []:
        if survey.is_named(one, "/Subtype", "/Widget") and _kind(one) != "/Sig":
            yield one


def _kind(field: pikepdf.Object) -> str:
    """The kind of a field, which its parents may say for it (ISO 32000-2 §12.7.4.1)."""
    node: object = field
    for _ in range(_MOST_LEVELS):
        if not isinstance(node, pikepdf.Dictionary):
            break
        if "/FT" in node:
            return survey.name(node, "/FT")
        node = node.get("/Parent")
    return ""


def _is_drawn(widget: pikepdf.Object) -> bool:
    """Whether the document itself says what this widget shows: an appearance, or nothing to show."""
    if isinstance(pikepdf.Annotation(widget).get_appearance_stream(pikepdf.Name.N), pikepdf.Stream):
        return True
    if int(widget.get("/F", 0)) & _HIDDEN_OR_NOT_VIEWED:
        return True
    normal = survey.entries(survey.entries(widget, "/AP"), "/N")
    is_button = _kind(widget) == "/Btn"
    return (normal is not None or is_button) if is_button else not _has_value(widget)


def _has_value(field: pikepdf.Object) -> bool:
    node: object = field
    for _ in range(_MOST_LEVELS):
        if not isinstance(node, pikepdf.Dictionary):
            break
        if "/V" in node:
            value = node["/V"]
            return bool(str(value)) if isinstance(value, pikepdf.String) else True
        node = node.get("/Parent")
    return False


def _draw(
    pdf: pikepdf.Pdf, page: pikepdf.Object, widgets: list[pikepdf.Object], form: pikepdf.Object
) -> None:
    """Append the appearances to the page and take the widgets off it."""
    resources = _own_resources(page)
    rotation = pages.geometry(page, 1).rotation
    drawn = b""
    for position, widget in enumerate(widgets):
        annotation = pikepdf.Annotation(widget)
        appearance = annotation.get_appearance_stream(pikepdf.Name.N)
        if not isinstance(appearance, pikepdf.Stream):
            continue
        appearance.Type, appearance.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        if "/Resources" not in appearance and "/DR" in form:
            appearance.Resources = form.DR
        name = pikepdf.Name(f"/Flat{page.objgen[0]}x{position}")
        content = annotation.get_page_content_for_appearance(
            name, rotation, forbidden_flags=_HIDDEN_OR_NOT_VIEWED
        )
        if content:
            resources["/XObject"][name] = appearance
            drawn += content
    if drawn:
        shown = pikepdf.Page(page)
        shown.contents_add(pdf.make_stream(b"q\n"), prepend=True)
        shown.contents_add(pdf.make_stream(b"\nQ\n" + drawn))
    for widget in widgets:
        _silence(widget)  # the structure tree may still refer to it
    gone = {widget.objgen for widget in widgets if widget.is_indirect}
    left = [one for one in list(page.Annots) if not _is_gone(one, gone)]
    page.Annots = pikepdf.Array(left)


def _silence(field: object) -> None:
    """Take the actions off a field and those above it: calculating, formatting, what a click does."""
    for _ in range(_MOST_LEVELS):
        if not isinstance(field, pikepdf.Dictionary):
            return
        for key in ("/A", "/AA"):
            if key in field:
                del field[key]
        field = field.get("/Parent")


def _is_gone(one: object, gone: set[tuple[int, int]]) -> bool:
    """Whether an annotation was drawn: by its number, or a widget that is no object of its own."""
    if not isinstance(one, pikepdf.Object):
        return False
    if one.is_indirect:
        return one.objgen in gone
    return survey.is_named(one, "/Subtype", "/Widget") and _kind(one) != "/Sig"


def _own_resources(page: pikepdf.Object) -> pikepdf.Object:
    """The page's resources as its own, with a dictionary of pictures of its own: others may share them."""
    own = _copied(pages.inherited(page, "/Resources"))
    own["/XObject"] = _copied(own.get("/XObject"))
    page["/Resources"] = own
    return page["/Resources"]


def _copied(shared: pikepdf.Object | None) -> pikepdf.Dictionary:
    copy = pikepdf.Dictionary()
    for key, value in shared.items() if isinstance(shared, pikepdf.Dictionary) else ():
        copy[key] = value
    return copy


def _forget(form: pikepdf.Object) -> None:
    """Leave only signature fields, and the groups they stand in, in the form."""
    fields = form.get("/Fields")
    kept = [one for one in list(fields) if _holds_signature(one)] if isinstance(fields, pikepdf.Array) else []
    form.Fields = pikepdf.Array(kept)
    for key in ("/CO", "/NeedAppearances"):
        if key in form:
            del form[key]


def _holds_signature(field: object, depth: int = 0) -> bool:
    """Whether a field or one below it is a signature field; the others are taken out on the way."""
    if not isinstance(field, pikepdf.Dictionary) or depth > 32:
        return False
    if _kind(field) == "/Sig":
        return True
    kids = field.get("/Kids")
    kept = (
        [one for one in list(kids) if _holds_signature(one, depth + 1)]
        if isinstance(kids, pikepdf.Array)
        else []
    )
    if kept:
        field.Kids = pikepdf.Array(kept)
    return bool(kept)
