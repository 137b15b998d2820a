"""Is what people will sign what the uploader saw? Pages drawn before and after intake, by two engines (rule I6).

| pictures compared | how | finds |
|---|---|---|
| PDFium: as uploaded, as taken | to the pixel | what qpdf reads otherwise than PDFium |
| poppler: as uploaded, as taken | to the pixel | what qpdf reads otherwise than poppler |
| PDFium, poppler: as taken | with tolerance | content that one engine shows and the other does not |

A signed document is not rewritten, so only the last remains. Where form fields were fixed the first two are
compared with tolerance. Decision 21.
"""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from yunqian.engine import agreement, flattening, intake_remarks, pictures, reading, sanitising
from yunqian.engine.intake import Accepted, Remark
from yunqian.problems import Problem, Refused
from yunqian.server.adapters.intake import second_engine

MOST_PAGES = 40
_FIRST, _BETWEEN, _LAST = 20, 10, 10
_TOLD_PAGES = 10

Shown = Sequence[Image.Image] | None
Block = tuple[int, int]


def remarks(uploaded: bytes, taken: Accepted) -> list[Remark]:
    """What is to be told about how the pages look. Raises Refused(DOCUMENT_LOOKS_DIFFERENT) with the pages.

    Two engines that disagree where fonts are not embedded are told, not refused: the fonts may be the reason.
    """
    count = len(taken.pages)
    blocks = _blocks(count)
    numbers = [number for first, last in blocks for number in range(first, last + 1)]
    is_rewritten = taken.document != uploaded
    is_same = agreement.is_alike if intake_remarks.FORM_FLATTENED in taken.remarks else agreement.is_same
    with ThreadPoolExecutor(2) as pool:
        later = pool.submit(_second, _light(taken, is_rewritten=is_rewritten), blocks)
        before = pool.submit(_second, uploaded, blocks) if is_rewritten else None
        first_after = list(pictures.gray(taken.document, numbers, agreement.LONG_SIDE_PX))
        first_before = _first(uploaded, numbers, count) if is_rewritten else None
        second_after, second_before = later.result(), before.result() if before else None
    different = {
        *_differing(numbers, first_before, first_after, is_same),
        *_differing(numbers, second_before, second_after, is_same),
    }
    between = _differing(numbers, first_after, second_after, agreement.is_alike)
    is_told = intake_remarks.FONT_NOT_EMBEDDED in taken.remarks
    if different or (between and not is_told):
        raise Refused(Problem.DOCUMENT_LOOKS_DIFFERENT, pages=_listed({*different, *between}))
    told = [intake_remarks.shown_differently(_listed(between))] if between else []
    if second_after is None:
        return [*told, intake_remarks.NOT_COMPARED]
    return told if len(numbers) == count else [*told, intake_remarks.compared_in_part(len(numbers), count)]


def _light(taken: Accepted, *, is_rewritten: bool) -> bytes:
    """The document as taken; of a long one without its slots, which show nothing and take poppler seconds.

    Its time to open a form grows with the square of the widgets: 8 s for 2,000 pages with two slots each.
    """
    if not is_rewritten or len(taken.pages) <= MOST_PAGES:
        return taken.document
    with reading.strictly(taken.document) as pdf:
        flattening.drop_empty_slots(pdf)
        return sanitising.rewritten(pdf)


def _blocks(count: int) -> list[Block]:
    """Which pages are compared: all, or the first, the last, and a part between that nobody can foresee."""
    if count <= MOST_PAGES:
        return [(1, count)]
    start = random.SystemRandom().randint(_FIRST + 1, count - _LAST - _BETWEEN + 1)
    return [(1, _FIRST), (start, start + _BETWEEN - 1), (count - _LAST + 1, count)]


def _first(uploaded: bytes, numbers: Sequence[int], count: int) -> Shown:
    """As PDFium shows the upload; nothing where it cannot read it at all: then nobody saw another state by it.

    Raises Refused(DOCUMENT_LOOKS_DIFFERENT) where it finds another number of pages.
    """
    try:
        found = pictures.page_count(uploaded)
        if found == count:
            return list(pictures.gray(uploaded, numbers, agreement.LONG_SIDE_PX))
    except Refused:
        return None
    raise Refused(Problem.DOCUMENT_LOOKS_DIFFERENT, pages=_listed(range(1, max(found, count) + 1)))


def _second(document: bytes, blocks: Sequence[Block]) -> Shown:
    if not second_engine.is_available():
        return None
    drawn: list[Image.Image] = []
    for first, last in blocks:
        block = second_engine.gray(document, first, last, agreement.LONG_SIDE_PX)
        if block is None:
            return None
        drawn += block
    return drawn


def _differing(
    numbers: Sequence[int],
    one: Shown,
    other: Shown,
    is_same: Callable[[Image.Image, Image.Image], bool],
) -> list[int]:
    if one is None or other is None:
        return []
    shown = zip(numbers, one, other, strict=True)
    return [number for number, here, there in shown if not is_same(here, there)]


def _listed(numbers: Sequence[int] | set[int] | range) -> str:
    """The first of the pages, for a sentence."""
    listed = sorted(numbers)
    more = "…" if len(listed) > _TOLD_PAGES else ""
    return ", ".join(str(number) for number in listed[:_TOLD_PAGES]) + more
