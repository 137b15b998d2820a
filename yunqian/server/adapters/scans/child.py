"""The child process: takes limits upon itself, then cuts the ink out of one stranger's scan.

Input: a 4-byte big-endian length, JSON {kind, width_mm}, the scan. Output: the same frame with {width_mm, height_mm}
and a PNG, or with a refusal. Any other exit code than 0 means that a limit was hit. Nothing of the server is loaded.
"""

import json
import struct
import sys

from yunqian.eseal import scans
from yunqian.eseal.kinds import SealKind
from yunqian.problems import Refused
from yunqian.server.adapters import confinement


def main() -> int:
    """Clean what comes on standard input."""
    confinement.take_limits(sys.argv)
    (size,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    asked = json.loads(sys.stdin.buffer.read(size))
    try:
        made = scans.scanned_seal(sys.stdin.buffer.read(), SealKind(asked["kind"]), asked["width_mm"])
    except Refused as refusal:
        _tell({"refused": refusal.problem.code, "facts": refusal.facts}, b"")
        return 0
    _tell({"width_mm": made.width_mm, "height_mm": made.height_mm}, made.png)
    return 0


def _tell(head: dict[str, object], picture: bytes) -> None:
    encoded = json.dumps(head).encode("utf-8")
    sys.stdout.buffer.write(struct.pack(">I", len(encoded)) + encoded + picture)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    raise SystemExit(main())
