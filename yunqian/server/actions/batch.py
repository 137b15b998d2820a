"""Signing many documents in one go: each line is a ceremony of its own, and none of them stops the others.

A batch is written once, as a list of what was looked at and where the marks go. Opening, preparing, taking and
embedding are those of a single document (`ceremony`, `acceptance`), with every check that stands there.
"""

from collections.abc import Sequence
from uuid import uuid5

from django.utils import timezone

from yunqian.engine import suggested
from yunqian.engine.geometry import PageGeometry
from yunqian.engine.marks import Box
from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import SignOrderState
from yunqian.server import scope
from yunqian.server.access import batches, found, permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.access.permit import Permit
from yunqian.server.actions import Done, Trace, acceptance, action, ceremony, ledger
from yunqian.server.queries import batch as reading
from yunqian.server.queries import ceremony as ceremonies
from yunqian.server.queries import document as documents
from yunqian.server.queries import envelope as envelopes
from yunqian.server.queries import places, query, seal
from yunqian.server.queries.seal import Purpose
from yunqian.server.records.models import Batch, BatchLine, Document, Seal, SignOrder
from yunqian.wire import batches as wire
from yunqian.wire.batch_orders import MOST_ITEMS
from yunqian.wire.batches import BatchLineState, BatchPlace, BatchRule
from yunqian.wire.orders import MarkKind
from yunqian.wire.panel import AnyPlacement, OpenCeremony, PagingPlacement, Placement, ProposedPlace

DATE_MM = (32.0, 5.5)


@action("batch.made")
def make(actor: Actor, *, request: wire.MakeBatch, origin: str) -> Done[wire.Batch]:
    """Look at every chosen document and say where its marks would go; nothing is prepared yet.

    The same request again gives the batch that is there. A document for which something stands in the way is a line
    that says so. Raises Refused(ENVELOPE_NOT_FOUND) for an envelope he cannot see, BATCH_TOO_LARGE,
    CERTIFICATE_NOT_BOUND, SEAL_NOT_FOUND.
    """
    identifier = uuid5(
        actor.person_id, f"{actor.tenant_id} {request.request_id}"
    )  # nobody else's can be the same
    scope.alone(f"batch {identifier}")
    if Batch.objects.filter(id=identifier).exists():
        return Done(reading.shown(batches.mine(actor, str(identifier)), origin=origin), None)
    (bound,) = seal.bound(actor, fingerprints=(request.certificate_sha256,))
    stamp = found.one(Seal.objects.filter(tenant_id=actor.tenant_id), request.seal_id, Problem.SEAL_NOT_FOUND)
    rows = [
        row for one in dict.fromkeys(request.envelope_ids) for row in _planned(actor, one, request, stamp)
    ]
    if len(rows) > MOST_ITEMS:
        raise Refused(Problem.BATCH_TOO_LARGE, limit=MOST_ITEMS)
    made = Batch.objects.create(
        id=identifier,
        person_id=actor.person_id,
        certificate_sha256=request.certificate_sha256,
        certificate_owner=bound.certificate.owner[:200],
        seal=stamp,
        seal_name=stamp.name,
    )
    for position, row in enumerate(rows, 1):
        row.batch, row.position = made, position
        row.save(force_insert=True)
    left_out = sum(row.problem is not None for row in rows)
    facts: ledger.Facts = {"batch": str(identifier), "documents": len(rows), "left_out": left_out}
    granted = batches.mine(actor, str(identifier))
    return Done(reading.shown(granted, origin=origin), Trace(granted, None, facts))


def open_line(asking: Asking, *, batch_id: str, position: str, origin: str) -> wire.BatchLine:
    """Open a line's ceremony, or prepare it again where its time is over; one that is prepared stays as it is.

    Raises what opening a single document raises; the others are not concerned.
    """
    line, shown = _line(asking, batch_id=batch_id, position=position, origin=origin)
    if line.problem is not None:
        raise Refused(Problem[line.problem["code"]], **line.problem["facts"])
    if shown.state is BatchLineState.READY:
        if shown.ceremony_id is not None:
            ceremony.prepare(asking, ceremony_id=shown.ceremony_id, origin=origin)
        else:
            ceremony.open(asking, envelope_id=str(line.envelope_id), request=_request(line), origin=origin)
        _, shown = _line(asking, batch_id=batch_id, position=position, origin=origin)
    return shown


