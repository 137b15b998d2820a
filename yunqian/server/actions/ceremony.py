"""Sealing sessions (盖章操作): opening one, preparing its next order again, giving it up.

What happens to the answer of a key is in acceptance.py. The whole act, with every way it can go wrong, is
docs/flows/seal.md.
"""

from collections.abc import Mapping

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import CeremonyState, SignOrderEvent, SignOrderState
from yunqian.server import scope
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.access.permit import CeremonyPermit, Permit
from yunqian.server.actions import (
    Done,
    Trace,
    action,
    ledger,
    preparation,
    refusals_recorded,
    seal_flight,
)
from yunqian.server.actions.preparation import Signer
from yunqian.server.queries import ceremony as reading
from yunqian.server.queries import document as documents
from yunqian.server.queries import query, seal
from yunqian.server.records.base import advance
from yunqian.server.records.models import Ceremony, Document, SignOrder
from yunqian.wire.panel import AnyPlacement, OpenCeremony
from yunqian.wire.panel import Ceremony as CeremonyShown

UNFINISHED = seal_flight.UNFINISHED
_GIVES_WAY = frozenset({SignOrderState.WAITING, SignOrderState.PREPARED})


@refusals_recorded("seal.refused")
def open(  # noqa: A001 (read as ceremony.open)
    asking: Asking, *, envelope_id: str, request: OpenCeremony, origin: str
) -> CeremonyShown:
    """Record what shall be placed where with which keys, and prepare the first key's order (保存并签名).

    Three steps: look (may he, whose certificates), ask the certificate authority outside any transaction, and
    write. What the first step found is checked again by the last one under a lock.
    """
    at = timezone.now()
    bound = _look(asking, envelope_id=envelope_id, request=request)
    signers = {one.certificate.sha256: preparation.fit_signer(one, at=at) for one in bound}
    return _open(asking, envelope_id=envelope_id, request=request, signers=signers, origin=origin)


@query
def _look(actor: Actor, *, envelope_id: str, request: OpenCeremony) -> tuple[seal.Bound, ...]:
    granted = permit.seal(actor, envelope_id, is_locking=False)
    _require_head(_unsigned(granted, request), request)
    preparation.refuse_odd(request.placements)
    return seal.bound(actor, fingerprints=tuple(_by_key(request.placements)))


@action("ceremony.opened")
def _open(
    actor: Actor, *, envelope_id: str, request: OpenCeremony, signers: Mapping[str, Signer], origin: str
) -> Done[CeremonyShown]:
    granted = permit.seal(actor, envelope_id)
    document = _unsigned(granted, request)
    _require_head(document, request)
    orders = [
        preparation.new_order(actor, marks, granted=granted, position=position, signer=signers[fingerprint])
        for position, (fingerprint, marks) in enumerate(_by_key(request.placements).items(), start=1)
    ]
    for order in orders:
        preparation.require_places(order, document)
        preparation.require_genuine(order, signers[order.certificate_sha256], at=timezone.now())
    with scope.switched(granted):
        preparation.require_room(orders, document)
        _give_up_older(actor, document)
        opened = _write(granted, document, request, orders)
        first = orders[0]
        preparation.prepare_order(first, document, signers[first.certificate_sha256], at=timezone.now())
    seal_flight.note(granted, opened, orders)
    own = permit.ceremony(actor, str(opened.id))
    facts: ledger.Facts = {"ceremony": str(opened.id), "keys": len(orders), "base": document.head}
    trace = Trace(granted, granted.envelope.id, {**facts, **_read(request, document)})
    return Done(reading.shown(own, origin=origin), trace)


def _read(request: OpenCeremony, document: Document) -> dict[str, ledger.Fact]:
    """What the page tells of the reading; more pages than there are, it cannot have shown."""
    if request.reading is None:
        return {}
    pages = min(request.reading.pages, document.page_count)
    return {
        "pages_seen": pages,
        "page_count": document.page_count,
        "reading_seconds": request.reading.seconds,
    }


def _write(granted: Permit, document: Document, request: OpenCeremony, orders: list[SignOrder]) -> Ceremony:
    opened = Ceremony.objects.create(
        envelope_id=granted.envelope.id,
        document=document,
        recipient_id=granted.recipient_id,
        placements=[one.model_dump(mode="json") for one in request.placements],
    )
    for order in orders:
        order.ceremony = opened
        preparation.keep_pictures(order)
        order.save(force_insert=True)
    return opened


def _give_up_older(actor: Actor, document: Document) -> None:
    """Abandon the session he left open; one in which a key has signed is gone on with instead.

    Raises Refused(CEREMONY_INCOMPLETE): a signature already stands in the document, and the placements he
    made for his other keys then must not be lost without his saying so.
    """
    older = reading.unfinished(actor, document)
    if older is None:
        return
    orders = reading.orders_of(older)
    done = sum(one.state == SignOrderState.EMBEDDED for one in orders)
    if done:
        raise Refused(Problem.CEREMONY_INCOMPLETE, done=done, total=len(orders))
    seal_flight.drop(older, orders)


