"""Orders for a security client: how a preparation is named, and the platform's signature over its text."""

import base64
from typing import Protocol
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from yunqian.server import settings
from yunqian.wire.base import Message
from yunqian.wire.keys import OLDEST_PROTOCOL
from yunqian.wire.orders import SignedOrder
from yunqian.wire.platforms import PlatformCard

_SEPARATOR = "."


class Ordered(Protocol):
    """A row that is asked of a key, maybe several times."""

    id: UUID
    nonce: str | None


def wire_id(row: Ordered) -> str:
    """The identifier of one *preparation* of an order.

    A client signs each identifier once for ever, so an order that is prepared again needs a new one.
    """
    return f"{row.id}{_SEPARATOR}{(row.nonce or '')[:12]}"


def row_id(identifier: str) -> str:
    """The order's own identifier inside that of a preparation."""
    return identifier.partition(_SEPARATOR)[0]


def signed(order: Message) -> SignedOrder:
    """The order's exact text and the platform's Ed25519 signature over it."""
    payload = order.model_dump_json()
    value = _key().sign(payload.encode())
    return SignedOrder(payload=payload, signature=base64.b64encode(value).decode())


def card(*, origin: str) -> PlatformCard:
    """What a security client is shown before a person pairs it with this platform at `origin`."""
    public = _key().public_key().public_bytes_raw()
    return PlatformCard(
        origin=origin,
        name=settings.current().name,
        order_key=base64.b64encode(public).decode(),
        oldest_protocol=OLDEST_PROTOCOL,
    )


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(settings.current().secrets.order_signing_key)
