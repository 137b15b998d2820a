"""opencryptoki's software key in a sandbox: the one module at hand that really counts and locks its PIN.

SoftHSM never locks. opencryptoki needs a daemon and folders of the system, so everything here runs inside
bubblewrap with empty folders in their places: nothing of the machine is touched, and all of it ends together.

    told = opencryptoki.conversation([Wrong, Right, …])
"""

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

MODULE = "libopencryptoki.so.0"
PIN, WRONG_PIN, SO_PIN = "123456", "000000", "87654321"
LABEL = "locktest"
_LIB, _LOCK = Path("/var/lib/opencryptoki"), Path("/run/lock/opencryptoki")
_KINDS = ("ccatok", "ep11tok", "icsf", "lite", "swtok", "tpm")
_SANDBOX = (
    *("bwrap", "--dev-bind", "/", "/", "--tmpfs", str(_LIB), "--tmpfs", "/run", "--dir", str(_LOCK)),
    *("--dir", "/run/opencryptoki", "--tmpfs", "/dev/shm", "--unshare-pid", "--unshare-ipc"),
    *("--proc", "/proc", "--die-with-parent"),
)


def conversation(script: list[str]) -> list[dict[str, Any]]:
    """Act out `right`, `wrong` and `unlock` with a fresh key; gives what the driver told after each."""
    done = subprocess.run(
        [*_SANDBOX, sys.executable, "-m", "tests.agent.opencryptoki", json.dumps(script)],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return told


# What follows runs inside the sandbox.


def _main(script: list[str]) -> list[dict[str, Any]]:
    _make_places()
    subprocess.Popen(["pkcsslotd", "-f"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    slot = _slot()
    _tool("--slot", slot, "--init-token", "--label", LABEL, "--so-pin", SO_PIN)
    _unlock(slot)
    certificate = _certified()
    return [_act(act, slot, certificate) for act in script]


def _make_places() -> None:
    for kind in _KINDS:
        (_LOCK / kind).mkdir(parents=True)
        (_LIB / kind / "TOK_OBJ").mkdir(parents=True)
    subprocess.run(["chgrp", "-R", "pkcs11", str(_LIB), str(_LOCK)], check=True)
    subprocess.run(["chmod", "-R", "770", str(_LIB), str(_LOCK)], check=True)


def _tool(*arguments: str) -> str:
    command = ["pkcs11-tool", "--module", MODULE, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


def _slot() -> str:
    """The software slot's number, once the daemon is up."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            for line in _tool("-L").splitlines():
                if line.startswith("Slot "):
                    return line.split("(")[1].split(")")[0]
        except subprocess.CalledProcessError:
            pass
        time.sleep(0.2)
    raise SystemExit("pkcsslotd did not come up")


def _unlock(slot: str) -> None:
    _tool("--slot", slot, "--init-pin", "--so-pin", SO_PIN, "--pin", PIN)


def _certified() -> Any:
    """A key pair and a certificate inside the slot; gives the certificate."""
    import pkcs11
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    from tests.agent import softhsm, world
    from yunqian.crypto import certificates

    message = {"label": LABEL, "algorithm": "RSA"}
    with pkcs11.lib(MODULE).get_token(token_label=LABEL).open(rw=True, user_pin=PIN) as session:
        softhsm._generate(session, message)
        pem = world.certify(load_der_public_key(softhsm._public_key(session)), "李明")
        certificate = certificates.read(pem)
        softhsm._put(session, message | {"value": base64.b64encode(certificate.der).decode()})
    return certificate


def _act(act: str, slot: str, certificate: Any) -> dict[str, Any]:
    from yunqian.agent.keys.pkcs11 import Pkcs11Driver
    from yunqian.agent.pin import Pin
    from yunqian.crypto import suites
    from yunqian.crypto.suites import Suite
    from yunqian.problems import Refused

    driver = Pkcs11Driver(MODULE)
    if act == "unlock":
        _unlock(slot)
    (key,) = driver.plugged()
    said = "unlocked"
    if act != "unlock":
        pin = Pin(bytearray((PIN if act == "right" else WRONG_PIN).encode()))
        try:
            value = key.sign(certificate, Suite.RSA_SHA256, b"attributes", pin)
            said = str(suites.check(Suite.RSA_SHA256, certificate, b"attributes", value))
        except Refused as refusal:
            said = refusal.problem.code
    tries = key.tries()
    return {"said": said, "is_last": tries.is_last, "is_locked": tries.is_locked, "left": tries.left}


if __name__ == "__main__":
    print(json.dumps(_main(json.loads(sys.argv[1]))))
