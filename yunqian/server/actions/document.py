"""Documents: taking one away, which is recorded."""

from yunqian.server.access import permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import Done, Trace, action, ledger, refusals_recorded
from yunqian.server.queries import document as reading
from yunqian.server.queries.document import Content


@refusals_recorded("download.refused")
def download(asking: Asking, *, envelope_id: str) -> Content:
    """The newest revision, for the initiator alone (manual 6.3)."""
    return _download(asking, envelope_id=envelope_id)


@action("document.downloaded")
def _download(actor: Actor, *, envelope_id: str) -> Done[Content]:
    granted = permit.download(actor, envelope_id)
    found = reading.first(granted)
    facts: ledger.Facts = {"revision": found.number, "sha256": found.sha256}
    return Done(found, Trace(granted, granted.envelope.id, facts))
