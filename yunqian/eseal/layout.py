"""Where everything of a seal lies, in millimetres: one layout for the painter of pixels and the one of outlines.

The origin is the seal's centre, x points right and y up. A layout knows words and proportions, no font and no
colour; `drawing` paints it as a PNG and `vector` writes it as SVG, so the two always agree.
"""

import math
import re
from dataclasses import dataclass

from yunqian.eseal.kinds import KINDS, SealKind, Shape, check_size
from yunqian.problems import Problem, Refused

NAME_LIMIT = 40
LINE_LIMIT = 12
NAME_SEAL_LIMIT = 12
CODE = re.compile(r"[0-9]{13}")

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
_CODE_MIDDLE = 0.855
_CODE_HEIGHT = 0.075
_CODE_WIDTH = 0.050
_CODE_PITCH = math.radians(4.6)

# Proportions of the square seal, in parts of its side.
_FRAME = 0.055
_FRAME_GAP = 0.045

# Surnames of two characters: an engraver never parts them. The common ones of 《百家姓》 and of today.
_COMPOUND_SURNAMES = frozenset(
    re.findall(
        "..",
        "欧阳上官司马诸葛夏侯皇甫尉迟公孙慕容令狐宇文长孙司徒司空东方独孤南宫端木百里呼延轩辕闻人申屠澹台公冶"
        "宗政濮阳淳于单于太叔仲孙钟离赫连鲜于闾丘亓官东郭南门西门左丘第五万俟拓跋歐陽司馬諸葛尉遲公孫長孫東方獨孤南宮",
    )
)


@dataclass(frozen=True, slots=True)
class Ring:
    """A circle around the centre; the radius is the outer one."""

    radius_mm: float
    thickness_mm: float


@dataclass(frozen=True, slots=True)
class Frame:
    """A square line along the edge, its outer corners rounded by its own thickness."""

    side_mm: float
    thickness_mm: float


@dataclass(frozen=True, slots=True)
class Star:
    """A regular five-pointed star, one point up."""

    y_mm: float
    radius_mm: float

    @property
    def corners(self) -> list[tuple[float, float]]:
        """The ten corners, clockwise from the top; the inner ones follow from the pentagram (ratio 1 / φ²)."""
        inner = self.radius_mm / ((1 + math.sqrt(5)) / 2) ** 2
        return [
            (length * math.sin(turn), self.y_mm + length * math.cos(turn))
            for step in range(10)
            for length, turn in [(inner if step % 2 else self.radius_mm, step * math.pi / 5)]
        ]


@dataclass(frozen=True, slots=True)
class Glyph:
    """Where one character's em square goes: centre and size, turned clockwise by `turn` radians."""

    character: str
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    turn: float = 0.0


Mark = Ring | Frame | Star | Glyph


@dataclass(frozen=True, slots=True)
class Layout:
    """The marks of one seal in the order in which they are painted, on a square of true size."""

    side_mm: float
    marks: tuple[Mark, ...]

    @property
    def wording(self) -> str:
        """Every character that the seal shows."""
        return "".join(mark.character for mark in self.marks if isinstance(mark, Glyph))


def round_layout(name: str, *, line: str = "", code: str = "", diameter_mm: float = 40.0) -> Layout:
    """Ring, the name along the upper arc, star, `line` below it, and the seal's number along the lower arc.

    `code` is the number under which the seal is registered (印章编码), 13 digits.
    Raises Refused(REQUEST_INVALID) for a text that is empty or longer than a seal can carry, for a number
    that is not one, and for a diameter outside 20 to 60 mm.
    """
    _require_length(name, NAME_LIMIT, "name")
    if line:
        _require_length(line, LINE_LIMIT, "line")
    if code and not CODE.fullmatch(code):
        raise Refused(Problem.REQUEST_INVALID, detail="number of a seal: 13 digits")
    _require_size(diameter_mm, 20.0, 60.0)
    radius = diameter_mm / 2
    star = Star(_STAR_RAISED * radius if line else 0.0, _STAR * radius)
    name_glyphs = _along_arc(name, radius, leaves_room=bool(line or code))
    return Layout(
        diameter_mm,
        (
            Ring(radius, _RING * radius),
            star,
            *name_glyphs,
            *_below_star(line, radius),
            *_along_lower_arc(code, radius),
        ),
    )


def name_layout(text: str, *, side_mm: float = 18.0) -> Layout:
    """A frame with the characters of `text` in columns read from the right (李明 | 之印).

    Raises Refused(REQUEST_INVALID) for an empty or too long text and for a side outside 8 to 40 mm.
    """
    _require_length(text, NAME_SEAL_LIMIT, "name")
    _require_size(side_mm, 8.0, 40.0)
    return Layout(side_mm, (Frame(side_mm, _FRAME * side_mm), *_in_columns(text, side_mm)))


