"""Where a mark may lie and how large it must be; asked before anything is prepared, and again while preparing.

Width and height in millimetres are part of a seal (GB/T 38540-2020), so a placement cannot choose them: a seal
drawn as a dot or as a whole page would be another seal.
"""

from collections.abc import Iterable, Sequence

from yunqian.engine import datestamp, paging, textnote
from yunqian.engine.geometry import PageGeometry, is_inside, pt_to_mm
from yunqian.engine.marks import DateMark, Mark, PagingMark, PlacedMark, SealMark, TextMark
from yunqian.problems import Problem, Refused

SIZE_TOLERANCE = 0.01  # of each side: what rounding to whole points may cost
DATE_HEIGHT_MM = (2.0, 20.0)  # no date too small to read, and none that pretends to be something else
DATE_WIDEST_MM = 150.0
TEXT_SIDES_MM = (3.0, 200.0)
_WORDS = {SealMark: ("印章", "seal"), DateMark: ("日期", "date"), TextMark: ("文字", "text")}


def require_all(pages: Sequence[PageGeometry], marks: Iterable[Mark]) -> None:
    """Check marks against the pages of their document, first page first.

    Raises Refused(PAGE_NOT_FOUND, MARK_OUTSIDE_PAGE, MARK_SIZE_WRONG, GLYPH_MISSING, TEXT_DOES_NOT_FIT), or what
    `paging.strips` raises for a paging seal.
    """
    for mark in marks:
        if isinstance(mark, PagingMark):
            paging.strips(pages, mark)
            continue
        if not 1 <= mark.page <= len(pages):
            raise Refused(Problem.PAGE_NOT_FOUND, page=mark.page)
        require(pages[mark.page - 1], mark)


def require(page: PageGeometry, mark: PlacedMark) -> None:
    """Check one mark on its page: it lies on it wholly, in its true size, and can be drawn.

    Raises Refused(MARK_OUTSIDE_PAGE, MARK_SIZE_WRONG, GLYPH_MISSING or TEXT_DOES_NOT_FIT).
    """
    chinese, english = _WORDS[type(mark)]
    has_size = mark.box.width_pt > 0 and mark.box.height_pt > 0
    if not has_size or not is_inside(page, mark.box):
        raise Refused(Problem.MARK_OUTSIDE_PAGE, page=page.number, mark=chinese)
    if not _has_true_size(page, mark):
        raise Refused(Problem.MARK_SIZE_WRONG, page=page.number, mark_zh=chinese, mark_en=english)
    if isinstance(mark, DateMark):
        datestamp.require_glyphs(mark.text)
    if isinstance(mark, TextMark):
        textnote.fitted(page, mark)


def _has_true_size(page: PageGeometry, mark: PlacedMark) -> bool:
    """As the reader measures it on paper: on a page turned sideways the box's sides change places."""
    sides = [pt_to_mm(side, page.user_unit) for side in (mark.box.width_pt, mark.box.height_pt)]
    if isinstance(mark, DateMark):
        smallest, largest = DATE_HEIGHT_MM
        return smallest <= min(sides) <= largest and max(sides) <= DATE_WIDEST_MM
    if isinstance(mark, TextMark):
        smallest, largest = TEXT_SIDES_MM
        return smallest <= min(sides) and max(sides) <= largest
    width, height = reversed(sides) if page.is_sideways else sides
    return _is_near(width, mark.impression.width_mm) and _is_near(height, mark.impression.height_mm)


def _is_near(measured_mm: float, true_mm: float) -> bool:
    return abs(measured_mm - true_mm) <= true_mm * SIZE_TOLERANCE
