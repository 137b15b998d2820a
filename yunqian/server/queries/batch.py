"""Batches: how each document of one stands, and the one order that lists what a key is asked for."""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import CeremonyState, SignOrderState
from yunqian.server.access import batches, permit
from yunqian.server.access.actor import Actor
from yunqian.server.access.batches import BatchPermit
from yunqian.server.queries import ceremony, orders, query, seal
from yunqian.server.records.models import BatchLine, Ceremony, Document
from yunqian.wire import batches as wire
from yunqian.wire.batch_orders import BatchItem, BatchOrder, batch_code
from yunqian.wire.batches import BatchLineState as State
from yunqian.wire.orders import SignedOrder, SignOrder, SignResult
from yunqian.wire.panel import Ceremony as CeremonyShown
from yunqian.wire.panel import CeremonyState as ShownState
from yunqian.wire.panel import OrderState, PageBox, SealChoice

LEAST_LEFT = timedelta(seconds=45)
"""An order that ends sooner is prepared again before a person is asked for his PIN."""


@query
def read(actor: Actor, *, batch_id: str, origin: str) -> wire.Batch:
    """The actor's own batch as it stands. Raises Refused(BATCH_NOT_FOUND)."""
    return shown(batches.mine(actor, batch_id), origin=origin)


def shown(granted: BatchPermit, *, origin: str) -> wire.Batch:
    """A batch with its lines; what each of them has come to is read from its ceremony."""
    batch = granted.batch
    return wire.Batch(
        id=str(batch.id),
        certificate_sha256=batch.certificate_sha256,
        certificate_owner=batch.certificate_owner,
        seal_id=str(batch.seal_id),
        seal_name=batch.seal_name,
        made_at=batch.made_at,
        lines=tuple(line_shown(granted, one, origin=origin) for one in lines(granted)),
    )


def lines(granted: BatchPermit) -> list[BatchLine]:
    """The lines of a batch in their order."""
    return list(BatchLine.objects.filter(batch=granted.batch).order_by("position"))


def line_shown(granted: BatchPermit, line: BatchLine, *, origin: str) -> wire.BatchLine:
    """One document of a batch as it stands."""
    held = session(granted, line, origin=origin)
    return wire.BatchLine(
        position=line.position,
        envelope_id=str(line.envelope_id),
        document_id=None if line.document_id is None else str(line.document_id),
        title=line.title,
        initiator_name=line.initiator_name,
        page_count=line.page_count,
        head=line.head,
        document_sha256=line.head_sha256 or None,
        is_proposed=line.is_proposed,
        page=_page(line),
        placements=tuple(line.placements),
        state=_state(line, held),
        ceremony_id=None if held is None else held.id,
        order_id=None if held is None or held.order is None else _parsed(held.order).order_id,
        check_code=None if held is None else held.check_code,
        problem=_problem(line),
    )


@query
def seals(actor: Actor) -> tuple[SealChoice, ...]:
    """The seals that the actor may apply, with the certificates that may apply each."""
    return seal.choices(actor)


def _page(line: BatchLine) -> PageBox | None:
    """The page of the first mark; None where there are no marks, or the document is no longer his to see."""
    if line.document_id is None or not line.placements:
        return None
    paper = Document.objects.filter(id=line.document_id).first()
    number = line.placements[0]["page"]
    if paper is None or not 1 <= number <= len(paper.pages):
        return None
    return PageBox(**paper.pages[number - 1])


def session(granted: BatchPermit, line: BatchLine, *, origin: str) -> CeremonyShown | None:
    """The newest ceremony that the actor has begun on this line's document with this line's marks, if it stands."""
    if line.problem is not None or line.document_id is None:
        return None
    actor = granted.actor
    rows = Ceremony.objects.filter(
        document_id=line.document_id,
        recipient__person_id=actor.person_id,
        recipient__for_tenant_id=actor.tenant_id,
        opened_at__gte=granted.batch.made_at,
    ).exclude(state=CeremonyState.ABANDONED)
    found = next(
        (one for one in rows.order_by("-opened_at", "-id") if one.placements == line.placements), None
    )
    if found is None:
        return None
    return ceremony.shown(permit.ceremony(actor, str(found.id)), origin=origin)


def value(actor: Actor, ceremony_id: str) -> SignResult | None:
    """The value that a key has given in a ceremony and that is not in the document yet, as it was given."""
    granted = permit.ceremony(actor, ceremony_id)
    for order in ceremony.orders_of(granted.ceremony):
        if order.state == SignOrderState.SIGNED:
            return SignResult(
                order_id=orders.wire_id(order),
                certificate_sha256=order.certificate_sha256,
                signature=base64.b64encode(bytes(order.signature or b"")).decode(),
            )
    return None


def _state(line: BatchLine, held: CeremonyShown | None) -> State:
    if line.problem is not None:
        return State.LEFT_OUT
    if held is None:
        return State.READY
    if held.state == ShownState.DONE:
        return State.DONE
    if any(one.state == OrderState.SIGNED for one in held.orders):
        return State.SIGNED
    return State.PREPARED if held.order is not None and _lasts(held.order) else State.READY


def _lasts(order: SignedOrder) -> bool:
    return _parsed(order).expires_at - timezone.now() >= LEAST_LEFT


def _parsed(order: SignedOrder) -> SignOrder:
    return SignOrder.model_validate_json(order.payload)


def _problem(line: BatchLine) -> wire.BatchProblem | None:
    if line.problem is None:
        return None
    refusal = Refused(Problem[line.problem["code"]], **line.problem["facts"])
    return wire.BatchProblem(code=refusal.problem.code, zh=refusal.text("zh"), en=refusal.text("en"))


# What the client is asked


@query
def asked(actor: Actor, *, batch_id: str, origin: str) -> wire.BatchAsked:
    """One order over every line that is prepared and lasts; asked again it is the same text.

    Raises Refused(BATCH_NOTHING_PREPARED).
    """
    granted = batches.mine(actor, batch_id)
    found: list[tuple[BatchLine, SignedOrder]] = []
    for line in lines(granted):
        held = session(granted, line, origin=origin)
        if held is not None and held.order is not None and _state(line, held) is State.PREPARED:
            found.append((line, held.order))
    if not found:
        raise Refused(Problem.BATCH_NOTHING_PREPARED)
    parts = [_parsed(order) for _, order in found]
    order = _order(granted, found, parts, origin=origin)
    return wire.BatchAsked(
        order=orders.signed(order),
        check_code=batch_code(one.to_be_signed for one in parts),
        positions=tuple(line.position for line, _ in found),
    )


def _order(
    granted: BatchPermit,
    found: Sequence[tuple[BatchLine, SignedOrder]],
    parts: Sequence[SignOrder],
    *,
    origin: str,
) -> BatchOrder:
    """It follows from the orders in it alone, so asking again gives the same text and no second signature."""
    nonce = _digest(order.payload for _, order in found)
    first = parts[0]
    return BatchOrder(
        order_id=f"{granted.batch.id}.{nonce[:12]}",
        origin=origin,
        tenant_name=first.tenant_name,
        person_name=first.person_name,
        certificate_sha256=first.certificate_sha256,
        certificate_owner=first.certificate_owner,
        algorithm=first.algorithm,
        items=tuple(BatchItem(initiator_name=line.initiator_name, order=order) for line, order in found),
        nonce=nonce,
        issued_at=_earliest(one.issued_at for one in parts),
        expires_at=_earliest(one.expires_at for one in parts),
    )


def _earliest(moments: Iterable[datetime]) -> datetime:
    return min(moments)


def _digest(payloads: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(list(payloads)).encode()).hexdigest()