@refusals_recorded("seal.refused")
def prepare(asking: Asking, *, ceremony_id: str, origin: str, is_forced: bool = True) -> CeremonyShown:
    """Prepare the next order on the newest revision; the placements are kept.

    For an order that expired, whose revision moved on, or that waited for the key before it. Not `is_forced`
    leaves an order alone that somebody else has prepared in the meantime.
    """
    bound = _next_bound(asking, ceremony_id=ceremony_id)
    if bound is None:
        return reading.read(asking, ceremony_id=ceremony_id, origin=origin)
    signer = preparation.fit_signer(bound, at=timezone.now())
    return _prepare(asking, ceremony_id=ceremony_id, signer=signer, origin=origin, is_forced=is_forced)


@query
def _next_bound(actor: Actor, *, ceremony_id: str) -> seal.Bound | None:
    granted = permit.ceremony(actor, ceremony_id)
    if granted.ceremony.state == CeremonyState.DONE:
        return None
    require_open(granted)
    following = next_order(granted.ceremony)
    return seal.bound(actor, fingerprints=(following.certificate_sha256,))[0]


@action("order.prepared")
def _prepare(
    actor: Actor, *, ceremony_id: str, signer: Signer, origin: str, is_forced: bool
) -> Done[CeremonyShown]:
    granted = permit.ceremony(actor, ceremony_id, is_locking=True)
    require_open(granted)
    following = next_order(granted.ceremony)
    if following.state != SignOrderState.WAITING and not is_forced:
        return Done(reading.shown(granted, origin=origin), None)
    if following.certificate_sha256 != signer.certificate.sha256:  # its turn came between looking and locking
        raise Refused(Problem.REVISION_MOVED, head=Document.objects.get(id=granted.ceremony.document_id).head)
    preparation.require_seals(granted, following)
    with scope.switched(granted):
        document = Document.objects.get(id=granted.ceremony.document_id)
        preparation.prepare_order(following, document, signer, at=timezone.now())
    facts: ledger.Facts = {"ceremony": ceremony_id, "position": following.position, "base": document.head}
    return Done(reading.shown(granted, origin=origin), Trace(granted, granted.envelope.id, facts))


@action("ceremony.paused")
def pause(actor: Actor, *, ceremony_id: str, origin: str) -> Done[CeremonyShown]:
    """Let other signers go first, with the placements kept: the person has turned away from the key's question.

    A value that a key has given is not given up; it keeps its place until it is embedded.
    """
    granted = permit.ceremony(actor, ceremony_id, is_locking=True)
    held = [one for one in reading.orders_of(granted.ceremony) if one.state in _GIVES_WAY]
    if all(one.expires_at is None for one in held):
        return Done(reading.shown(granted, origin=origin), None)
    with scope.switched(granted):
        for order in held:
            order.expires_at = None
            order.save(update_fields=["expires_at"])
            if order.state == SignOrderState.PREPARED:
                advance(order, SignOrderEvent.RELEASE)
    facts: ledger.Facts = {"ceremony": ceremony_id}
    return Done(reading.shown(granted, origin=origin), Trace(granted, granted.envelope.id, facts))


@action("ceremony.abandoned")
def abandon(actor: Actor, *, ceremony_id: str, origin: str) -> Done[CeremonyShown]:
    """Give a session up. What was embedded stays: it is a true signature in a stored revision."""
    granted = permit.ceremony(actor, ceremony_id, is_locking=True)
    if granted.ceremony.state == CeremonyState.ABANDONED:
        return Done(reading.shown(granted, origin=origin), None)
    if granted.ceremony.state == CeremonyState.DONE:
        raise Refused(Problem.CEREMONY_CLOSED)
    orders = reading.orders_of(granted.ceremony)
    with scope.switched(granted):
        seal_flight.drop(granted.ceremony, orders)
    kept = sum(one.state == SignOrderState.EMBEDDED for one in orders)
    facts: ledger.Facts = {"ceremony": ceremony_id, "kept_signatures": kept}
    return Done(reading.shown(granted, origin=origin), Trace(granted, granted.envelope.id, facts))


def require_open(granted: CeremonyPermit) -> None:
    """Raise Refused(CEREMONY_CLOSED) for a session that is over, and who_may's answer for a closed envelope."""
    if granted.ceremony.state != CeremonyState.OPEN:
        raise Refused(Problem.CEREMONY_CLOSED)
    granted.demand_open()


def next_order(ceremony: Ceremony) -> SignOrder:
    """The first order that has not been embedded; an open ceremony always has one."""
    for order in reading.orders_of(ceremony):
        if order.state in UNFINISHED:
            return order
    raise Refused(Problem.CEREMONY_CLOSED)


def _unsigned(granted: Permit, request: OpenCeremony) -> Document:
    """The document that is asked for. Raises Refused(RECIPIENT_DONE) for one that this signer has signed."""
    document = permit.document(granted, request.document_id)
    if document.id in reading.signed_documents(granted.recipient):
        raise Refused(Problem.RECIPIENT_DONE)
    return document


def _require_head(document: Document, request: OpenCeremony) -> None:
    """What is signed must be what was seen: the same revision, with the same bytes."""
    if (document.head, documents.head(document).sha256) != (request.head, request.head_sha256):
        raise Refused(Problem.REVISION_MOVED, head=document.head)


def _by_key(placements: tuple[AnyPlacement, ...]) -> dict[str, list[AnyPlacement]]:
    """The placements by certificate, in order of first appearance: that is the order of the keys."""
    grouped: dict[str, list[AnyPlacement]] = {}
    for one in placements:
        grouped.setdefault(one.certificate_sha256, []).append(one)
    return grouped
