"""What may still happen to an envelope that was sent, for one who may see it."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from yunqian.rules import who_may
from yunqian.rules.lifecycle import EndingState, RecipientState
from yunqian.rules.who_may import Right
from yunqian.server.access.permit import Permit
from yunqian.server.records.models import Ending, EndingVoice, SeatHandover
from yunqian.wire import after as wire

REMINDED_AGAIN_AFTER = timedelta(hours=1)


def shown(granted: Permit) -> wire.AfterSending:
    """What the page shows and offers."""
    envelope = granted.envelope
    may_remind = who_may.may(Right.REMIND, granted.facts) and _waits_for_another(granted)
    again = envelope.reminded_at + REMINDED_AGAIN_AFTER if envelope.reminded_at else None
    found = newest(granted)
    moved = SeatHandover.objects.filter(tenant_id=envelope.tenant_id, envelope=envelope).order_by("at", "id")
    is_open = found is not None and found.state == EndingState.PROPOSED
    return wire.AfterSending(
        may_remind=may_remind,
        remind_again_at=again if may_remind and again is not None and again > timezone.now() else None,
        may_propose_end=who_may.may(Right.PROPOSE_END, granted.facts) and not is_open,
        may_hand_over=who_may.may(Right.HAND_OVER, granted.facts),
        ending=_ending(granted, found) if found else None,
        handovers=tuple(
            wire.Handover(from_name=one.from_name, to_name=one.to_name, at=one.at) for one in moved
        ),
    )


def _waits_for_another(granted: Permit) -> bool:
    """Whether anybody but who asks has still to sign now: nobody reminds himself."""
    own = granted.actor.person_id
    return any(one.state == RecipientState.READY and one.person_id != own for one in granted.recipients)


def newest(granted: Permit) -> Ending | None:
    """The newest proposal to end the envelope."""
    rows = Ending.objects.filter(tenant_id=granted.envelope.tenant_id, envelope=granted.envelope)
    return rows.order_by("-proposed_at", "-id").first()


def voices_of(ending: Ending) -> list[EndingVoice]:
    """What was answered, in the order of answering."""
    rows = EndingVoice.objects.filter(tenant_id=ending.tenant_id, ending=ending)
    return list(rows.order_by("at", "id"))


def asked(granted: Permit) -> dict[UUID, str]:
    """Whose word an end needs, with their names: who started it, and everybody who has signed by now."""
    envelope = granted.envelope
    signed = {
        one.person_id: one.person_name for one in granted.recipients if one.state == RecipientState.SIGNED
    }
    keeper = envelope.keeper if envelope.keeper_id else None
    keeper_id = envelope.keeper_id or envelope.initiator_id
    return {keeper_id: keeper.name if keeper else envelope.initiator_name} | signed


def _ending(granted: Permit, row: Ending) -> wire.Ending:
    voices, actor = voices_of(row), granted.actor
    heard = {one.person_id for one in voices}
    is_open = row.state == EndingState.PROPOSED
    may_answer = who_may.may(Right.ANSWER_END, granted.facts) and actor.person_id not in heard
    left = tuple(name for person_id, name in asked(granted).items() if person_id not in heard)
    return wire.Ending(
        id=str(row.id),
        proposer=row.proposer_name,
        reason=row.reason,
        state=wire.EndingState(row.state),
        proposed_at=row.proposed_at,
        decided_at=row.decided_at,
        voices=tuple(
            wire.Voice(name=one.person_name, is_agreed=one.is_agreed, reason=one.reason or None, at=one.at)
            for one in voices
        ),
        waiting_for=left if is_open else (),
        may_answer=is_open and may_answer,
        may_withdraw=is_open and row.proposer_id == actor.person_id,
    )
