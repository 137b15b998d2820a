"""The seals as vector: SVG text of true size, for printing at any resolution and for an engraver's machine.

It draws the very layout that `drawing` paints. Characters are outlines of the shipped font, so no reader needs
a font, and the text holds numbers alone: no script, no link, and no word that somebody typed in.
Lengths are millimetres with four decimals (0.1 µm), so the same words give the same bytes on every machine.

The first seal of a program unpacks the whole font, which takes some seconds; the others take milliseconds.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

from yunqian.eseal import layout, lettering
from yunqian.eseal.drawing import RED
from yunqian.eseal.layout import Frame, Glyph, Layout, Mark, Ring, Star

_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class VectorPicture:
    """A seal as SVG text and the size at which it must be shown, in millimetres."""

    svg: str
    width_mm: float
    height_mm: float


def round_seal(name: str, *, line: str = "", code: str = "", diameter_mm: float = 40.0) -> VectorPicture:
    """The round seal of `drawing.round_seal` as SVG. Refuses the same."""
    return outlined(layout.round_layout(name, line=line, code=code, diameter_mm=diameter_mm))


def name_seal(text: str, *, side_mm: float = 18.0) -> VectorPicture:
    """The square seal of `drawing.name_seal` as SVG. Refuses the same."""
    return outlined(layout.name_layout(text, side_mm=side_mm))


def outlined(seal: Layout) -> VectorPicture:
    """A layout as SVG: one path for each mark. Raises Refused(GLYPH_MISSING)."""
    lettering.require_glyphs(seal.wording)
    side, edge = _number(seal.side_mm), _number(-seal.side_mm / 2)
    paths = "".join(f'<path d="{_path(mark)}"/>\n' for mark in seal.marks)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}mm" height="{side}mm" '
        f'viewBox="{edge} {edge} {side} {side}">\n'
        f'<g fill="#{bytes(RED).hex()}">\n{paths}</g>\n</svg>\n'
    )
    return VectorPicture(svg, seal.side_mm, seal.side_mm)


def _path(mark: Mark) -> str:
    match mark:
        case Ring():
            return _circle(mark.radius_mm, sweep=1) + _circle(mark.radius_mm - mark.thickness_mm, sweep=0)
        case Frame():
            return _frame(mark)
        case Star():
            return "M" + "L".join(_point(x, y) for x, y in mark.corners) + "Z"
        case Glyph():
            return _glyph(mark)


def _circle(radius: float, *, sweep: int) -> str:
    """Two half turns; the inner circle turns the other way, which leaves it open under the non-zero rule."""
    arc = f"A{_number(radius)} {_number(radius)} 0 1 {sweep} "
    return f"M{_point(-radius, 0)}{arc}{_point(radius, 0)}{arc}{_point(-radius, 0)}Z"


def _frame(frame: Frame) -> str:
    """The outer edge clockwise with round corners, the inner edge the other way."""
    half, r = frame.side_mm / 2, frame.thickness_mm
    straight = half - r
    turn = f"A{_number(r)} {_number(r)} 0 0 1 "
    outer = [
        f"M{_point(-straight, half)}L{_point(straight, half)}{turn}{_point(half, straight)}",
        f"L{_point(half, -straight)}{turn}{_point(straight, -half)}",
        f"L{_point(-straight, -half)}{turn}{_point(-half, -straight)}",
        f"L{_point(-half, straight)}{turn}{_point(-straight, half)}Z",
    ]
    corners = [(-straight, straight), (-straight, -straight), (straight, -straight), (straight, straight)]
    return "".join(outer) + "M" + "L".join(_point(x, y) for x, y in corners) + "Z"


def _glyph(cell: Glyph) -> str:
    """The outline of one character: its body squeezed to the cell, turned, and put in its place."""
    font, body = _font(), lettering.body(cell.character)
    name = font.getBestCmap()[ord(cell.character)]
    em = font["head"].unitsPerEm
    across = cell.width_mm / (body.right - body.left) / em
    along = cell.height_mm / (body.top - body.bottom) / em
    sine, cosine = math.sin(cell.turn), math.cos(cell.turn)
    # The middle of the body, in units of the font, comes to lie on the middle of the cell.
    x, y = (body.left + body.right) / 2 * em * across, (body.top + body.bottom) / 2 * em * along
    turned = (
        *(across * cosine, across * sine),
        *(along * sine, -along * cosine),
        *(cell.x_mm - x * cosine - y * sine, -cell.y_mm - x * sine + y * cosine),
    )
    pen = SVGPathPen(None, ntos=_number)
    _outlines()[name].draw(TransformPen(pen, turned))
    return str(pen.getCommands())


def _point(x_mm: float, y_mm: float) -> str:
    """A point of the layout, where y points up, as SVG has it, where y points down."""
    return f"{_number(x_mm)} {_number(-y_mm)}"


def _number(value: float) -> str:
    text = f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@lru_cache(maxsize=1)
def _font() -> Any:
    return TTFont(lettering.FONT, lazy=True)


@lru_cache(maxsize=1)
def _outlines() -> Any:
    return _font().getGlyphSet()
