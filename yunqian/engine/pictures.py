"""Pages as pictures, drawn by PDFium: the reference view of a page, form fields and annotations included.

PDFium is not safe for threads and a stranger's document may crash it: draw only in a process of its own, or
documents that passed intake. Units are pixels; a page has the side of its visible box times its /UserUnit.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pypdfium2
from PIL import Image
from pypdfium2 import PdfiumError

from yunqian.problems import Problem, Refused

_MOST_PIXELS = 16_000 * 16_000


def render(document: bytes, page: int, width_px: int) -> Image.Image:
    """One page, numbered from 1, as a picture of this width; rotated as the reader sees it.

    Raises Refused(PAGE_NOT_FOUND), or Refused(DOCUMENT_BROKEN) for what PDFium cannot draw.
    """
    with _opened(document) as pdf:
        drawn = _page(pdf, page)
        across, _ = drawn.get_size()
        return _drawn(drawn, width_px / across, is_gray=False)


def page_count(document: bytes) -> int:
    """How many pages PDFium finds. Raises Refused(DOCUMENT_BROKEN)."""
    with _opened(document) as pdf:
        return len(pdf)


def gray(document: bytes, numbers: Iterable[int], long_side_px: int) -> Iterator[Image.Image]:
    """Pages in gray, one at a time, each with its longer side of this many pixels. Raises as `render`."""
    with _opened(document) as pdf:
        for number in numbers:
            drawn = _page(pdf, number)
            yield _drawn(drawn, long_side_px / max(drawn.get_size()), is_gray=True)


@contextmanager
def _opened(document: bytes) -> Iterator[pypdfium2.PdfDocument]:
    try:
        pdf = pypdfium2.PdfDocument(document)
        pdf.init_forms()  # without it no form field is drawn
    except PdfiumError as error:
        raise Refused(Problem.DOCUMENT_BROKEN) from error
    try:
        yield pdf
    finally:
        pdf.close()


def _page(pdf: pypdfium2.PdfDocument, number: int) -> pypdfium2.PdfPage:
    if not 1 <= number <= len(pdf):
        raise Refused(Problem.PAGE_NOT_FOUND, page=number)
    try:
        page = pdf[number - 1]
    except PdfiumError as error:
        raise Refused(Problem.DOCUMENT_BROKEN) from error
    if min(page.get_size()) <= 0:
        raise Refused(Problem.DOCUMENT_BROKEN)
    return page


def _drawn(page: pypdfium2.PdfPage, scale: float, *, is_gray: bool) -> Image.Image:
    across, up = page.get_size()
    if across * scale * up * scale > _MOST_PIXELS:
        raise Refused(Problem.DOCUMENT_BROKEN)
    try:
        picture: Image.Image = page.render(scale=scale, grayscale=is_gray).to_pil()
    except PdfiumError as error:
        raise Refused(Problem.DOCUMENT_BROKEN) from error
    return picture.convert("L" if is_gray else "RGB")
