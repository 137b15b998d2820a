"""放置日期: a date as real, searchable text in a small font of our own, embedded as constant bytes.

The font is a subset of Noto Serif SC (see tools/date_font.py); its glyph numbers and widths stand in a JSON
beside it, so nothing parses a font at run time.
"""

import json
import zlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from yunqian.engine.append import number, numbers
from yunqian.engine.marks import Box
from yunqian.problems import Problem, Refused

_FILL = 0.78  # of the box's height taken by the em, so that ascent and descent stay inside
_MAX_SIZE_PT = 72.0


@dataclass(frozen=True, slots=True)
class DateFont:
    """The font as it goes into a document: metrics, deflated outlines, and the map back to Unicode."""

    name: bytes
    ascent: int
    descent: int
    box: tuple[int, int, int, int]
    glyphs: dict[str, tuple[int, int]]
    outlines: bytes
    outlines_size: int
    to_unicode: bytes

    def width_em(self, text: str) -> float:
        """Width of the text when the em is 1."""
        return sum(self.glyphs[character][1] for character in text) / 1000

    def shown(self, text: str) -> bytes:
        """The text as a hexadecimal string of two-byte glyph numbers (Identity-H)."""
        return b"<" + b"".join(b"%04X" % self.glyphs[character][0] for character in text) + b">"


@cache
def font() -> DateFont:
    """The shipped font, read once."""
    folder = resources.files("yunqian.engine") / "fonts"
    described = json.loads((folder / "date.json").read_text(encoding="utf-8"))
    outlines = (folder / "date.ttf").read_bytes()
    glyphs = {character: (glyph, width) for character, (glyph, width) in described["glyphs"].items()}
    return DateFont(
        name=described["name"].encode("ascii"),
        ascent=described["ascent"],
        descent=described["descent"],
        box=tuple(described["box"]),
        glyphs=glyphs,
        outlines=zlib.compress(outlines, 9),
        outlines_size=len(outlines),
        to_unicode=zlib.compress(_to_unicode(glyphs), 9),
    )


def require_glyphs(text: str) -> None:
    """Raises Refused(GLYPH_MISSING) naming every character the font cannot draw; nothing is ever left out.

    An empty text is refused too, as a date that nobody can see.
    """
    missing = sorted(set(text) - font().glyphs.keys())
    if missing or not text.strip():
        raise Refused(Problem.GLYPH_MISSING, characters="".join(missing))


def content(text: str, box: Box) -> bytes:
    """Operators that write the text centred in a box of the appearance, with the font resource /F.

    The text is never larger than the box: its size follows the height, then the width.
    """
    shipped = font()
    em = shipped.width_em(text)
    size = min(box.height_pt * _FILL, box.width_pt / em, _MAX_SIZE_PT)
    middle = (shipped.ascent + shipped.descent) / 2000 * size
    place = numbers((box.x_pt + (box.width_pt - em * size) / 2, box.y_pt + box.height_pt / 2 - middle))
    return b"q 0 g BT /F %s Tf %s Td %s Tj ET Q" % (number(size), place, shipped.shown(text))


def _to_unicode(glyphs: dict[str, tuple[int, int]]) -> bytes:
    """A ToUnicode CMap (ISO 32000-2 §9.10.3), so that the date can be searched and copied."""
    pairs = sorted((glyph, character) for character, (glyph, _) in glyphs.items())
    blocks = []
    for start in range(0, len(pairs), 100):
        rows = [f"<{glyph:04X}> <{ord(character):04X}>" for glyph, character in pairs[start : start + 100]]
        blocks += [f"{len(rows)} beginbfchar", *rows, "endbfchar"]
    head = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
        "/CMapName /Adobe-Identity-UCS def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<0000> <FFFF>",
        "endcodespacerange",
    ]
    foot = ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join([*head, *blocks, *foot]).encode("ascii")
