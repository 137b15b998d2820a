"""Voiding what was signed, by agreement of everybody who signed and of who started it (协商作废).

The signatures stay what they are, true signatures in stored revisions; what ends is the envelope. All of it is decided
on the locked row, so that an answer, a signature and a withdrawal at one moment come one after another.
"""

from django.utils import timezone

from yunqian.problems import Problem, Refused
from yunqian.rules.lifecycle import EndingEvent, EndingState, EnvelopeEvent, EnvelopeState
from yunqian.rules.who_may import Right
from yunqian.server import scope
from yunqian.server.access import facts, found, permit
from yunqian.server.access.actor import Actor
from yunqian.server.access.permit import Permit
from yunqian.server.actions import Done, action, notices, refusals_recorded
from yunqian.server.actions.envelope_changes import done
from yunqian.server.actions.notices import Event
from yunqian.server.queries import after as reading
from yunqian.server.records.base import advance
from yunqian.server.records.models import Ending, EndingVoice
from yunqian.wire.envelope import EnvelopeDetail
from yunqian.wire.notices import NoticeKind

_ENDABLE = (EnvelopeState.OPEN, EnvelopeState.COMPLETED)


@refusals_recorded("ending.refused")
@action("ending.proposed")
def propose(actor: Actor, *, envelope_id: str, reason: str) -> Done[EnvelopeDetail]:
    """Propose to void it; who proposes agrees. The same proposal sent twice is one.

    Raises what rules.who_may says of Right.PROPOSE_END, and Refused(END_PROPOSED_ALREADY).
    """
    granted = permit.change(actor, envelope_id, Right.PROPOSE_END)
    row = reading.newest(granted)
    if row is not None and row.state == EndingState.PROPOSED:
        if row.proposer_id == actor.person_id and row.reason == reason:
            return Done(done(granted).answer, None)
        raise Refused(Problem.END_PROPOSED_ALREADY, proposer=row.proposer_name)
    with scope.switched(granted):
        row = Ending.objects.create(
            envelope=granted.envelope,
            proposer_id=actor.person_id,
            proposer_name=actor.name,
            reason=reason,
        )
        _speak(granted, row, is_agreed=True, reason="")
    if not _end_if_agreed(granted, row):
        _tell(granted, row, NoticeKind.END_PROPOSED)
    return done(granted, ending=str(row.id), reason=reason, state=str(row.state))


@refusals_recorded("ending.refused")
@action("ending.answered")
def answer(
    actor: Actor, *, envelope_id: str, ending_id: str, is_agreed: bool, reason: str
) -> Done[EnvelopeDetail]:
    """Agree, or refuse, which ends the proposal. The same answer given twice is one.

    Raises what rules.who_may says of Right.ANSWER_END, and Refused(END_NOT_FOUND, END_ANSWERED_ALREADY or
    END_IS_DECIDED).
    """
    granted, row = _asked(actor, envelope_id, ending_id)
    mine = next((one for one in reading.voices_of(row) if one.person_id == actor.person_id), None)
    if mine is not None and mine.is_agreed == is_agreed:
        return Done(done(granted).answer, None)
    if mine is not None:
        raise Refused(Problem.END_ANSWERED_ALREADY)
    if row.state != EndingState.PROPOSED or facts.standing(granted.envelope) not in _ENDABLE:
        raise Refused(Problem.END_IS_DECIDED)
    with scope.switched(granted):
        _speak(granted, row, is_agreed=is_agreed, reason=reason)
        if not is_agreed:
            _decide(row, EndingEvent.REFUSE)
    if not is_agreed:
        _tell(granted, row, NoticeKind.END_REFUSED)
    else:
        _end_if_agreed(granted, row)
    return done(granted, ending=ending_id, is_agreed=is_agreed, reason=reason, state=str(row.state))


@refusals_recorded("ending.refused")
@action("ending.withdrawn")
def withdraw(actor: Actor, *, envelope_id: str, ending_id: str) -> Done[EnvelopeDetail]:
    """Take one's own proposal back.

    Raises what `answer` raises, and Refused(END_NOT_YOURS).
    """
    granted, row = _asked(actor, envelope_id, ending_id)
    if row.proposer_id != actor.person_id:
        raise Refused(Problem.END_NOT_YOURS, proposer=row.proposer_name)
    if row.state == EndingState.WITHDRAWN:
        return Done(done(granted).answer, None)
    if row.state != EndingState.PROPOSED:
        raise Refused(Problem.END_IS_DECIDED)
    with scope.switched(granted):
        _decide(row, EndingEvent.WITHDRAW)
    _tell(granted, row, NoticeKind.END_WITHDRAWN)
    return done(granted, ending=ending_id)


def _asked(actor: Actor, envelope_id: str, ending_id: str) -> tuple[Permit, Ending]:
    """The proposal, its envelope locked."""
    granted = permit.change(actor, envelope_id, Right.ANSWER_END)
    rows = Ending.objects.filter(tenant_id=granted.tenant_id, envelope=granted.envelope)
    return granted, found.one(rows, ending_id, Problem.END_NOT_FOUND)


def _speak(granted: Permit, row: Ending, *, is_agreed: bool, reason: str) -> None:
    actor = granted.actor
    EndingVoice.objects.create(
        ending=row, person_id=actor.person_id, person_name=actor.name, is_agreed=is_agreed, reason=reason
    )


def _end_if_agreed(granted: Permit, row: Ending) -> bool:
    """Void it when nobody's word is missing; who has signed meanwhile is asked as well."""
    agreed = {one.person_id for one in reading.voices_of(row) if one.is_agreed}
    if not reading.asked(granted).keys() <= agreed:
        return False
    envelope = granted.envelope
    with scope.switched(granted):
        _decide(row, EndingEvent.AGREE)
        advance(envelope, EnvelopeEvent.END_TOGETHER)
        envelope.ended_by_name, envelope.ended_reason = row.proposer_name, row.reason
        envelope.save(update_fields=["ended_by_name", "ended_reason"])
    event = Event(NoticeKind.ENDED_TOGETHER, envelope.id, str(row.id), by=row.proposer_name)
    parties = notices.everybody(envelope, granted.recipients)
    notices.tell(event, parties, besides=granted.actor.person_id)
    return True


def _decide(row: Ending, event: EndingEvent) -> None:
    advance(row, event)
    row.decided_at = timezone.now()
    row.save(update_fields=["decided_at"])


def _tell(granted: Permit, row: Ending, kind: NoticeKind) -> None:
    """Tell those whose word is asked."""
    asked = reading.asked(granted)
    parties = [
        one for one in notices.everybody(granted.envelope, granted.recipients) if one.person_id in asked
    ]
    event = Event(kind, granted.envelope.id, str(row.id), by=granted.actor.name)
    notices.tell(event, parties, besides=granted.actor.person_id)
