"""What this PC says of itself that matters to keys and PINs, read without changing anything; for the doctor.

Every question has an answer on every system: what cannot be seen there counts as nothing found.
"""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

USB_DEVICES = Path("/sys/bus/usb/devices")
USB_NODES = Path("/dev/bus/usb")
CORE_PATTERN = Path("/proc/sys/kernel/core_pattern")
_SMART_CARD_CLASS = "0b"  # USB class of CCID readers, which most keys present themselves as
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keeps_cores(pattern: Path = CORE_PATTERN) -> bool:
    """Whether a program that crashes leaves its memory in a file; a piped core knows no limit of size (core(5))."""
    if sys.platform == "win32":
        return False
    import resource

    soft, _hard = resource.getrlimit(resource.RLIMIT_CORE)
    with suppress(OSError):
        if pattern.read_text("utf-8", "replace").startswith("|"):
            return soft != 1  # 1 is what the kernel takes as “none” where cores are piped
    return soft != 0


def closed_readers(devices: Path = USB_DEVICES, nodes: Path = USB_NODES) -> Iterator[str]:
    """The smart-card devices on USB that this person may not use himself, by what they call themselves (Linux)."""
    for interface in sorted(devices.glob("*/bInterfaceClass")):
        if _line(interface) != _SMART_CARD_CLASS:
            continue
        device = interface.parent.resolve().parent
        with suppress(ValueError):
            node = nodes / f"{int(_line(device / 'busnum')):03}" / f"{int(_line(device / 'devnum')):03}"
            if node.exists() and not os.access(node, os.R_OK | os.W_OK):
                yield _line(device / "product") or device.name


def _line(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def unlocks_lying(folder: Path, *, now: datetime, kept: timedelta) -> tuple[int, int]:
    """How many requests for unlocking are open, and how many of them are too old or open to others' eyes."""
    waiting = wrong = 0
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):
                told = path.stat()
                is_open = sys.platform != "win32" and bool(told.st_mode & _OTHERS)
                is_old = now.timestamp() - told.st_mtime > kept.total_seconds()
                waiting, wrong = waiting + 1, wrong + int(is_open or is_old)
    return waiting, wrong
