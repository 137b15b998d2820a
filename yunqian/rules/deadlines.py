"""Deadlines as decisions on plain values; `now` is an argument."""

from datetime import datetime

from yunqian.rules.lifecycle import EnvelopeState


def standing(state: EnvelopeState, deadline_at: datetime | None, now: datetime) -> EnvelopeState:
    """Where an envelope stands for people: one that is open past its deadline is expired, whatever its row says.

    The deadline itself is still in time.
    """
    is_over = deadline_at is not None and now > deadline_at
    return EnvelopeState.EXPIRED if state is EnvelopeState.OPEN and is_over else state
