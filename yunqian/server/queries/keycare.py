"""Enrolments and unlocks as their persons see them, and as the certificate authority's desk does."""

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import EnrolmentState as Step
from yunqian.rules.lifecycle import UnlockState as State
from yunqian.server.access import keycare as permits
from yunqian.server.access.actor import Actor
from yunqian.server.adapters import desk
from yunqian.server.queries import cursors, orders, query
from yunqian.server.records.keycare import KeyRow
from yunqian.server.records.models import Certificate, Enrolment, Person, Seal, Unlock
from yunqian.wire import key_orders, keycare
from yunqian.wire.envelope import PersonRef
from yunqian.wire.key_orders import NamedKey

MOST_SHOWN = 50
APPROVAL_LASTS = timedelta(hours=24)


@query
def enrolments(actor: Actor, *, origin: str) -> tuple[keycare.Enrolment, ...]:
    """The actor's own applications, newest first."""
    rows = Enrolment.objects.filter(person_id=actor.person_id, tenant_id=actor.tenant_id)
    return tuple(enrolment(actor, row, origin=origin) for row in rows.order_by("-created_at")[:MOST_SHOWN])


@query
def unlocks(actor: Actor, *, origin: str) -> tuple[keycare.Unlock, ...]:
    """The actor's own requests, newest first."""
    rows = Unlock.objects.filter(person_id=actor.person_id, tenant_id=actor.tenant_id)
    return tuple(unlock(actor, row, origin=origin) for row in rows.order_by("-created_at")[:MOST_SHOWN])


@query
def at_desk(actor: Actor, *, cursor: str | None, limit: int) -> keycare.DeskPage:
    """What the desk has to decide and has decided, newest first."""
    permits.desk(actor)
    shown, following = cursors.page(Unlock.objects.select_related("tenant"), cursor, limit=limit)
    return keycare.DeskPage(
        items=tuple(_for_desk(row) for row in shown),
        next_cursor=following,
        is_demo=desk.is_demo(),
    )


@query
def clerk_view(actor: Actor, *, unlock_id: str) -> keycare.DeskUnlock:
    """One request as the desk sees it."""
    permits.desk(actor)
    row = Unlock.objects.filter(id=unlock_id).select_related("tenant").first()
    if row is None:
        raise Refused(Problem.UNLOCK_NOT_FOUND)
    return _for_desk(row)


def named(row: KeyRow) -> NamedKey:
    """The key of a row, as its client calls it."""
    return NamedKey(driver=row.key_driver, serial=row.key_serial, label=row.key_label)


def enrolment(actor: Actor, row: Enrolment, *, origin: str) -> keycare.Enrolment:
    """An application with the order for its next step, while that one lasts."""
    certificate = Certificate.objects.filter(id=row.certificate_id).first() if row.certificate_id else None
    order = None
    if _is_fresh(row) and row.state == Step.ORDERED:
        order = orders.signed(_enrol_order(actor, row, origin))
    elif _is_fresh(row) and row.state == Step.ISSUED and certificate is not None:
        order = orders.signed(_store_order(actor, row, certificate, origin))
    return keycare.Enrolment(
        id=str(row.id),
        state=keycare.EnrolmentState(row.state),
        key=named(row),
        algorithm=row.algorithm,
        owner=row.person_name,
        started_at=row.created_at,
        certificate_sha256=certificate.sha256 if certificate else None,
        order=order,
    )


def unlock(actor: Actor, row: Unlock, *, origin: str) -> keycare.Unlock:
    """A request with the order that unlocks, once it is released and while that order lasts."""
    is_released = row.state == State.RELEASED and row.sealed is not None and _is_fresh(row)
    until = row.decided_at + APPROVAL_LASTS if row.decided_at and row.state == State.APPROVED else None
    return keycare.Unlock(
        id=str(row.id),
        state=keycare.UnlockState(row.state),
        key=named(row),
        code=row.code,
        reason=row.reason,
        asked_at=row.created_at,
        decided_at=row.decided_at,
        decision=row.decision or None,
        good_until_at=until,
        order=orders.signed(_unlock_order(actor, row, origin)) if is_released else None,
    )


def _is_fresh(row: KeyRow) -> bool:
    return row.nonce is not None and row.expires_at is not None and timezone.now() < row.expires_at


def _enrol_order(actor: Actor, row: Enrolment, origin: str) -> key_orders.EnrolOrder:
    return key_orders.EnrolOrder(
        order_id=orders.wire_id(row),
        origin=origin,
        tenant_name=actor.tenant_name,
        person_name=row.person_name,
        key=named(row),
        algorithm=row.algorithm,
        owner=row.person_name,
        **_times(row),
    )


def _store_order(
    actor: Actor, row: Enrolment, certificate: Certificate, origin: str
) -> key_orders.StoreOrder:
    seal = Seal.objects.filter(id=row.seal_id).first() if row.seal_id else None
    eseals = (bytes(seal.eseal),) if seal is not None and seal.eseal is not None else ()
    return key_orders.StoreOrder(
        order_id=orders.wire_id(row),
        origin=origin,
        tenant_name=actor.tenant_name,
        person_name=row.person_name,
        key=named(row),
        certificate=_base64(bytes(certificate.der)),
        seals=tuple(_base64(one) for one in eseals),
        **_times(row),
    )


def _unlock_order(actor: Actor, row: Unlock, origin: str) -> key_orders.UnlockOrder:
    return key_orders.UnlockOrder(
        order_id=orders.wire_id(row),
        origin=origin,
        tenant_name=actor.tenant_name,
        person_name=row.person_name,
        key=named(row),
        public_key=_base64(bytes(row.public_key)),
        sealed=_base64(bytes(row.sealed or b"")),
        **_times(row),
    )


def _times(row: KeyRow) -> dict[str, Any]:
    return {"nonce": row.nonce, "issued_at": row.issued_at, "expires_at": row.expires_at}


def _for_desk(row: Unlock) -> keycare.DeskUnlock:
    return keycare.DeskUnlock(
        id=str(row.id),
        state=keycare.UnlockState(row.state),
        key=named(row),
        reason=row.reason,
        person=PersonRef(
            id=str(row.person_id),
            name=row.person_name,
            account=_account(row.person_id),
            tenant_name=row.tenant.name,
        ),
        asked_at=row.created_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by_name or None,
        decision=row.decision or None,
        tries_left=row.tries_left,
    )


def _account(person_id: UUID) -> str | None:
    """The authority has to know who asks; his account is how the platform names him."""
    person = Person.objects.filter(id=person_id).first()
    return person.account if person else None


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
