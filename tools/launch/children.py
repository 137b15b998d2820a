"""Several programs in one terminal: started together, told apart by a prefix, stopped together.

The children get sessions of their own, so that Ctrl-C reaches only the launcher and the order of stopping is
ours; if the launcher is killed hard, the kernel asks the children to stop.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from tools.launch.paths import ROOT
from tools.launch.words import Name, Stop, say

STOP_SECONDS = 22.0
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Interrupted(Exception):
    """A signal asked for the end: Ctrl-C, or SIGTERM from whoever started us."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def listen_for_the_end() -> None:
    """Ctrl-C, SIGTERM and a closed terminal end in one orderly way; a second Ctrl-C does not cut it short."""

    def end(number: int, _frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise Interrupted(number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, end)


@dataclass
class Child:
    """One program that runs until the end."""

    label: str
    name: Name
    program: subprocess.Popen[str]
    reader: threading.Thread = field(repr=False)


class Family:
    """The children of one start, in the order they were started; stopped in the reverse order."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._environment = dict(environment)
        self._children: list[Child] = []

    def start(self, label: str, name: Name, command: Sequence[str | Path]) -> None:
        """Start one child; its lines go to the terminal with a prefix, and to a log of its own."""
        self._logs.mkdir(parents=True, exist_ok=True)
        log = (self._logs / f"{label}.log").open("a", encoding="utf-8")
        program = subprocess.Popen(
            [os.fspath(part) for part in command],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
            preexec_fn=_end_with_the_launcher,  # noqa: PLW1509
        )
        reader = threading.Thread(target=_copy, args=(label, program, log), daemon=True)
        reader.start()
        self._children.append(Child(label, name, program, reader))

    def wait_until(self, is_ready: Callable[[], bool], *, seconds: float, what: Name) -> None:
        """Wait for a sign of life; a child that dies meanwhile, or silence, is a Stop."""
        end = time.monotonic() + seconds
        while not is_ready():
            self.raise_if_one_died()
            if time.monotonic() > end:
                raise Stop(
                    f"“{what.zh}”在 {seconds:.0f} 秒内没有就绪，日志在 {self._logs}。",
                    f"“{what.en}” was not ready within {seconds:.0f} s; its log is in {self._logs}.",
                )
            time.sleep(0.05)

    def watch(self) -> None:
        """Return never: ends by a signal (Interrupted) or by a child that died (Stop)."""
        while True:
            self.raise_if_one_died()
            time.sleep(0.25)

    def raise_if_one_died(self) -> None:
        for child in self._children:
            code = child.program.poll()
            if code is not None:
                child.reader.join(timeout=1)
                raise Stop(
                    f"“{child.name.zh}”意外停止（退出码 {code}），其余部分已一并停止。"
                    f"日志：{self._logs / (child.label + '.log')}",
                    f"“{child.name.en}” stopped unexpectedly (exit code {code}), so all the rest was stopped. "
                    f"Log: {self._logs / (child.label + '.log')}",
                )

    def stop(self) -> None:
        """Ask all to end, newest first, and kill only what does not listen."""
        for child in reversed(self._children):
            _signal_group(child.program, signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        for child in reversed(self._children):
            try:
                child.program.wait(timeout=max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(child.program, signal.SIGKILL)
                child.program.wait()
            child.reader.join(timeout=1)
        self._children.clear()


def _end_with_the_launcher() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _signal_group(program: subprocess.Popen[str], number: signal.Signals) -> None:
    """To the child's whole session, so that a server's own workers hear it too."""
    if program.poll() is None:
        try:
            os.killpg(program.pid, number)
        except ProcessLookupError:
            return


def _copy(label: str, program: subprocess.Popen[str], log: IO[str]) -> None:
    assert program.stdout is not None
    with log:
        for line in program.stdout:
            text = line.rstrip("\n")
            say(f"{label:>7} │ {text}")
            log.write(text + "\n")
            log.flush()
