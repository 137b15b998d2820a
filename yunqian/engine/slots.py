"""Slots of the paging seal: read-only push buttons reserved on every page before the first signature.

Each slot is a parent field `seam_<edge>_<n>` with one terminal field per page, a band along that edge, empty. A
signer's revision changes nothing but appearances (/AP) of one slot, which is form filling (ISO 32000-2
§12.8.2.2), so that every earlier signature stands, certified or not (decision 7). A slot paints only inside its
band, which the first signer's bytes already name: it cannot cover what others signed.
"""

from collections.abc import Mapping, Sequence

import pikepdf

from yunqian.engine import pages
from yunqian.engine.append import numbers
from yunqian.engine.geometry import POINTS_PER_MM, PageGeometry, VisibleBox, box_to_page, visible_size
from yunqian.engine.marks import Box, Edge

BAND_MM = 25.0  # the usual margin of contracts and official papers (GB/T 9704 has 26 mm), text stays clear
BAND_SHARE = 1 / 3  # of a page that is too narrow for two such bands
ON_MAIN_EDGE = 6  # signers, and recipients added later
ON_OTHER_EDGES = 1
MAX_WIDGETS = 900  # in one document of many pages; never less than two slots all the same
_FEWEST = 2
_FLAGS = 196  # Print + ReadOnly + Locked (ISO 32000-2 table 167)
_FIELD_FLAGS = 65537  # ReadOnly + Pushbutton (tables 227, 229)
_EMPTY = pikepdf.Dictionary(Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 1, 1])


def band(page: PageGeometry, edge: Edge) -> Box:
    """Where a slot lies on a page: the whole length of the visible edge, on the unrotated page."""
    width, height = visible_size(page, 1)
    depth = min(BAND_MM * POINTS_PER_MM, (width if edge.is_upright else height) * BAND_SHARE)
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
    seen = [pages.geometry(page, number) for number, page in enumerate(shown, start=1)]
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
            Rect=pikepdf.Object.parse(b"[%s]" % numbers((box.x_pt, box.y_pt, box.right_pt, box.top_pt))),
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
