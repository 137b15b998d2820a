"""Slots of the paging seal: read-only push buttons reserved on every page before the first signature.

Each slot is a parent field `seam_<edge>_<n>` with one terminal field per page, a band along that edge, empty. A
signer's revision changes nothing but appearances (/AP) of one slot, which is form filling (ISO 32000-2
§12.8.2.2), so that every earlier signature stands, certified or not (decision 7). A slot paints only inside its
band, which the first signer's bytes already name: it cannot cover what others signed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pikepdf

from yunqian.engine import pages
from yunqian.engine.append import Update, numbers, reference, reference_to
from yunqian.engine.geometry import PageGeometry, VisibleBox, box_to_page, visible_size
from yunqian.engine.marks import Box, Edge
from yunqian.engine.strips import Strip, form

BAND_PT = 72.0  # 25.4 mm: within the margins of contracts and official papers (GB/T 9704: 26 mm and more)
BAND_SHARE = 1 / 3  # of a page that is too narrow for two such bands
ON_MAIN_EDGE = 6  # signers, and recipients added later
ON_OTHER_EDGES = 1
MAX_WIDGETS = 900  # in one document of many pages; never less than two slots all the same
_FEWEST = 2
_FLAGS = 196  # Print + ReadOnly + Locked (ISO 32000-2 table 167)
_FIELD_FLAGS = 65537  # ReadOnly + Pushbutton (tables 227, 229)
_EMPTY = pikepdf.Dictionary(Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 1, 1])
_SHORT_BYTES = 32
_PARENT = re.compile(rb"<< /FT /Btn /Ff 65537 /Kids \[ ((?:\d+ \d+ R ?)*)\] /T \([a-z_0-9]+\) >>")
_REFERENCE = re.compile(rb"(\d+) (\d+) R")
_APPEARANCE = re.compile(rb"(?<=^<< )/AP << /N \d+ \d+ R >>")


def band(page: PageGeometry, edge: Edge) -> Box:
    """Where a slot lies on a page: the whole length of the visible edge, on the unrotated page.

    Part of the format: a slot of other measures is nobody's slot (see `empty_slots`).
    """
    width, height = visible_size(page, 1)
    depth = min(BAND_PT, (width if edge.is_upright else height) * BAND_SHARE)
    seen = {
        Edge.RIGHT: VisibleBox(width - depth, 0, depth, height),
        Edge.LEFT: VisibleBox(0, 0, depth, height),
        Edge.TOP: VisibleBox(0, 0, width, depth),
        Edge.BOTTOM: VisibleBox(0, height - depth, width, depth),
    }[edge]
    return box_to_page(page, seen, 1)


def planned(page_count: int) -> dict[Edge, int]:
    """How many slots a document of so many pages gets; none for a single page, fewer for a very long one."""
    if page_count < 2:
        return dict.fromkeys(Edge, 0)
    main = max(_FEWEST, min(ON_MAIN_EDGE, MAX_WIDGETS // page_count))
    others = ON_OTHER_EDGES if page_count * (main + 3 * ON_OTHER_EDGES) <= MAX_WIDGETS else 0
    return {edge: main if edge is Edge.RIGHT else others for edge in Edge}


def name(edge: Edge, number: int) -> str:
    """The name of a slot's parent field; numbers run from 1 along each edge."""
    return f"seam_{edge}_{number}"


def reserve(pdf: pikepdf.Pdf, *, slots: Mapping[Edge, int] | None = None) -> None:
    """Put empty slots into an open document that nobody has signed; what is there already is counted.

    `slots` says how many on which edge; without it, what `planned` says. A document of one page gets none.
    Raises Refused(DOCUMENT_BROKEN) for a page tree that cannot be walked.
    """
    shown = pages.walk(pdf)
    wanted = planned(len(shown)) if slots is None else slots
    if len(shown) < 2 or not any(wanted.values()):
        return
    seen = pages.shapes(shown)
    fields = _field_list(pdf)
    taken = {str(field.get("/T", "")) for field in fields if isinstance(field, pikepdf.Dictionary)}
    empty = pdf.make_indirect(pikepdf.Stream(pdf, b"", _EMPTY))
    annotations = _annotation_arrays(shown)
    for edge, count in wanted.items():
        places = [(page, known, band(known, edge)) for page, known in zip(shown, seen, strict=True)]
        for number in range(1, count + 1):
            if name(edge, number) in taken:
                continue
            slot = _slot(pdf, name(edge, number), places, empty=empty)
            fields.append(slot)
            for array, child in zip(annotations, slot.Kids, strict=True):
                array.append(child)


