"""`yunqian agent draw`: the child that reads one document from its input and writes pixels to its output.

A document may be made to take a PDF library over. So it is read here and nowhere else in the client: in a process
without keys or PIN, with little memory and time, that writes no file, ends with its parent, and sees nothing of the
machine where there are walls (`walls`). It gives pixels, never a picture that somebody would have to decode.

Input: one line of JSON, `Wanted`, then the document. Output: 4 bytes for the number of pages, then for each page
that was wanted 12 bytes (page, width, height) and width · height · 3 bytes of RGB, all numbers big-endian.
"""

import ctypes
import os
import signal
import struct
import sys
import threading
from collections.abc import Sequence
from typing import BinaryIO

from pydantic import Field

from yunqian.wire.base import Message

WIDTH_PX, HIGHEST_PX = 900, 2700
MOST_PAGES = 12
LIFE_SECONDS = 30.0
MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 25
TRY = "--try"
HEAD, PAGE = struct.Struct(">I"), struct.Struct(">III")
_OPEN_FILES = 64
_PR_SET_PDEATHSIG = 1  # prctl(2)


class Wanted(Message):
    """Which pages of the document that follows, and how many bytes it has."""

    size: int = Field(ge=1, le=200_000_000)
    pages: tuple[int, ...] = Field(min_length=1, max_length=MOST_PAGES)


def main(argv: Sequence[str]) -> int:
    """Draw and end; 0 if everything was drawn. `--try` only tells whether it could."""
    _bind()
    if TRY in argv:
        import pypdfium2  # noqa: F401 (whether it is there, and may be loaded)

        return 0
    line = sys.stdin.buffer.readline(10_000)
    wanted = Wanted.model_validate_json(line)
    document = sys.stdin.buffer.read(wanted.size)
    if len(document) != wanted.size:
        return 1
    paint(document, wanted.pages, sys.stdout.buffer)
    return 0


def paint(document: bytes, pages: Sequence[int], out: BinaryIO) -> None:
    """Write how many pages there are, and the wanted ones, with form fields and so the widgets of signatures.

    Ends the program by whatever the library raises: to the parent that is all the same as a crash.
    """
    import pypdfium2

    pdf = pypdfium2.PdfDocument(document)
    pdf.init_forms()  # without it no form field is drawn
    out.write(HEAD.pack(len(pdf)))
    for number in pages:
        page = pdf[number - 1]
        across, up = page.get_size()
        scale = min(WIDTH_PX / across, HIGHEST_PX / up)
        drawn = page.render(scale=scale, rev_byteorder=True, force_bitmap_format=pypdfium2.raw.FPDFBitmap_BGR)
        out.write(PAGE.pack(number, drawn.width, drawn.height))
        with memoryview(drawn.buffer) as pixels:
            for row in range(drawn.height):
                out.write(pixels[row * drawn.stride : row * drawn.stride + drawn.width * 3])
        page.close()
    out.flush()


def _bind() -> None:
    """End with the parent and after a while on every system; little memory and no file where there are limits."""
    ending = threading.Timer(LIFE_SECONDS, os._exit, [3])
    ending.daemon = True
    ending.start()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if sys.platform == "win32":
        return
    import resource

    limits = {
        resource.RLIMIT_AS: MEMORY_BYTES,
        resource.RLIMIT_CPU: CPU_SECONDS,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: _OPEN_FILES,
    }
    for kind, most in limits.items():
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))
