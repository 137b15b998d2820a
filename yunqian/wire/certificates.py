"""Certificates bound to people and organizations: how they come to be bound, and what stops them (manual 2(2))."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from yunqian.wire.base import Line, Message, Moment, Sha256Hex


class CertificateState(StrEnum):
    """BOUND may sign and log in; the others are stopped. REPLACED: a renewed certificate has its place."""

    BOUND = "bound"
    SUSPENDED = "suspended"
    LOST = "lost"
    REVOKED = "revoked"
    REPLACED = "replaced"


class BindingRequestState(StrEnum):
    """ASKED: somebody who may decide on certificates has to say."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class BeginBinding(Message):
    """The certificate of a plugged key, and whose it is to be: mine, or my organization's."""

    certificate: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=24_000)] = (
        Field(description="DER")
    )
    for_organization: bool = False


class BoundCertificate(Message):
    """A certificate as its owner and whoever decides on certificates see it."""

    id: str
    sha256: Sha256Hex
    owner: str
    subject: str
    issuer: str
    serial_hex: str
    not_before_at: Moment
    not_after_at: Moment
    state: CertificateState
    bound_at: Moment
    person_name: str | None = Field(description="null: it is the organization's")
    is_mine: bool
    replaced_by: Sha256Hex | None = None
    seals: tuple[str, ...] = Field(description="names of the seals that it may apply")


class BindingRequest(Message):
    """A binding that somebody has to decide on: the certificate does not say clearly enough whose it is."""

    id: str
    state: BindingRequestState
    sha256: Sha256Hex
    owner: str
    subject: str
    issuer: str
    not_after_at: Moment
    for_organization: bool
    person_name: str
    is_mine: bool
    asked_at: Moment
    decided_at: Moment | None = None
    decided_by: str | None = None
    decision: str | None = Field(default=None, description="why it was refused")


class Binding(Message):
    """What came of a proof: bound at once, or asked for. `replaces` is the certificate whose place it took."""

    certificate: BoundCertificate | None = None
    request: BindingRequest | None = None
    replaces: Sha256Hex | None = None


class CertificatePage(Message):
    """Certificates of the organization and its people, newest first."""

    items: tuple[BoundCertificate, ...]
    next_cursor: str | None = None


class BindingRequestPage(Message):
    """Requests, newest first."""

    items: tuple[BindingRequest, ...]
    next_cursor: str | None = None


class CertificateReason(Message):
    """Why, for the ledger and for the person to read."""

    reason: Line = Field(min_length=1, max_length=200)


class CertificateEvent(Message):
    """One event in the history of a certificate."""

    kind: str
    at: Moment
    person_name: str | None
    reason: str | None = None
