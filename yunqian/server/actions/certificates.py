"""What stops a certificate here, and what gives it back: loss, suspension, revocation (manual 2(2)).

Signing and logging in ask the certificate's row in each transaction, so that the next request already finds it
stopped; the sessions that it opened end with it. What the authority has revoked is found at each use, and by a sweep.
"""

import logging
from collections.abc import Iterator
from uuid import UUID

from django.utils import timezone

from yunqian.crypto import certificates
from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import CertificateEvent as Event
from yunqian.rules.lifecycle import CertificateState as State
from yunqian.server import scope
from yunqian.server.access import certificates as permits
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import Done, Trace, action, ledger, stopped
from yunqian.server.adapters import ca
from yunqian.server.adapters.ca.port import Status
from yunqian.server.queries import certificates as reading
from yunqian.server.queries import query
from yunqian.server.records.base import advance
from yunqian.server.records.models import Certificate, Tenant
from yunqian.wire.certificates import BoundCertificate

_log = logging.getLogger(__name__)
_STOPPABLE = frozenset({State.BOUND, State.SUSPENDED})


def report_loss(asking: Asking, *, certificate_id: str, reason: str) -> BoundCertificate:
    """Stop one's own certificate wherever it is bound (挂失). Reported again, it goes on where it was interrupted.

    Raises Refused(CERTIFICATE_NOT_FOUND or TRANSITION_NOT_ALLOWED).
    """
    shown = _lose(asking, certificate_id=certificate_id, reason=reason)
    for tenant_id in _elsewhere(asking, sha256=shown.sha256):
        _lose_elsewhere(asking, tenant_id=tenant_id, sha256=shown.sha256, reason=reason)
    return shown


@action("certificate.lost")
def _lose(actor: Actor, *, certificate_id: str, reason: str) -> Done[BoundCertificate]:
    row = permits.own(actor, certificate_id, is_locking=True).certificate
    if row.state == State.LOST:
        return Done(_shown(actor, row), None)
    return _moved(actor, row, Event.LOSE, reason)


@query
def _elsewhere(actor: Actor, *, sha256: str) -> tuple[UUID, ...]:
    """The other organizations in which the certificate is his and not stopped yet."""
    with scope.showing(sha256):
        rows = Certificate.objects.filter(sha256=sha256, person_id=actor.person_id, state__in=_STOPPABLE)
        return tuple(rows.exclude(tenant_id=actor.tenant_id).values_list("tenant_id", flat=True))


def _lose_elsewhere(asking: Asking, *, tenant_id: UUID, sha256: str, reason: str) -> None:
    """The same in another organization of his, whether he may act there today or not: a lost key is lost."""
    with scope.entered(person_id=asking.person_id, tenant_id=tenant_id):
        rows = Certificate.objects.select_for_update().filter(tenant_id=tenant_id, sha256=sha256)
        row = rows.filter(person_id=asking.person_id, state__in=_STOPPABLE).first()
        if row is not None:
            _stop(row, Event.LOSE)
            ledger.append(
                "certificate.lost",
                envelope_id=None,
                person_id=asking.person_id,
                facts=_facts(row, reason),
                at=timezone.now(),
            )


@action("certificate.suspended")
def suspend(actor: Actor, *, certificate_id: str, reason: str) -> Done[BoundCertificate]:
    """Stop a certificate of the organization or of one of its people, until it is given back."""
    row = permits.decided(actor, certificate_id).certificate
    return _moved(actor, row, Event.SUSPEND, reason)


@action("certificate.restored")
def restore(actor: Actor, *, certificate_id: str, reason: str) -> Done[BoundCertificate]:
    """Give back what was suspended or reported lost; never one's own.

    Raises Refused(CERTIFICATES_NOT_GRANTED, CERTIFICATE_NOT_FOUND, DECISION_OF_ONES_OWN, TRANSITION_NOT_ALLOWED or
    CERTIFICATE_STOPPED for one whose place a renewed one has taken).
    """
    row = permits.decided(actor, certificate_id).certificate
    if row.person_id == actor.person_id:
        raise Refused(Problem.DECISION_OF_ONES_OWN)
    if row.replaced_by_id is not None:
        stopped.require_bound(State.REPLACED, owner=row.owner)
    advance(row, Event.RESTORE)
    return Done(_shown(actor, row), _trace(actor, row, reason))


@action("certificate.revoked")
def revoke(actor: Actor, *, certificate_id: str, reason: str) -> Done[BoundCertificate]:
    """End a binding for good. The authority's own list is not changed by it: that is for its desk."""
    row = permits.decided(actor, certificate_id).certificate
    return _moved(actor, row, Event.REVOKE, reason)


def end_of(*, tenant_id: UUID, person_id: UUID) -> int:
    """End all bindings of a person in an organization, inside the caller's transaction; how many those were."""
    rows = Certificate.objects.select_for_update().filter(tenant_id=tenant_id, person_id=person_id)
    his = list(rows.exclude(state__in=(State.REVOKED, State.REPLACED)).order_by("id"))
    for row in his:
        _stop(row, Event.REVOKE)
    return len(his)


def stop_revoked() -> int:
    """Stop every certificate here that its authority has revoked since; how many those were.

    The authority is asked outside any transaction. When it cannot say, the sweep ends and comes again.
    """
    found = 0
    for tenant_id, row in _usable():
        try:
            status = ca.current().status(certificates.read(bytes(row.der)))
        except Refused as refusal:
            _log.warning(
                "certificates were not compared with the authority's list (%s)", refusal.problem.code
            )
            return found
        if status is Status.REVOKED:
            found += _revoked_by_authority(tenant_id, row.id)
    return found


def _usable() -> Iterator[tuple[UUID, Certificate]]:
    """Every certificate that is not stopped and not over, organization by organization."""
    with scope.platform():
        tenants = list(Tenant.objects.order_by("id").values_list("id", flat=True))
    for tenant_id in tenants:
        with scope.reading(person_id=None, tenant_id=tenant_id):
            rows = Certificate.objects.filter(tenant_id=tenant_id, state__in=_STOPPABLE)
            usable = list(rows.filter(not_after_at__gt=timezone.now()))
        yield from ((tenant_id, row) for row in usable)


def _revoked_by_authority(tenant_id: UUID, certificate_id: UUID) -> int:
    with scope.entered(person_id=None, tenant_id=tenant_id):
        rows = Certificate.objects.select_for_update().filter(tenant_id=tenant_id, id=certificate_id)
        row = rows.filter(state__in=_STOPPABLE).first()
        if row is None:
            return 0
        _stop(row, Event.REVOKE)
        facts = _facts(row, None) | {"by_authority": True}
        ledger.append("certificate.revoked", envelope_id=None, person_id=None, facts=facts, at=timezone.now())
        return 1


def _moved(actor: Actor, row: Certificate, event: Event, reason: str) -> Done[BoundCertificate]:
    _stop(row, event)
    return Done(_shown(actor, row), _trace(actor, row, reason))


def _stop(row: Certificate, event: Event) -> None:
    permits.lock(row.sha256)
    advance(row, event)
    stopped.end_sessions(sha256=row.sha256, person_id=row.person_id)


def _shown(actor: Actor, row: Certificate) -> BoundCertificate:
    (shown,) = reading.shown(actor, [row])
    return shown


def _trace(actor: Actor, row: Certificate, reason: str) -> Trace:
    return Trace(scope.Pass(actor.tenant_id), None, _facts(row, reason))


def _facts(row: Certificate, reason: str | None) -> dict[str, ledger.Fact]:
    return {"certificate_id": str(row.id), "certificate_sha256": row.sha256, "reason": reason}
