"""The parent's side: no document that has not passed intake is ever parsed in the web process."""

import json
import struct
import subprocess
import sys
from datetime import datetime
from pathlib import Path

from yunqian.problems import Problem, Refused

WALL_SECONDS = 90
_COMMAND = (sys.executable, "-I", "-m", "yunqian.server.adapters.verifier.child")


def judge(document: bytes, *, trust: Path, at: datetime) -> bytes:
    """The engine's report of a document as JSON, made in a child process with limits of memory and time.

    `trust` is the folder of roots and revocation lists. Raises Refused(INTAKE_TIMEOUT) when a limit was hit.
    """
    asked = json.dumps({"trust": str(trust), "at": at.isoformat()}).encode()
    try:
        child = subprocess.run(
            _COMMAND,
            input=struct.pack(">I", len(asked)) + asked + document,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(Problem.INTAKE_TIMEOUT) from error
    if child.returncode != 0 or not child.stdout:
        raise Refused(Problem.INTAKE_TIMEOUT)
    return child.stdout
