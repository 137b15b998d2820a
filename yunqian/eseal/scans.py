"""Scans and photographs of seals and signatures, made into pictures of ink alone.

What somebody uploads is a stranger's bytes: only PNG and JPEG are opened, by their content, and only after
their header has said a size that is within the limits. The module is pure, so that it can run in a child
process behind walls. What comes out was painted anew here: no metadata, no profile, no pixel of the paper.

Ink is told from paper by optical density, the logarithm of how much darker a pixel is than the paper around
it. Shadows and the tint of the paper fall away with that, and densities of the three colours can be
subtracted: red ink swallows green and blue and lets red pass, black and blue ink swallow red as well.
"""

import io
import math
import struct
import zlib
from collections.abc import Callable

from PIL import Image, ImageChops, ImageFile, ImageFilter, ImageStat
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from yunqian.eseal.drawing import DOTS_PER_INCH, MM_PER_INCH, RED, Picture, inked
from yunqian.eseal.kinds import KINDS, SealKind, Shape, check_size
from yunqian.problems import Problem, Refused

LIMIT_BYTES = 10 * 1024 * 1024
LIMIT_MEGAPIXELS = 40
EVENNESS = 0.06  # how much a round or square impression may be wider than high, as scanners and hands make it
MARGIN_MM = 0.2

# The longest side that ink is looked for in: 600 dpi on a postcard, 300 dpi on A4.
_WORKING_PX = 4096
_COARSE_PX = 160
_ORIENTATION = 0x0112  # EXIF
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_READERS: dict[bytes, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    b"\x89PNG\r\n\x1a\n": PngImageFile,
    b"\xff\xd8\xff": JpegImageFile,
}
# What Pillow raises on broken pictures; warnings, where the interpreter makes errors of them.
_BROKEN = (
    *(OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError),
    *(AttributeError, AssertionError, ZeroDivisionError, RuntimeError, NotImplementedError, MemoryError),
    *(struct.error, zlib.error, Image.DecompressionBombError, Warning),
)

# Density: 46 steps for each factor e, so that black on white is 255; a step is 2.2 % of light.
_STEPS = 255 / math.log(256)
_DENSITY = [round(_STEPS * math.log(value + 1)) for value in range(256)]
# What is weaker than ink and stronger than the grain of paper: red, which grain has hardly any of, and any ink.
_FAINT_RED = 8
_FAINT = 12
_SPECK = 30  # of 255 after blurring: a speck of a pixel or two is below, a hair line above
_LEAST_INK_PX = 400
_REDNESS = 0.35  # the share of its density that red ink lets pass in red light and grey ink does not
_COLOUR_REACH_PX = 1.6


def scanned_seal(scan: bytes, kind: SealKind, width_mm: float) -> Picture:
    """The ink of a scan as a transparent PNG of 600 dpi, `width_mm` wide; its own ratio is kept.

    A seal keeps its red ink and is shown in the one seal red; a signature (`SealKind.SIGNATURE`) keeps dark,
    blue and red ink in its own colour. The picture has a margin of 0.2 mm. A round or square impression is
    centred on a square of `width_mm`; the longer of its sides fills it.

    Raises Refused: SCAN_TOO_LARGE by bytes or by the header's pixels, before any is decoded;
    SCAN_NOT_A_PICTURE for what is neither PNG nor JPEG, and for animations; SCAN_UNREADABLE for broken ones;
    SCAN_WITHOUT_INK; SCAN_NOT_ONE_SEAL for red ink that is clearly wider than high or the other way;
    SEAL_SIZE_WRONG_FOR_KIND for a width that no seal of the kind has, or a signature too high or too low.
    """
    _check_width(kind, width_mm)
    image = _opened(scan)
    if kind is not SealKind.SIGNATURE:
        coverage = _coverage(_red_ink(_densities(image)), _FAINT_RED)
        return _in_a_square(_cut_out(coverage), kind, width_mm)
    coverage = _coverage(_any_ink(_densities(image)), _FAINT)
    return _in_free_size(_cut_out(coverage), _colour_of_ink(image, coverage), kind, width_mm)


