"""Signatures written by hand on a screen: strokes of a pen, a finger or a mouse as a picture of ink.

The strokes come from a browser and are a stranger's numbers; everything is checked before anything is drawn.
Between the points runs a smooth curve through all of them. The line is broader where the pen presses or,
where nothing presses, where the hand is slow, as the ink of a pen is.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PIL import Image, ImageDraw

from yunqian.eseal.drawing import DOTS_PER_INCH, MM_PER_INCH, Picture, inked
from yunqian.eseal.kinds import KINDS, SealKind, check_size
from yunqian.problems import Problem, Refused

INK = (0x1A, 0x1A, 0x1F)
STROKES_LIMIT = 200
POINTS_LIMIT = 10_000
NUMBER_LIMIT = 1e15  # beyond every screen, and beyond the milliseconds since 1970

_LEAST_EXTENT = 1e-3  # of any unit of a screen: less is a dot
_OVERSAMPLING = 3
_MARGIN_MM = 0.2
_THIN_MM = 0.35
_BROAD_MM = 0.95
_EDGE_MM = _MARGIN_MM + _BROAD_MM / 2
_LEAST_MM = (20.0, 8.0)  # what a signature is at least: `KINDS`
_HIGHEST_MM = 30.0
_NEAR_MM = 0.04  # points nearer than this are one: the hand trembles
_PIECE_MM = 0.2  # the straight pieces that a curve is drawn with
_PIECES_LIMIT = 12  # between two points, so that points far apart cost no more than others
_CALM = 0.6  # how much of its former breadth a line keeps from point to point

Point = tuple[float, float, float]
Stroke = Sequence[Point]


@dataclass(frozen=True, slots=True)
class _Dot:
    """One place of a line and how broad the line is there; all in millimetres, y down."""

    x: float
    y: float
    breadth: float = _THIN_MM

    def to(self, other: "_Dot") -> float:
        return math.hypot(other.x - self.x, other.y - self.y)


_Line = list[_Dot]


def signature_strokes(strokes: Sequence[Stroke], *, width_mm: float = 40.0) -> Picture:
    """A signature as a transparent PNG of 600 dpi, at most `width_mm` wide and of a size that signatures have.

    Each point is x, y (y points down, in any unit) and the pressure from 0 to 1; where any third number is
    above 1, all of them are times in milliseconds. A signature too high for its width becomes smaller; one
    smaller than the least size stands in the middle of a clear sheet of that size.

    Raises Refused: SIGNATURE_EMPTY where nothing was written, or a dot alone; REQUEST_INVALID for more than
    200 strokes or 10,000 points, and for points that are not three finite numbers;
    SEAL_SIZE_WRONG_FOR_KIND for a width that no signature has.
    """
    check_size(SealKind.SIGNATURE, width_mm, KINDS[SealKind.SIGNATURE].default_mm[1])
    written = _checked(strokes)
    lines = [_curve(line) for line in _weighed(written, _scale(_box(_places(written)), width_mm))]
    box = _box([(dot.x, dot.y) for line in lines for dot in line])
    scale = _scale(box, width_mm)
    width, height = (
        round(max(least, (high - low) * scale + 2 * _EDGE_MM), 2)
        for (low, high), least in zip(box, _LEAST_MM, strict=True)
    )
    sheet = _Sheet(width, height)
    for line in lines:
        sheet.write([_on_sheet(dot, box, scale, (width, height)) for dot in line])
    return inked(sheet.coverage.reduce(_OVERSAMPLING), INK, width, height)


# ---------------------------------------------------------------- what came


def _checked(strokes: Sequence[Stroke]) -> list[list[Point]]:
    """The strokes that hold points, each point as three finite numbers."""
    try:
        if len(strokes) > STROKES_LIMIT:
            raise _invalid(f"at most {STROKES_LIMIT} strokes")
        if sum(len(stroke) for stroke in strokes) > POINTS_LIMIT:
            raise _invalid(f"at most {POINTS_LIMIT} points")
        written = [[_point(*point) for point in stroke] for stroke in strokes if len(stroke)]
    except (TypeError, ValueError, OverflowError) as error:
        raise _invalid("a point of a stroke is three finite numbers") from error
    if not written or max(high - low for low, high in _box(_places(written))) < _LEAST_EXTENT:
        raise Refused(Problem.SIGNATURE_EMPTY)
    return written


def _point(x: float, y: float, third: float) -> Point:
    numbers = float(x), float(y), float(third)
    if not all(abs(number) <= NUMBER_LIMIT for number in numbers):
        raise _invalid("a point of a stroke is three finite numbers")
    return numbers


def _invalid(detail: str) -> Refused:
    return Refused(Problem.REQUEST_INVALID, detail=detail)


def _places(written: list[list[Point]]) -> list[tuple[float, float]]:
    return [(x, y) for stroke in written for x, y, _ in stroke]


# ---------------------------------------------------------------- where it lies

_Box = tuple[tuple[float, float], tuple[float, float]]  # least and greatest x, least and greatest y


def _box(places: Iterable[tuple[float, float]]) -> _Box:
    across, down = zip(*places, strict=True)
    return (min(across), max(across)), (min(down), max(down))


def _scale(box: _Box, width_mm: float) -> float:
    """Millimetres for each unit, so that the box fills the width, or the height where it is too high for that."""
    room = (width_mm - 2 * _EDGE_MM, _HIGHEST_MM - 2 * _EDGE_MM)
    sides = [high - low for low, high in box]
    return min(space / side for space, side in zip(room, sides, strict=True) if side > 0)


def _on_sheet(dot: _Dot, box: _Box, scale: float, size_mm: tuple[float, float]) -> _Dot:
    """The writing in the middle of the sheet."""
    x, y = (
        side / 2 + (place - (low + high) / 2) * scale
        for place, (low, high), side in zip((dot.x, dot.y), box, size_mm, strict=True)
    )
    return _Dot(x, y, dot.breadth)


# ---------------------------------------------------------------- how it was written


def _weighed(written: list[list[Point]], scale: float) -> list[_Line]:
    """The points in millimetres with the breadth of the line at each of them."""
    is_pressure = all(0 <= third <= 1 for stroke in written for _, _, third in stroke)
    left, top = min(x for x, _ in _places(written)), min(y for _, y in _places(written))
    lines = []
    for stroke in written:
        placed = [((x - left) * scale, (y - top) * scale, third) for x, y, third in stroke]
        steady = _steady(placed)
        parts = [third or 0.5 for _, _, third in steady] if is_pressure else _slowness(steady)
        lines.append(_calm(steady, parts))
    return lines


def _steady(points: list[Point]) -> list[Point]:
    """Without the points that lie on the one before."""
    kept = points[:1]
    for point in points[1:]:
        if math.hypot(point[0] - kept[-1][0], point[1] - kept[-1][1]) >= _NEAR_MM:
            kept.append(point)
    return kept


def _slowness(points: list[Point]) -> list[float]:
    """From 0 to 1: a half where the hand is as fast as on the whole stroke, more where it is slower."""
    paces = [math.hypot(b[0] - a[0], b[1] - a[1]) / max(1.0, b[2] - a[2]) for a, b in pairwise(points)]
    if not paces:
        return [0.5] * len(points)
    usual = sum(paces) / len(paces)
    return [usual / (usual + pace) for pace in [paces[0], *paces]]


def _calm(points: list[Point], parts: list[float]) -> _Line:
    """Breadths that change by and by, as far as the pen's are told apart."""
    line: _Line = []
    part = parts[0]
    for (x, y, _), next_part in zip(points, parts, strict=True):
        part = _CALM * part + (1 - _CALM) * next_part
        line.append(_Dot(x, y, _THIN_MM + (_BROAD_MM - _THIN_MM) * part))
    return line


