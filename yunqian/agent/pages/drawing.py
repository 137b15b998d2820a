"""Have the pages drawn by the child, and make PNGs of the pixels that come back.

Nothing that the child says is decoded or believed but its pixels: numbers are checked against what was asked, and
the pictures that a browser or a window will read are made here. One child for one document; it is killed when its
time is over, or when nobody waits for it any more.
"""

import os
import struct
import subprocess
import threading
import zlib
from collections.abc import Sequence
from contextlib import suppress
from typing import IO

from yunqian.agent.pages import walls
from yunqian.agent.pages.painter import HEAD, HIGHEST_PX, PAGE, WIDTH_PX, Wanted
from yunqian.problems import Problem, Refused

LIMIT_SECONDS = 40.0
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP")  # only where there are no walls
_PIECE = 1024 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"
_QUICK = 1  # zlib's level: the picture travels over loopback only


class Drawing:
    """One document being drawn, in a thread of its own; `stop` ends it from any other."""

    def __init__(self, *, command: Sequence[str] | None = None, limit_seconds: float = LIMIT_SECONDS) -> None:
        self._command = command
        self._limit_seconds = limit_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._is_stopped = False
        self._is_late = False

    def draw(self, document: bytearray, pages: Sequence[int]) -> tuple[int, dict[int, bytes]]:
        """How many pages the document has, and a PNG for each of `pages`, numbered from 1.

        Raises Refused(PREPARED_NOT_DRAWN): the child crashed, was killed at a limit, or did not answer as agreed.
        """
        child = self._started()
        assert child.stdin is not None
        assert child.stdout is not None
        watch = threading.Timer(self._limit_seconds, self._end_late)
        watch.daemon = True
        watch.start()
        feeding = threading.Thread(target=_feed, args=(child.stdin, document, tuple(pages)), daemon=True)
        feeding.start()
        try:
            found = _pages(child.stdout, pages)
        except (_Broken, OSError):
            raise _not_drawn("time limit" if self._is_late else "no picture") from None
        finally:
            watch.cancel()
            child.kill()
            child.wait()
            feeding.join()
            child.stdout.close()
        return found

    def stop(self) -> None:
        """Kill the child, and start none any more."""
        with self._lock:
            self._is_stopped = True
            if self._child is not None:
                self._child.kill()

    def _end_late(self) -> None:
        self._is_late = True
        self.stop()

    def _started(self) -> subprocess.Popen[bytes]:
        command = self._command or walls.command("draw")
        with self._lock:
            if self._is_stopped:
                raise _not_drawn("stopped")
            try:
                self._child = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError as error:
                raise _not_drawn(type(error).__name__) from error
            return self._child


class _Broken(Exception):
    """The child did not answer as agreed."""


def _feed(pipe: IO[bytes], document: bytearray, pages: tuple[int, ...]) -> None:
    """Write everything into the child, which may die in the middle of it."""
    wanted = Wanted(size=len(document), pages=pages)
    with suppress(OSError), pipe, memoryview(document) as whole:
        pipe.write(wanted.model_dump_json().encode() + b"\n")
        for at in range(0, len(whole), _PIECE):
            pipe.write(whole[at : at + _PIECE])


def _pages(pipe: IO[bytes], asked: Sequence[int]) -> tuple[int, dict[int, bytes]]:
    (count,) = HEAD.unpack(_exactly(pipe, HEAD.size))
    found: dict[int, bytes] = {}
    for page in asked:
        number, width, height = PAGE.unpack(_exactly(pipe, PAGE.size))
        if number != page or not 0 < width <= WIDTH_PX + 1 or not 0 < height <= HIGHEST_PX + 1:
            raise _Broken
        found[page] = png(width, height, _exactly(pipe, width * height * 3))
    return count, found


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    taken = pipe.read(size)
    if len(taken) != size:
        raise _Broken
    return taken


def png(width: int, height: int, rgb: bytes) -> bytes:
    """A PNG (ISO/IEC 15948) of 8 bits a channel, of rows of RGB."""
    across = width * 3
    rows = b"".join(b"\0" + rgb[at : at + across] for at in range(0, across * height, across))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, _QUICK)), (b"IEND", b""))
    return _PNG + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _not_drawn(detail: str) -> Refused:
    return Refused(Problem.PREPARED_NOT_DRAWN, detail=detail)
