"""Seal pictures drawn by the program: the round official seal and the square name seal, at true size.

Everything is laid out in millimetres with the origin in the seal's centre and y pointing up, painted as
coverage at several times the final resolution, and reduced once. The result is a transparent PNG whose every
pixel has the one seal red and only the opacity varies, so it lies on text as stamping ink does.
The same words give the same bytes.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from yunqian.problems import Problem, Refused

RED = (0xC8, 0x16, 0x1D)
DOTS_PER_INCH = 600
MM_PER_INCH = 25.4
OVERSAMPLING = 4
NAME_LIMIT = 40
LINE_LIMIT = 12
NAME_SEAL_LIMIT = 12

_FONT = Path(__file__).parent / "seal-serif.woff2"
_EM_PX = 512
_ABSENT = "\U0010fffd"  # private use: no font of ours has it, so it shows what "no glyph" looks like

# Proportions of the round seal, in parts of its radius (a 40 mm company seal has a ring of 1.2 mm and a star
# of 14 mm across).
_RING = 0.06
_NAME_OUTER = 0.90
_NAME_HEIGHT = 0.30
_NAME_HEIGHT_LONG = 0.26
_NAME_LONG = 18
_PITCH_MAX = math.radians(27)
_SWEEP = math.radians(286)
_SWEEP_OVER_LINE = math.radians(248)
_GLYPH_WIDTH_MAX = 0.80
_GLYPH_FILL = 0.96
_STAR = 0.35
_STAR_RAISED = 0.04
_LINE_MIDDLE = -0.56
_LINE_HEIGHT = 0.21
_LINE_PITCH_MAX = 0.19
_LINE_WIDTH = 0.86

# Proportions of the square seal, in parts of its side.
_FRAME = 0.055
_FRAME_GAP = 0.045


@dataclass(frozen=True, slots=True)
class Picture:
    """A seal's picture and the size at which it must be shown, in millimetres."""

    png: bytes
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class _Cell:
    """Where one glyph's em square goes: centre and size in mm, turned clockwise by `turn` radians."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    turn: float = 0.0


def round_seal(name: str, *, line: str = "", diameter_mm: float = 40.0) -> Picture:
    """The round official seal: ring, the name along the upper arc, a five-pointed star, `line` below the star.

    Glyphs keep their height and are squeezed in width as the name grows, as engravers do.
    Raises Refused(GLYPH_MISSING) for a character the font lacks, Refused(REQUEST_INVALID) for a text that
    is empty or longer than a seal can carry, or a diameter outside 20 to 60 mm.
    """
    _require_length(name, NAME_LIMIT, "name")
    if line:
        _require_length(line, LINE_LIMIT, "line")
    _require_size(diameter_mm, 20.0, 60.0)
    _require_glyphs(name + line)
    radius = diameter_mm / 2
    sheet = _Sheet(diameter_mm)
    sheet.ring(radius, _RING * radius)
    sheet.star(_STAR_RAISED * radius if line else 0.0, _STAR * radius)
    sheet.write(name, _along_arc(len(name), radius, over_line=bool(line)))
    sheet.write(line, _below_star(len(line), radius))
    return sheet.picture()


def name_seal(text: str, *, side_mm: float = 18.0) -> Picture:
    """The square name seal: red characters in a frame, columns read from the right (李明 | 之印).

    `text` is the full inscription; `inscription` makes it from a person's name. Refuses as `round_seal` does.
    """
    _require_length(text, NAME_SEAL_LIMIT, "name")
    _require_size(side_mm, 8.0, 40.0)
    _require_glyphs(text)
    sheet = _Sheet(side_mm)
    sheet.frame(_FRAME * side_mm)
    sheet.write(text, _in_columns(len(text), side_mm))
    return sheet.picture()


def inscription(person_name: str) -> str:
    """The customary wording of a name seal: 李明 → 李明之印, 欧阳修 → 欧阳修印; longer names stand alone."""
    return person_name + {2: "之印", 3: "印"}.get(len(person_name), "")


def _along_arc(count: int, radius: float, *, over_line: bool) -> list[_Cell]:
    """Cells evenly set along the upper arc, from left to right, each standing on its own radius."""
    height = (_NAME_HEIGHT if count < _NAME_LONG else _NAME_HEIGHT_LONG) * radius
    middle = _NAME_OUTER * radius - height / 2
    sweep = _SWEEP_OVER_LINE if over_line else _SWEEP
    pitch = min(_PITCH_MAX, sweep / max(1, count - 1))
    # The inner edge is the tighter one: neighbours must not touch there.
    room = 2 * (middle - height / 2) * math.tan(pitch / 2)
    width = min(_GLYPH_WIDTH_MAX * height, (room + pitch * middle) / 2 * _GLYPH_FILL)
    turns = [(index - (count - 1) / 2) * pitch for index in range(count)]
    return [_Cell(middle * math.sin(t), middle * math.cos(t), width, height, t) for t in turns]


def _below_star(count: int, radius: float) -> list[_Cell]:
    """Cells of the straight second line under the star."""
    pitch = min(_LINE_PITCH_MAX, _LINE_WIDTH / max(1, count)) * radius
    return [
        _Cell((index - (count - 1) / 2) * pitch, _LINE_MIDDLE * radius, pitch * 0.94, _LINE_HEIGHT * radius)
        for index in range(count)
    ]


def _in_columns(count: int, side: float) -> list[_Cell]:
    """Cells in columns from right to left, each column filled from the top and stretched to the full height."""
    columns = 1 if count == 1 else 2 if count <= 6 else 3
    per_column = math.ceil(count / columns)
    inner = side * (1 - 2 * (_FRAME + _FRAME_GAP))
    width = inner / columns
    cells = []
    for index in range(count):
        column, row = divmod(index, per_column)
        here = min(per_column, count - column * per_column)
        height = inner / here
        x = inner / 2 - (column + 0.5) * width
        cells.append(_Cell(x, inner / 2 - (row + 0.5) * height, width * 0.98, height * 0.98))
    return cells


class _Sheet:
    """A square of coverage at `OVERSAMPLING` times the final resolution, painted in millimetres."""

    def __init__(self, side_mm: float) -> None:
        self.side_mm = side_mm
        self.side_px = round(side_mm / MM_PER_INCH * DOTS_PER_INCH)
        self.scale = self.side_px * OVERSAMPLING / side_mm
        self.coverage = Image.new("L", (self.side_px * OVERSAMPLING,) * 2)
        self.pen = ImageDraw.Draw(self.coverage)

    def ring(self, radius: float, thickness: float) -> None:
        box = (*self._px(-radius, radius), *self._px(radius, -radius))
        inner = radius - thickness
        self.pen.ellipse(box, fill=255)
        self.pen.ellipse((*self._px(-inner, inner), *self._px(inner, -inner)), fill=0)

    def frame(self, thickness: float) -> None:
        last = self.coverage.width - 1
        self.pen.rounded_rectangle((0, 0, last, last), radius=thickness * self.scale, fill=255)
        inset = thickness * self.scale
        self.pen.rectangle((inset, inset, last - inset, last - inset), fill=0)

    def star(self, y_mm: float, radius: float) -> None:
        """A regular five-pointed star; the inner corners follow from the pentagram (ratio 1 / φ²)."""
        inner = radius / ((1 + math.sqrt(5)) / 2) ** 2
        corners = [
            self._px(length * math.sin(turn), y_mm + length * math.cos(turn))
            for step in range(10)
            for length, turn in [(inner if step % 2 else radius, step * math.pi / 5)]
        ]
        self.pen.polygon(corners, fill=255)

    def write(self, text: str, cells: Sequence[_Cell]) -> None:
        for character, cell in zip(text, cells, strict=True):
            self._place(_glyph(character), cell)

    def picture(self) -> Picture:
        """Reduce to the final resolution and colour: the coverage becomes the opacity."""
        image = Image.new("RGBA", (self.side_px, self.side_px), (*RED, 0))
        image.putalpha(self.coverage.reduce(OVERSAMPLING))
        out = io.BytesIO()
        image.save(out, "PNG", optimize=True, dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
        return Picture(out.getvalue(), self.side_mm, self.side_mm)

    def _px(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        middle = self.side_mm / 2
        return (x_mm + middle) * self.scale - 0.5, (middle - y_mm) * self.scale - 0.5

    def _place(self, glyph: Image.Image, cell: _Cell) -> None:
        """Paint one em square, squeezed to the cell and turned: the inverse map from sheet to glyph pixels."""
        reach = math.ceil(math.hypot(cell.width_mm, cell.height_mm) / 2 * self.scale) + 1
        x, y = (round(value) for value in self._px(cell.x_mm, cell.y_mm))
        across = _EM_PX / (cell.width_mm * self.scale)
        along = _EM_PX / (cell.height_mm * self.scale)
        sine, cosine = math.sin(cell.turn), math.cos(cell.turn)
        inverse = (
            *(across * cosine, across * sine, _EM_PX / 2 - across * reach * (cosine + sine)),
            *(-along * sine, along * cosine, _EM_PX / 2 - along * reach * (cosine - sine)),
        )
        tile = glyph.transform(
            (2 * reach, 2 * reach), Image.Transform.AFFINE, inverse, resample=Image.Resampling.BICUBIC
        )
        self.coverage.paste(255, (x - reach, y - reach), mask=tile)


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONT), _EM_PX, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=512)
def _glyph(character: str) -> Image.Image:
    """The coverage of one character's em square; narrow Latin characters are widened to fill it."""
    font = _font()
    advance = max(1, round(font.getlength(character)))
    image = Image.new("L", (advance, _EM_PX))
    # Noto's CJK em square reaches from 0.88 above the baseline to 0.12 below it.
    ImageDraw.Draw(image).text((0, round(0.88 * _EM_PX)), character, fill=255, font=font, anchor="ls")
    return image if advance == _EM_PX else image.resize((_EM_PX, _EM_PX), Image.Resampling.BICUBIC)


def _require_glyphs(text: str) -> None:
    absent = _glyph(_ABSENT).tobytes()
    missing = sorted({c for c in text if not c.isprintable() or _glyph(c).tobytes() == absent})
    if missing:
        raise Refused(Problem.GLYPH_MISSING, characters="".join(missing))


def _require_length(text: str, limit: int, what: str) -> None:
    if not text.strip() or len(text) > limit:
        raise Refused(
            Problem.REQUEST_INVALID, detail=f"{what} of a seal: 1 to {limit} characters, not {len(text)}"
        )


def _require_size(size_mm: float, least: float, most: float) -> None:
    if not least <= size_mm <= most:
        raise Refused(
            Problem.REQUEST_INVALID, detail=f"size of a seal: {least:g} to {most:g} mm, not {size_mm:g}"
        )
