"""文字: a note as real, searchable text, broken into lines within its box; nothing is cut off or left out."""

import re
from dataclasses import dataclass

from yunqian.engine import notefont
from yunqian.engine.append import number, numbers
from yunqian.engine.embedded_font import EmbeddedFont
from yunqian.engine.geometry import PageGeometry
from yunqian.engine.marks import Box, TextMark
from yunqian.problems import Problem, Refused

SIZES_PT = (5.0, 36.0)  # on paper: smaller cannot be read, larger is no note
_TRIED_PT = tuple(half / 2 for half in range(28, 11, -1))  # 14 down to 6, where the signer leaves it to us
_LEADING = 1.35  # of the size, from line to line
_ABOVE, _BELOW = 0.88, 0.24  # of the size, from the first baseline up and from the last one down
_CLOSING = re.escape("，。、；：？！）》」』】〕”’…—·,.;:?!)]}%％℃")  # never first in a line (GB/T 15834)
_OPENING = re.escape("（《「『【〔“‘([{¥￥$")  # never last
_UNIT = re.compile(rf"\s+|[{_OPENING}]*(?:[!-~¡-ÿ]+|\S)[{_CLOSING}]*")


@dataclass(frozen=True, slots=True)
class Fitted:
    """A note as it will be written: its size in points on paper, and its lines."""

    size_pt: float
    lines: tuple[str, ...]


def fitted(page: PageGeometry, mark: TextMark) -> Fitted:
    """Break a note into lines, at its own size or else the largest that fits its box.

    Raises Refused(GLYPH_MISSING) with every character the font lacks, and for a note that nobody would see;
    Refused(MARK_SIZE_WRONG) for a size that is no note's, or Refused(TEXT_DOES_NOT_FIT).
    """
    paragraphs = mark.text.replace("\r\n", "\n").rstrip().split("\n")
    lacking = notefont.missing("".join(paragraphs))
    if lacking or not mark.text.strip():
        raise Refused(Problem.GLYPH_MISSING, characters="".join(sorted(lacking)))
    if mark.size_pt is not None and not SIZES_PT[0] <= mark.size_pt <= SIZES_PT[1]:
        raise Refused(Problem.MARK_SIZE_WRONG, page=mark.page, mark_zh="文字", mark_en="text")
    width, height = mark.box.width_pt * page.user_unit, mark.box.height_pt * page.user_unit
    if page.is_sideways:
        width, height = height, width
    for size in _TRIED_PT if mark.size_pt is None else (mark.size_pt,):
        room = int((height / size - _ABOVE - _BELOW) / _LEADING + 1e-6) + 1
        lines = [line for paragraph in paragraphs for line in _broken(paragraph, width / size)]
        is_narrow = all(notefont.width_em(line) <= width / size + 1e-6 for line in lines)
        if is_narrow and len(lines) <= room and height >= size * (_ABOVE + _BELOW):
            return Fitted(size, tuple(lines))
    raise Refused(Problem.TEXT_DOES_NOT_FIT, page=mark.page)


def font(mark: TextMark) -> EmbeddedFont:
    """The font with just the characters that this note shows."""
    return notefont.subset(frozenset(mark.text) - {"\n", "\r"})


def content(page: PageGeometry, mark: TextMark, box: Box, resource: bytes) -> bytes:
    """Operators that write the note from the upper left corner of a box of the appearance."""
    note, face = fitted(page, mark), font(mark)
    size = note.size_pt / page.user_unit
    start = numbers((box.x_pt, box.top_pt - _ABOVE * size))
    shown = b" T* ".join(b"%s Tj" % face.shown(line) for line in note.lines)
    setting = (resource, number(size), number(_LEADING * size), start, shown)
    return b"q 0 g BT %s %s Tf %s TL %s Td %s ET Q" % setting


def _broken(paragraph: str, width_em: float) -> list[str]:
    """The lines of one paragraph: Chinese breaks anywhere but around punctuation, other words at spaces."""
    lines, line, taken = [], "", 0.0
    for unit in _units(paragraph, width_em):
        wide = notefont.width_em(unit)
        if line and taken + wide > width_em + 1e-6 and not unit.isspace():
            lines.append(line.rstrip())
            line, taken = "", 0.0
        if line or not unit.isspace():
            line, taken = line + unit, taken + wide
    return [*lines, line.rstrip()]


def _units(paragraph: str, width_em: float) -> list[str]:
    """What stays together on a line; a word that is wider than a whole line is broken all the same."""
    units: list[str] = []
    for unit in _UNIT.findall(paragraph):
        units += [unit] if notefont.width_em(unit) <= width_em else list(unit)
    return units
