"""The walls around a child that reads strangers' documents: namespaces where bubblewrap works, limits always.

Inside the walls there is no network, no other process, no home, no /tmp, no environment and nobody of the
machine: an own user, and read-only views of the Python installation, our package, the fonts and what the caller
names. Whoever takes over a PDF library finds nothing to read and nobody to talk to. Decision 20.
"""

import math
import resource
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import yunqian

MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 60
ANSWER_BYTES = 512 * 1024 * 1024  # the document, rewritten without compressed objects
OPEN_FILES = 64
PROCESSES = 16  # the child and the second engine that it asks; counted only inside an own user namespace
CONFINED = "--confined"
SCRATCH = "/tmp"  # noqa: S108 (of the walls' own, in memory; only where one is asked for)
_NOBODY = "65534"
_PROBE_SECONDS = 10
_SYSTEM = (
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/share/fonts",
    "/usr/share/fontconfig",
    "/usr/share/poppler",
    "/usr/share/zoneinfo",
    "/usr/bin/pdftoppm",
    "/etc/ld.so.cache",
    "/etc/fonts",
    "/var/cache/fontconfig",
)
_LINKED = ("/lib", "/lib32", "/lib64")  # into /usr on a merged system, folders of their own elsewhere


def command(
    inner: Sequence[str], *, readable: Sequence[Path] = (), scratch_bytes: int = 0
) -> tuple[str, ...]:
    """The command behind the walls, or as it is where no bubblewrap works.

    `readable` names further files or folders that the child may read; with `scratch_bytes` it has a folder in memory
    to write so much into. A confined child of ours is told so by `--confined`, because it may then limit the number
    of its processes too.
    """
    if not is_available():
        return tuple(inner)
    told = (CONFINED,) if "-m" in inner else ()
    # The scratch folder first: what is to be seen may lie under a folder of that name, as a checkout in /tmp does.
    seen = (*_scratch(scratch_bytes), *_seen(readable))
    return (*_walls(), *seen, "--remount-ro", "/", "--", *inner, *told)


@lru_cache(maxsize=1)
def is_available() -> bool:
    """Whether bubblewrap is installed and this machine lets it make namespaces; tried once."""
    return shutil.which("bwrap") is not None and _works(scratch_bytes=0)


@lru_cache(maxsize=1)
def has_scratch() -> bool:
    """Whether the walls can also give a child a folder of bounded size (bubblewrap 0.7 and later); tried once."""
    return is_available() and _works(scratch_bytes=4096)


def _works(*, scratch_bytes: int) -> bool:
    inside = (*_scratch(scratch_bytes), *_seen(()), "--remount-ro", "/")
    probe = (*_walls(), *inside, "--", sys.executable, "-I", "-c", "import yunqian")
    try:
        tried = subprocess.run(probe, capture_output=True, timeout=_PROBE_SECONDS, check=False, env={})
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def take_limits(arguments: Sequence[str], *, processes: int = PROCESSES) -> None:
    """Limit the calling process, before it reads anything: memory, time, files, size of what it writes.

    `processes` counts threads too, its own and those of whatever it starts, and holds behind walls.
    """
    limits = [
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, ANSWER_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ]
    if CONFINED in arguments:
        limits.append((resource.RLIMIT_NPROC, processes))
    for kind, most in limits:
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))


def leave_seconds(cpu_seconds: int) -> None:
    """Let the calling process, and each one it starts from now on, work only this much longer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    end = math.ceil(time.process_time()) + cpu_seconds
    unlimited = resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_CPU, (end if soft == unlimited else min(soft, end), hard))


def _walls() -> tuple[str, ...]:
    """Every namespace of its own, nothing inherited, and an end together with its parent."""
    return (
        *(shutil.which("bwrap") or "bwrap", "--unshare-user", "--unshare-all", "--die-with-parent"),
        *("--new-session", "--uid", _NOBODY, "--gid", _NOBODY, "--hostname", "intake"),
        *("--cap-drop", "ALL", "--clearenv", "--setenv", "PATH", "/usr/bin"),
        *("--proc", "/proc", "--dev", "/dev", "--chdir", "/"),
    )


def _scratch(size_bytes: int) -> tuple[str, ...]:
    return ("--size", str(size_bytes), "--tmpfs", SCRATCH) if size_bytes else ()


def _seen(readable: Sequence[Path]) -> Iterator[str]:
    """Read-only views of what Python and the engines need, and of nothing else."""
    for place in _LINKED:
        if Path(place).is_symlink():
            yield from ("--symlink", str(Path(place).readlink()), place)
        elif Path(place).is_dir():
            yield from ("--ro-bind", place, place)
    for place in (*_SYSTEM, *sorted(_python())):
        yield from ("--ro-bind-try", place, place)
    for path in readable:
        yield from ("--ro-bind-try", str(path), str(path))


def _python() -> set[str]:
    """Where this interpreter, its packages and ours live."""
    paths = sysconfig.get_paths()
    library = Path(sysconfig.get_config_var("LIBDIR") or "")
    shared = [str(path) for path in library.glob("libpython*.so*")] if library.is_absolute() else []
    environment = Path(sys.prefix)
    inside = [str(environment / "pyvenv.cfg")] if sys.prefix != sys.base_prefix else []
    programs = [sys.executable, str(Path(sys.executable).resolve())]
    programs += [str(path) for path in Path(sys.executable).parent.glob("python*")]
    packages = [paths["stdlib"], sysconfig.get_path("platstdlib"), paths["purelib"], paths["platlib"]]
    return {*shared, *inside, *programs, *packages, str(Path(yunqian.__file__).parent)}
