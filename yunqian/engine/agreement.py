"""Do two pictures of one page show the same? Strictly for one engine, with tolerance between two (rule I6).

The same engine draws a document before and after our rewrite the same to the pixel, so there every visible
difference counts, down to a digit. Two engines never agree on the pixel: edges, hinting and replaced fonts
differ. Between them only this counts: ink where the other engine has next to none, far enough around to be no
matter of fonts. The bounds are measured (decision 21).
"""

from PIL import Image, ImageChops, ImageFilter

LONG_SIDE_PX = 640  # 55 dots per inch on A4: a digit is some pixels, a page some milliseconds
_SAME_ENGINE = 96  # of 255, for one pixel; what was measured on honest documents is 0
_CELL_PX = 8
_INK = 40  # mean of a cell; a line of text has 60 and more
_NEXT_TO_NONE = 4  # the other engine has less than a fourth in all cells around
_SIZE_PX = 2  # two ways of rounding


def is_same(before: Image.Image, after: Image.Image) -> bool:
    """Whether one engine drew the same page twice."""
    if before.size != after.size:
        return False
    return _most(ImageChops.difference(before, after)) <= _SAME_ENGINE


def is_alike(one: Image.Image, other: Image.Image) -> bool:
    """Whether two engines, or one before and after form fields were fixed, show the same content."""
    if any(abs(a - b) > _SIZE_PX for a, b in zip(one.size, other.size, strict=True)):
        return False
    here, there = _ink(one, one.size), _ink(other, one.size)
    return not _is_missing(here, there) and not _is_missing(there, here)


def _ink(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """How much ink each cell has; white paper has none."""
    fitted = picture if picture.size == size else picture.resize(size, Image.Resampling.BOX)
    return ImageChops.invert(fitted).reduce(_CELL_PX)


def _is_missing(here: Image.Image, there: Image.Image) -> bool:
    """Whether a cell has ink here, and there neither it nor a cell beside it."""
    around = there.filter(ImageFilter.MaxFilter(3))
    much = here.point([255 if ink >= _INK else 0 for ink in range(256)])
    least = here.point([ink // _NEXT_TO_NONE for ink in range(256)])
    has_none = ImageChops.subtract(least, around).point([255 if ink else 0 for ink in range(256)])
    return _most(ImageChops.darker(much, has_none)) > 0


def _most(picture: Image.Image) -> int:
    low_high = picture.getextrema()
    return int(low_high[1]) if isinstance(low_high[1], (int, float)) else 255
