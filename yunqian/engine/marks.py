"""What a signer puts on the pages: the engine's own words, so that a verifier carries no API history."""

from dataclasses import dataclass, field


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


Mark = SealMark | DateMark
