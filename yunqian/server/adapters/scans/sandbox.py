"""The parent's side: no picture of a stranger's is ever decoded in the web process."""

import json
import struct
import sys

from yunqian.eseal import scans
from yunqian.eseal.drawing import Picture
from yunqian.eseal.kinds import SealKind
from yunqian.problems import Problem, Refused
from yunqian.server.adapters import children

WALL_SECONDS = 30
_COMMAND = (sys.executable, "-I", "-m", "yunqian.server.adapters.scans.child")


def cleaned(scan: bytes, kind: SealKind, *, width_mm: float) -> Picture:
    """`eseal.scans.scanned_seal` behind a process border.

    Raises Refused as it does, Refused(INTAKE_TIMEOUT) when the child passed its limits of time or memory, and
    Refused(PLATFORM_BUSY) when too many are at work.
    """
    refuse_oversized(len(scan))
    asked = json.dumps({"kind": kind, "width_mm": width_mm}).encode()
    question = struct.pack(">I", len(asked)) + asked + scan
    answer = children.answer(_COMMAND, question, wall_seconds=WALL_SECONDS)
    if len(answer) < 4:
        raise Refused(Problem.INTAKE_TIMEOUT)
    (size,) = struct.unpack(">I", answer[:4])
    head = json.loads(answer[4 : 4 + size])
    if "refused" in head:
        raise Refused(Problem[head["refused"]], **head["facts"])
    return Picture(answer[4 + size :], head["width_mm"], head["height_mm"])


def refuse_oversized(size: int) -> None:
    """Raise Refused(SCAN_TOO_LARGE) before anything is read or started."""
    if size > scans.LIMIT_BYTES:
        limits = {"limit_mb": scans.LIMIT_BYTES // 1024 // 1024, "limit_megapixels": scans.LIMIT_MEGAPIXELS}
        raise Refused(Problem.SCAN_TOO_LARGE, **limits)
