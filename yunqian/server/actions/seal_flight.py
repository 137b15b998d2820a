"""Ceremonies under way, by the seals that stand in them: so that stopping a seal ends what was about to carry it.

An envelope may belong to another organization than the seal, so the seal's own organization keeps the list. What
makes a stopped seal safe is not this: each acceptance asks the seal's row again, under a lock.
"""

from collections.abc import Iterable
from uuid import UUID

from yunqian.rules.lifecycle import CeremonyEvent, CeremonyState, SignOrderEvent, SignOrderState
from yunqian.server import scope
from yunqian.server.access import seals as permits
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.access.permit import CeremonyPermit, Permit
from yunqian.server.actions import Done, Trace, action
from yunqian.server.queries import ceremony as reading
from yunqian.server.queries import query
from yunqian.server.records.base import advance
from yunqian.server.records.models import Ceremony, Envelope, SealCeremony, SignOrder

UNFINISHED = frozenset({SignOrderState.WAITING, SignOrderState.PREPARED, SignOrderState.SIGNED})


def note(granted: Permit, ceremony: Ceremony, orders: Iterable[SignOrder]) -> None:
    """Remember in which ceremony the seals of these orders stand. Call it in the signer's own scope."""
    for seal_id in sorted({one["seal_id"] for order in orders for one in order.impressions}):
        SealCeremony.objects.create(seal_id=seal_id, owner_id=granted.tenant_id, ceremony_id=ceremony.id)


def forget(granted: CeremonyPermit) -> None:
    """The ceremony is over."""
    with scope.switched(scope.Pass(granted.actor.tenant_id)):
        SealCeremony.objects.filter(
            tenant_id=granted.actor.tenant_id, ceremony_id=granted.ceremony.id
        ).delete()


def drop(ceremony: Ceremony, orders: Iterable[SignOrder]) -> None:
    """Give up what is unfinished of a ceremony; an embedded signature stays. In the scope of its envelope."""
    for order in orders:
        if order.state in UNFINISHED:
            advance(order, SignOrderEvent.DROP)
    advance(ceremony, CeremonyEvent.ABANDON)


def end(asking: Asking, *, seal_id: str) -> int:
    """Abandon every ceremony in which this stopped seal stands; how many those were.

    Each in a transaction of its own, because its envelope is locked first, as everywhere.
    """
    under_way = _under_way(asking, seal_id=seal_id)
    return sum(
        _end(asking, seal_id=seal_id, owner_id=owner_id, ceremony_id=ceremony_id)
        for owner_id, ceremony_id in under_way
    )


@query
def _under_way(actor: Actor, *, seal_id: str) -> tuple[tuple[UUID, UUID], ...]:
    seal = permits.managed(actor, seal_id, is_locking=False).seal
    rows = SealCeremony.objects.filter(tenant_id=actor.tenant_id, seal=seal)
    return tuple(rows.order_by("ceremony_id").values_list("owner_id", "ceremony_id"))


@action("ceremony.stopped")
def _end(actor: Actor, *, seal_id: str, owner_id: UUID, ceremony_id: UUID) -> Done[bool]:
    seal = permits.managed(actor, seal_id, is_locking=False).seal
    noted = SealCeremony.objects.filter(tenant_id=actor.tenant_id, seal=seal, ceremony_id=ceremony_id)
    if not noted.exists():
        return Done(False, None)
    owner = scope.Pass(owner_id)
    with scope.switched(owner):
        envelope_id = Ceremony.objects.get(id=ceremony_id).envelope_id
        Envelope.objects.select_for_update().get(id=envelope_id)
        found = Ceremony.objects.select_for_update().get(id=ceremony_id)
        is_open = found.state == CeremonyState.OPEN
        if is_open:
            drop(found, reading.orders_of(found))
    noted.delete()
    facts = {"ceremony": str(ceremony_id), "seal": seal.name, "seal_state": seal.state}
    return Done(is_open, Trace(owner, envelope_id, facts) if is_open else None)
