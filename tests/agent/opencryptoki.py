"""opencryptoki's software key in a sandbox: the one module at hand that really counts and locks its PIN.

SoftHSM never locks. opencryptoki needs a daemon and folders of the system, so what uses it runs inside bubblewrap
with empty folders in their places: nothing of the machine is touched, and all of it ends together. Tests that need
it stand in a file of their own, which pytest runs once inside the sandbox; outside, each of them is told by name:

    outcomes = opencryptoki.outcomes("tests/agent/keys/inside_opencryptoki.py")   # {"test_…": "" or what went wrong}

Inside, `fresh()` gives a key that was initialised just now, with its PIN set and nothing on it.
"""

import ast
import json
import os
import subprocess
import sys
import time
from pathlib import Path

MODULE = "libopencryptoki.so.0"
PIN, WRONG_PIN, SO_PIN = "123456", "000000", "87654321"
LABEL = "locktest"
_ROOT = Path(__file__).resolve().parents[2]
_LIB, _LOCK = Path("/var/lib/opencryptoki"), Path("/run/lock/opencryptoki")
_KINDS = ("ccatok", "ep11tok", "icsf", "lite", "swtok", "tpm")
_SANDBOX = (
    *("bwrap", "--dev-bind", "/", "/", "--tmpfs", str(_LIB), "--tmpfs", "/run", "--dir", str(_LOCK)),
    *("--dir", "/run/opencryptoki", "--tmpfs", "/dev/shm", "--unshare-pid", "--unshare-ipc"),
    *("--proc", "/proc", "--die-with-parent"),
)


def sentences(path: str) -> list[str]:
    """The names of the tests in a file."""
    parsed = ast.parse((_ROOT / path).read_text(encoding="utf-8"))
    names = [node.name for node in parsed.body if isinstance(node, ast.FunctionDef)]
    return [name for name in names if name.startswith("test_")]


def outcomes(path: str) -> dict[str, str]:
    """Run the tests of a file inside the sandbox; gives for each what went wrong, or nothing."""
    done = subprocess.run(
        [*_SANDBOX, sys.executable, "-m", "tests.agent.opencryptoki", path],
        cwd=_ROOT,
        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return told


# What follows runs inside the sandbox.


def fresh() -> None:
    """Initialise the key anew: whatever was on it is gone, its PIN is `PIN`."""
    slot = _slot()
    tool("--slot", slot, "--init-token", "--label", LABEL, "--so-pin", SO_PIN)
    tool("--slot", slot, "--init-pin", "--so-pin", SO_PIN, "--pin", PIN)


def tool(*arguments: str) -> str:
    """OpenSC's tool in a process of its own, as another program beside the client."""
    command = ["pkcs11-tool", "--module", MODULE, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


def _main(path: str) -> dict[str, str]:
    import pytest

    _make_places()
    subprocess.Popen(["pkcsslotd", "-f"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    recorder = _Recorder()
    pytest.main(["-q", "-p", "no:cacheprovider", path], plugins=[recorder])
    return recorder.told


class _Recorder:
    """Notes how every test ended."""

    def __init__(self) -> None:
        self.told: dict[str, str] = {}

    def pytest_runtest_logreport(self, report) -> None:
        name = report.nodeid.rpartition("::")[2]
        trouble = "" if report.passed else report.longreprtext or report.outcome
        self.told[name] = self.told.get(name, "") or trouble


def _make_places() -> None:
    for kind in _KINDS:
        (_LOCK / kind).mkdir(parents=True)
        (_LIB / kind / "TOK_OBJ").mkdir(parents=True)
    subprocess.run(["chgrp", "-R", "pkcs11", str(_LIB), str(_LOCK)], check=True)
    subprocess.run(["chmod", "-R", "770", str(_LIB), str(_LOCK)], check=True)


def _slot() -> str:
    """The software slot's number, once the daemon is up."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            for line in tool("-L").splitlines():
                if line.startswith("Slot "):
                    return line.split("(")[1].split(")")[0]
        except subprocess.CalledProcessError:
            pass
        time.sleep(0.2)
    raise SystemExit("pkcsslotd did not come up")


if __name__ == "__main__":
    print(json.dumps(_main(sys.argv[1])))