def _slot(
    pdf: pikepdf.Pdf,
    title: str,
    places: Sequence[tuple[pikepdf.Object, PageGeometry, Box]],
    *,
    empty: pikepdf.Object,
) -> pikepdf.Object:
    """One parent field and its empty children, page by page."""
    parent = pdf.make_indirect(
        pikepdf.Dictionary(FT=pikepdf.Name.Btn, Ff=_FIELD_FLAGS, T=title, Kids=pikepdf.Array())
    )
    children = []
    for page, seen, box in places:
        child = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            T=f"p{seen.number}",
            F=_FLAGS,
            Rect=pikepdf.Object.parse(b"[%s]" % _corners(box)),
            P=page,
            Parent=parent,
            AP=pikepdf.Dictionary(N=empty),
        )
        if seen.rotation:
            child.MK = pikepdf.Dictionary(R=seen.rotation)
        children.append(pdf.make_indirect(child))
    parent.Kids = pikepdf.Array(children)
    return parent


def _field_list(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """The form's /Fields, made where it is missing; the form becomes an indirect object."""
    form = pdf.Root.get("/AcroForm")
    if not isinstance(form, pikepdf.Dictionary):
        form = pdf.Root.AcroForm = pdf.make_indirect(pikepdf.Dictionary())
    elif not form.is_indirect:
        form = pdf.Root.AcroForm = pdf.make_indirect(form)
    if not isinstance(form.get("/Fields"), pikepdf.Array):
        form.Fields = pikepdf.Array()
    return form.Fields


def _annotation_arrays(shown: Sequence[pikepdf.Object]) -> list[pikepdf.Object]:
    """Each page's own /Annots: made where there is none, taken apart where two pages share one."""
    arrays = []
    known: set[tuple[int, int]] = set()
    for page in shown:
        array = page.get("/Annots")
        if not isinstance(array, pikepdf.Array):
            page.Annots = pikepdf.Array()
        elif array.is_indirect and array.objgen in known:
            page.Annots = pikepdf.Array(list(array))
        elif array.is_indirect:
            known.add(array.objgen)
        arrays.append(page.Annots)
    return arrays


@dataclass(frozen=True, slots=True)
class Slot:
    """An empty slot of a document: each page's child, its bytes as qpdf writes them, and its rectangle."""

    name: str
    children: tuple[pikepdf.Object, ...]
    bodies: tuple[bytes, ...]
    bands: tuple[Box, ...]


def can_hold(strips: Iterable[Strip], edge: Edge) -> bool:
    """Whether every strip lies in its page's band; one of a large seal on few pages may be wider."""
    looks = {(strip.page.shape, strip.box): strip for strip in strips}
    return all(_holds(band(strip.page, edge), strip.box) for strip in looks.values())


def empty_slots(
    pdf: pikepdf.Pdf, shown: Sequence[pikepdf.Object], seen: Sequence[PageGeometry], edge: Edge
) -> Iterator[Slot]:
    """The slots along an edge that nobody has filled, lowest number first.

    Only what is exactly as `reserve` makes it counts: a stranger's button of the same name could lie anywhere.
    """
    for parent in _parents(pdf, edge):
        slot = _read(pdf, parent, shown, seen, edge)
        if slot is not None:
            yield slot


def fill(update: Update, slot: Slot, strips: Sequence[Strip], resources: bytes) -> None:
    """Show strips in a slot: each page's child gets an appearance, nothing else about it changes.

    `resources` is a reference to the resource dictionary that the strips share. Equal strips share a form.
    """
    forms: dict[tuple[tuple[float, ...], Box, Box], bytes] = {}
    for strip in strips:
        place = strip.page.number - 1
        look = (strip.page.shape, strip.box, strip.seal)
        if look not in forms:
            forms[look] = reference(update.add(form(strip, slot.bands[place], resources=resources)))
        before, after = _APPEARANCE.split(slot.bodies[place])
        update.replace(slot.children[place], b"%s/AP << /N %s >>%s" % (before, forms[look], after))


def _parents(pdf: pikepdf.Pdf, edge: Edge) -> list[pikepdf.Object]:
    interactive = pdf.Root.get("/AcroForm")
    fields = interactive.get("/Fields") if isinstance(interactive, pikepdf.Dictionary) else None
    found = []
    for field in fields if isinstance(fields, pikepdf.Array) else ():
        if isinstance(field, pikepdf.Dictionary) and field.is_indirect:
            match = re.fullmatch(rf"seam_{edge}_([1-9][0-9]{{0,3}})", str(field.get("/T", "")))
            if match:
                found.append((int(match[1]), field))
    return [field for _, field in sorted(found, key=lambda one: one[0])]


def _read(
    pdf: pikepdf.Pdf,
    parent: pikepdf.Object,
    shown: Sequence[pikepdf.Object],
    seen: Sequence[PageGeometry],
    edge: Edge,
) -> Slot | None:
    """A parent field as a slot with an empty child on every page in order, or None where anything differs."""
    match = _PARENT.fullmatch(parent.unparse(resolved=True))
    kids = _REFERENCE.findall(match[1]) if match else []
    if len(kids) != len(shown):
        return None
    children = tuple(pdf.get_object(int(number), int(generation)) for number, generation in kids)
    if not all(isinstance(child, pikepdf.Dictionary) for child in children):
        return None
    bodies = tuple(child.unparse(resolved=True) for child in children)
    bands, corners = _bands(seen, edge)
    appearance = children[0].get("/AP")
    empty = appearance.get("/N") if isinstance(appearance, pikepdf.Dictionary) else None
    if empty is None or not _is_empty(empty):
        return None
    above, drawing = reference_to(parent), reference_to(empty)
    for body, page, known, box in zip(bodies, shown, seen, corners, strict=True):
        wanted = _child(page, known, box, parent=above, drawing=drawing)
        if body != wanted:
            return None
    return Slot(str(parent.T), children, bodies, bands)


def _bands(seen: Sequence[PageGeometry], edge: Edge) -> tuple[tuple[Box, ...], tuple[bytes, ...]]:
    """Each page's band, and its corners as written; worked out once per shape of page."""
    known: dict[tuple[float, ...], tuple[Box, bytes]] = {}
    for page in seen:
        if page.shape not in known:
            box = band(page, edge)
            known[page.shape] = box, _corners(box)
    return tuple(known[page.shape][0] for page in seen), tuple(known[page.shape][1] for page in seen)


def _corners(box: Box) -> bytes:
    return numbers((box.x_pt, box.y_pt, box.right_pt, box.top_pt))


def _child(page: pikepdf.Object, seen: PageGeometry, box: bytes, *, parent: bytes, drawing: bytes) -> bytes:
    """A child as qpdf writes it: keys in order, single spaces."""
    turned = b"/MK << /R %d >> " % seen.rotation if seen.rotation else b""
    return (
        b"<< /AP << /N %s >> /F %d %s/P %s /Parent %s /Rect [ %s ] /Subtype /Widget /T (p%d) /Type /Annot >>"
        % (
            drawing,
            _FLAGS,
            turned,
            reference_to(page),
            parent,
            box,
            seen.number,
        )
    )


def _is_empty(drawing: pikepdf.Object) -> bool:
    """An indirect form that paints nothing; a few bytes may be the compression of nothing."""
    if not isinstance(drawing, pikepdf.Stream) or not drawing.is_indirect:
        return False
    try:
        return len(drawing.read_raw_bytes()) <= _SHORT_BYTES and drawing.read_bytes() == b""
    except pikepdf.PdfError:
        return False


def _holds(band: Box, strip: Box) -> bool:
    slack = 0.01
    return (
        strip.x_pt >= band.x_pt - slack
        and strip.y_pt >= band.y_pt - slack
        and strip.right_pt <= band.right_pt + slack
        and strip.top_pt <= band.top_pt + slack
    )
