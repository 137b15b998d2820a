"""How the client starts itself again: a driver, the drawing of pages or its window runs in a process of its own.

An installed client is one frozen program, which is its own `yunqian agent`; from the source it is a module of Python.
"""

import os
import sys
from pathlib import Path


def is_installed() -> bool:
    """Whether this is the frozen program that people install, not the source under a Python."""
    return bool(getattr(sys, "frozen", False))


def command(*words: str) -> list[str]:
    """The argument list that runs `yunqian agent {words}` of this very client, e.g. command("driver", "soft").

    Never a secret among `words`: every program on the machine can read another's arguments.
    """
    if is_installed():
        return [sys.executable, *words]
    # -P: a file called yunqian.py or json.py in the folder where the client happens to be started is not run.
    return [sys.executable, "-P", "-m", "yunqian", "agent", *words]


def default_folder() -> Path:
    """Where this person's client keeps what it keeps.

    `agent` in YUNQIAN_HOME where that is set. Else an installed client uses the person's own data folder (XDG on
    Linux, AppData\\Local on Windows), and one from the source `.yunqian` beside the checkout.
    """
    home = os.environ.get("YUNQIAN_HOME")
    if home:
        return Path(home) / "agent"
    if not is_installed():
        return Path(__file__).resolve().parents[2] / ".yunqian" / "agent"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "yunqian-agent"
    named = os.environ.get("XDG_DATA_HOME", "")
    # The XDG rules: a folder that is not absolute is to be ignored.
    folder = Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "share"
    return folder / "yunqian-agent"
