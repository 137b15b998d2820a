"""Cut the small font for dates (放置日期) out of Noto Serif SC: a development tool, run once by hand.

Usage: python tools/date_font.py PACKED_NPM_PACKAGE [FOLDER]

The input is the packed npm package @fontsource/noto-serif-sc (`npm pack` writes it; SIL Open Font License 1.1).
Written are date.ttf (outlines only), date.json (glyph and width per character) and the licence.
"""

import io
import json
import sys
import tarfile
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

CHARACTERS = "0123456789 -/.,:()〇零一二三四五六七八九十廿卅年月日时分秒号：，。（）"
MEMBER = "package/files/noto-serif-sc-chinese-simplified-400-normal.woff2"
TABLES_KEPT = {"GlyphOrder", "head", "hhea", "maxp", "hmtx", "loca", "glyf"}


def main(package: Path, folder: Path) -> None:
    """Write the three files into `folder`; the same package gives the same bytes."""
    with tarfile.open(package) as archive:
        font = TTFont(io.BytesIO(_member(archive, MEMBER)), recalcTimestamp=False)
        licence = _member(archive, "package/LICENSE")
    cut = _cut(font)
    (folder / "date.json").write_text(_metrics(cut), encoding="utf-8")
    _write_outlines(cut, folder / "date.ttf")
    (folder / "OFL.txt").write_bytes(licence)


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    if member is None:
        raise SystemExit(f"{name} is not in the package")
    return member.read()


def _cut(font: TTFont) -> TTFont:
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=[])
    options.recalc_timestamp = False
    cutter = subset.Subsetter(options)
    cutter.populate(text=CHARACTERS)
    cutter.subset(font)
    return font


def _metrics(font: TTFont) -> str:
    """Glyph number and advance in thousandths of an em per character, as the PDF font needs them."""
    scale = 1000 / font["head"].unitsPerEm
    glyphs = {
        chr(code): [font.getGlyphID(name), round(font["hmtx"][name][0] * scale)]
        for code, name in sorted(font.getBestCmap().items())
    }
    missing = set(CHARACTERS) - glyphs.keys()
    if missing:
        raise SystemExit(f"the package has no glyph for {sorted(missing)}")
    head, ascent, descent = font["head"], font["OS/2"].sTypoAscender, font["OS/2"].sTypoDescender
    box = [round(edge * scale) for edge in (head.xMin, head.yMin, head.xMax, head.yMax)]
    described = {
        "name": "YQDATE+NotoSerifSC-Regular",
        "ascent": round(ascent * scale),
        "descent": round(descent * scale),
        "box": box,
        "glyphs": glyphs,
    }
    return json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _write_outlines(font: TTFont, path: Path) -> None:
    for tag in set(font.keys()) - TABLES_KEPT:
        del font[tag]
    font.flavor = None
    font.save(path)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    beside = Path(__file__).resolve().parent.parent / "yunqian" / "engine" / "fonts"
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else beside)
