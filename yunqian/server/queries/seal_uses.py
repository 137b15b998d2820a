"""Single uses that are asked for, and the ledger of every use of a seal (用印台账)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from yunqian.problems import Problem, Refused
from yunqian.server.access import seals as permits
from yunqian.server.access.actor import Actor
from yunqian.server.queries import cursors, exports, query
from yunqian.server.queries.exports import Format, Sheet
from yunqian.server.queries.seals import MOST_SHOWN
from yunqian.server.records.models import SealUse, SealUseApproval
from yunqian.wire import seals as wire

MOST_EXPORTED = 20_000
_HEAD = ("时间", "印章", "任务", "文件", "版本", "用印人", "证书", "证书指纹")


@dataclass(frozen=True)
class Search:
    """What is looked for in the ledger; `text` is a part of the seal's, task's, document's or person's name."""

    seal_id: str | None = None
    person: str = ""
    title: str = ""
    since_at: datetime | None = None
    until_at: datetime | None = None


@query
def my_approvals(actor: Actor) -> tuple[wire.SealUseApproval, ...]:
    """The actor's own requests, newest first."""
    rows = SealUseApproval.objects.filter(tenant_id=actor.tenant_id, person_id=actor.person_id)
    newest = rows.select_related("seal").order_by("-created_at", "-id")
    return tuple(approval(actor, row) for row in newest[:MOST_SHOWN])


@query
def to_decide(actor: Actor, *, cursor: str | None, limit: int) -> wire.SealUseApprovalPage:
    """Requests of the whole organization. Raises Refused(SEALS_NOT_GRANTED)."""
    permits.manage(actor)
    rows = SealUseApproval.objects.filter(tenant_id=actor.tenant_id).select_related("seal")
    page, following = cursors.page(rows, cursor, limit=limit)
    return wire.SealUseApprovalPage(items=tuple(approval(actor, row) for row in page), next_cursor=following)


@query
def ledger(actor: Actor, *, search: Search, cursor: str | None, limit: int) -> wire.SealUsePage:
    """Uses of the organization's seals, newest first. Raises Refused(SEALS_NOT_GRANTED)."""
    page, following = cursors.page(found_in_ledger(actor, search), cursor, limit=limit, column="at")
    return wire.SealUsePage(items=tuple(_use(row) for row in page), next_cursor=following)


def exported(actor: Actor, search: Search) -> Sheet:
    """What was found as CSV. Raises Refused(SEALS_NOT_GRANTED or SEAL_LEDGER_TOO_LONG)."""
    rows = list(found_in_ledger(actor, search).order_by("-at", "-id")[: MOST_EXPORTED + 1])
    if len(rows) > MOST_EXPORTED:
        raise Refused(Problem.SEAL_LEDGER_TOO_LONG, limit=MOST_EXPORTED)
    return exports.sheet("seal-ledger", Format.CSV, _HEAD, map(_cells, rows))


def _cells(row: SealUse) -> tuple[str, ...]:
    when, what = row.at.isoformat(timespec="seconds"), (row.seal_name, row.envelope_title, row.document_name)
    return (when, *what, str(row.revision), row.person_name, row.certificate_owner, row.certificate_sha256)


def found_in_ledger(actor: Actor, search: Search) -> QuerySet[SealUse]:
    """The lines that a search means, of seals of the organization itself. Raises Refused(SEALS_NOT_GRANTED)."""
    permits.manage(actor)
    rows = SealUse.objects.filter(tenant_id=actor.tenant_id, seal__person=None)
    if search.seal_id:
        rows = rows.filter(seal_id=_uuid(search.seal_id))
    if search.person:
        rows = rows.filter(person_name__icontains=search.person)
    if search.title:
        rows = rows.filter(envelope_title__icontains=search.title)
    if search.since_at:
        rows = rows.filter(at__gte=search.since_at)
    if search.until_at:
        rows = rows.filter(at__lt=search.until_at)
    return rows


def approval(actor: Actor, row: SealUseApproval) -> wire.SealUseApproval:
    """A request as a message."""
    return wire.SealUseApproval(
        id=str(row.id),
        state=wire.SealUseApprovalState(row.state),
        seal_id=str(row.seal_id),
        seal_name=row.seal.name,
        envelope_id=str(row.envelope_id),
        envelope_title=row.envelope_title,
        person_name=row.person_name,
        is_mine=row.person_id == actor.person_id,
        reason=row.reason,
        asked_at=row.created_at,
        decided_at=row.decided_at,
        decided_by=row.decided_by_name or None,
        decision=row.decision or None,
    )


def _use(row: SealUse) -> wire.SealUse:
    return wire.SealUse(
        id=str(row.id),
        at=row.at,
        seal_id=str(row.seal_id),
        seal_name=row.seal_name,
        envelope_id=str(row.envelope_id),
        envelope_title=row.envelope_title,
        document_name=row.document_name,
        revision=row.revision,
        person_name=row.person_name,
        certificate_owner=row.certificate_owner,
        certificate_sha256=row.certificate_sha256,
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused(Problem.SEAL_NOT_FOUND) from None
