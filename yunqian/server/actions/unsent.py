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
from yunqian.server.records.models import IncomingUpload, Revision, Tenant, Upload

MOST = 50
MOST_LARGEST = 10  # bytes are limited to those of so many documents of the largest size
HOURS_KEPT = 24
SWEPT_AT_ONCE = 500  # rows of one organization in one transaction; the next sweep takes the rest
MEGABYTE = 1024 * 1024


def require_room(actor: Actor, *, size_bytes: int = 0, instead: IncomingUpload | None = None) -> None:
    """Raise Refused(UPLOADS_TOO_MANY) when one more of this size is more than the actor may leave unsent.

    What arrives in parts counts with the size that was announced; `instead` is the one whose room is taken.
    """
    his = {"person_id": actor.person_id, "tenant_id": actor.tenant_id}
    waiting = Upload.objects.filter(used_at=None, **his)
    arriving = IncomingUpload.objects.filter(upload=None, **his)
    arriving = arriving.exclude(id=instead.id) if instead is not None else arriving
    found = [rows.aggregate(count=Count("id"), size=Sum("size_bytes")) for rows in (waiting, arriving)]
    count = sum(one["count"] for one in found)
    size = sum(int(one["size"] or 0) for one in found)
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


def let_go_parts(row: IncomingUpload) -> tuple[str, ...]:
    """Have the parts of an upload removed that no longer needs them; they are answered, the row is the caller's."""
    gone = tuple(dict.fromkeys(row.parts))
    for sha256 in gone:
        later.defer(later.BLOB_UNNAMED, tenant_id=str(row.tenant_id), sha256=sha256)
    return gone


def remove_blob(*, tenant_id: UUID, sha256: str) -> None:
    """Remove bytes unless an upload, one that arrives in parts, or a sent document names them; harmless again."""
    with scope.entered(person_id=None, tenant_id=tenant_id):
        hold(tenant_id, sha256)
        named = [rows.filter(blob_sha256=sha256) for rows in (Upload.objects, Revision.objects)]
        arriving = IncomingUpload.objects.filter(parts__contains=[sha256])
        if not any(rows.exists() for rows in (*named, arriving)):
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
    arriving = IncomingUpload.objects.select_for_update(skip_locked=True).filter(created_at__lt=before)
    begun = list(arriving.order_by("created_at")[:SWEPT_AT_ONCE])
    for one in begun:
        let_go_parts(one)
        one.delete()
    forgotten = len(old) + sum(one.upload_id is None for one in begun)
    if forgotten:
        facts: ledger.Facts = {"uploads": forgotten}
        ledger.append("upload.expired", envelope_id=None, person_id=None, facts=facts, at=timezone.now())
