"""Seal picture and date → appearance streams: sizes, transparency, and upright on a turned page."""

import io
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from PIL import Image

from yunqian.engine import datestamp, textnote
from yunqian.engine.append import number, numbers, stream
from yunqian.engine.embedded_font import EmbeddedFont
from yunqian.engine.geometry import PageGeometry, VisibleBox, box_to_visible
from yunqian.engine.marks import Box, DateMark, PlacedMark, SealMark, TextMark
from yunqian.problems import Problem, Refused

_MAX_PIXELS = 4_000_000
# The page is turned clockwise for the reader, so the drawing is turned back, counter-clockwise, and moved into
# the first quadrant again (ISO 32000-2 §12.5.5). Width and height are those of the drawing.
_TURNS: dict[int, Callable[[float, float], tuple[float, ...]]] = {
    0: lambda width, height: (1, 0, 0, 1, 0, 0),
    90: lambda width, height: (0, 1, -1, 0, height, 0),
    180: lambda width, height: (-1, 0, 0, -1, width, height),
    270: lambda width, height: (0, -1, 1, 0, 0, width),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A seal picture encoded once: deflated colours and deflated transparency."""

    width: int
    height: int
    colours: bytes
    alpha: bytes


@lru_cache(maxsize=64)
def picture(png: bytes) -> Picture:
    """Encode a PNG for PDF; remembered, as one seal signs many documents.

    Raises Refused(REQUEST_INVALID) for bytes that are no PNG, or for more than four million pixels.
    """
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as opened:
            if opened.width * opened.height > _MAX_PIXELS:
                raise ValueError("too many pixels")
            shown = opened.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refused(Problem.REQUEST_INVALID, detail="seal picture") from error
    alpha = shown.getchannel("A")
    # What is fully transparent gets one colour: it packs better, and nothing hidden travels in the seal.
    visible = alpha.point([0] + [255] * 255)
    colours = Image.composite(shown.convert("RGB"), Image.new("RGB", shown.size, "white"), visible)
    packed = zlib.compress(colours.tobytes(), 6), zlib.compress(alpha.tobytes(), 6)
    return Picture(shown.width, shown.height, *packed)


def upright(page: PageGeometry, rectangle: Box, boxes: Sequence[Box]) -> tuple[float, float, list[Box]]:
    """Width and height of a widget's drawing as the reader sees it, and where each box lies in it.

    The drawing's origin is its bottom-left corner, upright.
    """
    frame = replace(
        page,
        crop_x_pt=rectangle.x_pt,
        crop_y_pt=rectangle.y_pt,
        crop_width_pt=rectangle.width_pt,
        crop_height_pt=rectangle.height_pt,
        user_unit=1.0,
    )
    width, height = rectangle.width_pt, rectangle.height_pt
    if page.is_sideways:
        width, height = height, width
    return width, height, [_raised(box_to_visible(frame, box, 1), height) for box in boxes]


def turned_back(rotation: int, width: float, height: float) -> bytes:
    """The /Matrix of an upright drawing of this size on a page turned by /Rotate."""
    return numbers(_TURNS[rotation](width, height))


def _raised(seen: VisibleBox, height: float) -> Box:
    """From the browser's top-left origin to PDF's bottom-left origin."""
    return Box(seen.left, height - seen.top - seen.height, seen.width, seen.height)


def form(
    page: PageGeometry,
    rectangle: Box,
    marks: Sequence[PlacedMark],
    *,
    picture_of: Callable[[Picture], bytes],
    font_of: Callable[[EmbeddedFont], bytes],
) -> bytes:
    """The appearance (form XObject) of a widget at `rectangle`, showing `marks` upright to the reader.

    `picture_of` and `font_of` give references to resources that stand in the document.
    """
    width, height, places = upright(page, rectangle, [mark.box for mark in marks])
    operators: list[bytes] = []
    pictures: dict[bytes, bytes] = {}
    fonts: dict[bytes, bytes] = {}
    for mark, box in zip(marks, places, strict=True):
        if isinstance(mark, SealMark):
            name = pictures.setdefault(picture_of(picture(mark.impression.png)), b"/S%d" % len(pictures))
            place = numbers((box.width_pt, 0, 0, box.height_pt, box.x_pt, box.y_pt))
            operators.append(b"q %s cm %s Do Q" % (place, name))
        else:
            face = textnote.font(mark) if isinstance(mark, TextMark) else datestamp.font()
            name = fonts.setdefault(font_of(face), b"/F%d" % len(fonts))
            operators.append(_text(page, mark, box, name))
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 %s %s]/Matrix[%s]/Resources<<%s%s>>" % (
        number(width),
        number(height),
        turned_back(page.rotation, width, height),
        _resources(b"/XObject", pictures),
        _resources(b"/Font", fonts),
    )
    return stream(entries, b"\n".join(operators))


def _text(page: PageGeometry, mark: DateMark | TextMark, box: Box, resource: bytes) -> bytes:
    if isinstance(mark, TextMark):
        return textnote.content(page, mark, box, resource)
    return datestamp.content(mark.text, box, resource)


def _resources(kind: bytes, named: dict[bytes, bytes]) -> bytes:
    """One kind of resources by name, from references and their names; nothing where there are none."""
    shown = b"".join(b"%s %s" % (name, where) for where, name in named.items())
    return b"%s<<%s>>" % (kind, shown) if named else b""
