"""The walls around the child that draws: bubblewrap, where this Linux has it and lets it make namespaces.

Inside there is no network, no other process, no home, no keys, no environment, and of the machine only what a
program needs to run, read-only. Where there are none (Windows, macOS, a Linux that allows no namespaces) the
child's own limits hold, and it still has neither keys nor PIN.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import yunqian
from yunqian.agent import program
from yunqian.agent.pages.painter import TRY

_TRY_SECONDS = 15
_NOBODY = "65534"
_SYSTEM = ("/usr", "/etc/ld.so.cache", "/etc/fonts", "/var/cache/fontconfig")
_LINKED = ("/bin", "/lib", "/lib32", "/lib64")  # into /usr on a merged system, folders of their own elsewhere


def command(*words: str) -> list[str]:
    """The argument list that runs `yunqian agent {words}` behind walls, or as it is where there are none."""
    inner = program.command(*words)
    return _walled(inner) if are_here() else inner


@lru_cache(maxsize=1)
def are_here() -> bool:
    """Whether walls can be built here; tried once, with the very program that is to run behind them."""
    if sys.platform != "linux" or shutil.which("bwrap") is None:
        return False
    try:
        tried = subprocess.run(
            _walled(program.command("draw", TRY)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TRY_SECONDS,
            check=False,
            env={},
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def _walled(inner: Sequence[str]) -> list[str]:
    return [
        *(shutil.which("bwrap") or "bwrap", "--unshare-user", "--unshare-all", "--die-with-parent"),
        *("--new-session", "--uid", _NOBODY, "--gid", _NOBODY, "--hostname", "draw"),
        *("--cap-drop", "ALL", "--clearenv", "--setenv", "PATH", "/usr/bin"),
        *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"),  # noqa: S108 (its own, inside)
        *_seen(),
        *("--remount-ro", "/", "--chdir", "/", "--", *inner),
    ]


def _seen() -> Iterator[str]:
    """Read-only views of the system's libraries and of this very program."""
    for place in _LINKED:
        if Path(place).is_symlink():
            yield from ("--symlink", str(Path(place).readlink()), place)
        elif Path(place).is_dir():
            yield from ("--ro-bind", place, place)
    for place in (*_SYSTEM, *sorted(_own())):
        yield from ("--ro-bind-try", place, place)


def _own() -> set[str]:
    """Where this program lives: the folder of an installed client, or a Python with its packages and ours."""
    if program.is_installed():
        executable = Path(sys.executable)
        return {str(executable), str(executable.parent / "_internal")}
    return {sys.prefix, sys.base_prefix, str(Path(yunqian.__file__).parent)}
