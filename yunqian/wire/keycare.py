"""Looking after keys by way of the platform: a certificate for a key, and the unlocking of one (manual 6.5).

The orders themselves are in `key_orders`; here is how a page begins, follows and ends such a job.
"""

from enum import StrEnum

from pydantic import Field

from yunqian.wire.base import Line, Message, Moment, Sha256Hex
from yunqian.wire.envelope import PersonRef
from yunqian.wire.key_orders import NamedKey, UnlockRequest
from yunqian.wire.orders import SignedOrder

_CODE = r"^[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}$"


class EnrolmentState(StrEnum):
    """ORDERED: the key is to make a pair; ISSUED: certificate and seals are to be written; STORED: done."""

    ORDERED = "ordered"
    ISSUED = "issued"
    STORED = "stored"
    ABANDONED = "abandoned"


class StartEnrolment(Message):
    """A certificate for me, in this key."""

    key: NamedKey
    algorithm: str = Field(max_length=40, description="suite name, as in crypto.suites")


class Enrolment(Message):
    """Where it stands. `order` is what the security client is to do next, fresh for five minutes."""

    id: str
    state: EnrolmentState
    key: NamedKey
    algorithm: str
    owner: str = Field(description="whom the certificate will name")
    started_at: Moment
    certificate_sha256: Sha256Hex | None = None
    order: SignedOrder | None = None


class UnlockState(StrEnum):
    """ASKED of the desk; APPROVED or REFUSED by it; RELEASED to the client; DONE; CLOSED or WITHDRAWN otherwise."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    RELEASED = "released"
    DONE = "done"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class AskUnlock(Message):
    """The client's request, and why."""

    request: UnlockRequest
    reason: Line = Field(min_length=1, max_length=200)


class Unlock(Message):
    """A request of my own. The desk is told `code` by its person; `good_until_at` ends an approval."""

    id: str
    state: UnlockState
    key: NamedKey
    code: str
    reason: str
    asked_at: Moment
    decided_at: Moment | None = None
    decision: str | None = Field(default=None, description="why it was refused")
    good_until_at: Moment | None = None
    order: SignedOrder | None = None


class DeskUnlock(Message):
    """A request as the certificate authority's desk sees it: without the code, which it has to be told."""

    id: str
    state: UnlockState
    key: NamedKey
    reason: str
    person: PersonRef
    asked_at: Moment
    decided_at: Moment | None = None
    decided_by: str | None = None
    decision: str | None = None
    tries_left: int = Field(description="codes that may still be tried")


class DeskPage(Message):
    """Requests, newest first. `is_demo`: what opens keys comes from a stand-in for the authority's own desk."""

    items: tuple[DeskUnlock, ...]
    next_cursor: str | None = None
    is_demo: bool


class ApproveUnlock(Message):
    """The code that the person told, by telephone or at the counter."""

    code: str = Field(pattern=_CODE)


class RefuseUnlock(Message):
    """Why not, for the person to read."""

    reason: Line = Field(min_length=1, max_length=200)