def _check_width(kind: SealKind, width_mm: float) -> None:
    row = KINDS[kind]
    check_size(kind, width_mm, row.default_mm[1] if row.shape is Shape.FREE else width_mm)


def _opened(scan: bytes) -> Image.Image:
    """The picture as it was meant to be seen, on white, reduced to the size that ink is looked for in."""
    if len(scan) > LIMIT_BYTES:
        raise _too_large()
    reader = next((reader for magic, reader in _READERS.items() if scan.startswith(magic)), None)
    if reader is None:
        raise Refused(Problem.SCAN_NOT_A_PICTURE)
    try:
        with reader(io.BytesIO(scan)) as image:
            _check_header(image)
            return _upright(image)
    except _BROKEN as error:
        raise Refused(Problem.SCAN_UNREADABLE) from error


def _check_header(image: ImageFile.ImageFile) -> None:
    """Refuse by what the header says; no pixel has been decoded yet."""
    if image.width * image.height > LIMIT_MEGAPIXELS * 1_000_000:
        raise _too_large()
    if getattr(image, "is_animated", False):
        raise Refused(Problem.SCAN_NOT_A_PICTURE)


def _too_large() -> Refused:
    return Refused(
        Problem.SCAN_TOO_LARGE, limit_mb=LIMIT_BYTES // 1024 // 1024, limit_megapixels=LIMIT_MEGAPIXELS
    )


