"""Make yunqian/eseal/seal-serif.woff2, the one font that seals are drawn with. Run by hand when the font is renewed.

    python tools/seal_font.py FOLDER

FOLDER is the unpacked npm package @fontsource/noto-serif-sc (SIL Open Font License 1.1), which cuts Noto
Serif SC into slices by Unicode range. The slices of weight 700 are put together again, reduced to the
characters that GB 18030 writes in one or two bytes (GB 2312 alone lacks many given names: 喆, 堃, 珺), and
stripped of everything that drawing single upright glyphs does not need.
"""

import shutil
import sys
from pathlib import Path

from fontTools.merge import Merger, Options
from fontTools.subset import Options as SubsetOptions
from fontTools.subset import Subsetter
from fontTools.ttLib import TTFont

WEIGHT = 700
ROOM = Path(__file__).resolve().parent.parent / "yunqian" / "eseal"
FONT = ROOM / "seal-serif.woff2"
LICENCE = ROOM / "seal-serif.OFL.txt"
KEPT_TABLES = {"head", "hhea", "hmtx", "maxp", "loca", "glyf", "cmap", "OS/2", "name", "post"}


def wanted() -> set[int]:
    """ASCII, the middle dot of foreign names, and every Chinese character of GBK."""
    double = (bytes((high, low)) for high in range(0x81, 0xFF) for low in range(0x40, 0xFF))
    decoded = (pair.decode("gbk", errors="ignore") for pair in double)
    chinese = {ord(text) for text in decoded if len(text) == 1}
    hanzi = {point for point in chinese if 0x4E00 <= point <= 0x9FFF}
    punctuation = {ord(character) for character in "·—…、。《》（）〇“”‘’，；：＆"}
    return set(range(0x20, 0x7F)) | hanzi | punctuation


def slices(folder: Path, points: set[int]) -> list[Path]:
    """The slices of the weight, reduced to the wanted characters; written beside themselves for the merger."""
    reduced = []
    for path in sorted((folder / "files").glob(f"noto-serif-sc-*-{WEIGHT}-normal.woff2")):
        font = TTFont(path)
        here = points & set(font.getBestCmap())
        points = points - here
        if not here:
            continue
        for tag in set(font.keys()) - KEPT_TABLES - {"GlyphOrder"}:
            del font[tag]
        _reduce(font, here)
        font.flavor = None
        target = path.with_suffix(".reduced.ttf")
        font.save(target)
        reduced.append(target)
    return reduced


def _reduce(font: TTFont, points: set[int]) -> None:
    options = SubsetOptions(hinting=False, notdef_outline=True, glyph_names=False, name_IDs=[0, 1, 2, 13, 14])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=points)
    subsetter.subset(font)


def main(folder: Path) -> None:
    """Merge, reduce, write font and licence; the result does not depend on the clock."""
    paths = slices(folder, wanted())
    font = Merger(options=Options(drop_tables=["vmtx", "vhea"])).merge([str(path) for path in paths])
    font["head"].modified = font["head"].created = 0
    font.recalcTimestamp = False
    font["post"].formatType = 3.0
    font.flavor = "woff2"
    font.save(FONT)
    shutil.copyfile(folder / "LICENSE", LICENCE)
    for path in paths:
        path.unlink()
    print(f"{FONT.name}: {len(font.getBestCmap())} characters, {FONT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
