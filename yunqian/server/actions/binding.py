"""Binding the certificate of a plugged key: a challenge, its one answer, and what comes of it (manual 2(2)).

The key proves itself first; path and revocation are asked of the authority; then the certificate must say whose it is.
Where it does, it is bound at once. Where it does not, somebody who decides on certificates has to say so, and that is
never who asks. A renewed certificate takes the place of the one before it on the seals.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from yunqian.crypto import certificates, suites
from yunqian.crypto.certificates import Certificate as Read
from yunqian.eseal.make import Maker
from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import BindingRequestEvent
from yunqian.rules.lifecycle import BindingRequestState as State
from yunqian.server import scope
from yunqian.server.access import certificates as permits
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.actions import Done, Trace, action, authorities, ledger, placing, shown_certificates
from yunqian.server.adapters import seal_maker
from yunqian.server.queries import bindings, orders, query
from yunqian.server.queries import certificates as reading
from yunqian.server.records.base import advance
from yunqian.server.records.models import BindingChallenge, BindingRequest, Tenant
from yunqian.wire import certificates as wire
from yunqian.wire.orders import ORDER_LIFETIME_SECONDS, BindOrder, BindResult, SignedOrder, bind_statement

NONCE_BYTES = 32
MOST_IN_A_DAY = 40
_A_DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Challenge:
    """What was given out: the row that this browser may answer, and the order for its security client."""

    id: UUID
    order: SignedOrder


def challenge(asking: Asking, *, certificate: str, for_organization: bool, origin: str) -> Challenge:
    """An order to prove the key of this certificate (DER in base64), good for five minutes.

    Raises Refused(REQUEST_INVALID, CERTIFICATE_USAGE, ALGORITHM_UNSUPPORTED, CERTIFICATE_EXPIRED,
    CERTIFICATE_UNTRUSTED, CERTIFICATES_NOT_GRANTED or KEYCARE_TOO_OFTEN).
    """
    leaf = shown_certificates.read(certificate)
    if not leaf.may_sign:
        raise Refused(Problem.CERTIFICATE_USAGE, owner=leaf.owner)
    suites.suite_of(leaf)
    authorities.path(leaf, at=timezone.now())
    return _begin(asking, leaf=leaf, for_organization=for_organization, origin=origin)


@action("certificate.binding_begun")
def _begin(actor: Actor, *, leaf: Read, for_organization: bool, origin: str) -> Done[Challenge]:
    if for_organization:
        permits.decide(actor)
    at = timezone.now()
    mine = BindingChallenge.objects.filter(person_id=actor.person_id, tenant_id=actor.tenant_id)
    if mine.filter(issued_at__gt=at - _A_DAY).count() >= MOST_IN_A_DAY:
        raise Refused(Problem.KEYCARE_TOO_OFTEN)
    row = BindingChallenge.objects.create(
        person_id=actor.person_id,
        for_organization=for_organization,
        holder_name=actor.tenant_name if for_organization else actor.name,
        der=leaf.der,
        sha256=leaf.sha256,
        owner=leaf.owner[:200],
        origin=origin,
        algorithm=suites.suite_of(leaf).name,
        nonce=secrets.token_hex(NONCE_BYTES),
        issued_at=at,
        expires_at=at + timedelta(seconds=ORDER_LIFETIME_SECONDS),
    )
    given = Challenge(row.id, orders.signed(_order(actor, row)))
    return Done(given, _trace(actor, leaf, {"for_organization": for_organization}))


def bind(asking: Asking, *, challenge_id: UUID | None, result: BindResult) -> wire.Binding:
    """What comes of a proof. The challenge is taken, come what may; it is the one that this browser was given.

    Raises Refused(BINDING_CHALLENGE_OVER, CERTIFICATE_MISMATCH, SIGNATURE_INVALID, CERTIFICATE_OF_ANOTHER,
    CERTIFICATE_STOPPED, BINDING_NAMES_OTHER, BINDING_ASKED_ALREADY) and what the certificate itself is refused with.
    """
    if challenge_id is None or result.order_id != str(challenge_id):
        raise Refused(Problem.BINDING_CHALLENGE_OVER)
    taken = _take(asking, challenge_id=challenge_id)
    leaf = certificates.read(bytes(taken.row.der))
    if shown_certificates.read(result.certificate).sha256 != leaf.sha256:
        raise Refused(Problem.CERTIFICATE_MISMATCH)
    proof = shown_certificates.decoded(result.proof, "proof")
    if not suites.check(suites.suite_of(leaf), leaf, bind_statement(taken.order), proof):
        raise Refused(Problem.SIGNATURE_INVALID)
    _require_good(leaf)
    maker = _maker()
    if _is_clear(asking, leaf=leaf, for_organization=taken.row.for_organization):
        return _bind(asking, leaf=leaf, for_organization=taken.row.for_organization, maker=maker)
    return _ask(asking, leaf=leaf, for_organization=taken.row.for_organization)


@dataclass(frozen=True)
class _Taken:
    row: BindingChallenge
    order: BindOrder


@action("certificate.binding_answered")
def _take(actor: Actor, *, challenge_id: UUID) -> Done[_Taken]:
    """The challenge, for the one who answers first."""
    now = timezone.now()
    mine = BindingChallenge.objects.filter(person_id=actor.person_id, tenant_id=actor.tenant_id)
    if mine.filter(id=challenge_id, taken_at=None, expires_at__gt=now).update(taken_at=now) != 1:
        raise Refused(Problem.BINDING_CHALLENGE_OVER)
    row = mine.get(id=challenge_id)
    leaf = certificates.read(bytes(row.der))
    return Done(_Taken(row, _order(actor, row)), _trace(actor, leaf, {}))


def _require_good(leaf: Read) -> None:
    """Path and revocation as they are now; not knowing is a refusal."""
    authorities.path(leaf, at=timezone.now())
    authorities.require_not_revoked(leaf)


def _maker() -> Maker | None:
    """Who makes seal objects anew; None where there is none, and then no seal may need it."""
    try:
        return seal_maker.current()
    except Refused:
        return None


@query
def _is_clear(actor: Actor, *, leaf: Read, for_organization: bool) -> bool:
    return bindings.is_clear(actor, leaf, for_organization=for_organization)


@action("certificate.bound")
def _bind(actor: Actor, *, leaf: Read, for_organization: bool, maker: Maker | None) -> Done[wire.Binding]:
    person_id = _holder(actor, for_organization)
    if not bindings.is_clear(
        actor, leaf, for_organization=for_organization
    ):  # somebody has stopped one meanwhile
        raise Refused(Problem.BINDING_CHALLENGE_OVER)
    placed = placing.place(actor, leaf, person_id=person_id, maker=maker, at=timezone.now())
    (shown,) = reading.shown(actor, [placed.row])
    answer = wire.Binding(certificate=shown, replaces=placed.replaces.sha256 if placed.replaces else None)
    return Done(answer, _trace(actor, leaf, placed.facts) if placed.is_new else None)


@action("certificate.binding_asked")
def _ask(actor: Actor, *, leaf: Read, for_organization: bool) -> Done[wire.Binding]:
    person_id = _holder(actor, for_organization)
    permits.lock(leaf.sha256)
    known = placing.known(actor, leaf, person_id=person_id)
    if known is not None:
        (shown,) = reading.shown(actor, [known])
        return Done(wire.Binding(certificate=shown), None)
    if BindingRequest.objects.filter(
        tenant_id=actor.tenant_id, sha256=leaf.sha256, state=State.ASKED
    ).exists():
        raise Refused(Problem.BINDING_ASKED_ALREADY, owner=leaf.owner)
    row = BindingRequest.objects.create(
        person_id=actor.person_id,
        person_name=actor.name,
        for_organization=for_organization,
        der=leaf.der,
        sha256=leaf.sha256,
        owner=leaf.owner[:200],
    )
    facts: ledger.Facts = {"request_id": str(row.id), "for_organization": for_organization}
    return Done(wire.Binding(request=reading.request(actor, row)), _trace(actor, leaf, facts))


def _holder(actor: Actor, for_organization: bool) -> UUID | None:
    """Whose it is to be; the organization's only as long as the actor decides on its certificates."""
    if for_organization:
        permits.decide(actor)
        return None
    return actor.person_id


