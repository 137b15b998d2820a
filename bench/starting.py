"""How long `make run` takes until the demo can be used: on an empty home folder, and the second time."""

import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.platform import ROOT, environment, free_port

READY = "the demo is ready"
AGAIN = 5


@dataclass(frozen=True)
class Starting:
    """Seconds. The environment and the built pages are there already in both cases."""

    first: float
    again: tuple[float, ...]


def measure(home: Path) -> Starting:
    """One start on an empty home, then several on the same.

    Another home comes first and is not counted: its start builds the pages where they are stale.
    """
    _start(environment(_empty(home / "uncounted"), free_port(), free_port()))
    chosen = environment(_empty(home / "counted"), free_port(), free_port())
    first = _start(chosen)
    return Starting(first, tuple(_start(chosen) for _ in range(AGAIN)))


def _empty(folder: Path) -> Path:
    folder.mkdir(mode=0o711)
    return folder


def _start(chosen: dict[str, str]) -> float:
    command = [sys.executable, "-m", "tools.launcher", "run"]
    began = time.monotonic()
    launcher = subprocess.Popen(
        command, cwd=ROOT, env=chosen, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert launcher.stdout is not None
    said = []
    seconds = None
    for line in launcher.stdout:
        said.append(line)
        if READY in line:
            seconds = time.monotonic() - began
            launcher.send_signal(signal.SIGINT)
    launcher.wait(timeout=60)
    if seconds is None:
        raise SystemExit("make run did not become ready:\n" + "".join(said))
    return seconds
