"""Personal data at rest: sealed field by field, bound to its row, and found by a keyed index without being opened.

A data key is wrapped by the master key (AES-256-GCM), and seals fields with AES-256-GCM or SM4-GCM (RFC 8998); what
was sealed says with which, so that both are always readable. The associated data is the place of the field: a value
that is moved to another row, column or table does not open. Plain text is padded, so that a sealed name tells nothing
of its length. GB/T 39786-2021 (protection of important data at rest); GB/T 36624 for the mode.
"""

import hmac
from dataclasses import dataclass, field
from enum import IntEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from yunqian.problems import Problem, Refused

VERSION = 1
NONCE_BYTES = 12
KEY_BYTES = 32
LARGEST_BYTES = 60_000  # a field, or a small message of several
_TAG_BYTES = 16
_BLOCK_BYTES = 64
_HEAD_BYTES = 1 + 1 + 4 + NONCE_BYTES


class Suite(IntEnum):
    """The cipher of a sealed field, as its second byte says."""

    AES_256_GCM = 1
    SM4_GCM = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands; what is sealed for one place opens at no other."""

    table: str
    column: str
    row_id: str

    @property
    def bound(self) -> bytes:
        """The place as associated data; the parts cannot run into each other."""
        parts = (part.encode() for part in (self.table, self.column, self.row_id))
        return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key that seals fields, known by a number from 1 to 2³²-1."""

    number: int
    secret: bytes = field(repr=False)


def wrap(master: bytes, key: DataKey, *, owner: str, nonce: bytes) -> bytes:
    """A data key for keeping: nonce and ciphertext, bound to its number and to whom it belongs."""
    return nonce + AESGCM(_wrapping(master)).encrypt(nonce, key.secret, _wrapped_for(key.number, owner))


def unwrap(master: bytes, wrapped: bytes, *, number: int, owner: str) -> DataKey:
    """The data key back. Raises Refused(PRIVATE_FIELD_UNREADABLE) for another master, number or owner."""
    nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
    try:
        secret = AESGCM(_wrapping(master)).decrypt(nonce, sealed, _wrapped_for(number, owner))
    except (InvalidTag, ValueError):
        raise Refused(Problem.PRIVATE_FIELD_UNREADABLE) from None
    return DataKey(number, secret)


def seal(key: DataKey, plain: str, *, place: Place, suite: Suite, nonce: bytes) -> bytes:
    """Seal one field: version, suite, number of the key, nonce, ciphertext with tag.

    `nonce` is 12 fresh random bytes. Raises Refused(REQUEST_INVALID) for no text, or more than 512 bytes of it.
    """
    padded = _padded(plain)
    head = bytes([VERSION, suite]) + key.number.to_bytes(4, "big") + nonce
    encryptor = Cipher(_algorithm(key, suite), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(head + place.bound)
    return head + encryptor.update(padded) + encryptor.finalize() + encryptor.tag


def number_of(sealed: bytes) -> int:
    """Which data key sealed this. Raises Refused(PRIVATE_FIELD_UNREADABLE) for what no field looks like."""
    if len(sealed) < _HEAD_BYTES + _BLOCK_BYTES + _TAG_BYTES or sealed[0] != VERSION:
        raise Refused(Problem.PRIVATE_FIELD_UNREADABLE)
    return int.from_bytes(sealed[2:6], "big")


def open_(key: DataKey, sealed: bytes, *, place: Place) -> str:
    """The text of a sealed field. Raises Refused(PRIVATE_FIELD_UNREADABLE) for any change or other place."""
    if number_of(sealed) != key.number:
        raise Refused(Problem.PRIVATE_FIELD_UNREADABLE)
    head, body, tag = sealed[:_HEAD_BYTES], sealed[_HEAD_BYTES:-_TAG_BYTES], sealed[-_TAG_BYTES:]
    try:
        mode = modes.GCM(head[-NONCE_BYTES:], tag)
        decryptor = Cipher(_algorithm(key, Suite(head[1])), mode).decryptor()
        decryptor.authenticate_additional_data(head + place.bound)
        return _unpadded(decryptor.update(body) + decryptor.finalize())
    except (InvalidTag, ValueError):
        raise Refused(Problem.PRIVATE_FIELD_UNREADABLE) from None


def blind_index(index_key: bytes, value: str, *, field: str) -> bytes:
    """The 32 bytes under which equal values of one field are found: HMAC-SHA256 with a key of its own.

    HMAC-SHA256 whatever the suite: the index must stay findable when the suite changes. Without the key nobody can
    try all eleven-digit numbers against it.
    """
    name = field.encode()
    return hmac.digest(index_key, len(name).to_bytes(2, "big") + name + value.encode(), "sha256")


def _algorithm(key: DataKey, suite: Suite) -> algorithms.AES | algorithms.SM4:
    if suite is Suite.SM4_GCM:
        return algorithms.SM4(_derived(key.secret, b"yunqian.field.sm4", 16))
    return algorithms.AES(_derived(key.secret, b"yunqian.field.aes", 32))


def _wrapping(master: bytes) -> bytes:
    return _derived(master, b"yunqian.field.wrap", KEY_BYTES)


def _derived(secret: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=purpose).derive(secret)


def _wrapped_for(number: int, owner: str) -> bytes:
    return number.to_bytes(4, "big") + owner.encode()


def _padded(plain: str) -> bytes:
    try:
        content = plain.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise Refused(Problem.REQUEST_INVALID, detail="text") from None
    if not 0 < len(content) <= LARGEST_BYTES:
        raise Refused(Problem.REQUEST_INVALID, detail="length")
    framed = len(content).to_bytes(2, "big") + content
    return framed + bytes(-len(framed) % _BLOCK_BYTES)


def _unpadded(padded: bytes) -> str:
    length = int.from_bytes(padded[:2], "big")
    return padded[2 : 2 + length].decode()
