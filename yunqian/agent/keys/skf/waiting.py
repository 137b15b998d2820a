"""Waiting for a key to be plugged in or pulled out: SKF_WaitForDevEvent in a child process that does nothing else.

The call blocks for as long as nothing happens, a thread inside it cannot be stopped, and nothing says whether the
library takes other calls meanwhile (decision 26). In a process of its own none of that matters: it is killed
(decision 27). It tells only *that* something changed; what is plugged in is always found by enumerating.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from yunqian.agent.keys.skf.errors import Failure
from yunqian.agent.keys.skf.library import Library, Unloadable

READY, CHANGED, USELESS = b"ready", b"changed", b"useless"
_WORD_BYTES = 16
_PAUSE_SECONDS = 0.25  # a library whose call does not block is asked four times a second, not for ever
_MOST_FAILURES = 5
_FIRST_REST_SECONDS, _LONGEST_REST_SECONDS = 1.0, 60.0


def run(library: str, tell: Connection) -> None:
    """The child: say READY, then CHANGED at every event; USELESS and an end where there are no events.

    It ends with whoever started it: nothing is ever sent to it, so that what it reads is the end.
    """
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C at a terminal is for the client, which ends this one
    threading.Thread(target=_end_with, args=(tell,), daemon=True).start()
    with suppress(OSError):
        tell.send_bytes(READY)
        _tell_events(library, tell)
        tell.send_bytes(USELESS)


def _end_with(starter: Connection) -> None:
    with suppress(EOFError, OSError):
        starter.recv_bytes(_WORD_BYTES)
    os._exit(0)  # the other thread stands in vendor code and cannot be asked to leave


def _tell_events(library: str, tell: Connection) -> None:
    try:
        loaded = Library(library)
    except Unloadable:
        return
    failures = 0
    while failures < _MOST_FAILURES:
        try:
            loaded.wait_for_event()
        except Failure as failure:
            if failure.name == "NOTSUPPORTYET":
                return
            failures += 1
        else:
            failures = 0
            tell.send_bytes(CHANGED)
        time.sleep(_PAUSE_SECONDS)


class Waiting:
    """The child as seen by the one thread that waits; `close` may be called by another.

    A child that dies is started again after a rest that grows; one that is useless is not. Words come as bytes,
    never as pickled objects: vendor code runs in the child, and nothing of it may run here.
    """

    def __init__(self, library: str, *, work: Callable[[str, Connection], None] = run) -> None:
        self._library, self._work = library, work
        self._child: tuple[BaseProcess, Connection] | None = None
        self._closed = threading.Event()
        self._waits = threading.Lock()  # held while waiting: who waits closes what it reads, nobody under it
        self._is_useless = False
        self._rest_seconds, self._not_before = 0.0, 0.0

    @property
    def is_useless(self) -> bool:
        """Whether the library has no events, so that only enumerating tells."""
        return self._is_useless

    def wait(self, within_seconds: float) -> bool:
        """Block until something may have changed, for at most `within_seconds`; whether it may have.

        True also when a child has just begun to wait, for what happened before then went unnoticed. Where nothing
        can be waited for, the time passes and the answer is False.
        """
        with self._waits:
            return self._wait(within_seconds)

    def close(self) -> None:
        """Kill the child, which ends a wait at once. It is told nothing: it may stand in vendor code."""
        self._closed.set()
        waited_for = self._child
        if waited_for is not None:
            waited_for[0].kill()
        with self._waits:
            self._drop()

    def _wait(self, within_seconds: float) -> bool:
        ends_at = time.monotonic() + within_seconds
        while not self._closed.is_set() and (left := ends_at - time.monotonic()) > 0:
            now = time.monotonic()
            if self._is_useless or (self._child is None and now < self._not_before):
                pause = left if self._is_useless else min(left, self._not_before - now)
                self._closed.wait(pause)
            elif self._is_told(left):
                self._closed.wait(
                    _PAUSE_SECONDS
                )  # also the rest between the cries of a child that never stops
                return True
        return False

    def _is_told(self, within_seconds: float) -> bool:
        try:
            _, words = self._child = self._child or self._started()
            if self._closed.is_set() or not words.poll(within_seconds):
                return False
            said = words.recv_bytes(_WORD_BYTES)
        except (EOFError, OSError):
            self._drop()
            self._rest_seconds = min(max(2 * self._rest_seconds, _FIRST_REST_SECONDS), _LONGEST_REST_SECONDS)
            self._not_before = time.monotonic() + self._rest_seconds
            return False
        if said == USELESS:
            self._is_useless = True
            self._drop()
            return False
        if said == CHANGED:
            self._rest_seconds = 0.0
        return said in (READY, CHANGED)

    def _started(self) -> tuple[BaseProcess, Connection]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        child = context.Process(
            target=self._work, args=(self._library, theirs), name="skf events", daemon=True
        )
        try:
            child.start()
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return child, ours

    def _drop(self) -> None:
        dropped, self._child = self._child, None
        if dropped is not None:
            child, words = dropped
            child.kill()
            child.join(1)
            words.close()
