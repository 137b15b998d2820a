"""The authority's folder: keys that only the platform's secrets open, and the register of what was issued.

    ca/DEMO              the mark that makes production refuse to start
    ca/<part>.key        encrypted PKCS#8        ca/<part>.pem   the certificate, written after its key
    ca/register.json     issued and revoked      ca/lock         held by whoever writes
    ca/sm2-*             the same for the SM2 authority; its keys are PKCS#8 under AES-256-GCM
    ca/trust/            what the platform trusts: root.pem, root.crl, issuing.crl, and sm2-… of each
    ca/trust/intermediates/seals.pem    who certified the seal maker; trusted for nothing

Every change is a new file put in the place of the old one, so a reader never sees half of one and needs no lock.
"""

import contextlib
import fcntl
import json
import logging
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from yunqian.problems import Problem, Refused

_NONCE_BYTES = 12
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Register:
    """What the issuing authority has done: serial → SHA-256 of the certificate; serial → (since, reason)."""

    issued: dict[int, str] = field(default_factory=dict)
    revoked: dict[int, tuple[datetime, str]] = field(default_factory=dict)
    list_number: int = 0

    def with_issued(self, serial: int, sha256: str) -> "Register":
        """The register with one certificate more."""
        return replace(self, issued=self.issued | {serial: sha256})

    def with_revoked(self, serial: int, since: datetime, reason: str) -> "Register":
        """The register with one revocation more; the first one of a certificate stands."""
        return replace(self, revoked={serial: (since, reason)} | self.revoked)

    def with_list_number(self, number: int) -> "Register":
        """The register after a list with this number (RFC 5280 §5.2.3: always greater than before)."""
        return replace(self, list_number=number)


class Store:
    """One `ca/` folder. Failures of the disk are Refused(CA_UNAVAILABLE)."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self.folder = folder
        expanded = HKDF(hashes.SHA256(), 32, salt=None, info=b"yunqian.ca.keys.v1").derive(secret)
        self._password = expanded.hex().encode()
        self._lock_key = HKDF(hashes.SHA256(), 32, salt=None, info=b"yunqian.ca.sealed.v1").derive(secret)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder against every other writer, of this process or another."""
        with refusals():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def put(self, name: str, content: bytes) -> None:
        """Replace a file of the folder durably, readable by the owner alone."""
        with refusals():
            replace_durably(self.folder / name, content)

    def put_if_other(self, name: str, content: bytes) -> None:
        """The same, but leave a file alone that is so already: its readers look at its time."""
        if self.get(name) != content:
            self.put(name, content)

    def get(self, name: str) -> bytes | None:
        """The bytes of a file of the folder, None where there is none."""
        with refusals():
            path = self.folder / name
            return path.read_bytes() if path.exists() else None

    def put_sealed(self, name: str, plain: bytes) -> None:
        """Keep a secret that `cryptography` has no form for; only the platform's secrets open it, in its place."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        self.put(name, nonce + AESGCM(self._lock_key).encrypt(nonce, plain, name.encode()))

    def unsealed(self, name: str) -> bytes | None:
        """What `put_sealed` kept, None where there is nothing. Raises Refused(CONFIG_INSECURE) for other secrets."""
        kept = self.get(name)
        if kept is None:
            return None
        try:
            nonce, sealed = kept[:_NONCE_BYTES], kept[_NONCE_BYTES:]
            return AESGCM(self._lock_key).decrypt(nonce, sealed, name.encode())
        except (InvalidTag, ValueError):
            raise Refused(
                Problem.CONFIG_INSECURE, detail=f"ca/{name} does not open with the secrets"
            ) from None

    def put_part(self, name: str, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
        """Keep an authority's part. The certificate comes last: where it is, its key is too."""
        lock = BestAvailableEncryption(self._password)
        self.put(f"{name}.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
        self.put(f"{name}.pem", certificate.public_bytes(Encoding.PEM))

    def part(self, name: str) -> tuple[rsa.RSAPrivateKey, x509.Certificate] | None:
        """An authority's part, None where it was not made yet.

        Raises Refused(CONFIG_INSECURE) when its key does not open with the platform's secrets.
        """
        encoded, locked = self.get(f"{name}.pem"), self.get(f"{name}.key")
        if encoded is None or locked is None:
            return None
        try:
            key = load_pem_private_key(locked, self._password)
            certificate = x509.load_pem_x509_certificate(encoded)
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != certificate.public_key():
            detail = f"ca/{name}.key does not open with the secrets, or is not the key of ca/{name}.pem"
            raise Refused(Problem.CONFIG_INSECURE, detail=detail)
        return key, certificate

    def register(self, name: str = "register.json") -> Register:
        """A register as it stands. Raises Refused(CA_UNAVAILABLE) when it cannot be read."""
        encoded = self.get(name)
        if encoded is None:
            return Register()
        try:
            return _register(json.loads(encoded))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            _log.critical("the register of the certificate authority is damaged: %r", error)
            raise Refused(Problem.CA_UNAVAILABLE) from None

    def put_register(self, register: Register, name: str = "register.json") -> None:
        """Replace a register; the caller holds `writing`."""
        content = {
            "issued": {f"{serial:x}": sha256 for serial, sha256 in register.issued.items()},
            "revoked": {
                f"{serial:x}": {"at": since.isoformat(), "reason": reason}
                for serial, (since, reason) in register.revoked.items()
            },
            "list_number": register.list_number,
        }
        self.put(name, json.dumps(content, indent=1).encode())


def _register(content: dict[str, Any]) -> Register:
    return Register(
        issued={int(serial, 16): str(sha256) for serial, sha256 in content["issued"].items()},
        revoked={
            int(serial, 16): (datetime.fromisoformat(entry["at"]), str(entry["reason"]))
            for serial, entry in content["revoked"].items()
        },
        list_number=int(content["list_number"]),
    )


def replace_durably(path: Path, content: bytes) -> None:
    """Put `content` in the place of `path`: draft, fsync, rename, fsync of the folder (mode 0600)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}.draft")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Turn failures of the disk into Refused(CA_UNAVAILABLE)."""
    try:
        yield
    except OSError as error:
        _log.critical("the certificate authority's folder cannot be used: %s", error)
        raise Refused(Problem.CA_UNAVAILABLE) from None
