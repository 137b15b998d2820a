"""The client's side of its desktop window: starts the child, tells it which window to show, lives on without it."""

import asyncio
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

START_LIMIT_SECONDS = 15.0
_MAX_STARTS = 3
_READY, _QUIT = b"ready", b"quit"


def is_possible(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether there is a display to show a window on, and Qt to draw it."""
    has_display = sys.platform in ("win32", "darwin") or any(
        environment.get(name) for name in ("WAYLAND_DISPLAY", "DISPLAY")
    )
    return has_display and importlib.util.find_spec("PySide6") is not None


class Desktop:
    """The child with the window and the tray icon; a `Face` of the desk.

    `command` starts the child, `home` is the address of the client's own page, `on_quit` is called when the person
    ends the client by the tray. A child that dies is started anew, three times in all; while there is none,
    `show` says so and the panel opens the client's page instead.
    """

    def __init__(self, command: Sequence[str], *, home: str, on_quit: Callable[[], None]) -> None:
        self._command = tuple(command)
        self._home = home
        self._on_quit = on_quit
        self._child: asyncio.subprocess.Process | None = None
        self._following: asyncio.Task[None] | None = None
        self._starts = 0

    @property
    def is_here(self) -> bool:
        """Whether a window can be shown at this moment."""
        return self._child is not None and self._child.returncode is None

    async def start(self) -> bool:
        """Start the child and wait until it can show windows; False where it cannot."""
        if self._starts >= _MAX_STARTS:
            return False
        self._starts += 1
        with suppress(OSError, TimeoutError):
            child = await asyncio.create_subprocess_exec(
                *self._command,
                "--home",
                self._home,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            if await self._is_ready(child):
                self._child = child
                self._following = asyncio.create_task(self._follow(child))
                return True
        return False

    def show(self, window_url: str) -> bool:
        """Bring this window to the front; False where no window can be shown."""
        child = self._child
        if child is None or child.returncode is not None or child.stdin is None:
            return False
        try:
            child.stdin.write(json.dumps({"show": window_url}).encode() + b"\n")
        except (OSError, RuntimeError):
            return False
        return True

    async def stop(self) -> None:
        """Close the window and the tray icon."""
        child, self._child = self._child, None
        if self._following is not None:
            self._following.cancel()
        if child is not None:
            await _ended(child)

    async def _is_ready(self, child: asyncio.subprocess.Process) -> bool:
        assert child.stdout is not None
        try:
            line = await asyncio.wait_for(child.stdout.readline(), START_LIMIT_SECONDS)
        except TimeoutError:
            line = b""
        if line.strip() == _READY:
            return True
        await _ended(child)
        return False

    async def _follow(self, child: asyncio.subprocess.Process) -> None:
        """Wait until the child ends, or the person ends the client by it."""
        assert child.stdout is not None
        while line := await child.stdout.readline():
            if line.strip() == _QUIT:
                self._on_quit()
        await child.wait()
        if self._child is child:
            self._child = None
            await self.start()


async def _ended(child: asyncio.subprocess.Process) -> None:
    """The closed pipe tells the child to go; one that does not is killed."""
    if child.stdin is not None:
        child.stdin.close()
    try:
        await asyncio.wait_for(child.wait(), 2.0)
    except TimeoutError:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
