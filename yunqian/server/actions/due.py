"""What comes due by itself: reminders by the initiator's schedule, and the end at the deadline.

A job waits for the next moment of each envelope; an hourly sweep does what a lost job has not. Both decide on the
locked row, and the moment itself is part of the notice's key, so that whoever comes second does nothing.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from yunqian.rules import deadlines
from yunqian.rules.deadlines import Due, Schedule
from yunqian.rules.lifecycle import EnvelopeEvent, EnvelopeState, RecipientState
from yunqian.server import scope
from yunqian.server.actions import later, ledger, notices
from yunqian.server.actions.notices import Event
from yunqian.server.records.base import advance
from yunqian.server.records.models import Envelope, Recipient, Tenant
from yunqian.wire.notices import NoticeKind

SWEPT_AT_ONCE = 500
_MOMENT = timedelta(microseconds=1)
_KINDS = {Due.REMINDER: NoticeKind.REMINDED, Due.NEAR: NoticeKind.DEADLINE_NEAR}
_log = logging.getLogger(__name__)


def plan(envelope: Envelope, *, after: datetime | None = None) -> None:
    """Find the next moment of an envelope and let a job wait for it, in the transaction that changes its schedule.

    Call it in the scope of the envelope's organization, with its row new or locked.
    """
    following = deadlines.next_due(schedule(envelope), after=after or timezone.now())
    envelope.due_at = following.at if following else None
    envelope.save(update_fields=["due_at"])
    if following:
        later.defer(
            later.ENVELOPE_DUE,
            due_at=following.at,
            tenant_id=str(envelope.tenant_id),
            envelope_id=str(envelope.id),
        )


def schedule(envelope: Envelope) -> Schedule:
    """What its initiator planned."""
    return Schedule(
        since=envelope.created_at,
        deadline_at=envelope.deadline_at,
        remind_before_hours=envelope.remind_before_hours,
        remind_every_days=envelope.remind_every_days,
    )


def come_due(*, tenant_id: UUID, envelope_id: UUID) -> None:
    """Do what is due of an envelope now, once, and plan what follows. Harmless when repeated."""
    now = timezone.now()
    with scope.entered(person_id=None, tenant_id=tenant_id):
        rows = Envelope.objects.select_for_update().filter(tenant_id=tenant_id, id=envelope_id)
        row = rows.filter(state=EnvelopeState.OPEN).first()
        if row is None or row.due_at is None or row.due_at > now:
            return
        # Of reminders that a worker has slept through, one is enough; and past the deadline none is left.
        if deadlines.standing(EnvelopeState.OPEN, row.deadline_at, now) is EnvelopeState.EXPIRED:
            _expire(row, now)
        else:
            _remind(row, now)
            plan(row, after=now)


def sweep(*, now: datetime) -> None:
    """Do what came due and was not done, organization by organization."""
    with scope.platform():
        tenants = list(Tenant.objects.order_by("id").values_list("id", flat=True))
    for tenant_id in tenants:
        with scope.reading(person_id=None, tenant_id=tenant_id):
            late = Envelope.objects.filter(tenant_id=tenant_id, state=EnvelopeState.OPEN, due_at__lt=now)
            found = list(late.order_by("due_at").values_list("id", flat=True)[:SWEPT_AT_ONCE])
        for envelope_id in found:
            come_due(tenant_id=tenant_id, envelope_id=envelope_id)


def _expire(row: Envelope, now: datetime) -> None:
    advance(row, EnvelopeEvent.EXPIRE)
    event = Event(NoticeKind.EXPIRED, row.id, _mark(row.deadline_at), deadline_at=row.deadline_at)
    notices.tell(event, notices.everybody(row, _seats(row)))
    _note("envelope.expired", row, now, {"deadline": _mark(row.deadline_at)})


def _remind(row: Envelope, now: datetime) -> None:
    planned = deadlines.next_due(schedule(row), after=(row.due_at or now) - _MOMENT)
    kind = _KINDS.get(planned.what) if planned and planned.at == row.due_at else None
    if kind is None:  # another schedule by now; what it plans comes at its own time
        return
    event = Event(kind, row.id, _mark(row.due_at), by=row.initiator_name, deadline_at=row.deadline_at)
    waiting = notices.seats(_seats(row), RecipientState.READY)
    notices.tell(event, waiting)
    _note("envelope.reminded", row, now, {"people": len(waiting), "what": str(kind)})


def _note(kind: str, row: Envelope, now: datetime, facts: ledger.Facts) -> None:
    ledger.append(kind, envelope_id=row.id, person_id=None, facts=facts, at=now)


def _seats(row: Envelope) -> list[Recipient]:
    return list(Recipient.objects.filter(tenant_id=row.tenant_id, envelope=row).order_by("turn", "id"))


def _mark(at: datetime | None) -> str:
    return at.isoformat() if at else ""
