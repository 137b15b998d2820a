"""BatchOrder → BatchResult: several documents signed with one key after one look at the list and one consent.

A batch is nothing but a list of SignOrders, each signed by the platform by itself: what is checked of a single one
is checked of each, and each gives its own SignResult. The batch order around them is signed too, so that nobody but
the platform puts a list together, and it says from whom each document came.
"""

import base64
import hashlib
from collections.abc import Iterable
from typing import Final, Literal

from pydantic import Field

from yunqian.wire.base import Line, Message, Moment, ProblemReport, Sha256Hex
from yunqian.wire.orders import SignedOrder, SignResult, short_code

BATCH_PURPOSE: Final = "yunqian.batch-order.v1"
MOST_ITEMS = 50
_CODE_PREFIX = b"yunqian.batch.v1\n"


class BatchItem(Message):
    """One document of a batch: from whom it came, and its SignOrder exactly as the platform signed it."""

    initiator_name: str = Field(max_length=200, description="who sent the document round")
    order: SignedOrder = Field(description="of purpose yunqian.sign-order.v1, of this key, person and origin")


class BatchOrder(Message):
    """Several documents for one key; certificate, persons and origin stand once more in each of the orders."""

    purpose: Literal["yunqian.batch-order.v1"] = BATCH_PURPOSE
    order_id: Line = Field(min_length=1, max_length=64)
    origin: str = Field(description="origin of the platform's pages, scheme://host[:port]")
    tenant_name: str
    person_name: str
    certificate_sha256: Sha256Hex = Field(description="SHA-256 of the certificate's DER")
    certificate_owner: str
    algorithm: str = Field(description="suite name, as in crypto.suites")
    items: tuple[BatchItem, ...] = Field(min_length=1, max_length=MOST_ITEMS)
    nonce: str = Field(min_length=32, max_length=64)
    issued_at: Moment
    expires_at: Moment


class BatchOutcome(Message):
    """What became of one document: a signature, or the problem for which there is none. Exactly one of them."""

    order_id: str = Field(description="of the SignOrder")
    result: SignResult | None = None
    problem: ProblemReport | None = None


class BatchResult(Message):
    """The outcomes in the order of the items."""

    order_id: str = Field(description="of the BatchOrder")
    outcomes: tuple[BatchOutcome, ...]


def batch_code(to_be_signed: Iterable[str]) -> str:
    """The one code for a whole list, compared between page and security client, e.g. 7F3A-C2E9-18B4.

    `to_be_signed` are those of the orders in their order, in base 64. The first 48 bits of SHA-256 over
    `yunqian.batch.v1`, a line end, and the SHA-256 of each; twin: `web/src/agent/check-code.ts`.
    """
    digests = (hashlib.sha256(base64.b64decode(one)).digest() for one in to_be_signed)
    return short_code(_CODE_PREFIX + b"".join(digests))
