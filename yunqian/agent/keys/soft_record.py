"""key.json of a soft key: counters and sealed secrets, and the writing of documents that outlives a power cut.

A random key-encryption key (KEK, 32 bytes) seals the private keys, so that a new PIN rewrites 32 bytes and no
private key. The KEK itself is sealed under the PIN and, where there is one, under the admin PIN: AES-256-GCM with
a scrypt key of each, and what a box is for stands in its associated bytes: no box can be put in another's place.
"""

import base64
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import Field, ValidationError

from yunqian.agent.keys import soft_pairs
from yunqian.agent.pin import Pin, Tries
from yunqian.wire.base import Base64Text, Message

MAX_TRIES = 6
MAX_ADMIN_TRIES = 10
MAX_PAIRS = 16
SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAME = "key.json"
_SCRYPT_COST = 2**15
_MAX_BYTES = 256 * 1024


class Box(Message):
    """Something sealed with AES-256-GCM under a key that its reader has."""

    nonce: Base64Text
    sealed: Base64Text


class Lock(Message):
    """The KEK under one PIN."""

    salt: Base64Text
    scrypt_cost: int = Field(ge=2**10, le=2**20)
    kek: Box


class Pair(Message):
    """A key pair: its public half (SubjectPublicKeyInfo, DER) in the clear, its PKCS#8 under the KEK."""

    public: Base64Text
    private: Box

    @property
    def public_der(self) -> bytes:
        """DER SubjectPublicKeyInfo."""
        return base64.b64decode(self.public)


class KeyRecord(Message):
    """The present key.json."""

    version: Literal[2] = 2
    serial: str = Field(pattern=rf"^{SERIAL.pattern}$")
    label: str = Field(min_length=1, max_length=64)
    tries_left: int = Field(ge=0, le=MAX_TRIES)
    admin_tries_left: int = Field(default=MAX_ADMIN_TRIES, ge=0, le=MAX_ADMIN_TRIES)
    pin: Lock
    admin: Lock | None = None
    pairs: tuple[Pair, ...] = Field(default=(), max_length=MAX_PAIRS)


class FirstRecord(Message):
    """key.json as the first version wrote it: one private key sealed under the PIN itself, no admin PIN."""

    serial: str = Field(pattern=rf"^{SERIAL.pattern}$")
    label: str = Field(min_length=1, max_length=64)
    tries_left: int = Field(ge=0, le=MAX_TRIES)
    scrypt_cost: int = Field(ge=2**10, le=2**20)
    salt: Base64Text
    nonce: Base64Text
    sealed: Base64Text


AnyRecord = KeyRecord | FirstRecord


def read(home: Path) -> AnyRecord | None:
    """The record of a folder; None where there is none that can be read."""
    try:
        with (home / NAME).open("rb") as found:
            text = found.read(_MAX_BYTES + 1)
        kind = KeyRecord if b'"version"' in text else FirstRecord
        return kind.model_validate_json(text) if len(text) <= _MAX_BYTES else None
    except (OSError, ValidationError):
        return None


def new(serial: str, label: str, pin: Pin, admin_pin: Pin | None) -> tuple[KeyRecord, bytes]:
    """An empty key's record, and its KEK."""
    kek = os.urandom(32)
    record = KeyRecord(
        serial=serial,
        label=label,
        tries_left=MAX_TRIES,
        pin=locked(kek, pin, b"pin", serial),
        admin=None if admin_pin is None else locked(kek, admin_pin, b"admin", serial),
    )
    return record, kek


def locked(kek: bytes, pin: Pin, purpose: bytes, serial: str) -> Lock:
    """The KEK sealed under a PIN; `purpose` is pin or admin."""
    salt = os.urandom(16)
    return Lock(
        salt=base64.b64encode(salt).decode(),
        scrypt_cost=_SCRYPT_COST,
        kek=_box(_stretched(pin, salt, _SCRYPT_COST), kek, _bound(purpose, serial)),
    )


def opened(lock: Lock, pin: Pin, purpose: bytes, serial: str) -> bytes:
    """The KEK. Raises InvalidTag for a wrong PIN, ValueError for a damaged record."""
    stretched = _stretched(pin, base64.b64decode(lock.salt), lock.scrypt_cost)
    return _unboxed(stretched, lock.kek, _bound(purpose, serial))


def pair(kek: bytes, plain: bytes, serial: str) -> Pair:
    """A PKCS#8 sealed under the KEK, bound to its public half."""
    public = soft_pairs.public(soft_pairs.loaded(plain))
    return Pair(
        public=base64.b64encode(public).decode(), private=_box(kek, plain, _bound(b"pair", serial, public))
    )


def private_key(kek: bytes, held: Pair, serial: str) -> soft_pairs.PrivateKey:
    """The private key of a pair. Raises InvalidTag or ValueError for a damaged record."""
    return soft_pairs.loaded(_unboxed(kek, held.private, _bound(b"pair", serial, held.public_der)))


def of_first(record: FirstRecord, pin: Pin) -> tuple[KeyRecord, bytes]:
    """The first version's record as one of the present, and its KEK. Raises InvalidTag for a wrong PIN."""
    stretched = _stretched(pin, base64.b64decode(record.salt), record.scrypt_cost)
    plain = _unboxed(stretched, Box(nonce=record.nonce, sealed=record.sealed), record.serial.encode())
    made, kek = new(record.serial, record.label, pin, None)
    return made.model_copy(update={"pairs": (pair(kek, plain, record.serial),)}), kek


def tries(record: AnyRecord) -> Tries:
    """The persisted counter of the PIN."""
    left = record.tries_left
    return Tries(left=left, is_locked=left == 0, is_last=left == 1)


def _stretched(pin: Pin, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(pin.secret)


def _bound(purpose: bytes, serial: str, more: bytes = b"") -> bytes:
    return b"yunqian.soft-key.v2\0" + purpose + b"\0" + serial.encode() + b"\0" + more


def _box(key: bytes, plain: bytes, bound: bytes) -> Box:
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, plain, bound)
    return Box(nonce=base64.b64encode(nonce).decode(), sealed=base64.b64encode(sealed).decode())


def _unboxed(key: bytes, box: Box, bound: bytes) -> bytes:
    return AESGCM(key).decrypt(base64.b64decode(box.nonce), base64.b64decode(box.sealed), bound)


def write(home: Path, record: AnyRecord) -> None:
    """Replace key.json. Raises OSError, and then the old one still stands."""
    replace_all({home / NAME: record.model_dump_json(indent=1).encode()})


def replace_all(documents: dict[Path, bytes]) -> None:
    """Replace each document whole or not at all, durable before this returns.

    All are written beside their places before the first takes its place: a full disk changes nothing. Between
    two of them a power cut may come; whoever writes several must be able to do it again. Raises OSError.
    """
    drafts = {path: path.with_name(f".{path.name}.new") for path in documents}
    try:
        for path, draft in drafts.items():
            _write(draft, documents[path])
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink()
        raise
    for folder in {path.parent for path in documents}:
        _settle(folder)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _settle(folder: Path) -> None:
    """Make renames in a folder durable; Windows has no such call, and needs none for a rename."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
