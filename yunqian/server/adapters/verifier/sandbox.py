"""The parent's side: no document that has not passed intake is ever parsed in the web process."""

import json
import struct
import sys
from datetime import datetime
from pathlib import Path

from yunqian.server.adapters import children

WALL_SECONDS = 90
_COMMAND = (sys.executable, "-I", "-m", "yunqian.server.adapters.verifier.child")


def judge(document: bytes, *, trust: Path, at: datetime) -> bytes:
    """The engine's report of a document as JSON, made in a child process with limits of memory and time.

    `trust` is the folder of roots and revocation lists. Raises Refused(INTAKE_TIMEOUT) when a limit was hit, and
    Refused(PLATFORM_BUSY) when too many are at work.
    """
    trust = trust.absolute()  # the child stands elsewhere
    asked = json.dumps({"trust": str(trust), "at": at.isoformat()}).encode()
    question = struct.pack(">I", len(asked)) + asked + document
    return children.answer(_COMMAND, question, wall_seconds=WALL_SECONDS, readable=(trust,))
