"""The characters of the seal font as coverage, and which of them it has."""

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from yunqian.problems import Problem, Refused

FONT = Path(__file__).parent / "seal-serif.woff2"
EM_PX = 512
# Noto's CJK em square reaches from 0.88 above the baseline to 0.12 below it.
ASCENT = 0.88
_HAIR = 0.02
_ABSENT = "\U0010fffd"  # private use: no font of ours has it, so it shows what "no glyph" looks like


@dataclass(frozen=True, slots=True)
class Body:
    """The rectangle around a character that is squeezed into its cell, in em; the baseline is 0 and y points up.

    It is the em square of a Chinese character. A Latin one has its own width, and what hangs out of the em
    square, as brackets and the foot of a g do, belongs to its body and is not cut off.
    """

    left: float
    right: float
    bottom: float
    top: float


@lru_cache(maxsize=512)
def body(character: str) -> Body:
    """The body of one character, to a pixel of the em square."""
    left, top, right, bottom = _body_px(character)
    return Body(left / EM_PX, right / EM_PX, -bottom / EM_PX, -top / EM_PX)


@lru_cache(maxsize=512)
def glyph(character: str) -> Image.Image:
    """The coverage of one character's body, brought to a square."""
    left, top, right, bottom = _body_px(character)
    image = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(image).text((-left, -top), character, fill=255, font=_font(), anchor="ls")
    square = (EM_PX, EM_PX)
    return image if image.size == square else image.resize(square, Image.Resampling.BICUBIC)


def _body_px(character: str) -> tuple[int, int, int, int]:
    """Left, top, right, bottom; y points down. A hair beyond the em square stays where it is, outside."""
    font = _font()
    advance = max(1, round(font.getlength(character)))
    top = -round(ASCENT * EM_PX)
    bottom = top + EM_PX
    ink = font.getbbox(character, anchor="ls")
    hair = EM_PX * _HAIR
    return (
        math.floor(ink[0]) if ink[0] < -hair else 0,
        math.floor(ink[1]) if ink[1] < top - hair else top,
        math.ceil(ink[2]) if ink[2] > advance + hair else advance,
        math.ceil(ink[3]) if ink[3] > bottom + hair else bottom,
    )


def require_glyphs(text: str) -> None:
    """Refuse, as GLYPH_MISSING and by name, the characters that would be drawn as an empty box or not at all."""
    absent = glyph(_ABSENT).tobytes()
    missing = sorted({c for c in text if not c.isprintable() or glyph(c).tobytes() == absent})
    if missing:
        raise Refused(Problem.GLYPH_MISSING, characters="".join(missing))


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT), EM_PX, layout_engine=ImageFont.Layout.BASIC)
