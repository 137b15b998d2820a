"""放置日期: a date as real, searchable text in a small font of our own, embedded as constant bytes.

The font is a subset of Noto Serif SC (see tools/date_font.py); its glyph numbers and widths stand in a JSON
beside it, so nothing parses a font at run time.
"""

import json
from functools import cache
from importlib import resources

from yunqian.engine.append import number, numbers
from yunqian.engine.embedded_font import EmbeddedFont
from yunqian.engine.marks import Box
from yunqian.problems import Problem, Refused

_FILL = 0.78  # of the box's height taken by the em, so that ascent and descent stay inside
_MAX_SIZE_PT = 72.0
_CAP_HEIGHT = 733


@cache
def font() -> EmbeddedFont:
    """The shipped font, read once."""
    folder = resources.files("yunqian.engine") / "fonts"
    described = json.loads((folder / "date.json").read_text(encoding="utf-8"))
    glyphs = {character: (glyph, width) for character, (glyph, width) in described["glyphs"].items()}
    return EmbeddedFont(
        name=described["name"].encode("ascii"),
        ascent=described["ascent"],
        descent=described["descent"],
        cap_height=_CAP_HEIGHT,
        box=tuple(described["box"]),
        glyphs=glyphs,
        program=(folder / "date.ttf").read_bytes(),
    )


def require_glyphs(text: str) -> None:
    """Raises Refused(GLYPH_MISSING) naming every character the font cannot draw; nothing is ever left out.

    An empty text is refused too, as a date that nobody can see.
    """
    missing = sorted(set(text) - font().glyphs.keys())
    if missing or not text.strip():
        raise Refused(Problem.GLYPH_MISSING, characters="".join(missing))


def content(text: str, box: Box, resource: bytes) -> bytes:
    """Operators that write the text centred in a box of the appearance, with the font of that resource name.

    The text is never larger than the box: its size follows the height, then the width.
    """
    shipped = font()
    em = shipped.width_em(text)
    size = min(box.height_pt * _FILL, box.width_pt / em, _MAX_SIZE_PT)
    middle = (shipped.ascent + shipped.descent) / 2000 * size
    place = numbers((box.x_pt + (box.width_pt - em * size) / 2, box.y_pt + box.height_pt / 2 - middle))
    return b"q 0 g BT %s %s Tf %s Td %s Tj ET Q" % (resource, number(size), place, shipped.shown(text))
