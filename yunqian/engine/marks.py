"""What a signer puts on the pages: the engine's own words, so that a verifier carries no API history."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points on the unrotated page, origin bottom-left (ISO 32000-2 §7.9.5)."""

    x_pt: float
    y_pt: float
    width_pt: float
    height_pt: float

    @property
    def right_pt(self) -> float:
        return self.x_pt + self.width_pt

    @property
    def top_pt(self) -> float:
        return self.y_pt + self.height_pt

    def union(self, other: "Box") -> "Box":
        """The smallest box that holds both."""
        x, y = min(self.x_pt, other.x_pt), min(self.y_pt, other.y_pt)
        return Box(x, y, max(self.right_pt, other.right_pt) - x, max(self.top_pt, other.top_pt) - y)

    def gap_pt(self, other: "Box") -> float:
        """How far apart two boxes are along the wider of both axes; 0 where they touch or overlap."""
        across = max(self.x_pt, other.x_pt) - min(self.right_pt, other.right_pt)
        along = max(self.y_pt, other.y_pt) - min(self.top_pt, other.top_pt)
        return max(across, along, 0.0)


@dataclass(frozen=True, slots=True)
class Impression:
    """The picture of a seal (印模) as PNG with transparency, and its true size in millimetres.

    `eseal` is the seal itself where there is one: a DER SESeal (V1, V4 or V5) that goes into the document.
    """

    name: str
    png: bytes = field(repr=False)
    width_mm: float
    height_mm: float
    eseal: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SealMark:
    """A seal on one page (numbered from 1); the picture fills the box, upright for the reader."""

    page: int
    box: Box
    impression: Impression


@dataclass(frozen=True, slots=True)
class DateMark:
    """A date (放置日期) as text on one page; the text is scaled to fit the box."""

    page: int
    box: Box
    text: str


@dataclass(frozen=True, slots=True)
class TextMark:
    """A note (文字) on one page, broken into lines within the box.

    `size_pt` is the size on paper; without it the largest legible one that fits is taken.
    """

    page: int
    box: Box
    text: str
    size_pt: float | None = None


class Edge(StrEnum):
    """An edge of the page as its reader sees it, /Rotate applied."""

    RIGHT = "right"
    LEFT = "left"
    TOP = "top"
    BOTTOM = "bottom"

    @property
    def is_upright(self) -> bool:
        """Whether the edge runs up and down, so that a seal over it is cut into columns."""
        return self in (Edge.RIGHT, Edge.LEFT)


class Parity(StrEnum):
    """Which sides of the sheets: a document printed on both sides is often sealed on the odd pages alone."""

    ALL = "all"
    ODD = "odd"
    EVEN = "even"


@dataclass(frozen=True, slots=True)
class PageChoice:
    """Which pages a paging seal runs over: from `first` to `last` (None: the end), numbered from 1."""

    first: int = 1
    last: int | None = None
    parity: Parity = Parity.ALL
    skipped: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PagingMark:
    """A paging seal (骑缝章): one impression cut over one edge of many pages.

    `along` is where the seal's middle lies on that edge of each page, whatever its size: 0 is top or left, 1
    bottom or right; near the ends the seal is moved so that it stays whole. `group_size` is over how many pages
    one impression is cut (2 to 20; None: groups of nearly equal size, none over 20 pages). `first_share` and
    `last_share` are the parts of the impression, between 0 and 1, on the first and last page of each group;
    the other pages share the rest equally.
    """

    impression: Impression
    edge: Edge = Edge.RIGHT
    along: float = 0.5
    pages: PageChoice = PageChoice()
    group_size: int | None = None
    first_share: float | None = None
    last_share: float | None = None


PlacedMark = SealMark | DateMark | TextMark  # one box on one page
Mark = PlacedMark | PagingMark
