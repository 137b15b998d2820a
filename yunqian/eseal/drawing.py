"""Seal pictures drawn by the program: the round official seal and the square name seal, at true size.

A layout (`yunqian.eseal.layout`) is painted as coverage at several times the final resolution, and reduced
once. The result is a transparent PNG whose every pixel has the one seal red and only the opacity varies, so it
lies on text as stamping ink does. The same words give the same bytes; `yunqian.eseal.vector` gives the same
seal as outlines.
"""

import io
import math
from dataclasses import dataclass

from PIL import Image, ImageDraw

from yunqian.eseal import layout, lettering
from yunqian.eseal.layout import Frame, Glyph, Layout, Ring, Star

RED = (0xC8, 0x16, 0x1D)
DOTS_PER_INCH = 600
MM_PER_INCH = 25.4
OVERSAMPLING = 4

inscription = layout.inscription


@dataclass(frozen=True, slots=True)
class Picture:
    """A seal's picture and the size at which it must be shown, in millimetres."""

    png: bytes
    width_mm: float
    height_mm: float


def round_seal(name: str, *, line: str = "", code: str = "", diameter_mm: float = 40.0) -> Picture:
    """The round official seal: ring, the name along the upper arc, a five-pointed star, `line` below the star.

    `code` is the seal's number (印章编码), 13 digits along the lower arc.
    Raises Refused(GLYPH_MISSING) for a character the font lacks, Refused(REQUEST_INVALID) for a text that
    is empty or longer than a seal can carry, or a diameter outside 20 to 60 mm.
    """
    return painted(layout.round_layout(name, line=line, code=code, diameter_mm=diameter_mm))


def name_seal(text: str, *, side_mm: float = 18.0) -> Picture:
    """The square name seal: red characters in a frame, columns read from the right (李明 | 之印).

    `text` is the full inscription; `inscription` makes it from a person's name. Refuses as `round_seal` does.
    """
    return painted(layout.name_layout(text, side_mm=side_mm))


def painted(seal: Layout) -> Picture:
    """A layout as a transparent PNG of 600 dpi. Raises Refused(GLYPH_MISSING)."""
    lettering.require_glyphs(seal.wording)
    sheet = _Sheet(seal.side_mm)
    for mark in seal.marks:
        match mark:
            case Ring():
                sheet.ring(mark)
            case Frame():
                sheet.frame(mark)
            case Star():
                sheet.star(mark)
            case Glyph():
                sheet.place(mark)
    return inked(sheet.coverage.reduce(OVERSAMPLING), RED, seal.side_mm, seal.side_mm)


def inked(coverage: Image.Image, colour: tuple[int, int, int], width_mm: float, height_mm: float) -> Picture:
    """Coverage becomes the opacity of one colour: a PNG that says its resolution and nothing else."""
    image = Image.new("RGBA", coverage.size, (*colour, 0))
    image.putalpha(coverage)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True, dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return Picture(out.getvalue(), width_mm, height_mm)


class _Sheet:
    """A square of coverage at `OVERSAMPLING` times the final resolution, painted in millimetres."""

    def __init__(self, side_mm: float) -> None:
        side_px = round(side_mm / MM_PER_INCH * DOTS_PER_INCH)
        self.side_mm = side_mm
        self.scale = side_px * OVERSAMPLING / side_mm
        self.coverage = Image.new("L", (side_px * OVERSAMPLING,) * 2)
        self.pen = ImageDraw.Draw(self.coverage)

    def ring(self, ring: Ring) -> None:
        for radius, fill in ((ring.radius_mm, 255), (ring.radius_mm - ring.thickness_mm, 0)):
            self.pen.ellipse((*self._px(-radius, radius), *self._px(radius, -radius)), fill=fill)

    def frame(self, frame: Frame) -> None:
        last = self.coverage.width - 1
        inset = frame.thickness_mm * self.scale
        self.pen.rounded_rectangle((0, 0, last, last), radius=inset, fill=255)
        self.pen.rectangle((inset, inset, last - inset, last - inset), fill=0)

    def star(self, star: Star) -> None:
        self.pen.polygon([self._px(x, y) for x, y in star.corners], fill=255)

    def place(self, cell: Glyph) -> None:
        """Paint one em square, squeezed to the cell and turned: the inverse map from sheet to glyph pixels."""
        reach = math.ceil(math.hypot(cell.width_mm, cell.height_mm) / 2 * self.scale) + 1
        x, y = (round(value) for value in self._px(cell.x_mm, cell.y_mm))
        em = lettering.EM_PX
        across = em / (cell.width_mm * self.scale)
        along = em / (cell.height_mm * self.scale)
        sine, cosine = math.sin(cell.turn), math.cos(cell.turn)
        inverse = (
            *(across * cosine, across * sine, em / 2 - across * reach * (cosine + sine)),
            *(-along * sine, along * cosine, em / 2 - along * reach * (cosine - sine)),
        )
        tile = lettering.glyph(cell.character).transform(
            (2 * reach, 2 * reach), Image.Transform.AFFINE, inverse, resample=Image.Resampling.BICUBIC
        )
        self.coverage.paste(255, (x - reach, y - reach), mask=tile)

    def _px(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        middle = self.side_mm / 2
        return (x_mm + middle) * self.scale - 0.5, (middle - y_mm) * self.scale - 0.5
