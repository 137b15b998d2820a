"""Accepting the answer of a key: check, stamp, embed, check again, store (house.md §6, steps 8 to 12).

Two transactions around one call to the outside. The order is the idempotency key: the same result posted
twice, or eight times at once, gives one revision and the same answer. Nothing here can lose a signature: a
revision is added only where the head is still the one that was signed.
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from yunqian.crypto import certificates
from yunqian.engine.embed import embed, require_signature
from yunqian.engine.prepared import Prepared
from yunqian.engine.report import SignatureReport, Verdict
from yunqian.engine.verify import verify as judge
from yunqian.problems import Problem, Refused
from yunqian.rules import turns
from yunqian.rules.lifecycle import (
    CeremonyEvent,
    EnvelopeEvent,
    RecipientEvent,
    SignOrderEvent,
    SignOrderState,
)
from yunqian.server import scope
from yunqian.server.access import facts, permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.access.permit import CeremonyPermit
from yunqian.server.actions import (
    Done,
    Trace,
    action,
    authorities,
    ceremony,
    later,
    ledger,
    notices,
    preparation,
    refusals_recorded,
    seal_flight,
    seal_use,
)
from yunqian.server.actions.envelope import call_next
from yunqian.server.adapters import vault
from yunqian.server.queries import ceremony as reading
from yunqian.server.queries import document as documents
from yunqian.server.queries import orders, verify
from yunqian.server.records.base import advance
from yunqian.server.records.models import Document, Envelope, Recipient, Revision, SignOrder
from yunqian.wire.orders import SignResult
from yunqian.wire.panel import Ceremony as CeremonyShown
from yunqian.wire.panel import OrderState

_CHECKS_OF_OURS = ("crypto", "coverage")


@dataclass(frozen=True)
class _Signed:
    """A value that was checked against its certificate, with what embedding needs."""

    base: bytes
    prepared: Prepared
    signature: bytes
    certificate: certificates.Certificate


@dataclass(frozen=True)
class _Next:
    """The appended bytes of the next revision, and digest and size of the whole."""

    tail: bytes
    sha256: str
    size_bytes: int


@refusals_recorded("seal.refused")
def accept(asking: Asking, *, ceremony_id: str, result: SignResult, origin: str) -> CeremonyShown:
    """Take the answer of a key and make it the next revision.

    Raises what docs/flows/seal.md lists; until the last transaction the document is as it was.
    """
    signed = _check(asking, ceremony_id=ceremony_id, result=result)
    if signed is not None:
        try:
            following = _embedded(signed, at=timezone.now())
        except Refused as refusal:
            if refusal.problem is Problem.SELF_CHECK_FAILED:
                _release(asking, ceremony_id=ceremony_id, result=result)
            raise
        _store(asking, ceremony_id=ceremony_id, result=result, following=following)
    return _go_on(asking, ceremony_id=ceremony_id, origin=origin)


@refusals_recorded("seal.refused")
def take(asking: Asking, *, ceremony_id: str, result: SignResult) -> None:
    """Take the answer of a key and embed it later: the same result brought to `accept` goes on from there."""
    _check(asking, ceremony_id=ceremony_id, result=result)


@action("order.signed")
def _check(actor: Actor, *, ceremony_id: str, result: SignResult) -> Done[_Signed | None]:
    """Transaction 1: the raw value must fit the certificate before anything is embedded. None: already done."""
    granted = permit.ceremony(actor, ceremony_id, is_locking=True)
    with scope.switched(granted):
        order = permit.order(granted, orders.row_id(result.order_id))
        if _is_embedded(order, result):
            return Done(None, None)
        ceremony.require_open(granted)
        document = Document.objects.get(id=granted.ceremony.document_id)
        _require_present(order, document, result)
        signed = _Signed(
            documents.content(document, document.head).document,
            preparation.pinned(order),
            base64.b64decode(result.signature),
            certificates.read(bytes(order.certificate_der)),
        )
        if order.state == SignOrderState.SIGNED:
            _require_same(order, signed.signature)
            return Done(signed, None)
        if order.expires_at is None or timezone.now() > order.expires_at:
            raise Refused(Problem.ORDER_EXPIRED)
        preparation.require_still_allowed(granted, order)
        require_signature(signed.prepared, signed.signature, certificate=signed.certificate)
        order.signature = signed.signature
        order.save(update_fields=["signature"])
        preparation.keep_place([order], at=timezone.now())
        advance(order, SignOrderEvent.SIGN)
    told: ledger.Facts = {
        "ceremony": ceremony_id,
        "position": order.position,
        "certificate": order.certificate_sha256,
    }
    return Done(signed, Trace(granted, granted.envelope.id, told))


def _is_embedded(order: SignOrder, result: SignResult) -> bool:
    """Whether this very result has become a revision already."""
    if order.state != SignOrderState.EMBEDDED:
        return False
    if result.order_id != orders.wire_id(order):
        raise Refused(Problem.ORDER_MISMATCH)
    _require_same(order, base64.b64decode(result.signature))
    return True


def _require_present(order: SignOrder, document: Document, result: SignResult) -> None:
    """The result must answer the newest preparation of this order, made on the present head."""
    if order.state == SignOrderState.DROPPED:
        raise Refused(Problem.CEREMONY_CLOSED)
    if result.certificate_sha256 != order.certificate_sha256:
        raise Refused(Problem.CERTIFICATE_MISMATCH)
    if order.state == SignOrderState.WAITING:
        raise Refused(Problem.ORDER_MISMATCH)
    if order.base != document.head or result.order_id != orders.wire_id(order):
        raise Refused(Problem.REVISION_MOVED, head=document.head)


def _require_same(order: SignOrder, signature: bytes) -> None:
    """A second value for an order that has one is another signature, whoever made it."""
    if bytes(order.signature or b"") != signature:
        raise Refused(Problem.ORDER_MISMATCH)


def _embedded(signed: _Signed, *, at: datetime) -> _Next:
    """Stamp the value, embed it, and judge the whole as a stranger would; outside any transaction.

    Raises Refused(TIMESTAMP_UNAVAILABLE or TIMESTAMP_INVALID): the order keeps its value, and the same
    result posted again goes on from here. Raises Refused(SELF_CHECK_FAILED) for what nobody should get.
    """
    stamp = authorities.stamp(signed.signature)
    tail = embed(
        signed.base,
        signed.prepared,
        signed.signature,
        certificate=signed.certificate,
        chain=authorities.path(signed.certificate, at=at),
        timestamp=stamp,
    )
    whole = signed.base + tail
    _self_check(signed, whole, at=at)
    return _Next(tail, hashlib.sha256(whole).hexdigest(), len(whole))


def _self_check(signed: _Signed, whole: bytes, *, at: datetime) -> None:
    """The new signature is ours and right, it is one more than before, and every earlier one stands as it stood.

    Whether a certificate is trusted and not revoked was asked before; a revocation list that is not at hand
    now is no defect of the document, so only what we have made is judged here.
    """
    before = judge(signed.base, trust=verify.trust(), at=at).signatures
    after = judge(whole, trust=verify.trust(), at=at).signatures
    if len(after) != len(before) + 1:
        raise Refused(Problem.SELF_CHECK_FAILED, detail=f"{len(before)} → {len(after)} signatures")
    known = {one.fields: one.verdict for one in before}
    for one in after:
        if one.fields in known and one.verdict is not known[one.fields]:
            raise Refused(Problem.SELF_CHECK_FAILED, detail=f"{one.fields[0]}: {one.verdict}")
        if one.fields not in known:
            _check_made(one, signed.certificate.sha256)


def _check_made(made: SignatureReport, fingerprint: str) -> None:
    """What we have embedded is complete and right, and of the certificate that was asked."""
    verdicts = {finding.check: finding.verdict for finding in made.findings}
    is_right = all(verdicts.get(check) is Verdict.VALID for check in _CHECKS_OF_OURS)
    if not is_right or made.verdict is Verdict.INVALID or made.certificate_sha256 != fingerprint:
        told = ", ".join(f"{check}: {verdict}" for check, verdict in verdicts.items())
        raise Refused(Problem.SELF_CHECK_FAILED, detail=told or "unreadable")


@action("order.released")
def _release(actor: Actor, *, ceremony_id: str, result: SignResult) -> Done[None]:
    """Give the prepared bytes up after a failed self-check; the order can be prepared again."""
    granted = permit.ceremony(actor, ceremony_id, is_locking=True)
    with scope.switched(granted):
        order = permit.order(granted, orders.row_id(result.order_id))
        if order.state != SignOrderState.SIGNED or result.order_id != orders.wire_id(order):
            return Done(None, None)
        order.signature = None
        order.save(update_fields=["signature"])
        advance(order, SignOrderEvent.RELEASE)
    told: ledger.Facts = {
        "ceremony": ceremony_id,
        "position": order.position,
        "problem": Problem.SELF_CHECK_FAILED.code,
    }
    return Done(None, Trace(granted, granted.envelope.id, told))


@action("document.sealed")
def _store(actor: Actor, *, ceremony_id: str, result: SignResult, following: _Next) -> Done[None]:
    """Transaction 2: the blob, the revision, the head, the order and what follows from it, or none of them."""
    granted = permit.ceremony(actor, ceremony_id, is_locking=True)
    with scope.switched(granted):
        order = permit.order(granted, orders.row_id(result.order_id))
        if _is_embedded(order, result):
            return Done(None, None)
        ceremony.require_open(granted)
        document = Document.objects.get(id=granted.ceremony.document_id)
        _require_present(order, document, result)
        _require_same(order, base64.b64decode(result.signature))
        preparation.require_still_allowed(granted, order, is_locking=True)
        number = _add_revision(order, document, following)
        seal_use.note(granted, order, document)
        preparation.keep_place(_waiting(granted), at=timezone.now())
        is_done = _finish_if_done(granted)
        is_complete = is_done and _complete_if_done(granted)
    later.defer(
        later.EVIDENCE_CHECK,
        key=f"{document.id}:{number}",
        tenant_id=str(granted.tenant_id),
        envelope_id=str(granted.envelope.id),
    )
    told: ledger.Facts = {
        "ceremony": ceremony_id,
        "revision": number,
        "sha256": following.sha256,
        "certificate": order.certificate_sha256,
        "is_signer_done": is_done,
        "is_envelope_completed": is_complete,
    }
    return Done(None, Trace(granted, granted.envelope.id, told))


def _add_revision(order: SignOrder, document: Document, following: _Next) -> int:
    """Store the bytes, read them back, and move the head by compare-and-swap: the loser adds nothing."""
    store = vault.current()
    blob = store.put(document.tenant_id, following.tail)
    if store.get(document.tenant_id, blob) != following.tail:
        raise Refused(Problem.VAULT_DAMAGED)
    number = document.head + 1  # _require_present has found that this is the order's base
    if not Document.objects.filter(id=document.id, head=document.head).update(head=number):
        raise Refused(Problem.REVISION_MOVED, head=document.head)
    Revision.objects.create(
        document=document,
        number=number,
        blob_sha256=blob,
        sha256=following.sha256,
        size_bytes=following.size_bytes,
        order=order,
    )
    order.revision = number
    order.save(update_fields=["revision"])
    advance(order, SignOrderEvent.EMBED)
    return number


def _waiting(granted: CeremonyPermit) -> list[SignOrder]:
    """The orders of this session whose keys have not been asked yet."""
    return [one for one in reading.orders_of(granted.ceremony) if one.state == SignOrderState.WAITING]


def _finish_if_done(granted: CeremonyPermit) -> bool:
    """After the last key the ceremony is done; after the last document its signer has signed."""
    if any(one.state in ceremony.UNFINISHED for one in reading.orders_of(granted.ceremony)):
        return False
    advance(granted.ceremony, CeremonyEvent.FINISH)
    seal_flight.forget(granted)
    signed = reading.signed_documents(granted.recipient)
    if Document.objects.filter(envelope_id=granted.envelope.id).exclude(id__in=signed).exists():
        return False
    Recipient.objects.filter(id=granted.recipient.id).update(signed_at=timezone.now())
    advance(granted.recipient, RecipientEvent.SIGN)
    return True


def _complete_if_done(granted: CeremonyPermit) -> bool:
    """After the last signer the envelope is completed; before that the next ones are called. Each is told."""
    envelope = granted.envelope
    recipients = list(Recipient.objects.filter(envelope=envelope).order_by("turn", "person_name", "id"))
    following = call_next(recipients)
    if not turns.is_complete(facts.seats(recipients)):
        notices.signed(granted.actor, envelope, granted.recipient, following)
        return False
    now = timezone.now()
    Envelope.objects.filter(id=envelope.id).update(completed_at=now)
    advance(envelope, EnvelopeEvent.COMPLETE)
    notices.completed(granted.actor, envelope, recipients, at=now)
    return True


def _go_on(asking: Asking, *, ceremony_id: str, origin: str) -> CeremonyShown:
    """The answer: the ceremony as it now stands, the next key's order prepared on the new head.

    Raises Refused(CEREMONY_INCOMPLETE) when the next order cannot be prepared: the signature before it stays.
    """
    now = reading.read(asking, ceremony_id=ceremony_id, origin=origin)
    if now.order is not None or not any(one.state is OrderState.WAITING for one in now.orders):
        return now
    try:
        return ceremony.prepare(asking, ceremony_id=ceremony_id, origin=origin, is_forced=False)
    except Refused as refusal:
        done = sum(one.state is OrderState.EMBEDDED for one in now.orders)
        raise Refused(Problem.CEREMONY_INCOMPLETE, done=done, total=len(now.orders)) from refusal
