"""SignOrder → SignResult: what the server asks of a key, and what the key answers.

The order travels as the exact JSON text the platform signed (`SignedOrder.payload`), so nobody has to agree
on a canonical form: check the Ed25519 signature over the text's UTF-8 bytes first, parse it afterwards.
"""

import hashlib
from enum import StrEnum
from typing import Final, Literal

from pydantic import Field

from yunqian.wire.base import Base64Text, Message, Moment, Sha256Hex

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
    nonce: str = Field(min_length=32, max_length=64)
    issued_at: Moment
    expires_at: Moment


class SignedOrder(Message):
    """A SignOrder as sent: its JSON text and the platform's Ed25519 signature over that text."""

    payload: str = Field(max_length=200_000)
    signature: Base64Text


class SignResult(Message):
    """What the key answers; posting the same result twice gives the same answer."""

    order_id: str
    certificate_sha256: Sha256Hex
    signature: Base64Text = Field(description="raw signature value: PKCS#1 v1.5 block, or DER SEQUENCE{r,s}")


def check_code(to_be_signed: bytes) -> str:
    """The short code that the person compares between page and security client, e.g. 7F3A-C2E9-18B4.

    The first 48 bits of SHA-256 over the DER of the signed attributes; twin: `web/src/agent/check-code.ts`.
    """
    head = hashlib.sha256(to_be_signed).hexdigest()[:12].upper()
    return "-".join((head[:4], head[4:8], head[8:]))
