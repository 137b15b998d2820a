"""Child processes that read strangers' documents: few at a time, and with nothing of ours in their environment.

A child may take a minute and 1.5 GB. Without a bound a handful of requests of one person would hold every thread
of the server and the memory of the machine; with it the lists and the signing of all others go on.
"""

import os
import subprocess
import threading
from collections.abc import Sequence

from yunqian.problems import Problem, Refused

AT_ONCE = 2  # of the four threads that each process of the server has
WAIT_SECONDS = 10.0
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "TZ")  # and no address or password of the database
_room = threading.BoundedSemaphore(AT_ONCE)


def answer(command: Sequence[str], question: bytes, *, wall_seconds: float) -> bytes:
    """What the child writes when it is given `question`.

    Raises Refused(PLATFORM_BUSY) when there is no room for another child, and Refused(INTAKE_TIMEOUT) when
    this one passed its limits of time or memory.
    """
    if not _room.acquire(timeout=WAIT_SECONDS):
        raise Refused(Problem.PLATFORM_BUSY)
    try:
        child = subprocess.run(
            command,
            input=question,
            capture_output=True,
            timeout=wall_seconds,
            check=False,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )
    except subprocess.TimeoutExpired as error:
        raise Refused(Problem.INTAKE_TIMEOUT) from error
    finally:
        _room.release()
    if child.returncode != 0 or not child.stdout:
        raise Refused(Problem.INTAKE_TIMEOUT)
    return child.stdout
