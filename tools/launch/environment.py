"""The virtual environment, from the lock alone: every package by its hash, nothing from the system."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from tools.launch.machine import block_of, is_fresh, room_refusal, write_stamp
from tools.launch.paths import LOCK, PYTHON, ROOT, VENV, running_python
from tools.launch.steps import Steps, call
from tools.launch.words import Name, NoNetwork, Stop

MAKE_VENV = Name("建立 Python 环境", "Python environment")
INSTALL = Name("安装依赖（按锁定的摘要）", "packages, by the hashes of the lock")
STAMP = VENV / ".yunqian-stamp.json"
Note = Callable[[str], None]


def wanted() -> dict[str, str]:
    """What the environment must have been made from to be fresh."""
    return {
        "root": str(ROOT),
        "python": str(PYTHON.resolve()),
        "lock": hashlib.sha256(LOCK.read_bytes()).hexdigest(),
        "project": hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest(),
    }


def is_ready() -> bool:
    return PYTHON.exists() and is_fresh(STAMP, wanted())


def refuse_a_poor_machine() -> None:
    """What would fail later with a traceback is said now: room on the disk, ensurepip."""
    refusal = room_refusal(shutil.disk_usage(ROOT).free, is_first=not PYTHON.exists(), place=str(ROOT))
    if refusal is not None:
        raise refusal
    if PYTHON.exists() or importlib.util.find_spec("ensurepip") is not None:
        return
    version = ".".join(running_python().split(".")[:2])
    raise Stop(
        f"这台机器的 Python 缺少 ensurepip，不能建立环境。请先安装：sudo apt install python{version}-venv"
        f"（或 Fedora：sudo dnf install python3-pip）。",
        f"This machine's Python lacks ensurepip, so no environment can be made. Install it first: "
        f"sudo apt install python{version}-venv (Fedora: sudo dnf install python3-pip).",
    )


def prepare(steps: Steps) -> None:
    """Two steps where the environment is missing or stale, none where it is fresh."""
    if is_ready():
        return
    refuse_a_poor_machine()
    STAMP.unlink(missing_ok=True)
    steps.run(MAKE_VENV, _make_venv)
    steps.run(INSTALL, _install)
    write_stamp(STAMP, wanted())


def _make_venv(note: Note) -> str | None:
    if PYTHON.exists() and _works():
        return "已有 kept"
    call(MAKE_VENV, [sys.executable, "-m", "venv", "--clear", VENV], note=note)
    return running_python()


def _works() -> bool:
    """An environment survives a change of the lock, but not an upgrade of the Python it was made from."""
    try:
        call(MAKE_VENV, [PYTHON, "-m", "pip", "--version"])
    except Stop:
        return False
    return True


def _install(note: Note) -> str | None:
    _install_uv(note)
    try:
        call(INSTALL, [VENV / "bin" / "uv", "pip", "sync", "--require-hashes", LOCK], note=note)
    except NoNetwork:
        # uv does not read pip's own settings; a machine that reaches its packages through a mirror named
        # there is served by pip, slower.
        note("pip")
        call(INSTALL, [*_pip(), "--require-hashes", "--no-deps", "-r", str(LOCK)], note=note)
    call(INSTALL, [*_pip(), "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], note=note)
    return None


def _install_uv(note: Note) -> None:
    """Uv itself comes from the lock too, through pip, with its hash."""
    wanted_uv = VENV / "uv-from-the-lock.txt"
    wanted_uv.write_text(block_of(LOCK.read_text("utf-8"), "uv"), "utf-8")
    call(INSTALL, [*_pip(), "--require-hashes", "--no-deps", "-r", str(wanted_uv)], note=note)


def _pip() -> list[str | Path]:
    return [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
