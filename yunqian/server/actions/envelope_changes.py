"""What may still happen to an envelope that was sent: declined, recalled, extended, sent on, reminded (manual 6.2).

All of it is decided on the locked row: a signature that is just being stored comes either before or not at all.
Who else has to know is told in the same transaction.
"""

import math
from datetime import datetime

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import EnvelopeEvent, EnvelopeState, RecipientEvent, RecipientState
from yunqian.rules.who_may import Right
from yunqian.server import scope
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor
from yunqian.server.access.permit import Permit
from yunqian.server.actions import Done, Trace, action, due, envelope, ledger, notices, refusals_recorded
from yunqian.server.actions.notices import Event
from yunqian.server.queries import envelope as reading
from yunqian.server.queries.after import REMINDED_AGAIN_AFTER
from yunqian.server.records.base import advance
from yunqian.server.records.models import Recipient
from yunqian.wire.envelope import EnvelopeDetail, ForwardEnvelope
from yunqian.wire.notices import NoticeKind

MOST_RECIPIENTS = 50


@refusals_recorded("decline.refused")
@action("envelope.declined")
def decline(actor: Actor, *, envelope_id: str, reason: str) -> Done[EnvelopeDetail]:
    """A signer whose turn it is says no, and the envelope ends; what others signed stays in its revisions.

    Raises what rules.who_may says of Right.DECLINE.
    """
    granted = permit.change(actor, envelope_id, Right.DECLINE)
    with scope.switched(granted):
        advance(Recipient.objects.get(id=granted.recipient_id), RecipientEvent.DECLINE)
        _end(granted, EnvelopeEvent.DECLINE, reason)
    _tell_everybody(granted, NoticeKind.DECLINED)
    return done(granted, reason=reason)


@action("envelope.voided")
def void(actor: Actor, *, envelope_id: str, reason: str) -> Done[EnvelopeDetail]:
    """Its initiator recalls it: nobody signs it any more. Raises what rules.who_may says of Right.VOID."""
    granted = permit.change(actor, envelope_id, Right.VOID)
    with scope.switched(granted):
        _end(granted, EnvelopeEvent.VOID, reason)
    _tell_everybody(granted, NoticeKind.RECALLED)
    return done(granted, reason=reason)


@action("envelope.extended")
def extend(actor: Actor, *, envelope_id: str, deadline_at: datetime | None) -> Done[EnvelopeDetail]:
    """Another deadline, or none; one that is over goes on. Raises what rules.who_may says of Right.EXTEND."""
    granted = permit.change(actor, envelope_id, Right.EXTEND)
    now = timezone.now()
    envelope.refuse_deadline(deadline_at, now)
    row = granted.envelope
    with scope.switched(granted):
        if row.state == EnvelopeState.EXPIRED:
            advance(row, EnvelopeEvent.REOPEN)
        row.deadline_at = deadline_at
        row.save(update_fields=["deadline_at"])
        due.plan(row)
    event = Event(NoticeKind.EXTENDED, row.id, now.isoformat(), by=actor.name, deadline_at=deadline_at)
    notices.tell(event, notices.seats(granted.recipients, RecipientState.READY), besides=actor.person_id)
    return done(granted, deadline=deadline_at.isoformat() if deadline_at else None)


