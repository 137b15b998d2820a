"""Child processes that read strangers' documents: few at a time, and behind walls.

A child may take a minute and 1.5 GB. Without a bound a handful of requests of one person would hold every thread
of the server and the memory of the machine; with it the lists and the signing of all others go on.
"""

import os
import select
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from yunqian.problems import Problem, Refused
from yunqian.server.adapters import confinement

AT_ONCE = 2  # of the four threads that each process of the server has
WAIT_SECONDS = 10.0
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH")  # only where there are no walls; and never an address or password
_room = threading.BoundedSemaphore(AT_ONCE)


def answer(
    command: Sequence[str],
    question: bytes,
    *,
    wall_seconds: float,
    readable: Sequence[Path] = (),
    scratch_bytes: int = 0,
) -> bytes:
    """What the child writes when it is given `question`; of our files it may read what `readable` names.

    With `scratch_bytes` it has a folder in memory to write so much into (confinement.SCRATCH).

    Raises Refused(PLATFORM_BUSY) when there is no room for another child, and Refused(INTAKE_TIMEOUT) when
    this one passed its limits of time or memory.
    """
    if not _room.acquire(timeout=WAIT_SECONDS):
        raise Refused(Problem.PLATFORM_BUSY)
    try:
        with _unnamed() as asked, _unnamed() as told:
            asked.write(question)
            asked.seek(0)
            walled = confinement.command(command, readable=readable, scratch_bytes=scratch_bytes)
            code = _ended(walled, asked, told, wall_seconds)
            told.seek(0)
            written = told.read(confinement.ANSWER_BYTES)
    finally:
        _room.release()
    if code != 0 or not written:
        raise Refused(Problem.INTAKE_TIMEOUT)
    return written


def _unnamed() -> IO[bytes]:
    """A file without a name, in memory where the system has such: a document never lies on a disk unsealed.

    Not a pipe: the size of what a child writes is then held by its own limit, not by our memory.
    """
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("document"), "w+b")
    return tempfile.TemporaryFile()  # type: ignore[unreachable,unused-ignore]


def _ended(command: Sequence[str], asked: IO[bytes], told: IO[bytes], wall_seconds: float) -> int:
    """The child's exit code; beyond its time it is stopped together with its own children."""
    child = subprocess.Popen(
        command,
        stdin=asked,
        stdout=told,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        start_new_session=True,
    )
    try:
        if hasattr(os, "pidfd_open"):  # awake at once; `wait` with a time limit looks every 50 ms
            watched = os.pidfd_open(child.pid)
            try:
                select.select([watched], [], [], wall_seconds)
            finally:
                os.close(watched)
            return child.wait(timeout=0)
        return child.wait(timeout=wall_seconds)  # type: ignore[unreachable,unused-ignore]
    except subprocess.TimeoutExpired as error:
        raise Refused(Problem.INTAKE_TIMEOUT) from error
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
