"""Documents: taking them away, which is recorded."""

from yunqian.server.access import permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import Done, Trace, action, ledger, refusals_recorded
from yunqian.server.queries import document as reading
from yunqian.server.queries.document import Content


@refusals_recorded("download.refused")
def download(asking: Asking, *, envelope_id: str, document_id: str | None = None) -> tuple[Content, ...]:
    """The newest revisions of all documents, or of one, for the initiator alone (manual 6.3)."""
    return _download(asking, envelope_id=envelope_id, document_id=document_id)


@action("document.downloaded")
def _download(actor: Actor, *, envelope_id: str, document_id: str | None) -> Done[tuple[Content, ...]]:
    granted = permit.download(actor, envelope_id)
    chosen = [permit.document(granted, document_id)] if document_id else permit.documents(granted)
    found = tuple(reading.content(one, one.head) for one in chosen)
    facts: ledger.Facts = {
        "revision": ", ".join(str(one.number) for one in found),
        "sha256": " ".join(one.sha256 for one in found),
    }
    return Done(found, Trace(granted, granted.envelope.id, facts))
