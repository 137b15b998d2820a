"""One strip of a paging seal: its place on a page, and its drawing in a widget that holds it."""

from dataclasses import dataclass

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
