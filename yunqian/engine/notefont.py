"""The font of text notes: a TrueType font of 13,000 characters, of which a document gets the few it shows.

A subset is cut by our own hand from tables that `tools/note_font.py` wrote (no composite glyphs, no hinting), so
that signing needs no font library: outlines are copied, widths and offsets written anew.
"""

import hashlib
import struct
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from yunqian.engine.embedded_font import EmbeddedFont

_ASCENT, _DESCENT, _CAP_HEIGHT = 880, -120, 733
_FAMILY = b"NotoSansSC-Regular"


@dataclass(frozen=True, slots=True)
class _Shipped:
    """The tables of the shipped font, and its character map as rising ranges of format 4."""

    tables: dict[bytes, bytes]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    deltas: tuple[int, ...]

    def glyph(self, character: str) -> int:
        """The glyph number of a character; 0 where there is none."""
        point = ord(character)
        place = bisect_right(self.starts, point) - 1
        if place < 0 or point > self.ends[place]:
            return 0
        return (point + self.deltas[place]) % 65536

    def outline(self, glyph: int) -> bytes:
        start, end = struct.unpack_from(">II", self.tables[b"loca"], 4 * glyph)
        return self.tables[b"glyf"][start:end]

    def metrics(self, glyph: int) -> tuple[int, int]:
        """Advance width and left side bearing; glyphs after the last long entry share its width."""
        (count,) = struct.unpack_from(">H", self.tables[b"hhea"], 34)
        if glyph < count:
            return struct.unpack_from(">Hh", self.tables[b"hmtx"], 4 * glyph)
        (width,) = struct.unpack_from(">H", self.tables[b"hmtx"], 4 * (count - 1))
        (bearing,) = struct.unpack_from(">h", self.tables[b"hmtx"], 4 * count + 2 * (glyph - count))
        return width, bearing


def missing(text: str) -> set[str]:
    """The characters of a text that the font cannot draw."""
    return {character for character in text if not _shipped().glyph(character)}


def width_em(text: str) -> float:
    """Width of the text when the em is 1."""
    shipped = _shipped()
    return sum(shipped.metrics(shipped.glyph(character))[0] for character in text) / 1000


@lru_cache(maxsize=128)
def subset(characters: frozenset[str]) -> EmbeddedFont:
    """The font with these characters only, the same bytes every time; each of them must be there."""
    shipped = _shipped()
    ordered = sorted(characters)
    numbers = [0, *(shipped.glyph(character) for character in ordered)]
    digest = hashlib.sha256("".join(ordered).encode("utf-8")).digest()
    tag = bytes(65 + byte % 26 for byte in digest[:6])
    widths = [shipped.metrics(number)[0] for number in numbers]
    return EmbeddedFont(
        name=tag + b"+" + _FAMILY,
        ascent=_ASCENT,
        descent=_DESCENT,
        cap_height=_CAP_HEIGHT,
        box=struct.unpack_from(">4h", shipped.tables[b"head"], 36),
        glyphs={character: (place, widths[place]) for place, character in enumerate(ordered, start=1)},
        program=_program(shipped, numbers),
    )


def _program(shipped: _Shipped, numbers: list[int]) -> bytes:
    """A TrueType font with these glyphs, renumbered from 0 (ISO 32000-2 table 124: what a CIDFontType2 needs)."""
    outlines = [_padded(shipped.outline(number)) for number in numbers]
    offsets = [0]
    for outline in outlines:
        offsets.append(offsets[-1] + len(outline))
    count = len(numbers)
    head, hhea, maxp = (bytearray(shipped.tables[name]) for name in (b"head", b"hhea", b"maxp"))
    struct.pack_into(">I", head, 8, 0)  # checkSumAdjustment, put right below
    struct.pack_into(">h", head, 50, 1)  # long offsets
    struct.pack_into(">H", hhea, 34, count)
    struct.pack_into(">H", maxp, 4, count)
    tables = {
        b"glyf": b"".join(outlines),
        b"head": bytes(head),
        b"hhea": bytes(hhea),
        b"hmtx": b"".join(struct.pack(">Hh", *shipped.metrics(number)) for number in numbers),
        b"loca": struct.pack(f">{count + 1}I", *offsets),
        b"maxp": bytes(maxp),
    }
    return _assembled(tables)


def _assembled(tables: dict[bytes, bytes]) -> bytes:
    """Tables behind their directory, each padded to four bytes, with the checksums that readers compare."""
    count = len(tables)
    power = 1 << (count.bit_length() - 1)
    header = struct.pack(
        ">IHHHH", 0x00010000, count, power * 16, power.bit_length() - 1, count * 16 - power * 16
    )
    at = len(header) + 16 * count
    directory, body = [], []
    for name, content in sorted(tables.items()):
        directory.append(struct.pack(">4sIII", name, _checksum(content), at, len(content)))
        body.append(_padded(content))
        at += len(body[-1])
    program = bytearray(header + b"".join(directory) + b"".join(body))
    head = struct.unpack_from(">I", directory[sorted(tables).index(b"head")], 8)[0]
    struct.pack_into(">I", program, head + 8, (0xB1B0AFBA - _checksum(bytes(program))) % (1 << 32))
    return bytes(program)


def _padded(content: bytes) -> bytes:
    return content + b"\x00" * (-len(content) % 4)


def _checksum(content: bytes) -> int:
    words = _padded(content)
    total: int = sum(struct.unpack(f">{len(words) // 4}I", words))
    return total % (1 << 32)


@cache
def _shipped() -> _Shipped:
    """The shipped font, read once."""
    font = (resources.files("yunqian.engine") / "fonts" / "note.ttf").read_bytes()
    (count,) = struct.unpack_from(">H", font, 4)
    rows = [struct.unpack_from(">4sIII", font, 12 + 16 * place) for place in range(count)]
    tables = {name: font[offset : offset + size] for name, _, offset, size in rows}
    starts, ends, deltas = _ranges(tables[b"cmap"])
    return _Shipped(tables, starts, ends, deltas)


def _ranges(cmap: bytes) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """The only subtable of the character map: format 4, every range with a plain difference."""
    (at,) = struct.unpack_from(">I", cmap, 8)
    (double,) = struct.unpack_from(">H", cmap, at + 6)
    shape = f">{double // 2}H"
    ends = struct.unpack_from(shape, cmap, at + 14)
    starts = struct.unpack_from(shape, cmap, at + 16 + double)
    deltas = struct.unpack_from(shape, cmap, at + 16 + 2 * double)
    return starts, ends, deltas
