"""Page rotation, boxes, millimetres and points; twin of web/src/panel/geometry.ts, same vectors.

A page's user space has its origin bottom-left and never turns. What a reader sees is the crop box, turned
clockwise by /Rotate and enlarged by /UserUnit (ISO 32000-2 §7.7.3.3); a browser measures it from top-left.
"""

from dataclasses import dataclass

from yunqian.engine.marks import Box

POINTS_PER_MM = 72 / 25.4


@dataclass(frozen=True, slots=True)
class PageGeometry:
    """A page as it is seen: number from 1, the crop box in points, rotation 0/90/180/270 clockwise."""

    number: int
    crop_x_pt: float
    crop_y_pt: float
    crop_width_pt: float
    crop_height_pt: float
    rotation: int
    user_unit: float = 1.0

    @property
    def crop(self) -> Box:
        return Box(self.crop_x_pt, self.crop_y_pt, self.crop_width_pt, self.crop_height_pt)

    @property
    def shape(self) -> tuple[float, ...]:
        """Everything but the number: pages of one shape have their marks in the same place."""
        return (
            self.crop_x_pt,
            self.crop_y_pt,
            self.crop_width_pt,
            self.crop_height_pt,
            self.rotation,
            self.user_unit,
        )

    @property
    def is_sideways(self) -> bool:
        """Whether width and height change places for the reader."""
        return self.rotation in (90, 270)


@dataclass(frozen=True, slots=True)
class VisibleBox:
    """A rectangle as the browser has it: CSS pixels from the top-left corner of the page."""

    left: float
    top: float
    width: float
    height: float


def mm_to_pt(length_mm: float, user_unit: float = 1.0) -> float:
    """Millimetres on paper as user-space points of a page with this /UserUnit."""
    return length_mm * POINTS_PER_MM / user_unit


def pt_to_mm(length_pt: float, user_unit: float = 1.0) -> float:
    """User-space points as millimetres on paper."""
    return length_pt * user_unit / POINTS_PER_MM


def visible_size(page: PageGeometry, scale: float) -> tuple[float, float]:
    """Width and height of the shown page in CSS pixels; at scale 1 a point is a pixel."""
    zoom = scale * page.user_unit
    width, height = page.crop_width_pt * zoom, page.crop_height_pt * zoom
    return (height, width) if page.is_sideways else (width, height)


def to_visible(page: PageGeometry, x_pt: float, y_pt: float, scale: float) -> tuple[float, float]:
    """A page point as CSS pixels from the top-left corner of the shown page."""
    across, up = x_pt - page.crop_x_pt, y_pt - page.crop_y_pt
    width, height = page.crop_width_pt, page.crop_height_pt
    left, top = {
        0: (across, height - up),
        90: (up, across),
        180: (width - across, up),
        270: (height - up, width - across),
    }[page.rotation]
    zoom = scale * page.user_unit
    return left * zoom, top * zoom


def to_page(page: PageGeometry, left: float, top: float, scale: float) -> tuple[float, float]:
    """CSS pixels from the top-left corner of the shown page as a page point."""
    zoom = scale * page.user_unit
    left, top = left / zoom, top / zoom
    width, height = page.crop_width_pt, page.crop_height_pt
    across, up = {
        0: (left, height - top),
        90: (top, left),
        180: (width - left, top),
        270: (width - top, height - left),
    }[page.rotation]
    return page.crop_x_pt + across, page.crop_y_pt + up


def box_to_page(page: PageGeometry, visible: VisibleBox, scale: float) -> Box:
    """What was dragged on the screen as a box on the unrotated page."""
    one = to_page(page, visible.left, visible.top, scale)
    two = to_page(page, visible.left + visible.width, visible.top + visible.height, scale)
    x, y = min(one[0], two[0]), min(one[1], two[1])
    return Box(x, y, abs(one[0] - two[0]), abs(one[1] - two[1]))


def box_to_visible(page: PageGeometry, box: Box, scale: float) -> VisibleBox:
    """A box on the unrotated page as it is shown."""
    one = to_visible(page, box.x_pt, box.y_pt, scale)
    two = to_visible(page, box.right_pt, box.top_pt, scale)
    left, top = min(one[0], two[0]), min(one[1], two[1])
    return VisibleBox(left, top, abs(one[0] - two[0]), abs(one[1] - two[1]))


def is_inside(page: PageGeometry, box: Box, *, slack_pt: float = 0.5) -> bool:
    """Whether a box lies on the visible page; `slack_pt` forgives rounding in the browser."""
    crop = page.crop
    return (
        box.x_pt >= crop.x_pt - slack_pt
        and box.y_pt >= crop.y_pt - slack_pt
        and box.right_pt <= crop.right_pt + slack_pt
        and box.top_pt <= crop.top_pt + slack_pt
    )