def approve(asking: Asking, *, request_id: str) -> wire.Binding:
    """Bind what was asked for; the authority is asked once more, because days may lie between.

    Raises Refused(CERTIFICATES_NOT_GRANTED, BINDING_NOT_FOUND, DECISION_OF_ONES_OWN, TRANSITION_NOT_ALLOWED,
    MEMBER_NOT_FOUND, CERTIFICATE_OF_ANOTHER) and what the certificate is refused with.
    """
    leaf = _requested(asking, request_id=request_id)
    _require_good(leaf)
    return _approve(asking, request_id=request_id, leaf=leaf, maker=_maker())


@query
def _requested(actor: Actor, *, request_id: str) -> Read:
    row = permits.decided_request(actor, request_id, is_locking=False).request
    return certificates.read(bytes(row.der))


@action("certificate.binding_approved")
def _approve(actor: Actor, *, request_id: str, leaf: Read, maker: Maker | None) -> Done[wire.Binding]:
    row = permits.decided_request(actor, request_id).request
    advance(row, BindingRequestEvent.APPROVE)
    bindings.require_member(actor, row.person_id)
    person_id = None if row.for_organization else row.person_id
    at = timezone.now()
    placed = placing.place(actor, leaf, person_id=person_id, maker=maker, at=at)
    _note_decision(actor, row, at=at)
    (shown,) = reading.shown(actor, [placed.row])
    replaces = placed.replaces.sha256 if placed.replaces else None
    answer = wire.Binding(certificate=shown, request=reading.request(actor, row), replaces=replaces)
    return Done(answer, _trace(actor, leaf, {"request_id": str(row.id), **placed.facts}))


