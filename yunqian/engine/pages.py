"""The pages of a document as they are seen: inherited boxes and rotation, resolved once (ISO 32000-2 §7.7.3)."""

from collections.abc import Sequence
from dataclasses import replace

import pikepdf

from yunqian.engine.geometry import PageGeometry
from yunqian.engine.marks import Box
from yunqian.problems import Problem, Refused

_LETTER = Box(0, 0, 612, 792)
_MAX_SIDE_PT = 14_400 * 10  # ten times the classic limit of Annex C
_MAX_DEPTH = 64
_SHAPING = ("/MediaBox", "/CropBox", "/Rotate", "/UserUnit", "/Parent")


def walk(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    """Every page object in order, read from the page tree itself, which nothing mends on the way.

    Raises Refused(DOCUMENT_BROKEN) for a tree with a loop, a direct page, or more levels than make sense.
    """
    found: list[pikepdf.Object] = []
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[object, int]] = [(pdf.Root.get("/Pages"), 0)]
    while waiting:
        node, depth = waiting.pop()
        if not isinstance(node, pikepdf.Dictionary) or not node.is_indirect or depth > _MAX_DEPTH:
            raise Refused(Problem.DOCUMENT_BROKEN)
        if node.objgen in seen:
            raise Refused(Problem.DOCUMENT_BROKEN)
        seen.add(node.objgen)
        kids = node.get("/Kids")
        if isinstance(kids, pikepdf.Array):
            waiting += [(kid, depth + 1) for kid in reversed(list(kids))]
        else:
            found.append(node)
    return found


def geometry(page: pikepdf.Object, number: int) -> PageGeometry:
    """One page's geometry; a box that makes no sense is the page's defect.

    The visible area is the crop box cut to the media box. Raises Refused(DOCUMENT_BROKEN).
    """
    try:
        media = _box(inherited(page, "/MediaBox"))
        crop = _intersection(_box(inherited(page, "/CropBox")) or media or _LETTER, media or _LETTER)
        turned = int(inherited(page, "/Rotate") or 0)
        unit = float(page.get("/UserUnit", 1))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise Refused(Problem.DOCUMENT_BROKEN) from error
    sides_make_sense = 0 < crop.width_pt <= _MAX_SIDE_PT and 0 < crop.height_pt <= _MAX_SIDE_PT
    if turned % 90 or not sides_make_sense or not 0 < unit <= 1000:
        raise Refused(Problem.DOCUMENT_BROKEN)
    return PageGeometry(number, crop.x_pt, crop.y_pt, crop.width_pt, crop.height_pt, turned % 360, unit)


def geometries(pdf: pikepdf.Pdf) -> tuple[PageGeometry, ...]:
    """Every page's geometry, numbered from 1."""
    return shapes(walk(pdf))


def shapes(walked: Sequence[pikepdf.Object]) -> tuple[PageGeometry, ...]:
    """The geometry of pages that were walked, numbered from 1; what is written alike is worked out once."""
    known: dict[tuple[object, ...], PageGeometry] = {}
    found = []
    for number, page in enumerate(walked, start=1):
        written = tuple(_written(page.get(key)) for key in _SHAPING)
        if written not in known:
            known[written] = geometry(page, number)
        found.append(replace(known[written], number=number))
    return tuple(found)


def _written(value: object) -> object:
    """An entry as it stands in its dictionary: a number as it is, all else as bytes."""
    return value.unparse() if isinstance(value, pikepdf.Object) else value


def inherited(page: pikepdf.Object, key: str) -> pikepdf.Object | None:
    """An attribute of a page, which a node above it in the page tree may give (ISO 32000-2 §7.7.3.4)."""
    node: pikepdf.Object | None = page
    depth = 0
    while isinstance(node, pikepdf.Dictionary) and depth < _MAX_DEPTH:
        if key in node:
            return node[key]
        node, depth = node.get("/Parent"), depth + 1
    return None


def _box(array: pikepdf.Object | None) -> Box | None:
    """A rectangle with its corners put in order; an array of another length is ignored, as viewers do."""
    if not isinstance(array, pikepdf.Array) or len(array) != 4:
        return None
    left, bottom, right, top = (float(edge) for edge in array)
    left, right = sorted((left, right))
    bottom, top = sorted((bottom, top))
    return Box(left, bottom, right - left, top - bottom) if right > left and top > bottom else None


def _intersection(one: Box, two: Box) -> Box:
    x, y = max(one.x_pt, two.x_pt), max(one.y_pt, two.y_pt)
    width, height = min(one.right_pt, two.right_pt) - x, min(one.top_pt, two.top_pt) - y
    return Box(x, y, width, height) if width > 0 and height > 0 else two
