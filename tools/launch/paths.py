"""Where things are: the checkout, its virtual environment, the home folder of the demo."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.launch.machine import port_number
from tools.launch.words import Stop

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
WEB = ROOT / "web"
DIST = WEB / "dist"
MARKER = ".yunqian-demo-home"
# No Python of uv's own, and the machine's certificates: an office's own proxy is trusted as the browser trusts it.
UV = {"UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "true"}


@dataclass(frozen=True)
class Demo:
    """What one demo start needs to know, read once from the environment."""

    home: Path
    port: int
    client_port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """For the children: the environment of the person, plus what makes it a demo."""
        origins = f"{self.address},http://localhost:{self.port}"
        ours = {
            "YUNQIAN_HOME": str(self.home),
            "YUNQIAN_MODE": "demo",
            "YUNQIAN_PORT": str(self.port),
            "YUNQIAN_CLIENT_PORTS": str(self.client_port),
            "YUNQIAN_ORIGINS": os.environ.get("YUNQIAN_ORIGINS", origins),
            "YUNQIAN_WEB_DIST": str(DIST),
            "PYTHONUNBUFFERED": "1",
            "PYTHONUTF8": "1",
        }
        return {**base_environment(), **ours}


def base_environment() -> dict[str, str]:
    """The person's environment with the virtual environment's programs first."""
    kept = {key: value for key, value in os.environ.items() if key not in ("PYTHONHOME", "PYTHONPATH")}
    path = f"{VENV / 'bin'}{os.pathsep}{kept.get('PATH', os.defpath)}"
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(VENV), **UV}


def demo_from_environment() -> Demo:
    home = Path(os.environ.get("YUNQIAN_HOME") or ROOT / ".yunqian").expanduser().resolve()
    return Demo(
        home=home,
        port=port_number(os.environ.get("YUNQIAN_PORT") or "8000", "YUNQIAN_PORT"),
        client_port=port_number(
            (os.environ.get("YUNQIAN_CLIENT_PORTS") or "17311").split(",")[0], "YUNQIAN_CLIENT_PORTS"
        ),
    )


def claim_home(home: Path) -> None:
    """Make the home folder ours. A folder that holds somebody else's things is refused, never adopted."""
    marker = home / MARKER
    if marker.exists():
        return
    if home.exists() and any(home.iterdir()):
        raise Stop(
            f"文件夹 {home} 不是空的，也不是云签演示建立的。请换一个文件夹：YUNQIAN_HOME=… make run",
            f"The folder {home} is not empty and was not made by the demo. "
            "Name another one: YUNQIAN_HOME=… make run",
        )
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    marker.write_text("Made by `make run`; `make clean-demo` removes this folder.\n", "utf-8")


def running_python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}.{sys.version_info[2]}"
