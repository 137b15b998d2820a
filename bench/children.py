"""The parent's side of the subjects: start each once, ask them in strict turns, end them all."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.papers import cache_folder
from tools.launch.frontend import choose_node

ROOT = Path(__file__).resolve().parent.parent
LIMIT_SECONDS = 180  # for one document; who needs longer has no figure
_NPM = Path(__file__).resolve().parent / "npm"


@dataclass
class Figures:
    """What one subject used for one file, over the rounds; or why it cannot do it."""

    cpu_ms: list[float] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)
    reason: str = ""

    @property
    def cpu(self) -> float:
        """Median CPU time, milliseconds."""
        return median(self.cpu_ms)

    @property
    def wall(self) -> float:
        """Median time on the wall, milliseconds."""
        return median(self.wall_ms)

    @property
    def is_measured(self) -> bool:
        return bool(self.cpu_ms) and not self.reason

    def take(self, answer: dict[str, Any]) -> None:
        """Note one answer of a child."""
        if "error" in answer:
            self.reason = str(answer["error"])
        else:
            self.cpu_ms.append(answer["cpu_ms"])
            self.wall_ms.append(answer["wall_ms"])


class Child:
    """A subject in a process of its own, started when it is first asked, and again after it was ended."""

    def __init__(self, name: str, command: list[str], folder: Path) -> None:
        self.name = name
        self._command, self._folder = command, folder
        self._program: subprocess.Popen[str] | None = None

    def ask(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """One line to it, one line from it; who takes too long is ended."""
        program = self._program = self._program or self._started()
        assert program.stdin is not None
        assert program.stdout is not None
        guard = threading.Timer(LIMIT_SECONDS, program.kill)
        guard.start()
        try:
            program.stdin.write(json.dumps(wanted) + "\n")
            program.stdin.flush()
            line = program.stdout.readline()
        except OSError:
            line = ""
        is_over = not guard.is_alive()
        guard.cancel()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.end()
        return {"error": f"longer than {LIMIT_SECONDS} s" if is_over else "its process ended"}

    def end(self) -> None:
        """End its process, if there is one."""
        program, self._program = self._program, None
        if program is None or program.stdin is None:
            return
        with suppress(OSError):
            program.stdin.close()
        try:
            program.wait(timeout=30)
        except subprocess.TimeoutExpired:
            program.kill()

    def _started(self) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self._command, cwd=self._folder, env=environment, stdin=pipe, stdout=pipe, text=True
        )


@contextmanager
def running(names: tuple[str, ...], folder: Path, seal: Path) -> Iterator[list[Child]]:
    """Children for these subjects; they end with the block."""
    subjects = [Child(name, *_command(name, folder, seal)) for name in names]
    try:
        yield subjects
    finally:
        for subject in subjects:
            subject.end()


def _command(name: str, folder: Path, seal: Path) -> tuple[list[str], Path]:
    if name not in ("libpdf", "signpdf"):
        return [sys.executable, "-m", "bench.subjects", name, str(folder)], ROOT
    node = shutil.which("node", path=str(choose_node().folder)) or "node"
    return [node, str(_NPM / "subjects.mjs"), name, str(folder), str(seal)], npm_packages()


def npm_packages() -> Path:
    """The packages of bench/npm, installed by their lock into the cache folder, never into the work tree."""
    folder = cache_folder() / "npm"
    wanted = {name: (_NPM / name).read_bytes() for name in ("package.json", "package-lock.json")}
    wanted[".npmrc"] = (ROOT / ".npmrc").read_bytes()
    is_there = (folder / "node_modules").is_dir() and all(
        (folder / name).is_file() and (folder / name).read_bytes() == content
        for name, content in wanted.items()
    )
    if is_there:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    node = choose_node()
    for name, content in wanted.items():
        (folder / name).write_bytes(content)
    command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=folder, env=node.environment, check=False)
    if done.returncode:
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        raise SystemExit("npm could not install the packages that are compared with")
    return folder
