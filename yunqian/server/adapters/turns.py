"""One at a time, one who waits, and everybody else is told to come back.

What is done in a child takes its time, and whoever waits for it holds one of the four threads of a server process.
With a queue of two, half of the threads go on with other work, however many ask.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from yunqian.problems import Problem, Refused


@dataclass
class Turns:
    """The turns of one kind of work in this process; who waits, waits at most `wait_seconds`."""

    wait_seconds: float
    _queue: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(2))
    _work: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Be the only one. Raises Refused(PLATFORM_BUSY) where one waits already, or the wait was too long."""
        if not self._queue.acquire(blocking=False):
            raise Refused(Problem.PLATFORM_BUSY)
        try:
            if not self._work.acquire(timeout=self.wait_seconds):
                raise Refused(Problem.PLATFORM_BUSY)
            try:
                yield
            finally:
                self._work.release()
        finally:
            self._queue.release()

    @property
    def are_full(self) -> bool:
        """Whether the next who asks would be told to come back."""
        if not self._queue.acquire(blocking=False):
            return True
        self._queue.release()
        return False
