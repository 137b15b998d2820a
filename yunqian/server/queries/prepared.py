"""The very bytes that a key is asked to sign, for its security client to look at itself (decision 28).

A client has no session. What it has is the path in the order: a capability that names whose order it is and of
which preparation, under a code that only this platform can make. Nothing of it is stored, and everything it names
is asked again at every use, as if its person asked: no path outlives a right.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils import timezone

from yunqian.problems import Fault, Problem, Refused
from yunqian.rules.lifecycle import CeremonyState, SignOrderState
from yunqian.server import scope, settings
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.adapters import vault
from yunqian.server.queries import document as documents
from yunqian.server.queries import query
from yunqian.server.records.models import Document, SignOrder
from yunqian.wire import orders as wire

PREFIX = "/prepared/"
_UUID_BYTES, _NONCE_BYTES = 16, 32
_NAMED_BYTES = 4 * _UUID_BYTES + _NONCE_BYTES
_LARGEST = 200_000_000
# Ours to mend, and no secret to whoever holds a true capability; everything else is the same NOT_FOUND.
_OUR_FAULTS = frozenset({Fault.PLATFORM, Fault.OUTSIDE})


@dataclass(frozen=True, slots=True)
class Capability:
    """Whose order, and which preparation of it."""

    person_id: UUID
    tenant_id: UUID
    ceremony_id: UUID
    order_id: UUID
    nonce: bytes

    def path(self) -> str:
        """The address, unguessable; the same again for the same preparation."""
        named = self._named()
        return PREFIX + urlsafe_b64encode(named + _code(named)).decode().rstrip("=")

    def _named(self) -> bytes:
        identifiers = (self.person_id, self.tenant_id, self.ceremony_id, self.order_id)
        return b"".join(one.bytes for one in identifiers) + self.nonce

    @classmethod
    def read(cls, text: str) -> "Capability":
        """What this platform once wrote into a path. Raises Refused(NOT_FOUND) for anything else."""
        try:
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            raise Refused(Problem.NOT_FOUND) from None
        named, code = raw[:_NAMED_BYTES], raw[_NAMED_BYTES:]
        if len(named) != _NAMED_BYTES or not hmac.compare_digest(code, _code(named)):
            raise Refused(Problem.NOT_FOUND)
        ends = range(_UUID_BYTES, _NAMED_BYTES - _NONCE_BYTES + 1, _UUID_BYTES)
        person, tenant, ceremony, order = (UUID(bytes=named[end - _UUID_BYTES : end]) for end in ends)
        found = cls(person, tenant, ceremony, order, named[-_NONCE_BYTES:])
        if found.path() != PREFIX + text:  # base64 has more than one text for the same bytes
            raise Refused(Problem.NOT_FOUND)
        return found


def described(actor: Actor, order: SignOrder) -> wire.Prepared | None:
    """Where a prepared order's bytes are, for the order's text; None where they are more than a client takes."""
    facts, nonce = order.prepared, _nonce(order)
    if facts is None or nonce is None:
        return None
    size = facts.get("size", 0)  # preparations from before there was strong mode do not tell it
    if not 0 < size <= _LARGEST:
        return None
    start, end = facts["gap_start"], facts["gap_end"]
    capability = Capability(actor.person_id, actor.tenant_id, order.ceremony_id, order.id, nonce)
    return wire.Prepared(path=capability.path(), size=size, byte_range=(0, start, end, size - end))


def content(capability: Capability) -> bytes:
    """The head revision with the appended tail, its /Contents empty.

    Raises Refused(NOT_FOUND) unless the order is prepared as the capability says and may be signed by its person
    this very moment; and what the vault or the database raises.
    """
    asking = Asking(capability.person_id, capability.tenant_id)
    try:
        return _content(asking, capability)
    except Refused as refusal:
        if refusal.problem.row.fault in _OUR_FAULTS:
            raise
        raise Refused(Problem.NOT_FOUND) from refusal


@query
def _content(actor: Actor, capability: Capability) -> bytes:
    granted = permit.ceremony(actor, str(capability.ceremony_id))
    if granted.ceremony.state != CeremonyState.OPEN:
        raise Refused(Problem.CEREMONY_CLOSED)
    granted.demand_open()
    with scope.switched(granted):
        order = SignOrder.objects.filter(ceremony=granted.ceremony, id=capability.order_id).first()
        if order is None or not _is_prepared(order, capability):
            raise Refused(Problem.NOT_FOUND)
        document = Document.objects.get(id=granted.ceremony.document_id)
        base = documents.content(document, order.base or 0).document
        return base + vault.current().get(order.tenant_id, order.tail_sha256 or "")


def _is_prepared(order: SignOrder, capability: Capability) -> bool:
    """Whether it is prepared, in time, and the preparation is the one that the capability is of."""
    if order.state != SignOrderState.PREPARED or order.expires_at is None:
        return False
    nonce = _nonce(order)
    is_same = nonce is not None and hmac.compare_digest(nonce, capability.nonce)
    return is_same and timezone.now() < order.expires_at


def _nonce(order: SignOrder) -> bytes | None:
    nonce = bytes.fromhex(order.nonce or "")
    return nonce if len(nonce) == _NONCE_BYTES else None


def _code(named: bytes) -> bytes:
    return hmac.digest(_key(settings.current().secrets.order_signing_key), named, hashlib.sha256)


@lru_cache(maxsize=1)
def _key(secret: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"yunqian.prepared.v1").derive(secret)
