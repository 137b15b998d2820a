"""The parent's side: no document is ever drawn in the web process, not even one that intake has passed.

A file of a few kilobytes may end PDFium, or the patience of whoever waits; here it ends a child.
"""

import json
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import children
from yunqian.server.adapters.drawing.frames import FRAME, TALLEST

WALL_SECONDS = 12
MORE_SECONDS = 0.3
"""For how long a child works on further pages (time of the processor): a process costs more than a page."""
_COMMAND = (sys.executable, "-I", "-m", "yunqian.server.adapters.drawing.child")


@dataclass(frozen=True)
class Picture:
    """One page as a WebP; its sides in pixels."""

    width: int
    height: int
    webp: bytes


def draw(document: bytes, pages: Sequence[int], *, width: int) -> dict[int, Picture]:
    """The first of `pages` (numbered from 1) as a picture of this width, and as many of the others as come cheap.

    Raises Refused(PAGE_NOT_DRAWN) for a page that PDFium or the limits do not let be drawn, and
    Refused(PLATFORM_BUSY) when too many children are at work.
    """
    asked = json.dumps({"pages": list(pages), "width": width, "more_seconds": MORE_SECONDS}).encode()
    question = struct.pack(">I", len(asked)) + asked + document
    try:
        written = children.answer(_COMMAND, question, wall_seconds=WALL_SECONDS)
        found = _frames(written, pages, width)
    except Refused as refusal:
        if refusal.problem is not Problem.INTAKE_TIMEOUT:
            raise
        # Perhaps only a page behind it could not be drawn.
        if len(pages) > 1:
            return draw(document, pages[:1], width=width)
        raise Refused(Problem.PAGE_NOT_DRAWN, page=pages[0]) from refusal
    return found


def _frames(written: bytes, pages: Sequence[int], width: int) -> dict[int, Picture]:
    """What the child says, believed as far as it is what was asked: the first pages, in order, of this size."""
    found: dict[int, Picture] = {}
    at = 0
    while at < len(written):
        if len(written) - at < FRAME.size or len(found) == len(pages):
            raise Refused(Problem.INTAKE_TIMEOUT)
        number, across, up, size = FRAME.unpack_from(written, at)
        webp = written[at + FRAME.size : at + FRAME.size + size]
        is_asked = number == pages[len(found)] and 0 < across <= width + 1 and 0 < up <= TALLEST * width + 1
        if not is_asked or len(webp) != size or webp[:4] != b"RIFF" or webp[8:12] != b"WEBP":
            raise Refused(Problem.INTAKE_TIMEOUT)
        found[number] = Picture(across, up, webp)
        at += FRAME.size + size
    if pages[0] not in found:
        raise Refused(Problem.INTAKE_TIMEOUT)
    return found
