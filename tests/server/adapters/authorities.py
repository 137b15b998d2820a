"""A home with the demonstration's authorities, a clock that obeys, requests of keys, and openssl as the judge."""

import dataclasses
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.pki.hierarchy import rsa_key
from yunqian.server import settings
from yunqian.server.adapters.ca import port
from yunqian.server.adapters.ca.embedded import EmbeddedAuthority
from yunqian.server.settings import Config, Mode

COMPANY = "广东示例科技有限公司"


@dataclass
class Clock:
    """The time, and how it is moved on."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


def config_at(home: Path, mode: Mode = Mode.TEST) -> Config:
    """The configuration of this run with another home."""
    return dataclasses.replace(settings.current(), home=home, mode=mode, origins=("http://pki.example",))


def request_of(key=None, *, digest: hashes.HashAlgorithm | None = None) -> x509.CertificateSigningRequest:
    """A PKCS#10 request, signed by its key."""
    asked = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return asked.sign(key or rsa_key("asker"), digest or hashes.SHA256())


def issued(ca: EmbeddedAuthority, name: str = "李明", organization: str | None = COMPANY):
    """The chain of a new certificate."""
    return ca.issue(request_of().public_bytes(Encoding.PEM), name=name, organization=organization)


def openssl(folder: Path, *arguments: str) -> str:
    """What openssl says to these arguments in this folder, both streams, and the code at the end."""
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, timeout=30, check=False)
    return f"{done.stdout.decode()}{done.stderr.decode()}code {done.returncode}"


def write_pem(folder: Path, chain) -> None:
    """leaf.pem, issuing.pem and root.pem, as other software is given them."""
    for name, certificate in zip(("leaf", "issuing", "root"), chain, strict=True):
        (folder / f"{name}.pem").write_bytes(port.pem([certificate]))
