"""`make clean-demo`: stop what runs in the demo's home folder, then remove it. Only a folder with our marker."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

from tools.launch.paths import MARKER, PYTHON, Demo, demo_from_environment
from tools.launch.steps import call
from tools.launch.words import Name, Stop, say, why_the_system_refused

STOP_DATABASE = Name("停止数据库", "stop the database")
PATIENCE_SECONDS = 20.0


def clean() -> int:
    demo = demo_from_environment()
    home = demo.home
    if not home.exists():
        say(f"没有演示数据：{home} · no demo data there")
        return 0
    if not (home / MARKER).exists():
        raise Stop(
            f"{home} 里没有云签演示的标记文件（{MARKER}），没有删除。",
            f"{home} does not carry the demo's marker ({MARKER}); nothing was removed.",
        )
    _stop_launcher(home)
    _stop_database(demo)
    try:
        shutil.rmtree(home)
    except OSError as error:
        raise why_the_system_refused(error) from error
    say(f"已删除 · removed: {home}")
    return 0


def _stop_launcher(home: Path) -> None:
    number = _number_in(home / "launcher.lock")
    if number is None or not _is_our_launcher(number):
        return
    os.kill(number, signal.SIGTERM)
    end = time.monotonic() + PATIENCE_SECONDS
    while _is_our_launcher(number):
        if time.monotonic() > end:
            raise Stop(
                f"运行中的云签（进程 {number}）没有停止，请先停止它。",
                f"The running yunqian (process {number}) did not stop; stop it first.",
            )
        time.sleep(0.1)


def _is_our_launcher(number: int) -> bool:
    """A process number may have been given to somebody else since; its command line tells."""
    with suppress(OSError):
        return b"tools.launcher" in Path(f"/proc/{number}/cmdline").read_bytes()
    return False


def _stop_database(demo: Demo) -> None:
    number = _number_in(demo.home / "pg" / "postmaster.pid")
    if number is None or not Path(f"/proc/{number}").exists():
        return
    call(STOP_DATABASE, [PYTHON, "-m", "yunqian", "database", "stop"], environment=demo.environment)


def _number_in(path: Path) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int(path.read_text("utf-8").splitlines()[0])
    return None
