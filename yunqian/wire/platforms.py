"""What a platform says of itself to a security client that a person wants to pair with it, and of new clients.

GET {origin}/.well-known/yunqian-platform → PlatformCard · GET {origin}/.well-known/yunqian-client → SignedRelease.
"""

import hashlib
from typing import Final, Literal

from pydantic import Field

from yunqian.wire.base import Base64Text, Line, Message, Moment, Sha256Hex

RELEASE_PURPOSE: Final = "yunqian.client-release.v1"


class PlatformCard(Message):
    """Origin, name, and the key that proves an order to be this platform's own."""

    origin: str
    name: Line = Field(min_length=1, max_length=200)
    order_key: Base64Text = Field(description="raw Ed25519 public key, 32 bytes")
    oldest_protocol: int = Field(ge=1)


def pairing_code(card: PlatformCard) -> str:
    """The code that the person compares between the platform's page and the client, e.g. 1F3A-09CE-77B0-42D1.

    64 bits of SHA-256 over origin and key: what the client will trust is exactly what the code is made of.
    """
    text = f"yunqian.pairing.v1\n{card.origin}\n{card.order_key}".encode()
    head = hashlib.sha256(text).hexdigest()[:16].upper()
    return "-".join(head[place : place + 4] for place in range(0, 16, 4))


class Archive(Message):
    """One runnable client for one kind of machine."""

    system: Literal["linux", "windows"]
    machine: str = Field(pattern=r"^[a-z0-9_]{2,20}$", description="x86_64, aarch64, …")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    size: int = Field(ge=1)
    sha256: Sha256Hex


class Release(Message):
    """The newest client; a client never goes back to an older one than it is."""

    purpose: Literal["yunqian.client-release.v1"] = RELEASE_PURPOSE
    version: str = Field(pattern=r"^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}$")
    released_at: Moment
    archives: tuple[Archive, ...] = Field(min_length=1, max_length=20)


class SignedRelease(Message):
    """A Release as made by who builds clients: its JSON text, and the Ed25519 signature of the release key over it.

    The platform only hands it on; its own order key signs no release.
    """

    payload: str = Field(max_length=100_000)
    signature: Base64Text
