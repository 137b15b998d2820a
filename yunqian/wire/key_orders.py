"""What the platform asks of a key beside signing: a key pair, what is written on the key, and its unlocking.

Like a SignOrder each travels as the exact JSON text that the platform signed (`orders.SignedOrder`), is bound to
the page's origin, lives five minutes and is used once. `purpose` tells one from another: no text is good for two.
"""

import base64
import hashlib
from typing import Final, Literal

from pydantic import Field

from yunqian.wire.base import Base64Text, Line, Message, Moment, Sha256Hex

ENROL_PURPOSE: Final = "yunqian.enrol-order.v1"
STORE_PURPOSE: Final = "yunqian.store-order.v1"
UNLOCK_PURPOSE: Final = "yunqian.unlock-order.v1"


class NamedKey(Message):
    """A key without regard to its certificates, which it may not have yet; never a place in a list."""

    driver: str = Field(max_length=20, description="pkcs11, skf or soft")
    serial: Line = Field(min_length=1, max_length=64)
    label: Line = Field(max_length=64)


class EnrolOrder(Message):
    """Make a key pair in this key and ask for a certificate (PKCS#10)."""

    purpose: Literal["yunqian.enrol-order.v1"] = ENROL_PURPOSE
    order_id: str
    origin: str
    tenant_name: str
    person_name: str
    key: NamedKey
    algorithm: str = Field(description="suite name, as in crypto.suites")
    owner: Line = Field(min_length=1, max_length=64, description="common name of the request")
    nonce: str = Field(min_length=32, max_length=64)
    issued_at: Moment
    expires_at: Moment


class EnrolResult(Message):
    """The request, signed by the new key pair."""

    order_id: str
    request: Base64Text = Field(description="PKCS#10, DER")


class StoreOrder(Message):
    """Write what was issued on this key: the certificate beside its own key pair, and seal objects."""

    purpose: Literal["yunqian.store-order.v1"] = STORE_PURPOSE
    order_id: str
    origin: str
    tenant_name: str
    person_name: str
    key: NamedKey
    certificate: Base64Text | None = Field(description="DER; null where only seals are written")
    seals: tuple[Base64Text, ...] = Field(max_length=20, description="DER, GB/T 38540-2020 SESeal")
    nonce: str = Field(min_length=32, max_length=64)
    issued_at: Moment
    expires_at: Moment


class StoreResult(Message):
    """What stands on the key now."""

    order_id: str
    certificate_sha256: Sha256Hex | None
    seals_sha256: tuple[Sha256Hex, ...]


class UnlockRequest(Message):
    """What a client asks the certificate authority's desk for, by way of the platform.

    `public_key` (X25519, 32 bytes) was made by the client for this request alone; whatever opens the key comes
    sealed to it, so that the platform which carries it cannot read it. `code` is what the person tells the desk:
    it is made of key and public key (`unlock_code`), so that nobody in between can put another one in its place.
    """

    key: NamedKey
    public_key: Base64Text
    code: str


def unlock_code(key: NamedKey, public_key: bytes) -> str:
    """The code of a request, e.g. 7KQ2-4FWD-XM6T: 60 bits of SHA-256 over key and public key, in base 32.

    Long enough that nobody finds another public key with the same code while the request is open.
    """
    text = f"{key.driver}\n{key.serial}\n{key.label}".encode()
    head = base64.b32encode(hashlib.sha256(b"yunqian.unlock.v1\n" + text + b"\0" + public_key).digest())[:12]
    code = head.decode()
    return "-".join((code[:4], code[4:8], code[8:]))


class UnlockOrder(Message):
    """Set a new PIN with what the desk released. `sealed` can be opened by the client that asked, and only once."""

    purpose: Literal["yunqian.unlock-order.v1"] = UNLOCK_PURPOSE
    order_id: str
    origin: str
    tenant_name: str
    person_name: str
    key: NamedKey
    public_key: Base64Text = Field(description="of the request that this answers")
    sealed: Base64Text = Field(description="see crypto.sealed_box")
    nonce: str = Field(min_length=32, max_length=64)
    issued_at: Moment
    expires_at: Moment


class UnlockResult(Message):
    """The key is unlocked and has a new PIN."""

    order_id: str
    unlocked_at: Moment


class PinChangeAsked(Message):
    """A page of a paired platform asks the client to open the dialog in which a PIN is changed; nothing else."""

    key: NamedKey


class PinChanged(Message):
    """The person changed the PIN; nobody but the key knows to what."""

    key: NamedKey
    changed_at: Moment