def _upright(image: ImageFile.ImageFile) -> Image.Image:
    image.draft(None, (_WORKING_PX, _WORKING_PX))  # a JPEG is decoded at half its size where that is enough
    image.load()
    turn = _TURNS.get(_orientation(image))
    seen = _on_white(image)
    factor = math.ceil(max(seen.size) / _WORKING_PX)
    if factor > 1:
        seen = seen.reduce(factor)
    return seen if turn is None else seen.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """How the camera was held; metadata that cannot be read say nothing, the pixels are still good."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _BROKEN:
        return 1
    return value if isinstance(value, int) else 1


def _on_white(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    if image.mode.startswith("I"):  # 16 bits of grey, of which the upper 8 are kept
        return image.convert("I").point(lambda grey: grey * (1 / 257)).convert("L").convert("RGB")
    return image.convert("RGB")


def _densities(image: Image.Image) -> tuple[Image.Image, Image.Image, Image.Image]:
    """How much darker than the paper around it each pixel is, in red, green and blue light."""
    paper = _paper(image).point(_DENSITY * 3)
    red, green, blue = ImageChops.subtract(paper, image.point(_DENSITY * 3)).split()
    return red, green, blue


def _paper(image: Image.Image) -> Image.Image:
    """The picture without what is written on it: dark parts up to a fourth of its side are filled from around."""
    small = image.resize(_fitted(image.size, _COARSE_PX), Image.Resampling.BOX)
    for fill in (ImageFilter.MaxFilter(5), ImageFilter.MinFilter(5)):
        for _ in range(_COARSE_PX // 16):  # each step reaches two pixels to either side
            small = small.filter(fill)
    smooth = small.filter(ImageFilter.GaussianBlur(3))
    return smooth.resize(image.size, Image.Resampling.BILINEAR)


def _fitted(size: tuple[int, int], longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _red_ink(densities: tuple[Image.Image, Image.Image, Image.Image]) -> Image.Image:
    """What swallows green and blue but lets red pass.

    How dark is asked of each pixel, how red of the place around it: a JPEG keeps colours coarser than light,
    so hair lines alone look grey, and where black writing crosses the ring the ring stays whole.
    """
    red, green, blue = densities
    density = ImageChops.darker(green, blue)
    near = ImageFilter.GaussianBlur(_COLOUR_REACH_PX)
    redness = ImageChops.subtract(density, red).filter(near).point(_times(1 / _REDNESS))
    is_red = ImageChops.subtract(redness, density.filter(near)).point(_from(1))
    return ImageChops.darker(density, is_red)


def _any_ink(densities: tuple[Image.Image, Image.Image, Image.Image]) -> Image.Image:
    """What swallows light of any colour: dark, blue and red ink."""
    red, green, blue = densities
    return ImageChops.lighter(red, ImageChops.lighter(green, blue))


def _coverage(density: Image.Image, faint: int) -> Image.Image:
    """Opacity from density: paper is clear, the ink's usual density and above is full, rims are smooth between.

    Raises Refused(SCAN_WITHOUT_INK) where too few pixels are dark enough.
    """
    strong = _usual_density(density, faint)
    low = max(faint, 0.2 * strong)
    high = 0.7 * strong
    parts = [min(1.0, max(0.0, (value - low) / (high - low))) for value in range(256)]
    coverage = density.point([round(255 * part * part * (3 - 2 * part)) for part in parts])
    # Grain is alone, ink is among ink.
    among = coverage.filter(ImageFilter.GaussianBlur(2)).point(_from(_SPECK))
    return ImageChops.darker(coverage, among)


def _usual_density(density: Image.Image, faint: int) -> int:
    """The density that a fourth of the ink exceeds; ink is at least half as strong again as what is faint."""
    histogram = density.histogram()
    inked_px = sum(histogram[faint:])
    above = 0
    for value in range(255, faint * 3 // 2, -1):
        above += histogram[value]
        if above * 4 >= inked_px >= _LEAST_INK_PX:
            return value
    raise Refused(Problem.SCAN_WITHOUT_INK)


def _impression(coverage: Image.Image) -> Image.Image:
    """The part of the sheet that holds the impression; spots that stand apart are left outside.

    What holds a fiftieth of the ink or more is the impression. Smaller parts belong to it where they lie
    within its box or beside it, as digits in a ring and dots of a signature do; dust and a staple do not.
    """
    cells = coverage.resize(_fitted(coverage.size, _COARSE_PX), Image.Resampling.BOX)
    amounts = cells.tobytes()
    groups = _groups(amounts, cells.width)
    desk = _desk(groups, cells)
    inks = {
        index: sum(amounts[cell] for cell in group) for index, group in enumerate(groups) if group not in desk
    }
    least = sum(inks.values()) / 50
    members = [
        divmod(cell, cells.width) for index, ink in inks.items() if ink >= least for cell in groups[index]
    ]
    if not members:
        raise Refused(Problem.SCAN_WITHOUT_INK)
    rows, columns = [row for row, _ in members], [column for _, column in members]
    beside = 2 + max(cells.size) // 40
    box = (min(columns) - beside, min(rows) - beside, max(columns) + 1 + beside, max(rows) + 1 + beside)
    scale = max(coverage.size) / max(cells.size)
    left, top, right, bottom = (round(side * scale) for side in box)
    cleared = _without(desk, coverage, cells.size) if desk else coverage
    return cleared.crop((max(0, left), max(0, top), min(coverage.width, right), min(coverage.height, bottom)))


def _desk(groups: list[list[int]], cells: Image.Image) -> list[list[int]]:
    """What is dark around the sheet of paper: it fills a corner of the picture, and there is ink besides.

    A picture as wide as high is a seal cut out closely, whose frame may reach into the corners.
    """
    width, height = cells.size
    if max(cells.size) <= (1 + EVENNESS) * min(cells.size):
        return []
    block = max(2, max(cells.size) // 40)
    near, far_column, far_row = range(block), range(width - block, width), range(height - block, height)
    corners = [
        {row * width + column for row in rows for column in columns}
        for rows in (near, far_row)
        for columns in (near, far_column)
    ]
    full = {cell for cell, amount in enumerate(cells.tobytes()) if amount >= 128}
    filled = [corner for corner in corners if corner <= full]
    desk = [group for group in groups if any(corner <= set(group) for corner in filled)]
    return desk if len(desk) < len(groups) else []


def _without(desk: list[list[int]], coverage: Image.Image, size: tuple[int, int]) -> Image.Image:
    kept = bytearray(b"\xff" * (size[0] * size[1]))
    for group in desk:
        for cell in group:
            kept[cell] = 0
    mask = Image.frombytes("L", size, bytes(kept)).filter(ImageFilter.MinFilter(3))
    return ImageChops.darker(coverage, mask.resize(coverage.size, Image.Resampling.NEAREST))


def _groups(amounts: bytes, width: int) -> list[list[int]]:
    """The cells that hold ink, by what touches each other, corners included."""
    waiting = {cell for cell, amount in enumerate(amounts) if amount}
    groups = []
    while waiting:
        group = [waiting.pop()]
        for cell in group:  # grows while it is walked
            column = cell % width
            across = [step for step in (-1, 0, 1) if 0 <= column + step < width]
            near = {cell + down + step for down in (-width, 0, width) for step in across} & waiting
            waiting -= near
            group += near
        groups.append(group)
    return groups


def _cut_out(coverage: Image.Image) -> Image.Image:
    """The impression to the edge of its ink. Raises Refused(SCAN_WITHOUT_INK)."""
    part = _impression(coverage)
    solid = part.point(_from(96))
    box = solid.getbbox()
    if box is None or sum(solid.histogram()[1:]) < _LEAST_INK_PX:
        raise Refused(Problem.SCAN_WITHOUT_INK)
    return part.crop(box)


def _colour_of_ink(image: Image.Image, coverage: Image.Image) -> tuple[int, int, int]:
    """The mean colour where the ink is full: one colour, so that no rim of paper shines around the strokes."""
    full = coverage.point(_from(224))
    red, green, blue = (round(value) for value in ImageStat.Stat(image, full).mean)
    return red, green, blue


def _in_a_square(ink: Image.Image, kind: SealKind, side_mm: float) -> Picture:
    if max(ink.size) > (1 + EVENNESS) * min(ink.size):
        row = KINDS[kind]
        raise Refused(Problem.SCAN_NOT_ONE_SEAL, kind_zh=row.zh, kind_en=row.en)
    side = _px(side_mm)
    scale = (side - 2 * _px(MARGIN_MM)) / max(ink.size)
    return _placed(ink, scale, (side, side), RED, (side_mm, side_mm))


def _in_free_size(ink: Image.Image, colour: tuple[int, int, int], kind: SealKind, width_mm: float) -> Picture:
    width, margin = _px(width_mm), _px(MARGIN_MM)
    scale = (width - 2 * margin) / ink.width
    height = round(ink.height * scale) + 2 * margin
    height_mm = round(height / DOTS_PER_INCH * MM_PER_INCH, 2)
    check_size(kind, width_mm, height_mm)
    return _placed(ink, scale, (width, height), colour, (width_mm, height_mm))


def _placed(
    ink: Image.Image,
    scale: float,
    size: tuple[int, int],
    colour: tuple[int, int, int],
    size_mm: tuple[float, float],
) -> Picture:
    """The ink in its final resolution, in the middle of the sheet."""
    scaled = ink.resize(
        (max(1, round(ink.width * scale)), max(1, round(ink.height * scale))), Image.Resampling.BICUBIC
    )
    sheet = Image.new("L", size)
    sheet.paste(scaled, ((size[0] - scaled.width) // 2, (size[1] - scaled.height) // 2))
    return inked(sheet, colour, *size_mm)


def _from(least: int) -> list[int]:
    """The table that fills every value from the least on and clears those below."""
    return [255 * (value >= least) for value in range(256)]


def _times(factor: float) -> list[int]:
    return [min(255, round(factor * value)) for value in range(256)]


def _px(length_mm: float) -> int:
    return round(length_mm / MM_PER_INCH * DOTS_PER_INCH)
