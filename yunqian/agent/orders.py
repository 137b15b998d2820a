"""Is this order genuine, of which kind, for this page, and in time? Asked before any key is touched."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from cryptography.exceptions import InvalidSignature
from pydantic import Field, TypeAdapter, ValidationError

from yunqian.agent.config import Platform
from yunqian.problems import Problem, Refused
from yunqian.wire.batch_orders import BatchOrder
from yunqian.wire.key_orders import EnrolOrder, StoreOrder, UnlockOrder
from yunqian.wire.keys import PROTOCOL
from yunqian.wire.orders import ORDER_LIFETIME_SECONDS, BindOrder, LoginOrder, SignedOrder, SignOrder

CLOCK_TOLERANCE = timedelta(seconds=60)
LIFETIME = timedelta(seconds=ORDER_LIFETIME_SECONDS)
Order = SignOrder | BatchOrder | LoginOrder | BindOrder | EnrolOrder | StoreOrder | UnlockOrder
# The purpose alone decides, and must stand in the text: nothing is tried as one kind and then as another.
_ORDER: TypeAdapter[Order] = TypeAdapter(Annotated[Order, Field(discriminator="purpose")])


@dataclass(frozen=True, slots=True)
class Genuine:
    """An order that its platform signed for the page that brought it. `fingerprint` names its exact text.

    `parts` are the orders that stand in a BatchOrder, each signed by the platform and checked by itself.
    """

    order: Order
    platform: Platform
    fingerprint: str
    parts: tuple["Genuine", ...] = ()


def read(signed: SignedOrder, *, origin: str, platforms: Mapping[str, Platform]) -> Genuine:
    """Check signature and origin of an order brought by a page of `origin`, and tell its kind by its purpose.

    The signature is checked over the text as sent, and only then is the text parsed.
    What stands in a batch is read in the same way, each order by itself; none of them holds others.
    Raises Refused(PLATFORM_NOT_PAIRED | ORDER_NOT_GENUINE | CLIENT_TOO_OLD).
    """
    genuine = _read(signed, origin, platforms)
    if isinstance(genuine.order, BatchOrder):
        parts = tuple(_read(item.order, origin, platforms) for item in genuine.order.items)
        return replace(genuine, parts=parts)
    return genuine


def _read(signed: SignedOrder, origin: str, platforms: Mapping[str, Platform]) -> Genuine:
    platform = platforms.get(origin)
    if platform is None:
        raise Refused(Problem.PLATFORM_NOT_PAIRED, origin=origin)
    text = _signed_text(signed, platform)
    try:
        order = _ORDER.validate_json(text)
    except ValidationError as error:
        # Signed by the platform and still unknown to us: it is newer than this client.
        raise Refused(Problem.CLIENT_TOO_OLD, protocol=PROTOCOL) from error
    if order.origin != origin:
        raise Refused(Problem.ORDER_NOT_GENUINE)
    return Genuine(order, platform, hashlib.sha256(text).hexdigest())


def in_time(order: Order, now: datetime) -> None:
    """Refuse an order that is over, lives longer than any order may, or comes from our future."""
    if order.issued_at - now > CLOCK_TOLERANCE:
        raise Refused(Problem.CLOCK_WRONG, minutes=round((order.issued_at - now).total_seconds() / 60))
    if order.expires_at - order.issued_at > LIFETIME:
        raise Refused(Problem.ORDER_NOT_GENUINE)
    if now >= order.expires_at:
        raise over(order)


def _signed_text(signed: SignedOrder, platform: Platform) -> bytes:
    try:
        text = signed.payload.encode("utf-8")
        platform.verifier().verify(base64.b64decode(signed.signature, validate=True), text)
    except (InvalidSignature, binascii.Error, UnicodeEncodeError):
        raise Refused(Problem.ORDER_NOT_GENUINE) from None
    return text


def over(order: Order | None) -> Refused:
    """The refusal for what took too long: a signature is asked for again by another button than the rest."""
    return Refused(
        Problem.ORDER_EXPIRED if isinstance(order, SignOrder | BatchOrder) else Problem.DIALOG_EXPIRED
    )