def take(
    asking: Asking, *, batch_id: str, taken: wire.BatchTaken, origin: str
) -> tuple[wire.Batch, dict[str, Refused]]:
    """Take what the key gave for all lines at once, before any of them is embedded: none runs out of time.

    What is refused for one of them stands in the way of no other, and is given by the order that was answered.
    Raises Refused(ORDER_MISMATCH) for an answer to an order that is not of this batch, and then takes nothing.
    """
    named = _ceremonies_of_orders(asking, batch_id=batch_id, origin=origin)
    wanted = [(named.get(result.order_id.partition(".")[0]), result) for result in taken.results]
    if any(ceremony_id is None for ceremony_id, _ in wanted):
        raise Refused(Problem.ORDER_MISMATCH)
    refused: dict[str, Refused] = {}
    for ceremony_id, result in wanted:
        try:
            acceptance.take(asking, ceremony_id=str(ceremony_id), result=result)
        except Refused as refusal:
            refused[result.order_id] = refusal
    shown = _taken(asking, batch_id=batch_id, count=len(wanted) - len(refused), origin=origin)
    return shown, refused


@action("batch.taken")
def _taken(actor: Actor, *, batch_id: str, count: int, origin: str) -> Done[wire.Batch]:
    """That the person agreed to the whole list and his key answered for so many of it."""
    granted = batches.mine(actor, batch_id)
    facts: ledger.Facts = {"batch": batch_id, "signatures": count}
    return Done(reading.shown(granted, origin=origin), Trace(granted, None, facts))


def finish_line(asking: Asking, *, batch_id: str, position: str, origin: str) -> wire.BatchLine:
    """Embed what the key gave for a line; done already, it is the same answer. Raises what acceptance raises."""
    _, shown = _line(asking, batch_id=batch_id, position=position, origin=origin)
    if shown.state is BatchLineState.SIGNED and shown.ceremony_id is not None:
        result = _value(asking, ceremony_id=shown.ceremony_id)
        if result is not None:
            acceptance.accept(asking, ceremony_id=shown.ceremony_id, result=result, origin=origin)
        _, shown = _line(asking, batch_id=batch_id, position=position, origin=origin)
    return shown


_value = query(reading.value)


@query
def _line(actor: Actor, *, batch_id: str, position: str, origin: str) -> tuple[BatchLine, wire.BatchLine]:
    granted = batches.mine(actor, batch_id)
    line = batches.line(granted, position)
    return line, reading.line_shown(granted, line, origin=origin)


@query
def _ceremonies_of_orders(actor: Actor, *, batch_id: str, origin: str) -> dict[str, str]:
    """The ceremonies of a batch by the identifiers of their orders."""
    granted = batches.mine(actor, batch_id)
    held = [reading.session(granted, line, origin=origin) for line in reading.lines(granted)]
    return {order.id: one.id for one in held if one is not None for order in one.orders}


def _request(line: BatchLine) -> OpenCeremony:
    return OpenCeremony(
        document_id=str(line.document_id),
        head=line.head,
        head_sha256=line.head_sha256,
        placements=tuple(line.placements),
    )


# Where the marks go


def _planned(actor: Actor, envelope_id: str, request: wire.MakeBatch, stamp: Seal) -> list[BatchLine]:
    """A line for each document of the envelope that he has not signed, or one that says why it cannot be."""
    seen = permit.view(actor, envelope_id)
    try:
        granted = permit.seal(actor, envelope_id, is_locking=False)
    except Refused as refusal:
        return [_left_out(seen, None, refusal)]
    signed = ceremonies.signed_documents(granted.recipient)
    papers = [one for one in permit.documents(granted) if one.id not in signed]
    return [_line_of(granted, paper, request, stamp) for paper in papers]


def _line_of(granted: Permit, paper: Document, request: wire.MakeBatch, stamp: Seal) -> BatchLine:
    try:
        fingerprint = request.certificate_sha256
        purpose = Purpose(granted.envelope.id)
        seal.allowed(granted.actor, seal_id=str(stamp.id), fingerprint=fingerprint, purpose=purpose)
        proposed = [one for one in places.proposed(paper, granted.recipient) if one.kind is not MarkKind.TEXT]
        is_proposed = any(one.kind is MarkKind.SEAL for one in proposed)
        if is_proposed:
            placements = _as_proposed(proposed, paper, request, stamp)
        else:
            placements = _placements(granted, paper, request, stamp)
    except Refused as refusal:
        return _left_out(granted, paper, refusal)
    line = _described(granted, paper)
    line.is_proposed = is_proposed
    line.placements = [one.model_dump(mode="json") for one in placements]
    return line


def _left_out(granted: Permit, paper: Document | None, refusal: Refused) -> BatchLine:
    line = _described(granted, paper)
    line.problem = {"code": refusal.problem.code, "facts": refusal.facts}
    return line


