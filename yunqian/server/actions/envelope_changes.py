"""What may still happen to an envelope that was sent: declined, recalled, extended, sent on (manual 6.2).

All of it is decided on the locked row: a signature that is just being stored comes either before or not at all.
"""

from datetime import datetime

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import EnvelopeEvent, RecipientEvent
from yunqian.rules.who_may import Right
from yunqian.server import scope
from yunqian.server.access import permit
from yunqian.server.access.actor import Actor, Asking
from yunqian.server.access.permit import Permit
from yunqian.server.actions import Done, Trace, action, envelope, ledger, refusals_recorded
from yunqian.server.actions.envelope import Started
from yunqian.server.queries import envelope as reading
from yunqian.server.records.base import advance
from yunqian.server.records.models import Recipient
from yunqian.wire.envelope import EnvelopeDetail, ForwardEnvelope

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
    return _done(granted, reason=reason)


@action("envelope.voided")
def void(actor: Actor, *, envelope_id: str, reason: str) -> Done[EnvelopeDetail]:
    """Its initiator recalls it: nobody signs it any more. Raises what rules.who_may says of Right.VOID."""
    granted = permit.change(actor, envelope_id, Right.VOID)
    with scope.switched(granted):
        _end(granted, EnvelopeEvent.VOID, reason)
    return _done(granted, reason=reason)


@action("envelope.extended")
def extend(actor: Actor, *, envelope_id: str, deadline_at: datetime | None) -> Done[EnvelopeDetail]:
    """Another deadline, or none; one that is over goes on. Raises what rules.who_may says of Right.EXTEND."""
    granted = permit.change(actor, envelope_id, Right.EXTEND)
    envelope.refuse_deadline(deadline_at, timezone.now())
    with scope.switched(granted):
        granted.envelope.deadline_at = deadline_at
        granted.envelope.save(update_fields=["deadline_at"])
    return _done(granted, deadline=deadline_at.isoformat() if deadline_at else None)


def forward(asking: Asking, *, envelope_id: str, request: ForwardEnvelope, origin: str) -> EnvelopeDetail:
    """Send it on to more people, who come after everybody who is there already; messages go out afterwards.

    Raises what rules.who_may says of Right.FORWARD, and what starting refuses in recipients.
    """
    return envelope.told(_forward(asking, envelope_id=envelope_id, request=request), origin=origin)


@refusals_recorded("forward.refused")
@action("envelope.forwarded")
def _forward(actor: Actor, *, envelope_id: str, request: ForwardEnvelope) -> Done[Started]:
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
        envelope.address(granted.envelope, wanted, people)
        recipients = list(Recipient.objects.filter(envelope=granted.envelope).order_by("turn", "id"))
        envelope.call_next(recipients)
    done = _done(granted, recipients=len(people))
    started = Started(done.answer, envelope.calls(actor, granted.envelope.title, people, recipients))
    return Done(started, done.trace)


def _end(granted: Permit, event: EnvelopeEvent, reason: str) -> None:
    row = granted.envelope
    advance(row, event)
    row.ended_by_name, row.ended_reason = granted.actor.name, reason
    row.save(update_fields=["ended_by_name", "ended_reason"])


def _done(granted: Permit, **facts: ledger.Fact) -> Done[EnvelopeDetail]:
    """The envelope as it stands after the change, for who changed it."""
    shown = reading.shown(permit.view(granted.actor, str(granted.envelope.id)))
    return Done(shown, Trace(granted, granted.envelope.id, facts))
