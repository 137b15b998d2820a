"""SignOrder → SignResult: what the server asks of a key, and what the key answers.

The order travels as the exact JSON text the platform signed (`SignedOrder.payload`), so nobody has to agree
on a canonical form: check the Ed25519 signature over the text's UTF-8 bytes first, parse it afterwards.
"""

import hashlib
from enum import StrEnum
from typing import Final, Literal

from pydantic import Field

from yunqian.wire.base import Base64Text, Line, Message, Moment, Sha256Hex

ORDER_LIFETIME_SECONDS = 300
ORDER_PURPOSE: Final = "yunqian.sign-order.v1"


class MarkKind(StrEnum):
    """What a placement draws."""

    SEAL = "seal"
    DATE = "date"
    PAGING = "paging"
    TEXT = "text"


class MarkSummary(Message):
    """What this signature puts where, for the person to read before the PIN."""

    kind: MarkKind
    name: str = Field(max_length=200, description="name of the seal, or the text of the date")
    pages: tuple[int, ...] = Field(description="page numbers from 1")


class Prepared(Message):
    """Where the security client gets the bytes that are about to be signed, to see for itself what they are.

    `path` is absolute on the order's origin, good for this order and its lifetime only. `byte_range` is that of
    the signature: all of the `size` bytes but the hole that the signature will fill (ISO 32000-1 §12.8.1).
    """

    path: str = Field(pattern=r"^/[A-Za-z0-9/_.~-]{1,300}$")
    size: int = Field(ge=1, le=200_000_000)
    byte_range: tuple[int, ...] = Field(min_length=4, max_length=4)


class SignOrder(Message):
    """One key, one signature, one new revision. `to_be_signed` is the DER of the CMS signed attributes."""

    purpose: Literal["yunqian.sign-order.v1"] = ORDER_PURPOSE
    order_id: str
    ceremony_id: str
    position: int = Field(ge=1, description="which key of the session this is, from 1")
    total: int = Field(ge=1, description="how many keys sign in this session")
    origin: str = Field(description="origin of the platform's pages, scheme://host[:port]")
    tenant_name: str
    person_name: str
    title: str
    page_count: int = Field(ge=1)
    document_sha256: Sha256Hex = Field(description="SHA-256 of the revision that the person saw")
    marks: tuple[MarkSummary, ...]
    certificate_sha256: Sha256Hex = Field(description="SHA-256 of the certificate's DER")
    certificate_owner: str
    algorithm: str = Field(description="suite name, as in crypto.suites, e.g. RSA_SHA256")
    to_be_signed: Base64Text = Field(description="DER SET OF signed attributes (RFC 5652 §5.4)")
    prepared: Prepared | None = Field(default=None, description="for the client's own look at the pages")
    nonce: str = Field(min_length=32, max_length=64)
    issued_at: Moment
    expires_at: Moment


class SignedOrder(Message):
    """An order as sent, of whatever kind: its JSON text and the platform's Ed25519 signature over that text."""

    payload: str = Field(max_length=800_000, description="a StoreOrder carries seals with their pictures")
    signature: Base64Text


class SignResult(Message):
    """What the key answers; posting the same result twice gives the same answer."""

    order_id: str
    certificate_sha256: Sha256Hex
    signature: Base64Text = Field(description="raw signature value: PKCS#1 v1.5 block, or DER SEQUENCE{r,s}")


LOGIN_PURPOSE: Final = "yunqian.login-order.v1"
_LOGIN_PREFIX = b"yunqian.login.v1\n"


class LoginOrder(Message):
    """A login by certificate: the key signs `login_statement`, which can never be read as signed attributes."""

    purpose: Literal["yunqian.login-order.v1"] = LOGIN_PURPOSE
    order_id: Line = Field(min_length=1, max_length=64)
    origin: Line = Field(description="origin of the platform's pages, scheme://host[:port]")
    platform_name: str = Field(max_length=200)
    certificate_sha256: Sha256Hex = Field(description="SHA-256 of the certificate's DER")
    certificate_owner: str
    algorithm: str = Field(description="suite name, as in crypto.suites")
    nonce: Line = Field(min_length=32, max_length=64)
    issued_at: Moment
    expires_at: Moment


class LoginResult(Message):
    """The raw signature value over `login_statement`, and the certificate that was on the key."""

    order_id: str
    certificate: Base64Text = Field(description="DER")
    signature: Base64Text


def login_statement(order: LoginOrder) -> bytes:
    """What a key signs for a login; each side makes it from what it knows itself, never from what it was sent.

    No part of it holds the end of a line (`Line`), so that two orders never have one statement.
    It begins with a letter, and signed attributes with 0x31 (DER SET): no value can serve as the other.
    """
    lines = (order.origin, order.order_id, order.nonce, order.certificate_sha256)
    return _LOGIN_PREFIX + "\n".join(lines).encode()


BIND_PURPOSE: Final = "yunqian.bind-order.v1"
_BIND_PREFIX = b"yunqian.bind.v1\n"


class BindOrder(Message):
    """The binding of a certificate to whom the platform knows: the key signs `bind_statement`, which is no login.

    `holder_name` is whose the certificate is to be: the person himself, or his organization.
    """

    purpose: Literal["yunqian.bind-order.v1"] = BIND_PURPOSE
    order_id: Line = Field(min_length=1, max_length=64)
    origin: Line = Field(description="origin of the platform's pages, scheme://host[:port]")
    tenant_name: str
    person_name: str
    holder_name: Line = Field(min_length=1, max_length=200)
    certificate_sha256: Sha256Hex = Field(description="SHA-256 of the certificate's DER")
    certificate_owner: str
    algorithm: str = Field(description="suite name, as in crypto.suites")
    nonce: Line = Field(min_length=32, max_length=64)
    issued_at: Moment
    expires_at: Moment


class BindResult(Message):
    """The proof that this key wants to be bound; its field is named unlike a login's, so that none is read as it."""

    order_id: str
    certificate: Base64Text = Field(description="DER")
    proof: Base64Text = Field(description="raw signature value over `bind_statement`")


def bind_statement(order: BindOrder) -> bytes:
    """What a key signs to be bound: the same facts as for a login, and whose the certificate is to be.

    It begins otherwise than `login_statement` does, so that neither value can serve as the other.
    """
    lines = (order.origin, order.order_id, order.nonce, order.certificate_sha256, order.holder_name)
    return _BIND_PREFIX + "\n".join(lines).encode()


def check_code(to_be_signed: bytes) -> str:
    """The short code that the person compares between page and security client, e.g. 7F3A-C2E9-18B4.

    The first 48 bits of SHA-256 over the DER of the signed attributes; twin: `web/src/agent/check-code.ts`.
    """
    return short_code(to_be_signed)


def short_code(content: bytes) -> str:
    """The first 48 bits of SHA-256 in three groups, as a person compares them."""
    head = hashlib.sha256(content).hexdigest()[:12].upper()
    return "-".join((head[:4], head[4:8], head[8:]))
