"""Where a mark would go if nobody said: the corner where people seal, or beside the newest mark; else nowhere.

All in what the reader sees at scale 1: points of paper from the top-left corner of the shown page, so that a turned
page has its corner where the reader expects it. A place is suggested only where it covers no known mark.
"""

from collections.abc import Iterable, Iterator, Sequence

from yunqian.engine.geometry import (
    POINTS_PER_MM,
    PageGeometry,
    VisibleBox,
    box_to_page,
    box_to_visible,
    visible_size,
)
from yunqian.engine.marks import Box

MARGIN_MM = 18.0
GAP_MM = 3.0
_ROWS = 4


def corner(page: PageGeometry, size_mm: tuple[float, float], taken: Iterable[Box]) -> Box | None:
    """The free place nearest the bottom-right corner: leftwards first, then a row higher. None where all is full."""
    known = [box_to_visible(page, box, 1) for box in taken]
    return _first(page, _from_corner(page, size_mm), known)


def beside(page: PageGeometry, size_mm: tuple[float, float], newest: Box, taken: Iterable[Box]) -> Box | None:
    """The free place right or left of the newest mark, its middle at the same height; then above or below it."""
    known = [box_to_visible(page, box, 1) for box in taken]
    return _first(page, _around(box_to_visible(page, newest, 1), size_mm), known)


def under(page: PageGeometry, box: Box, size_mm: tuple[float, float]) -> Box | None:
    """The place of a line under a mark, in its middle, and over it where the page ends there."""
    seen, (width, height) = box_to_visible(page, box, 1), _points(size_mm)
    left = seen.left + (seen.width - width) / 2
    places = (seen.top + seen.height + 2, seen.top - height - 2)
    return _first(page, (VisibleBox(left, top, width, height) for top in places), [])


def within(page: PageGeometry, wanted: Box, size_mm: tuple[float, float]) -> Box | None:
    """A mark of its true size in the middle of a wanted box; None where that is not wholly on the page."""
    seen, (width, height) = box_to_visible(page, wanted, 1), _points(size_mm)
    left, top = seen.left + (seen.width - width) / 2, seen.top + (seen.height - height) / 2
    return _first(page, [VisibleBox(left, top, width, height)], [])


def _first(page: PageGeometry, places: Iterable[VisibleBox], known: Sequence[VisibleBox]) -> Box | None:
    across, down = visible_size(page, 1)
    for place in places:
        is_on = place.left >= 0 and place.top >= 0
        is_on = is_on and place.left + place.width <= across and place.top + place.height <= down
        if is_on and not any(_overlap(place, one) for one in known):
            return box_to_page(page, place, 1)
    return None


def _from_corner(page: PageGeometry, size_mm: tuple[float, float]) -> Iterator[VisibleBox]:
    across, down = visible_size(page, 1)
    (width, height), margin, gap = _points(size_mm), MARGIN_MM * POINTS_PER_MM, GAP_MM * POINTS_PER_MM
    columns = max(1, int((across - 2 * margin + gap) // (width + gap)))
    for row in range(_ROWS):
        top = down - margin - height - row * (height + gap)
        for column in range(columns):
            left = across - margin - width - column * (width + gap)
            yield VisibleBox(max(left, 0.0), max(top, 0.0), width, height)


def _around(newest: VisibleBox, size_mm: tuple[float, float]) -> Iterator[VisibleBox]:
    (width, height), gap = _points(size_mm), GAP_MM * POINTS_PER_MM
    left = newest.left + (newest.width - width) / 2
    top = newest.top + (newest.height - height) / 2
    yield VisibleBox(newest.left + newest.width + gap, top, width, height)
    yield VisibleBox(newest.left - gap - width, top, width, height)
    yield VisibleBox(left, newest.top - gap - height, width, height)
    yield VisibleBox(left, newest.top + newest.height + gap, width, height)


def _points(size_mm: tuple[float, float]) -> tuple[float, float]:
    return size_mm[0] * POINTS_PER_MM, size_mm[1] * POINTS_PER_MM


def _overlap(one: VisibleBox, other: VisibleBox) -> bool:
    return (
        one.left < other.left + other.width
        and other.left < one.left + one.width
        and one.top < other.top + other.height
        and other.top < one.top + one.height
    )
