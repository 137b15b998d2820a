"""Decisions about the machine, on plain values: which Node, is the port free, is there room, is a stamp fresh."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path

from tools.launch.words import Stop

NODE_OLDEST = (22, 12)
ROOM_FIRST_BYTES = 2_000_000_000
ROOM_LATER_BYTES = 200_000_000


def node_version(text: str) -> tuple[int, int] | None:
    """`v24.19.0` → (24, 19); None for anything else."""
    match = re.match(r"v?(\d+)\.(\d+)", text.strip())
    return (int(match[1]), int(match[2])) if match else None


def takes_own_node(version_text: str, *, has_npm: bool) -> bool:
    """True where the machine's Node (and its npm) will do; else the packaged one is taken."""
    version = node_version(version_text)
    return has_npm and version is not None and version >= NODE_OLDEST


def port_taken(port: int, owner: str = "", *, is_client: bool = False) -> Stop:
    """The sentence for a port that somebody else listens on."""
    by_zh = f"（{owner}）" if owner else ""
    by_en = f" by {owner}" if owner else ""
    if is_client:
        return Stop(
            f"安全客户端的端口 {port} 已被占用{by_zh}。可能另一个云签正在运行：请先停止它，再运行 make run。",
            f"The security client's port {port} is taken{by_en}. Perhaps another yunqian is running: "
            "stop it first, then run make run again.",
        )
    return Stop(
        f"端口 {port} 已被占用{by_zh}。请停止占用它的程序，或换一个端口：YUNQIAN_PORT={port + 10} make run",
        f"The port {port} is taken{by_en}. Stop the program that holds it, or take another port: "
        f"YUNQIAN_PORT={port + 10} make run",
    )


def port_number(text: str, name: str) -> int:
    """A port from the environment; raises Stop for what is not one."""
    if text.isdecimal() and 1024 <= int(text) <= 65535:
        return int(text)
    raise Stop(
        f"{name}={text} 不是可用的端口号，请用 1024 到 65535 之间的数字。",
        f"{name}={text} is not a usable port; use a number from 1024 to 65535.",
    )


def room_refusal(free_bytes: int, *, is_first: bool, place: str) -> Stop | None:
    """Says beforehand that a start would fill the disk, instead of failing half way."""
    needed = ROOM_FIRST_BYTES if is_first else ROOM_LATER_BYTES
    if free_bytes >= needed:
        return None
    free_mb, needed_mb = free_bytes // 1_000_000, needed // 1_000_000
    return Stop(
        f"磁盘空间不足：{place} 只剩 {free_mb} MB，需要约 {needed_mb} MB。请腾出空间后再运行。",
        f"The disk is too full: {free_mb} MB left at {place}, about {needed_mb} MB are needed. "
        "Free some space and run it again.",
    )


def digest(paths: Iterable[Path], *, root: Path) -> str:
    """One SHA-256 over names and contents, so that a rename counts as a change."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(str(path.relative_to(root)).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def is_fresh(stamp: Path, wanted: dict[str, str]) -> bool:
    """Does the stamp say exactly what is wanted now? A missing or broken stamp is not fresh."""
    try:
        return bool(json.loads(stamp.read_text("utf-8")) == wanted)
    except (OSError, ValueError):
        return False


def write_stamp(stamp: Path, wanted: dict[str, str]) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(json.dumps(wanted, indent=1), "utf-8")


def block_of(lock: str, package: str) -> str:
    """The lines of one package, with its hashes, cut out of a requirements lock."""
    match = re.search(rf"^{re.escape(package)}==[^\n]*\\\n(?:    --hash=[^\n]*\n)+", lock, re.MULTILINE)
    if match is None:
        raise Stop(
            f"requirements.lock 中没有 {package}，文件可能不完整，请重新检出。",
            f"requirements.lock has no {package}; the checkout may be incomplete, check it out again.",
        )
    return match[0]
