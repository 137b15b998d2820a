"""The one writer of a seal's history (履历)."""

from yunqian.server.access.actor import Actor
from yunqian.server.records.models import Seal, SealEvent


def note(actor: Actor | None, row: Seal, kind: str, reason: str = "") -> None:
    """Add a line, in the transaction of what it tells. `actor` is None for what time alone has done."""
    SealEvent.objects.create(
        seal=row,
        kind=kind,
        person_id=actor.person_id if actor else None,
        person_name=actor.name if actor else "",
        reason=reason,
    )
