"""The child process: takes limits upon itself, then judges one document with the pure engine.

Input: a 4-byte big-endian length, JSON {trust, at}, the document. Output: the engine's report as JSON. Any other
exit code than 0 means that a limit was hit. Nothing of the server is loaded here.
"""

import json
import struct
import sys
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from yunqian.engine import verify
from yunqian.server.adapters import confinement


def main() -> int:
    """Judge what comes on standard input."""
    confinement.take_limits(sys.argv)
    (size,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    asked = json.loads(sys.stdin.buffer.read(size))
    folder = Path(asked["trust"])
    trust = replace(verify.load_trust(folder), remarks=()) if folder.is_dir() else verify.Trust(())
    report = verify.verify(sys.stdin.buffer.read(), trust=trust, at=datetime.fromisoformat(asked["at"]))
    sys.stdout.write(json.dumps(asdict(report), default=_plain))
    return 0


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


if __name__ == "__main__":
    raise SystemExit(main())
