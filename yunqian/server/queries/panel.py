"""Everything the sealing panel needs to start, in one answer."""

from datetime import datetime

from django.utils import timezone

from yunqian.server.access import facts, permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.queries import ceremony, document, envelope, places, query, seal, verify
from yunqian.wire.envelope import EnvelopeState
from yunqian.wire.panel import PageBox, Panel, PanelDocument, Report


def read(
    asking: Asking, *, envelope_id: str, document_id: str | None = None, origin: str, at: datetime
) -> Panel:
    """The panel of one document; `document_id` None is the first that the person has still to sign, else the first.

    The report is made outside the transaction: judging a document takes its time.
    """
    chosen = document_id or _next(asking, envelope_id=envelope_id)
    report = verify.of_envelope(asking, envelope_id=envelope_id, document_id=chosen, at=at)
    return _read(asking, envelope_id=envelope_id, document_id=chosen, origin=origin, at=at, report=report)


@query
def _next(actor: Actor, *, envelope_id: str) -> str | None:
    """The document to sign next, None where there is nothing (more) to sign."""
    granted = permit.view(actor, envelope_id)
    signed = ceremony.signed_documents(granted.recipient)
    return next((str(one.id) for one in permit.documents(granted) if one.id not in signed), None)


@query
def _read(
    actor: Actor, *, envelope_id: str, document_id: str | None, origin: str, at: datetime, report: Report
) -> Panel:
    granted = permit.view(actor, envelope_id)
    paper = permit.document(granted, document_id)
    signed = ceremony.signed_documents(granted.recipient)
    today = timezone.localdate(at)
    unfinished = ceremony.unfinished(actor, paper)
    return Panel(
        envelope_id=str(granted.envelope.id),
        title=granted.envelope.title,
        state=EnvelopeState(facts.standing(granted.envelope)),
        initiator=envelope.initiator(granted.envelope),
        document=document.shown(paper),
        proposed=places.proposed(paper, granted.recipient),
        documents=tuple(
            PanelDocument(**dict(document.shown(one)), is_signed_by_me=one.id in signed)
            for one in permit.documents(granted)
        ),
        pages=tuple(PageBox(**page) for page in paper.pages),
        seals=seal.choices(actor),
        report=report,
        today_zh=f"{today.year}年{today.month}月{today.day}日",
        is_my_turn=granted.is_my_turn,
        waiting_for=granted.facts.waiting_for,
        ceremony=(
            ceremony.shown(permit.ceremony(actor, str(unfinished.id)), origin=origin) if unfinished else None
        ),
    )
