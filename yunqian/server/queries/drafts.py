"""Drafts of one person, opened: the content is sealed in its row, for numbers and names of people stand in it."""

from uuid import UUID

from django.db.models import QuerySet

from yunqian.server.access.actor import Actor
from yunqian.server.adapters import personal
from yunqian.server.queries import query
from yunqian.server.records.models import Draft, Upload
from yunqian.wire import start as wire

_TABLE, _COLUMN = "draft", "content"


@query
def mine(actor: Actor) -> tuple[wire.Draft, ...]:
    """The actor's drafts in this organization, the last changed first."""
    return tuple(shown(actor, row) for row in own(actor).order_by("-changed_at", "-id"))


def own(actor: Actor) -> QuerySet[Draft]:
    """The actor's rows: a draft is nobody else's business."""
    return Draft.objects.filter(tenant_id=actor.tenant_id, person_id=actor.person_id)


def shown(actor: Actor, row: Draft) -> wire.Draft:
    """A draft as its owner sees it, with what has been forgotten of its uploads meanwhile."""
    text = personal.open_(bytes(row.content_sealed), table=_TABLE, column=_COLUMN, row_id=str(row.id))
    content = wire.DraftContent.model_validate_json(text)
    return wire.Draft(
        id=str(row.id),
        version=row.version,
        changed_at=row.changed_at,
        content=content,
        gone=_gone(actor, content),
    )


def sealed(content: wire.DraftContent, *, row_id: UUID) -> bytes:
    """The content as its row keeps it."""
    return personal.seal(
        content.model_dump_json(exclude_defaults=True), table=_TABLE, column=_COLUMN, row_id=str(row_id)
    )


def _gone(actor: Actor, content: wire.DraftContent) -> tuple[str, ...]:
    named = [one.id for one in content.uploads]
    if not named:
        return ()
    his = Upload.objects.filter(tenant_id=actor.tenant_id, person_id=actor.person_id, used_at=None)
    kept = {str(one) for one in his.values_list("id", flat=True)}
    return tuple(one for one in named if one not in kept)
