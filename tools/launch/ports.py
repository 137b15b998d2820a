"""Is a loopback port free, and whose is it if not."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path

LISTEN = "0A"


def is_free(port: int) -> bool:
    """Free means that we could listen on it now, on IPv4 loopback and with nobody on all addresses."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Does somebody accept connections there?"""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5):
        return True
    return False


def owner_of(port: int) -> str:
    """`python3 (4711)` where this person may see it, else an empty text."""
    inodes = {inode for table in ("tcp", "tcp6") for inode in _listeners(Path("/proc/net") / table, port)}
    targets = {f"socket:[{inode}]" for inode in inodes}
    if not targets:
        return ""
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and _holds(folder, targets):
            with suppress(OSError):
                return f"{(folder / 'comm').read_text('utf-8').strip()} ({folder.name})"
    return ""


def _listeners(table: Path, port: int) -> list[str]:
    with suppress(OSError):
        rows = [line.split() for line in table.read_text("ascii").splitlines()[1:]]
        return [row[9] for row in rows if row[3] == LISTEN and int(row[1].rpartition(":")[2], 16) == port]
    return []


def _holds(folder: Path, targets: set[str]) -> bool:
    with suppress(OSError):
        return any(str(link.readlink()) in targets for link in (folder / "fd").iterdir())
    return False
