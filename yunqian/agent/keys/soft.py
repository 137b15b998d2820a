"""Soft keys: a private key in an encrypted file, for demonstration and tests. Told as such in every dialog.

One folder per key: `key.json` (serial, label, tries left, the PKCS#8 key sealed with AES-256-GCM under a
scrypt key of the PIN), `request.pem` (PKCS#10) and `certificate.pem` (leaf first, written by who issued it).
The counter is written down *before* a PIN is tried: a kill in between costs a try and never gives one.
"""

import base64
import os
import re
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import Field, ValidationError

from yunqian.agent import pin as pins
from yunqian.agent.keys.port import SUITES
from yunqian.agent.pin import Pin, Tries
from yunqian.crypto import certificate_requests, certificates, public_keys, sm2, suites
from yunqian.crypto.certificates import Certificate
from yunqian.crypto.suites import Suite
from yunqian.problems import Problem, Refused
from yunqian.wire.base import Base64Text, Message

MAX_TRIES = 6
MIN_PIN_BYTES = 6
SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SCRYPT_COST = 2**15
_HASHES: dict[str, hashes.SHA256 | hashes.SHA384] = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | sm2.PrivateKey


class KeyRecord(Message):
    """key.json."""

    serial: str = Field(pattern=rf"^{SERIAL.pattern}$")
    label: str = Field(min_length=1, max_length=64)
    tries_left: int = Field(ge=0, le=MAX_TRIES)
    scrypt_cost: int = Field(ge=2**10, le=2**20)
    salt: Base64Text
    nonce: Base64Text
    sealed: Base64Text


def create(folder: Path, *, serial: str, label: str, pin: Pin, algorithm: Suite = Suite.RSA_SHA256) -> Path:
    """Make a new key in `folder/<serial>` and give that folder. The request in it is signed by the key.

    Raises Refused(REQUEST_INVALID) when the serial is taken or not a plain name, or the PIN is under 6 bytes.
    """
    if not SERIAL.fullmatch(serial):
        raise Refused(Problem.REQUEST_INVALID, detail="serial: letters, digits, '.', '_' and '-' only")
    if not MIN_PIN_BYTES <= len(pin.secret) <= pins.MAX_PIN_BYTES:
        raise Refused(Problem.REQUEST_INVALID, detail=f"PIN: {MIN_PIN_BYTES} to {pins.MAX_PIN_BYTES} bytes")
    home = folder / serial
    if (home / "key.json").exists():
        raise Refused(Problem.REQUEST_INVALID, detail=f"a key with the serial {serial} exists")
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    plain = _generate(algorithm)
    private = _loaded(plain)
    request = certificate_requests.build(
        label,
        public_key_der=_public(private),
        identifier=algorithm.signature_identifier,
        sign=lambda asked: _value(private, algorithm, asked),
    )
    _write(home / "request.pem", request)
    _store(home, _seal(plain, serial=serial, label=label, pin=pin))
    return home


def _generate(algorithm: Suite) -> bytes:
    """A new private key as DER PKCS#8. Raises Refused(ALGORITHM_UNSUPPORTED) for SM2 on a machine without it."""
    if algorithm is Suite.SM2_SM3:
        number = 1 + secrets.randbelow(sm2.N - 2)  # [1, n-2] (GB/T 32918.1 §6.1)
        return sm2.PrivateKey.pkcs8_of_number(number.to_bytes(32, "big"))
    made: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    if algorithm is Suite.RSA_SHA256:
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        made = ec.generate_private_key(ec.SECP256R1() if algorithm is Suite.ECDSA_SHA256 else ec.SECP384R1())
    return made.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _loaded(plain: bytes) -> PrivateKey:
    """The key in a DER PKCS#8. Raises ValueError for one of another kind."""
    try:
        private = serialization.load_der_private_key(plain, password=None)
    except UnsupportedAlgorithm:  # what `cryptography` says of SM2's curve
        return sm2.PrivateKey(plain)
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError("another kind of key")
    return private


def _public(private: PrivateKey) -> bytes:
    """DER SubjectPublicKeyInfo."""
    if isinstance(private, sm2.PrivateKey):
        return private.public.spki
    return private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _value(private: PrivateKey, suite: Suite, message: bytes) -> bytes:
    """The raw value of a suite over a message; the caller has made sure that key and suite belong together."""
    if isinstance(private, sm2.PrivateKey):
        return private.sign(message)
    digest = _HASHES[suite.digest]
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(message, padding.PKCS1v15(), digest)
    return private.sign(message, ec.ECDSA(digest))


