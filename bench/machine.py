"""What the figures were measured on; figures without their machine say nothing."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.backends.openssl import backend

_ROOT = Path(__file__).resolve().parent.parent


def facts(home: Path) -> dict[str, str]:
    """Name and value, in the order of the table. `home` tells the file system that was written to."""
    return {
        "When": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, revision {_revision()}",
        "Processor": f"{_processor()}, {os.cpu_count()} cores, shared; load before: {_load()}",
        "Memory": f"{_memory_gb():.0f} GB",
        "System": f"{platform.system()} {platform.release()}, file system {_file_system(home)}",
        "Programs": f"Python {platform.python_version()}, {backend.openssl_version_text()}",
    }


def _revision() -> str:
    try:
        asked = ["git", "-C", str(_ROOT), "rev-parse", "--short", "HEAD"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _load() -> str:
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _file_system(home: Path) -> str:
    asked = ["stat", "-f", "-c", "%T", str(home)]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