def _curve(line: _Line) -> _Line:
    """A curve through all points whose direction does not jump: cubic Hermite pieces over the chords' lengths."""
    curve = line[:1]
    for index, (start, end) in enumerate(pairwise(line)):
        before, after = line[max(0, index - 1)], line[min(len(line) - 1, index + 2)]
        chord = start.to(end)
        out = _direction(before, start, end)
        into = _direction(start, end, after)
        pieces = min(_PIECES_LIMIT, math.ceil(chord / _PIECE_MM))
        for step in range(1, pieces + 1):
            curve.append(_between(start, end, (out, into), chord, step / pieces))
    return curve


def _direction(before: _Dot, here: _Dot, after: _Dot) -> tuple[float, float]:
    """The way at a point, from the two chords beside it; the nearer neighbour counts more."""
    come, go = before.to(here), here.to(after)
    if not come or not go:  # an end of the line
        length = come + go
        return (after.x - before.x) / length, (after.y - before.y) / length
    a, b = go / (come + go) / come, come / (come + go) / go
    return (
        a * (here.x - before.x) + b * (after.x - here.x),
        a * (here.y - before.y) + b * (after.y - here.y),
    )


def _between(
    start: _Dot,
    end: _Dot,
    ways: tuple[tuple[float, float], tuple[float, float]],
    chord: float,
    t: float,
) -> _Dot:
    """The point of one Hermite piece at `t`, from 0 to 1."""
    rest = 1 - t
    at_start, at_end = rest * rest * (1 + 2 * t), t * t * (3 - 2 * t)
    leave, arrive = rest * rest * t * chord, -t * t * rest * chord
    (out_x, out_y), (in_x, in_y) = ways
    return _Dot(
        at_start * start.x + at_end * end.x + leave * out_x + arrive * in_x,
        at_start * start.y + at_end * end.y + leave * out_y + arrive * in_y,
        rest * start.breadth + t * end.breadth,
    )


# ---------------------------------------------------------------- ink


class _Sheet:
    """Coverage at `_OVERSAMPLING` times the final resolution."""

    def __init__(self, width_mm: float, height_mm: float) -> None:
        self.scale = DOTS_PER_INCH * _OVERSAMPLING / MM_PER_INCH
        size = [round(side / MM_PER_INCH * DOTS_PER_INCH) * _OVERSAMPLING for side in (width_mm, height_mm)]
        self.coverage = Image.new("L", (size[0], size[1]))
        self.pen = ImageDraw.Draw(self.coverage)

    def write(self, line: _Line) -> None:
        for dot in line:
            self._blot(dot)
        for start, end in pairwise(line):
            self._stretch(start, end)

    def _blot(self, dot: _Dot) -> None:
        x, y, r = dot.x * self.scale, dot.y * self.scale, dot.breadth / 2 * self.scale
        self.pen.ellipse((x - r, y - r, x + r, y + r), fill=255)

    def _stretch(self, start: _Dot, end: _Dot) -> None:
        """The piece between two blots, as broad as either at its end."""
        length = start.to(end)
        if not length:
            return
        across = (start.y - end.y) / length / 2 * self.scale, (end.x - start.x) / length / 2 * self.scale
        corners = [
            (
                dot.x * self.scale + side * dot.breadth * across[0],
                dot.y * self.scale + side * dot.breadth * across[1],
            )
            for dot, side in ((start, 1), (end, 1), (end, -1), (start, -1))
        ]
        self.pen.polygon(corners, fill=255)