def _seal(plain: bytes, *, serial: str, label: str, pin: Pin) -> KeyRecord:
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_stretch(pin, salt, _SCRYPT_COST)).encrypt(nonce, plain, serial.encode())
    return KeyRecord(
        serial=serial,
        label=label,
        tries_left=MAX_TRIES,
        scrypt_cost=_SCRYPT_COST,
        salt=base64.b64encode(salt).decode(),
        nonce=base64.b64encode(nonce).decode(),
        sealed=base64.b64encode(sealed).decode(),
    )


def _stretch(pin: Pin, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(pin.secret)


def _open(record: KeyRecord, pin: Pin) -> PrivateKey:
    """The private key, or InvalidTag for a wrong PIN."""
    salt, nonce, sealed = (base64.b64decode(part) for part in (record.salt, record.nonce, record.sealed))
    plain = AESGCM(_stretch(pin, salt, record.scrypt_cost)).decrypt(nonce, sealed, record.serial.encode())
    return _loaded(plain)


def _store(home: Path, record: KeyRecord) -> None:
    _write(home / "key.json", record.model_dump_json(indent=1).encode())


def _write(path: Path, content: bytes) -> None:
    """Replace a document whole or not at all, durable before this returns."""
    draft = path.with_name(f".{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@dataclass(frozen=True, slots=True)
class SoftKey:
    """One soft key as listed; its folder is read again for every act."""

    home: Path
    serial: str
    label: str
    certificates: tuple[Certificate, ...]
    lock: threading.Lock
    driver: str = "soft"
    is_demo: bool = True
    suites: tuple[Suite, ...] = SUITES

    def tries(self) -> Tries:
        """The persisted counter."""
        return _tries(self._record())

    def sign(self, certificate: Certificate, suite: Suite, message: bytes, pin: Pin) -> bytes:
        """See `UsbKey.sign`; the private key lives only inside this call."""
        with self.lock:
            private = self._unlock(pin)
        held, named = public_keys.read(_public(private)), public_keys.read(certificate.public_key_der)
        if (held.algorithm, held.octets) != (named.algorithm, named.octets):
            raise Refused(Problem.CERTIFICATE_MISMATCH)
        if suite is not suites.suite_of(certificate):
            raise Refused(Problem.ALGORITHM_UNSUPPORTED, algorithm=suite.name)
        return _value(private, suite, message)

    def _unlock(self, pin: Pin) -> PrivateKey:
        record = self._record()
        if record.tries_left == 0:
            raise Refused(Problem.PIN_LOCKED)
        spent = record.model_copy(update={"tries_left": record.tries_left - 1})
        self._count(spent)
        try:
            private = _open(record, pin)
        except InvalidTag:
            raise pins.incorrect(_tries(spent)) from None
        except ValueError as error:
            raise Refused(Problem.KEY_FAILED, detail="key.json") from error
        self._count(record.model_copy(update={"tries_left": MAX_TRIES}))
        return private

    def _count(self, record: KeyRecord) -> None:
        """Write the counter down; where that fails no PIN is tried."""
        try:
            _store(self.home, record)
        except OSError as error:
            raise Refused(Problem.KEY_FAILED, detail=type(error).__name__) from error

    def _record(self) -> KeyRecord:
        record = _read_record(self.home)
        if record is None or record.serial != self.serial:
            raise Refused(Problem.KEY_REMOVED)
        return record


def _tries(record: KeyRecord) -> Tries:
    left = record.tries_left
    return Tries(left=left, is_locked=left == 0, is_last=left == 1)


def _read_record(home: Path) -> KeyRecord | None:
    try:
        return KeyRecord.model_validate_json((home / "key.json").read_bytes())
    except (OSError, ValidationError):
        return None


def _read_certificates(home: Path) -> tuple[Certificate, ...]:
    """The leaf alone: what follows in certificate.pem is its chain."""
    try:
        leaf = certificates.read((home / "certificate.pem").read_bytes())
    except (OSError, Refused):
        return ()
    return (leaf,) if leaf.may_sign else ()


class SoftDriver:
    """All soft keys of one folder; a folder that is no readable key is left out."""

    def __init__(self, folder: Path) -> None:
        self.name = "soft"
        self._folder = folder
        self._lock = threading.Lock()

    def plugged(self) -> tuple[SoftKey, ...]:
        """See `Driver.plugged`."""
        try:
            homes = sorted(path for path in self._folder.iterdir() if path.is_dir())
        except OSError:
            return ()
        found = ((home, _read_record(home)) for home in homes)
        return tuple(
            SoftKey(home, record.serial, record.label, _read_certificates(home), self._lock)
            for home, record in found
            if record is not None
        )