def _described(granted: Permit, paper: Document | None) -> BatchLine:
    envelope = granted.envelope
    papers = permit.documents(granted)
    name = "" if paper is None or len(papers) < 2 else f" · {paper.name}"
    return BatchLine(
        tenant_id=granted.actor.tenant_id,
        envelope_id=envelope.id,
        document_id=None if paper is None else paper.id,
        title=f"{envelope.title}{name}",
        initiator_name=envelopes.initiator(envelope).name[:100],
        page_count=0 if paper is None else paper.page_count,
        head=0 if paper is None else paper.head,
        head_sha256="" if paper is None else documents.head(paper).sha256,
    )


def _placements(
    granted: Permit, paper: Document, request: wire.MakeBatch, stamp: Seal
) -> tuple[AnyPlacement, ...]:
    """By the one rule that the person chose. Raises Refused(BATCH_NEEDS_LOOK) where it finds no place."""
    pages = [PageGeometry(**page) for page in paper.pages]
    page, box = _place(pages, _marks_made_here(granted, paper), request.rule, stamp)
    placed: list[AnyPlacement] = [
        _placement(request, page, box, kind=MarkKind.SEAL, seal_id=str(stamp.id)),
    ]
    line = suggested.under(page, box, DATE_MM) if request.rule.has_date else None
    if line is not None:
        placed.append(_placement(request, page, line, kind=MarkKind.DATE, text=_today()))
    if request.rule.has_paging and len(pages) > 1:
        placed.append(_paging(request, stamp))
    return tuple(placed)


def _as_proposed(
    proposed: Sequence[ProposedPlace], paper: Document, request: wire.MakeBatch, stamp: Seal
) -> tuple[AnyPlacement, ...]:
    """Where the initiator would like it: the seal in its true size in the middle of each place, and his dates.

    Raises Refused(BATCH_NEEDS_LOOK) where the seal does not fit on the page there.
    """
    placed: list[AnyPlacement] = []
    for one in proposed:
        if one.kind is MarkKind.PAGING:
            placed.append(_paging(request, stamp))
            continue
        page = PageGeometry(**paper.pages[one.page - 1])
        wanted = Box(one.x_pt, one.y_pt, one.width_pt, one.height_pt)
        is_seal = one.kind is MarkKind.SEAL
        box = suggested.within(page, wanted, (stamp.width_mm, stamp.height_mm) if is_seal else DATE_MM)
        if box is None:
            raise Refused(Problem.BATCH_NEEDS_LOOK)
        mark = {"seal_id": str(stamp.id)} if is_seal else {"text": _today()}
        placed.append(_placement(request, page, box, kind=one.kind, **mark))
    return tuple(sorted(placed, key=lambda one: one.kind is not MarkKind.SEAL))


def _paging(request: wire.MakeBatch, stamp: Seal) -> PagingPlacement:
    fingerprint = request.certificate_sha256
    return PagingPlacement(
        kind=MarkKind.PAGING, certificate_sha256=fingerprint, seal_id=str(stamp.id), along=0.5
    )


def _placement(request: wire.MakeBatch, page: PageGeometry, box: Box, **mark: str) -> Placement:
    sides = {"x_pt": box.x_pt, "y_pt": box.y_pt, "width_pt": box.width_pt, "height_pt": box.height_pt}
    owner = {"certificate_sha256": request.certificate_sha256, "page": page.number}
    return Placement.model_validate(owner | sides | mark)


def _today() -> str:
    today = timezone.localdate()
    return f"{today.year}年{today.month}月{today.day}日"


def _place(
    pages: Sequence[PageGeometry], made: Sequence[tuple[int, Box]], rule: BatchRule, stamp: Seal
) -> tuple[PageGeometry, Box]:
    size = (stamp.width_mm, stamp.height_mm)
    if rule.place is BatchPlace.BESIDE:
        if not made:
            raise Refused(Problem.BATCH_NEEDS_LOOK)
        number, newest = made[-1]
        page = pages[number - 1]
        box = suggested.beside(page, size, newest, _on(made, number))
    else:
        page = pages[-1]
        box = suggested.corner(page, size, _on(made, page.number))
    if box is None:
        raise Refused(Problem.BATCH_NEEDS_LOOK)
    return page, box


def _on(made: Sequence[tuple[int, Box]], number: int) -> list[Box]:
    return [box for page, box in made if page == number]


def _marks_made_here(granted: Permit, paper: Document) -> list[tuple[int, Box]]:
    """The boxes on its pages that signatures made here have filled, oldest first."""
    with scope.switched(granted):
        rows = SignOrder.objects.filter(ceremony__document=paper, state=SignOrderState.EMBEDDED)
        marks = [mark for row in rows.order_by("revision") for mark in row.marks]
    return [
        (mark["page"], Box(mark["x_pt"], mark["y_pt"], mark["width_pt"], mark["height_pt"]))
        for mark in marks
        if mark["kind"] != MarkKind.PAGING
    ]
