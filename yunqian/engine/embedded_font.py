"""A font as it goes into a document: glyph numbers as codes, outlines, widths, and the way back to Unicode."""

import zlib
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class EmbeddedFont:
    """A composite font over TrueType outlines (ISO 32000-2 §9.7); lengths in thousandths of an em.

    `name` says which glyphs are in it, so that two fonts of one name are the same bytes. `glyphs` gives number
    and advance width per character.
    """

    name: bytes
    ascent: int
    descent: int
    cap_height: int
    box: tuple[int, int, int, int]
    glyphs: dict[str, tuple[int, int]] = field(repr=False)
    program: bytes = field(repr=False)

    @cached_property
    def outlines(self) -> bytes:
        """The font program, deflated."""
        return zlib.compress(self.program, 9)

    @cached_property
    def to_unicode(self) -> bytes:
        """The ToUnicode CMap, deflated, so that the text can be searched and copied (§9.10.3)."""
        return zlib.compress(_to_unicode(self.glyphs), 9)

    def width_em(self, text: str) -> float:
        """Width of the text when the em is 1."""
        return sum(self.glyphs[character][1] for character in text) / 1000

    def shown(self, text: str) -> bytes:
        """The text as a hexadecimal string of two-byte glyph numbers (Identity-H)."""
        return b"<" + b"".join(b"%04X" % self.glyphs[character][0] for character in text) + b">"


def _to_unicode(glyphs: dict[str, tuple[int, int]]) -> bytes:
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
