"""Gathers what rules.who_may needs to know about one actor and one envelope."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q
from django.db.models.lookups import Exact
from django.utils import timezone

from yunqian.rules import deadlines, turns
from yunqian.rules.lifecycle import EnvelopeState, RecipientState
from yunqian.rules.who_may import Facts
from yunqian.server.access.actor import Actor
from yunqian.server.records.envelope import KEPT_BY
from yunqian.server.records.models import Envelope, Recipient
from yunqian.wire.envelope import TenantKind


def is_initiator(actor: Actor, envelope: Envelope) -> bool:
    """Whether the actor keeps the envelope, and acts for the organization it was started for.

    Its keeper is who started it, or the colleague to whom it was handed over when he left.
    """
    keeper_id = envelope.keeper_id or envelope.initiator_id
    return keeper_id == actor.person_id and envelope.tenant_id == actor.tenant_id


def kept_by(person_id: UUID) -> Q:
    """The condition "this person keeps the envelope", as `is_initiator` has it."""
    return Q(Exact(KEPT_BY, person_id))


def is_seat_of(actor: Actor, recipient: Recipient) -> bool:
    """Whether this recipient is the actor, acting for the organization for which he was addressed."""
    return recipient.person_id == actor.person_id and recipient.for_tenant_id == actor.tenant_id


def of_envelope(actor: Actor, envelope: Envelope, recipients: Sequence[Recipient]) -> Facts:
    """The facts of this actor before this envelope. `recipients` are all of the envelope's."""
    mine = next((one for one in recipients if one.person_id == actor.person_id), None)
    return Facts(
        grants=actor.grants,
        is_initiator=is_initiator(actor, envelope),
        is_acting_as_addressed=mine is not None and is_seat_of(actor, mine),
        is_for_himself=actor.tenant_kind == TenantKind.PERSON,
        recipient_state=mine.state if mine else None,
        envelope_state=standing(envelope),
        has_signatures=any(one.state == RecipientState.SIGNED for one in recipients),
        initiator_name=envelope.initiator_name,
        waiting_for=turns.waiting_for(seats(recipients)),
    )


def standing(envelope: Envelope) -> EnvelopeState:
    """Where the envelope stands now: past its deadline an open one is expired."""
    return deadlines.standing(EnvelopeState(envelope.state), envelope.deadline_at, timezone.now())


def seats(recipients: Sequence[Recipient]) -> tuple[turns.Seat, ...]:
    """The signers as rules.turns sees them, in the order of the envelope."""
    return tuple(turns.Seat(str(one.id), one.turn, one.state, one.person_name) for one in recipients)
