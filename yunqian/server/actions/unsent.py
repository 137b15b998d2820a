"""Documents that were uploaded and wait to be sent: how many one person may leave, and what becomes of them.

A row goes first and its bytes afterwards, by a job, so that no row ever names bytes that are gone. The vault
stores equal bytes of an organization once: whoever names a blob and whoever removes one take the same lock.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Sum
from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.server import scope, settings
from yunqian.server.access.actor import Actor
from yunqian.server.actions import later, ledger
from yunqian.server.adapters import vault
from yunqian.server.records.models import Revision, Tenant, Upload

MOST = 50
MOST_LARGEST = 10  # bytes are limited to those of so many documents of the largest size
HOURS_KEPT = 24
SWEPT_AT_ONCE = 500  # rows of one organization in one transaction; the next sweep takes the rest
MEGABYTE = 1024 * 1024


def require_room(actor: Actor, *, size_bytes: int = 0) -> None:
    """Raise Refused(UPLOADS_TOO_MANY) when one more of this size is more than the actor may leave unsent."""
    rows = Upload.objects.filter(person_id=actor.person_id, tenant_id=actor.tenant_id, used_at=None)
    found = rows.aggregate(count=Count("id"), size=Sum("size_bytes"))
    count, size = found["count"], int(found["size"] or 0)
    if count >= MOST or size + size_bytes > MOST_LARGEST * settings.current().upload_limit_bytes:
        raise Refused(
            Problem.UPLOADS_TOO_MANY, count=count, size_mb=round(size / MEGABYTE, 1), hours=HOURS_KEPT
        )


def take_turns(actor: Actor) -> None:
    """Let the actor's uploads be counted one after another, until the end of the transaction."""
    scope.alone(f"uploads|{actor.tenant_id}|{actor.person_id}")


def hold(tenant_id: UUID, sha256: str) -> None:
    """Keep this blob from being removed until the end of the transaction that will name it."""
    scope.alone(f"blob|{tenant_id}|{sha256}")


def let_go(row: Upload) -> None:
    """Delete the row, and let a job remove its bytes once that is committed."""
    Upload.objects.filter(id=row.id).delete()
    later.defer(later.BLOB_UNNAMED, tenant_id=str(row.tenant_id), sha256=row.blob_sha256)


def remove_blob(*, tenant_id: UUID, sha256: str) -> None:
    """Remove an upload's bytes unless another upload or a sent document names them. Harmless when repeated."""
    with scope.entered(person_id=None, tenant_id=tenant_id):
        hold(tenant_id, sha256)
        named = (rows.filter(blob_sha256=sha256) for rows in (Upload.objects, Revision.objects))
        if not any(rows.exists() for rows in named):
            vault.current().remove(tenant_id, sha256)


def sweep(*, before: datetime) -> None:
    """Let go of what was uploaded before this time and not sent, organization by organization."""
    with scope.platform():
        tenants = list(Tenant.objects.order_by("id").values_list("id", flat=True))
    for tenant_id in tenants:
        with scope.entered(person_id=None, tenant_id=tenant_id):
            _sweep_own(before)


def _sweep_own(before: datetime) -> None:
    """A row that somebody is sending at this moment is locked, and skipped."""
    rows = Upload.objects.select_for_update(skip_locked=True).filter(used_at=None, created_at__lt=before)
    old = list(rows.order_by("created_at")[:SWEPT_AT_ONCE])
    for row in old:
        let_go(row)
    if old:
        facts: ledger.Facts = {"uploads": len(old)}
        ledger.append("upload.expired", envelope_id=None, person_id=None, facts=facts, at=timezone.now())