@refusals_recorded("forward.refused")
@action("envelope.forwarded")
def forward(actor: Actor, *, envelope_id: str, request: ForwardEnvelope) -> Done[EnvelopeDetail]:
    """Send it on to more people, who come after everybody who is there already (manual 6.2).

    A completed one is open again when somebody else has to sign; a deadline that is over by then is none.
    Raises what rules.who_may says of Right.FORWARD, and what starting refuses in recipients.
    """
    granted = permit.change(actor, envelope_id, Right.FORWARD)
    last = max(one.turn for one in granted.recipients)
    wanted = [one.model_copy(update={"turn": one.turn + last}) for one in request.recipients]
    people = envelope.people(actor, wanted)
    there = {one.person_id for one in granted.recipients}
    if there & {one.person.id for one in people}:
        raise Refused(Problem.REQUEST_INVALID, detail="recipients: the same signer twice")
    if len(there) + len(people) > MOST_RECIPIENTS:
        raise Refused(Problem.REQUEST_INVALID, detail="recipients: too many")
    with scope.switched(granted):
        is_reopened = _reopen(granted, any(not one.is_copy for one in wanted))
        added = envelope.address(granted.envelope, wanted, people)
        recipients = list(Recipient.objects.filter(envelope=granted.envelope).order_by("turn", "id"))
        called = envelope.call_next(recipients)
    _tell_sent_on(granted, added, called)
    return done(granted, recipients=len(people), is_reopened=is_reopened)


def _reopen(granted: Permit, is_signed_again: bool) -> bool:
    """A completed envelope is open again for further signers; whether it was."""
    row = granted.envelope
    if row.state != EnvelopeState.COMPLETED or not is_signed_again:
        return False
    advance(row, EnvelopeEvent.REOPEN)
    row.completed_at = None
    if row.deadline_at is not None and row.deadline_at <= timezone.now():
        row.deadline_at = None
    row.save(update_fields=["completed_at", "deadline_at"])
    due.plan(row)
    return True


def _tell_sent_on(granted: Permit, added: list[Recipient], called: list[Recipient]) -> None:
    row, actor = granted.envelope, granted.actor
    notices.called(actor, row, called)
    event = Event(NoticeKind.COPIED, row.id, "", by=row.initiator_name)
    notices.tell(event, notices.seats(added, RecipientState.COPIED), besides=actor.person_id)
    event = Event(NoticeKind.SENT_ON, row.id, str(added[0].id), by=actor.name)
    notices.tell(event, notices.everybody(row, granted.recipients), besides=actor.person_id)


@action("envelope.reminded")
def remind(actor: Actor, *, envelope_id: str) -> Done[EnvelopeDetail]:
    """Remind those whose turn it is, once an hour at most (催办).

    Raises what rules.who_may says of Right.REMIND, and Refused(REMINDED_LATELY).
    """
    granted = permit.change(actor, envelope_id, Right.REMIND)
    row, now = granted.envelope, timezone.now()
    again = (row.reminded_at or now - REMINDED_AGAIN_AFTER) + REMINDED_AGAIN_AFTER
    if again > now:
        raise Refused(Problem.REMINDED_LATELY, minutes=math.ceil((again - now).total_seconds() / 60))
    with scope.switched(granted):
        row.reminded_at = now
        row.save(update_fields=["reminded_at"])
    waiting = notices.seats(granted.recipients, RecipientState.READY)
    event = Event(NoticeKind.REMINDED, row.id, now.isoformat(), by=actor.name, deadline_at=row.deadline_at)
    notices.tell(event, waiting, besides=actor.person_id)
    return done(granted, people=len(waiting))


def _end(granted: Permit, event: EnvelopeEvent, reason: str) -> None:
    row = granted.envelope
    advance(row, event)
    row.ended_by_name, row.ended_reason = granted.actor.name, reason
    row.save(update_fields=["ended_by_name", "ended_reason"])


def _tell_everybody(granted: Permit, kind: NoticeKind) -> None:
    """It is over, once and for all."""
    row, actor = granted.envelope, granted.actor
    told = Event(kind, row.id, "", by=actor.name)
    notices.tell(told, notices.everybody(row, granted.recipients), besides=actor.person_id)


def done(granted: Permit, **facts: ledger.Fact) -> Done[EnvelopeDetail]:
    """The envelope as it stands after the change, for who changed it."""
    shown = reading.shown(permit.view(granted.actor, str(granted.envelope.id)))
    return Done(shown, Trace(granted, granted.envelope.id, facts))
