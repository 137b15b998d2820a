"""Make yunqian/engine/fonts/note.ttf, the font that text notes (文字) are written with. Run by hand.

    python tools/note_font.py FOLDER

FOLDER is the unpacked npm package @fontsource/noto-sans-sc (SIL Open Font License 1.1), which cuts Noto Sans SC
into slices by Unicode range. The slices of weight 400 are put together again, reduced to Latin-1 and the
characters and signs of GBK (GB 2312 alone lacks many given names: 喆, 堃, 珺), and stripped of all but outlines,
widths and the character map.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import TTFont

WEIGHT = 400
ROOM = Path(__file__).resolve().parent.parent / "yunqian" / "engine" / "fonts"
FONT = ROOM / "note.ttf"
LICENCE = ROOM / "note.OFL.txt"
UNITS_PER_EM = 1000


def wanted() -> set[int]:
    """Latin-1, the euro, and the characters and signs of GBK."""
    double = (bytes((high, low)) for high in range(0x81, 0xFF) for low in range(0x40, 0xFF))
    decoded = (pair.decode("gbk", errors="ignore") for pair in double)
    latin = set(range(0x20, 0x7F)) | set(range(0xA0, 0x100)) | {0x20AC}
    return latin | {ord(text) for text in decoded if len(text) == 1}


def main(folder: Path) -> None:
    """Write the font and its licence; the result does not depend on the clock."""
    points = wanted()
    outlines: dict[str, Any] = {}
    widths: dict[str, tuple[int, int]] = {}
    for path in sorted((folder / "files").glob(f"noto-sans-sc-*-{WEIGHT}-normal.woff2")):
        font = TTFont(path)
        glyphs, metrics = font["glyf"], font["hmtx"]
        if not outlines:
            outlines[".notdef"], widths[".notdef"] = glyphs[".notdef"], metrics[".notdef"]
        for point, name in font.getBestCmap().items():
            if point not in points:
                continue
            points.remove(point)
            if glyphs[name].isComposite():
                raise SystemExit(f"U+{point:04X} is put together of other glyphs")
            outlines[f"u{point:04X}"], widths[f"u{point:04X}"] = glyphs[name], metrics[name]
    _write(outlines, widths)
    shutil.copyfile(folder / "LICENSE", LICENCE)
    print(
        f"{FONT.name}: {len(outlines) - 1} characters, {FONT.stat().st_size:,} bytes, {len(points)} missing"
    )


def _write(outlines: dict[str, Any], widths: dict[str, tuple[int, int]]) -> None:
    names = sorted(outlines)
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({int(name[1:], 16): name for name in names if name != ".notdef"})
    builder.setupGlyf(outlines)
    builder.setupHorizontalMetrics(widths)
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    font = builder.font
    font["cmap"].tables = [table for table in font["cmap"].tables if table.format == 4][:1]
    font["head"].created = font["head"].modified = 0
    font.recalcTimestamp = False
    font.save(FONT)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
