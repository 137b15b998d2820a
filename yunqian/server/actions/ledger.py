"""The one appender of audit events: the next link of a chain, inside the transaction of what it records."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from yunqian.evidence import chain
from yunqian.server import scope
from yunqian.server.queries.evidence import as_link, chain_of
from yunqian.server.records.models import AuditEvent

Fact = str | int | bool | None
Facts = Mapping[str, Fact]


def append(
    kind: str,
    *,
    envelope_id: UUID | None,
    person_id: UUID | None,
    facts: Facts,
    at: datetime,
) -> None:
    """Add one event to its chain, in the scope of the organization whose ledger it is.

    A lock for the rest of the transaction makes the sequence free of gaps: whoever comes second reads the
    committed link of the first. It is the last lock an action takes.
    """
    name = chain_of(envelope_id, scope.tenant_id())
    scope.alone(name)
    newest = AuditEvent.objects.filter(chain=name).order_by("-sequence").first()
    link = chain.forge(
        as_link(newest) if newest else None,
        chain=name,
        kind=kind,
        person=str(person_id) if person_id else None,
        facts=facts,
        at=at,
    )
    AuditEvent.objects.create(
        envelope_id=envelope_id,
        chain=name,
        sequence=link.sequence,
        previous_hash=link.previous_hash,
        hash=link.hash,
        kind=kind,
        person_id=person_id,
        facts=dict(facts),
        at=at,
    )
