"""Certificates and requests for binding, as their people and whoever decides on them see them."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from yunqian.crypto import certificates
from yunqian.server.access import certificates as permits
from yunqian.server.access.actor import Actor
from yunqian.server.queries import cursors, query
from yunqian.server.records.models import AuditEvent, BindingRequest, Certificate, Person, SealCertificate
from yunqian.wire import certificates as wire

MOST_SHOWN = 100


@query
def mine(actor: Actor) -> tuple[wire.BoundCertificate, ...]:
    """The actor's own certificates in this organization and the organization's, newest first.

    Every signature shows the organization's to the world; which seals they may apply for him is another question.
    """
    his = Q(person_id=actor.person_id) | Q(person_id=None)
    rows = Certificate.objects.filter(his, tenant_id=actor.tenant_id)
    return shown(actor, list(rows.order_by("-bound_at", "-id")[:MOST_SHOWN]))


@query
def my_requests(actor: Actor) -> tuple[wire.BindingRequest, ...]:
    """The actor's own requests, newest first."""
    rows = BindingRequest.objects.filter(tenant_id=actor.tenant_id, person_id=actor.person_id)
    return tuple(request(actor, row) for row in rows.order_by("-created_at", "-id")[:MOST_SHOWN])


@query
def of_organization(actor: Actor, *, cursor: str | None, limit: int) -> wire.CertificatePage:
    """Every certificate that is or was bound here. Raises Refused(CERTIFICATES_NOT_GRANTED)."""
    permits.decide(actor)
    rows = Certificate.objects.filter(tenant_id=actor.tenant_id)
    page, following = cursors.page(rows, cursor, limit=limit, column="bound_at")
    return wire.CertificatePage(items=shown(actor, page), next_cursor=following)


@query
def to_decide(actor: Actor, *, cursor: str | None, limit: int) -> wire.BindingRequestPage:
    """What is to be decided and was decided. Raises Refused(CERTIFICATES_NOT_GRANTED)."""
    permits.decide(actor)
    rows = BindingRequest.objects.filter(tenant_id=actor.tenant_id)
    page, following = cursors.page(rows, cursor, limit=limit)
    return wire.BindingRequestPage(items=tuple(request(actor, row) for row in page), next_cursor=following)


@query
def history(actor: Actor, *, certificate_id: str) -> tuple[wire.CertificateEvent, ...]:
    """What happened to a certificate, newest first, from the ledger. Raises Refused(CERTIFICATE_NOT_FOUND)."""
    named = str(permits.seen(actor, certificate_id).certificate.id)
    told = Q(facts__certificate_id=named) | Q(facts__replaces_id=named)
    events = AuditEvent.objects.filter(told, tenant_id=actor.tenant_id, kind__startswith="certificate.")
    found = list(events.order_by("-sequence")[:MOST_SHOWN])
    people = _names(event.person_id for event in found)
    return tuple(
        wire.CertificateEvent(
            kind="certificate.replaced" if event.facts.get("replaces_id") == named else event.kind,
            at=event.at,
            person_name=people.get(event.person_id),
            reason=event.facts.get("reason"),
        )
        for event in found
    )


def shown(actor: Actor, rows: list[Certificate]) -> tuple[wire.BoundCertificate, ...]:
    """Rows of the actor's organization as messages, with the names of people and seals found at once."""
    people = _names(row.person_id for row in rows)
    links = SealCertificate.objects.filter(certificate__in=rows).order_by("seal__name", "id")
    seals: dict[UUID, list[str]] = {}
    for certificate_id, name in links.values_list("certificate_id", "seal__name"):
        seals.setdefault(certificate_id, []).append(name)
    heirs = [row.replaced_by_id for row in rows if row.replaced_by_id]
    replaced = dict(Certificate.objects.filter(id__in=heirs).values_list("id", "sha256"))
    return tuple(
        _shown(actor, row, people, tuple(seals.get(row.id, ())), replaced.get(row.replaced_by_id or row.id))
        for row in rows
    )


def _shown(
    actor: Actor,
    row: Certificate,
    people: dict[UUID | None, str],
    seals: tuple[str, ...],
    replaced_by: str | None,
) -> wire.BoundCertificate:
    read = certificates.read(bytes(row.der))
    return wire.BoundCertificate(
        id=str(row.id),
        sha256=row.sha256,
        owner=row.owner,
        subject=read.subject,
        issuer=read.issuer_name,
        serial_hex=read.serial_hex,
        not_before_at=row.not_before_at,
        not_after_at=row.not_after_at,
        state=wire.CertificateState(row.state),
        bound_at=row.bound_at,
        person_name=people.get(row.person_id),
        is_mine=row.person_id == actor.person_id,
        replaced_by=replaced_by if row.replaced_by_id else None,
        seals=seals,
    )


def request(actor: Actor, row: BindingRequest) -> wire.BindingRequest:
    """A request as a message."""
    read = certificates.read(bytes(row.der))
    return wire.BindingRequest(
        id=str(row.id),
        state=wire.BindingRequestState(row.state),
        sha256=row.sha256,
        owner=row.owner,
        subject=read.subject,
        issuer=read.issuer_name,
        not_after_at=read.not_after_at,
        for_organization=row.for_organization,
        person_name=row.person_name,
        is_mine=row.person_id == actor.person_id,
        asked_at=row.created_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by_name or None,
        decision=row.decision or None,
    )


def _names(person_ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    wanted = {one for one in person_ids if one}
    return dict(Person.objects.filter(id__in=wanted).values_list("id", "name"))
