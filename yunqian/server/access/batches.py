"""Permits for batches: the person who made one, for the organization he made it for; nobody else."""

import re
from dataclasses import dataclass

from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.access import found
from yunqian.server.access.actor import Actor
from yunqian.server.records.models import Batch, BatchLine

_NUMBER = re.compile(r"[1-9][0-9]{0,2}")


@dataclass(frozen=True)
class BatchPermit(scope.Pass):
    """Proof that `batch` is the actor's own."""

    actor: Actor
    batch: Batch


def mine(actor: Actor, batch_id: str) -> BatchPermit:
    """The actor's own batch. Raises Refused(BATCH_NOT_FOUND)."""
    rows = Batch.objects.filter(tenant_id=actor.tenant_id, person_id=actor.person_id)
    return BatchPermit(actor.tenant_id, actor, found.one(rows, batch_id, Problem.BATCH_NOT_FOUND))


def line(granted: BatchPermit, position: str) -> BatchLine:
    """A line of it by its number in text, as it stands in an address. Raises Refused(BATCH_NOT_FOUND)."""
    rows = BatchLine.objects.filter(batch=granted.batch)
    row = rows.filter(position=int(position)).first() if _NUMBER.fullmatch(position) else None
    if row is None:
        raise Refused(Problem.BATCH_NOT_FOUND)
    return row
