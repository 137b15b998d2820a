"""The ledger of audit events, read back: as its parties see it, and as a chain that can be checked."""

from uuid import UUID

from yunqian.evidence import chain
from yunqian.server import scope
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor
from yunqian.server.queries import query
from yunqian.server.records.models import AuditEvent, Person
from yunqian.wire.envelope import AuditEntry


@query
def of_envelope(actor: Actor, *, envelope_id: str) -> tuple[AuditEntry, ...]:
    """Every event of the envelope, oldest first, for its initiator and its signers."""
    granted = permit.view(actor, envelope_id)
    events = list(AuditEvent.objects.filter(envelope=granted.envelope).order_by("sequence"))
    names = dict(
        Person.objects.filter(id__in={event.person_id for event in events}).values_list("id", "name")
    )
    return tuple(
        AuditEntry(
            sequence=event.sequence,
            kind=event.kind,
            at=event.at,
            person_name=names.get(event.person_id) if event.person_id else None,
            facts=event.facts,
            hash=event.hash,
        )
        for event in events
    )


def chain_of(envelope_id: UUID | None, tenant_id: UUID) -> str:
    """The name of a ledger: one per envelope, and one per organization for what has no envelope."""
    return f"envelope:{envelope_id}" if envelope_id else f"tenant:{tenant_id}"


def breaks(*, tenant_id: UUID, envelope_id: UUID | None) -> tuple[chain.Break, ...]:
    """Compute every hash of one ledger again, for the organization that owns it. Empty: the ledger is whole."""
    with scope.reading(person_id=None, tenant_id=tenant_id):
        name = chain_of(envelope_id, tenant_id)
        events = AuditEvent.objects.filter(tenant_id=tenant_id, chain=name).order_by("sequence")
        return chain.breaks([as_link(event) for event in events])


def as_link(event: AuditEvent) -> chain.Link:
    """A stored event as the pure half sees it."""
    return chain.Link(
        chain=event.chain,
        sequence=event.sequence,
        previous_hash=event.previous_hash,
        kind=event.kind,
        person=str(event.person_id) if event.person_id else None,
        facts=event.facts,
        at=event.at,
        hash=event.hash,
    )
