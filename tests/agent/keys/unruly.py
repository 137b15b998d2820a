"""A vendor's library that misbehaves on demand, built from `unruly.c`: one SM2 key in a process of its own."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.agent.skf import softskf
from yunqian.agent.keys.child import LIMITS_SECONDS, ChildDriver
from yunqian.crypto.certificates import Certificate

NEEDED = softskf.NEEDED
PIN = softskf.PIN
SHORT_SECONDS = 1.5
_SOURCE = Path(__file__).with_name("unruly.c")


@dataclass(frozen=True)
class Unruly:
    """One library; what it does is written into its folder, because it lives in another process."""

    folder: Path
    library: Path
    certificate: Certificate

    def driver(self, *, idle_seconds: float = 60.0, limit_seconds: float | None = None) -> ChildDriver:
        limits = LIMITS_SECONDS if limit_seconds is None else dict.fromkeys(LIMITS_SECONDS, limit_seconds)
        return ChildDriver("skf", str(self.library), limits_seconds=limits, idle_seconds=idle_seconds)

    def does(self, what: str, at: str) -> None:
        """From now on: crash, exit, hang, print, read or flood, at list or sign."""
        (self.folder / "mode").write_text(f"{what} at {at}")

    def behaves(self) -> None:
        (self.folder / "mode").unlink()

    def is_away(self, away: bool) -> None:
        """Pulled out, or plugged in."""
        if away:
            (self.folder / "away").touch()
        else:
            (self.folder / "away").unlink()

    @property
    def pin_checks(self) -> int:
        """How often the library looked at a PIN, ever."""
        path = self.folder / "pin-checks"
        return path.stat().st_size if path.exists() else 0


def build(folder: Path, serial: str, owner: str) -> Unruly:
    """Compile a library whose one device has this serial."""
    folder.mkdir(parents=True)
    certificate = softskf.certified("sm2", serial, owner)
    (folder / "key.der").write_bytes(softskf.secret("sm2", serial))
    (folder / "certificate.der").write_bytes(certificate.der)
    library = folder / f"lib{serial}.so"
    names = {"FOLDER": folder, "SERIAL": serial, "LABEL": f"label of {serial}"}
    defined = [f'-D{name}="{text}"' for name, text in names.items()]
    command = ["gcc", "-shared", "-fPIC", "-O1", *defined, "-o", str(library), str(_SOURCE), "-lcrypto"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return Unruly(folder, library, certificate)
