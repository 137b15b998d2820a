"""Waiting for a key to be plugged in or pulled out: SKF_WaitForDevEvent in a child process that does nothing else.

The call blocks for as long as nothing happens, a thread inside it cannot be stopped, and nothing says whether the
library takes other calls meanwhile (decision 26). In a process of its own none of that matters: it is killed
(decision 27). It tells only *that* something changed; what is plugged in is always found by enumerating.

The child (`yunqian agent driver-events LIBRARY`) says single bytes on what was its standard output.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from yunqian.agent import program
from yunqian.agent.keys.skf.errors import Failure
from yunqian.agent.keys.skf.library import Library, Unloadable

READY, CHANGED, USELESS = b"r", b"c", b"u"
_DONE, _USAGE = 0, 2
_PAUSE_SECONDS = 0.25  # a library whose call does not block is asked four times a second, not for ever
_MOST_FAILURES = 5
_FIRST_REST_SECONDS, _LONGEST_REST_SECONDS = 1.0, 60.0
_LAST_WORDS_SECONDS = 1.0


def main(argv: Sequence[str]) -> int:
    """The child: say READY, then CHANGED at every event; USELESS and an end where there are no events.

    It ends with whoever started it: nothing is ever sent to it, so that what it reads is the end.
    """
    if len(argv) != 1:
        return _USAGE
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C at a terminal is for the client, which ends this one
    starter, told = _take_pipe()
    threading.Thread(target=_end_with, args=(starter,), daemon=True).start()

    def tell(word: bytes) -> None:
        os.write(told, word)

    with suppress(OSError):
        tell(READY)
        tell_events(argv[0], tell)
        tell(USELESS)
    return _DONE


def tell_events(library: str, tell: Callable[[bytes], None]) -> None:
    """Say CHANGED at every event, until the library has none to wait for."""
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
            tell(CHANGED)
        time.sleep(_PAUSE_SECONDS)


def _take_pipe() -> tuple[int, int]:
    """The pipe's ends under other numbers: what the library prints, or reads, leads nowhere."""
    taken = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
    return taken


def _end_with(starter: int) -> None:
    with suppress(OSError):
        os.read(starter, 1)
    os._exit(_DONE)  # the other thread stands in vendor code and cannot be asked to leave


class Waiting:
    """The child as seen by the client: a thread of ours listens to it, whoever waits may come and go.

    A child that dies is started again after a rest that grows; one that is useless is not.
    """

    def __init__(self, library: str, *, command: Sequence[str] | None = None) -> None:
        self._command = command or program.command("driver-events", library)
        self._child: subprocess.Popen[bytes] | None = None
        self._changed, self._closed = threading.Event(), threading.Event()
        self._listener = threading.Thread(target=self._listen, name="skf events", daemon=True)
        self._beginning = threading.Lock()
        self._is_useless = False

    @property
    def is_useless(self) -> bool:
        """Whether the library has no events, so that only enumerating tells."""
        return self._is_useless

    @property
    def process_id(self) -> int | None:
        """The child's, while there is one: for what measures memory."""
        child = self._child
        return None if child is None else child.pid

    def wait(self, within_seconds: float) -> bool:
        """Block until something may have changed, for at most `within_seconds`; whether it may have.

        True also when a child has just begun to wait, for what happened before then went unnoticed. Where nothing
        can be waited for, the time passes and the answer is False.
        """
        with self._beginning:
            if self._listener.ident is None and not self._closed.is_set():
                self._listener.start()
        is_told = self._changed.wait(within_seconds)
        if self._closed.is_set():
            return False
        self._changed.clear()
        return is_told

    def close(self) -> None:
        """Kill the child, which ends a wait at once. It is told nothing: it may stand in vendor code."""
        self._closed.set()
        self._changed.set()
        child = self._child
        if child is not None:
            child.kill()
        with self._beginning:
            if self._listener.ident is not None:
                self._listener.join(_LAST_WORDS_SECONDS)

    def _listen(self) -> None:
        rest_seconds = _FIRST_REST_SECONDS
        while not self._is_useless and not self._closed.is_set():
            if self._hear_one_child():
                rest_seconds = _FIRST_REST_SECONDS
            if not self._is_useless:
                self._closed.wait(rest_seconds)
                rest_seconds = min(2 * rest_seconds, _LONGEST_REST_SECONDS)

    def _hear_one_child(self) -> bool:
        """Listen to a new child for as long as it lives and speaks as agreed; whether it ever told of an event."""
        has_told = False
        try:
            child = self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except OSError:
            return False
        with child:
            assert child.stdin is not None
            assert child.stdout is not None
            while not self._closed.is_set() and (word := child.stdout.read(1)) in (READY, CHANGED, USELESS):
                if word == USELESS:
                    self._is_useless = True
                    break
                has_told = has_told or word == CHANGED
                self._changed.set()
                self._closed.wait(
                    _PAUSE_SECONDS
                )  # a child that never stops telling fills the pipe, not our time
            child.kill()
        self._child = None
        return has_told