def layout_of(kind: SealKind, wording: str, *, size_mm: float | None = None, code: str = "") -> Layout:
    """The layout customary for a kind of seal in one of its sizes, with the kind's own line under the star.

    `wording` is the organization's name, or the whole inscription of a square seal (`inscription`); without
    `size_mm` the kind's default is taken, and `code` goes onto round seals only.
    Raises Refused(SEAL_SIZE_WRONG_FOR_KIND), and Refused(REQUEST_INVALID) for what cannot be drawn: too long
    a text, a wrong number, a signature (only a hand writes it).
    """
    row = KINDS[kind]
    side = row.default_mm[0] if size_mm is None else size_mm
    if row.shape is Shape.FREE:
        raise Refused(Problem.REQUEST_INVALID, detail="a signature is written by hand, it cannot be drawn")
    check_size(kind, side, side)
    if row.shape is Shape.ROUND:
        return round_layout(wording, line=row.line, code=code, diameter_mm=side)
    if code:
        raise Refused(Problem.REQUEST_INVALID, detail="a square seal carries no number")
    return name_layout(wording, side_mm=side)


def inscription(person_name: str) -> str:
    """The customary wording of a name seal: 李明 → 李明之印, 欧阳修 → 欧阳修印; longer names stand alone."""
    return person_name + {2: "之印", 3: "印"}.get(len(person_name), "")


def _along_arc(text: str, radius: float, *, leaves_room: bool) -> list[Glyph]:
    """Evenly set along the upper arc, from left to right, each standing on its own radius.

    Glyphs keep their height and are squeezed in width as the text grows, as engravers do. `leaves_room` keeps
    the lower arc free for what stands there.
    """
    count = len(text)
    height = (_NAME_HEIGHT if count < _NAME_LONG else _NAME_HEIGHT_LONG) * radius
    middle = _NAME_OUTER * radius - height / 2
    sweep = _SWEEP_OVER_LINE if leaves_room else _SWEEP
    pitch = min(_PITCH_MAX, sweep / max(1, count - 1))
    # The inner edge is the tighter one: neighbours must not touch there.
    room = 2 * (middle - height / 2) * math.tan(pitch / 2)
    width = min(_GLYPH_WIDTH_MAX * height, (room + pitch * middle) / 2 * _GLYPH_FILL)
    turns = [(index - (count - 1) / 2) * pitch for index in range(count)]
    return [
        Glyph(each, middle * math.sin(t), middle * math.cos(t), width, height, t)
        for each, t in zip(text, turns, strict=True)
    ]


def _below_star(text: str, radius: float) -> list[Glyph]:
    """The straight second line under the star."""
    count = len(text)
    pitch = min(_LINE_PITCH_MAX, _LINE_WIDTH / max(1, count)) * radius
    return [
        Glyph(
            each,
            (index - (count - 1) / 2) * pitch,
            _LINE_MIDDLE * radius,
            pitch * 0.94,
            _LINE_HEIGHT * radius,
        )
        for index, each in enumerate(text)
    ]


def _along_lower_arc(code: str, radius: float) -> list[Glyph]:
    """The digits of the number inside the ring at the bottom, read from left to right, heads to the centre."""
    middle = _CODE_MIDDLE * radius
    turns = [(index - (len(code) - 1) / 2) * _CODE_PITCH for index in range(len(code))]
    return [
        Glyph(
            each, middle * math.sin(t), -middle * math.cos(t), _CODE_WIDTH * radius, _CODE_HEIGHT * radius, -t
        )
        for each, t in zip(code, turns, strict=True)
    ]


def _columns(text: str) -> list[str]:
    """How an engraver parts an inscription: the surname stays together, columns are as even as can be."""
    count = len(text)
    if count in (3, 5) and text[:2] in _COMPOUND_SURNAMES:
        return [text[:2], text[2:]]
    if count == 3:
        return [text[:1], text[1:]]
    columns = 1 if count == 1 else 2 if count <= 6 else 3
    per_column = math.ceil(count / columns)
    return [text[start : start + per_column] for start in range(0, count, per_column)]


def _in_columns(text: str, side: float) -> list[Glyph]:
    """Columns from right to left, each filled from the top and stretched to the full height."""
    columns = _columns(text)
    inner = side * (1 - 2 * (_FRAME + _FRAME_GAP))
    width = inner / len(columns)
    glyphs = []
    for index, column in enumerate(columns):
        height = inner / len(column)
        x = inner / 2 - (index + 0.5) * width
        glyphs += [
            Glyph(each, x, inner / 2 - (row + 0.5) * height, width * 0.98, height * 0.98)
            for row, each in enumerate(column)
        ]
    return glyphs


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
