"""A demo platform of its own for the measurements: own home folder, own ports, the programs as in production."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parent.parent
KEYS = {"DEMO-SIGN-0001": "签名章", "DEMO-SEAL-0001": "公章"}
START_LIMIT_SECONDS = 90


@dataclass(frozen=True)
class Key:
    """A signer's key, held by the measuring program: what a key needs is no part of the server's time."""

    private: rsa.RSAPrivateKey

    def sign(self, message: bytes) -> bytes:
        """RSA PKCS#1 v1.5 over SHA-256: one private operation."""
        return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())


@dataclass(frozen=True)
class Platform:
    """A running platform."""

    home: Path
    port: int
    environment: dict[str, str]
    keys: dict[str, Key]

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def home_folder() -> Iterator[Path]:
    """A folder that is gone afterwards. It lies in the system's folder for things to keep a while (a disk)."""
    home = Path(tempfile.mkdtemp(prefix="yunqian-bench-", dir=os.environ.get("YUNQIAN_BENCH_FOLDER")))
    home.chmod(0o711)  # under root the database runs as another account, which must pass
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def environment(home: Path, port: int, client_port: int) -> dict[str, str]:
    """What makes the programs a demo in `home`."""
    origins = f"http://127.0.0.1:{port},http://localhost:{port}"
    chosen = {"HOME": home, "MODE": "demo", "PORT": port, "ORIGINS": origins, "CLIENT_PORTS": client_port}
    return {**os.environ, **{f"YUNQIAN_{name}": str(value) for name, value in chosen.items()}}


@contextmanager
def running(home: Path) -> Iterator[Platform]:
    """Make the demo world with keys of our own, and serve it with gunicorn until the end of the block."""
    port = free_port()
    platform = Platform(home, port, environment(home, port, free_port()), _new_keys(home / "agent" / "keys"))
    yunqian(platform, "migrate")
    yunqian(platform, "demo")
    command = [sys.executable, "-m", "yunqian", "serve"]
    server = subprocess.Popen(command, cwd=ROOT, env=platform.environment, stdout=subprocess.DEVNULL)
    try:
        _wait_until_healthy(platform, server)
        yield platform
    finally:
        server.terminate()
        server.wait(timeout=30)
        yunqian(platform, "database", "stop")


def yunqian(platform: Platform, *arguments: str) -> None:
    """Run one command of the program to its end; what it says is shown when it fails."""
    command = [sys.executable, "-m", "yunqian", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=platform.environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(
            f"yunqian {' '.join(arguments)} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        )


def _new_keys(folder: Path) -> dict[str, Key]:
    """Keys with the requests that `yunqian demo` answers with certificates."""
    keys = {}
    for serial, label in KEYS.items():
        private = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(private, hashes.SHA256())
        (folder / serial).mkdir(parents=True)
        (folder / serial / "request.pem").write_bytes(request.public_bytes(Encoding.PEM))
        keys[serial] = Key(private)
    return keys


def _wait_until_healthy(platform: Platform, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{platform.origin}/api/health", timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not become healthy")
