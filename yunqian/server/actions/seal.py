"""The life of a seal: frozen when lost, given back, cancelled, run out; its certificates; whom it is granted to."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from yunqian.eseal.make import Maker
from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import SealEvent as Event
from yunqian.rules.lifecycle import SealState as State
from yunqian.server import scope
from yunqian.server.access import seals as permits
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import (
    Done,
    Trace,
    action,
    eseals,
    ledger,
    seal_certificates,
    seal_flight,
    seal_history,
)
from yunqian.server.adapters import seal_maker
from yunqian.server.queries import seal as using
from yunqian.server.queries import seals as reading
from yunqian.server.records.base import advance
from yunqian.server.records.models import Seal, SealGrant, Tenant
from yunqian.wire import seals as wire
from yunqian.wire.members import HolderKind


def freeze(asking: Asking, *, seal_id: str, reason: str) -> wire.Seal:
    """Stop a seal at once (挂失、冻结), and end every ceremony in which it stands.

    Raises Refused(SEAL_NOT_FOUND, SEALS_NOT_GRANTED or TRANSITION_NOT_ALLOWED).
    """
    shown = _freeze(asking, seal_id=seal_id, reason=reason)
    seal_flight.end(asking, seal_id=seal_id)
    return shown


def cancel(asking: Asking, *, seal_id: str, reason: str) -> wire.Seal:
    """End a seal for good (注销), and every ceremony in which it stands. Raises what `freeze` raises."""
    shown = _cancel(asking, seal_id=seal_id, reason=reason)
    seal_flight.end(asking, seal_id=seal_id)
    return shown


@action("seal.frozen")
def _freeze(actor: Actor, *, seal_id: str, reason: str) -> Done[wire.Seal]:
    return _moved(actor, seal_id, Event.FREEZE, reason)


@action("seal.cancelled")
def _cancel(actor: Actor, *, seal_id: str, reason: str) -> Done[wire.Seal]:
    return _moved(actor, seal_id, Event.CANCEL, reason)


@action("seal.unfrozen")
def unfreeze(actor: Actor, *, seal_id: str, reason: str) -> Done[wire.Seal]:
    """Give a frozen seal back. Raises what `freeze` raises."""
    return _moved(actor, seal_id, Event.UNFREEZE, reason)


_TOLD = {
    Event.FREEZE: "seal.frozen",
    Event.CANCEL: "seal.cancelled",
    Event.UNFREEZE: "seal.unfrozen",
    Event.EXPIRE: "seal.expired",
}


def _moved(actor: Actor, seal_id: str, event: Event, reason: str) -> Done[wire.Seal]:
    row = permits.managed(actor, seal_id).seal
    _move(row, event)
    seal_history.note(actor, row, _TOLD[event], reason)
    return _done(actor, row, reason=reason)


def _move(row: Seal, event: Event) -> None:
    advance(row, event)
    row.changed_at = timezone.now()
    row.save(update_fields=["changed_at"])


def withdraw_of(actor: Actor, *, person_id: UUID, reason: str) -> int:
    """Cancel a person's own seals in this organization, inside the caller's transaction; how many those were."""
    rows = Seal.objects.select_for_update().filter(tenant_id=actor.tenant_id, person_id=person_id)
    his = list(rows.filter(state__in=(State.IN_USE, State.FROZEN)).order_by("id"))
    for row in his:
        _move(row, Event.CANCEL)
        seal_history.note(actor, row, _TOLD[Event.CANCEL], reason)
    return len(his)


def expire_old(*, now: datetime) -> int:
    """Write down that the time of seals is over, organization by organization; how many those were.

    They are refused from their last moment on, whether this has run or not.
    """
    with scope.platform():
        tenants = list(Tenant.objects.order_by("id").values_list("id", flat=True))
    return sum(_expire(tenant_id, now) for tenant_id in tenants)


def _expire(tenant_id: UUID, now: datetime) -> int:
    with scope.entered(person_id=None, tenant_id=tenant_id):
        rows = Seal.objects.select_for_update().filter(tenant_id=tenant_id, valid_until_at__lte=now)
        over = list(rows.filter(state__in=(State.IN_USE, State.FROZEN)).order_by("id"))
        for row in over:
            _move(row, Event.EXPIRE)
            seal_history.note(None, row, _TOLD[Event.EXPIRE])
            facts = _facts(row)
            ledger.append(_TOLD[Event.EXPIRE], envelope_id=None, person_id=None, facts=facts, at=now)
        return len(over)


def set_certificates(asking: Asking, *, seal_id: str, certificate_ids: Sequence[str]) -> wire.Seal:
    """Choose anew which certificates may apply a seal of the organization; its object is made anew.

    Raises Refused(SEALS_NOT_GRANTED, SEAL_NOT_FOUND, SEAL_NOT_IN_USE, TENANT_NOT_VERIFIED or
    CERTIFICATE_NOT_FOUND), and what the maker cannot be had with.
    """
    maker = seal_maker.current()
    return _set_certificates(asking, seal_id=seal_id, certificate_ids=certificate_ids, maker=maker)


@action("seal.certificates_chosen")
def _set_certificates(
    actor: Actor, *, seal_id: str, certificate_ids: Sequence[str], maker: Maker
) -> Done[wire.Seal]:
    row = permits.administered(actor, seal_id, is_locking=True).seal
    permits.require_verified(actor)
    using.require_in_use(row)
    seal_certificates.bind(actor, row, certificate_ids)
    eseals.renew(row, owner=actor.tenant_name, maker=maker, at=timezone.now())
    seal_history.note(actor, row, "seal.certificates_chosen")
    return _done(actor, row, certificates=len(set(certificate_ids)))


@action("seal.granted")
def grant(
    actor: Actor,
    *,
    seal_id: str,
    holder_kind: HolderKind,
    holder_id: str,
    until_at: datetime | None,
    needs_approval: bool,
) -> Done[wire.SealGrant]:
    """Let a holder apply a seal; given again, the later word holds.

    Raises Refused(SEALS_NOT_GRANTED, SEAL_NOT_FOUND, MEMBER_NOT_FOUND, ROLE_NOT_FOUND, DEPARTMENT_NOT_FOUND,
    MEMBER_HAS_LEFT, SEAL_NOT_IN_USE or GRANT_ENDS_BEFORE).
    """
    permit = permits.administered(actor, seal_id, is_locking=True)
    using.require_in_use(permit.seal)
    holder = permits.holder(permit, holder_kind, holder_id)
    at = timezone.now()
    if until_at is not None and until_at <= at:
        raise Refused(Problem.GRANT_ENDS_BEFORE)
    said = {
        "until_at": until_at,
        "needs_approval": needs_approval,
        "granted_by_id": actor.person_id,
        "granted_at": at,
    }
    given = {"tenant_id": actor.tenant_id, "seal": permit.seal, **holder.columns}
    row, _ = SealGrant.objects.update_or_create(defaults=said, **given)  # type: ignore[arg-type]
    seal_history.note(actor, permit.seal, "seal.granted", holder.name)
    until = until_at.isoformat() if until_at else None
    facts = _facts(permit.seal) | {"to": holder.name, "holder": str(holder_kind), "until": until}
    return Done(reading.grant(row), _trace(actor, facts | {"needs_approval": needs_approval}))


@action("seal.grant_withdrawn")
def withdraw(actor: Actor, *, seal_id: str, grant_id: str) -> Done[None]:
    """Take a grant back, from the next request on. Raises Refused(GRANT_NOT_FOUND) and what `grant` raises."""
    permit = permits.administered(actor, seal_id, is_locking=True)
    row = permits.grant(permit, grant_id)
    shown = reading.grant(row)
    row.delete()
    seal_history.note(actor, permit.seal, "seal.grant_withdrawn", shown.holder_name)
    facts = _facts(permit.seal) | {"from": shown.holder_name, "holder": str(shown.holder_kind)}
    return Done(None, _trace(actor, facts))


def _done(actor: Actor, row: Seal, **facts: ledger.Fact) -> Done[wire.Seal]:
    (shown,) = reading.shown(actor, [row])
    return Done(shown, _trace(actor, _facts(row) | facts))


def _trace(actor: Actor, facts: ledger.Facts) -> Trace:
    return Trace(scope.Pass(actor.tenant_id), None, facts)


def _facts(row: Seal) -> dict[str, ledger.Fact]:
    return {"seal_id": str(row.id), "seal": row.name, "state": str(row.state)}