@action("certificate.binding_refused")
def refuse(actor: Actor, *, request_id: str, reason: str) -> Done[wire.BindingRequest]:
    """No, and why."""
    row = permits.decided_request(actor, request_id).request
    advance(row, BindingRequestEvent.REFUSE)
    row.decision = reason
    _note_decision(actor, row, at=timezone.now())
    facts = {"request_id": str(row.id), "reason": reason}
    return Done(reading.request(actor, row), _trace(actor, certificates.read(bytes(row.der)), facts))


@action("certificate.binding_withdrawn")
def withdraw(actor: Actor, *, request_id: str) -> Done[wire.BindingRequest]:
    """Take one's own request back."""
    row = permits.own_request(actor, request_id).request
    advance(row, BindingRequestEvent.WITHDRAW)
    facts = {"request_id": str(row.id)}
    return Done(reading.request(actor, row), _trace(actor, certificates.read(bytes(row.der)), facts))


def _note_decision(actor: Actor, row: BindingRequest, *, at: datetime) -> None:
    row.decided_by_id, row.decided_by_name, row.decided_at = actor.person_id, actor.name, at
    row.save(update_fields=["decided_by", "decided_by_name", "decided_at", "decision"])


def forget_old(*, now: datetime) -> None:
    """Delete the challenges that are over and counted for nothing any more, organization by organization."""
    with scope.platform():
        tenants = list(Tenant.objects.order_by("id").values_list("id", flat=True))
    for tenant_id in tenants:
        with scope.entered(person_id=None, tenant_id=tenant_id):
            BindingChallenge.objects.filter(tenant_id=tenant_id, expires_at__lt=now - _A_DAY).delete()


def _order(actor: Actor, row: BindingChallenge) -> BindOrder:
    return BindOrder(
        order_id=str(row.id),
        origin=row.origin,
        tenant_name=actor.tenant_name,
        person_name=actor.name,
        holder_name=row.holder_name,
        certificate_sha256=row.sha256,
        certificate_owner=row.owner,
        algorithm=row.algorithm,
        nonce=row.nonce,
        issued_at=row.issued_at,
        expires_at=row.expires_at,
    )


def _trace(actor: Actor, leaf: Read, facts: ledger.Facts) -> Trace:
    return Trace(scope.Pass(actor.tenant_id), None, {"certificate_sha256": leaf.sha256, **facts})
