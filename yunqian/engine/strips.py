"""One strip of a paging seal: its place on a page, and its drawing in a widget that holds it."""

from dataclasses import dataclass

from yunqian.engine import impression
from yunqian.engine.append import number, numbers, stream
from yunqian.engine.geometry import PageGeometry
from yunqian.engine.marks import Box, Impression


@dataclass(frozen=True, slots=True)
class Strip:
    """The part of `impression` that one page shows, in points on the unrotated page.

    `seal` is where the whole impression would lie; only what is in `box`, at the page's edge, is shown.
    """

    page: PageGeometry
    box: Box
    seal: Box
    impression: Impression


def form(strip: Strip, rectangle: Box, *, resources: bytes) -> bytes:
    """The appearance (form XObject) of a widget at `rectangle`, showing the strip upright to the reader.

    The picture is cut by a clip, never by slicing: all strips show one image, /S in the shared `resources`.
    """
    width, height, (shown, whole) = impression.upright(strip.page, rectangle, (strip.box, strip.seal))
    clip = numbers((shown.x_pt, shown.y_pt, shown.width_pt, shown.height_pt))
    place = numbers((whole.width_pt, 0, 0, whole.height_pt, whole.x_pt, whole.y_pt))
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 %s %s]/Matrix[%s]/Resources %s" % (
        number(width),
        number(height),
        impression.turned_back(strip.page.rotation, width, height),
        resources,
    )
    return stream(entries, b"q %s re W n %s cm /S Do Q" % (clip, place))
