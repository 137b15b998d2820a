"""The second opinion about how a page looks: poppler's pdftoppm, an outside program used where it is installed.

Never shipped and never imported (it is under the GPL): asked by standard input and output, inside the walls that
its caller stands behind. Without poppler-data it leaves out Chinese text whose font is not embedded.
"""

import shutil
import subprocess
from pathlib import Path

from PIL import Image

_SECONDS = 20
_PROGRAM = "pdftoppm"
_CHARACTER_MAPS = Path("/usr/share/poppler/cMap")


def is_available() -> bool:
    """Whether the program is installed."""
    return shutil.which(_PROGRAM) is not None


def knows_chinese() -> bool:
    """Whether it can draw Chinese text whose font is not embedded (Debian package poppler-data)."""
    return _CHARACTER_MAPS.is_dir()


def gray(document: bytes, first: int, last: int, long_side_px: int) -> list[Image.Image] | None:
    """Pages in gray, each with its longer side of this many pixels; None where the engine fails on them."""
    size = ("-cropbox", "-gray", "-scale-to", str(long_side_px))
    command = (_PROGRAM, "-q", *size, "-f", str(first), "-l", str(last), "-")
    try:
        drawn = subprocess.run(command, input=document, capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    pictures = _pictures(drawn.stdout) if drawn.returncode == 0 else None
    return pictures if pictures and len(pictures) == last - first + 1 else None


def _pictures(written: bytes) -> list[Image.Image] | None:
    """Portable graymaps one after another: `P5`, width and height, 255, and the bytes."""
    pictures = []
    at = 0
    while at < len(written):
        kind, sides, _, _ = (written[at : at + 64].split(b"\n", 3) + [b""] * 4)[:4]
        numbers = sides.split()
        if kind != b"P5" or len(numbers) != 2 or not all(number.isdigit() for number in numbers):
            return None
        size = (int(numbers[0]), int(numbers[1]))
        start = at + len(kind) + len(sides) + len(b"\n\n255\n")
        at = start + size[0] * size[1]
        if at > len(written):
            return None
        pictures.append(Image.frombytes("L", size, written[start:at]))
    return pictures
