"""What one document may cost us, and what is wrong with it before anything of it is parsed (rule I1)."""

import re
from dataclasses import dataclass
from itertools import islice

import pikepdf

from yunqian.engine import pages, survey
from yunqian.problems import Problem, Refused

_END = b"%%EOF"
_WHITESPACE = b"\x00\t\n\x0c\r "  # ISO 32000-2 §7.2.3
_HEADER = re.compile(rb"%PDF-\d")
_OBJECT = re.compile(rb"\d\s+\d+\s+obj\b")
_HEADERS_LOOKED_AT = 16  # each costs a look back through the document
_STREAM = re.compile(rb"(?<!end)stream\r?\n")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost us; a page's side is limited by `pages`, time and memory by the process."""

    max_bytes: int = 50 * 1024 * 1024
    max_pages: int = 2000
    max_image_pixels: int = 150_000_000  # a sheet of A0, scanned at 300 dots per inch


@dataclass(frozen=True, slots=True)
class Outline:
    """How a document looks from outside: where it ends, and whether something is there that does not belong.

    `end` is the first byte behind the last end-of-file mark; behind everything, where objects follow that mark or
    there is none: an update that was cut off is read as far as it goes, not thrown away.
    """

    end: int
    has_leftovers: bool


def outline(document: bytes, limits: Limits) -> Outline:
    """What can be said before anything is parsed.

    Raises Refused(DOCUMENT_EMPTY, _TOO_LARGE, _NOT_PDF): the header stands at byte 0 (ISO 32000-2 §7.5.2).
    """
    if not document:
        raise Refused(Problem.DOCUMENT_EMPTY)
    if len(document) > limits.max_bytes:
        megabytes = [round(size / 1024 / 1024, 1) for size in (len(document), limits.max_bytes)]
        raise Refused(Problem.DOCUMENT_TOO_LARGE, size_mb=megabytes[0], limit_mb=megabytes[1])
    if not _HEADER.match(document):
        raise Refused(Problem.DOCUMENT_NOT_PDF)
    at = document.rfind(_END)
    end = at + len(_END) if at >= 0 else 0
    has_leftovers = bool(document[end:].strip(_WHITESPACE)) or _has_another_header(document)
    return Outline(len(document) if _OBJECT.search(document, end) else end, has_leftovers)


def _has_another_header(document: bytes) -> bool:
    """Whether a second document begins inside this one; one that lies in a stream is an attachment."""
    for header in islice(_HEADER.finditer(document, 1), _HEADERS_LOOKED_AT):
        at = header.start()
        if document[at - 1 : at] in (b"\n", b"\r") and not _is_in_a_stream(document, at):
            return True
    return False


def _is_in_a_stream(document: bytes, at: int) -> bool:
    closed = document.rfind(b"endstream", 0, at)
    return _STREAM.search(document, max(closed, 0), at) is not None


def require_pages(pdf: pikepdf.Pdf, limits: Limits) -> None:
    """Raises Refused(DOCUMENT_BROKEN) for a document without pages, Refused(DOCUMENT_TOO_MANY_PAGES)."""
    count = len(pages.walk(pdf))
    if count == 0:
        raise Refused(Problem.DOCUMENT_BROKEN)
    if count > limits.max_pages:
        raise Refused(Problem.DOCUMENT_TOO_MANY_PAGES, pages=count, limit=limits.max_pages)


def require_pictures(found: survey.Survey, limits: Limits) -> None:
    """Raises Refused(DOCUMENT_IMAGE_TOO_LARGE): a small file can ask for a picture of gigabytes."""
    for image in found.images:
        width, height = (_length(image.get(key)) for key in ("/Width", "/Height"))
        if width * height > limits.max_image_pixels:
            megapixels = limits.max_image_pixels // 1_000_000
            raise Refused(
                Problem.DOCUMENT_IMAGE_TOO_LARGE, width=width, height=height, limit_megapixels=megapixels
            )


def _length(side: object) -> int:
    """A side of an image; one that is no whole number is refused by the engine that draws it."""
    return abs(side) if isinstance(side, int) else 0
