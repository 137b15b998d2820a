"""A sealing session as its signer sees it, with the order that the next key has to sign."""

import base64
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from yunqian.engine import paging
from yunqian.engine.marks import PageChoice
from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import CeremonyState as State
from yunqian.rules.lifecycle import SignOrderState as Step
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor
from yunqian.server.access.permit import CeremonyPermit
from yunqian.server.queries import orders, prepared, query
from yunqian.server.records.models import Ceremony, Document, Recipient, Revision, SignOrder
from yunqian.wire import orders as wire
from yunqian.wire.panel import Ceremony as CeremonyShown
from yunqian.wire.panel import CeremonyState, OrderLine, OrderState

_LONGEST_NAME = 200


@query
def read(actor: Actor, *, ceremony_id: str, origin: str) -> CeremonyShown:
    """The actor's own ceremony. `origin` is that of the page that asks, which the order must name."""
    return shown(permit.ceremony(actor, ceremony_id), origin=origin)


def unfinished(actor: Actor, document: Document) -> Ceremony | None:
    """The actor's open ceremony on this document, if he left one."""
    mine = {"recipient__person_id": actor.person_id, "recipient__for_tenant_id": actor.tenant_id}
    rows = Ceremony.objects.filter(document=document, state=State.OPEN, **mine)
    return rows.order_by("-opened_at", "-id").first()


def signed_documents(seat: Recipient | None) -> frozenset[UUID]:
    """The documents of the envelope that this recipient has signed, each in a session that is done."""
    if seat is None:
        return frozenset()
    done = Ceremony.objects.filter(recipient=seat, state=State.DONE)
    return frozenset(done.values_list("document_id", flat=True))


def orders_of(ceremony: Ceremony) -> list[SignOrder]:
    """The orders of a ceremony, first key first."""
    return list(SignOrder.objects.filter(ceremony=ceremony).order_by("position"))


def shown(granted: CeremonyPermit, *, origin: str) -> CeremonyShown:
    """A ceremony with its orders; `order` is there when one is prepared and still waits for its key."""
    ceremony = granted.ceremony
    document = Document.objects.get(id=ceremony.document_id)
    lines = orders_of(ceremony)
    is_open = ceremony.state == State.OPEN
    current = next((one for one in lines if is_open and one.state == Step.PREPARED), None)
    base = document.head if current is None or current.base is None else current.base
    order = _order(granted, current, document, len(lines), origin) if current else None
    return CeremonyShown(
        id=str(ceremony.id),
        envelope_id=str(ceremony.envelope_id),
        document_id=str(ceremony.document_id),
        state=CeremonyState(ceremony.state),
        base=base,
        orders=tuple(_line(one) for one in lines),
        order=orders.signed(order) if order else None,
        check_code=wire.check_code(base64.b64decode(order.to_be_signed)) if order else None,
    )


def _line(order: SignOrder) -> OrderLine:
    return OrderLine(
        id=str(order.id),
        position=order.position,
        certificate_sha256=order.certificate_sha256,
        certificate_owner=order.certificate_owner,
        state=OrderState(order.state),
    )


def _order(
    granted: CeremonyPermit, order: SignOrder, document: Document, total: int, origin: str
) -> wire.SignOrder:
    """What the key is asked. It follows from the stored rows alone, so asking again gives the same text."""
    if order.prepared is None or order.base is None or order.issued_at is None or order.expires_at is None:
        raise Refused(Problem.ORDER_EXPIRED)  # never in state PREPARED, which is all that is shown
    facts = order.prepared
    base = Revision.objects.get(document=document, number=order.base)
    return wire.SignOrder(
        order_id=orders.wire_id(order),
        ceremony_id=str(granted.ceremony.id),
        position=order.position,
        total=total,
        origin=origin,
        tenant_name=granted.actor.tenant_name,  # whose seals and certificates these are
        person_name=granted.recipient.person_name,
        title=_title(granted, document),
        page_count=document.page_count,
        document_sha256=base.sha256,
        marks=_summaries(order, document.page_count),
        certificate_sha256=order.certificate_sha256,
        certificate_owner=order.certificate_owner,
        algorithm=facts["suite"],
        to_be_signed=facts["signed_attributes"],
        prepared=prepared.described(granted.actor, order),
        nonce=order.nonce or "",
        issued_at=order.issued_at,
        expires_at=order.expires_at,
    )


def _title(granted: CeremonyPermit, document: Document) -> str:
    """The title, and of one document among several also its name: the person reads which one he signs."""
    title: str = granted.envelope.title
    is_alone = Document.objects.filter(envelope_id=document.envelope_id).count() == 1
    return title if is_alone else f"{title} · {document.name}"


def _summaries(order: SignOrder, page_count: int) -> tuple[wire.MarkSummary, ...]:
    """The marks by what they show, each with its pages, for the person to read before the PIN."""
    names = {one["seal_id"]: one["name"] for one in order.impressions}
    pages: dict[tuple[str, str], list[int]] = {}
    for mark in order.marks:
        has_seal = mark["kind"] in (wire.MarkKind.SEAL, wire.MarkKind.PAGING)
        name = names[mark["seal_id"]] if has_seal else mark["text"][:_LONGEST_NAME]
        found = pages.setdefault((mark["kind"], name), [])
        found += _paged(mark, page_count) if mark["kind"] == wire.MarkKind.PAGING else [mark["page"]]
    return tuple(
        wire.MarkSummary(kind=wire.MarkKind(kind), name=name, pages=tuple(sorted(set(found))))
        for (kind, name), found in pages.items()
    )


def _paged(mark: Mapping[str, Any], page_count: int) -> list[int]:
    return paging.chosen(PageChoice(skipped=frozenset(mark["skipped"])), page_count)
