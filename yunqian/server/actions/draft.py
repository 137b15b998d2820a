"""Drafts: what somebody prepares is kept while he does it, for him alone."""

from uuid import uuid4

from django.db import models
from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.server import scope
from yunqian.server.access import found, permit
from yunqian.server.access.actor import Actor
from yunqian.server.actions import Done, Trace, action
from yunqian.server.queries import drafts as reading
from yunqian.server.records.models import Draft
from yunqian.wire import start as wire

MOST = 20
"""A person's drafts in one organization; they are for what is under way, not an archive."""


@action("draft.begun")
def begin(actor: Actor, *, content: wire.DraftContent) -> Done[wire.Draft]:
    """Keep a new draft. Raises Refused(START_NOT_GRANTED or DRAFTS_TOO_MANY)."""
    permit.start(actor)
    scope.alone(f"drafts|{actor.tenant_id}|{actor.person_id}")
    if reading.own(actor).count() >= MOST:
        raise Refused(Problem.DRAFTS_TOO_MANY, most=MOST)
    row_id = uuid4()
    row = Draft.objects.create(
        id=row_id,
        person_id=actor.person_id,
        content_sealed=reading.sealed(content, row_id=row_id),
        changed_at=timezone.now(),
    )
    return Done(reading.shown(actor, row), _trace(actor, row))


@action("draft.saved")
def save(actor: Actor, *, draft_id: str, wanted: wire.SaveDraft) -> Done[wire.Draft]:
    """Change a draft from the version that the page knows.

    The content is kept; the ledger is not told of every key stroke. Raises Refused(DRAFT_NOT_FOUND), and
    Refused(DRAFT_MOVED) where another window saved in the meantime.
    """
    permit.start(actor)
    row = _own(actor, draft_id)
    if row.version != wanted.version:
        raise Refused(Problem.DRAFT_MOVED)
    row.version = wanted.version + 1
    row.content_sealed = reading.sealed(wanted.content, row_id=row.id)
    row.changed_at = timezone.now()
    row.save(update_fields=["version", "content_sealed", "changed_at"])
    return Done(reading.shown(actor, row), None)


@action("draft.dropped")
def drop(actor: Actor, *, draft_id: str) -> Done[None]:
    """Forget a draft of one's own; its uploads go when their time is over. Also without the right to start."""
    row = _own(actor, draft_id)
    trace = _trace(actor, row)
    row.delete()
    return Done(None, trace)


def spend(actor: Actor, draft_id: str) -> None:
    """Forget the draft that becomes an envelope, in the same transaction. Raises Refused(DRAFT_NOT_FOUND)."""
    _own(actor, draft_id).delete()


def _own(actor: Actor, draft_id: str) -> Draft:
    rows: models.QuerySet[Draft] = reading.own(actor).select_for_update()
    return found.one(rows, draft_id, Problem.DRAFT_NOT_FOUND)


def _trace(actor: Actor, row: Draft) -> Trace:
    return Trace(scope.Pass(actor.tenant_id), None, {"draft": str(row.id)})
