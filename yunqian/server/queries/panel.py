"""Everything the sealing panel needs to start, in one answer."""

from datetime import datetime

from django.utils import timezone

from yunqian.server.access import facts, permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.queries import ceremony, document, envelope, query, seal, verify
from yunqian.wire.envelope import EnvelopeState
from yunqian.wire.panel import PageBox, Panel, Report


def read(asking: Asking, *, envelope_id: str, origin: str, at: datetime) -> Panel:
    """The panel of one envelope. The report is made first and outside: judging a document takes its time."""
    report = verify.of_envelope(asking, envelope_id=envelope_id, at=at)
    return _read(asking, envelope_id=envelope_id, origin=origin, at=at, report=report)


@query
def _read(actor: Actor, *, envelope_id: str, origin: str, at: datetime, report: Report) -> Panel:
    granted = permit.view(actor, envelope_id)
    paper = permit.only_document(granted)
    today = timezone.localdate(at)
    unfinished = ceremony.unfinished(actor, paper)
    return Panel(
        envelope_id=str(granted.envelope.id),
        title=granted.envelope.title,
        state=EnvelopeState(facts.standing(granted.envelope)),
        initiator=envelope.initiator(granted.envelope),
        document=document.shown(paper),
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
