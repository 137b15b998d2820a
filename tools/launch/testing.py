"""`make test`: the set-up that the tests need, then vitest and pytest, and one plain closing line."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tools.launch import environment, frontend
from tools.launch.paths import PYTHON, ROOT, base_environment
from tools.launch.steps import Steps, call
from tools.launch.words import Name, Stop, say

# What the tests look at documents, keys and pages with. Where these cannot be installed, tests skip and say so.
DEBIAN_PACKAGES = (
    "chromium",
    "fonts-noto-cjk",
    "fonts-arphic-ukai",
    "fonts-liberation",
    "libreoffice-writer-nogui",
    "poppler-utils",
    "poppler-data",
    "softhsm2",
    "opencryptoki",
    "qpdf",
    "bubblewrap",
    "openssl",
    "gcc",
    "libc6-dev",
    "libssl-dev",
    "xvfb",
    "xdotool",
    "libegl1",
    "libxkbcommon-x11-0",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxcb-shape0",
)
PACKAGES = Name("安装测试用的系统软件包", "Debian packages for the tests")
CLOSING = re.compile(r"(\d+) (passed|failed|errors?|skipped)")

HALVES = (("tests", "--ignore=tests/server"), ("tests/server",))
"""About the same work each: one processor draws pages and signs, while the other asks the database."""


@dataclass(frozen=True)
class Count:
    """How many tests passed, failed, were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def count_of(closing_line: str) -> Count:
    """Read pytest's closing line; an error in a fixture counts as a failure."""
    found = {"passed": 0, "failed": 0, "skipped": 0}
    for number, word in CLOSING.findall(closing_line):
        found["failed" if word.startswith("error") else word] += int(number)
    return Count(**found)


def test() -> int:
    """The verb: set up, run, close."""
    prepare()
    part = shlex.split(os.environ.get("T", ""))
    web = 0 if part else run_web_tests()
    code, _count = run_pytest(part)
    return code or web


def prepare() -> None:
    """Everything the tests need on a fresh machine, each step named."""
    steps = Steps(_count_steps())
    environment.prepare(steps)
    frontend.fetch(steps)
    frontend.build(steps)
    if missing_packages() and may_install():
        steps.run(PACKAGES, _install_packages)


def _count_steps() -> int:
    web = (0 if frontend.has_packages() else 1) + (0 if frontend.is_built() else 1)
    packages = 1 if missing_packages() and may_install() else 0
    return (0 if environment.is_ready() else 2) + web + packages


def may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def missing_packages() -> list[str]:
    """The Debian packages that are not installed; empty where there is no dpkg to ask."""
    if shutil.which("dpkg-query") is None:
        return []
    asked = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *DEBIAN_PACKAGES]
    answer = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    present = {line.split()[0] for line in answer.splitlines() if line.endswith(" installed")}
    return [package for package in DEBIAN_PACKAGES if package not in present]


def _install_packages(note: frontend.Note) -> str | None:
    """An empty or old package list is fetched first; a list that is good enough saves the time."""
    quiet = {**base_environment(), "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing_packages()]
    try:
        call(PACKAGES, install, note=note, environment=quiet)
    except Stop:
        call(PACKAGES, ["apt-get", "update", "-q"], note=note, environment=quiet)
        call(PACKAGES, install, note=note, environment=quiet)
    return None


def run_web_tests() -> int:
    """vitest, with its own output; its exit code."""
    node = frontend.choose_node()
    say("\n── 网页测试 · web tests (vitest)")
    return shown([*node.npm, "test"], env={**node.environment, "CI": "true"}, folder=frontend.NPM_HOME)


def run_pytest(part: Sequence[str]) -> tuple[int, Count]:
    """Pytest on a part, or on everything in two halves at once; the worse exit code, and the counts of both.

    Each half has a database and a home of its own. The output of the first comes as it is made, that of the second
    stands after it.
    """
    say("\n── 测试 · tests (pytest)")
    if part:
        return _run_half(part, sys.stdout)
    with ThreadPoolExecutor(max_workers=1) as beside, tempfile.TemporaryFile("w+", errors="replace") as kept:
        second = beside.submit(_run_half, HALVES[1], kept)
        first_code, first_count = _run_half(HALVES[0], sys.stdout)
        second_code, second_count = second.result()
        kept.seek(0)
        shutil.copyfileobj(kept, sys.stdout)
    return max(first_code, second_code), first_count + second_count


def _run_half(part: Sequence[str], out: TextIO) -> tuple[int, Count]:
    colour = ["--color=yes"] if sys.stdout.isatty() else []
    command = [str(PYTHON), "-m", "pytest", *colour, *part]
    last = ""
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=base_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as program:
        assert program.stdout is not None
        for line in program.stdout:
            out.write(line)
            out.flush()
            last = line if line.strip() else last
    return program.returncode, count_of(last)


def shown(command: Sequence[str], *, env: Mapping[str, str] | None = None, folder: Path = ROOT) -> int:
    """Run a program with its output on the terminal."""
    sys.stdout.flush()
    done = subprocess.run(
        list(command), cwd=folder, env=dict(env or base_environment()), stdin=subprocess.DEVNULL, check=False
    )
    return done.returncode


def seconds_since(began: float) -> str:
    return f"{time.monotonic() - began:.1f} s"
