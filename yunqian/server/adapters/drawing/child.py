"""The child process: takes limits upon itself, then draws pages of one document.

Input: a 4-byte big-endian length, JSON {pages, width, more_seconds}, the document. Output: for each page drawn a frame
(`frames`) and a WebP. The first page is drawn whatever it costs, those behind it until `more_seconds` of work are
over. Any other exit code than 0 means that a limit was hit or PDFium gave up. Nothing of the server is loaded here.
"""

import json
import resource
import struct
import sys
import time
from io import BytesIO

import pypdfium2
from PIL import WebPImagePlugin  # named, so that Pillow need not load every format it knows to find this one

from yunqian.server.adapters import confinement
from yunqian.server.adapters.drawing.frames import FRAME, TALLEST

_MEMORY_BYTES = 768 * 1024 * 1024
_CPU_SECONDS = 8
_QUALITY, _EFFORT = 80, 1  # text stays clean at 80; more effort costs more than the bytes it saves


def main() -> int:
    """Draw what is wanted on standard input."""
    confinement.take_limits(sys.argv)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (min(_MEMORY_BYTES, hard), hard))
    confinement.leave_seconds(_CPU_SECONDS)
    began = time.process_time()
    (size,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    asked = json.loads(sys.stdin.buffer.read(size))
    pdf = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    pdf.init_forms()  # without it no form field, and so no seal, is drawn
    for number in asked["pages"]:
        if number != asked["pages"][0] and time.process_time() - began > asked["more_seconds"]:
            break
        sys.stdout.buffer.write(_framed(pdf, number, asked["width"]))
    sys.stdout.buffer.flush()
    return 0


def _framed(pdf: pypdfium2.PdfDocument, number: int, width: int) -> bytes:
    page = pdf[number - 1]
    across, up = page.get_size()
    scale = min(width / across, TALLEST * width / up)
    picture = page.render(scale=scale).to_pil().convert("RGB")
    written = BytesIO()
    picture.save(written, WebPImagePlugin.WebPImageFile.format, quality=_QUALITY, method=_EFFORT)
    page.close()
    return FRAME.pack(number, *picture.size, len(written.getvalue())) + written.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
