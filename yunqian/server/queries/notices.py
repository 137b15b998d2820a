"""Notices as their person reads them, and what a message of one must know at the moment when it goes out."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from yunqian.rules.lifecycle import DeliveryState
from yunqian.server.access import facts
from yunqian.server.access.actor import Actor
from yunqian.server.queries import cursors, query
from yunqian.server.records.models import Envelope, Notice, NoticeDelivery
from yunqian.wire import notices as wire
from yunqian.wire.notices import Channel, NoticeKind, NoticePage, Unread

COUNTED = 99
"""More than this is shown as “99+”."""


@query
def page(actor: Actor, *, cursor: str | None, limit: int) -> NoticePage:
    """The actor's own notices for the organization he acts for, the newest first."""
    shown, more = cursors.page(_own(actor), cursor, limit=limit)
    titles = _titles(actor, shown)
    failed = _given_up(shown)
    items = tuple(_shown(row, titles, failed.get(row.id, ())) for row in shown)
    return NoticePage(items=items, next_cursor=more)


@query
def unread(actor: Actor) -> Unread:
    """How many the actor has not read."""
    return unread_of(actor)


def unread_of(actor: Actor) -> Unread:
    """The same inside a transaction."""
    found = _own(actor).filter(read_at=None).order_by()[: COUNTED + 1].count()
    return Unread(count=min(found, COUNTED), is_more=found > COUNTED)


def seen_by(person_id: UUID, tenant_id: UUID) -> QuerySet[Envelope]:
    """The envelopes that a person may see for an organization: those he keeps, and those that address him for it."""
    kept = facts.kept_by(person_id) & Q(tenant_id=tenant_id)
    return Envelope.objects.filter(kept | Q(addressed__contains=[f"{person_id}@{tenant_id}"]))


def _own(actor: Actor) -> QuerySet[Notice]:
    return Notice.objects.filter(tenant_id=actor.tenant_id, person_id=actor.person_id)


def _titles(actor: Actor, rows: Iterable[Notice]) -> dict[UUID, str]:
    named = {row.envelope_id for row in rows if row.envelope_id}
    found = seen_by(actor.person_id, actor.tenant_id).filter(id__in=named)
    return dict(found.values_list("id", "title"))


def _given_up(rows: Iterable[Notice]) -> dict[UUID, tuple[Channel, ...]]:
    found: dict[UUID, tuple[Channel, ...]] = {}
    failed = NoticeDelivery.objects.filter(
        notice_id__in=[row.id for row in rows], state=DeliveryState.GIVEN_UP
    )
    for notice_id, channel in failed.order_by("channel").values_list("notice_id", "channel"):
        found[notice_id] = (*found.get(notice_id, ()), Channel(channel))
    return found


def _shown(row: Notice, titles: dict[UUID, str], given_up: tuple[Channel, ...]) -> wire.Notice:
    title = titles.get(row.envelope_id) if row.envelope_id else None
    deadline = row.facts.get("deadline_at")
    return wire.Notice(
        id=str(row.id),
        kind=NoticeKind(row.kind),
        at=row.created_at,
        is_read=row.read_at is not None,
        envelope_id=str(row.envelope_id) if title is not None else None,
        title=title,
        by=row.facts.get("by"),
        subject=row.facts.get("subject"),
        is_granted=row.facts.get("is_granted"),
        deadline_at=datetime.fromisoformat(deadline) if deadline else None,
        given_up=given_up,
    )
