"""One step of a start: named, timed, its program's output kept away from the terminal unless it fails."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools.launch.paths import ROOT, base_environment
from tools.launch.words import Name, say, why_it_failed, why_the_system_refused

KEPT_LINES = 60


class Steps:
    """Numbers and times the steps; on a terminal the running one shows its seconds and its last output line."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._number = 0
        self._line = ""
        self._is_terminal = sys.stdout.isatty()

    def run(self, name: Name, work: Callable[[Callable[[str], None]], str | None]) -> None:
        """Do the work; it may report lines of progress, and returns a remark for the closing line."""
        self._number += 1
        head = f"[{self._number}/{self._total}] {name}"
        began = time.monotonic()
        done = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(head, began, done), daemon=True)
        self._line = ""
        if self._is_terminal:
            ticker.start()
        try:
            remark = work(self._note)
        except OSError as error:
            raise why_the_system_refused(error) from error
        finally:
            done.set()
            if ticker.is_alive():
                ticker.join()
            self._clear()
        say(f"{head}  {time.monotonic() - began:.1f} s" + (f"  ({remark})" if remark else ""))

    def _note(self, line: str) -> None:
        self._line = line.strip()[:60]

    def _tick(self, head: str, began: float, done: threading.Event) -> None:
        while not done.wait(0.5):
            self._clear()
            sys.stdout.write(f"{head}  {time.monotonic() - began:.0f} s  {self._line}")
            sys.stdout.flush()

    def _clear(self) -> None:
        if self._is_terminal:
            sys.stdout.write("\r\x1b[2K")
            sys.stdout.flush()


def call(
    name: Name,
    command: Sequence[str | Path],
    *,
    note: Callable[[str], None] = lambda _line: None,
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> str:
    """Run a program to its end and return its output; raises Stop with the clearest sentence when it fails."""
    kept: deque[str] = deque(maxlen=KEPT_LINES)
    try:
        program = subprocess.Popen(
            [os.fspath(part) for part in command],
            cwd=folder,
            env=dict(environment or base_environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise why_the_system_refused(error) from error
    with program:
        assert program.stdout is not None
        try:
            for line in program.stdout:
                kept.append(line)
                note(line)
        except BaseException:  # a signal: the program ends with us
            program.terminate()
            raise
    output = "".join(kept)
    if program.returncode != 0:
        raise why_it_failed(name, output, str(folder))
    return output
