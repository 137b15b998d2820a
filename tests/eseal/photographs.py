"""Photographs made by the tests: paper that is grainy and unevenly lit, with ink on it."""

import io
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from yunqian.eseal import drawing, lettering

RED_INK = (196, 40, 48)
BLUE_INK = (40, 60, 150)
DARK_INK = (35, 35, 40)
PAPER = (0.99, 0.97, 0.90)  # yellowish, as under a lamp

# The grain comes from a generator with a seed: the same photograph on every run.
_SEED = 20261123


def paper(width: int, height: int) -> Image.Image:
    """From half to nearly full light, with a grain of a few per cent."""
    light = (
        Image.linear_gradient("L").resize((width, height)).point([140 + v * 105 // 255 for v in range(256)])
    )
    grain = Image.frombytes("L", (width, height), random.Random(_SEED).randbytes(width * height))
    grey = ImageChops.add(light, grain.point([104 + v * 48 // 255 for v in range(256)]), offset=-128)
    return Image.merge("RGB", [grey.point([round(v * tint) for v in range(256)]) for tint in PAPER])


def stamped(
    sheet: Image.Image, coverage: Image.Image, ink: tuple[int, int, int], at: tuple[int, int]
) -> Image.Image:
    """Ink on paper takes light away; it does not cover what is written below."""
    layer = Image.new("RGB", sheet.size, "white")
    layer.paste(
        Image.new("RGB", coverage.size, ink), at, mask=coverage.point([v * 9 // 10 for v in range(256)])
    )
    return ImageChops.multiply(sheet, layer).filter(ImageFilter.GaussianBlur(0.8))


def written(sheet: Image.Image, words: str, at: tuple[int, int], size: int = 34) -> None:
    """Print black words onto the paper."""
    font = lettering._font().font_variant(size=size)
    ImageDraw.Draw(sheet).text(at, words, fill=DARK_INK, font=font)


def coverage_of(picture: drawing.Picture, side: int, turn: float = 0.0) -> Image.Image:
    """A drawn seal as it lies on the paper: of some size in pixels, a little askew."""
    ink = Image.open(io.BytesIO(picture.png)).getchannel("A").resize((side, side))
    return ink.rotate(turn, Image.Resampling.BICUBIC, expand=True)


def signed(sheet: Image.Image, ink: tuple[int, int, int], at: tuple[int, int] = (300, 300)) -> Image.Image:
    """A scribble of three strokes and a dot, 600 by 240 pixels."""
    pen = Image.new("L", sheet.size)
    lines = ImageDraw.Draw(pen)
    strokes = [(0, 0, 200, 240, 260, 20), (300, 120, 420, 10, 420, 230), (460, 60, 600, 60, 480, 240)]
    for stroke in strokes:
        points = [(stroke[i] + at[0], stroke[i + 1] + at[1]) for i in (0, 2, 4)]
        lines.line(points, fill=255, width=7, joint="curve")
    lines.ellipse((at[0] + 570, at[1] + 150, at[0] + 584, at[1] + 164), fill=255)
    return stamped(sheet, pen, ink, (0, 0))


def jpeg(image: Image.Image, **options: object) -> bytes:
    """The bytes a camera would write."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, **options)
    return out.getvalue()


def png(image: Image.Image, **options: object) -> bytes:
    """The bytes a scanner would write."""
    out = io.BytesIO()
    image.save(out, "PNG", **options)
    return out.getvalue()
